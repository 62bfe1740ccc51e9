"""Parquet: the text is a column; row groups, schema, metadata and compression stay as they were."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import IO, Any, NamedTuple

from contentfilter.errors import MissingExtraError, RecordFormatError
from contentfilter.files import NotUtf8Error, decode
from contentfilter.records.base import (
    Piece,
    Put,
    Record,
    Settings,
    Sink,
    Source,
    Undo,
    site_of,
    together,
    without,
)
from contentfilter.spans import Span


class _Rows(NamedTuple):
    """Some rows: the texts as they are stored, and what names the pages and their sites."""

    texts: list[bytes | None]
    ids: list[Any]
    sites: list[Any]


class _Place(NamedTuple):
    """Where some rows belong: their table, the first of them, and whether the table ends there."""

    file: Any
    table: Any
    first: int
    last: bool


class Parquet:
    """A row a page, row group by row group: as much is in memory as a few row groups hold."""

    name = "parquet"
    paged = True
    own_suffixes: Collection[str] = ()
    # What describes the row groups stands at the end of the file: there is no going on within it.
    resumable = False
    passes = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        _pyarrow()

    @property
    def result(self) -> tuple[str, str | None]:
        """The format of the output, and its field of the text."""
        return self.name, self.settings.field

    def output_name(self, name: str) -> str:
        """Return the name as it is."""
        return name

    def written(self, encoding: str) -> str:
        """Return UTF-8: Parquet knows nothing else."""
        return "utf-8"

    def pieces(self, source: Source, position: int) -> Iterator[Piece]:
        """Yield runs of rows."""
        arrow = _pyarrow()
        try:
            file = arrow.parquet.ParquetFile(source.stream)
        except (arrow.ArrowInvalid, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise RecordFormatError(f"not a Parquet file: {_first_line(error)}") from error
        self._check(arrow, file)
        for number in range(file.num_row_groups):
            try:
                table = file.read_row_group(number)
            except (arrow.ArrowInvalid, OSError) as error:
                raise RecordFormatError(f"row group {number + 1}: {_first_line(error)}") from error
            yield from self._slices(arrow, file, table)
        if not file.num_row_groups:
            table = file.schema_arrow.empty_table()
            yield Piece(_Rows([], [], []), aside=_Place(file, table, 0, last=True))

    def records(self, piece: Piece) -> Iterator[Record]:
        """Yield a record a row."""
        rows: _Rows = piece.content
        for stored, name, site in zip(rows.texts, rows.ids, rows.sites, strict=True):
            if stored is None:
                yield Record(None, problem=f"the column {self.settings.field} is null")
                continue
            try:
                text = decode(stored)
            except NotUtf8Error as error:
                yield Record(None, problem=str(error))
                continue
            yield Record(None, text, "", None if name is None else str(name), site_of(site))

    def put(self, record: Record, piece: Piece, spans: Sequence[Span]) -> Put:
        """Return the text without ``spans``; nothing for a row that stays as it is."""
        if not spans or record.text is None:
            return Put(None)
        return Put(without(record.text, spans, "utf-8"))

    def restore(self, record: Record, piece: Piece, undo: Undo, encoding: str) -> bytes | None:
        """Return the text with what was cut put back; nothing for a row that stays as it is."""
        if not undo.spans or record.text is None:
            return None
        return together(record.text, undo, "utf-8")

    def join(self, outputs: list[bytes | None]) -> dict[int, bytes]:
        """Return the changed texts by the number of their row in the piece."""
        return {row: text for row, text in enumerate(outputs) if text is not None}

    def sink(self, stream: IO[bytes], suffix: str, begun: bool = False) -> Sink:
        """Return what writes a file."""
        return _ParquetSink(stream, self.settings.field)

    def _check(self, arrow: Any, file: Any) -> None:
        schema = file.schema_arrow
        field = self.settings.field
        if field not in schema.names:
            named = ", ".join(schema.names[:20])
            raise RecordFormatError(f"there is no column {field}, only: {named}")
        kind = schema.field(field).type
        if arrow.types.is_dictionary(kind):
            kind = kind.value_type
        if not (arrow.types.is_string(kind) or arrow.types.is_large_string(kind)):
            raise RecordFormatError(f"the column {field} is {kind}, not strings")

    def _slices(self, arrow: Any, file: Any, table: Any) -> Iterator[Piece]:
        texts = _stored(arrow, table.column(self.settings.field)).to_pylist()
        ids = _column(table, ("id", "url"), self.settings.field)
        sites = _column(table, (self.settings.site_field,), self.settings.field)
        first = size = 0
        if not texts:
            yield Piece(_Rows([], [], []), aside=_Place(file, table, 0, last=True))
        for row, text in enumerate(texts):
            size += len(text or b"") + 50
            if size >= self.settings.block or row + 1 == len(texts):
                rows = slice(first, row + 1)
                place = _Place(file, table, first, row + 1 == len(texts))
                yield Piece(_Rows(texts[rows], ids[rows], sites[rows]), aside=place)
                first, size = row + 1, 0


class _ParquetSink:
    """Writes row groups like those of the file that was read."""

    def __init__(self, stream: IO[bytes], field: str) -> None:
        self._stream = stream
        self._field = field
        self._writer: Any = None
        self._changed: dict[int, bytes] = {}

    def write(self, piece: Piece, outputs: dict[int, bytes]) -> None:
        """Take the changed texts of some rows; write the row group if it is complete."""
        place: _Place = piece.aside
        self._changed |= {place.first + row: text for row, text in outputs.items()}
        if not place.last:
            return
        table = place.table
        if self._changed:
            index = table.schema.get_field_index(self._field)
            column = _replaced(_pyarrow(), table.column(index), self._changed)
            table = table.set_column(index, table.schema.field(index), column)
            self._changed = {}
        if self._writer is None:
            self._writer = _writer(_pyarrow(), self._stream, place.file)
        if table.num_rows:
            self._writer.write_table(table, row_group_size=table.num_rows)

    def checkpoint(self) -> None:
        """Do nothing: a Parquet file cannot be gone on with."""

    def close(self) -> None:
        """Write what describes the row groups."""
        if self._writer is not None:
            self._writer.close()

    def abandon(self) -> None:
        """Close the writer, which else would write to a stream that is closed."""
        with suppress(OSError, ValueError):
            self.close()


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("Parquet files", "parquet") from error
    return pyarrow


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


def _stored(arrow: Any, column: Any) -> Any:
    """Return a column of strings as the bytes that they are stored as, sound UTF-8 or not."""
    kind = column.type
    if arrow.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
    return column.cast(
        arrow.large_binary() if arrow.types.is_large_string(kind) else arrow.binary()
    )


def _column(table: Any, names: Sequence[str], text: str) -> list[Any]:
    for name in names:
        if name != text and name in table.schema.names:
            values: list[Any] = table.column(name).to_pylist()
            return values
    return [None] * table.num_rows


def _replaced(arrow: Any, column: Any, changed: dict[int, bytes]) -> Any:
    """Return a column of strings with some of them replaced; its chunks may be other ones."""
    stored = _stored(arrow, column)
    values = stored.to_pylist()
    for row, text in changed.items():
        values[row] = text
    kind = column.type.value_type if arrow.types.is_dictionary(column.type) else column.type
    made = arrow.array(values, type=stored.type)
    chunks = made.chunks if isinstance(made, arrow.ChunkedArray) else [made]
    strings = arrow.chunked_array([chunk.view(kind) for chunk in chunks], type=kind)
    return strings if kind == column.type else strings.dictionary_encode().cast(column.type)


def _writer(arrow: Any, stream: IO[bytes], file: Any) -> Any:
    metadata = file.metadata
    compression: Any = "snappy"
    if metadata.num_row_groups:
        group = metadata.row_group(0)
        columns = [group.column(number) for number in range(group.num_columns)]
        compression = {
            column.path_in_schema: "none"
            if column.compression == "UNCOMPRESSED"
            else column.compression
            for column in columns
        }
    version = metadata.format_version
    paths = [path.split(".") for path in compression] if metadata.num_row_groups else []
    return arrow.parquet.ParquetWriter(
        stream,
        file.schema_arrow,
        compression=compression,
        version=version if version in ("1.0", "2.4", "2.6") else "2.6",
        # How older writers called the values of a list.
        use_compliant_nested_type=not any(path[-2:] == ["list", "item"] for path in paths),
    )
