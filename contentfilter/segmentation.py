"""Split passages of pages into segments: the phrases that are scored and cut.

A segment is a run of words up to the next separator, with that separator; lines always end one.
Blanks and symbols inside a disguised phrase (`成 人 网 站`) do not end it, nor do blanks between
words of scripts that use them, nor brackets.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import alternating, changes, next_to, ranges, running
from contentfilter.folding import (
    BAR,
    BLANK,
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
)

_Ints = NDArray[np.int64]

# Words of a spaced script stay together, but a segment is a phrase: it ends at every eighth blank.
_WORDS_IN_SEGMENT = 8

# How a gap between two segments is seen by features; the strongest character in it counts.
NO_GAP, SYMBOL_GAP, BLANK_GAP, HYPHEN_GAP, BAR_GAP, COMMA_GAP, STOP_GAP, LINE_GAP = range(8)
N_GAPS = 8
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


def sections(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of the parts of ``text`` that are looked at by themselves."""
    found = []
    start = 0
    while len(text) - start > LONGEST_SECTION:
        low, high = start + LONGEST_SECTION // 2, start + LONGEST_SECTION
        ends = (text.rfind(mark, low, high) + 1 for mark in _SECTION_ENDS)
        end = next((end for end in ends if end > 0), high)
        found.append((start, end))
        start = end
    return [*found, (start, len(text))]


class Segments(NamedTuple):
    """Segments of passages, as arrays with one entry each; indices into the pages' characters.

    ``begin:end`` is what is cut, with leading marks and the separator behind; ``start:stop`` are
    the words. ``gap`` is the kind of separator behind. ``line`` numbers lines in order, blank ones
    too; those of another passage have other numbers. ``passage`` is the number of the passage.
    """

    begin: _Ints
    start: _Ints
    stop: _Ints
    end: _Ints
    gap: _Ints
    line: _Ints
    passage: _Ints

    def __len__(self) -> int:
        return len(self.begin)

    def take(self, index: slice | _Ints) -> "Segments":
        """Return some of the segments."""
        return Segments(*(column[index] for column in self))


def split(kinds: NDArray[np.uint8], first: _Ints, last: _Ints) -> Segments:
    """Return the segments of passages ``first[i]:last[i]``: each character is in at most one.

    ``kinds`` are the classes of the pages' characters. Characters in no segment are blank lines
    and lines without any word.
    """
    chars = ranges(first, last)
    passage = np.arange(len(first)).repeat(last - first)
    seen = (kinds[chars] != IGNORED).nonzero()[0]
    chars, passage = chars[seen], passage[seen]
    kind = kinds[chars].astype(np.int64)
    is_word: NDArray[np.bool_] = kind <= LETTER
    new = changes(passage)
    # Where runs of words begin and end; a passage's end ends one.
    starts = (is_word & (changes(is_word) | new)).nonzero()[0]
    if not len(starts):
        empty = np.zeros(0, np.int64)
        return Segments(*[empty] * 7)
    ends = is_word & (~next_to(is_word, False) | next_to(new, True))
    stops = ends.nonzero()[0] + 1
    across = passage[starts[1:]] != passage[starts[:-1]]
    gaps = np.where(across, LINE_GAP, _gaps(kind, starts, stops))
    joined = _joined(kind, starts, stops, gaps, passage[starts])
    breaks = (~joined).nonzero()[0]
    starts = starts[np.concatenate([[0], breaks + 1])]
    stops = stops[np.concatenate([breaks, [len(stops) - 1]])]
    return _with_separators(kind, chars, passage, starts, stops)


def _gaps(kinds: _Ints, starts: _Ints, stops: _Ints) -> _Ints:
    """Return the strongest separator between each run of words and the next."""
    if len(starts) < 2:
        return np.zeros(0, np.int64)
    return np.maximum.reduceat(_GAP_OF_KIND[kinds], alternating(stops[:-1], starts[1:]))[::2]


