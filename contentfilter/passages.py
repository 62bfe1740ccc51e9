"""Which parts of a page in doubt get the closer look, and in which pieces."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from contentfilter.folding import LETTER, SIMPLIFIED, TRADITIONAL
from contentfilter.prefilter import SCALE
from contentfilter.segmentation import NO_GAP, Segments, split

if TYPE_CHECKING:
    from contentfilter.features import View

_Ints = NDArray[np.int64]
_Turns = tuple[int, "_Turns"] | None  # a linked list: the last turn, and those before

# A line up to this long is looked at whole; of a longer one, the surroundings of the doubt.
_WHOLE_LINE = 1200
_AROUND = 400
# Lines before and after that are looked at with it, as far as they are short.
_NEIGHBOURS = 2
_NEIGHBOUR_SIZE = 300

# A segment this long may be a block glued to a sentence: it is cut where the weights turn.
_LONG = 10
# Log-odds that a change of mind inside a segment costs, and what a character of the other script
# than the page's says. The drift makes up for n-grams never seen, which weigh nothing.
_TURN = 5.0
_SCRIPT = 1.5
_DRIFT = 0.15


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


def pieces(view: "View", first: int, last: int) -> Segments:
    """Return the segments of a passage; those that turn from text to block inside are in two."""
    segments = split(view.shadow, first, last)
    if not len(segments):
        return segments
    starts, stops = view.inner(segments.start), view.inner(segments.stop)
    long = np.flatnonzero(stops - starts >= _LONG)
    turns = [
        (int(i), view.where[starts[i] + at]) for i in long for at in _turns(view, starts[i], stops[i])
    ]
    return _divide(segments, turns) if turns else segments


def _turns(view: "View", start: int, stop: int) -> list[int]:
    """Return where, counted from ``start``, the words turn from text to block or back."""
    weights = view.weights[start:stop] / SCALE
    weights = np.clip(weights, -4, 4) - _DRIFT
    flags = view.shadow.kinds[view.where[start:stop]]
    if view.page_script:
        odds = ((flags & SIMPLIFIED) > 0).astype(float) - ((flags & TRADITIONAL) > 0)
        weights = weights + _SCRIPT * view.page_script * odds
    # Most segments are of one mind: the best prefix and suffix say so without the search.
    total = np.concatenate([[0.0], np.cumsum(weights)])
    rise = float((total - np.minimum.accumulate(total)).max())
    fall = float((np.maximum.accumulate(total) - total).max())
    if rise < _TURN or fall < _TURN:
        return []
    return _two_minds(weights.tolist())


def _two_minds(weights: list[float]) -> list[int]:
    """Return the places of change in the best labelling of ``weights`` as text or block."""
    text, block = 0.0, 0.0
    text_turns: _Turns = None
    block_turns: _Turns = None
    for i, weight in enumerate(weights):
        if block - _TURN > text:
            text, text_turns = block - _TURN, (i, block_turns)
        elif text - _TURN > block:
            block, block_turns = text - _TURN, (i, text_turns)
        block += weight
        text -= weight
    turns, path = [], block_turns if block > text else text_turns
    while path:
        at, path = path
        turns.append(at)
    return [at for at in reversed(turns) if at]


def _divide(segments: Segments, turns: list[tuple[int, int]]) -> Segments:
    rows = [list(row) for row in zip(*(column.tolist() for column in segments), strict=True)]
    for i, at in reversed(turns):
        begin, start, stop, end, gap, line = rows[i]
        if start < at < stop:
            rows[i : i + 1] = [[begin, start, at, at, NO_GAP, line], [at, at, stop, end, gap, line]]
    return Segments(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


