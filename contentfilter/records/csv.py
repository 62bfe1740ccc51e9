"""CSV and TSV: the text is a column; of a changed row only that field changes."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from contentfilter.encodings import SAMPLE, to_text
from contentfilter.errors import RecordFormatError
from contentfilter.files import NotUtf8Error
from contentfilter.records.base import (
    Piece,
    Record,
    Settings,
    Source,
    encoding_of_lines,
    site_of,
)
from contentfilter.records.in_place import InPlaceFormat
from contentfilter.records.literals import DOUBLED, Literal

_BOM = "\ufeff"
# A field whose quotation mark is not closed within so many bytes has none: the line is taken as a
# row, or one stray mark would make the rest of a large file one row.
_LONGEST = 1 << 26


class _Block(NamedTuple):
    """Whole rows of a table, and what its header says: the names of its columns."""

    rows: bytes
    columns: tuple[str, ...]
    header: bool  # the first row is the header


class Csv(InPlaceFormat):
    """A row a page, below a header. Fields are quoted as in RFC 4180."""

    def __init__(self, settings: Settings, delimiter: str) -> None:
        super().__init__(settings)
        self.delimiter = delimiter
        self.name = "csv" if delimiter == "," else "tsv"

    def pieces(self, source: Source, position: int) -> Iterator[Piece]:
        """Yield blocks of rows; a position counts bytes of the decompressed file."""
        blocks = _row_blocks(source, self.delimiter, self.settings.block)
        first = next(blocks, b"")
        if not first:
            return
        encoding = encoding_of_lines(first[:SAMPLE], self.settings)
        end = _first_row(first, self.delimiter)
        columns = self._columns(first[:end], encoding)
        if position < end:
            yield Piece(_Block(first[:end], columns, header=True), encoding, end)
        at = end
        for block in _after(blocks, first, end):
            at += len(block)
            if at > position:
                # A position is the end of a piece: with the same sizes pieces never straddle it.
                yield Piece(_Block(block, columns, header=False), encoding, at)

    def records(self, piece: Piece) -> Iterator[Record]:
        """Yield a record a row, the header without a number."""
        block: _Block = piece.content
        for row in _split_rows(block.rows, self.delimiter):
            if block.header:
                yield self._header(row, piece.encoding)
            else:
                yield self._record(row, block.columns, piece.encoding)

    def literal(self, raw: str, piece: Piece) -> tuple[int, int, Literal]:
        """Return where the value of the field stands in a row, and the value as it is written."""
        start, end, quoted = self._place(raw, piece.content.columns.index(self.settings.field))
        return start, end, Literal(raw[start:end], DOUBLED if quoted else _NOTHING)

    def reread(self, raw: str, piece: Piece) -> object:
        """Return the field of a row, or None if it has none."""
        index = piece.content.columns.index(self.settings.field)
        fields = self._fields(raw) if raw.strip() else []
        return fields[index] if index < len(fields) else None

    def _columns(self, row: bytes, encoding: str) -> tuple[str, ...]:
        try:
            columns = self._fields(to_text(row, encoding).removeprefix(_BOM))
        except NotUtf8Error as error:
            raise RecordFormatError(f"the header: {error}") from error
        if self.settings.field not in columns:
            named = ", ".join(columns[:20])
            raise RecordFormatError(f"there is no column {self.settings.field}, only: {named}")
        return tuple(columns)

    def _header(self, row: bytes, encoding: str) -> Record:
        return Record(to_text(row, encoding), counts=False)

    def _record(self, row: bytes, columns: tuple[str, ...], encoding: str) -> Record:
        try:
            raw = to_text(row, encoding)
        except NotUtf8Error as error:
            return Record(row, problem=str(error))
        if not raw.strip("\r\n"):
            return Record(raw)
        fields = self._fields(raw)
        index = columns.index(self.settings.field)
        if len(fields) != len(columns):
            return Record(raw, problem=f"the row has {len(fields)} columns, not {len(columns)}")
        by_name = dict(zip(columns, fields, strict=False))
        site = site_of(by_name.get(self.settings.site_field))
        return Record(raw, fields[index], id=by_name.get("id", by_name.get("url")), site=site)

    def _fields(self, row: str) -> list[str]:
        fields = []
        for start, end, quoted in self._places(row):
            value = row[start:end]
            fields.append(value.replace('""', '"') if quoted else value)
        return fields

    def _place(self, row: str, index: int) -> tuple[int, int, bool]:
        return list(self._places(row))[index]

    def _places(self, row: str) -> Iterator[tuple[int, int, bool]]:
        """Yield where the value of each field stands, and whether it is in quotation marks."""
        row = row.removesuffix("\n").removesuffix("\r")
        pattern = _FIELD[self.delimiter]
        at = 0
        while at <= len(row):
            field = pattern.match(row, at)
            quoted = field is not None and field["quoted"] is not None
            if field is None:  # an open quotation mark: the rest is one field
                yield at, len(row), False
                return
            if quoted and not field["rest"]:
                yield *field.span("quoted"), True
            else:  # text behind the closing mark: no quotation, but a field that looks like one
                yield *field.span(), False
            at = field.end() + 1


_NOTHING = re.compile(r"(?!)")


def _field(mark: str) -> str:
    """Return what a field looks like: quoted, with what may stand behind the quotes, or plain."""
    return rf'(?:"(?:[^"]|"")*+"[^{mark}\n]*+|(?!")[^{mark}\n]*+)'


_FIELD = {
    mark: re.compile(f'"(?P<quoted>(?:[^"]|"")*+)"(?P<rest>[^{mark}]*+)|(?!")[^{mark}]*+')
    for mark in ",\t"
}
_ROW = {mark: re.compile(rf"{_field(mark)}(?:{mark}{_field(mark)})*+\n".encode()) for mark in ",\t"}
_ROWS = {mark: re.compile(b"(?:" + pattern.pattern + b")++") for mark, pattern in _ROW.items()}


def _row_blocks(source: Source, delimiter: str, block: int) -> Iterator[bytes]:
    """Yield whole rows in blocks; the same blocks whenever the same file is read."""
    rest = b""
    size = block
    while more := source.stream.read(size):
        rest += more
        end = _whole_rows(rest, delimiter)
        if end:
            yield rest[:end]
            rest, size = rest[end:], block
        elif len(rest) < _LONGEST:
            size = len(rest)  # twice as much before looking again: linear in all
        else:
            end = rest.find(b"\n") + 1 or len(rest)
            yield rest[:end]
            rest, size = rest[end:], block
    while rest:
        end = _whole_rows(rest, delimiter) or rest.find(b"\n") + 1 or len(rest)
        yield rest[:end]
        rest = rest[end:]


def _whole_rows(content: bytes, delimiter: str) -> int:
    found = _ROWS[delimiter].match(content)
    return found.end() if found else 0


def _first_row(content: bytes, delimiter: str) -> int:
    found = _ROW[delimiter].match(content)
    return found.end() if found else content.find(b"\n") + 1 or len(content)


def _after(blocks: Iterator[bytes], first: bytes, end: int) -> Iterator[bytes]:
    if end < len(first):
        yield first[end:]
    yield from blocks


def _split_rows(rows: bytes, delimiter: str) -> Iterator[bytes]:
    at = 0
    while at < len(rows):
        found = _ROW[delimiter].match(rows, at)
        end = found.end() if found else rows.find(b"\n", at) + 1 or len(rows)
        yield rows[at:end]
        at = end
