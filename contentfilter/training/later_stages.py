"""Fit what looks at segments and blocks on their pages: two ensembles of trees, and the edges'."""

import logging
import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from contentfilter.decoding import Candidate, describe_blocks, label
from contentfilter.edges import N_EDGE_FEATURES, REACH, Surroundings, block_of
from contentfilter.features import NAMES, OF_WORDS, of_words
from contentfilter.fluency import Fluency, Sides
from contentfilter.model import Model
from contentfilter.quoting import Beside, beside
from contentfilter.segmentation import Segments
from contentfilter.subjects import subjects_of
from contentfilter.training.dataset import Data, Settings
from contentfilter.training.ensembles import (
    Rows,
    fit_cascade,
    fit_small,
    fit_trees,
    joined,
    no_rows,
)
from contentfilter.training.gates import (
    Gates,
    Seen,
    choose_gates,
    fit_gates,
    injected,
    model_of,
    sections_of,
)
from contentfilter.training.made_pages import labelled_pages
from contentfilter.training.seeds import Page, Seeds, bucket
from contentfilter.trees import Cascade, Trees

_log = logging.getLogger(__name__)
_Floats = NDArray[np.float64]


class _Example(NamedTuple):
    """A passage of a training page, with the share of each segment that is injected.

    ``words`` are the features that need words, ``topics`` the categories by them. Once `settle`
    has been asked, ``X`` holds them for those segments that are ``asked`` for, and ``logits`` are
    what the small ensemble says of the others.
    """

    segments: Segments
    X: _Floats
    words: _Floats
    topics: NDArray[np.float32]
    injected: _Floats
    page_size: int
    weight: float
    asked: NDArray[np.bool_]
    logits: _Floats
    sides: Sides
    half: int
    subjects: _Floats
    beside: Beside


class _Edges(NamedTuple):
    """Places near the edges of blocks: does one begin here, does one end here."""

    begin: Rows
    end: Rows


class Examples(NamedTuple):
    """Passages in two parts, each of which can judge what the other taught, and edges."""

    halves: tuple[list[_Example], list[_Example]]
    edges: _Edges


class Stage:
    """Makes the examples of the later stages, each seen through words it was not trained on."""

    def __init__(self, seeds: Seeds, data: Data, seen: Sequence[Seen], settings: Settings) -> None:
        self.seen, self.settings = seen, settings
        self._chunks = [
            (half, pages[at : at + 500])
            for half in (0, 1)
            for pages in [labelled_pages(seeds, data, half, settings)]
            for at in range(0, len(pages), 500)
        ]

    def fit_gates(self) -> tuple[tuple[Gates, Gates], tuple[Cascade, Cascade]]:
        """Return the gates fitted on either half, for the other, and the trees fitted on all."""
        return fit_gates(self._chunks, self.seen, self.settings)

    def choose_gates(self, gates: Sequence[Gates], model: Model) -> dict[str, float]:
        """Return the log-odds from which something passes: hardly a block of ``model`` is lost."""
        return choose_gates(self._chunks, self.seen, gates, model, self.settings)

    def examples(self, gates: Sequence[Gates]) -> Examples:
        """Return the examples that pass the gates."""
        work = (
            delayed(_examples)(self.seen[half], gates[half], chunk, half)
            for half, chunk in self._chunks
        )
        both: tuple[list[_Example], list[_Example]] = ([], [])
        begins, ends = [], []
        for part, edges in Parallel(n_jobs=self.settings.n_jobs)(work):
            for stage, example in part:
                both[stage].append(example)
            begins.append(edges.begin)
            ends.append(edges.end)
        _log.info("%d and %d passages", len(both[0]), len(both[1]))
        return Examples(both, _Edges(joined(begins), joined(ends)))


