"""A step for pipelines of datatrove: cleaned documents go on, what was cut can be kept."""

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from contentfilter.integrations._core import Options, RowCleaner, missing, record

try:
    from datatrove.data import DocumentsPipeline
    from datatrove.pipeline.base import PipelineStep
except ImportError as error:
    raise missing("datatrove") from error

if TYPE_CHECKING:
    from datatrove.pipeline.writers.disk_base import DiskWriter


class SpamCleaner(PipelineStep):
    """Cuts injected blocks out of the text of documents; no document is dropped.

    With ``blocks_field`` the metadata of each document tells under that key what was cut. To
    ``exclusion_writer`` goes a copy of each document that lost something, with what it lost as
    its text. Counts are in the statistics of the step. Other arguments are those of
    `contentfilter.Cleaner`.
    """

    name = "contentfilter"
    type = "🧹 - CLEANER"

    def __init__(
        self,
        exclusion_writer: "DiskWriter | None" = None,
        *,
        blocks_field: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__()
        self.exclusion_writer = exclusion_writer
        self.blocks_field = blocks_field
        self._rows = RowCleaner(**options)

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Yield the documents of ``data`` cleaned, in order."""
        self._rows.start()
        with self.exclusion_writer or contextlib.nullcontext() as writer:
            for document in data or ():
                text = document.text
                with self.track_time():
                    row = self._rows.clean(text)
                for name, count in row.counts.items():
                    self.stat_update(name, value=count)
                document.text = row.value
                if self.blocks_field is not None:
                    document.metadata[self.blocks_field] = record(row.blocks)
                if writer is not None and row.blocks:
                    cut = "\n".join(text[block.start : block.end] for block in row.blocks)
                    writer.write(replace(document, text=cut), rank)
                yield document
