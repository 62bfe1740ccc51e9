"""The trained arrays, and how they judge pages: from the first question to what is to be cut."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.decoding import (
    Candidate,
    describe_block,
    edges_of,
    extent,
    label,
)
from contentfilter.edges import Surroundings, refine
from contentfilter.features import NAMES, OF_WORDS, Context, describe, of_words
from contentfilter.folding import Folding
from contentfilter.gate import describe_doubts
from contentfilter.lexical import Lexical, hash_words
from contentfilter.looking import Doubted, Look, Part, Passage, doubted_of, tiles
from contentfilter.pages import Pages, chosen, pages_of
from contentfilter.passages import passages, pieces
from contentfilter.prefilter import Doubts, Prefilter
from contentfilter.segmentation import Segments
from contentfilter.spans import Span
from contentfilter.trees import Cascade, Trees

# Hashed words that tell categories apart.
CATEGORY_BITS = 15

# Log-odds of the first and the last segment of lines from which the ends of those lines are not
# asked about: of 2,000 pages three came out otherwise, of which one was better.
_SURE_EDGE = 2.0
# Characters of the texts that are asked the first question in one go: so many fit the cache; and
# of pages in doubt that are asked the next ones.
_TILE_SIZE = 1 << 16
_LOOK_SIZE = 1 << 18
# Characters of all pages that wait beside those in doubt: each takes fifteen bytes.
_HELD_SIZE = 1 << 21


class Found(NamedTuple):
    """A block as the model sees it: what to cut, how sure it is, of which category, and why."""

    span: Span
    score: float
    category: str
    reasons: tuple[str, ...]


class _Suspect(NamedTuple):
    """A passage with runs of segments that may be blocks, and what is known of its segments.

    ``logits`` and ``topics`` (the log-odds of each category) have a row for each segment.
    """

    passage: Passage
    candidates: list[Candidate]
    logits: NDArray[np.float64]
    words: Sequence[Sequence[str]]
    topics: NDArray[np.float32]


class Stages(NamedTuple):
    """The ensembles that judge: windows in doubt, segments, blocks, and where those begin, end.

    Each gives the log-odds of what the field's module describes.
    """

    gate: Cascade
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
        categories: NDArray[np.float32],
    ) -> None:
        self.header = header
        self.folding = fold
        self.prefilter = prefilter
        self.lexical = lexical
        self.trees = trees
        self.categories = categories

    @property
    def threshold(self) -> float:
        """The score from which a block is cut, chosen when the model was trained."""
        return float(self.header["threshold"])

    @property
    def gate_threshold(self) -> float:
        """The log-odds from which a window in doubt gets the closer look."""
        return float(self.header["gate_threshold"])

    @cached_property
    def category_names(self) -> list[str]:
        """The categories that blocks are told apart by."""
        return list(self.header["categories"])

    def pages(self, texts: Sequence[str]) -> Pages:
        """Return ``texts`` as the model sees them."""
        return pages_of(texts, self.folding, self.prefilter)

    def look(self, doubted: Doubted) -> Look | None:
        """Return the passages around what is in doubt; None where there is no word."""
        pages, doubts, _ = doubted
        windows = np.array([pages.where[doubts.first], pages.where[doubts.last - 1] + 1]).T
        context = Context(pages, windows)
        parts = pieces(pages, passages(pages, windows), self.lexical)
        if not len(parts.segments):
            return None
        return Look(pages, parts, *describe(pages, parts, self.lexical.bias, context))

    def judge(self, look: Look) -> tuple[NDArray[np.float64], list[Sequence[str]]]:
        """Return the log-odds of the segments, and the words of those that may be injected.

        Those words are told to ``look`` as well.
        """
        X, trees = look.X, self.trees.segment
        logits = trees.quick.predict(X)
        asked = logits >= trees.least
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

    def find_many(self, texts: Sequence[str], threshold: float) -> list[list[Found]]:
        """Return what `find` gives for each of ``texts``; in one go that costs far less.

        A long text is looked at section by section, so that memory stays within bounds.
        """
        found: list[list[Found]] = [[] for _ in texts]
        for doubted in self.in_doubt(texts):
            for part, block in self._found(self.passing(doubted), threshold):
                span = Span(part.start + block.span.start, part.start + block.span.end)
                found[part.number].append(block._replace(span=span))
        return found

    def in_doubt(self, texts: Iterable[str]) -> Iterator[Doubted]:
        """Yield what of ``texts`` is in doubt, that of many together; elsewhere is no block."""
        waiting: list[tuple[Pages, list[int]]] = []
        parts: list[Part] = []
        size = held = 0
        for tile in tiles(texts, _TILE_SIZE):
            pages = self.pages([part.text for part in tile])
            suspected = pages.suspected.tolist()
            if suspected:
                waiting.append((pages, suspected))
                parts += [tile[i] for i in suspected]
                size += sum(len(tile[i].text) for i in suspected)
                held += int(pages.starts[-1])
            if size >= _LOOK_SIZE or held >= _HELD_SIZE:
                yield doubted_of(chosen(waiting), parts)
                waiting, parts, size, held = [], [], 0, 0
        if waiting:
            yield doubted_of(chosen(waiting), parts)

    def passing(self, doubted: Doubted) -> Doubted:
        """Return what of it deserves the closer look, without the pages that have none of it."""
        pages, doubts, parts = doubted
        passes = self.trees.gate.predict(describe_doubts(pages, doubts)) >= self.gate_threshold
        first, last, text = (column[passes] for column in doubts)
        numbers, own = np.unique(text, return_inverse=True)
        if not len(numbers):
            return Doubted(pages, Doubts(first, last, text), [])
        rest = chosen([(pages, numbers.tolist())])
        moved = rest.letter_starts[own] - pages.letter_starts[text]
        return Doubted(
            rest, Doubts(first + moved, last + moved, own), [parts[i] for i in numbers.tolist()]
        )

    def _found(self, doubted: Doubted, threshold: float) -> Iterator[tuple[Part, Found]]:
        """Yield the blocks of pages that deserve the closer look."""
        look = self.look(doubted) if doubted.parts else None
        if look is None:
            return
        suspects = self._suspects(look)
        for suspect, scores in zip(suspects, self._scores(suspects, look.pages), strict=True):
            part = doubted.parts[suspect.passage.page]
            for candidate, score in zip(suspect.candidates, scores.tolist(), strict=True):
                if score >= threshold:
                    span = self._extent(part.text, look.pages, suspect, candidate)
                    yield part, Found(span, score, *self._told(suspect, candidate))

    def _suspects(self, look: Look) -> list[_Suspect]:
        """Return the passages that have runs of segments which may be blocks."""
        logits, words = self.judge(look)
        found = []
        for passage in look.passages():
            own = logits[passage.rows]
            candidates = label(own, passage.segments.line) if own.max() > 0 else []
            if candidates:
                found.append((passage, candidates, own, words[passage.rows]))
        if not found:
            return []
        topics = self.topics([part for *_, own in found for part in own])
        ends = np.cumsum([len(own) for *_, own in found])
        return [
            _Suspect(*each, part)
            for each, part in zip(found, np.split(topics, ends[:-1]), strict=True)
        ]

    def _scores(self, suspects: Sequence[_Suspect], pages: Pages) -> list[NDArray[np.float64]]:
        """Return the scores of the candidates of each passage."""
        sizes = (pages.letter_starts[1:] - pages.letter_starts[:-1]).tolist()
        rows = [
            describe_block(candidate, X, logits, topics, parts.segments, sizes[page])
            for (page, parts, X, *_), candidates, logits, _, topics in suspects
            for candidate in candidates
        ]
        if not rows:
            return []
        scores = _probability(self.trees.block.predict(np.stack(rows)))
        return np.split(scores, np.cumsum([len(each.candidates) for each in suspects])[:-1])

    def _extent(self, text: str, pages: Pages, suspect: _Suspect, candidate: Candidate) -> Span:
        """Return what is cut of ``text`` for a candidate."""
        passage = suspect.passage
        refined = passage.segments, candidate
        if not _has_sure_edges(suspect.logits, passage.segments, candidate):
            around = Surroundings(pages, passage.parts, self.lexical, passage.known, suspect.words)
            refined = refine(pages, around, candidate, self.trees.begin, self.trees.end)
        return extent(text, pages, passage.page, *refined)

    def _told(self, suspect: _Suspect, candidate: Candidate) -> tuple[str, tuple[str, ...]]:
        """Return the category of a candidate, and the terms and traits that speak for it."""
        run = slice(candidate.first, candidate.last + 1)
        category = self.category_names[int(suspect.topics[run].sum(axis=0).argmax())]
        return category, (*self._terms(suspect.words[run]), *_traits(suspect.passage.X[run]))

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


def _has_sure_edges(logits: NDArray[np.float64], segments: Segments, candidate: Candidate) -> bool:
    """Whether a candidate has its lines alone, and nothing at their ends reads like text."""
    at_ends = min(logits[candidate.first], logits[candidate.last])
    return bool(at_ends >= _SURE_EDGE) and all(edges_of(segments, candidate))


def topics_of(
    words: Sequence[Sequence[str]], categories: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the sums of the categories' weights over the words of each segment."""
    hashed = hash_words(words)
    mask = np.uint32((1 << CATEGORY_BITS) - 1)
    index = np.concatenate([hashed.words, hashed.pairs]) & mask
    owner = np.concatenate([hashed.owner, hashed.pair_owner])
    found = [np.bincount(owner, weights[index], len(words)) for weights in categories]
    return np.array(found, np.float32).T


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
