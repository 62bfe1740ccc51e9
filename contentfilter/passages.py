"""Which parts of pages in doubt get the closer look, and in which pieces."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import UNITS, best_runs, changes, in_units, next_to, ranges, running
from contentfilter.folding import OPEN
from contentfilter.lexical import Lexical
from contentfilter.pages import Pages
from contentfilter.segmentation import NO_GAP, Segments, split

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

# A line up to this long is looked at whole; of a longer one, the surroundings of the doubt.
_WHOLE_LINE = 600
_AROUND = 200
# Lines before and after that are looked at with it, as far as they are short.
_NEIGHBOURS = 2
_NEIGHBOUR_SIZE = 200
# How far a gap between words is looked for where a long line is cut.
_TO_GAP = 60

# A segment this long may be a block glued to a sentence.
_LONG = 6
# It is divided where the words of a part gain, and those of the rest lose, this much: with 2.5 for
# both, four in ten of the segments that are part block were divided, now between eight and nine; of
# legitimate ones nine in a hundred are, which the later stages see through (benchmarks/README.md).
_GAIN, _LOSS = 1.5, 0.5
# Words are looked up where n-grams alone give a run this much (with less, twice as many segments of
# clean pages were, for nothing); they count so much beside those.
_LIKELY = 2.0
_OF_WORDS = 0.5
# What a character of the other script than the page's adds to the log-odds.
_SCRIPT = 1.5


def passages(pages: Pages, windows: _Ints) -> _Ints:
    """Return disjoint stretches of the pages around ``windows``, rows of (first, last)."""
    found: list[tuple[int, int]] = []
    last_line = pages.newlines.searchsorted(pages.starts[1:] - 1)
    page = pages.page_of(windows[:, 0])
    for (first, last), of in zip(windows.tolist(), page.tolist(), strict=True):
        if found and last <= found[-1][1]:
            continue
        bounds = (int(last_line[of - 1]) + 1 if of else 0, int(last_line[of]))
        begin, end = _lines_around(pages, first, last, bounds)
        if found and begin <= found[-1][1] and found[-1][1] > pages.starts[of]:
            begin = found.pop()[0]
        found.append((begin, end))
    return np.array(found, np.int64).reshape(-1, 2)


def _lines_around(pages: Pages, first: int, last: int, bounds: tuple[int, int]) -> tuple[int, int]:
    """Return the lines around a window; ``bounds`` are the first and the last of its page."""
    ends = pages.newlines
    before, after = ends.searchsorted((first, last)).tolist()
    begin = int(ends[before - 1]) + 1 if before else 0
    end = int(ends[after]) + 1
    if first - begin > _WHOLE_LINE:
        return _near_gap(pages, first - _AROUND), min(end, _near_gap(pages, last + _AROUND))
    if end - last > _WHOLE_LINE:
        end = _near_gap(pages, last + _AROUND)
    else:
        end = _widen(pages, end, after + 1, 1, bounds)
    return _widen(pages, begin, before - 1, -1, bounds), end


def _widen(pages: Pages, edge: int, line: int, step: int, bounds: tuple[int, int]) -> int:
    """Move ``edge`` over neighbouring lines that hold words, and over the blank ones between."""
    ends = pages.newlines
    seen = 0
    while seen < _NEIGHBOURS and bounds[0] <= line <= bounds[1]:
        begin = int(ends[line - 1]) + 1 if line else 0
        end = int(ends[line]) + 1
        if end - begin > _NEIGHBOUR_SIZE:
            break
        seen += bool(pages.codes[begin:end].any())
        edge = end if step > 0 else begin
        line += step
        if abs(edge - end) + abs(edge - begin) > 4 * _NEIGHBOUR_SIZE:
            break
    return edge


def _near_gap(pages: Pages, at: int) -> int:
    """Return the end of a gap between words close to ``at``, or ``at``."""
    at = max(0, min(at, len(pages.codes)))
    gaps = np.flatnonzero(pages.codes[at : at + _TO_GAP] == 0)
    return at + int(gaps[0]) + 1 if len(gaps) else at


class Pieces(NamedTuple):
    """Segments of passages, and what their n-grams tell.

    ``grams`` are the log-odds of each segment, ``gains`` what each letter adds to them.
    """

    segments: Segments
    grams: _Floats
    gains: _Floats

    def bounds(self) -> tuple[_Ints, _Ints]:
        """Return where among the segments passages begin and end."""
        first = changes(self.segments.passage).nonzero()[0]
        return first, next_to(first, len(self.segments))

    def take(self, rows: _Ints, letters: _Ints) -> "Pieces":
        """Return the pieces whose segments are ``rows``, and whose letters ``letters``."""
        return Pieces(self.segments.take(rows), self.grams[rows], self.gains[letters])


def undivided(pages: Pages, around: _Ints, lexical: Lexical) -> Pieces:
    """Return the segments of passages as they stand between separators."""
    segments = split(pages.kinds, around[:, 0], around[:, 1])
    if not len(segments):
        return Pieces(segments, np.zeros(0), np.zeros(0))
    starts, stops = pages.inner(segments.start), pages.inner(segments.stop)
    letters = ranges(starts, stops)
    grams = lexical.grams_of(pages.letters[letters], stops - starts)
    gains = grams.gains + np.where(pages.foreign(pages.where[letters]), _SCRIPT, 0.0)
    return Pieces(segments, grams.scores, gains)


def divided(pages: Pages, parts: Pieces, lexical: Lexical) -> Pieces:
    """Return what is `undivided` with those segments divided that are part block, part text."""
    segments = parts.segments
    starts, stops = pages.inner(segments.start), pages.inner(segments.stop)
    codes = pages.letters[ranges(starts, stops)]
    runs = _runs(codes, parts.gains, stops - starts, lexical)
    if not runs:
        return parts
    places = {i: [int(pages.where[starts[i] + at]) for at in run] for i, run in runs.items()}
    segments, owner = divide(pages, segments, places)
    scores = _scores_of_parts(pages, segments, owner, parts.grams, lexical)
    return Pieces(segments, scores, parts.gains)


def _scores_of_parts(
    pages: Pages, segments: Segments, owner: _Ints, scores: _Floats, lexical: Lexical
) -> _Floats:
    """Return the scores of segments some of which are parts of former ones, their ``owner``."""
    scores = scores[owner]
    parts = (np.bincount(owner)[owner] > 1).nonzero()[0]
    starts, stops = pages.inner(segments.start[parts]), pages.inner(segments.stop[parts])
    codes = pages.letters[ranges(starts, stops)]
    scores[parts] = lexical.grams_of(codes, stops - starts).scores
    return scores


# Scores of segments are told up to this, either way.
CLIP = 12.0


def windowed(scores: _Floats, passage: _Ints, reach: int) -> _Floats:
    """Return the mean over up to ``reach`` segments on both sides and the segment itself."""
    total = running(in_units(np.clip(scores, -CLIP, CLIP)))
    at = np.arange(len(scores))
    first = passage.searchsorted(passage)
    last = passage.searchsorted(passage, "right")
    low, high = np.maximum(at - reach, first), np.minimum(at + reach + 1, last)
    result: _Floats = (total[high] - total[low]) / (UNITS * (high - low))
    return result


def _runs(
    codes: NDArray[np.uint16], gains: _Floats, sizes: _Ints, lexical: Lexical
) -> dict[int, list[int]]:
    """Return for each segment that is part block at which of its letters it turns."""
    ends = sizes.cumsum()
    begins = ends - sizes
    rise = np.add.reduceat(np.maximum(gains, 0.0), begins)
    fall = np.add.reduceat(np.maximum(-gains, 0.0), begins)
    mixed = ((sizes >= _LONG) & (rise >= _LIKELY) & (fall >= _LOSS)).nonzero()[0]
    if len(mixed):
        own = gains[ranges(begins[mixed], ends[mixed])]
        mixed = mixed[best_runs(own, running(sizes[mixed])[:-1]).sums >= _LIKELY]
    if not len(mixed):
        return {}
    letters = ranges(begins[mixed], ends[mixed])
    words = lexical.words_of(codes[letters], sizes[mixed])
    gains = gains[letters] + _OF_WORDS * lexical.gains_of_words(words)
    turns = running(np.array([len(word) for part in words for word in part]))
    of_words = np.add.reduceat(gains, turns[:-1])
    starts = running(np.array([len(part) for part in words]))[:-1]
    runs = best_runs(of_words, starts)
    lost = runs.sums - np.add.reduceat(of_words, starts)
    found = {}
    for k in ((runs.sums >= _GAIN) & (lost >= _LOSS)).nonzero()[0].tolist():
        size = int(sizes[mixed[k]])
        places = (turns[[runs.first[k], runs.last[k]]] - turns[starts[k]]).tolist()
        found[int(mixed[k])] = [at for at in places if 0 < at < size]
    return found


def divide(
    pages: Pages, segments: Segments, turns: Mapping[int, Sequence[int]]
) -> tuple[Segments, _Ints]:
    """Cut segments at ``turns``: for each segment's number, ascending places in the pages.

    With the segments comes of each the number of the one that it is, or is a part of.
    """
    rows, owner = [], []
    columns = (column.tolist() for column in segments[:5])
    for i, (begin, start, stop, end, gap) in enumerate(zip(*columns, strict=True)):
        for at in turns.get(i, ()):
            while at > start + 1 and pages.kinds[at - 1] == OPEN:
                at -= 1
            if start < at < stop:
                rows.append((begin, start, at, at, NO_GAP))
                owner.append(i)
                begin = start = at
        rows.append((begin, start, stop, end, gap))
        owner.append(i)
    of = np.array(owner, np.int64)
    begins, starts, stops, ends, gaps = np.array(rows, np.int64).T
    line, passage = segments.line[of], segments.passage[of]
    return Segments(begins, starts, stops, ends, gaps, line, passage), of
