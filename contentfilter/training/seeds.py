"""Read what people wrote in ``seeds/``: the lexicon, the grammars, pages and hard negatives."""

import hashlib
import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from contentfilter.errors import SeedFormatError
from contentfilter.spans import Span
from contentfilter.training.grammar import Grammar
from contentfilter.training.written import read_articles, read_blocks, read_lines

# Injected text in a hand-written page stands between these two.
MARKS = "⟦⟧"
# Hash buckets (of ten) of terms, pages and negatives that training never sees.
HELD_OUT = frozenset({0, 1})
_DETECTION_ONLY = "detection only"


class Term(NamedTuple):
    """A row of the lexicon; ``strength`` is 1 (ordinary word), 2 or 3 (hardly ever legitimate)."""

    term: str
    category: str
    script: str
    role: str
    strength: int
    note: str

    @property
    def bucket(self) -> int:
        """Which tenth of the lexicon the term is in."""
        return bucket(self.term)

    @property
    def may_generate(self) -> bool:
        """Whether the term may stand in generated text."""
        return _DETECTION_ONLY not in self.note

    @property
    def is_core(self) -> bool:
        """Whether the term is one of the few words that carry most blocks (seen in 10 of 80)."""
        seen = re.search(r"seen (\d+)/80", self.note)
        return bool(seen and int(seen[1]) >= 10)


class Page(NamedTuple):
    """A labelled page: ``spans`` of ``text`` are injected, each of the ``categories`` in turn."""

    id: str
    text: str
    spans: list[Span]
    categories: list[str]
    facts: dict[str, str]

    def category(self, block: int) -> str:
        """Return the category of block number ``block``."""
        return self.categories[min(block, len(self.categories) - 1)]


class Seeds:
    """Everything below one ``seeds/`` directory, read when asked for."""

    def __init__(self, directory: Path) -> None:
        if not (directory / "lexicon").is_dir():
            raise FileNotFoundError(f"no seeds in {directory}: it has no lexicon/")
        self.directory = directory
        self.terms = [term for path in self._files("lexicon", "tsv") for term in _terms(path)]
        self.categories = sorted({term.category for term in self.terms})
        common = directory / "grammar" / "common.grammar"
        self.grammars = {
            category: Grammar(common, directory / "grammar" / f"{category}.grammar")
            for category in self.categories
        }
        self.legit = Grammar(common, directory / "grammar" / "legit.grammar")
        layouts = (directory / "grammar" / "layouts.toml").read_text(encoding="utf-8")
        self.layouts: dict[str, Any] = tomllib.loads(layouts)
        self.pages = [page for path in self._files("pages", "txt") for page in read_pages(path)]
        self.negatives = [
            page for path in self._files("hard_negatives", "txt") for page in read_pages(path)
        ]
        self.blocks = {path.stem: read_blocks(path) for path in self._files("blocks", "txt")}
        self.lines = [line for path in self._files("lines", "txt") for line in read_lines(path)]
        self.articles = [
            text for path in self._files("articles", "txt") for text in read_articles(path)
        ]

    def _files(self, name: str, suffix: str) -> list[Path]:
        return sorted((self.directory / name).glob(f"*.{suffix}"))

    def digest(self) -> str:
        """Return a hash over every file below the directory."""
        digest = hashlib.sha256()
        for path in sorted(self.directory.rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(self.directory).as_posix().encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()[:16]


class Vocabulary:
    """Draws terms for grammars, from some buckets of the lexicon only."""

    def __init__(
        self, seeds: Seeds, buckets: frozenset[int], rng: random.Random, always: int = 0
    ) -> None:
        """Draw from ``buckets``, and terms up to strength ``always`` from any not held out.

        A block in new words keeps its plain ones.
        """
        self.rng = rng
        self._pools: dict[str, list[str]] = defaultdict(list)
        everyday = frozenset(range(10)) - HELD_OUT
        for term in seeds.terms:
            allowed = buckets | everyday if term.strength <= always else buckets
            if not term.may_generate or not (term.bucket in allowed or term.is_core):
                continue
            language = term.note.split(";")[0]
            # Traditional forms are made by converting whole blocks.
            copies = 1 if term.script.lower() != "hant" else 0
            for key in (term.role, f"{term.role}:{term.strength}", f"{term.role}:{language}"):
                self._pools[f"{term.category}:{key}"] += [term.term] * copies

    def draw(self, key: str) -> str:
        """Return a term for ``category:role`` or ``category:role:strength-or-language``."""
        pool = self._pools.get(key) or self._pools.get(key.rpartition(":")[0])
        return self.rng.choice(pool) if pool else ""


def bucket(key: str) -> int:
    """Return the tenth (0 to 9) that ``key`` falls in, the same on every machine."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 10


def read_pages(path: Path) -> Iterator[Page]:
    """Yield the records of a file of hand-written pages; the format is in ``seeds/README.md``."""
    for record in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        head, rule, body = record.partition("\n---\n")
        if not rule:
            raise SeedFormatError(f"{path}: record {head[:40]!r} has no line '---'")
        name, *lines = head.split("\n")
        facts = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
        categories = [part.strip() for part in facts.get("category", "").split(",")]
        yield Page(name.strip(), *_unmark(body.removesuffix("\n"), path), categories, facts)


def _unmark(marked: str, path: Path) -> tuple[str, list[Span]]:
    text, spans, start = "", [], -1
    for part in re.split(f"([{MARKS}])", marked):
        if part == MARKS[0] and start < 0:
            start = len(text)
        elif part == MARKS[1] and start >= 0:
            spans.append(Span(start, len(text)))
            start = -1
        elif part in MARKS and part:
            raise SeedFormatError(f"{path}: unbalanced {part} after {text[-20:]!r}")
        else:
            text += part
    if start >= 0:
        raise SeedFormatError(f"{path}: {MARKS[0]} without {MARKS[1]} near {text[start:][:20]!r}")
    return text, spans


def _terms(path: Path) -> Iterator[Term]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], 2):
        try:
            term, script, role, strength, note = line.split("\t")
            yield Term(term, path.stem, script, role, int(strength), note)
        except ValueError as error:
            raise SeedFormatError(f"{path}, line {number}: {error}") from error
