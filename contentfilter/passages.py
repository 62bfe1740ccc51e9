"""Which parts of a page in doubt get the closer look, and in which pieces."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.folding import LETTER, OPEN
from contentfilter.lexical import Lexical
from contentfilter.segmentation import NO_GAP, Segments, split

if TYPE_CHECKING:
    from contentfilter.features import View

_Ints = NDArray[np.int64]

# A line up to this long is looked at whole; of a longer one, the surroundings of the doubt.
_WHOLE_LINE = 600
_AROUND = 200
# Lines before and after that are looked at with it, as far as they are short.
_NEIGHBOURS = 2
_NEIGHBOUR_SIZE = 200

# A segment this long may be a block glued to a sentence.
_LONG = 7
# It is divided where the words of a part gain, and those of the rest lose, this much.
_GAIN = 2.5
# What a character of the other script than the page's adds to the log-odds.
_SCRIPT = 1.5


def passages(view: "View", windows: _Ints) -> list[tuple[int, int]]:
    """Return disjoint (first, last) stretches of the shadow around ``windows``, in order."""
    found: list[tuple[int, int]] = []
    for first, last in windows.tolist():
        if found and last <= found[-1][1]:
            continue
        begin, end = _lines_around(view, first, last)
        if found and begin <= found[-1][1]:
            begin = found.pop()[0]
        found.append((begin, end))
    return found


def _lines_around(view: "View", first: int, last: int) -> tuple[int, int]:
    ends = view.newlines
    before = int(np.searchsorted(ends, first))
    after = int(np.searchsorted(ends, last))
    size = len(view.kinds)
    begin = int(ends[before - 1]) + 1 if before else 0
    end = int(ends[after]) + 1 if after < len(ends) else size
    if first - begin > _WHOLE_LINE:
        return _near_gap(view, first - _AROUND), min(end, _near_gap(view, last + _AROUND))
    if end - last > _WHOLE_LINE:
        end = _near_gap(view, last + _AROUND)
    else:
        end = _widen(view, end, after + 1, 1)
    return _widen(view, begin, before - 1, -1), end


def _widen(view: "View", edge: int, line: int, step: int) -> int:
    """Move ``edge`` over neighbouring lines that hold words, and over the blank ones between."""
    ends, size = view.newlines, len(view.kinds)
    seen = 0
    while seen < _NEIGHBOURS and 0 <= line <= len(ends):
        begin = int(ends[line - 1]) + 1 if line else 0
        end = int(ends[line]) + 1 if line < len(ends) else size
        if end - begin > _NEIGHBOUR_SIZE:
            break
        seen += bool((view.kinds[begin:end] <= LETTER).sum() > 0)
        edge = end if step > 0 else begin
        line += step
        if abs(edge - end) + abs(edge - begin) > 4 * _NEIGHBOUR_SIZE:
            break
    return edge


def _near_gap(view: "View", at: int) -> int:
    """Return the end of a gap between words close to ``at``, or ``at``."""
    at = max(0, min(at, len(view.kinds)))
    words = view.kinds[at : at + 60] <= LETTER
    gaps = np.flatnonzero(~words)
    return at + int(gaps[0]) + 1 if len(gaps) else at


class Pieces(NamedTuple):
    """Segments of a passage, the words of each, and what each character gains (log-odds)."""

    segments: Segments
    words: list[list[str]]
    gains: NDArray[np.float64]


def pieces(view: "View", first: int, last: int, lexical: Lexical) -> Pieces:
    """Return the segments of a passage; those that are part block, part text are divided."""
    segments = split(view.shadow, first, last)
    if not len(segments):
        return Pieces(segments, [], np.zeros(0))
    starts, stops = view.inner(segments.start), view.inner(segments.stop)
    inner = slice(int(starts[0]), int(stops[-1]))
    sizes = stops - starts
    words = lexical.words_of_all(view.codes[inner], sizes)
    gains = lexical.gains(view.codes[inner], sizes, words) + _script_gains(view, inner)
    runs = _runs(words, gains, sizes)
    if runs:
        places = {
            i: [int(view.where[starts[i] + sum(map(len, words[i][:k]))]) for k in run]
            for i, run in runs.items()
        }
        segments = divide(view, segments, places)
        words = [part for i, whole in enumerate(words) for part in _parted(whole, runs.get(i, ()))]
    return Pieces(segments, words, gains)


def _script_gains(view: "View", inner: slice) -> NDArray[np.float64]:
    """Return what the script of each character adds."""
    return np.where(view.foreign(view.shadow.kinds[view.where[inner]]), _SCRIPT, 0.0)


def _runs(
    words: list[list[str]], gains: NDArray[np.float64], sizes: _Ints
) -> dict[int, tuple[int, ...]]:
    """Return for each segment that is part block before which of its words it turns."""
    ends = np.cumsum(sizes)
    begins = ends - sizes
    total = np.concatenate([[0.0], np.cumsum(gains)])
    rising = np.concatenate([[0.0], np.cumsum(np.maximum(gains, 0.0))])
    rise = rising[ends] - rising[begins]
    fall = rise - (total[ends] - total[begins])
    runs = {}
    for i in np.flatnonzero((sizes >= _LONG) & (rise >= _GAIN) & (fall >= _GAIN)).tolist():
        bounds = begins[i] + np.cumsum([0, *map(len, words[i])])
        by_word = np.diff(total[bounds])
        first, last = _best_run(by_word)
        inside = float(by_word[first:last].sum())
        if inside >= _GAIN and inside - by_word.sum() >= _GAIN:
            runs[i] = tuple(k for k in (first, last) if 0 < k < len(words[i]))
    return runs


def _best_run(gains: NDArray[np.float64]) -> tuple[int, int]:
    """Return (first, last) of the words with the largest sum."""
    best, first, last, start, total = -np.inf, 0, len(gains), 0, 0.0
    for k, gain in enumerate(gains.tolist()):
        if total <= 0:
            start, total = k, 0.0
        total += gain
        if total > best:
            best, first, last = total, start, k + 1
    return first, last


def _parted(words: list[str], at: tuple[int, ...]) -> list[list[str]]:
    return [words[a:b] for a, b in zip((0, *at), (*at, len(words)), strict=True)]


def divide(view: "View", segments: Segments, turns: dict[int, list[int]]) -> Segments:
    """Cut segments at ``turns``: for each segment's number, ascending places in the shadow."""
    rows = []
    for i, row in enumerate(zip(*(column.tolist() for column in segments), strict=True)):
        begin, start, stop, end, gap, line = row
        for at in turns.get(i, ()):
            while at > start + 1 and view.kinds[at - 1] == OPEN:
                at -= 1
            if start < at < stop:
                rows.append((begin, start, at, at, NO_GAP, line))
                begin = start = at
        rows.append((begin, start, stop, end, gap, line))
    return Segments(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))
