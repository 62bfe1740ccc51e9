"""Where exactly a block begins and ends within a line.

The labels of segments find a block; where it shares a line with text, its first and last segment
may be part text, or text may read like one more phrase. Trees judge each place near such an edge
by what stands to its left and right.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import ranges, running, sums_beside
from contentfilter.decoding import Candidate
from contentfilter.folding import DIGIT, FUNCTION_CODES, LATIN, SIMPLIFIED, TRADITIONAL
from contentfilter.lexical import Lexical
from contentfilter.pages import Pages
from contentfilter.passages import Pieces, divide
from contentfilter.prefilter import SCALE
from contentfilter.segmentation import Segments
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

N_EDGE_FEATURES = 2 * len(_SPANS) + 2 * len(_PREFILTER_SPANS) + 2 * 4 * len(_COUNTED) + 29


class Surroundings:
    """What is known of a passage's characters that decides where blocks in it begin and end."""

    def __init__(
        self,
        pages: Pages,
        parts: Pieces,
        lexical: Lexical,
        known: NDArray[np.bool_],
        words: Sequence[Sequence[str]],
    ) -> None:
        """Look at one passage.

        ``known`` tells of each of its letters whether its page knows it, ``words`` are those of
        its segments, as far as they were looked up: none of the others.
        """
        segments = parts.segments
        self.starts, self.stops = pages.inner(segments.start), pages.inner(segments.stop)
        self.low, self.high = int(self.starts[0]), int(self.stops[-1])
        inner = slice(self.low, self.high)
        self.codes = pages.letters[inner]
        self.where = pages.where[inner]
        self.gains = parts.gains
        self._lexical = lexical
        self._words = list(words)
        self.prefilter = pages.total[self.low : self.high + 1] / SCALE
        self.phrase_starts, self.phrase_ends = lexical.edges(self.codes)
        self.kinds = pages.kinds[self.where].astype(np.int64)
        self.tokens = (self.kinds == LATIN) | (self.kinds == DIGIT)
        flags = pages.flags[self.where]
        counted = (
            known,
            FUNCTION_CODES[self.codes],
            pages.foreign(self.where),
            (flags & (SIMPLIFIED | TRADITIONAL) > 0),
        )
        self.counted = np.array([running(mask, np.float64) for mask in counted])
        self.owner = np.arange(len(segments)).repeat(self.stops - self.starts)
        self.segments = segments
        newlines, top = pages.newlines, pages.starts[pages.page_of(segments.begin[:1])]
        before = newlines.searchsorted([int(top[0]), int(segments.begin[0])])
        self.from_top = int(before[1] - before[0])

    def line_of(self, segment: int) -> tuple[int, int]:
        """Return where in the passage's characters the line of a segment begins and ends."""
        line = self.segments.line
        first = int(line.searchsorted(line[segment]))
        last = int(line.searchsorted(line[segment], "right")) - 1
        return int(self.starts[first]) - self.low, int(self.stops[last]) - self.low

    def places(self, low: int, high: int) -> _Ints:
        """Return the places from ``low`` to ``high`` where a block may begin or end."""
        at = np.arange(low, high + 1)
        inside = (at > 0) & (at < len(self.codes))
        left, right = np.maximum(at - 1, 0), np.minimum(at, len(self.codes) - 1)
        glued = self.where[right] - self.where[left] == 1
        result: _Ints = at[~(inside & glued & self.tokens[left] & self.tokens[right])]
        return result

    def describe(self, at: _Ints, line: tuple[int, int]) -> _Floats:
        """Return the facts about places of a line, shape (places, N_EDGE_FEATURES)."""
        a, b = line
        word, gains = self._by_words(at)
        columns: list[NDArray[Any]] = [
            *sums_beside(gains, (at, at), _SPANS, line),
            *sums_beside(self.prefilter, (at, at), _PREFILTER_SPANS, line),
            *sums_beside(self.counted, (at, at), _COUNTED, line),
            *_extremes(gains, at, a, b),
        ]
        columns += [self.phrase_starts[at], self.phrase_ends[at], word[at]]
        columns += self._separators(at, a, b)
        left, right = np.maximum(at - 1, 0), np.minimum(at, len(self.codes) - 1)
        columns += [
            np.minimum(at - a, _FARTHEST),
            np.minimum(b - at, _FARTHEST),
            np.where(at > a, self.kinds[left], -1),
            np.where(at < b, self.kinds[right], -1),
            np.where((at > a) & (at < b), self.where[right] - self.where[left] - 1, -1),
            np.full(len(at), b - a),
            np.full(len(at), min(self.from_top, 8)),
            np.full(len(at), (gains[b] - gains[a]) / max(b - a, 1)),
        ]
        return np.ascontiguousarray(np.array(columns, np.float64).T)

    def _by_words(self, at: _Ints) -> tuple[NDArray[np.bool_], _Floats]:
        """Return which places are borders of words, and the running gains of all letters.

        It is told by the words of segments around the places ``at`` alone.
        """
        first, last = self.owner[np.minimum(at[[0, -1]], len(self.owner) - 1)].tolist()
        self._look_up([i for i in range(first, last + 1) if not self._words[i]])
        words = self._words[first : last + 1]
        inner = slice(int(self.starts[first]) - self.low, int(self.stops[last]) - self.low)
        border = np.zeros(len(self.codes) + 1, bool)
        sizes = [len(word) for part in words for word in part]
        border[inner.start + running(np.array(sizes))] = True
        gains = self.gains.copy()
        gains[inner] += self._lexical.gains_of_words(words)
        return border, running(gains, np.float64)

    def _look_up(self, numbers: list[int]) -> None:
        """Find the words of some segments."""
        if not numbers:
            return
        first, last = self.starts[numbers] - self.low, self.stops[numbers] - self.low
        found = self._lexical.words_of(self.codes[ranges(first, last)], last - first)
        for i, words in zip(numbers, found, strict=True):
            self._words[i] = words

    def _separators(self, at: _Ints, a: int, b: int) -> list[NDArray[Any]]:
        """Return which separators stand there, before and behind, and how many are alike."""
        gaps = self.segments.gap
        stops = self.stops - self.low
        behind = self.owner[np.minimum(at, len(self.owner) - 1)]
        before = self.owner[np.maximum(at - 1, 0)]
        is_gap = (at == 0) | (at >= len(self.owner)) | (behind != before)
        own = np.where(is_gap & (at > a), gaps[before], -1)
        own = np.where(is_gap & (at <= a), -2, own)
        previous = np.where(is_gap, before, before - 1)
        last = np.where(previous >= 0, gaps[np.maximum(previous - is_gap, 0)], -1)
        following = gaps[behind]
        first_of_line, last_of_line = stops.searchsorted(a, "right"), stops.searchsorted(b)
        line = gaps[first_of_line:last_of_line]  # between the line's segments
        places = stops[first_of_line:last_of_line]
        same = line[None, :] == own[:, None]
        left = (same & (places[None, :] < at[:, None])).sum(axis=1)
        right = (same & (places[None, :] > at[:, None])).sum(axis=1)
        started = self.starts[before] - self.low
        return [
            own,
            last,
            following,
            np.minimum(left, 8),
            np.minimum(right, 8),
            np.full(len(at), len(line)),
            (places[None, :] < at[:, None]).sum(axis=1),
            np.minimum(at - started, _FARTHEST),
            np.minimum(stops[behind] - at, _FARTHEST),
            last == own,
        ]


