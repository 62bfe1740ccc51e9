r"""Tell the characters that do not show, or that would command whatever shows them.

Page text is hostile: it may hold escape sequences for a terminal, marks that turn the direction of
writing, characters without width, and halves of surrogate pairs. Whoever shows it replaces those.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby

# Letters and marks by their category, and yet nothing is drawn: the Hangul fillers, the empty
# Braille pattern, the combining grapheme joiner.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LAYOUT = frozenset("\n\t")


def is_hidden(character: str) -> bool:
    r"""Tell whether ``character`` draws nothing; blanks, tabs and newlines are not meant.

    >>> [is_hidden(c) for c in "字 \u3000\n\u200b\x1b\ud800"]
    [False, False, False, False, True, True, True]
    """
    if character in _BLANK_LETTERS:
        return True
    if character.isprintable() or character in _LAYOUT:
        return False
    return unicodedata.category(character) != "Zs"


def runs(text: str) -> Iterator[tuple[bool, str]]:
    r"""Yield ``text`` in runs that are hidden or not; CRLF is the newline that it shows as.

    >>> list(runs("国\u200b\u200b产\r\n"))
    [(False, '国'), (True, '\u200b\u200b'), (False, '产\n')]
    """
    text = text.replace("\r\n", "\n")
    for hidden, characters in groupby(text, key=is_hidden):
        yield hidden, "".join(characters)


def escaped(text: str) -> str:
    r"""Return ``text`` with what is hidden written as Python escapes, to be printed anywhere.

    >>> print(escaped("\x1b[2J国\u202e产"))
    \x1b[2J国\u202e产
    """
    return "".join(ascii(run)[1:-1] if hidden else run for hidden, run in runs(text))
