"""Lines that recur on the pages of a site: what was cut on some of them is cut on all."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path

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

_MOST_LINES = 1_000_000  # that are remembered; about 200 MB
_SLOTS = 1 << 22
_ROUNDS = 8
_REASON = "cut on other pages of the site"

Recurring = Mapping[int, tuple[float, str]]


class Survey:
    """What the pages of a piece tell: keys of their lines, and of those that were cut."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.cut: dict[int, tuple[int, float, str]] = {}

    def add(self, site: str | None, text: str, blocks: Sequence[Block]) -> None:
        """Take note of a page; a line counts once."""
        if site is None:
            return
        lines = dict(_lines(site, text))
        self.seen += lines
        for key, span in lines.items():
            block = _around(span, blocks)
            if block is not None and block.score >= SURE:
                times, score, _ = self.cut.get(key, (0, 1.0, ""))
                self.cut[key] = times + 1, min(score, block.score), block.category


class Tally:
    """What all pages tell. Lines are counted in a sketch of fixed size, never too low."""

    def __init__(self) -> None:
        self._seen = np.zeros((2, _SLOTS), np.uint32)
        self._cut: dict[int, tuple[int, float, str]] = {}

    def add(self, survey: Survey) -> None:
        """Add the pages of a piece."""
        keys = np.array(survey.seen, np.uint64)
        for row, slots in zip(self._seen, _slots(keys), strict=True):
            np.add.at(row, slots, 1)
        for key, (times, score, category) in survey.cut.items():
            if key in self._cut or len(self._cut) < _MOST_LINES:
                before, lowest, _ = self._cut.get(key, (0, 1.0, ""))
                self._cut[key] = before + times, min(lowest, score), category

    def recurring(self) -> dict[int, tuple[float, str]]:
        """Return the lines that were cut often enough, with their lowest score and category."""
        keys = np.array(list(self._cut), np.uint64)
        rows = [row[slots].tolist() for row, slots in zip(self._seen, _slots(keys), strict=True)]
        found = {}
        for (key, (times, score, category)), *seen in zip(self._cut.items(), *rows, strict=True):
            if PAGES <= times < min(seen) and times >= SHARE * min(seen):
                found[key] = score, category
        return found


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
            key = blake2b(f"{site}\0{bare}".encode("utf-8", "replace"), digest_size=8).digest()
            found.append((int.from_bytes(key, "little"), Span(start, start + len(line))))
        start += len(line)
    return found


def _around(span: Span, blocks: Sequence[Block]) -> Block | None:
    for block in blocks:
        # A block at the end of a page does not take the line end along.
        if block.start <= span.start and span.end <= block.end + 2:
            return block
    return None
