"""A shadow copy of a text in which disguises are undone; only scoring ever sees it.

Two tables, part of the model, say for every code point which character it is read as and which
class it belongs to. Width, case, Traditional forms, look-alikes and fancy digits fold together;
symbols, blanks and zero-width characters have no code at all. Undecoded HTML entities are read as
the character they stand for.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from html import unescape

import numpy as np
from numpy.typing import NDArray

# Character classes. The order matters: word characters come first (see `is_word`).
IGNORED, HAN, LATIN, DIGIT, KANA, HANGUL, LETTER = range(7)
BLANK, NEWLINE, STOP, COMMA, BAR, HYPHEN, OPEN, CLOSE, SYMBOL = range(7, 16)

# Flags beside the class, one bit each.
SIMPLIFIED, TRADITIONAL = 16, 32
CLASS_MASK = 15

# In one number: the code below, class and flags above.
_CODE = np.uint32(0xFFFF)
_KIND_SHIFT = np.uint32(16)

# Code points above the second plane are rare ideographs; they share the table's last entry.
TABLE_SIZE = 0x20000

# Decimal, hexadecimal and the few named entities that stand for characters of a block.
# The ampersand and the semicolon are often lost on the way; digits are bounded so that the
# pattern cannot run on.
_ENTITY = re.compile(
    r"&?#[xX][0-9A-Fa-f]{2,6};?|&#[0-9]{2,7};?|&(?:nbsp|amp|lt|gt|quot|middot|mdash|ndash|bull);"
)


class Shadow:
    """A text as scoring sees it: character ``i`` starts at ``offsets[i]`` of the text.

    ``offsets`` (int64, one entry more than there are characters) is None where shadow and text
    run side by side, which is always but for pages with entities.
    """

    def __init__(self, folded: NDArray[np.uint32], offsets: NDArray[np.int64] | None) -> None:
        self._folded = folded
        self.offsets = offsets

    @cached_property
    def letters(self) -> NDArray[np.uint32]:
        """The codes of all characters that have one, without gaps."""
        codes = self._folded & _CODE
        return codes.compress(codes != 0)

    @cached_property
    def codes(self) -> NDArray[np.uint16]:
        """Of each character its code, 0 for one without a meaning of its own."""
        return self._folded.astype(np.uint16)

    @cached_property
    def kinds(self) -> NDArray[np.uint8]:
        """Of each character its class and script flags."""
        return (self._folded >> _KIND_SHIFT).astype(np.uint8)

    @property
    def is_mixed(self) -> bool:
        """Whether there are characters of both scripts."""
        return is_mixed(int(np.bitwise_or.reduce(self._folded, initial=0)) >> int(_KIND_SHIFT))

    def parts(self, sizes: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return for parts of ``sizes`` characters how many letters each has, and all its flags."""
        has_code = self.codes != 0
        counts, flags, start = [], [], 0
        for size in sizes:
            part = slice(start, start + size)
            counts.append(int(np.count_nonzero(has_code[part])))
            flags.append(int(np.bitwise_or.reduce(self.kinds[part], initial=0)))
            start += size
        return counts, flags

    def offset(self, i: int) -> int:
        """Return where in the text character ``i`` of the shadow starts."""
        return int(i) if self.offsets is None else int(self.offsets[i])


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
        self._both = codes | kinds.astype(np.uint32) << _KIND_SHIFT

    def shadow(self, text: str) -> Shadow:
        """Return the shadow of ``text``, entities decoded."""
        points, offsets = (
            _decode_entities(text) if has_entities(text) else (code_points(text), None)
        )
        return Shadow(self._both.take(points, mode="clip"), offsets)

    def plain_shadow(self, text: str) -> Shadow:
        """Return the shadow of ``text`` as it stands, entities and all."""
        return Shadow(self._both.take(code_points(text), mode="clip"), None)


def code_points(text: str) -> NDArray[np.uint32]:
    """Return the code points of ``text``; lone surrogates are code points like any other."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def has_entities(text: str) -> bool:
    """Whether ``text`` may hold undecoded entities. May be wrong in saying yes."""
    return "&" in text or ("#" in text and ("#x" in text or "#X" in text))


def _decode_entities(text: str) -> tuple[NDArray[np.uint32], NDArray[np.int64] | None]:
    points = code_points(text)
    if not _ENTITY.search(text):
        return points, None
    keep = np.ones(len(text) + 1, bool)
    decoded = points.copy()
    for match in _ENTITY.finditer(text):
        character = unescape("&" + match[0].lstrip("&").rstrip(";") + ";")
        if len(character) == 1:
            decoded[match.start()] = ord(character)
            keep[match.start() + 1 : match.end()] = False
    offsets = np.flatnonzero(keep)
    return decoded[offsets[:-1]], offsets
