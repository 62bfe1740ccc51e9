"""Fit a model: the prefilter, the words, the segments, the blocks, and the threshold."""

import logging
from collections.abc import Sequence
from importlib.metadata import version

from joblib import Parallel, delayed

from contentfilter.fluency import Fluency
from contentfilter.model import Model, Stages
from contentfilter.training.corpus import Document, digest
from contentfilter.training.dataset import Settings, select
from contentfilter.training.first_stage import (
    fit_categories,
    fit_lexical,
    fit_prefilters,
    fit_quoting,
    fit_subjects,
    texts_of_halves,
    user_words_of,
)
from contentfilter.training.gates import Seen
from contentfilter.training.later_stages import (
    Examples,
    Stage,
    fit_blocks,
    fit_edges,
    fit_quick,
    fit_segments,
    settle,
)
from contentfilter.training.seeds import Seeds
from contentfilter.training.tables import build_folding
from contentfilter.trees import Cascade

_log = logging.getLogger(__name__)

# With other versions of these the same input may make another file.
_LIBRARIES = ("jieba", "numpy", "scikit-learn", "scipy")


def train(seeds: Seeds, documents: Sequence[Document], settings: Settings) -> Model:
    """Return a model trained on ``seeds`` and legitimate ``documents``."""
    data = select(seeds, documents, settings)
    fold = build_folding(seeds.directory / "folding")
    _log.info("%d training documents, %d hand-written pages", len(data.train), len(data.pages))
    halves = texts_of_halves(seeds, data, settings)
    prefilters = fit_prefilters(fold, halves, [d.text for d in data.dev], settings)
    _log.info("prefilter fitted, threshold %d", prefilters[-1].threshold)

    user_words = user_words_of(seeds, data.buckets)
    lexicals = fit_lexical(halves, fold, prefilters[-1], user_words, settings)
    categories, names = fit_categories(seeds, data, fold, user_words, settings)
    subjects = fit_subjects(seeds, data, fold, names, settings)
    quoting = fit_quoting(data, fold, prefilters[:2], settings)
    _log.info("words fitted")

    seen = tuple(
        Seen(fold, prefilter, lexical, of_category, subjects, said)
        for prefilter, lexical, of_category, said in zip(
            prefilters, lexicals, categories, quoting, strict=True
        )
    )
    stage = Stage(seeds, data, seen[:2], settings)
    gates, final = stage.fit_gates()
    found = stage.examples(gates)
    trees = fit_stages(final, found, [part.fluency for part in lexicals[:2]], settings)
    _log.info("segments, blocks and edges fitted")
    header = {
        "name": "contentfilter",
        "random_state": settings.random_state,
        "hold_out": settings.hold_out,
        "seeds": seeds.digest(),
        "documents": digest([*data.train, *data.dev]),
        "made_with": {name: version(name) for name in _LIBRARIES},
        "categories": names,
        "threshold": 0.5,
    }
    model = seen[-1].model(header, trees)
    header.update(stage.choose_gates(gates, model))
    header["threshold"] = choose_threshold(model, [d.text for d in data.dev], settings)
    return model


def fit_stages(
    gates: tuple[Cascade, Cascade],
    found: Examples,
    fluencies: Sequence[Fluency],
    settings: Settings,
) -> Stages:
    """Return all ensembles; what judges the examples of one half was fitted on the other."""
    parallel = Parallel(n_jobs=settings.n_jobs)
    halves = found.halves
    *crossed_quick, (quick, least) = parallel(
        delayed(fit_quick)(part, settings)
        for part in (halves[1], halves[0], [*halves[0], *halves[1]])
    )
    settled = [settle(half, *fit) for half, fit in zip(halves, crossed_quick, strict=True)]
    crossed = parallel(
        delayed(fit_segments)(settled[1 - k], settings, max_iter=120) for k in (0, 1)
    )
    begin, end = parallel(delayed(fit_edges)(rows, settings) for rows in found.edges)
    segment, block = parallel(
        [
            delayed(fit_segments)([*settled[0], *settled[1]], settings),
            delayed(fit_blocks)(crossed, settled, fluencies, settings),
        ]
    )
    return Stages(*gates, Cascade(quick, least, segment), block, begin, end)


# At 0.95, 0.96, 0.97 and 0.98 the model of run 26 changed 9, 6, 4 and 2 of 1,242 negatives held out
# of the seeds, 3, 3, 2 and 2 of 1,153 others and the same two of 9,630 documents, and removed 99.4,
# 99.4, 99.2 and 98.8 % of hand-written blocks by character (`benchmarks/accuracy --threshold`).
LOWEST_THRESHOLD = 0.96
# A clean text that scores higher than this is not told apart by its score; no threshold above
# it is worth what it costs.
HIGHEST_THRESHOLD = 0.995


def choose_threshold(model: Model, texts: Sequence[str], settings: Settings) -> float:
    """Return the lowest threshold that changes no more clean texts than the settings allow.

    It is never below `LOWEST_THRESHOLD`, nor above `HIGHEST_THRESHOLD`, whatever the texts.
    """
    allowed = round(settings.false_positive_rate * len(texts))
    worst = sorted(
        (max((f.score for f in found), default=0.0) for found in model.find_many(texts, 0.0)),
        reverse=True,
    )
    limit = worst[allowed] if allowed < len(worst) else 0.0
    changed = sum(score >= HIGHEST_THRESHOLD for score in worst)
    _log.info("%d of %d clean texts score over the highest threshold", changed, len(texts))
    # A little above the first score that may not be cut.
    return min(HIGHEST_THRESHOLD, max(LOWEST_THRESHOLD, limit + (1 - limit) * 0.1))
