"""Gradient-boosted trees as plain arrays: what scikit-learn trained, without scikit-learn."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Rows looked at together: all trees' places for so many fit in a few megabytes.
_ROWS = 1024


class Trees(NamedTuple):
    """An ensemble: nodes of all trees in a row; ``roots`` are the trees' first nodes.

    A node sends a row left if its ``feature`` is at most ``cut``. Leaves point to themselves and
    hold a ``value``. The sum of ``base`` and the values is the log-odds.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    cut: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    base: float

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds of each row of ``X``, shape (rows, features); no NaN."""
        parts = [self._predict(X[at : at + _ROWS]) for at in range(0, len(X), _ROWS)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        at = np.broadcast_to(self.roots, (len(X), len(self.roots)))
        rows = np.arange(len(X))[:, None]
        while True:
            goes_left = X[rows, self.feature[at]] <= self.cut[at]
            below = np.where(goes_left, self.left[at], self.right[at])
            if np.array_equal(below, at):
                break
            at = below
        result: NDArray[np.float64] = self.base + self.value[at].sum(axis=1)
        return result
