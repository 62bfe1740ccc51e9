"""A document transformer for LangChain."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Unpack

from contentfilter.integrations._core import Options, RowCleaner, missing, record

try:
    from langchain_core.documents import BaseDocumentTransformer, Document
except ImportError as error:
    raise missing("langchain") from error


class SpamCleaner(BaseDocumentTransformer):
    """Cuts injected blocks out of documents; gives new ones, and as many as it got.

    ``id`` and metadata stay. A document that was spam from end to end comes back empty. With
    ``blocks_field`` the metadata tells under that key what was cut. ``counts`` adds up what this
    transformer has seen, as LangChain keeps no statistics. Other arguments are those of
    `contentfilter.Cleaner`.
    """

    def __init__(self, *, blocks_field: str | None = None, **options: Unpack[Options]) -> None:
        self.blocks_field = blocks_field
        self.counts: Counter[str] = Counter()
        self._rows = RowCleaner(**options)

    def transform_documents(
        self, documents: Sequence[Document], **kwargs: Any
    ) -> Sequence[Document]:
        """Return ``documents`` cleaned, in order."""
        self._rows.start()
        return [self._cleaned(document) for document in documents]

    def _cleaned(self, document: Document) -> Document:
        row = self._rows.clean(document.page_content)
        self.counts.update(row.counts)
        metadata = dict(document.metadata)
        if self.blocks_field is not None:
            metadata[self.blocks_field] = record(row.blocks)
        changed = {"page_content": row.value, "metadata": metadata}
        return document.model_copy(update=changed)
