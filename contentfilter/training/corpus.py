"""Read legitimate text: JSON Lines, one document a line, plain or compressed."""

import bz2
import gzip
import hashlib
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from contentfilter.errors import SeedFormatError
from contentfilter.training.seeds import Seeds

# Left out of released models: no commercial use or no derivatives, or research use only.
_FORBIDDING = ("-NC", "-ND", "research use")
# Genres that `hold_out` keeps from training: lists, tables, prose, both scripts.
HELD_OUT_GENRES = frozenset(
    "cantonese catalogue_tv_anime hot_topics insurance_qa judgments link_lists recipes wiki_hant"
    .split()
)
_OPENERS = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}


class Document(NamedTuple):
    """A legitimate document; ``split`` is train, dev or test."""

    id: str
    genre: str
    split: str
    license: str
    text: str


def read_corpus(directory: Path) -> list[Document]:
    """Return all documents of the JSON Lines files in ``directory``, sorted by file name.

    A record needs ``text``; ``id``, ``split`` and ``license`` are used where they are given. A
    record without a split gets one by the hash of its ``source`` (or ``id``): 80, 10, 10 %.
    """
    paths = sorted(
        path
        for path in directory.iterdir()
        if ".jsonl" in path.name and path.suffix in (".jsonl", *_OPENERS)
    )
    if not paths:
        raise FileNotFoundError(f"no .jsonl files (plain, .xz, .gz, .bz2) in {directory}")
    return [document for path in paths for document in _documents(path)]


def _documents(path: Path) -> Iterator[Document]:
    genre = path.name.split(".")[0]
    stream: IO[str]
    with _OPENERS.get(path.suffix, open)(path, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            try:
                record = json.loads(line)
                text = record["text"]
            except (ValueError, KeyError, TypeError) as error:
                raise SeedFormatError(f"{path}, line {number}: {error!r}") from error
            name = str(record.get("id", f"{genre}/{number}"))
            source = str(record.get("source", name)).split("#")[0]
            yield Document(
                name, genre, record.get("split") or _split(source), record.get("license", ""), text
            )


def _split(source: str) -> str:
    place = int(hashlib.sha256(source.encode()).hexdigest()[:8], 16) % 100
    return "train" if place < 80 else "dev" if place < 90 else "test"


def may_ship(document: Document) -> bool:
    """Whether a released model may be trained on ``document``."""
    return not any(word in document.license for word in _FORBIDDING)


def seed_documents(seeds: Seeds) -> list[Document]:
    """Return what legitimate text ``seeds`` itself holds: all there is without a corpus."""
    documents = []
    for number, page in enumerate(seeds.pages + seeds.negatives):
        text = page.text
        for start, end in reversed(page.spans):
            text = text[:start] + text[end:]
        split = ("train", "train", "train", "dev")[number % 4]
        documents.append(Document(f"seeds/{page.id}", "seeds", split, "", text.strip("\n")))
    return documents
