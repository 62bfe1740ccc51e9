"""Records that are lines of text, of which a cut changes one literal and nothing else."""

from collections.abc import Sequence

from contentfilter.encodings import to_bytes
from contentfilter.records.base import ByteFormat, Piece, Put, Record, Undo
from contentfilter.records.literals import Literal
from contentfilter.spans import Span, cut


class InPlaceFormat(ByteFormat):
    """The part that such formats share: they say where the literal stands, and read it again."""

    def literal(self, raw: str, piece: Piece) -> tuple[int, int, Literal]:
        """Return where the literal of the text stands in a record, and the literal."""
        raise NotImplementedError

    def reread(self, raw: str, piece: Piece) -> object:
        """Return the text of a record as any reader would; something else if it has none."""
        raise NotImplementedError

    def put(self, record: Record, piece: Piece, spans: Sequence[Span]) -> Put:
        """Return the record without ``spans`` of its text."""
        if isinstance(record.raw, bytes):
            return Put(record.raw)
        encoding = self.written(piece.encoding)
        if not spans or record.text is None:
            return Put(to_bytes(record.raw, encoding))
        start, end, literal = self.literal(record.raw, piece)
        value, removed = literal.without(spans)
        line = record.raw[:start] + value + record.raw[end:]
        if self.reread(line, piece) != cut(record.text, spans):
            return Put(to_bytes(record.raw, encoding), problem="the text cannot be cut in place")
        plain = [record.text[slice(*span)] for span in spans]
        return Put(to_bytes(line, encoding), removed if removed != plain else None)

    def restore(self, record: Record, piece: Piece, undo: Undo, encoding: str) -> bytes:
        """Return the record with what was cut put back."""
        if isinstance(record.raw, bytes):
            return record.raw
        if not undo.spans:
            return to_bytes(record.raw, encoding)
        start, end, literal = self.literal(record.raw, piece)
        value = literal.together(undo)
        return to_bytes(record.raw[:start] + value + record.raw[end:], encoding)