def _examples(
    seen: Seen, gates: Gates, pages: Sequence[tuple[Page, float]], half: int
) -> tuple[list[tuple[int, _Example]], _Edges]:
    model = model_of(seen, gates)
    rng = random.Random(len(pages))
    found = []
    begins, ends = [no_rows(N_EDGE_FEATURES)], [no_rows(N_EDGE_FEATURES)]
    for doubted in map(model.passing, model.in_doubt(sections_of(pages))):
        look = model.look(doubted) if doubted.parts else None
        if look is None:
            continue
        of_parts = [pages[part.number] for part in doubted.parts]
        count = injected(look.pages, [page.spans for page, _ in of_parts])
        sizes = np.diff(look.pages.letter_starts).tolist()
        pairs, doubts = look.context.pairs, look.doubts
        said = beside(look.pages, pairs, doubts, look.parts.segments, seen.quoting)
        subjects = subjects_of(seen.subjects, look.pages, look.context, range(len(sizes)))
        words = look.words(seen.lexical, np.ones(len(look.X), bool))
        topics = model.topics(words)
        by_words = of_words(words, look.X[:, NAMES.index("size")], seen.lexical)
        for number, rows in look.passages():
            page, weight = of_parts[number]
            segments = look.parts.segments.take(rows)
            first, last = look.pages.inner(segments.start), look.pages.inner(segments.stop)
            share = (count[last] - count[first]) / (last - first)
            example = _Example(
                segments,
                look.X[rows],
                by_words[rows],
                topics[rows],
                share,
                sizes[number],
                weight,
                np.ones(len(share), bool),
                np.zeros(len(share)),
                look.sides.take(rows),
                half,
                subjects[number],
                said.take(rows),
            )
            found.append((bucket(page.text[:100] + "stage") % 2, example))
            if page.spans:
                own = look.chosen(np.arange(rows.start, rows.stop))
                around = Surroundings(own, seen.lexical, words[rows])
                begin, end = _edges(around, np.diff(count) > 0, rng)
                begins.append(begin)
                ends.append(end)
    return found, _Edges(joined(begins), joined(ends))


# The edges of blocks that have their lines alone are easy, and there are many.
_OWN_LINES_KEPT = 0.3


def _edges(around: Surroundings, marked: NDArray[np.bool_], rng: random.Random) -> _Edges:
    """Return the places near where each block of a passage begins, and near where it ends."""
    start, stop = runs(marked[around.letters])
    first, last = around.lines_of(around.owner[start]), around.lines_of(around.owner[stop - 1])
    alone = (start == first.first) & (stop == last.last)
    kept = np.array([not of_one or rng.random() <= _OWN_LINES_KEPT for of_one in alone], bool)
    start, stop = start[kept], stop[kept]
    first, last = first.take(kept), last.take(kept)
    middle = start + _random_steps(rng, len(start))
    low = np.maximum(middle - REACH, first.first)
    begin = around.places(low, np.minimum(np.minimum(middle + REACH, first.last - 1), stop - 1))
    middle = stop + _random_steps(rng, len(stop))
    low = np.maximum(np.maximum(middle - REACH, last.first), start) + 1
    end = around.places(low, np.minimum(middle + REACH, last.last))
    return _Edges(
        Rows(
            around.describe(begin, first, block_of(begin, start, stop)),
            begin.at == start[begin.edge],
        ),
        Rows(around.describe(end, last, block_of(end, stop, start)), end.at == stop[end.edge]),
    )


