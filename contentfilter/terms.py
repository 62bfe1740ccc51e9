"""Plain terms that a user protects, or wants cut: where they occur in a text."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from contentfilter import files
from contentfilter.errors import ContentFilterError
from contentfilter.spans import Span, join


class TermsFormatError(ContentFilterError, ValueError):
    """A file does not hold terms."""


class Terms:
    """Some plain terms: found as they are written, by code point.

    Occurrences may overlap; every one counts, so a longer term never hides a shorter one.
    """

    def __init__(self, name: str, terms: Collection[str]) -> None:
        if isinstance(terms, str):
            raise TypeError(f"{name} must be a collection of terms, got a single str: [{terms!r}]?")
        for term in terms:
            if not isinstance(term, str):
                raise TypeError(f"{name} must hold str, got {type(term).__name__}")
            if not term:
                raise ValueError(f"{name} must not hold an empty term: it would be everywhere")
        self._terms = tuple(dict.fromkeys(terms))

    def __repr__(self) -> str:
        return repr(self._terms)

    def __bool__(self) -> bool:
        return bool(self._terms)

    def spans(self, text: str) -> list[Span]:
        """Return what the terms cover of ``text``, as disjoint spans in order."""
        return join(span for span, _ in self.occurrences(text))

    def occurrences(self, text: str) -> Iterator[tuple[Span, str]]:
        """Yield each occurrence with its term, term by term."""
        for term in self._terms:
            at = text.find(term)
            while at >= 0:
                # Those that overlap with themselves too: the next may start inside.
                yield Span(at, at + len(term)), term
                at = text.find(term, at + 1)


def read(path: Path) -> list[str]:
    """Return the terms of a file, one a line; blank lines and those with # in front are left out.

    Blanks around a term are no part of it. Raises OSError, and `TermsFormatError` if the file is
    not UTF-8.
    """
    try:
        text = files.decode(path.read_bytes()).removeprefix("\ufeff")
    except files.NotUtf8Error as error:
        raise TermsFormatError(f"{path}: {error}") from error
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


def without(text: str, span: Span, kept: Sequence[Span]) -> list[Span]:
    r"""Return what is left to cut of ``span`` when ``kept`` (disjoint, in order) must stay.

    The line of what stays keeps its end, and the blank lines behind it.

    >>> without("spam_TERM_spam\n\nTitle", Span(0, 16), [Span(5, 9)])
    [Span(start=0, end=5), Span(start=9, end=14)]
    """
    pieces = []
    start = span.start
    for inner_start, inner_end in [*kept, Span(span.end, span.end)]:
        if inner_end <= span.start or inner_start > span.end:
            continue
        piece = Span(start, min(inner_start, span.end))
        pieces += [piece] if start == span.start else _behind(text, piece)
        start = inner_end
    return [piece for piece in pieces if piece.start < piece.end]


def _behind(text: str, piece: Span) -> list[Span]:
    """Return what is cut of a piece behind something that stays: not the end of its line."""
    line_end = text.find("\n", piece.start, piece.end)
    if line_end < 0:
        return [piece]
    rest = Span(line_end + 1, piece.end)
    if line_end > piece.start and text[line_end - 1] == "\r":
        line_end -= 1
    same_line = Span(piece.start, line_end)
    return [same_line, rest] if text[rest.start : rest.end].strip() else [same_line]
