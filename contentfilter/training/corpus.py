"""Read legitimate text: JSON Lines, one document a line, plain or compressed."""

import bz2
import gzip
import hashlib
import json
import lzma
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from contentfilter.errors import SeedFormatError
from contentfilter.spans import cut
from contentfilter.training.seeds import Seeds

# Left out of released models: no commercial use, no derivatives, or for research and study only.
_FORBIDDING = ("-NC", "-ND", "research use", "study and exchange")
# Genres that `hold_out` keeps from training: lists, tables, prose, both scripts.
HELD_OUT_GENRES = frozenset(
    "cantonese catalogue_tv_anime hot_topics insurance_qa judgments link_lists recipes"
    " wiki_hant".split()
)
# How the names of documents begin that come from the seeds themselves.
SEED_DOCUMENT = "seeds/"
_OPENERS: dict[str, Callable[..., IO[str]]] = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}


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
    number = 0
    try:
        with _OPENERS.get(path.suffix, open)(path, mode="rt", encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                yield _document(json.loads(line), genre, number)
    except (ValueError, KeyError, TypeError, EOFError, lzma.LZMAError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the file system's, not the file's
        place = f"after line {number}" if _is_damage(error) else f"line {number}"
        raise SeedFormatError(f"{path}, {place}: {error!r}") from error


def _is_damage(error: Exception) -> bool:
    """Whether ``error`` came from reading the file, before there was a line."""
    return isinstance(error, UnicodeDecodeError | EOFError | lzma.LZMAError | OSError)


def _document(record: dict[str, Any], genre: str, number: int) -> Document:
    text = record["text"]
    if not isinstance(text, str):
        raise TypeError(f"text is {type(text).__name__}, expected a string")
    name = str(record.get("id", f"{genre}/{number}"))
    source = str(record.get("source", name)).split("#")[0]
    split = str(record.get("split") or _split(source))
    return Document(name, genre, split, str(record.get("license") or ""), text)


def _split(source: str) -> str:
    place = int(hashlib.sha256(source.encode()).hexdigest()[:8], 16) % 100
    return "train" if place < 80 else "dev" if place < 90 else "test"


def digest(documents: Sequence[Document]) -> str:
    """Return a hash over names and texts of ``documents``."""
    joined = hashlib.sha256()
    for document in documents:
        joined.update(f"{document.id}\0{document.text}\0".encode("utf-8", "surrogatepass"))
    return joined.hexdigest()[:16]


def may_ship(document: Document) -> bool:
    """Whether a released model may be trained on ``document``."""
    return not any(word in document.license for word in _FORBIDDING)


def seed_documents(seeds: Seeds) -> list[Document]:
    """Return what legitimate text ``seeds`` itself holds: all there is without a corpus."""
    documents = []
    for number, page in enumerate(seeds.pages + seeds.negatives):
        text = cut(page.text, page.spans)
        split = ("train", "train", "train", "dev")[number % 4]
        documents.append(Document(SEED_DOCUMENT + page.id, "seeds", split, "", text.strip("\n")))
    return documents
