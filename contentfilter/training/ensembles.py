"""Fit ensembles of trees, and keep what was fitted as plain arrays."""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from contentfilter.training.dataset import Settings
from contentfilter.trees import Cascade, Trees

_log = logging.getLogger(__name__)
_Floats = NDArray[np.float64]


class Rows(NamedTuple):
    """Rows of features with their labels."""

    X: _Floats
    y: NDArray[np.bool_]


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all ``parts``, of which there is one at least."""
    return Rows(np.concatenate([p.X for p in parts]), np.concatenate([p.y for p in parts]))


def no_rows(width: int) -> Rows:
    """Return no rows of so many features."""
    return Rows(np.zeros((0, width)), np.zeros(0, bool))


# Share of what is injected that a small ensemble may rule out (of what the large one would find
# one in six thousand); and what it is made of: one sixth of the questions of a large one.
_QUICK_LOST = 0.01
_QUICK = {"max_iter": 40, "learning_rate": 0.2, "max_leaf_nodes": 16, "min_samples_leaf": 40}


def fit_small(
    X: _Floats, y: NDArray[np.bool_], weights: _Floats | None, settings: Settings
) -> tuple[Trees, float]:
    """Return a small ensemble, and the log-odds under which hardly anything is injected."""
    quick = fit_trees(X, y, weights, settings, **_QUICK)
    logits = quick.predict(X)
    least = float(np.quantile(logits[y], _QUICK_LOST)) if y.any() else 0.0
    _log.info("quick: %d rows, %.3f asked on", len(y), (logits >= least).mean())
    return quick, least


def fit_cascade(rows: Rows, settings: Settings, max_iter: int) -> Cascade:
    """Return a small ensemble, and a large one that is fitted on what the small one lets on."""
    quick, least = fit_small(rows.X, rows.y, None, settings)
    asked = quick.predict(rows.X) >= least
    if len(np.unique(rows.y[asked])) < 2:  # so few rows that the small one tells them all apart
        return Cascade(quick, least, quick)
    options = {"max_iter": max_iter, "min_samples_leaf": 30}
    full = fit_trees(rows.X[asked], rows.y[asked], None, settings, **options)
    return Cascade(quick, least, full)


def fit_trees(
    X: _Floats, y: NDArray[np.bool_], weights: _Floats | None, settings: Settings, **options: Any
) -> Trees:
    """Return trees that give the log-odds of ``y``; ``options`` are those of scikit-learn.

    No ``weights`` are all the same, and take less time.
    """
    fitted = HistGradientBoostingClassifier(
        **{
            "learning_rate": 0.08,
            "max_leaf_nodes": 31,
            "l2_regularization": 2.0,
            "max_features": 0.5,
            "early_stopping": False,
            "random_state": settings.random_state,
        }
        | options
    )
    # Threads that wait for each other on a shared machine made this ten times slower.
    with threadpool_limits(1):
        fitted.fit(X, y, sample_weight=weights)
    return export_trees(fitted)


_COLUMNS = ("roots", "feature", "cut", "left", "right", "value")


def export_trees(fitted: HistGradientBoostingClassifier) -> Trees:
    """Return the trees of a fitted binary classifier as plain arrays."""
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    offset = 0
    for (predictor,) in fitted._predictors:
        nodes = predictor.nodes
        own = np.arange(len(nodes))
        leaf = nodes["is_leaf"].astype(bool)
        columns["roots"].append([offset])
        columns["feature"].append(np.where(leaf, 0, nodes["feature_idx"]))
        columns["cut"].append(np.where(leaf, 0.0, nodes["num_threshold"]))
        columns["left"].append(offset + np.where(leaf, own, nodes["left"]))
        columns["right"].append(offset + np.where(leaf, own, nodes["right"]))
        columns["value"].append(np.where(leaf, nodes["value"], 0.0))
        offset += len(nodes)
    kinds = {"roots": np.int32, "feature": np.int16, "left": np.int32, "right": np.int32}
    arrays = {
        name: np.concatenate(parts).astype(kinds.get(name, np.float64))
        for name, parts in columns.items()
    }
    return Trees(**arrays, base=float(np.ravel(fitted._baseline_prediction)[0]))
