"""Segments and their page -> feature matrix."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contentfilter.folding import (
    CLASS_MASK,
    CLOSE,
    DIGIT,
    HAN,
    HANGUL,
    KANA,
    LATIN,
    LETTER,
    NEWLINE,
    OPEN,
    SIMPLIFIED,
    STOP,
    TRADITIONAL,
    Shadow,
)
from contentfilter.lexical import Lexical
from contentfilter.prefilter import (
    HALF,
    PAIR_BITS,
    SCALE,
    WINDOW,
    Doubts,
    Prefilter,
    hash_pairs,
    page_script,
    script_weights,
)
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

# Characters of running text: particles, pronouns, conjunctions, auxiliaries.
_FUNCTION = (
    "的了是在和与及或有为不我你他她它们这那也就都而以于对被把从到将已会可能要让向并但"
    "如若其之所又还很更最等着过吗呢吧啊给由因此该各"
)
FUNCTION_CODES = np.zeros(0x10000, bool)
FUNCTION_CODES[[ord(c) for c in _FUNCTION]] = True

# The page's own words are those outside doubtful lines, or, where lines are longer than this, a
# little away from the doubtful windows.
_QUIET_LINE = 400
_QUIET_MARGIN = 20

_FAR = -20.0  # the score of a neighbour that is not there


class View:
    """A page while it is looked at: its shadow, and what the prefilter says of each character."""

    def __init__(self, shadow: Shadow, prefilter: Prefilter) -> None:
        self.shadow = shadow
        self._prefilter = prefilter
        self.weights = prefilter.weights(shadow.letters)
        self._with_script = self.weights
        if shadow.is_mixed and self.page_script:
            self._with_script = self.weights + script_weights(
                shadow.kinds[self.where], self.page_script
            )

    @property
    def is_doubtful(self) -> bool:
        """Whether any window is in doubt."""
        return self.best >= self._prefilter.threshold

    @property
    def best(self) -> int:
        """The largest sum of a window, or of a half window with its bonus."""
        return self._prefilter.best(self._with_script)

    @cached_property
    def page_script(self) -> int:
        """+1 for a Traditional page, -1 for a Simplified one, 0 where it is neither."""
        return page_script(self.shadow.kinds)

    @cached_property
    def kinds(self) -> NDArray[np.uint8]:
        """The class of each character of the shadow."""
        return self.shadow.kinds & np.uint8(CLASS_MASK)

    @cached_property
    def where(self) -> _Ints:
        """The index into the shadow of each character that has a code."""
        return np.flatnonzero(self.shadow.codes)

    @cached_property
    def codes(self) -> NDArray[np.uint16]:
        """The codes of all characters that have one."""
        return self.shadow.letters.astype(np.uint16)

    @cached_property
    def total(self) -> _Floats:
        """Running sums of the prefilter's weights, in log-odds, from 0 on."""
        return np.concatenate([[0], np.cumsum(self.weights, dtype=np.int64)]) / SCALE

    @cached_property
    def newlines(self) -> _Ints:
        """The indices of all line ends."""
        return np.flatnonzero(self.kinds == NEWLINE)

    @cached_property
    def sums(self) -> _Ints:
        """The sum of each window, or of its better half with its bonus if that is more."""
        halves, windows = self._prefilter.sums(self._with_script)
        sums = windows.astype(np.int64)
        with_bonus = halves.astype(np.int64) + self._prefilter.half_bonus
        if len(sums) < HALF:  # some halves are neither the first nor the last of a window
            sums[:] = np.maximum(sums, with_bonus.max())
            return sums
        np.maximum(sums, with_bonus[:-HALF], out=sums)
        np.maximum(sums, with_bonus[HALF:], out=sums)
        return sums

    @cached_property
    def doubts(self) -> Doubts:
        """The stretches in doubt, in letters; what stands behind a short text is left out."""
        return self._prefilter.doubts(self._with_script, [len(self.weights)])

    def windows(self, doubts: Doubts) -> _Ints:
        """Return ``doubts`` as rows of (first, last) indices into the shadow."""
        return np.stack([self.where[doubts.first], self.where[doubts.last - 1] + 1], 1)

    def foreign(self, flags: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return which characters, by their flags, are of the other script than the page's."""
        if not self.page_script:
            return np.zeros(len(flags), bool)
        result: NDArray[np.bool_] = (
            flags & (SIMPLIFIED if self.page_script > 0 else TRADITIONAL)
        ) > 0
        return result

    def quiet(self, windows: _Ints) -> NDArray[np.bool_]:
        """Return for each character with a code whether it lies outside the lines in doubt."""
        quiet = np.ones(len(self.kinds) + 1, bool)
        line = np.searchsorted(self.newlines, windows)
        starts = np.append(self.newlines, len(self.kinds))
        for (first, last), (a, b) in zip(windows.tolist(), line.tolist(), strict=True):
            begin = int(starts[a - 1]) + 1 if a else 0
            end = int(starts[b])
            if end - begin > _QUIET_LINE:
                begin, end = max(begin, first - _QUIET_MARGIN), min(end, last + _QUIET_MARGIN)
            quiet[begin:end] = False
        return quiet[self.where]

    def inner(self, index: _Ints) -> _Ints:
        """Return for indices into the shadow how many characters with a code come before."""
        return np.searchsorted(self.where, index)


class Context:
    """What a page's own words are: those outside all doubt. Made once for a page."""

    def __init__(self, view: View, windows: _Ints) -> None:
        quiet = view.quiet(windows)
        self.pairs = hash_pairs(view.shadow.letters)
        self.known = np.zeros(1 << PAIR_BITS, bool)
        self.known[self.pairs[quiet[: len(self.pairs)]]] = True
        self.size = int(np.count_nonzero(quiet))
        self.weight = float(view.weights[quiet].sum()) / SCALE / max(self.size, 1)


def describe(
    view: View, segments: Segments, words: list[list[str]], lexical: Lexical, context: Context
) -> _Floats:
    """Return the features of a passage's segments, shape (segments, len(NAMES)).

    ``words`` are those of each segment.
    """
    first, last = view.inner(segments.start), view.inner(segments.stop)
    sizes = last - first
    grams, by_words = lexical.scores(view.codes[first[0] : last[-1]], sizes, words)
    score = grams + by_words + lexical.bias
    columns: dict[str, NDArray[Any]] = {
        "score": score,
        "grams": grams,
        "words": by_words,
        "size": sizes,
        "mean": score / sizes,
    }
    columns |= _own(view, segments, sizes, words)
    columns |= _foreign(view, segments, sizes, context)
    columns |= _neighbours(score, segments, sizes)
    columns |= _lines(view, segments, score, sizes, columns)
    columns |= _page(view, segments, context)
    return np.ascontiguousarray(np.array([columns[name] for name in NAMES], np.float64).T)


class _Extent:
    """The stretch of the shadow from a passage's first segment to its last."""

    def __init__(self, segments: Segments) -> None:
        self.low, self.high = int(segments.begin[0]), int(segments.end[-1])
        self.slice = slice(self.low, self.high)
        self._first, self._last = segments.start - self.low, segments.stop - self.low

    def count(self, marked: NDArray[np.bool_]) -> _Ints:
        """Return how many characters of each segment are marked in a mask over the stretch."""
        total = np.concatenate([[0], np.cumsum(marked)])
        result: _Ints = total[self._last] - total[self._first]
        return result


def _own(
    view: View, segments: Segments, sizes: _Ints, words: list[list[str]]
) -> dict[str, NDArray[Any]]:
    extent = _Extent(segments)
    count = extent.count
    kinds = view.kinds[extent.slice]
    marks = view.shadow.kinds[extent.slice]
    codes = view.shadow.codes[extent.slice]
    total = view.total
    first, last = view.inner(segments.start), view.inner(segments.stop)
    prefilter = total[last] - total[first]
    n_words = np.array([len(part) for part in words])
    other = (kinds == KANA) | (kinds == HANGUL) | (kinds == LETTER)
    return {
        "prefilter": prefilter,
        "prefilter_mean": prefilter / sizes,
        "n_words": n_words,
        "word_size": sizes / n_words,
        "han": count(kinds == HAN) / sizes,
        "latin": count(kinds == LATIN) / sizes,
        "digits": count(kinds == DIGIT) / sizes,
        "other_script": count(other) / sizes,
        "function": count(FUNCTION_CODES[codes]),
        "inserted": segments.stop - segments.start - sizes,
        "simplified": count((marks & SIMPLIFIED) > 0),
        "traditional": count((marks & TRADITIONAL) > 0),
        "marks": count((kinds == OPEN) | (kinds == CLOSE)),
        "depth": _depth(view, segments),
        "gap": segments.gap,
        "gap_before": np.concatenate([[LINE_GAP], segments.gap[:-1]]),
    }


def _depth(view: View, segments: Segments) -> _Ints:
    """Return how many brackets and quotation marks of its line are open where a segment starts."""
    low = int(segments.begin[0])
    kinds = view.kinds[_Extent(segments).slice]
    total = np.concatenate([[0], np.cumsum((kinds == OPEN).astype(int) - (kinds == CLOSE))])
    first_in_line = np.maximum.accumulate(
        np.where(np.diff(segments.line, prepend=-1) > 0, np.arange(len(segments)), 0)
    )
    result: _Ints = total[segments.start - low] - total[segments.begin[first_in_line] - low]
    return np.clip(result, -2, 2)


def _foreign(
    view: View, segments: Segments, sizes: _Ints, context: Context
) -> dict[str, NDArray[Any]]:
    """Whether the words of a segment occur in the rest of its page, and in its own passage."""
    pairs = context.pairs
    first, last = view.inner(segments.start), view.inner(segments.stop)
    at = np.arange(first[0], max(first[0], min(last[-1], len(pairs))))
    owner = np.repeat(np.arange(len(sizes)), sizes)[: len(at)]
    inside = np.ones(len(at), bool)  # a pair of two segments is nobody's
    crossing = last[:-1] - 1 - first[0]
    inside[crossing[crossing < len(at)]] = False
    mine, owner = pairs[at][inside], owner[inside]
    # Number the pairs of the passage: a table of all would cost more than the passage.
    _, number, counts = np.unique(mine, return_inverse=True, return_counts=True)
    known = np.bincount(owner, context.known[mine], len(sizes))
    again = np.bincount(owner, counts[number] > 1, len(sizes))
    n_pairs = np.maximum(sizes - 1, 1)
    # The shared opening of neighbours: how many first characters are the same.
    opening = np.zeros(len(sizes))
    codes = view.codes
    same = np.ones(len(sizes) - 1, bool)
    for k in range(4):
        a, b = first[:-1] + k, first[1:] + k
        fits = (a < last[:-1]) & (b < last[1:])
        same = (
            same
            & fits
            & (codes[np.minimum(a, len(codes) - 1)] == codes[np.minimum(b, len(codes) - 1)])
        )
        opening[1:] += same
    return {
        "known": known / n_pairs,
        "again": again / n_pairs,
        "opening": opening,
        "opening_next": np.append(opening[1:], 0),
    }


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


def _windowed(values: _Floats, reach: int) -> _Floats:
    """Return the mean over up to ``reach`` segments on both sides and the segment itself."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(len(values))
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(values))
    result: _Floats = (total[high] - total[low]) / (high - low)
    return result


def _neighbours(score: _Floats, segments: Segments, sizes: _Ints) -> dict[str, NDArray[Any]]:
    clipped = np.clip(score, -12, 12)
    line = segments.line
    return {
        "left": _shifted(clipped, line, -1),
        "left2": _shifted(clipped, line, -2),
        "right": _shifted(clipped, line, 1),
        "right2": _shifted(clipped, line, 2),
        "near": _windowed(clipped, 2),
        "around": _windowed(clipped, 6),
        "left_size": _shifted(sizes.astype(float), line, -1),
        "right_size": _shifted(sizes.astype(float), line, 1),
    }


def _lines(
    view: View, segments: Segments, score: _Floats, sizes: _Ints, own: dict[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Properties of a segment's line, and of the lines with words before and after it."""
    line = np.cumsum(np.diff(segments.line, prepend=segments.line[0]) > 0)
    n_lines = int(line[-1]) + 1
    clipped = np.clip(score, -12, 12)
    n = np.bincount(line, minlength=n_lines)
    starts = np.concatenate([[0], np.cumsum(n)[:-1]])

    def mean(values: NDArray[Any]) -> _Floats:
        result: _Floats = np.bincount(line, values, n_lines) / n
        return result

    size = np.bincount(line, sizes, n_lines)
    line_mean = mean(clipped)
    hot = mean(score > 0)
    spread = np.sqrt(np.maximum(mean(sizes.astype(float) ** 2) - mean(sizes) ** 2, 0))
    gaps = segments.gap
    low, high = int(segments.begin[0]), int(segments.end[-1])
    count_stop = np.concatenate([[0], np.cumsum(view.kinds[low:high] == STOP)])
    begin = segments.begin[starts] - low
    end = segments.end[np.append(starts[1:], len(sizes)) - 1] - low
    n_stops = count_stop[end] - count_stop[begin]
    separators = np.stack(
        [
            np.bincount(line, gaps == kind, n_lines)
            for kind in (BLANK_GAP, HYPHEN_GAP, BAR_GAP, COMMA_GAP)
        ]
    )
    commonest = separators.max(axis=0) / np.maximum(n - 1, 1)
    before = np.concatenate([[_FAR], line_mean[:-1]])
    after = np.append(line_mean[1:], _FAR)
    first = int(np.searchsorted(view.newlines, segments.begin[0]))
    place = np.arange(len(sizes)) - starts[line]
    return {
        "in_line": n[line],
        "line_size": size[line],
        "line_mean": line_mean[line],
        "line_max": np.maximum.reduceat(clipped, starts)[line],
        "line_hot": hot[line],
        "line_spread": spread[line],
        "line_size_mean": (size / n)[line],
        "line_function": (np.bincount(line, own["function"], n_lines) / size)[line],
        "line_stops": n_stops[line],
        "line_commonest": commonest[line],
        "line_known": mean(own["known"])[line],
        "line_again": mean(own["again"])[line],
        "line_opening": mean(own["opening"] >= 2)[line],
        "line_simplified": np.bincount(line, own["simplified"], n_lines)[line],
        "line_traditional": np.bincount(line, own["traditional"], n_lines)[line],
        "line_digits": mean(own["digits"])[line],
        "line_latin": mean(own["latin"])[line],
        "line_marks": mean(own["marks"])[line],
        "place": np.minimum(place, 12),
        "place_end": np.minimum(n[line] - 1 - place, 12),
        "before": before[line],
        "after": after[line],
        "before_size": np.concatenate([[0], size[:-1]])[line],
        "after_size": np.append(size[1:], 0)[line],
        "before_stops": np.concatenate([[0], n_stops[:-1]])[line],
        "after_stops": np.append(n_stops[1:], 0)[line],
        "line_of_page": _distance(view.inner(segments.start[starts]))[line],
        "passage_lines": np.full(len(sizes), min(n_lines, 30)),
        "from_top": np.full(len(sizes), min(first, 8)),
    }


def _distance(characters: _Ints) -> _Ints:
    """Return a distance on the page in lines of 40 characters, at most 8."""
    result: _Ints = np.minimum((characters + 39) // 40, 8)
    return result


def _page(view: View, segments: Segments, context: Context) -> dict[str, NDArray[Any]]:
    n = len(segments)
    size = len(view.codes)
    rest = context.size
    first, last = view.inner(segments.start), view.inner(segments.stop)
    windows = np.minimum(first, len(view.sums) - 1)
    reach = np.minimum(np.maximum(last - WINDOW, windows), len(view.sums) - 1)
    return {
        "page_size": np.full(n, np.log1p(size)),
        "page_rest": np.full(n, rest / max(size, 1)),
        "page_rest_size": np.full(n, np.log1p(rest)),
        "page_weight": np.full(n, context.weight),
        "page_script": np.full(n, view.page_script),
        "script_break": _foreign_script(view, segments),
        "to_end": _distance(size - last),
        "window": np.maximum(view.sums[windows], view.sums[reach]) / SCALE,
    }


def _foreign_script(view: View, segments: Segments) -> _Ints:
    """Return how many characters of the other script than its page's a segment has."""
    extent = _Extent(segments)
    return extent.count(view.foreign(view.shadow.kinds[extent.slice]))


NAMES = (
    *(
        "score grams words size mean prefilter prefilter_mean n_words word_size han latin digits"
    ).split(),
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
)
