"""Pages on their way through the model, many at a time: those in doubt, and their passages."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import ranges, running
from contentfilter.features import Context
from contentfilter.fluency import Reading, Sides
from contentfilter.lexical import Lexical
from contentfilter.pages import Pages
from contentfilter.passages import Pieces
from contentfilter.prefilter import Doubts
from contentfilter.segmentation import Segments, sections

_Ints = NDArray[np.int64]


class Part(NamedTuple):
    """A text, or a section of one: its number, where in it the section starts, the section."""

    number: int
    start: int
    text: str


class Doubted(NamedTuple):
    """Pages, the stretches of them that are in doubt, and what the pages are of.

    ``logits`` are what the gate says of each stretch; none before it was asked.
    """

    pages: Pages
    doubts: Doubts
    parts: list[Part]
    logits: NDArray[np.float64]

    def windows(self) -> _Ints:
        """Return where among the characters of the pages the stretches are: rows of (from, to)."""
        where = self.pages.where
        return np.array([where[self.doubts.first], where[self.doubts.last - 1] + 1]).T


def doubted_of(pages: Pages, parts: list[Part]) -> Doubted:
    """Return ``pages``, which are those of ``parts``, with what of them is in doubt."""
    return Doubted(pages, pages.doubts, parts, np.zeros(0))


class Look(NamedTuple):
    """All passages of some pages: their pieces, features, and what pages know, one array each.

    With them the pages as they are read, what stands beside each segment, the pages' own words, and
    what of the pages is in doubt.
    """

    pages: Pages
    parts: Pieces
    X: NDArray[np.float64]
    known: NDArray[np.bool_]
    reading: Reading
    sides: Sides
    context: Context
    doubts: Doubts

    def words(self, lexical: Lexical, asked: NDArray[np.bool_]) -> list[Sequence[str]]:
        """Return the words of the segments that are ``asked`` for; of the others, none."""
        numbers = asked.nonzero()[0]
        segments = self.parts.segments.take(numbers)
        first, last = self.pages.inner(segments.start), self.pages.inner(segments.stop)
        found = lexical.words_of(self.pages.letters[ranges(first, last)], last - first)
        words: list[Sequence[str]] = [()] * len(asked)
        for i, part in zip(numbers.tolist(), found, strict=True):
            words[i] = part
        return words

    def chosen(self, rows: _Ints) -> "Look":
        """Return the passages whose segments are ``rows``."""
        letters = letters_of(self.pages, self.parts.segments, rows)
        return self._replace(
            parts=self.parts.take(rows, letters),
            X=self.X[rows],
            known=self.known[letters],
            sides=self.sides.take(rows),
        )

    def passages(self) -> Iterator[tuple[int, slice]]:
        """Yield of each passage which page it is of, and which segments are its own."""
        first, last = self.parts.bounds()
        page = self.pages.page_of(self.parts.segments.begin[first])
        for of, a, b in zip(page.tolist(), first.tolist(), last.tolist(), strict=True):
            yield of, slice(a, b)


def letters_of(pages: Pages, segments: Segments, rows: _Ints) -> _Ints:
    """Return which of the letters of all ``segments`` are those of ``rows``."""
    begins = running(pages.inner(segments.stop) - pages.inner(segments.start))
    return ranges(begins[rows], begins[rows + 1])


def tiles(texts: Iterable[str], most: int) -> Iterator[list[Part]]:
    """Yield ``texts`` in lists of at most ``most`` characters, sections of long ones apart."""
    tile: list[Part] = []
    size = 0
    for number, text in enumerate(texts):
        for start, end in sections(text):
            if tile and size + end - start > most:
                yield tile
                tile, size = [], 0
            tile.append(Part(number, start, text[start:end]))
            size += end - start + 1
    if tile:
        yield tile
