"""Split passages of a shadow into segments: the phrases that are scored and cut.

A segment is a run of words up to the next separator, with that separator; lines always end one.
Blanks and symbols inside a disguised phrase (`成 人 网 站`) do not end it, nor do blanks between
words of scripts that use them, nor brackets.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.folding import (
    BAR,
    BLANK,
    CLASS_MASK,
    CLOSE,
    COMMA,
    DIGIT,
    HAN,
    HANGUL,
    HYPHEN,
    IGNORED,
    KANA,
    LATIN,
    LETTER,
    NEWLINE,
    OPEN,
    STOP,
    SYMBOL,
    Shadow,
)

_Ints = NDArray[np.int64]

# Words of a spaced script stay together, but a segment is a phrase: it ends at every eighth blank.
_WORDS_IN_SEGMENT = 8

# How a gap between two segments is seen by features; the strongest character in it counts.
NO_GAP, SYMBOL_GAP, BLANK_GAP, HYPHEN_GAP, BAR_GAP, COMMA_GAP, STOP_GAP, LINE_GAP = range(8)
_GAP_OF_KIND = np.zeros(16, np.int64)
_GAP_OF_KIND[[SYMBOL, OPEN, CLOSE]] = SYMBOL_GAP
_GAP_OF_KIND[BLANK] = BLANK_GAP
_GAP_OF_KIND[HYPHEN] = HYPHEN_GAP
_GAP_OF_KIND[BAR] = BAR_GAP
_GAP_OF_KIND[COMMA] = COMMA_GAP
_GAP_OF_KIND[STOP] = STOP_GAP
_GAP_OF_KIND[NEWLINE] = LINE_GAP


# Characters of a text that are looked at as one page: more than nearly all pages have.
LONGEST_SECTION = 1 << 17
# A section ends behind a line, or, where there is none in its last half, behind one of these.
_SECTION_ENDS = ("\n", "。", "，", ",", " ")


def sections(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the parts of ``text`` that are looked at by themselves."""
    start = 0
    while len(text) - start > LONGEST_SECTION:
        low, high = start + LONGEST_SECTION // 2, start + LONGEST_SECTION
        ends = (text.rfind(mark, low, high) + 1 for mark in _SECTION_ENDS)
        end = next((end for end in ends if end > 0), high)
        yield start, end
        start = end
    yield start, len(text)


class Segments(NamedTuple):
    """Segments of a passage, as arrays with one entry each; indices into the shadow.

    ``begin:end`` is what is cut, with leading marks and the separator behind; ``start:stop`` are
    the words. ``gap`` is the kind of separator behind, ``line`` counts lines from the passage's
    first, blank ones too.
    """

    begin: _Ints
    start: _Ints
    stop: _Ints
    end: _Ints
    gap: _Ints
    line: _Ints

    def __len__(self) -> int:
        return len(self.begin)

    def take(self, index: slice | _Ints) -> "Segments":
        """Return some of the segments."""
        return Segments(*(column[index] for column in self))


def split(shadow: Shadow, first: int, last: int) -> Segments:
    """Return the segments of ``shadow[first:last]``: each character is in at most one.

    Characters in none are blank lines and lines without any word.
    """
    kinds = shadow.kinds[first:last] & CLASS_MASK
    seen = np.flatnonzero(kinds != IGNORED)
    kinds = kinds[seen].astype(np.int64)
    is_word = kinds <= LETTER
    edges = np.flatnonzero(np.diff(is_word, prepend=False, append=False))
    starts, stops = edges[::2], edges[1::2]
    if not len(starts):
        empty = np.zeros(0, np.int64)
        return Segments(empty, empty, empty, empty, empty, empty)
    gaps = _gaps(kinds, starts, stops)
    breaks = np.flatnonzero(~_joined(kinds, starts, stops, gaps))
    starts = starts[np.concatenate([[0], breaks + 1])]
    stops = stops[np.concatenate([breaks, [len(stops) - 1]])]
    return _with_separators(kinds, seen + first, last, starts, stops)


