"""What all adapters share: a value of a row in, the value to put there and what was cut out.

`contentfilter.clean` raises ``TypeError`` for anything but text, so that bugs stay visible. A row
of a pipeline is another matter: several hosts drop or empty a whole batch for one exception. So
here a value that is no text passes through as it came, and is counted.
"""

import logging
import os
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple, TypedDict, Unpack

from contentfilter.cleaner import Block, Cleaner

logger = logging.getLogger(__name__)

# What is counted, under these names in the statistics of every host.
ROWS = "rows"
CHANGED = "rows_changed"
NULL = "rows_null"  # nothing there: None, or NaN as pandas has it
NOT_TEXT = "rows_not_text"
FAILED = "rows_failed"  # cleaning raised, which is a bug of ours: the text stays as it was
BLOCKS = "blocks_cut"
CHARACTERS = "characters_cut"
COUNTS = (ROWS, CHANGED, NULL, NOT_TEXT, FAILED, BLOCKS, CHARACTERS)


class Options(TypedDict, total=False):
    """What adapters hand on to `Cleaner`; see there."""

    model: str | os.PathLike[str] | None
    threshold: float | None
    categories: Collection[str] | None
    allow: Collection[str]
    deny: Collection[str]


class Row(NamedTuple):
    """The ``value`` to put into a row, the ``blocks`` cut, and what to add to the counts."""

    value: Any
    blocks: list[Block]
    counts: dict[str, int]


class Column(NamedTuple):
    """The same for the rows of a batch: values, the blocks of each, and the sum of the counts."""

    values: list[Any]
    blocks: list[list[Block]]
    counts: Counter[str]


class RowCleaner:
    """Cleans the values of rows; pickles as its options, without a model.

    >>> rows = RowCleaner(threshold=0.999)
    >>> rows.clean(None)
    Row(value=None, blocks=[], counts={'rows': 1, 'rows_null': 1})
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self.cleaner = Cleaner(**options)

    def start(self) -> None:
        """Load the model: a missing or damaged one stops the job, not each row in turn."""
        self.cleaner.model  # noqa: B018

    def clean(self, value: object) -> Row:
        """Return what becomes of ``value``; never raises."""
        if not isinstance(value, str):
            return Row(value, [], {ROWS: 1, NULL if _is_null(value) else NOT_TEXT: 1})
        try:
            cleaned, blocks = self.cleaner.explain(value)
        except Exception:  # whatever it is, it is not worth the batch
            logger.exception("a text of %d characters was left as it was", len(value))
            return Row(value, [], {ROWS: 1, FAILED: 1})
        if not blocks:
            return Row(value, [], {ROWS: 1})
        cut = len(value) - len(cleaned)
        return Row(cleaned, blocks, {ROWS: 1, CHANGED: 1, BLOCKS: len(blocks), CHARACTERS: cut})

    def clean_column(self, values: Iterable[object]) -> Column:
        """Return what becomes of ``values``, in order; never raises."""
        column = Column([], [], Counter())
        for value in values:
            row = self.clean(value)
            column.values.append(row.value)
            column.blocks.append(row.blocks)
            column.counts.update(row.counts)
        return column


def _is_null(value: object) -> bool:
    """Return whether ``value`` is None or NaN; pandas.NA and the like count as not text."""
    return value is None or (isinstance(value, float) and value != value)


def record(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Return ``blocks`` as plain data, for a field beside the text.

    >>> record([Block(0, 9, 0.999, "adult", ("久久",))])
    [{'start': 0, 'end': 9, 'score': 0.999, 'category': 'adult', 'reasons': ['久久']}]
    """
    return [block._asdict() | {"reasons": list(block.reasons)} for block in blocks]


def missing(name: str) -> ImportError:
    """Return the error for an adapter whose library is not installed."""
    return ImportError(
        f"contentfilter.integrations.{name} needs a library that is not installed; "
        f'pip install "contentfilter[{name}]"'
    )
