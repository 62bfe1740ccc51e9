"""Attribute files for Dolma, which cuts them out itself; needs nothing but contentfilter."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Unpack

from contentfilter.integrations._core import Options, RowCleaner

# Experiment, tagger and kind of span, in the form that Dolma's own taggers use.
ATTRIBUTE = "contentfilter__contentfilter__injected"


def write_attributes(documents: Path, attributes: Path, **options: Unpack[Options]) -> Counter[str]:
    """Write what is injected in each of ``documents``, and return the counts.

    ``documents`` is a file of Dolma: JSON Lines with ``id`` and ``text``, plain or gzip. The file
    ``attributes`` has a line for each of its lines, in order: spans as ``[start, end, score]``, in
    code points. Other arguments are those of `contentfilter.Cleaner`.
    """
    rows = RowCleaner(**options)
    rows.start()
    counts: Counter[str] = Counter()
    attributes.parent.mkdir(parents=True, exist_ok=True)
    with _open(documents, "r") as lines, _open(attributes, "w") as out:
        for document in _documents(lines, documents):
            row = rows.clean(document.get("text"))
            counts.update(row.counts)
            spans = [[block.start, block.end, block.score] for block in row.blocks]
            attribute = {"id": document.get("id"), "attributes": {ATTRIBUTE: spans}}
            out.write(json.dumps(attribute) + "\n")
    return counts


def _documents(lines: Iterable[str], path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        document = json.loads(line)
        if not isinstance(document, dict):
            raise ValueError(f"line {number} of {path} is not a JSON object")
        yield document


def _open(path: Path, mode: str) -> IO[str]:
    """Open ``path`` so that a line ends at a line feed alone."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    file: IO[str] = opener(path, f"{mode}t", encoding="utf-8", newline="\n")
    return file
