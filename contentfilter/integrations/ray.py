"""A callable class for ``map_batches`` of Ray Data."""

from typing import Any, Unpack

from contentfilter.integrations._core import COUNTS, Options, RowCleaner, missing

try:
    import numpy as np
    import pyarrow as pa
    from ray.util.metrics import Counter

    from contentfilter.integrations._arrow import clean_rows
except ImportError as error:
    raise missing("ray") from error


class SpamCleaner:
    """Cuts injected blocks out of a field of batches; an actor loads the model once.

    ``batch_format="pyarrow"`` suits text best; numpy and pandas work as well, but for
    ``blocks_field``, the field to be filled with what was cut, which needs Arrow's types. Counts
    are metrics of Ray, ``contentfilter_rows`` and so on. Other arguments are those of
    `contentfilter.Cleaner`.
    """

    def __init__(
        self, field: str = "text", *, blocks_field: str | None = None, **options: Unpack[Options]
    ) -> None:
        self.field = field
        self.blocks_field = blocks_field
        self._rows = RowCleaner(**options)
        self._rows.start()
        self._metrics = {name: Counter(f"contentfilter_{name}") for name in COUNTS}

    def __call__(self, batch: Any) -> Any:
        """Return ``batch`` with its field cleaned."""
        if isinstance(batch, pa.Table):
            result, counts = clean_rows(self._rows, batch, self.field, self.blocks_field)
        elif self.blocks_field is not None:
            raise TypeError('blocks_field needs map_batches(..., batch_format="pyarrow")')
        else:
            texts = batch[self.field]
            column = self._rows.clean_column(texts)
            result, counts = _replaced(batch, self.field, column.values), column.counts
        for name, count in counts.items():
            self._metrics[name].inc(count)
        return result


def _replaced(batch: Any, field: str, values: list[Any]) -> Any:
    """Return a dict of numpy arrays or a data frame with other ``values`` in one field."""
    texts = batch[field]
    if isinstance(batch, dict):
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return batch | {field: array}
    column = type(texts)(values, index=texts.index, dtype=texts.dtype)
    return batch.assign(**{field: column})
