"""A component for spaCy: marks injected blocks on the Doc, and gives the text without them."""

from typing import Unpack

from contentfilter.integrations._core import Options, RowCleaner, missing, record

try:
    from spacy.language import Language
    from spacy.tokens import Doc, SpanGroup
except ImportError as error:
    raise missing("spacy") from error


class SpamMarker:
    """Annotates a Doc, as its tokens cannot be taken out.

    ``doc.spans["contentfilter"]`` holds the tokens that lie within blocks, labelled with the
    category. ``doc._.clean_text`` is the text without the blocks. ``doc._.cut_blocks`` holds the
    exact blocks: their offsets may lie within a token.
    """

    def __init__(self, key: str, **options: Unpack[Options]) -> None:
        self.key = key
        self._rows = RowCleaner(**options)
        self._rows.start()

    def __call__(self, doc: Doc) -> Doc:
        """Return ``doc`` with its blocks marked."""
        row = self._rows.clean(doc.text)
        spans = [
            doc.char_span(b.start, b.end, label=b.category, alignment_mode="contract")
            for b in row.blocks
        ]
        doc.spans[self.key] = SpanGroup(
            doc, name=self.key, spans=[span for span in spans if span is not None]
        )
        doc._.clean_text = row.value
        doc._.cut_blocks = record(row.blocks)
        return doc


for _name in ("clean_text", "cut_blocks"):
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=None)


@Language.factory(
    "contentfilter",
    default_config={
        "key": "contentfilter",
        "model": None,
        "threshold": None,
        "categories": None,
        "allow": [],
        "deny": [],
    },
)
def make_marker(
    nlp: Language,  # noqa: ARG001 - spaCy hands both over
    name: str,  # noqa: ARG001
    key: str,
    model: str | None,
    threshold: float | None,
    categories: list[str] | None,
    allow: list[str],
    deny: list[str],
) -> SpamMarker:
    """Return the component for ``nlp.add_pipe("contentfilter")``."""
    return SpamMarker(
        key, model=model, threshold=threshold, categories=categories, allow=allow, deny=deny
    )
