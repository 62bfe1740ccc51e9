"""Make audits of runs in the form that `clean --audit` writes, for tests of what reads them."""

import json

from contentfilter import explain

CONTEXT = 60


def header(**changes):
    model = {"name": "default", "digest": "0123456789abcdef"}
    return {"contentfilter": {"version": "0.1", "audit": 1, "model": model, "threshold": 0.99}} | (
        changes
    )


def entry(text, blocks, *, file="pages.jsonl", record=1, **more):
    """Return the line of a page; ``blocks`` are as in an explanation."""
    spans = [(block.start, block.end) for block in blocks]
    return {
        "file": file,
        "record": record,
        "id": None,
        "site": None,
        "length": len(text),
        "blocks": [[block.start, block.end, block.score] for block in blocks],
        "categories": [block.category for block in blocks],
        "reasons": [list(block.reasons) for block in blocks],
        "removed": [text[a:b] for a, b in spans],
        "context": [[text[max(0, a - CONTEXT) : a], text[b : b + CONTEXT]] for a, b in spans],
    } | more


def footer(entries, pages=None, errors=0):
    cut = [one for one in entries if not one.get("flags")]
    totals = {
        "pages": len(entries) if pages is None else pages,
        "changed": len(cut),
        "characters": sum(one["length"] for one in entries),
        "removed": sum(end - start for one in cut for start, end, _ in one["blocks"]),
        "errors": errors,
        "sites": {},
    }
    return {"totals": totals}


def lines(entries, **more):
    """Return a whole audit, line by line; surrogates are written as JSON escapes."""
    values = [header(), *entries, footer(entries, **more)]
    return [f"{json.dumps(value, ensure_ascii=True)}\n".encode() for value in values]


def cleaned(texts, **more):
    """Return the entries of those of ``texts`` that cleaning changes."""
    found = ((n, text, explain(text).blocks) for n, text in enumerate(texts, 1))
    return [entry(text, blocks, record=n, **more) for n, text, blocks in found if blocks]
