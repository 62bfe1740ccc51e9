"""HTML: the main text of a page, by trafilatura. The output is that text, not HTML."""

import logging
from collections.abc import Iterator, Sequence

from contentfilter.encodings import SAMPLE, declared, recognise
from contentfilter.errors import MissingExtraError
from contentfilter.records.base import (
    ByteFormat,
    Piece,
    Put,
    Record,
    Settings,
    Source,
    Undo,
    together,
    without,
)
from contentfilter.spans import Span


class Html(ByteFormat):
    """A page a file, written as plain text with one more suffix, in UTF-8."""

    name = "html"
    paged = False
    resumable = False
    passes = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        require()

    @property
    def result(self) -> tuple[str, str | None]:
        """The format of the output, and its field of the text."""
        return "text", None

    def output_name(self, name: str) -> str:
        """Return the name with ``.txt``, so that two pages never get the same one."""
        return f"{name}.txt"

    def written(self, encoding: str) -> str:
        """Return UTF-8: what is written is not the file that was read."""
        return "utf-8"

    def pieces(self, source: Source, position: int) -> Iterator[Piece]:
        """Yield the whole file."""
        content = source.stream.read()
        yield Piece(content, self.settings.encoding or encoding_of(content))

    def records(self, piece: Piece) -> Iterator[Record]:
        """Yield the page."""
        text = main_text(piece.content.decode(piece.encoding, "replace"))
        yield Record(None, text, problem="" if text else "no main text found")

    def put(self, record: Record, piece: Piece, spans: Sequence[Span]) -> Put:
        """Return the text without ``spans``."""
        return Put(b"" if record.text is None else without(record.text, spans, "utf-8"))

    def restore(self, record: Record, piece: Piece, undo: Undo, encoding: str) -> bytes:
        """Return the text with what was cut put back."""
        return b"" if record.text is None else together(record.text, undo, "utf-8")


def require() -> None:
    """Raise `MissingExtraError` unless trafilatura is there."""
    try:
        import trafilatura  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("HTML pages", "html") from error
    # It warns of every page that it finds nothing in; we tell of those ourselves.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def encoding_of(content: bytes, header: str | None = None) -> str:
    """Return the encoding of a page: by its HTTP header, by its ``meta``, or as it looks."""
    return header or declared(content) or recognise(content[:SAMPLE])


def main_text(html: str) -> str | None:
    """Return the main text of a page, or None if it has none."""
    require()
    import trafilatura

    # Whatever a page does to the parser, the run goes on: hence every exception.
    try:
        text = trafilatura.extract(html.replace("\0", ""), include_comments=False)
    except Exception:
        return None
    return f"{text}\n" if text else None
