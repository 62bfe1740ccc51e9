"""Plain text: the file is one page."""

from collections.abc import Iterator, Sequence

from contentfilter.encodings import SAMPLE, recognise, to_bytes, to_text
from contentfilter.files import NotUtf8Error
from contentfilter.records.base import (
    ByteFormat,
    Piece,
    Put,
    Record,
    Source,
    Undo,
    together,
    without,
)
from contentfilter.spans import Span

_BOM = "\ufeff"


class Text(ByteFormat):
    """A page a file. A byte order mark is not a part of the page's text, and stays."""

    name = "text"
    paged = False
    resumable = False

    def pieces(self, source: Source, position: int) -> Iterator[Piece]:
        """Yield the whole file."""
        content = source.stream.read()
        yield Piece(content, self.settings.encoding or recognise(content[:SAMPLE]))

    def records(self, piece: Piece) -> Iterator[Record]:
        """Yield the page."""
        try:
            text = to_text(piece.content, piece.encoding)
        except NotUtf8Error as error:
            yield Record(piece.content, problem=str(error))
            return
        mark = _BOM if text.startswith(_BOM) else ""
        yield Record(mark, text[len(mark) :])

    def put(self, record: Record, piece: Piece, spans: Sequence[Span]) -> Put:
        """Return the page without ``spans``."""
        if record.text is None:
            return Put(record.raw)
        encoding = self.written(piece.encoding)
        return Put(to_bytes(record.raw, encoding) + without(record.text, spans, encoding))

    def restore(self, record: Record, piece: Piece, undo: Undo, encoding: str) -> bytes:
        """Return the page with what was cut put back."""
        if record.text is None:
            return bytes(record.raw)
        return to_bytes(record.raw, encoding) + together(record.text, undo, encoding)
