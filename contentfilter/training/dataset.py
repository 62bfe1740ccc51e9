"""What a training run depends on: its settings, and the data that it may use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from contentfilter.spans import cut
from contentfilter.training.corpus import HELD_OUT_GENRES, SEED_DOCUMENT, Document
from contentfilter.training.seeds import HELD_OUT, Page, Seeds, bucket

# The two halves that stand in for new words and new documents while the later stages are trained.
EVERYDAY = frozenset(range(10)) - HELD_OUT
HALVES = (frozenset({2, 3, 4, 5}), frozenset({6, 7, 8, 9}))


@dataclass(frozen=True)
class Settings:
    """What a training run depends on besides its data."""

    random_state: int = 0
    hold_out: bool = False
    n_blocks: int = 40_000
    n_pages: int = 36_000
    n_negative_pages: int = 32_000
    n_jobs: int = 2
    # Share of clean validation documents that may be changed, for choosing the threshold.
    false_positive_rate: float = 0.0003


class Data(NamedTuple):
    """What is trained on: legitimate texts, and pages that people wrote."""

    train: list[Document]
    dev: list[Document]
    pages: list[Page]
    negatives: list[Page]
    articles: list[str]
    buckets: frozenset[int]


def select(seeds: Seeds, documents: Sequence[Document], settings: Settings) -> Data:
    """Return what may be trained on: all, or what ``hold_out`` leaves."""
    held = settings.hold_out

    def usable(document: Document) -> bool:
        name = document.id.removeprefix(SEED_DOCUMENT)
        out = document.genre in HELD_OUT_GENRES or (
            name != document.id and bucket(name) in HELD_OUT
        )
        return bool(document.text.strip()) and not (held and out)

    train = [d for d in documents if d.split == "train" and usable(d)]
    dev = [d for d in documents if d.split == "dev" and usable(d)]

    # Without a corpus, the seeds' own texts choose the thresholds too: other ones than are fitted.
    choosing = {d.id.removeprefix(SEED_DOCUMENT) for d in dev}

    def kept(pages: Iterable[Page]) -> list[Page]:
        return [
            page
            for page in pages
            if page.id not in choosing and not (held and bucket(page.id) in HELD_OUT)
        ]

    buckets = EVERYDAY if held else frozenset(range(10))
    articles = [text for text in seeds.articles if bucket(text) in buckets]
    return Data(train, dev, kept(seeds.pages), kept(seeds.negatives), articles, buckets)


def legitimate(data: Data, half: int) -> list[str]:
    """Return the hand-written negatives of one half, and its pages without their blocks."""
    return [page.text for page in data.negatives if half_of(page.id) == half] * 3 + [
        without_blocks(page) for page in data.pages if half_of(page.id) == half
    ]


def without_blocks(page: Page) -> str:
    """Return the text of ``page`` as it was before the injection."""
    return cut(page.text, page.spans).strip("\n")


def half_of(name: str) -> int:
    """Return which half, 0 or 1, a document or page is in."""
    return bucket(name) % 2
