"""For ``datasets.Dataset.map`` of Hugging Face; needs nothing but contentfilter."""

from collections.abc import Mapping
from typing import Any, Unpack

from contentfilter.integrations._core import Options, RowCleaner, record


def clean_batch(
    batch: Mapping[str, Any],
    field: str = "text",
    *,
    blocks_field: str | None = None,
    **options: Unpack[Options],
) -> dict[str, list[Any]]:
    """Return the ``field`` of ``batch`` cleaned, to be used with ``map(..., batched=True)``.

    ``batch`` maps names of fields to lists of equal length. Null and other values that are not
    text stay as they are. With ``blocks_field`` that field is given too: for each row a list of
    what was cut (``start``, ``end``, ``score``, ``category``, ``reasons``). Other arguments are
    those of `contentfilter.Cleaner`; all can be given in ``fn_kwargs``.

    It is a plain function without a state, so the fingerprint that ``map`` caches results under
    is the same in every process.

    >>> clean_batch({"text": ["河道治理工程通过验收", None], "id": [1, 2]})
    {'text': ['河道治理工程通过验收', None]}
    """
    rows = RowCleaner(**options)
    rows.start()
    column = rows.clean_column(batch[field])
    result: dict[str, list[Any]] = {field: column.values}
    if blocks_field is not None:
        result[blocks_field] = [record(blocks) for blocks in column.blocks]
    return result
