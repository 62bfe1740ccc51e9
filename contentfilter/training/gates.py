"""Fit the gates: what of a page in doubt the dearer stages get to see."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from contentfilter.arrays import running
from contentfilter.folding import Folding
from contentfilter.gate import N_GATE_FEATURES, describe_doubts
from contentfilter.lexical import Lexical
from contentfilter.looking import Doubted
from contentfilter.model import Model, Stages
from contentfilter.pages import Pages
from contentfilter.passage_gate import N_PASSAGE_FEATURES, describe_passages
from contentfilter.passages import Pieces
from contentfilter.prefilter import Prefilter
from contentfilter.quoting import Quoting
from contentfilter.segmentation import LONGEST_SECTION
from contentfilter.spans import Span
from contentfilter.training.dataset import Settings
from contentfilter.training.ensembles import Rows, fit_cascade, joined, no_rows
from contentfilter.training.seeds import Page
from contentfilter.trees import Cascade
from contentfilter.weights import Weights

_log = logging.getLogger(__name__)
_Ints = NDArray[np.int64]

# Shares of injected stretches, and passages, that the gates may lose in training: much of them no
# later stage would call a block. In use they may lose these shares of what the later stages do call
# so, by pages seen through the words of the other half: with all words 2 % of the passages are
# 0.2 %. With 2 and 3 % instead 0.6 to 0.9 points less of the pages held out of the seeds would be
# removed, in a tenth of Y less (benchmarks/README.md, runs 17, 25 and 26).
_GATE_LOST, _PASSAGE_LOST = 0.003, 0.003
_BLOCKS_LOST, _BLOCKS_LOST_BY_PASSAGE = 0.01, 0.015
# Pages of each chunk that this is found out by.
_JUDGED = 120
# From this score on a block counts as found where a gate is chosen.
LENIENT_THRESHOLD = 0.9
# A stretch or passage counts as injected if this many of its characters are; a stretch, which may
# be short, also if this share is.
_INJECTED = 4
_INJECTED_SHARE = 0.4

Chunk = tuple[int, Sequence[tuple[Page, float]]]


class Seen(NamedTuple):
    """What the prefilter and the words of one half tell: trained without what they judge."""

    fold: Folding
    prefilter: Prefilter
    lexical: Lexical
    categories: Weights
    subjects: NDArray[np.uint32]
    quoting: Quoting

    def model(self, header: dict[str, Any], trees: Stages) -> Model:
        """Return the model that tells these things, and judges by ``trees``."""
        words = self.fold, self.prefilter, self.lexical
        return Model(header, *words, trees, self.categories, self.subjects, self.quoting)


class Gate(NamedTuple):
    """Trees, and the log-odds from which something passes."""

    trees: Cascade
    threshold: float


class Gates(NamedTuple):
    """Of stretches in doubt, and of passages."""

    stretch: Gate
    passage: Gate


# Trees that are never asked.
_NOTHING: Any = None
_TO_BE_FITTED = Gate(_NOTHING, 0.0)


def fit_gates(
    chunks: Sequence[Chunk], seen: Sequence[Seen], settings: Settings
) -> tuple[tuple[Gates, Gates], tuple[Cascade, Cascade]]:
    """Return the gates fitted on either half, for the other, and the trees fitted on all."""
    none = Gates(_TO_BE_FITTED, _TO_BE_FITTED)
    (a, b), stretch = _fit_crossed(_stretches, chunks, seen, (none, none), _GATE_LOST, settings)
    first = none._replace(stretch=a), none._replace(stretch=b)
    (c, d), passage = _fit_crossed(_passages, chunks, seen, first, _PASSAGE_LOST, settings)
    return (Gates(a, c), Gates(b, d)), (stretch, passage)


def choose_gates(
    chunks: Sequence[Chunk],
    seen: Sequence[Seen],
    gates: Sequence[Gates],
    model: Model,
    settings: Settings,
) -> dict[str, float]:
    """Return the log-odds from which something passes: hardly a block of ``model`` is lost."""
    work = (
        delayed(_passing)(_seen_through(seen[half], gates[half], model), pages[:_JUDGED])
        for half, chunk in chunks
        for pages in [[page for page, _ in chunk if page.spans]]
        if pages
    )
    found = [x for part in Parallel(n_jobs=settings.n_jobs)(work) for x in part]
    _log.info("gates chosen by %d blocks", len(found))
    if not found:
        return _thresholds(gates[0])
    stretch, passage = np.array(found).T
    return {
        "gate_threshold": float(np.quantile(stretch, _BLOCKS_LOST)),
        "passage_threshold": float(np.quantile(passage, _BLOCKS_LOST_BY_PASSAGE)),
    }


def _fit_crossed(
    rows_of: Callable[[Seen, Gates, Sequence[tuple[Page, float]]], Rows],
    chunks: Sequence[Chunk],
    seen: Sequence[Seen],
    gates: Sequence[Gates],
    lost: float,
    settings: Settings,
) -> tuple[tuple[Gate, Gate], Cascade]:
    """Return gates fitted on either half, for the other, and trees fitted on both."""
    work = (delayed(rows_of)(seen[half], gates[half], chunk) for half, chunk in chunks)
    found = Parallel(n_jobs=settings.n_jobs)(work)
    halves = [
        joined([rows for (k, _), rows in zip(chunks, found, strict=True) if k == half])
        for half in (0, 1)
    ]
    fits = [fit_cascade(rows, settings, max_iter=120) for rows in halves]
    score = np.concatenate([fits[1 - k].predict(halves[k].X) for k in (0, 1)])
    y = np.concatenate([rows.y for rows in halves])
    lenient = float(np.quantile(score[y], lost)) if y.any() else -9.0
    passed = (score[~y] >= lenient).mean()
    _log.info("gate: %d rows, injected %.3f, passes %.3f", len(y), y.mean(), passed)
    final = fit_cascade(joined(halves), settings, max_iter=120)
    return (Gate(fits[1], lenient), Gate(fits[0], lenient)), final


def _stretches(seen: Seen, gates: Gates, pages: Sequence[tuple[Page, float]]) -> Rows:
    """Return the stretches in doubt of ``pages``, and which are injected."""
    found = [no_rows(N_GATE_FEATURES)]
    for doubted in model_of(seen, gates).in_doubt(sections_of(pages)):
        doubts = doubted.doubts
        hit = _hits(doubted, pages, doubts.first, doubts.last)
        clear = hit >= np.minimum(_INJECTED, _INJECTED_SHARE * (doubts.last - doubts.first))
        kept = (hit == 0) | clear
        found.append(Rows(describe_doubts(doubted.pages, doubts)[kept], hit[kept] > 0))
    return joined(found)


def _passages(seen: Seen, gates: Gates, pages: Sequence[tuple[Page, float]]) -> Rows:
    """Return the passages of ``pages`` that pass the first gate, and which hold injected text."""
    model = model_of(seen, gates)
    found = [no_rows(N_PASSAGE_FEATURES)]
    for doubted in map(model.passing, model.in_doubt(sections_of(pages))):
        if not doubted.parts:
            continue
        whole = model.undivided(doubted)
        facts = describe_passages(doubted, whole, seen.lexical.bias)
        hit = _hits(doubted, pages, *_reach(doubted.pages, whole))
        kept = (hit == 0) | (hit >= _INJECTED)
        found.append(Rows(facts[kept], hit[kept] > 0))
    return joined(found)


def _reach(pages: Pages, whole: Pieces) -> tuple[_Ints, _Ints]:
    """Return between which letters of ``pages`` passages lie."""
    first, last = whole.bounds()
    return pages.inner(whole.segments.start[first]), pages.inner(whole.segments.stop[last - 1])


def _hits(
    doubted: Doubted, pages: Sequence[tuple[Page, float]], first: _Ints, last: _Ints
) -> _Ints:
    """Return how many letters are injected of stretches ``first[i]:last[i]``."""
    count = injected(doubted.pages, [pages[part.number][0].spans for part in doubted.parts])
    result: _Ints = count[last] - count[first]
    return result


def sections_of(pages: Sequence[tuple[Page, float]]) -> list[str]:
    """Return as much of the texts of ``pages`` as is looked at in one go."""
    return [page.text[:LONGEST_SECTION] for page, _ in pages]


def injected(pages: Pages, spans: Sequence[Sequence[Span]]) -> _Ints:
    """Return running counts of the injected letters of ``pages``, whose ``spans`` are given."""
    marked = np.zeros(len(pages.letters), bool)
    for i, of_page in enumerate(spans):
        own = slice(*pages.letter_starts[i : i + 2].tolist())
        place = pages.where[own] - pages.starts[i]
        offsets = pages.offsets[i]
        place = place if offsets is None else offsets[place]
        for start, end in of_page:
            marked[own] |= (place >= start) & (place < end)
    return running(marked)


def model_of(seen: Seen, gates: Gates) -> Model:
    """Return a model that can tell what is in doubt and what passes ``gates``, and no more."""
    trees = Stages(gates.stretch.trees, gates.passage.trees, *[_NOTHING] * 4)
    return seen.model(_thresholds(gates), trees)


def _seen_through(seen: Seen, gates: Gates, model: Model) -> Model:
    """Return ``model`` with the prefilter, the words and the gates of one half."""
    trees = model.trees._replace(gate=gates.stretch.trees, passage=gates.passage.trees)
    return seen.model(model.header | _thresholds(gates), trees)


def _thresholds(gates: Gates) -> dict[str, float]:
    return {
        "gate_threshold": gates.stretch.threshold,
        "passage_threshold": gates.passage.threshold,
    }


def _passing(model: Model, pages: Sequence[Page]) -> list[tuple[float, float]]:
    """Return for each block that ``model`` finds the log-odds of its best stretch and passage."""
    logits = []
    for page in pages:
        spans = [found.span for found in model.find(page.text, LENIENT_THRESHOLD)]
        if not spans:
            continue
        stretches, passages = _scored(model, page.text)
        for start, end in page.spans:
            cut = sum(max(0, min(end, b) - max(start, a)) for a, b in spans)
            touching = [
                [score for a, b, score in scored if a < end and start < b]
                for scored in (stretches, passages)
            ]
            # A block without a stretch of its own was seen because of what stands beside it.
            if all(touching) and 2 * cut >= end - start:
                logits.append((max(touching[0]), max(touching[1])))
    return logits


def _scored(model: Model, text: str) -> list[list[tuple[int, int, float]]]:
    """Return the stretches and passages of ``text`` that pass: between which offsets, how surely.

    Of a text that is looked at in sections, those of the first.
    """
    passing = model.passing(next(model.in_doubt([text])))
    whole = model.undivided(passing)
    facts = describe_passages(passing, whole, model.lexical.bias)
    of_passages = model.trees.passage.predict(facts)
    stretches, passages = passing.doubts[:2], _reach(passing.pages, whole)
    return [
        _between(passing.pages, *stretches, passing.logits, model.gate_threshold),
        _between(passing.pages, *passages, of_passages, model.passage_threshold),
    ]


def _between(
    pages: Pages, first: _Ints, last: _Ints, scores: NDArray[np.float64], least: float
) -> list[tuple[int, int, float]]:
    """Return between which offsets the letters ``first[i]:last[i]`` of one page are, if enough."""
    start, stop = pages.where[first].tolist(), (pages.where[last - 1] + 1).tolist()
    return [
        (pages.offset(a), pages.offset(b), score)
        for a, b, score in zip(start, stop, scores.tolist(), strict=True)
        if score >= least
    ]
