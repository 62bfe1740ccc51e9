"""A mapper for Data-Juicer: ``spam_cleaner_mapper``."""

from typing import Any

from contentfilter.integrations._core import BLOCKS, CHARACTERS, RowCleaner, missing, record

try:
    from data_juicer.ops.base_op import OPERATORS, TAGGING_OPS, Mapper
    from data_juicer.utils.constant import Fields
except ImportError as error:
    raise missing("data_juicer") from error

# Data-Juicer tells filters from mappers by their names: "contentfilter_mapper" would be both.
NAME = "spam_cleaner_mapper"


@TAGGING_OPS.register_module(NAME)
@OPERATORS.register_module(NAME)
class SpamCleanerMapper(Mapper):
    """Cuts injected blocks out of the text of samples.

    How many blocks and characters each sample lost is in its meta. With ``blocks_field`` that
    column tells what was cut. Other parameters are those of `contentfilter.Cleaner`.
    """

    _batched_op = True

    def __init__(
        self,
        model: str | None = None,
        threshold: float | None = None,
        blocks_field: str | None = None,
        categories: list[str] | None = None,
        allow: list[str] | None = None,
        deny: list[str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.blocks_field = blocks_field
        self._rows = RowCleaner(
            model=model,
            threshold=threshold,
            categories=categories,
            allow=allow or (),
            deny=deny or (),
        )

    def process_batched(self, samples: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Return ``samples`` with their text cleaned."""
        self._rows.start()
        column = self._rows.clean_column(samples[self.text_key])
        texts = samples[self.text_key]
        for meta, before, after, blocks in zip(
            samples[Fields.meta], texts, column.values, column.blocks, strict=True
        ):
            meta[BLOCKS] = len(blocks)
            meta[CHARACTERS] = len(before) - len(after) if blocks else 0
        samples[self.text_key] = column.values
        if self.blocks_field is not None:
            samples[self.blocks_field] = [record(blocks) for blocks in column.blocks]
        return samples
