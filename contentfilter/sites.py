"""Lines that recur on the pages of a site: what was cut on some of them is cut on all."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.cleaner import Block, Cleaner
from contentfilter.decoding import with_blank_lines
from contentfilter.spans import Span, cut, join, shift

# What is needed for a line to be cut where the model alone keeps it.
SURE = 0.999  # the score of the blocks that it was cut with
PAGES = 3  # on so many pages of its site at least
SHARE = 0.5  # of the pages of its site that have it
SHORTEST = 12  # characters; a shorter line says too little

# A line on most pages of its site, around bodies that differ, is either the site's own or a block:
# there a doubt is enough that the model has on nearly all of them.
DOUBTFUL = 0.5  # the score of such a doubt
DOUBTED_PAGES = 5  # on so many pages at least
DOUBTED_SHARE = 0.8  # of the pages that have the line
MOST_PAGES = 0.5  # of the pages of the site have it

_MOST_LINES = 1_000_000  # that are remembered; about 200 MB
_SLOTS = 1 << 22
_ROUNDS = 8
_REASON = "cut on other pages of the site"

Recurring = Mapping[int, tuple[float, str]]


class Cuts(NamedTuple):
    """How often a line of a site was cut, how surely at least, and as what."""

    site: int
    sure: int
    doubted: int
    score: float
    category: str

    def plus(self, other: "Cuts") -> "Cuts":
        """Return both together."""
        return Cuts(
            self.site,
            self.sure + other.sure,
            self.doubted + other.doubted,
            min(self.score, other.score),
            other.category,
        )


class Survey:
    """What the pages of a piece tell: keys of their lines, of those that were cut, and sites.

    The blocks are those from a score of `DOUBTFUL` on.
    """

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.cut: dict[int, Cuts] = {}
        self.pages: Counter[int] = Counter()

    def add(self, site: str | None, text: str, blocks: Sequence[Block]) -> None:
        """Take note of a page; a line counts once."""
        if site is None:
            return
        number = _key(site)
        self.pages[number] += 1
        lines = dict(_lines(site, text))
        self.seen += lines
        for key, span in lines.items():
            block = _around(span, blocks)
            if block is not None:
                cuts = Cuts(number, int(block.score >= SURE), 1, block.score, block.category)
                self.cut[key] = self.cut[key].plus(cuts) if key in self.cut else cuts


class Tally:
    """What all pages tell. Lines are counted in a sketch of fixed size, never too low."""

    def __init__(self) -> None:
        self._seen = np.zeros((2, _SLOTS), np.uint32)
        self._cut: dict[int, Cuts] = {}
        self._pages: Counter[int] = Counter()

    def add(self, survey: Survey) -> None:
        """Add the pages of a piece."""
        keys = np.array(survey.seen, np.uint64)
        for row, slots in zip(self._seen, _slots(keys), strict=True):
            np.add.at(row, slots, 1)
        self._pages.update(survey.pages)
        for key, cuts in survey.cut.items():
            if key in self._cut:
                self._cut[key] = self._cut[key].plus(cuts)
            elif len(self._cut) < _MOST_LINES:
                self._cut[key] = cuts

    def recurring(self) -> dict[int, tuple[float, str]]:
        """Return the lines that were cut often enough, with their lowest score and category."""
        keys = np.array(list(self._cut), np.uint64)
        rows = [row[slots].tolist() for row, slots in zip(self._seen, _slots(keys), strict=True)]
        return {
            key: (cuts.score, cuts.category)
            for (key, cuts), *seen in zip(self._cut.items(), *rows, strict=True)
            if _is_block(cuts, min(seen), self._pages[cuts.site])
        }


def _is_block(cuts: Cuts, seen: int, pages: int) -> bool:
    """Whether a line on ``seen`` of the ``pages`` of its site is a block wherever it stands."""
    if PAGES <= cuts.sure < seen and cuts.sure >= SHARE * seen:
        return True
    doubted = cuts.doubted >= max(DOUBTED_PAGES, DOUBTED_SHARE * seen)
    return doubted and seen >= MOST_PAGES * pages


def _slots(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    low, high = keys % np.uint64(_SLOTS), (keys >> np.uint64(32)) % np.uint64(_SLOTS)
    return low.astype(np.int64), high.astype(np.int64)


@cache
def load(path: str) -> Recurring:
    """Return the lines that were written to a file, by their keys."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    return {int(key): (float(score), str(category)) for key, (score, category) in content.items()}


def blocks(
    cleaner: Cleaner, text: str, site: str | None, recurring: Recurring, known: Sequence[Block]
) -> list[Block]:
    """Return the blocks of ``text`` that are ``known`` and the lines that recur on its site.

    Known is what ``cleaner`` finds. After a line the page is looked at again, as after any cut.
    """
    found = list(known)
    if site is None or not recurring:
        return found
    looked = True
    for _ in range(_ROUNDS):
        cuts = join(block.span for block in found)
        rest = cut(text, cuts)
        more = _recurring(site, rest, recurring)
        if not more and not looked:
            more, looked = cleaner.explain(rest).blocks, True
        elif more:
            looked = False
        if not more:
            return found
        for block in more:
            found += [block._replace(start=a, end=b) for a, b in shift([block.span], cuts)]
        found.sort()
    return list(known)


def _recurring(site: str, text: str, recurring: Recurring) -> list[Block]:
    found: list[Block] = []
    for key, span in _lines(site, text):
        if key in recurring:
            start, end = with_blank_lines(text, span.start, span.end)
            if not found or start >= found[-1].end:
                found.append(Block(start, end, *recurring[key], (_REASON,)))
    return found


def _lines(site: str, text: str) -> list[tuple[int, Span]]:
    """Return a key for each line of ``text`` that says enough, and where it stands."""
    found = []
    start = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if len(bare) >= SHORTEST:
            found.append((_key(f"{site}\0{bare}"), Span(start, start + len(line))))
        start += len(line)
    return found


def _key(name: str) -> int:
    digest = blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _around(span: Span, blocks: Sequence[Block]) -> Block | None:
    for block in blocks:
        # A block at the end of a page does not take the line end along.
        if block.start <= span.start and span.end <= block.end + 2:
            return block
    return None
