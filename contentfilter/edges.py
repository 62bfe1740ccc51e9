"""Where exactly a block begins and ends within a line.

The labels of segments find a block; where it shares a line with text, its first and last segment
may be part text, or text may read like one more phrase. Trees judge each place near such an edge
by what stands to its left and right. The edges of many blocks are looked at in one go.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import ranges, running, sums_beside
from contentfilter.decoding import Candidate
from contentfilter.fluency import N_JOINTS, joints
from contentfilter.folding import DIGIT, FUNCTION_CODES, LATIN, SIMPLIFIED, TRADITIONAL
from contentfilter.lexical import Lexical
from contentfilter.looking import Look
from contentfilter.passages import divide
from contentfilter.prefilter import SCALE
from contentfilter.segmentation import N_GAPS, Segments
from contentfilter.trees import Cascade

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

# How far from the edge that the labels give, in characters, a better one is looked for.
REACH = 24
# Another place must be this much likelier, in log-odds, than the one that the labels give.
_BETTER = 1.0
# Characters to the left and right whose sums are facts about a place.
_SPANS = (1, 2, 4, 8, 16, 32)
_PREFILTER_SPANS = (4, 8, 16)
_COUNTED = (3, 8)
_FARTHEST = 60
# Sums of gains are made in whole numbers: they must not depend on what else is looked at.
_UNITS = 1 << 20

N_EDGE_FEATURES = (
    2 * len(_SPANS) + 2 * len(_PREFILTER_SPANS) + 2 * 4 * len(_COUNTED) + 29 + N_JOINTS
)


class Lines(NamedTuple):
    """The lines of some segments: where their letters begin and end, and how far down they are.

    ``from_top`` counts lines from the top of the page to the passage.
    """

    first: _Ints
    last: _Ints
    from_top: _Ints

    def take(self, index: slice | NDArray[np.bool_]) -> "Lines":
        """Return some of the lines."""
        return Lines(*(column[index] for column in self))


class Places(NamedTuple):
    """Places where a block may begin or end: before which letter, and near which edge.

    Those of an edge stand together, in order.
    """

    at: _Ints
    edge: _Ints


class Surroundings:
    """What is known of the letters of passages that decides where blocks in them begin and end.

    Letters and places are numbered from the first letter of the first passage on.
    """

    def __init__(self, look: Look, lexical: Lexical, words: Sequence[Sequence[str]]) -> None:
        """Look closer at all passages of ``look``.

        ``words`` are those of the segments, as far as they were looked up: none of the others.
        """
        pages, parts = look.pages, look.parts
        self._reading = look.reading
        self.segments = segments = parts.segments
        first, last = pages.inner(segments.start), pages.inner(segments.stop)
        self.letters = ranges(first, last)
        self.stops = (last - first).cumsum()
        self.starts = self.stops - (last - first)
        self.owner = np.arange(len(segments)).repeat(last - first)
        self._pages = pages
        self._lexical = lexical
        self._words = list(words)
        self._codes = pages.letters[self.letters]
        self.where = pages.where[self.letters]
        self._gains = np.rint(parts.gains * _UNITS).astype(np.int64)
        flags = pages.flags[self.where]
        self._kinds = pages.kinds[self.where].astype(np.int64)
        self._tokens = (self._kinds == LATIN) | (self._kinds == DIGIT)
        counted = (
            look.known,
            FUNCTION_CODES[self._codes],
            pages.foreign(self.where),
            (flags & (SIMPLIFIED | TRADITIONAL) > 0),
        )
        self._counted = np.array([running(mask) for mask in counted])
        passage = segments.passage
        self._total = running(self._gains)
        gaps = segments.gap == np.arange(N_GAPS)[:, None]
        self._gap_counts = np.array([running(of_kind) for of_kind in gaps])
        self._passage_first = passage.searchsorted(passage)
        self._passage_last = passage.searchsorted(passage, "right") - 1

    def lines_of(self, segment: _Ints) -> Lines:
        """Return the lines that segments are on."""
        line, pages = self.segments.line, self._pages
        first = line.searchsorted(line[segment])
        last = line.searchsorted(line[segment], "right") - 1
        begin = self.segments.begin[self._passage_first[segment]]
        from_top = pages.newlines.searchsorted(begin)
        from_top -= pages.newlines.searchsorted(pages.starts[pages.page_of(begin)])
        return Lines(self.starts[first], self.stops[last], from_top)

    def places(self, low: _Ints, high: _Ints) -> Places:
        """Return the places from ``low`` to ``high`` of each edge where it may be."""
        n = np.maximum(high + 1 - low, 0)
        at = ranges(low, low + n)
        edge = np.arange(len(low)).repeat(n)
        left, right = np.maximum(at - 1, 0), np.minimum(at, len(self.where) - 1)
        glued = self.where[right] - self.where[left] == 1
        free = ~(glued & self._tokens[left] & self._tokens[right])
        return Places(at[free], edge[free])

    def divided(self, start: int, stop: int) -> tuple[Segments, Candidate]:
        """Return the segments of ``start:stop`` and the ones beside them, divided there.

        With them, which ones lie between.
        """
        first, last = int(self.owner[start]), int(self.owner[stop - 1])
        low = max(first - 1, int(self._passage_first[first]))
        segments = self.segments.take(slice(low, min(last + 1, int(self._passage_last[last])) + 1))
        turns: dict[int, list[int]] = {}
        for at, i in ((start, first), (stop, last)):
            if int(self.starts[i]) < at < int(self.stops[i]):
                turns.setdefault(i - low, []).append(int(self.where[at]))
        if turns:
            segments, _ = divide(self._pages, segments, turns)
        starts = self._pages.inner(segments.start)
        begin, end = self.letters[start], self.letters[stop - 1]
        return segments, Candidate(
            int(starts.searchsorted(begin, "right")) - 1, int(starts.searchsorted(end, "right")) - 1
        )

    def describe(self, places: Places, lines: Lines, block: tuple[_Ints, _Ints]) -> _Floats:
        """Return the facts about places near edges, shape (places, N_EDGE_FEATURES).

        ``lines`` are those of the edges; places do not leave them. ``block`` is for each place
        where the block would begin and end.
        """
        if not len(places.at):
            return np.zeros((0, N_EDGE_FEATURES))
        at, edge = places
        a, b, from_top = (column[edge] for column in lines)
        gains = self._gains_near(places, lines)
        moved, in_page = gains.moved[edge], self.letters[a] - a
        low, high = a + moved, b + moved
        left, right = np.maximum(at - 1, 0), np.minimum(at, len(self.where) - 1)
        here, line = at + in_page, (a + in_page, b + in_page)
        prefilter = sums_beside(self._pages.total, (here, here), _PREFILTER_SPANS, line)
        sides = self._reading.sides(self.letters[block[0]], self.letters[block[1] - 1] + 1)
        columns: list[NDArray[Any]] = [
            *sums_beside(gains.total, (at + moved, at + moved), _SPANS, (low, high)),
            *prefilter / SCALE,
            *sums_beside(self._counted, (at, at), _COUNTED, (a, b)),
            *_extremes(gains.total, at + moved, low, high),
            *self._lexical.edges(self._codes, at, *self._passages(a)),
            gains.borders[at],
            *self._separators(at, a, b),
            *joints(self._lexical.fluency, sides, sides).T,
            np.minimum(at - a, _FARTHEST),
            np.minimum(b - at, _FARTHEST),
            np.where(at > a, self._kinds[left], -1),
            np.where(at < b, self._kinds[right], -1),
            np.where((at > a) & (at < b), self.where[right] - self.where[left] - 1, -1),
            b - a,
            np.minimum(from_top, 8),
            gains.means[edge],
        ]
        return np.ascontiguousarray(np.array(columns, np.float64).T)

    def _passages(self, letter: _Ints) -> tuple[_Ints, _Ints]:
        """Return where the passages of letters begin and end."""
        segment = self.owner[letter]
        return self.starts[self._passage_first[segment]], self.stops[self._passage_last[segment]]

    def _gains_near(self, places: Places, lines: Lines) -> "_Gains":
        """Return the gains of the letters around each edge.

        Words tell with n-grams, but only those of the segments that places of the edge are in.
        """
        n = np.bincount(places.edge, minlength=len(lines.first))
        begins = n.cumsum() - n
        none = n == 0  # an edge without places has no letters around it
        lowest = np.where(none, lines.first, places.at[np.minimum(begins, len(places.at) - 1)])
        highest = np.where(none, lines.first, places.at[begins + n - 1])
        first = self.owner[np.minimum(lowest, lines.last - 1)]
        last = self.owner[np.minimum(highest, lines.last - 1)]
        wanted = np.unique(ranges(first[~none], last[~none] + 1))
        by_words, borders = self._by_words(wanted)

        low = np.maximum(lowest - _FARTHEST, lines.first)
        high = np.where(none, low, np.minimum(highest + _FARTHEST, lines.last))
        letters = ranges(low, high)
        edge = np.arange(len(low)).repeat(high - low)
        own = self.owner[letters]
        near = (own >= first[edge]) & (own <= last[edge])
        gains = self._gains[letters] + np.where(near, by_words[letters], 0)
        begin = (high - low).cumsum() - (high - low)

        total, total_words = self._total, running(by_words)
        inside = np.maximum(self.starts[first], lines.first), self.stops[last]
        of_line = total[lines.last] - total[lines.first]
        of_line += total_words[inside[1]] - total_words[inside[0]]
        means = of_line / _UNITS / (lines.last - lines.first)
        return _Gains(running(gains) / _UNITS, begin - low, means, borders)

    def _by_words(self, numbers: _Ints) -> tuple[_Ints, NDArray[np.bool_]]:
        """Return what words add to the gains of each letter of some segments.

        With it, before which letters words of theirs begin or behind which they end.
        """
        self._look_up([i for i in numbers.tolist() if not self._words[i]])
        words = [self._words[i] for i in numbers.tolist()]
        letters = ranges(self.starts[numbers], self.stops[numbers])
        gains = np.zeros(len(self.letters), np.int64)
        gains[letters] = np.rint(self._lexical.gains_of_words(words) * _UNITS)
        borders = np.zeros(len(self.letters) + 1, bool)
        sizes = np.array([len(word) for part in words for word in part], np.int64)
        borders[letters[sizes.cumsum() - sizes]] = True
        borders[self.stops[numbers]] = True
        return gains, borders

    def _look_up(self, numbers: list[int]) -> None:
        """Find the words of some segments."""
        if not numbers:
            return
        first, last = self.starts[numbers], self.stops[numbers]
        found = self._lexical.words_of(self._codes[ranges(first, last)], last - first)
        for i, words in zip(numbers, found, strict=True):
            self._words[i] = words

    def _separators(self, at: _Ints, a: _Ints, b: _Ints) -> list[NDArray[Any]]:
        """Return which separators stand there, before and behind, and how many are alike."""
        gaps, owner, stops = self.segments.gap, self.owner, self.stops
        behind = owner[np.minimum(at, len(owner) - 1)]
        before = owner[np.maximum(at - 1, 0)]
        is_gap = (at == 0) | (at == len(owner)) | (behind != before)
        of_line = owner[a]
        lowest = self._passage_first[of_line]
        behind = np.minimum(behind, self._passage_last[of_line])
        before = np.maximum(before, lowest)
        own = np.where(is_gap & (at > a), gaps[before], -1)
        own = np.where(is_gap & (at <= a), -2, own)
        previous = np.where(is_gap, before, before - 1)
        last = np.where(previous >= lowest, gaps[np.maximum(previous - is_gap, lowest)], -1)
        # Between the segments of the line.
        first_gap, last_gap = stops.searchsorted(a, "right"), stops.searchsorted(b)
        here = np.clip(stops.searchsorted(at), first_gap, last_gap)
        beyond = np.clip(stops.searchsorted(at, "right"), first_gap, last_gap)
        alike, some = self._gap_counts, own >= 0
        return [
            own,
            last,
            gaps[behind],
            np.minimum(some * (alike[own, here] - alike[own, first_gap]), 8),
            np.minimum(some * (alike[own, last_gap] - alike[own, beyond]), 8),
            last_gap - first_gap,
            here - first_gap,
            np.minimum(at - self.starts[before], _FARTHEST),
            np.minimum(stops[behind] - at, _FARTHEST),
            last == own,
        ]


class _Gains(NamedTuple):
    """Running sums of the gains around each edge, each edge's letters apart.

    A place of edge ``i`` is ``moved[i]`` further on among them. ``means`` are those of the edges'
    lines; ``borders`` tells before which letters of all passages words begin or end.
    """

    total: _Floats
    moved: _Ints
    means: _Floats
    borders: NDArray[np.bool_]


def _extremes(total: _Floats, at: _Ints, a: _Ints, b: _Ints) -> list[NDArray[Any]]:
    """Return the best and the worst sum of a run that ends, and of one that begins, there."""
    steps = np.arange(1, _FARTHEST + 1)
    columns: list[NDArray[Any]] = []
    here = total[at][:, None]
    before = here - total[np.maximum(at[:, None] - steps, a[:, None])]
    behind = total[np.minimum(at[:, None] + steps, b[:, None])] - here
    for sums in (before, behind):
        columns += [sums.max(axis=1), sums.min(axis=1)]
        columns += [sums.argmax(axis=1), sums.argmin(axis=1)]
    return columns


def refine(
    around: Surroundings, candidates: Sequence[Candidate], begins: Cascade, ends: Cascade
) -> list[tuple[Segments, Candidate]]:
    """Return each candidate among segments that are divided where its edges are best.

    The segments are its own, and those beside it in its passage.
    """
    first, last = np.array(candidates, np.int64).T
    lines = around.lines_of(first)
    start, stop = around.starts[first], around.stops[last]
    highest = np.minimum(lines.last, stop) - 1
    start = _best(around, _Edges(start, stop, lines.first, highest, lines), begins)
    lines = around.lines_of(last)
    lowest = np.maximum(lines.first, start) + 1
    stop = _best(around, _Edges(stop, start, lowest, lines.last, lines), ends)
    pairs = zip(start.tolist(), stop.tolist(), strict=True)
    return [around.divided(*edges) for edges in pairs]


# Edges whose places are described in one go: with more, the arrays outgrow the cache.
_EDGES = 32


class _Edges(NamedTuple):
    """Edges of blocks, where the other edge of each is, and between which places it may move."""

    at: _Ints
    other: _Ints
    lowest: _Ints
    highest: _Ints
    lines: Lines


def _best(around: Surroundings, edges: _Edges, trees: Cascade) -> _Ints:
    """Return the likeliest place for each edge near it; the edge itself unless one is better."""
    best = edges.at.copy()
    for i in range(0, len(best), _EDGES):
        some = slice(i, i + _EDGES)
        at, other, lowest, highest = (column[some] for column in edges[:4])
        places = around.places(np.maximum(at - REACH, lowest), np.minimum(at + REACH, highest))
        X = around.describe(places, edges.lines.take(some), block_of(places, at, other))
        logits = trees.predict(X)
        turns = places.edge.searchsorted(np.arange(len(at) + 1))
        for k, (first, last) in enumerate(pairwise(turns.tolist()), i):
            if first == last:
                continue
            own, found = logits[first:last], places.at[first:last]
            likeliest = int(own.argmax())
            here = own[found == best[k]]
            if not len(here) or own[likeliest] - here[0] >= _BETTER:
                best[k] = found[likeliest]
    return best


def block_of(places: Places, at: _Ints, other: _Ints) -> tuple[_Ints, _Ints]:
    """Return where blocks begin and end whose edge ``at`` is at each place instead."""
    end = other[places.edge]
    begins = (at < other)[places.edge]
    return np.where(begins, places.at, end), np.where(begins, end, places.at)
