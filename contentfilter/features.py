"""Segments and their page -> feature matrix."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import changes, next_to, ranges, running
from contentfilter.fluency import Sides, joints
from contentfilter.folding import (
    CLASS_MASK,
    CLOSE,
    DIGIT,
    FUNCTION_CODES,
    HAN,
    HANGUL,
    KANA,
    LATIN,
    LETTER,
    OPEN,
    SIMPLIFIED,
    STOP,
    TRADITIONAL,
)
from contentfilter.lexical import Lexical
from contentfilter.pages import Pages
from contentfilter.passages import CLIP, Pieces, windowed
from contentfilter.prefilter import PAIR_BITS, SCALE, WINDOW, hash_pairs
from contentfilter.segmentation import (
    BAR_GAP,
    BLANK_GAP,
    COMMA_GAP,
    HYPHEN_GAP,
    LINE_GAP,
    Segments,
)

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

# The page's own words are those outside doubtful lines, or, where lines are longer than this, a
# little away from the doubtful windows.
_QUIET_LINE = 400
_QUIET_MARGIN = 20

_FAR = -20.0  # the score of a neighbour that is not there
# Characters of a line of a page, where a distance is told in lines.
_LINE = 40
_N_KINDS = 16


class Context:
    """What the own words of pages are: those outside all doubt.

    ``quiet`` tells of each letter whether it is, ``pairs`` are the hashed pairs of all. ``sizes``
    and ``weights`` tell of each page how many letters are outside all doubt, and what the
    prefilter says of one on average.
    """

    def __init__(self, pages: Pages, windows: _Ints) -> None:
        self.quiet = _quiet(pages, windows)
        self._pages = pages
        self.pairs = np.zeros(len(pages.letters), np.uint32)
        self.pairs[:-1] = hash_pairs(pages.letters)
        first = pages.letter_starts[:-1]
        self.sizes = np.add.reduceat(self.quiet, first, dtype=np.int64)
        total = np.add.reduceat(pages.weights * self.quiet, first, dtype=np.int64)
        self.weights = total / SCALE / np.maximum(self.sizes, 1)

    def known(self, first: _Ints, last: _Ints) -> NDArray[np.bool_]:
        """Return for each letter whether the pair that begins there is one of its page's own.

        Only those of stretches ``first[i]:last[i]`` (letters, in order) are looked up. A pair that
        is outside all doubt itself must stand there once more.
        """
        known = np.zeros(len(self.pairs), bool)
        table = np.zeros(1 << PAIR_BITS, np.int64)  # emptied after each page: less to do
        page = self._pages.letter_starts.searchsorted(first, "right") - 1
        for i in np.unique(page).tolist():
            own = slice(*self._pages.letter_starts[i : i + 2])
            pairs = self.pairs[own][self.quiet[own]]
            if self.quiet[own][-1]:
                pairs = pairs[:-1]  # what begins with a page's last letter is no pair of it
            asked = ranges(first[page == i], last[page == i])
            different, counts = np.unique(pairs, return_counts=True)
            table[different] = counts
            known[asked] = table[self.pairs[asked]] > self.quiet[asked]
            table[different] = 0
        return known


def _quiet(pages: Pages, windows: _Ints) -> NDArray[np.bool_]:
    """Return for each letter whether it lies outside the lines in doubt."""
    quiet = np.ones(len(pages.codes), bool)
    line = pages.newlines.searchsorted(windows)
    ends = pages.newlines
    for (first, last), (a, b) in zip(windows.tolist(), line.tolist(), strict=True):
        begin = int(ends[a - 1]) + 1 if a else 0
        end = int(ends[b])
        if end - begin > _QUIET_LINE:
            begin, end = max(begin, first - _QUIET_MARGIN), min(end, last + _QUIET_MARGIN)
        quiet[begin:end] = False
    return quiet[pages.where]


class _Passages:
    """Where the segments of some passages lie, and those of each line."""

    def __init__(self, pages: Pages, segments: Segments) -> None:
        self.first, self.last = pages.inner(segments.start), pages.inner(segments.stop)
        self.sizes = self.last - self.first
        self.letters = ranges(self.first, self.last)
        self.begins = self.sizes.cumsum() - self.sizes
        self.owner = np.arange(len(segments)).repeat(self.sizes)
        self.page = pages.page_of(segments.start)
        new_line = changes(segments.line)
        self.line = new_line.cumsum() - 1
        self.line_first = new_line.nonzero()[0]
        self.line_counts = next_to(self.line_first, len(segments)) - self.line_first
        self.new_passage = changes(segments.passage)


def describe(
    pages: Pages, parts: Pieces, lexical: Lexical, context: Context, sides: Sides
) -> tuple[_Floats, NDArray[np.bool_]]:
    """Return the features of segments, shape (segments, len(NAMES)), and what pages know.

    Those of words are nought; `of_words` gives them. ``sides`` are those of the segments.
    What pages know is told of each letter of the segments: whether the pair that begins there is
    one of its page's own.
    """
    segments = parts.segments
    at = _Passages(pages, segments)
    known = context.known(at.first, at.last)
    score = parts.grams + lexical.bias
    columns: dict[str, NDArray[Any]] = {
        "score": score,
        "size": at.sizes,
        "mean": score / at.sizes,
    }
    columns |= dict.fromkeys(OF_WORDS, np.zeros(len(segments)))
    columns |= _own(pages, segments, at)
    columns |= _foreign(pages, segments, context, known, at)
    columns |= _neighbours(score, segments, at.sizes)
    columns |= _lines(pages, segments, score, columns, at)
    columns |= _page(pages, segments, context, at)
    columns |= zip(OF_JOINTS, joints(lexical.fluency, sides, sides).T, strict=True)
    X = np.ascontiguousarray(np.array([columns[name] for name in NAMES], np.float64).T)
    return X, known[at.letters]


def of_words(words: Sequence[Sequence[str]], sizes: _Floats, lexical: Lexical) -> _Floats:
    """Return the features of segments that need their words, shape (segments, `OF_WORDS`)."""
    n_words = np.array([len(part) for part in words])
    return np.stack([lexical.scores_of_words(words), n_words, sizes / n_words], axis=1)


def _own(pages: Pages, segments: Segments, at: _Passages) -> dict[str, NDArray[Any]]:
    sizes, n = at.sizes, len(segments)
    chars = ranges(segments.start, segments.stop)
    lengths = segments.stop - segments.start
    owner = np.arange(n).repeat(lengths)
    flags = pages.flags[chars]
    keys = owner * _N_KINDS + (flags & CLASS_MASK)
    counts = np.bincount(keys, minlength=n * _N_KINDS).reshape(n, _N_KINDS).T
    starts = lengths.cumsum() - lengths

    def count(marked: NDArray[np.bool_]) -> _Ints:
        result: _Ints = np.add.reduceat(marked, starts, dtype=np.int64)
        return result

    prefilter = (pages.total[at.last] - pages.total[at.first]) / SCALE
    return {
        "prefilter": prefilter,
        "prefilter_mean": prefilter / sizes,
        "han": counts[HAN] / sizes,
        "latin": counts[LATIN] / sizes,
        "digits": counts[DIGIT] / sizes,
        "other_script": (counts[KANA] + counts[HANGUL] + counts[LETTER]) / sizes,
        "function": count(FUNCTION_CODES[pages.codes[chars]]),
        "inserted": lengths - sizes,
        "simplified": count((flags & SIMPLIFIED) > 0),
        "traditional": count((flags & TRADITIONAL) > 0),
        "marks": counts[OPEN] + counts[CLOSE],
        "depth": _depth(pages, segments, at),
        "gap": segments.gap,
        "gap_before": np.where(
            at.new_passage, LINE_GAP, np.concatenate([[LINE_GAP], segments.gap[:-1]])
        ),
    }


def _depth(pages: Pages, segments: Segments, at: _Passages) -> _Ints:
    """Return how many brackets and quotation marks of its line are open where a segment starts."""
    kinds = pages.kinds
    step = (kinds == OPEN).astype(np.int64) - (kinds == CLOSE)
    total = running(step)
    line_begin = segments.begin[at.line_first][at.line]
    result: _Ints = np.clip(total[segments.start] - total[line_begin], -2, 2)
    return result


def _foreign(
    pages: Pages,
    segments: Segments,
    context: Context,
    known: NDArray[np.bool_],
    at: _Passages,
) -> dict[str, NDArray[Any]]:
    """Whether the words of a segment occur in the rest of its page, and in its own passage."""
    n = len(segments)
    inside = np.ones(len(at.letters), bool)  # a pair of two segments is nobody's
    inside[at.begins + at.sizes - 1] = False
    letters, owner = at.letters[inside], at.owner[inside]
    of_page = np.bincount(owner, known[letters], n)
    # The same pair in another passage is another one.
    mine = context.pairs[letters] + (segments.passage[owner] << PAIR_BITS)
    _, number, counts = np.unique(mine, return_inverse=True, return_counts=True)
    again = np.bincount(owner, counts[number] > 1, n)
    n_pairs = np.maximum(at.sizes - 1, 1)
    opening = _opening(pages, at)
    following = next_to(opening, 0)
    following[next_to(at.new_passage, True)] = 0
    return {
        "known": of_page / n_pairs,
        "again": again / n_pairs,
        "opening": opening,
        "opening_next": following,
    }


def _opening(pages: Pages, at: _Passages) -> _Ints:
    """Return how many first letters a segment shares with the one before it, four at the most."""
    codes, first, last = pages.letters, at.first, at.last
    opening = np.zeros(len(first), np.int64)
    same = ~at.new_passage[1:]
    for k in range(4):
        a, b = first[:-1] + k, first[1:] + k
        same = same & (a < last[:-1]) & (b < last[1:])
        at_most = len(codes) - 1
        same &= codes[np.minimum(a, at_most)] == codes[np.minimum(b, at_most)]
        opening[1:] += same
    return opening


def _shifted(values: _Floats, line: _Ints, step: int) -> _Floats:
    """Return the value ``step`` segments on in the same line, or `_FAR` where there is none."""
    moved = np.full(len(values), _FAR)
    if abs(step) >= len(values):
        return moved
    if step > 0:
        moved[:-step] = values[step:]
        moved[:-step][line[:-step] != line[step:]] = _FAR
    else:
        moved[-step:] = values[:step]
        moved[-step:][line[-step:] != line[:step]] = _FAR
    return moved


def _neighbours(score: _Floats, segments: Segments, sizes: _Ints) -> dict[str, NDArray[Any]]:
    clipped = np.clip(score, -CLIP, CLIP)
    line, passage = segments.line, segments.passage
    return {
        "left": _shifted(clipped, line, -1),
        "left2": _shifted(clipped, line, -2),
        "right": _shifted(clipped, line, 1),
        "right2": _shifted(clipped, line, 2),
        "near": windowed(score, passage, 2),
        "around": windowed(score, passage, 6),
        "left_size": _shifted(sizes.astype(float), line, -1),
        "right_size": _shifted(sizes.astype(float), line, 1),
    }


def _lines(
    pages: Pages,
    segments: Segments,
    score: _Floats,
    own: dict[str, NDArray[Any]],
    at: _Passages,
) -> dict[str, NDArray[Any]]:
    """Properties of a segment's line, and of the lines with words before and after it."""
    line, n, starts, sizes = at.line, at.line_counts, at.line_first, at.sizes
    n_lines = len(n)
    clipped = np.clip(score, -CLIP, CLIP)

    def total(values: NDArray[Any]) -> NDArray[Any]:
        return np.bincount(line, values, n_lines)

    def mean(values: NDArray[Any]) -> NDArray[Any]:
        return total(values) / n

    size = total(sizes)
    line_mean = mean(clipped)
    spread = np.sqrt(np.maximum(mean(sizes.astype(float) ** 2) - mean(sizes) ** 2, 0))
    gaps = segments.gap
    stops = running(pages.kinds == STOP)
    ends = next_to(starts, len(sizes)) - 1
    n_stops = stops[segments.end[ends]] - stops[segments.begin[starts]]
    separators = [total(gaps == kind) for kind in _SEPARATORS]
    commonest = reduce(np.maximum, separators) / np.maximum(n - 1, 1)
    alone = at.new_passage[starts]  # the first line of its passage
    last = next_to(alone, True)

    def before(values: NDArray[Any], nothing: float) -> NDArray[Any]:
        moved = np.full(n_lines, nothing, float)
        moved[1:] = values[:-1]
        moved[alone] = nothing
        result: NDArray[Any] = moved[line]
        return result

    def after(values: NDArray[Any], nothing: float) -> NDArray[Any]:
        moved = next_to(values, nothing)
        moved[last] = nothing
        result: NDArray[Any] = moved[line]
        return result

    first_lines = alone.nonzero()[0]
    passage_lines = next_to(first_lines, n_lines) - first_lines
    passage_first = segments.begin[at.new_passage]
    page_first = pages.starts[pages.page_of(passage_first)]
    from_top = pages.newlines.searchsorted(passage_first)
    from_top -= pages.newlines.searchsorted(page_first)
    passage = at.new_passage.cumsum() - 1
    place = np.arange(len(sizes)) - starts[line]
    page_letters = at.first[starts] - pages.letter_starts[at.page[starts]]
    return {
        "in_line": n[line],
        "line_size": size[line],
        "line_mean": line_mean[line],
        "line_max": np.maximum.reduceat(clipped, starts)[line],
        "line_hot": mean(score > 0)[line],
        "line_spread": spread[line],
        "line_size_mean": (size / n)[line],
        "line_function": (total(own["function"]) / size)[line],
        "line_stops": n_stops[line],
        "line_commonest": commonest[line],
        "line_known": mean(own["known"])[line],
        "line_again": mean(own["again"])[line],
        "line_opening": mean(own["opening"] >= 2)[line],
        "line_simplified": total(own["simplified"])[line],
        "line_traditional": total(own["traditional"])[line],
        "line_digits": mean(own["digits"])[line],
        "line_latin": mean(own["latin"])[line],
        "line_marks": mean(own["marks"])[line],
        "place": np.minimum(place, 12),
        "place_end": np.minimum(n[line] - 1 - place, 12),
        "before": before(line_mean, _FAR),
        "after": after(line_mean, _FAR),
        "before_size": before(size, 0),
        "after_size": after(size, 0),
        "before_stops": before(n_stops, 0),
        "after_stops": after(n_stops, 0),
        "line_of_page": _distance(page_letters)[line],
        "passage_lines": np.minimum(passage_lines, 30)[passage],
        "from_top": np.minimum(from_top, 8)[passage],
    }


