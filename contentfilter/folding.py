"""A shadow copy of a text in which disguises are undone; only scoring ever sees it.

Two tables, part of the model, say for every code point which character it is read as and which
class it belongs to. Width, case, Traditional forms, look-alikes and fancy digits fold together;
symbols, blanks and zero-width characters have no code at all. Undecoded HTML entities are read as
the character they stand for.
"""

import re
from html import unescape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Character classes. The order matters: word characters come first (see `is_word`).
IGNORED, HAN, LATIN, DIGIT, KANA, HANGUL, LETTER = range(7)
BLANK, NEWLINE, STOP, COMMA, BAR, HYPHEN, OPEN, CLOSE, SYMBOL = range(7, 16)

# Flags beside the class, one bit each.
SIMPLIFIED, TRADITIONAL = 16, 32
CLASS_MASK = 15

# Code points above the second plane are rare ideographs; they share the table's last entry.
TABLE_SIZE = 0x20000

# Decimal, hexadecimal and the few named entities that stand for characters of a block.
# The ampersand and the semicolon are often lost on the way; digits are bounded so that the
# pattern cannot run on.
_ENTITY = re.compile(
    r"&?#[xX][0-9A-Fa-f]{2,6};?|&#[0-9]{2,7};?|&(?:nbsp|amp|lt|gt|quot|middot|mdash|ndash|bull);"
)


class Shadow(NamedTuple):
    """A text as scoring sees it: character ``i`` starts at ``offsets[i]`` of the text.

    ``codes`` (uint16) is 0 for characters without a meaning of their own, ``kinds`` (uint8) holds
    class and script flags. ``offsets`` (int64, one entry more than there are characters) is None
    where shadow and text run side by side, which is always but for pages with entities.
    """

    codes: NDArray[np.uint16]
    kinds: NDArray[np.uint8]
    offsets: NDArray[np.int64] | None

    def offset(self, i: int) -> int:
        """Return where in the text character ``i`` of the shadow starts."""
        return int(i) if self.offsets is None else int(self.offsets[i])


class Folding:
    """The two tables: ``codes`` (uint16) and ``kinds`` (uint8), one entry per code point."""

    def __init__(self, codes: NDArray[np.uint16], kinds: NDArray[np.uint8]) -> None:
        self.codes = codes
        self.kinds = kinds

    def read(self, text: str) -> NDArray[np.uint16]:
        """Return the folded codes of ``text``, one a character; quick, and blind to entities."""
        return self.codes.take(code_points(text), mode="clip")

    def shadow(self, text: str) -> Shadow:
        """Return the shadow of ``text``, entities decoded."""
        points, offsets = (
            _decode_entities(text) if has_entities(text) else (code_points(text), None)
        )
        return Shadow(
            self.codes.take(points, mode="clip"), self.kinds.take(points, mode="clip"), offsets
        )


def code_points(text: str) -> NDArray[np.uint32]:
    """Return the code points of ``text``; lone surrogates are code points like any other."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def has_entities(text: str) -> bool:
    """Whether ``text`` may hold undecoded entities. May be wrong in saying yes."""
    return "&" in text or "#x" in text or "#X" in text


def _decode_entities(text: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    points = code_points(text)
    keep = np.ones(len(text) + 1, bool)
    decoded = points.copy()
    for match in _ENTITY.finditer(text):
        character = unescape("&" + match[0].lstrip("&").rstrip(";") + ";")
        if len(character) == 1:
            decoded[match.start()] = ord(character)
            keep[match.start() + 1 : match.end()] = False
    offsets = np.flatnonzero(keep)
    return decoded[offsets[:-1]], offsets