def _joined(
    kinds: _Ints, starts: _Ints, stops: _Ints, gaps: _Ints, passage: _Ints
) -> NDArray[np.bool_]:
    """Return for each gap whether the words on its two sides are one segment."""
    width = starts[1:] - stops[:-1]
    before, after = kinds[stops[:-1] - 1], kinds[starts[1:]]
    sizes = stops - starts
    one_before, one_after = sizes[:-1] == 1, sizes[1:] == 1
    # Characters of the gap, where it is a single one.
    single = np.where((width == 1) & (gaps != LINE_GAP), kinds[stops[:-1]], -1)
    bracket = (gaps == SYMBOL_GAP) & _all_brackets(kinds, stops[:-1], starts[1:])
    symbol = single == SYMBOL
    token = _IS_TOKEN[before] & _IS_TOKEN[after] & (symbol | (single == HYPHEN) | (single == STOP))
    number = (before == DIGIT) & (after == DIGIT) & (single == COMMA)
    spaced = _IS_SPACED[before] & _IS_SPACED[after] & (single == BLANK)
    spaced &= _count_within(spaced, passage[1:]) % _WORDS_IN_SEGMENT != 0
    letter_by_letter = one_before & one_after & (width <= 2) & (gaps <= HYPHEN_GAP)
    inserted = (one_before | one_after) & symbol & _IS_INSERTED[before] & _IS_INSERTED[after]
    joined: NDArray[np.bool_] = bracket | token | number | spaced | letter_by_letter | inserted
    return joined


def _any_of(*wanted: int) -> NDArray[np.bool_]:
    table = np.zeros(16, bool)
    table[list(wanted)] = True
    return table


_IS_TOKEN = _any_of(LATIN, DIGIT, LETTER)
_IS_SPACED = _any_of(LATIN, LETTER, HANGUL)
_IS_INSERTED = _any_of(HAN, DIGIT, KANA)


def _count_within(marked: NDArray[np.bool_], group: _Ints) -> _Ints:
    """Return running counts of what is marked, from nought on in each group of neighbours."""
    count = marked.cumsum()
    new = changes(group).nonzero()[0]
    earlier: _Ints = count[new] - marked[new]
    result: _Ints = count - earlier.repeat(next_to(new, len(group)) - new)
    return result


def _all_brackets(kinds: _Ints, first: _Ints, last: _Ints) -> NDArray[np.bool_]:
    count = running((kinds == OPEN) | (kinds == CLOSE))
    result: NDArray[np.bool_] = count[last] - count[first] == last - first
    return result


def _with_separators(
    kinds: _Ints, chars: _Ints, passage: _Ints, starts: _Ints, stops: _Ints
) -> Segments:
    """Give each run of words its brackets, its separator and, first in a line, the line's lead.

    ``chars`` are the indices of what ``kinds`` and ``passage`` are of.
    """
    begins_line = changes(passage)
    begins_line[1:] |= kinds[:-1] == NEWLINE
    lines = begins_line.cumsum() - 1
    line_starts = begins_line.nonzero()[0]
    line_ends = next_to(line_starts, len(kinds))
    line = lines[starts]
    first_in_line = changes(line)
    last_in_line = next_to(first_in_line, True)
    begins = starts.copy()
    opened = (begins > 0) & (kinds[begins - 1] == OPEN) & ~first_in_line
    begins[opened] -= 1
    begins[first_in_line] = line_starts[line[first_in_line]]
    ends = next_to(begins, len(kinds))
    ends[last_in_line] = line_ends[line[last_in_line]]
    # One more, for a range that begins behind the last.
    strength = np.zeros(len(kinds) + 1, np.int64)
    strength[:-1] = _GAP_OF_KIND[kinds]
    gap = np.maximum.reduceat(strength, alternating(stops, ends))[::2]
    gap[stops == ends] = NO_GAP
    # What is invisible before the next line's first character is that line's.
    end = np.where(last_in_line, chars[ends - 1] + 1, chars[np.minimum(ends, len(chars) - 1)])
    return Segments(
        chars[begins], chars[starts], chars[stops - 1] + 1, end, gap, line, passage[starts]
    )