_SEPARATORS = (BLANK_GAP, HYPHEN_GAP, BAR_GAP, COMMA_GAP)


def _distance(letters: _Ints) -> _Ints:
    """Return a distance on the page in lines of `_LINE` letters, at most 8."""
    result: _Ints = np.minimum((letters + _LINE - 1) // _LINE, 8)
    return result


def _page(
    pages: Pages, segments: Segments, context: Context, at: _Passages
) -> dict[str, NDArray[Any]]:
    page = at.page
    rest = context.sizes[page]
    low, high = pages.letter_starts[page], pages.letter_starts[page + 1]
    size = high - low
    return {
        "page_size": np.log1p(size),
        "page_rest": rest / size,
        "page_rest_size": np.log1p(rest),
        "page_weight": context.weights[page],
        "page_script": pages.scripts[page],
        "script_break": np.bincount(
            at.owner, pages.foreign(pages.where[at.letters]), len(segments)
        ),
        "to_end": _distance(high - at.last),
        "window": np.maximum(
            _window_sums(pages, at.first, low, high),
            _window_sums(pages, at.last - WINDOW, low, high),
        ),
    }


def _window_sums(pages: Pages, first: _Ints, low: _Ints, high: _Ints) -> _Floats:
    """Return the sums of windows of the prefilter, moved so that they lie within their pages."""
    first = np.maximum(np.minimum(first, high - WINDOW), low)
    total = pages.total_with_script
    result: _Floats = (total[np.minimum(first + WINDOW, high)] - total[first]) / SCALE
    return result


OF_WORDS = ("words", "n_words", "word_size")
OF_JOINTS = (
    *"follows followed bridge bridged".split(),
    *"follows_lift followed_lift bridge_lift bridged_lift".split(),
)
NAMES = (
    *OF_WORDS,
    *"score size mean prefilter prefilter_mean han latin digits".split(),
    *("other_script function inserted simplified traditional marks depth gap gap_before").split(),
    *("known again opening opening_next").split(),
    *("left left2 right right2 near around left_size right_size").split(),
    *("in_line line_size line_mean line_max line_hot line_spread line_size_mean").split(),
    *("line_function line_stops line_commonest line_known line_again line_opening").split(),
    *("line_simplified line_traditional line_digits line_latin line_marks place place_end").split(),
    *("before after before_size after_size before_stops after_stops").split(),
    *("line_of_page passage_lines from_top").split(),
    *(
        "page_size page_rest page_rest_size page_weight page_script script_break to_end window"
    ).split(),
    *OF_JOINTS,
)
