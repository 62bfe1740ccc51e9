"""A component for pipelines of Haystack."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from contentfilter.integrations._core import RowCleaner, missing, record

try:
    from haystack import Document, component
except ImportError as error:
    raise missing("haystack") from error


@component
class SpamCleaner:
    """Cuts injected blocks out of documents; gives new ones, and as many as it got.

    The id of a document stays, also when its content changes. With ``blocks_field`` the meta
    tells under that key what was cut. Other arguments are those of `contentfilter.Cleaner`.
    """

    def __init__(
        self,
        model: str | None = None,
        threshold: float | None = None,
        blocks_field: str | None = None,
        categories: Collection[str] | None = None,
        allow: Collection[str] = (),
        deny: Collection[str] = (),
    ) -> None:
        self._rows = RowCleaner(
            model=model, threshold=threshold, categories=categories, allow=allow, deny=deny
        )
        # Haystack writes a pipeline down by reading these attributes; YAML knows lists.
        self.model = model
        self.threshold = threshold
        self.blocks_field = blocks_field
        self.categories = None if categories is None else list(categories)
        self.allow = list(allow)
        self.deny = list(deny)

    def warm_up(self) -> None:
        """Load the model."""
        self._rows.start()

    @component.output_types(documents=list[Document], counts=dict[str, int])
    def run(self, documents: list[Document]) -> dict[str, Any]:
        """Return ``documents`` cleaned, in order, and the ``counts`` of this run."""
        self._rows.start()
        counts: Counter[str] = Counter()
        return {
            "documents": [self._cleaned(document, counts) for document in documents],
            "counts": dict(counts),
        }

    def _cleaned(self, document: Document, counts: Counter[str]) -> Document:
        row = self._rows.clean(document.content)
        counts.update(row.counts)
        meta = dict(document.meta)
        if self.blocks_field is not None:
            meta[self.blocks_field] = record(row.blocks)
        return replace(document, content=row.value, meta=meta)
