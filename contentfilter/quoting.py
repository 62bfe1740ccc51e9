"""Whether a page speaks of what may be a block: what it says beside it, and how it leads up to it.

A report on hacked sites, a list of forbidden words or a shop's own page holds rows that no word of
theirs tells from a block; the text beside them does. Weights of characters and of hashed pairs say
of each letter whether it is rather of a page that quotes such rows than of one that carries them.
Only what is calm is asked, which is all but the best run of letters of each stretch in doubt: what
is said, not what is quoted.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import UNITS, best_runs, in_units, ranges, running
from contentfilter.folding import BLANK, CLOSE, COLON, HYPHEN, IGNORED, NEWLINE, OPEN, SYMBOL
from contentfilter.pages import Pages
from contentfilter.prefilter import Doubts
from contentfilter.segmentation import Segments
from contentfilter.weights import Weights

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]
_Pairs = NDArray[np.uint32]

# Letters before a run, and behind it, that count as near.
NEAR = (16, 48)
N_QUOTING_FEATURES = 2 * len(NEAR) + 4


class Quoting(NamedTuple):
    """Weights of characters, by their codes, and of hashed pairs."""

    singles: Weights
    pairs: Weights

    def of(self, pages: Pages, pairs: _Pairs) -> _Floats:
        """Return the weight of each letter of ``pages``, and of its hashed pair of ``pairs``."""
        of_pairs = self.pairs.take(pairs)
        ends = pages.letter_starts[1:]
        of_pairs[ends[ends > 0] - 1] = 0  # the last letter of a page begins none
        return self.singles.take(pages.letters).astype(np.float64) + of_pairs


class Beside(NamedTuple):
    """What is said beside segments, a row for each.

    ``before`` and ``behind`` are over the nearest calm letters, so many as `NEAR` says. ``start``
    and ``stop`` are how many of those of its page come before a segment's start and stop, and the
    sum of their weights; ``page`` both for the whole page. ``marks`` are whether a colon leads up
    to it, whether a bracket or quotation mark stands right before it, and right behind it.
    """

    before: _Floats
    behind: _Floats
    start: _Floats
    stop: _Floats
    page: _Floats
    marks: NDArray[np.bool_]

    def take(self, rows: slice) -> "Beside":
        """Return the rows of some segments."""
        columns: list[Any] = [column[rows] for column in self]
        return Beside(*columns)


def calm_letters(pages: Pages, doubts: Doubts) -> NDArray[np.bool_]:
    """Return of each letter of ``pages`` whether it is calm; ``doubts`` do not overlap."""
    calm = np.ones(len(pages.letters), bool)
    if len(doubts.first):
        letters, begins = ranges(doubts.first, doubts.last), running(doubts.last - doubts.first)
        runs = best_runs(pages.weights[letters].astype(np.float64), begins[:-1])
        calm[letters[ranges(runs.first, runs.last)]] = False
        # Weights are of pairs: the last one of a run ends with the letter behind it.
        behind = letters[runs.last - 1] + 1
        calm[behind[~np.isin(behind, pages.letter_starts)]] = False
    return calm


def beside(
    pages: Pages, pairs: _Pairs, doubts: Doubts, segments: Segments, quoting: Quoting
) -> Beside:
    """Return what is said beside ``segments`` of ``pages``, of which ``doubts`` are in doubt.

    ``pairs`` are the hashed pairs of all letters, as `features.Context` has them.
    """
    calm = calm_letters(pages, doubts)
    count = running(calm)
    total = running(in_units(quoting.of(pages, pairs)[calm]))
    page = pages.page_of(segments.start)
    low, high = (count[pages.letter_starts[page + end]] for end in (0, 1))
    start, stop = count[pages.inner(segments.start)], count[pages.inner(segments.stop)]

    def since_low(at: _Ints) -> _Floats:
        return np.array([at - low, (total[at] - total[low]) / UNITS]).T

    def between(first: _Ints, last: _Ints) -> _Floats:
        return scaled((total[last] - total[first]) / UNITS, last - first)

    return Beside(
        np.array([between(np.maximum(start - near, low), start) for near in NEAR]).T,
        np.array([between(stop, np.minimum(stop + near, high)) for near in NEAR]).T,
        since_low(start),
        since_low(stop),
        since_low(high),
        _marks(pages, segments),
    )


def scaled(total: _Floats, count: NDArray[Any]) -> _Floats:
    """Return what sums of so many weights tell: they are as wide as the root of their number."""
    result: _Floats = total / np.sqrt(np.maximum(count, 1))
    return result


def _marks(pages: Pages, segments: Segments) -> NDArray[np.bool_]:
    flags, kinds = pages.flags, pages.kinds
    colon = (flags & COLON) > 0
    # Bullets, signs of a patch and opening brackets may stand between a colon and what it leads to.
    passed = np.isin(kinds, (BLANK, NEWLINE, IGNORED, SYMBOL, HYPHEN, OPEN)) & ~colon
    solid = (~passed).nonzero()[0]
    at = solid.searchsorted(segments.start) - 1
    leading = solid[np.maximum(at, 0)]
    own_page = (at >= 0) & (leading >= pages.starts[pages.page_of(segments.start)])
    before = kinds[np.maximum(segments.start - 1, 0)]  # that of a page's start is a line's end
    behind = kinds[segments.stop]
    return np.array(
        [own_page & colon[leading], (before == OPEN) | (before == CLOSE), behind == CLOSE]
    ).T


def describe_quoting(beside: Beside, first: _Ints, last: _Ints) -> _Floats:
    """Return of runs of segments, ``first`` to ``last`` (included), what is said beside each.

    Shape (runs, `N_QUOTING_FEATURES`).
    """
    count, total = (beside.page[first] - beside.stop[last] + beside.start[first]).T
    columns = [
        *beside.before[first].T,
        *beside.behind[last].T,
        scaled(total, count),
        beside.marks[first, 0],
        beside.marks[first, 1],
        beside.marks[last, 2],
    ]
    return np.array(columns, np.float64).T