def _gaps(kinds: _Ints, starts: _Ints, stops: _Ints) -> _Ints:
    """Return the strongest separator between each run of words and the next."""
    strength = _GAP_OF_KIND[kinds]
    between = np.stack([stops[:-1], starts[1:]], 1).ravel()
    if not len(between):
        return between
    return np.maximum.reduceat(strength, between)[::2]


def _joined(kinds: _Ints, starts: _Ints, stops: _Ints, gaps: _Ints) -> NDArray[np.bool_]:
    """Return for each gap whether the words on its two sides are one segment."""
    width = starts[1:] - stops[:-1]
    before, after = kinds[stops[:-1] - 1], kinds[starts[1:]]
    sizes = stops - starts
    one_before, one_after = sizes[:-1] == 1, sizes[1:] == 1
    # Characters of the gap, where it is a single one.
    single = np.where(width == 1, kinds[stops[:-1]], -1)
    bracket = (gaps == SYMBOL_GAP) & _all_brackets(kinds, stops[:-1], starts[1:])
    token = (
        _is_any(before, LATIN, DIGIT, LETTER)
        & _is_any(after, LATIN, DIGIT, LETTER)
        & _is_any(single, SYMBOL, HYPHEN, STOP)
    )
    number = (before == DIGIT) & (after == DIGIT) & (single == COMMA)
    spaced = _is_any(before, LATIN, LETTER, HANGUL) & _is_any(after, LATIN, LETTER, HANGUL)
    spaced &= single == BLANK
    spaced &= np.cumsum(spaced) % _WORDS_IN_SEGMENT != 0
    letter_by_letter = one_before & one_after & (width <= 2) & (gaps <= HYPHEN_GAP)
    inserted = (
        (one_before | one_after)
        & (single == SYMBOL)
        & _is_any(before, HAN, DIGIT, KANA)
        & _is_any(after, HAN, DIGIT, KANA)
    )
    joined: NDArray[np.bool_] = bracket | token | number | spaced | letter_by_letter | inserted
    return joined


def _is_any(kinds: _Ints, *wanted: int) -> NDArray[np.bool_]:
    return np.isin(kinds, wanted)


def _all_brackets(kinds: _Ints, first: _Ints, last: _Ints) -> NDArray[np.bool_]:
    count = np.concatenate([[0], np.cumsum((kinds == OPEN) | (kinds == CLOSE))])
    result: NDArray[np.bool_] = count[last] - count[first] == last - first
    return result


def _with_separators(kinds: _Ints, seen: _Ints, last: int, starts: _Ints, stops: _Ints) -> Segments:
    """Give each run of words its brackets, its separator and, first in a line, the line's lead."""
    ends_line = kinds == NEWLINE
    lines = np.concatenate([[0], np.cumsum(ends_line)])
    line = lines[starts]
    line_starts = np.concatenate([[0], np.flatnonzero(ends_line) + 1])
    first_in_line = np.diff(line, prepend=-1) > 0
    last_in_line = np.diff(line, append=line[-1] + 1) > 0
    begins = starts.copy()
    opened = (begins > 0) & (kinds[begins - 1] == OPEN) & ~first_in_line
    begins[opened] -= 1
    begins[first_in_line] = line_starts[line[first_in_line]]
    ends = np.append(begins[1:], len(kinds))
    line_ends = np.append(line_starts[1:], len(kinds))
    ends[last_in_line] = line_ends[line[last_in_line]]
    strength = _GAP_OF_KIND[kinds]
    reach = np.stack([stops, ends], 1).ravel()
    gap = np.maximum.reduceat(np.append(strength, 0), reach)[::2]
    gap[stops == ends] = NO_GAP
    where = np.append(seen, last)
    # What is invisible before the next line's first character is that line's.
    end = np.where(last_in_line, np.append(seen, last - 1)[ends - 1] + 1, where[ends])
    return Segments(where[begins], seen[starts], seen[stops - 1] + 1, end, gap, line)
