"""Which stretches in doubt deserve the closer look: cheap facts about each, judged by trees.

Most of what the prefilter doubts is legitimate text with a hot word or two. How far the doubt
reaches, where it stands and what kinds of characters stand around it tell nearly all of it from
blocks, without words. Stretches of many texts are described in one go.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.features import FUNCTION_CODES, View
from contentfilter.folding import CLASS_MASK, NEWLINE, SIMPLIFIED, TRADITIONAL
from contentfilter.prefilter import HALF, SCALE, WINDOW, Doubts, running_sums

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

# Sizes of windows in a stretch whose largest sum is a fact about it, and of those around its
# middle that reach beyond it.
_INSIDE = (4, HALF, WINDOW)
_CENTRED = (32, 64, 128, 256)
# Characters before and after a stretch whose kinds are counted, and letters whose weights are.
_AROUND = 24
_BESIDE = (8, 16)
_FARTHEST = 300
_N_KINDS = 16

N_GATE_FEATURES = len(_INSIDE) + len(_CENTRED) + 2 * len(_BESIDE) + 2 * _N_KINDS + 21


class Letters(NamedTuple):
    """Texts one after the other, as the gate sees them.

    ``weights`` and ``where`` (index of the character) are those of each letter, ``codes`` and
    ``kinds`` those of each character. ``letters`` and ``characters`` are where each text begins,
    and at last where all end; ``scripts`` are their scripts.
    """

    weights: NDArray[np.int16]
    where: _Ints
    codes: NDArray[np.uint16]
    kinds: NDArray[np.uint8]
    letters: _Ints
    characters: _Ints
    scripts: _Ints


def letters_of(view: View) -> Letters:
    """Return a page alone as the gate sees it."""
    return Letters(
        view.weights,
        view.where,
        view.shadow.codes,
        view.shadow.kinds,
        np.array([0, len(view.weights)]),
        np.array([0, len(view.shadow.kinds)]),
        np.array([view.page_script]),
    )


def describe_doubts(page: Letters, doubts: Doubts) -> _Floats:
    """Return the facts about each stretch in doubt, shape (stretches, N_GATE_FEATURES)."""
    first, last, text = doubts
    if not len(first):
        return np.zeros((0, N_GATE_FEATURES))
    low, high = page.letters[text], page.letters[text + 1]
    total = np.concatenate([[0], np.cumsum(page.weights, dtype=np.int64)])
    start, stop = page.where[first], page.where[last - 1] + 1
    begin, end = page.characters[text], page.characters[text + 1]
    columns: list[NDArray[np.generic]] = []
    for size, sums in zip(_INSIDE, _sums(page.weights), strict=True):
        reach = np.stack([first, np.maximum(last - size, first) + 1], 1).ravel()
        best = np.maximum.reduceat(sums, reach)[::2]
        # A stretch that is shorter may be followed by another text.
        own = total[np.minimum(first + size, high)] - total[first]
        columns.append(np.where(last - first < size, own, best))
    middle = (first + last) // 2
    for size in _CENTRED:
        left, right = np.maximum(middle - size // 2, low), np.minimum(middle + size // 2, high)
        columns.append(total[right] - total[left])
    for size in _BESIDE:
        columns.append(total[first] - total[np.maximum(first - size, low)])
        columns.append(total[np.minimum(last + size, high)] - total[last])
    inside = _ranges(first, last)
    step = page.weights[inside.at]
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
        page.scripts[text],
    ]
    inside = _ranges(start, stop)
    around = _ranges(np.maximum(start - _AROUND, begin), np.minimum(stop + _AROUND, end))
    columns += _counted(page, inside, around)
    columns += _line(page, start, stop, begin, end)
    facts = np.ascontiguousarray(np.array(columns, np.float64).T)
    facts[:, : len(_INSIDE) + len(_CENTRED) + 2 * len(_BESIDE) + 2] /= SCALE
    return facts


class _Ranges(NamedTuple):
    """Several ranges of indices in one row: the indices, where each range begins in it, sizes."""

    at: _Ints
    starts: _Ints
    sizes: _Ints

    def owners(self) -> _Ints:
        return np.repeat(np.arange(len(self.sizes)), self.sizes)


def _ranges(first: _Ints, last: _Ints) -> _Ranges:
    sizes = last - first
    ends = np.cumsum(sizes)
    starts = ends - sizes
    return _Ranges(np.arange(ends[-1]) + np.repeat(first - starts, sizes), starts, sizes)


def _sums(weights: NDArray[np.int16]) -> Sequence[NDArray[np.int16]]:
    """Return the sums of `_INSIDE` weights from each on, fewer at the end, and one more."""
    padded = np.concatenate([weights, np.zeros(_INSIDE[-1] + 1, np.int16)])
    return [sums[: len(weights) + 1] for sums in running_sums(padded)]


def _counted(page: Letters, inside: _Ranges, around: _Ranges) -> list[NDArray[np.generic]]:
    """Return how many characters of each kind there are in stretches, and around them."""
    counts, columns = [], []
    for ranges in (inside, around):
        kinds = page.kinds[ranges.at]
        keys = ranges.owners() * _N_KINDS + (kinds & CLASS_MASK)
        n = len(ranges.sizes)
        counts.append(np.bincount(keys, minlength=n * _N_KINDS).reshape(n, _N_KINDS))
        function = FUNCTION_CODES[page.codes[ranges.at]]
        columns.append(np.add.reduceat(function, ranges.starts, dtype=np.int64) / ranges.sizes)
        if ranges is inside:
            for flag in (SIMPLIFIED, TRADITIONAL):
                marked = (kinds & flag) > 0
                columns.append(np.add.reduceat(marked, ranges.starts, dtype=np.int64))
    return [*counts[0].T, *(counts[1] - counts[0]).T, *columns]


def _line(
    page: Letters, start: _Ints, stop: _Ints, begin: _Ints, end: _Ints
) -> list[NDArray[np.generic]]:
    """Return how far the ends of its line are from each stretch, and those of its text."""
    ends_line = (page.kinds & CLASS_MASK) == NEWLINE
    marks = ends_line.tobytes()
    rows = []
    for a, b, low, high in zip(
        start.tolist(), stop.tolist(), begin.tolist(), end.tolist(), strict=True
    ):
        before, after = max(low, a - _FARTHEST), min(high, b + _FARTHEST)
        left, right = marks.rfind(1, before, a), marks.find(1, b, after)
        rows.append(
            (
                a - (left + 1 if left >= 0 else before),
                (right if right >= 0 else after) - b,
                left < 0 and before == low,
                right < 0 and after == high,
                b - a,
                marks.count(1, a, b),
                marks.count(1, before, after),
            )
        )
    return list(np.array(rows).T)
