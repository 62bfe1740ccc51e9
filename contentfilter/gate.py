"""Which stretches in doubt deserve the closer look: cheap facts about each, judged by trees.

Most of what the prefilter doubts is legitimate text with a hot word or two. How far the doubt
reaches, where it stands and what kinds of characters stand around it tell nearly all of it from
blocks, without words. Stretches of many texts are described in one go.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import alternating, ranges, sums_beside
from contentfilter.folding import CLASS_MASK, FUNCTION_CODES, SIMPLIFIED, TRADITIONAL
from contentfilter.pages import Pages
from contentfilter.prefilter import HALF, SCALE, WINDOW, Doubts, running_sums

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

# Sizes of windows in a stretch whose largest sum is a fact about it, and how far windows reach on
# both sides of its middle.
_INSIDE = (4, HALF, WINDOW)
_HALVES = (16, 32, 64, 128)
# Characters before and after a stretch whose kinds are counted, and letters whose weights are.
_AROUND = 24
_BESIDE = (8, 16)
_FARTHEST = 300
_N_KINDS = 16

N_GATE_FEATURES = len(_INSIDE) + len(_HALVES) + 2 * len(_BESIDE) + 2 * _N_KINDS + 21


def describe_doubts(pages: Pages, doubts: Doubts) -> _Floats:
    """Return the facts about each stretch in doubt, shape (stretches, N_GATE_FEATURES)."""
    first, last, text = doubts
    if not len(first):
        return np.zeros((0, N_GATE_FEATURES))
    low, high = pages.letter_starts[text], pages.letter_starts[text + 1]
    total = pages.total
    start, stop = pages.where[first], pages.where[last - 1] + 1
    begin, end = pages.starts[text], pages.starts[text + 1] - 1
    size, half = (np.array(sizes)[:, None] for sizes in (_INSIDE, _HALVES))
    # A stretch that is shorter than a window may be followed by another text.
    short = total[np.minimum(first + size, high)] - total[first]
    middle = (first + last) // 2
    centred = total[np.minimum(middle + half, high)] - total[np.maximum(middle - half, low)]
    columns: list[NDArray[np.generic]] = [
        *np.where(last - first < size, short, _best_sums(pages.weights, first, last)),
        *centred,
        *sums_beside(total, (first, last), _BESIDE, (low, high)),
    ]
    inside = _ranges(first, last)
    step = pages.weights[inside.at]
    columns += [
        total[last] - total[first],
        np.maximum.reduceat(step, inside.starts),
        np.add.reduceat(step > 0, inside.starts) / inside.sizes,
        last - first,
        (total[high] - total[low]) / (high - low),
        high - low,
        np.bincount(text)[text],
        np.minimum(first - low, _FARTHEST),
        np.minimum(high - last, _FARTHEST),
        pages.scripts[text],
    ]
    inside = _ranges(start, stop)
    around = _ranges(np.maximum(start - _AROUND, begin), np.minimum(stop + _AROUND, end))
    columns += _counted(pages, inside, around)
    columns += _line(pages, start, stop, begin, end)
    facts = np.ascontiguousarray(np.array(columns, np.float64).T)
    facts[:, : len(_INSIDE) + len(_HALVES) + 2 * len(_BESIDE) + 2] /= SCALE
    return facts


class _Ranges(NamedTuple):
    """Several ranges of indices in one row: the indices, where each range begins in it, sizes."""

    at: _Ints
    starts: _Ints
    sizes: _Ints

    def owners(self) -> _Ints:
        return np.arange(len(self.sizes)).repeat(self.sizes)


def _ranges(first: _Ints, last: _Ints) -> _Ranges:
    sizes = last - first
    return _Ranges(ranges(first, last), sizes.cumsum() - sizes, sizes)


def _best_sums(weights: NDArray[np.int16], first: _Ints, last: _Ints) -> NDArray[np.int16]:
    """Return the largest sums of `_INSIDE` weights within stretches that have so many."""
    padded = np.zeros(len(weights) + _INSIDE[-1] + 1, np.int16)
    padded[: len(weights)] = weights
    best = [
        np.maximum.reduceat(sums, alternating(first, np.maximum(last - size, first) + 1))[::2]
        for size, sums in zip(_INSIDE, running_sums(padded), strict=True)
    ]
    return np.array(best)


def _counted(pages: Pages, inside: _Ranges, around: _Ranges) -> list[NDArray[np.generic]]:
    """Return how many characters of each kind there are in stretches, and around them."""
    counts, columns = [], []
    for reach in (inside, around):
        flags = pages.flags[reach.at]
        keys = reach.owners() * _N_KINDS + (flags & CLASS_MASK)
        n = len(reach.sizes)
        counts.append(np.bincount(keys, minlength=n * _N_KINDS).reshape(n, _N_KINDS))
        function = FUNCTION_CODES[pages.codes[reach.at]]
        columns.append(np.add.reduceat(function, reach.starts, dtype=np.int64) / reach.sizes)
        if reach is inside:
            for flag in (SIMPLIFIED, TRADITIONAL):
                marked = (flags & flag) > 0
                columns.append(np.add.reduceat(marked, reach.starts, dtype=np.int64))
    return [*counts[0].T, *(counts[1] - counts[0]).T, *columns]


def _line(
    pages: Pages, start: _Ints, stop: _Ints, begin: _Ints, end: _Ints
) -> list[NDArray[np.generic]]:
    """Return how far the ends of its line are from each stretch, and those of its text."""
    newlines = pages.newlines
    before, after = np.maximum(start - _FARTHEST, begin), np.minimum(stop + _FARTHEST, end)
    at_start, at_stop = newlines.searchsorted(start), newlines.searchsorted(stop)
    left, right = newlines[at_start - 1], newlines[at_stop]
    begins_in = (at_start > 0) & (left >= before)
    ends_in = right < after
    around = newlines.searchsorted(after) - newlines.searchsorted(before)
    return [
        start - np.where(begins_in, left + 1, before),
        np.where(ends_in, right, after) - stop,
        ~begins_in & (before == begin),
        ~ends_in & (after == end),
        stop - start,
        at_stop - at_start,
        around,
    ]
