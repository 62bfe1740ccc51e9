"""Choose the pages worth reading among any number, in bounded memory."""

import heapq
from random import Random
from typing import NamedTuple

from contentfilter.review.audit import Cut, Entry

_CATEGORIES = 100  # a model has some twenty; a hostile audit may name millions
_PER_CATEGORY = 3

# As much of a page as a reader looks at; so memory is bounded whatever the pages are.
_MAX_CUTS = 20
_HEAD, _TAIL = 400, 160  # characters of a block: errors lie at its edges
_CONTEXT = 120
_NAME = 300
_REASONS = 12


class Passage(NamedTuple):
    """A block as it is shown: ``cut.removed``, then ``skipped`` characters that are not, ``tail``.

    ``number`` is its place among the blocks of the page, from 1.
    """

    number: int
    cut: Cut
    skipped: int
    tail: str


class Sample(NamedTuple):
    """A page to be read: its least sure blocks as passages, and the figures of the whole page."""

    number: int
    entry: Entry
    passages: tuple[Passage, ...]
    blocks: int
    doubt: float
    removed: int
    categories: frozenset[str]


class Chosen(NamedTuple):
    """A page, and what it was chosen for: ``random``, ``doubtful``, ``large``, ..."""

    sample: Sample
    kinds: tuple[str, ...]


class Sampling:
    """Keeps ``size`` pages drawn at random, and those that are likeliest to be wrong.

    Drawn at random, every changed page is as likely as any other; so these tell how good the whole
    run is. The others show where it is worst: the ``size`` most doubtful, the largest cuts, flagged
    pages, and the most doubtful of each category.
    """

    def __init__(self, size: int, random_state: int) -> None:
        quarter = -(-size // 4)
        self._seen = 0
        self._random = _Reservoir(size, random_state)
        self._doubtful = _Highest(size)
        self._large = _Highest(quarter)
        self._flagged = _Highest(quarter)
        self._categories: dict[str, _Highest] = {}

    def add(self, entry: Entry) -> None:
        """Offer a page. One with flags was kept, and is no sample of what was cut."""
        self._seen += 1
        if entry.flags:
            self._flagged.offer(entry.removed, self._seen, entry)
            return
        self._random.offer(self._seen, entry)
        self._doubtful.offer(entry.doubt, self._seen, entry)
        self._large.offer(entry.removed, self._seen, entry)
        surest_first = sorted(entry.cuts, key=lambda cut: -cut.score)
        lowest = {cut.category[:_NAME]: cut.score for cut in surest_first}
        for category, score in lowest.items():
            if category not in self._categories and len(self._categories) < _CATEGORIES:
                self._categories[category] = _Highest(_PER_CATEGORY)
            if highest := self._categories.get(category):
                highest.offer(1 - score, self._seen, entry)

    def chosen(self) -> list[Chosen]:
        """Return the pages, the most doubtful first, each once with all it was chosen for."""
        groups = {
            "random": self._random.samples,
            "doubtful": self._doubtful.samples(),
            "large": self._large.samples(),
            "flagged": self._flagged.samples(),
            "category": [s for kept in self._categories.values() for s in kept.samples()],
        }
        found: dict[int, tuple[Sample, dict[str, None]]] = {}
        for kind, samples in groups.items():
            for sample in samples:
                found.setdefault(sample.number, (sample, {}))[1][kind] = None
        ranked = sorted(found.values(), key=lambda pair: (-pair[0].doubt, pair[0].number))
        return [Chosen(sample, tuple(kinds)) for sample, kinds in ranked]


class _Reservoir:
    """Keeps ``size`` entries, each of those offered as likely as any other (algorithm R)."""

    def __init__(self, size: int, random_state: int) -> None:
        self.samples: list[Sample] = []
        self._size = size
        self._offered = 0
        self._chance = Random(random_state)

    def offer(self, number: int, entry: Entry) -> None:
        self._offered += 1
        if len(self.samples) < self._size:
            self.samples.append(_sample(number, entry))
        elif (place := self._chance.randrange(self._offered)) < self._size:
            self.samples[place] = _sample(number, entry)


class _Highest:
    """Keeps the ``size`` entries of the highest rank, of equals the earlier."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[float, int, Sample]] = []

    def offer(self, rank: float, number: int, entry: Entry) -> None:
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, (rank, -number, _sample(number, entry)))
        elif self._size and (rank, -number) > self._heap[0][:2]:
            heapq.heapreplace(self._heap, (rank, -number, _sample(number, entry)))

    def samples(self) -> list[Sample]:
        return [sample for _, _, sample in self._heap]


def _sample(number: int, entry: Entry) -> Sample:
    """Return ``entry`` with no more of its text than is shown."""
    doubtful = sorted(range(len(entry.cuts)), key=lambda n: (entry.cuts[n].score, n))[:_MAX_CUTS]
    short = entry._replace(
        file=entry.file[:_NAME],
        id=entry.id and entry.id[:_NAME],
        site=entry.site and entry.site[:_NAME],
        cuts=(),
        flags=tuple(flag[:_NAME] for flag in entry.flags[:_REASONS]),
    )
    passages = tuple(_passage(n + 1, entry.cuts[n]) for n in sorted(doubtful))
    categories = frozenset(passage.cut.category for passage in passages)
    return Sample(number, short, passages, len(entry.cuts), entry.doubt, entry.removed, categories)


def _passage(number: int, cut: Cut) -> Passage:
    skipped = max(0, len(cut.removed) - _HEAD - _TAIL)
    short = cut._replace(
        category=cut.category[:_NAME],
        reasons=tuple(reason[:_NAME] for reason in cut.reasons[:_REASONS]),
        removed=cut.removed[:_HEAD] if skipped else cut.removed,
        before=cut.before[-_CONTEXT:],
        after=cut.after[:_CONTEXT],
    )
    return Passage(number, short, skipped, cut.removed[-_TAIL:] if skipped else "")
