"""Cut characters out of a quoted or escaped value as it stands in a file, and put them back."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from contentfilter.records.base import Undo
from contentfilter.spans import Span, cut
from contentfilter.spans import restore as put_in

# Escapes of JSON strings that stand for one code point; a pair of surrogates is one.
JSON = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\."
)
# A quotation mark within a quoted field of a table.
DOUBLED = re.compile('""')


class Literal:
    r"""A value as it stands in a file, and which of its characters make which of its text.

    >>> literal = Literal(r"a\u4e2db", JSON)
    >>> literal.offset(1), literal.offset(2), literal.offset(3)
    (1, 7, 8)
    """

    def __init__(self, raw: str, escapes: re.Pattern[str]) -> None:
        self.raw = raw
        self._after: list[int] = []  # offset of the text behind each escape
        self._added: list[int] = []  # how far the raw offset is ahead from there on
        ahead = 0
        for escape in escapes.finditer(raw):
            ahead += len(escape[0]) - 1
            self._after.append(escape.end() - ahead)
            self._added.append(ahead)

    def offset(self, offset: int) -> int:
        """Return where in the raw value the character at ``offset`` of its text begins."""
        passed = bisect_right(self._after, offset)
        return offset + (self._added[passed - 1] if passed else 0)

    def without(self, spans: Sequence[Span]) -> tuple[str, list[str]]:
        """Return the raw value without ``spans`` of its text, and what was removed of it."""
        places = [Span(self.offset(start), self.offset(end)) for start, end in spans]
        return cut(self.raw, places), [self.raw[start:end] for start, end in places]

    def together(self, undo: Undo) -> str:
        """Return the raw value before `without`."""
        pieces = undo.removed if undo.raw is None else undo.raw
        places = []
        removed = added = 0  # characters of the text, and of the raw value, removed before
        for (start, end), piece in zip(undo.spans, pieces, strict=True):
            place = self.offset(start - removed) + added
            places.append(Span(place, place + len(piece)))
            removed += end - start
            added += len(piece)
        return put_in(self.raw, places, pieces)
