"""The trained arrays, and how they judge pages: from the first question to what is to be cut."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.decoding import (
    Candidate,
    describe_blocks,
    edges_of,
    extent,
    is_encoded,
    label,
)
from contentfilter.edges import Surroundings, refine
from contentfilter.features import NAMES, OF_WORDS, Context, describe, of_words
from contentfilter.fluency import Reading
from contentfilter.folding import Folding
from contentfilter.gate import describe_doubts
from contentfilter.lexical import Lexical, hash_words
from contentfilter.looking import Doubted, Look, Part, doubted_of, letters_of, tiles
from contentfilter.pages import Pages, chosen, joined, pages_of
from contentfilter.passage_gate import describe_passages
from contentfilter.passages import Pieces, divided, passages, undivided
from contentfilter.prefilter import Doubts, Prefilter
from contentfilter.quoting import Quoting, beside
from contentfilter.segmentation import Segments
from contentfilter.spans import Span
from contentfilter.subjects import subjects_of
from contentfilter.trees import Cascade, Trees
from contentfilter.weights import Weights

# Hashed words that tell categories apart.
CATEGORY_BITS = 17

# Runs of segments that may be blocks are also looked for with so much added to the log-odds of each
# segment; such a run counts where none of those without it scores enough. Two in five of the blocks
# that no run had stood for have one by it (benchmarks/README.md, run 23).
_LENIENCE = 1.0
# What the small ensemble says at least of one segment of a passage whose words are asked for, in
# log-odds. With a model of another training, measure again (benchmarks/README.md, run 23): it
# spares three in ten of the passages of clean pages, and loses one block in a thousand.
_HOPEFUL = -1.75
# Log-odds of the first and the last segment of lines from which the ends of those lines are not
# asked about: of 2,000 pages three came out otherwise, of which one was better.
_SURE_EDGE = 2.0
# Characters of the texts that are asked the first question in one go: so many fit the cache; and
# of pages in doubt that are asked the next ones.
_TILE_SIZE = 1 << 16
_LOOK_SIZE = 1 << 18


class Found(NamedTuple):
    """A block as the model sees it: what to cut, how sure it is, of which category, and why."""

    span: Span
    score: float
    category: str
    reasons: tuple[str, ...]


class _Suspects(NamedTuple):
    """Passages with runs of segments that may be blocks, and what is known of their segments.

    ``logits``, ``words`` and ``topics`` (the log-odds of each category) have a row for each.
    Candidates may overlap; of those that score enough and do, the first one counts.
    """

    look: Look
    candidates: list[Candidate]
    logits: NDArray[np.float64]
    words: list[Sequence[str]]
    topics: NDArray[np.float32]

    def pages_of(self, candidates: Sequence[Candidate]) -> NDArray[np.int64]:
        """Return which page each of ``candidates`` is on."""
        first = [candidate.first for candidate in candidates]
        return self.look.pages.page_of(self.look.parts.segments.start[first])


class Stages(NamedTuple):
    """The ensembles that judge, in order; the last two, where blocks begin and end.

    Each gives the log-odds of what the field's module describes.
    """

    gate: Cascade
    passage: Cascade
    segment: Cascade
    block: Trees
    begin: Cascade
    end: Cascade


class Model:
    """A trained model. Nothing in it changes when it is used."""

    def __init__(
        self,
        header: dict[str, Any],
        fold: Folding,
        prefilter: Prefilter,
        lexical: Lexical,
        trees: Stages,
        categories: Weights,
        subjects: NDArray[np.uint32],
        quoting: Quoting,
    ) -> None:
        self.header = header
        self.folding = fold
        self.prefilter = prefilter
        self.lexical = lexical
        self.trees = trees
        self.categories = categories
        self.subjects = subjects
        self.quoting = quoting

    @property
    def threshold(self) -> float:
        """The score from which a block is cut, chosen when the model was trained."""
        return float(self.header["threshold"])

    @property
    def gate_threshold(self) -> float:
        """The log-odds from which a window in doubt gets the closer look."""
        return float(self.header["gate_threshold"])

    @property
    def passage_threshold(self) -> float:
        """The log-odds from which a passage is segmented into words."""
        return float(self.header["passage_threshold"])

    @cached_property
    def category_names(self) -> list[str]:
        """The categories that blocks are told apart by."""
        return list(self.header["categories"])

    def pages(self, texts: Sequence[str]) -> Pages:
        """Return ``texts`` as the model sees them."""
        return pages_of(texts, self.folding, self.prefilter)

    def look(self, doubted: Doubted) -> Look | None:
        """Return the passages around what is `passing` that are worth it; None without any."""
        pages = doubted.pages
        whole = self.undivided(doubted)
        if not len(whole.segments):
            return None
        facts = describe_passages(doubted, whole, self.lexical.bias)
        passes = self.trees.passage.predict(facts) >= self.passage_threshold
        if not passes.any():
            return None
        first, last = whole.bounds()
        rows = passes.repeat(last - first).nonzero()[0]
        context = Context(pages, doubted.windows())
        parts = whole.take(rows, letters_of(pages, whole.segments, rows))
        parts = divided(pages, parts, self.lexical)
        reading = Reading(pages)
        segments = parts.segments
        sides = reading.sides(pages.inner(segments.start), pages.inner(segments.stop))
        X, known = describe(pages, parts, self.lexical, context, sides)
        return Look(pages, parts, X, known, reading, sides, context, doubted.doubts)

    def undivided(self, doubted: Doubted) -> Pieces:
        """Return the passages around what is in doubt, in segments that are not divided."""
        pages = doubted.pages
        return undivided(pages, passages(pages, doubted.windows()), self.lexical)

    def judge(self, look: Look) -> tuple[NDArray[np.float64], list[Sequence[str]]]:
        """Return the log-odds of the segments, and the words of those that may be injected.

        Those words are told to ``look`` as well.
        """
        X, trees = look.X, self.trees.segment
        logits = trees.quick.predict(X)
        first, last = look.parts.bounds()
        hopeful = np.maximum.reduceat(logits, first) >= _HOPEFUL
        asked = (logits >= trees.least) & hopeful.repeat(last - first)
        words = look.words(self.lexical, asked)
        if asked.any():
            sizes = X[asked, NAMES.index("size")]
            of_asked = [part for part in words if part]
            X[asked, : len(OF_WORDS)] = of_words(of_asked, sizes, self.lexical)
            logits[asked] = trees.full.predict(X[asked])
        return logits, words

    def find(self, text: str, threshold: float) -> list[Found]:
        """Return the blocks of ``text`` with a score of at least ``threshold``, in order."""
        return self.find_many([text], threshold)[0]

    def find_many(
        self, texts: Sequence[str], threshold: float, reasons: bool = True
    ) -> list[list[Found]]:
        """Return what `find` gives for each of ``texts``; in one go that costs far less.

        Without ``reasons`` blocks have none, which saves a tenth.

        A long text is looked at section by section, so that memory stays within bounds.
        """
        found: list[list[Found]] = [[] for _ in texts]
        for doubted in self.in_doubt(texts):
            for part, block in self._found(self.passing(doubted), threshold, reasons):
                span = Span(part.start + block.span.start, part.start + block.span.end)
                found[part.number].append(block._replace(span=span))
        return found

    def in_doubt(self, texts: Iterable[str]) -> Iterator[Doubted]:
        """Yield what of ``texts`` is in doubt, that of many together; elsewhere is no block."""
        waiting: list[Pages] = []
        parts: list[Part] = []
        size = 0
        for tile in tiles(texts, _TILE_SIZE):
            pages = self.pages([part.text for part in tile])
            suspected = pages.suspected.tolist()
            if suspected:
                waiting.append(chosen(pages, suspected))
                parts += [tile[i] for i in suspected]
                size += int(waiting[-1].starts[-1])
            if size >= _LOOK_SIZE:
                pages, waiting, size = joined(waiting), [], 0
                yield doubted_of(pages, parts)
                parts = []
        if waiting:
            pages, waiting = joined(waiting), []
            yield doubted_of(pages, parts)

    def passing(self, doubted: Doubted) -> Doubted:
        """Return what of it deserves the closer look, without the pages that have none of it."""
        pages, doubts, parts, _ = doubted
        logits = self.trees.gate.predict(describe_doubts(pages, doubts))
        passes = logits >= self.gate_threshold
        first, last, text = (column[passes] for column in doubts)
        numbers, own = np.unique(text, return_inverse=True)
        if not len(numbers):
            return Doubted(pages, Doubts(first, last, text), [], logits[passes])
        rest = chosen(pages, numbers.tolist())
        moved = rest.letter_starts[own] - pages.letter_starts[text]
        passing = Doubts(first + moved, last + moved, own)
        return Doubted(rest, passing, [parts[i] for i in numbers.tolist()], logits[passes])

    def _found(
        self, doubted: Doubted, threshold: float, reasons: bool
    ) -> Iterator[tuple[Part, Found]]:
        """Yield the blocks of pages that deserve the closer look."""
        look = self.look(doubted) if doubted.parts else None
        suspects = self._suspects(look) if look else None
        if not look or not suspects:
            return
        scores = self._scores(suspects)
        chosen = _apart(suspects, (scores >= threshold).nonzero()[0].tolist())
        candidates = [suspects.candidates[i] for i in chosen]
        numbers = suspects.pages_of(candidates).tolist()
        refined = self._refined(suspects, candidates)
        for i, number, run, of_run in zip(chosen, numbers, candidates, refined, strict=True):
            part = doubted.parts[number]
            span = extent(part.text, look.pages, number, *of_run)
            if is_encoded(part.text[span.start : span.end]):
                continue
            told = self._told(suspects, run, reasons)
            yield part, Found(span, float(scores[i]), *told)

    def _suspects(self, look: Look) -> _Suspects | None:
        """Return the passages that have runs of segments which may be blocks; None without any."""
        logits, words = self.judge(look)
        line = look.parts.segments.line
        first, last = look.parts.bounds()
        likely = np.maximum.reduceat(logits, first) > -_LENIENCE
        rows, candidates, n = [], [], 0
        for a, b in zip(first[likely].tolist(), last[likely].tolist(), strict=True):
            strict, lenient = (label(logits[a:b] + more, line[a:b]) for more in (0.0, _LENIENCE))
            own = dict.fromkeys([*strict, *lenient])
            if own:
                candidates += [Candidate(n + begin, n + end) for begin, end in own]
                rows.append(np.arange(a, b))
                n += b - a
        if not candidates:
            return None
        chosen = np.concatenate(rows)
        own_words = [words[i] for i in chosen.tolist()]
        topics = self.topics(own_words)
        return _Suspects(look.chosen(chosen), candidates, logits[chosen], own_words, topics)

    def _scores(self, suspects: _Suspects) -> NDArray[np.float64]:
        """Return the scores of the candidates."""
        look, candidates, logits, _, topics = suspects
        starts = look.pages.letter_starts
        numbers, of = np.unique(suspects.pages_of(candidates), return_inverse=True)
        sizes = (starts[1:] - starts[:-1])[numbers[of]]
        subjects = subjects_of(self.subjects, look.pages, look.context, numbers.tolist())[of]
        sides = look.sides, self.lexical.fluency
        segments = look.parts.segments
        said = beside(look.pages, look.context.pairs, look.doubts, segments, self.quoting)
        X = describe_blocks(
            candidates, look.X, logits, topics, segments, sizes, sides, subjects, said
        )
        return _probability(self.trees.block.predict(X))

    def _refined(
        self, suspects: _Suspects, candidates: Sequence[Candidate]
    ) -> list[tuple[Segments, Candidate]]:
        """Return each candidate, and the segments that it is among: where exactly its edges are."""
        look, _, logits, words, _ = suspects
        segments = look.parts.segments
        unsure = [
            candidate
            for candidate in candidates
            if not _has_sure_edges(logits, segments, candidate)
        ]
        found = {}
        if unsure:
            around = Surroundings(look, self.lexical, words)
            refined = refine(around, unsure, self.trees.begin, self.trees.end)
            found = dict(zip(unsure, refined, strict=True))
        return [found.get(candidate, (segments, candidate)) for candidate in candidates]

    def _told(
        self, suspects: _Suspects, candidate: Candidate, reasons: bool
    ) -> tuple[str, tuple[str, ...]]:
        """Return the category of a candidate, and the terms and traits that speak for it."""
        run = slice(candidate.first, candidate.last + 1)
        category = self.category_names[int(suspects.topics[run].sum(axis=0).argmax())]
        if not reasons:
            return category, ()
        return category, (*self._terms(suspects.words[run]), *_traits(suspects.look.X[run]))

    def topics(self, words: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """Return the log-odds of each category for each segment, by its words."""
        return topics_of(words, self.categories)

    def _terms(self, words: Sequence[Sequence[str]]) -> list[str]:
        """Return the words of a block that weighed most."""
        counts = Counter(word for part in words[:200] for word in part if len(word) > 1)
        weights = self.lexical.word_weights(hash_words([list(counts)]).words).tolist()
        weighed = dict(zip(counts, weights, strict=True))
        best = sorted(weighed, key=lambda word: (-weighed[word] * counts[word] ** 0.5, word))
        return [word for word in best[:5] if weighed[word] > 0]


def _apart(suspects: _Suspects, found: Sequence[int]) -> list[int]:
    """Return the numbers of candidates that were ``found``, in order, no two with a segment."""
    taken = np.zeros(len(suspects.logits), bool)
    chosen = []
    for i in found:
        first, last = suspects.candidates[i]
        if not taken[first : last + 1].any():
            taken[first : last + 1] = True
            chosen.append(i)
    return sorted(chosen, key=lambda i: suspects.candidates[i])


def _has_sure_edges(logits: NDArray[np.float64], segments: Segments, candidate: Candidate) -> bool:
    """Whether a candidate has its lines alone, and nothing at their ends reads like text."""
    at_ends = min(logits[candidate.first], logits[candidate.last])
    return bool(at_ends >= _SURE_EDGE) and all(edges_of(segments, candidate))


def topics_of(words: Sequence[Sequence[str]], categories: Weights) -> NDArray[np.float32]:
    """Return the sums of the categories' weights over the words of each segment."""
    hashed = hash_words(words)
    mask = np.uint32((1 << CATEGORY_BITS) - 1)
    index = np.concatenate([hashed.words, hashed.pairs]) & mask
    owner = np.concatenate([hashed.owner, hashed.pair_owner])
    found = [np.bincount(owner, row.take(index), len(words)) for row in categories.table]
    return np.array(found, np.float32).T * np.float32(categories.step)


def _traits(X: NDArray[np.float64]) -> list[str]:
    """Return plain words for what marks a block besides its terms."""
    column = {name: X[:, i] for i, name in enumerate(NAMES)}
    traits = []
    if column["from_top"][0] == 0 and column["line_of_page"][0] == 0:
        traits.append("first line of the page")
    if column["to_end"][-1] == 0:
        traits.append("last line of the page")
    if column["script_break"].sum() >= 3:
        traits.append("other script than the page")
    if len(X) >= 3 and column["function"].sum() == 0:
        traits.append("phrases without function words")
    if len(X) >= 3 and column["again"].mean() > 0.5:
        traits.append("few words in many combinations")
    if column["known"].mean() < 0.1 and column["page_rest"][0] > 0.3:
        traits.append("words foreign to the page")
    if column["inserted"].sum() >= 4:
        traits.append("symbols inserted into words")
    return traits


def _probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -40, 40)))
    return result