def _random_steps(rng: random.Random, n: int) -> NDArray[np.int64]:
    return np.array([rng.randint(-REACH // 2, REACH // 2) for _ in range(n)], np.int64)


def runs(marked: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where runs of true begin and end."""
    edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
    return edges[::2], edges[1::2]


def fit_edges(rows: Rows, settings: Settings) -> Cascade:
    """Return trees that give the log-odds of a block beginning, or ending, at a place."""
    _log.info("edges: %d places, %d edges", len(rows.y), rows.y.sum())
    return fit_cascade(rows, settings, max_iter=160)


_BESIDE_WEIGHT = 3.0


def _beside(example: _Example) -> NDArray[np.bool_]:
    """Return whether each segment stands on a line that also holds injected ones."""
    line = example.segments.line
    of_line = np.bincount(line, example.injected >= 0.5)
    return of_line[line] > 0


def fit_quick(examples: Sequence[_Example], settings: Settings) -> tuple[Trees, float]:
    """Return a small ensemble over all but the words of segments, and below what it rules out."""
    X = np.concatenate([e.X for e in examples])
    y, weights = _labels(examples)
    return fit_small(X, y, weights, settings)


def settle(examples: Sequence[_Example], quick: Trees, least: float) -> list[_Example]:
    """Return ``examples`` as the large ensemble sees them: words only where it is asked."""
    settled = []
    for example in examples:
        logits = quick.predict(example.X)
        asked = logits >= least
        X = example.X.copy()
        X[asked, : len(OF_WORDS)] = example.words[asked]
        topics = np.where(asked[:, None], example.topics, np.float32(0))
        settled.append(example._replace(X=X, topics=topics, asked=asked, logits=logits))
    return settled


def _labels(examples: Sequence[_Example]) -> tuple[NDArray[np.bool_], _Floats]:
    """Return of all segments whether they are injected, and how much each counts."""
    n = np.array([len(e.injected) for e in examples])
    y = np.concatenate([e.injected for e in examples]) >= 0.5
    # A segment of a long passage counts less, so that one long list does not rule.
    weights = np.repeat([e.weight for e in examples] / np.maximum(1, n / 30) ** 0.5, n)
    # Text that shares a line with a block is what a cut may damage.
    weights[~y & np.concatenate([_beside(e) for e in examples])] *= _BESIDE_WEIGHT
    return y, weights


def fit_segments(examples: Sequence[_Example], settings: Settings, max_iter: int = 180) -> Trees:
    """Return trees that give a segment's log-odds of being injected, where they are asked."""
    X = np.concatenate([e.X for e in examples])
    asked = np.concatenate([e.asked for e in examples])
    y, weights = _labels(examples)
    _log.info("segments: %d, asked %d, injected %.3f", len(y), asked.sum(), y[asked].mean())
    return fit_trees(
        X[asked],
        y[asked],
        weights[asked],
        settings,
        learning_rate=0.1,
        max_iter=max_iter,
        min_samples_leaf=40,
    )


# Candidates are also drawn with scores this much higher than they are: the blocks' trees must see
# what is nearly one.
_LENIENT = (0.0, 3.0, 6.0)


def fit_blocks(
    crossed: Sequence[Trees],
    halves: Sequence[Sequence[_Example]],
    fluencies: Sequence[Fluency],
    settings: Settings,
) -> Trees:
    """Return trees that give the log-odds of a run of segments being a block.

    The examples of each half are judged by trees that were fitted on the other. ``fluencies``
    are those that the halves of the pages are seen through.
    """
    rows, y, weights = [], [], []
    for trees, examples in zip(crossed, halves, strict=True):
        for example in examples:
            segments, X = example.segments, example.X
            logits = example.logits.copy()
            logits[example.asked] = trees.predict(X[example.asked])
            found = list(_candidates(logits, example))
            shares = np.array([share for _, share in found])
            kept = (shares <= 0.2) | (shares >= 0.7)
            if kept.any():
                candidates = [found[i][0] for i in kept.nonzero()[0].tolist()]
                sizes = np.full(len(candidates), example.page_size)
                around = example.sides, fluencies[example.half]
                topics, subjects = example.topics, np.tile(example.subjects, (len(candidates), 1))
                rows.append(
                    describe_blocks(
                        candidates,
                        X,
                        logits,
                        topics,
                        segments,
                        sizes,
                        around,
                        subjects,
                        example.beside,
                    )
                )
                y.append(shares[kept] >= 0.7)
                weights.append(np.full(len(candidates), example.weight))
    X, labels = np.concatenate(rows), np.concatenate(y)
    _log.info("candidates: %d, blocks %.3f", len(labels), labels.mean())
    return fit_trees(
        X, labels, np.concatenate(weights), settings, max_iter=150, min_samples_leaf=20
    )


def _candidates(logits: _Floats, example: _Example) -> Iterable[tuple[Candidate, float]]:
    """Yield runs that may be blocks, with the share of their characters that is injected."""
    segments, X = example.segments, example.X
    seen = set()
    for bias in _LENIENT:
        for candidate in label(logits + bias, segments.line):
            if candidate not in seen:
                seen.add(candidate)
                cut = slice(candidate.first, candidate.last + 1)
                sizes = X[cut, NAMES.index("size")]
                yield candidate, float((example.injected[cut] * sizes).sum() / sizes.sum())
