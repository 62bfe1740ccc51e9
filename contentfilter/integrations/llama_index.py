"""A transformation for ingestion pipelines of LlamaIndex."""

from collections.abc import Sequence
from typing import Any

from contentfilter.integrations._core import RowCleaner, missing, record

try:
    from llama_index.core.schema import BaseNode, MetadataMode, TransformComponent
except ImportError as error:
    raise missing("llama_index") from error


class SpamCleaner(TransformComponent):
    """Cuts injected blocks out of documents and nodes; gives new ones, and as many as it got.

    It belongs before the splitter: a block is judged by the page around it. With ``blocks_field``
    the metadata tells under that key what was cut; the key is kept out of what embeddings and
    language models are shown. Other fields are the arguments of `contentfilter.Cleaner`.
    """

    blocks_field: str | None = None
    model: str | None = None
    threshold: float | None = None
    categories: tuple[str, ...] | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which pipelines store and cache this step."""
        return "contentfilter.SpamCleaner"

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Return ``nodes`` cleaned, in order."""
        rows = RowCleaner(
            model=self.model,
            threshold=self.threshold,
            categories=self.categories,
            allow=self.allow,
            deny=self.deny,
        )
        rows.start()
        return [self._cleaned(rows, node) for node in nodes]

    def _cleaned(self, rows: RowCleaner, node: BaseNode) -> BaseNode:
        # Without this mode the metadata would be cleaned into the text.
        row = rows.clean(node.get_content(metadata_mode=MetadataMode.NONE))
        result = node.model_copy()
        if row.blocks:
            result.set_content(row.value)
        if (key := self.blocks_field) is not None:
            result.metadata = node.metadata | {key: record(row.blocks)}
            result.excluded_embed_metadata_keys = [*node.excluded_embed_metadata_keys, key]
            result.excluded_llm_metadata_keys = [*node.excluded_llm_metadata_keys, key]
        return result