def _extremes(total: _Floats, at: _Ints, a: int, b: int) -> list[NDArray[Any]]:
    """Return the best and the worst sum of a run that ends, and of one that begins, there."""
    steps = np.arange(1, _FARTHEST + 1)
    columns: list[NDArray[Any]] = []
    here = total[at][:, None]
    before = here - total[np.maximum(at[:, None] - steps, a)]
    behind = total[np.minimum(at[:, None] + steps, b)] - here
    for sums in (before, behind):
        columns += [sums.max(axis=1), sums.min(axis=1)]
        columns += [sums.argmax(axis=1), sums.argmin(axis=1)]
    return columns


def refine(
    pages: Pages, around: Surroundings, candidate: Candidate, begins: Cascade, ends: Cascade
) -> tuple[Segments, Candidate]:
    """Return segments divided where the candidate's edges are best, and the candidate in them."""
    segments, low = around.segments, around.low
    start = int(around.starts[candidate.first]) - low
    stop = int(around.stops[candidate.last]) - low
    line = around.line_of(candidate.first)
    start = _best(around, start, (line[0], min(line[1], stop) - 1), line, begins)
    line = around.line_of(candidate.last)
    stop = _best(around, stop, (max(line[0], start) + 1, line[1]), line, ends)
    turns: dict[int, list[int]] = {}
    for at in (start, stop):
        i = int(around.owner[min(at, len(around.owner) - 1)])
        if 0 < at < len(around.owner) and around.starts[i] - low < at:
            turns.setdefault(i, []).append(int(around.where[at]))
    if turns:
        segments, _ = divide(pages, segments, turns)
    starts = pages.inner(segments.start) - low
    first = int(starts.searchsorted(start, "right")) - 1
    last = int(starts.searchsorted(stop - 1, "right")) - 1
    return segments, Candidate(first, last)


def _best(
    around: Surroundings, at: int, limits: tuple[int, int], line: tuple[int, int], trees: Cascade
) -> int:
    """Return the likeliest place for an edge near ``at``; that itself unless one is better."""
    low, high = max(at - REACH, limits[0]), min(at + REACH, limits[1])
    places = around.places(low, high)
    if not len(places):
        return at
    scores = trees.predict(around.describe(places, line))
    best = int(scores.argmax())
    own = scores[places == at]
    if len(own) and scores[best] - own[0] < _BETTER:
        return at
    return int(places[best])
