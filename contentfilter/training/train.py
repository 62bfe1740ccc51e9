"""Fit a model: the prefilter, the words, the segments, the blocks, and the threshold."""

import logging
from collections.abc import Sequence
from importlib.metadata import version

from joblib import Parallel, delayed

from contentfilter.model import Model
from contentfilter.training.corpus import Document, digest
from contentfilter.training.dataset import Settings, legitimate, select
from contentfilter.training.first_stage import (
    fit_categories,
    fit_lexical,
    fit_prefilter,
    set_doubt,
    user_words_of,
)
from contentfilter.training.later_stages import Stage, fit_blocks, fit_segments
from contentfilter.training.seeds import Seeds
from contentfilter.training.synthesis import Synthesis
from contentfilter.training.tables import build_folding

_log = logging.getLogger(__name__)

# With other versions of these the same input may make another file.
_LIBRARIES = ("jieba", "numpy", "scikit-learn", "scipy")


def train(seeds: Seeds, documents: Sequence[Document], settings: Settings) -> Model:
    """Return a model trained on ``seeds`` and legitimate ``documents``."""
    data = select(seeds, documents, settings)
    fold = build_folding(seeds.directory / "folding")
    _log.info("%d training documents, %d hand-written pages", len(data.train), len(data.pages))
    synthesis = Synthesis(seeds, data.buckets, settings.random_state)
    blocks = [synthesis.block() for _ in range(settings.n_blocks)]
    hand_blocks = [page.text[a:b] for page in data.pages for a, b in page.spans]
    short = synthesis.short_phrases(settings.n_blocks // 200)
    clean = [d.text for d in data.train] + legitimate(data)
    clean += [synthesis.look_alike() for _ in range(settings.n_negative_pages // 2)]
    prefilter = fit_prefilter(
        fold, clean, [b.text for b in blocks] + short + hand_blocks * 10, settings
    )
    prefilter, training_threshold = set_doubt(fold, prefilter, [d.text for d in data.dev] or clean)
    thresholds = (prefilter.threshold, training_threshold)
    _log.info("prefilter fitted, thresholds %s", thresholds)

    user_words = user_words_of(seeds, data.buckets)
    lexicals = fit_lexical(seeds, data, fold, prefilter, user_words, settings)
    categories, names = fit_categories(seeds, data, fold, user_words, settings)
    _log.info("words fitted")

    stage = Stage(seeds, data, fold, prefilter, thresholds, lexicals, settings)
    halves = stage.examples()
    crossed = Parallel(n_jobs=settings.n_jobs)(
        delayed(fit_segments)(halves[1 - k], settings, max_iter=150) for k in (0, 1)
    )
    block_trees = fit_blocks(crossed, halves, settings)
    segment_trees = fit_segments([*halves[0], *halves[1]], settings)
    _log.info("segments and blocks fitted")
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
    model = Model(header, fold, prefilter, lexicals[-1], segment_trees, block_trees, categories)
    header["threshold"] = choose_threshold(model, [d.text for d in data.dev], settings)
    return model


# Between 0.5 and 0.995 no hand-written block was lost, but clean texts were saved: doubt keeps.
LOWEST_THRESHOLD = 0.99
# A clean text that scores higher than this is not told apart by its score; no threshold above
# it is worth what it costs.
HIGHEST_THRESHOLD = 0.995


def choose_threshold(model: Model, texts: Sequence[str], settings: Settings) -> float:
    """Return the lowest threshold that changes no more clean texts than the settings allow.

    It is never below `LOWEST_THRESHOLD`, nor above `HIGHEST_THRESHOLD`, whatever the texts.
    """
    allowed = int(settings.false_positive_rate * len(texts))
    worst = sorted(
        (max((f.score for f in model.find(text, 0.0)), default=0.0) for text in texts),
        reverse=True,
    )
    limit = worst[allowed] if allowed < len(worst) else 0.0
    changed = sum(score >= HIGHEST_THRESHOLD for score in worst)
    _log.info("%d of %d clean texts score over the highest threshold", changed, len(texts))
    # A little above the first score that may not be cut.
    return min(HIGHEST_THRESHOLD, max(LOWEST_THRESHOLD, limit + (1 - limit) * 0.1))
