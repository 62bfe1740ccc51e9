"""Cleaning a column of Arrow data: what Ray Data and Spark have in common."""

from collections import Counter
from typing import TypeVar

import pyarrow as pa

from contentfilter.integrations._core import CHANGED, RowCleaner, record

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)

BLOCKS_TYPE = pa.list_(
    pa.struct(
        [
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("score", pa.float64()),
            ("category", pa.string()),
            ("reasons", pa.list_(pa.string())),
        ]
    )
)


def clean_rows(
    rows: RowCleaner, table: Rows, field: str, blocks_field: str | None
) -> tuple[Rows, Counter[str]]:
    """Return ``table`` with its ``field`` cleaned, and the counts; the types of columns stay.

    A field that is no text, whatever its type, stays as it is.
    """
    number = table.schema.get_field_index(field)
    if number < 0:
        raise KeyError(f"there is no single field {field!r} among {table.schema.names}")
    column = rows.clean_column(table.column(number).to_pylist())
    if column.counts[CHANGED]:
        kind = table.schema.field(number)
        table = table.set_column(number, kind, pa.array(column.values, kind.type))
    if blocks_field is not None:
        cut = pa.array([record(blocks) for blocks in column.blocks], BLOCKS_TYPE)
        table = _with(table, blocks_field, cut)
    return table, column.counts


def _with(table: Rows, name: str, column: pa.Array) -> Rows:
    number = table.schema.get_field_index(name)
    if number < 0:
        return table.append_column(name, column)
    return table.set_column(number, name, column)
