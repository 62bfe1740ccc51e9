"""The audit of a run: what was cut of each page, in JSON Lines, enough to put it back."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from contentfilter import __version__, compression
from contentfilter.cleaner import Block
from contentfilter.errors import ContentFilterError
from contentfilter.records.base import Record

_VERSION = 1
_CONTEXT = 60  # characters on each side of a block
_SITES = 1000


class AuditError(ContentFilterError, ValueError):
    """The file is no audit that can be used, or not that of these files."""


def line(value: dict[str, Any]) -> bytes:
    """Return ``value`` as a line of JSON; lone surrogates, which UTF-8 has not, are escaped."""
    try:
        return json.dumps(value, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(value).encode() + b"\n"


def header(model: Path, threshold: float, dry_run: bool) -> dict[str, Any]:
    """Return the first line: what cut, and from which score on."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    told: dict[str, Any] = {
        "version": __version__,
        "audit": _VERSION,
        "model": {"name": model.stem, "digest": digest},
        "threshold": threshold,
        "pages": None,
    }
    return {"contentfilter": told | ({"dry_run": True} if dry_run else {})}


def entry(
    record: Record, blocks: Sequence[Block], raw: Sequence[str] | None, flagged: bool
) -> dict[str, Any]:
    """Return the line of a page, but for its file and number."""
    text = record.text or ""
    told: dict[str, Any] = {
        "id": record.id,
        "site": record.site,
        "length": len(text),
        "blocks": [[block.start, block.end, round(block.score, 6)] for block in blocks],
        "categories": [block.category for block in blocks],
        "reasons": [block.reasons for block in blocks],
        "removed": [text[block.start : block.end] for block in blocks],
        "context": [
            [
                text[max(0, block.start - _CONTEXT) : block.start],
                text[block.end : block.end + _CONTEXT],
            ]
            for block in blocks
        ],
    }
    if raw is not None and not flagged:
        told["raw"] = list(raw)
    if flagged:
        told["flags"] = ["max_removed"]
    return told


def footer(pages: int, changed: int, characters: int, removed: int, errors: int) -> dict[str, Any]:
    """Return the last line, but for the sites."""
    return {
        "totals": {
            "pages": pages,
            "changed": changed,
            "characters": characters,
            "removed": removed,
            "errors": errors,
        }
    }


def sites(stream: IO[bytes]) -> dict[str, int]:
    """Return the changed pages of the sites that have most of them, read back from an audit."""
    found: Counter[str] = Counter()
    for content in stream:
        page = json.loads(content)
        if page.get("site") and not page.get("flags"):
            found[page["site"]] += 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_SITES])


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of the audit of a run that ended whole, without header and footer.

    A compressed one is read by its suffix. Raises `AuditError` if it is none, or that of a dry run.
    """
    with path.open("rb") as raw:
        lines = _lines(raw, path)
        first = _parsed(next(lines, b""), 1, path)
        told = first.get("contentfilter")
        if not isinstance(told, dict):
            raise AuditError(f"{path} is not an audit: its first line is no header")
        if told.get("audit") != _VERSION:
            raise AuditError(f"{path}: audit format {told.get('audit')!r} is not {_VERSION}")
        if told.get("dry_run"):
            raise AuditError(f"{path} is of a dry run: nothing was cut")
        ended = False
        for number, content in enumerate(lines, 2):
            value = _parsed(content, number, path)
            ended = "totals" in value
            if not ended:
                yield value
        if not ended:
            raise AuditError(f"{path} has no last line of totals: it is not whole")


def _lines(raw: IO[bytes], path: Path) -> Iterator[bytes]:
    try:
        yield from compression.reader(raw, compression.split_name(path.name)[1])
    except compression.DAMAGE as error:
        raise AuditError(f"{path}: {str(error).lower()}") from error


def _parsed(content: bytes, number: int, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise AuditError(f"{path}, line {number}: broken JSON") from error
    if not isinstance(value, dict):
        raise AuditError(f"{path}, line {number}: not an object")
    return value
