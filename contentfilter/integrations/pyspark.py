"""For PySpark: a function for a column of text, and a data frame with the blocks beside it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Unpack

from contentfilter.integrations._core import Options, RowCleaner, missing

try:
    import pandas as pd
    import pyarrow as pa
    from pyspark import Accumulator, AccumulatorParam
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.functions import pandas_udf
    from pyspark.sql.pandas.types import from_arrow_type
    from pyspark.sql.types import StructType

    from contentfilter.integrations._arrow import BLOCKS_TYPE, clean_rows
except ImportError as error:
    raise missing("pyspark") from error


class _Sum(AccumulatorParam[Counter[str]]):
    def zero(self, value: Counter[str]) -> Counter[str]:
        return Counter()

    def addInPlace(self, value1: Counter[str], value2: Counter[str]) -> Counter[str]:  # noqa: N802
        value1.update(value2)
        return value1


def counts_of(spark: SparkSession) -> "Accumulator[Counter[str]]":
    """Return an accumulator to be given as ``counts``; its ``value`` is up to date after an action.

    Like any accumulator it counts rows again that are cleaned again: after a lost task, or for a
    second action on a frame that is not cached.
    """
    return spark.sparkContext.accumulator(Counter(), _Sum())


def clean_udf(counts: "Accumulator[Counter[str]] | None" = None, **options: Unpack[Options]) -> Any:
    """Return a function of a column of text.

    ``frame.withColumn("text", clean_udf()("text"))`` cleans a field; null stays null. Keyword
    arguments are those of `contentfilter.Cleaner`.
    """
    rows = RowCleaner(**options)

    def clean(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        rows.start()
        for texts in batches:
            column = rows.clean_column(texts)
            _add(counts, column.counts)
            yield pd.Series(column.values, dtype=object)

    return pandas_udf(clean, "string")


def clean_frame(
    frame: DataFrame,
    field: str = "text",
    *,
    blocks_field: str | None = None,
    counts: "Accumulator[Counter[str]] | None" = None,
    **options: Unpack[Options],
) -> DataFrame:
    """Return ``frame`` with its ``field`` cleaned, and ``blocks_field`` filled with what was cut.

    Rows travel as Arrow data: through pandas (``mapInPandas``) a time of the year 1500 in any
    other field would fail the job. Keyword arguments are those of `contentfilter.Cleaner`.
    """
    rows = RowCleaner(**options)
    schema = StructType(list(frame.schema.fields))
    if blocks_field is not None:
        schema = schema.add(blocks_field, from_arrow_type(BLOCKS_TYPE))

    def clean(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows.start()
        for batch in batches:
            cleaned, found = clean_rows(rows, batch, field, blocks_field)
            _add(counts, found)
            yield cleaned

    return frame.mapInArrow(clean, schema)


def _add(counts: "Accumulator[Counter[str]] | None", found: Counter[str]) -> None:
    if counts is not None:
        counts.add(found)
