"""Which parts of a page in doubt get the closer look, and in which pieces."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from contentfilter.folding import LETTER, OPEN, SIMPLIFIED, TRADITIONAL
from contentfilter.lexical import Lexical
from contentfilter.segmentation import NO_GAP, Segments, split

if TYPE_CHECKING:
    from contentfilter.features import View

_Ints = NDArray[np.int64]

# A line up to this long is looked at whole; of a longer one, the surroundings of the doubt.
_WHOLE_LINE = 1200
_AROUND = 400
# Lines before and after that are looked at with it, as far as they are short.
_NEIGHBOURS = 2
_NEIGHBOUR_SIZE = 300

# A segment this long may be a block glued to a sentence.
_LONG = 7
# It is looked at where the prefilter's weights rise and fall this much inside it, and divided
# where its parts are worth this much more, in log-odds, than the whole.
_CONTRAST = 2.5
_GAIN = 3.0
# Words of a segment that is looked at; longer ones are no phrases.
_MAX_WORDS = 400
# Each end of the best part is moved this many words to either side in search of a better one.
_MOVES = 2
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


def pieces(view: "View", first: int, last: int, lexical: Lexical) -> Segments:
    """Return the segments of a passage; those that are part block, part text are divided."""
    segments = split(view.shadow, first, last)
    if not len(segments):
        return segments
    starts, stops = view.inner(segments.start), view.inner(segments.stop)
    turns = {}
    for i in np.flatnonzero(stops - starts >= _LONG).tolist():
        found = _turns(view, int(starts[i]), int(stops[i]), lexical)
        if found:
            turns[i] = [int(view.where[starts[i] + at]) for at in found]
    return _divide(view, segments, turns) if turns else segments


def _turns(view: "View", start: int, stop: int, lexical: Lexical) -> list[int]:
    """Return where, counted from ``start``, words turn from text to block or back."""
    total = (view.total[start : stop + 1] - view.total[start]).tolist()
    flags = view.shadow.kinds[view.where[start:stop]]
    odds = np.zeros(stop - start)
    if view.page_script:
        other = SIMPLIFIED if view.page_script > 0 else TRADITIONAL
        odds += _SCRIPT * ((flags & other) > 0)
    rise = fall = low = high = 0.0
    for value in total:
        low, high = min(low, value), max(high, value)
        rise, fall = max(rise, value - low), max(fall, high - value)
    if (rise < _CONTRAST or fall < _CONTRAST) and not (odds.any() and rise > 0):
        return []
    codes = view.codes[start:stop]
    (words,) = lexical.words_of_all(codes, np.array([stop - start]))
    if not 1 < len(words) <= _MAX_WORDS:
        return []
    ends = np.cumsum([len(word) for word in words])
    by_script = np.diff(np.concatenate([[0.0], np.cumsum(odds)])[np.concatenate([[0], ends])])
    first, last = _best_run(lexical.word_contributions(codes, words) + by_script)
    if first == 0 and last == len(words):
        return []
    at = [0, *ends.tolist()]
    choices = _choices(first, last, len(words))
    values = _values(codes, words, at, by_script, choices, lexical)
    best = int(values.argmax())
    if values[best] - abs(values[-1]) < _GAIN:
        return []
    return [at[k] for k in choices[best] if 0 < k < len(words)]


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


def _choices(first: int, last: int, n: int) -> list[tuple[int, int]]:
    """Return the runs of words to compare, and at the end the whole."""
    firsts = {min(max(first + move, 0), n) for move in range(-_MOVES, _MOVES + 1)} if first else {0}
    lasts = (
        {min(max(last + move, 0), n) for move in range(-_MOVES, _MOVES + 1)} if last < n else {n}
    )
    runs = sorted((a, b) for a in firsts for b in lasts if a < b and (a, b) != (0, n))
    return [*runs, (0, n)]


def _values(
    codes: NDArray[np.uint16],
    words: list[str],
    at: list[int],
    by_script: NDArray[np.float64],
    choices: list[tuple[int, int]],
    lexical: Lexical,
) -> NDArray[np.float64]:
    """Return for each run how much more it reads like a block than the words around it do."""
    parts = sorted(
        {(0, a) for a, _ in choices} | set(choices) | {(b, len(words)) for _, b in choices}
    )
    parts = [(a, b) for a, b in parts if a < b]
    sizes = np.array([at[b] - at[a] for a, b in parts])
    joined = np.concatenate([codes[at[a] : at[b]] for a, b in parts])
    grams, by_words = lexical.scores(joined, sizes, [words[a:b] for a, b in parts])
    script = [by_script[a:b].sum() for a, b in parts]
    scores = dict(zip(parts, (grams + by_words + lexical.bias + script).tolist(), strict=True))
    return np.array(
        [
            scores[a, b] - scores.get((0, a), 0.0) - scores.get((b, len(words)), 0.0)
            if (a, b) != (0, len(words))
            else scores[a, b]
            for a, b in choices
        ]
    )


def _divide(view: "View", segments: Segments, turns: dict[int, list[int]]) -> Segments:
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
