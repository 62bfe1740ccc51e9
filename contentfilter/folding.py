"""A shadow copy of a text in which disguises are undone; only scoring ever sees it.

Two tables, part of the model, say for every code point which character it is read as and which
class it belongs to. Width, case, Traditional forms, look-alikes and fancy digits fold together;
symbols, blanks and zero-width characters have no code at all. Undecoded HTML entities are read as
the character they stand for.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from html import unescape
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

# Character classes. The order matters: word characters come first (see `is_word`).
IGNORED, HAN, LATIN, DIGIT, KANA, HANGUL, LETTER = range(7)
BLANK, NEWLINE, STOP, COMMA, BAR, HYPHEN, OPEN, CLOSE, SYMBOL = range(7, 16)

# Flags beside the class, one bit each.
SIMPLIFIED, TRADITIONAL, COLON = 16, 32, 64
CLASS_MASK = 15

# Codes of running text: particles, pronouns, conjunctions, auxiliaries.
_FUNCTION = (
    "的了是在和与及或有为不我你他她它们这那也就都而以于对被把从到将已会可能要让向并但"
    "如若其之所又还很更最等着过吗呢吧啊给由因此该各"
)
FUNCTION_CODES = np.zeros(0x10000, bool)
FUNCTION_CODES[[ord(c) for c in _FUNCTION]] = True

# In one number: class and flags below, the code above, so that what has a code is at least this.
CODE_SHIFT = np.uint32(16)
FIRST_CODE = np.uint32(1 << 16)

# Code points above the second plane are rare ideographs; they share the table's last entry.
TABLE_SIZE = 0x20000

# What every entity begins with, and little else: most texts with an ampersand have none.
_HINT = re.compile(r"&(?:#|nbsp|amp|[lg]t|quot|middot|[mn]dash|bull)|#[xX]")
# Decimal, hexadecimal and the few named entities that stand for characters of a block.
# The ampersand and the semicolon are often lost on the way; digits are bounded so that the
# pattern cannot run on.
_ENTITY = re.compile(
    r"&?#[xX][0-9A-Fa-f]{2,6};?|&#[0-9]{2,7};?|&(?:nbsp|amp|lt|gt|quot|middot|mdash|ndash|bull);"
)


def is_mixed(flags: int) -> bool:
    """Whether ``flags`` (those of all characters together) are of both scripts."""
    return bool(flags & SIMPLIFIED and flags & TRADITIONAL)


def script_of(flags: int) -> int:
    """Return +1 for Traditional ``flags``, -1 for Simplified ones, 0 for none; not for both."""
    return bool(flags & TRADITIONAL) - bool(flags & SIMPLIFIED)


class Folding:
    """The two tables: ``codes`` (uint16) and ``kinds`` (uint8), one entry per code point."""

    def __init__(self, codes: NDArray[np.uint16], kinds: NDArray[np.uint8]) -> None:
        self.codes = codes
        self.kinds = kinds
        # Both in one table: one look-up a character instead of two.
        self._both = codes.astype(np.uint32) << CODE_SHIFT | kinds

    def fold(
        self, texts: Sequence[str]
    ) -> tuple[NDArray[np.uint32], list[int], list[NDArray[np.int64] | None]]:
        """Return ``texts`` folded, each with a line end behind it: code, class and flags in one.

        With them their sizes, line ends included, and, for those in which entities were decoded,
        where in the text each character starts.
        """
        joined = "\n".join([*texts, ""])
        sizes = [len(text) + 1 for text in texts]
        offsets: list[NDArray[np.int64] | None] = [None] * len(texts)
        points = code_points(joined)
        if "&" in joined or "#" in joined:
            starts = [0, *accumulate(sizes)]
            parts, done = [], 0
            for i in _with_hints(joined, starts):
                start, end = starts[i], starts[i + 1]
                decoded, offsets[i] = _decode_entities(texts[i], points[start:end])
                parts += [points[done:start], decoded]
                sizes[i], done = len(decoded), end
            if parts:
                points = np.concatenate([*parts, points[done:]])
        return self._both.take(points, mode="clip"), sizes, offsets


def _with_hints(joined: str, starts: Sequence[int]) -> list[int]:
    """Return which of the texts that begin at ``starts`` may hold entities."""
    found = set()
    for mark in "&#":
        at = joined.find(mark)
        while at >= 0:
            i = bisect_right(starts, at) - 1
            # From its first mark on a text is searched once for each of the two.
            if _HINT.search(joined, at, starts[i + 1]):
                found.add(i)
            at = joined.find(mark, starts[i + 1])
    return sorted(found)


def code_points(text: str) -> NDArray[np.uint32]:
    """Return the code points of ``text``; lone surrogates are code points like any other."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _decode_entities(
    text: str, points: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.int64] | None]:
    """Return ``points`` (those of ``text``, and a line end) decoded, and where each starts."""
    found = [
        (match.start(), match.end(), unescape("&" + match[0].lstrip("&").rstrip(";") + ";"))
        for match in _ENTITY.finditer(text)
    ]
    if not found:
        return points, None
    keep = np.ones(len(points) + 1, bool)
    decoded = points.copy()
    for start, end, character in found:
        if len(character) == 1:
            decoded[start] = ord(character)
            keep[start + 1 : end] = False
    offsets = np.flatnonzero(keep)
    offsets = offsets[:-1]  # the last is behind the line end that the text does not have
    return decoded[offsets], offsets
