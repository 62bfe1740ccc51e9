"""Gradient-boosted trees as plain arrays: what scikit-learn trained, without scikit-learn.

Trees are not walked: all questions of all trees are asked at once, each that is answered with no
rules out the leaves on its left, and of what is left in a tree the first leaf counts (Lucchese et
al., QuickScorer, SIGIR 2015). In numpy that is a handful of calls, for one row as for many.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Leaves of a tree, a bit each.
MOST_LEAVES = 32
_ALL = np.uint32(0xFFFFFFFF)
# Answers looked at together: so many fit in the cache.
_ANSWERS = 1 << 17


class _Questions(NamedTuple):
    """All inner nodes, tree by tree, and the values of the leaves from left to right."""

    feature: NDArray[np.intp]
    cut: NDArray[np.float64]
    left_out: NDArray[np.uint32]  # leaves that remain when the answer is no
    starts: NDArray[np.intp]  # of each tree
    values: NDArray[np.float64]  # shape (trees, MOST_LEAVES)


@dataclass(frozen=True)
class Trees:
    """An ensemble: nodes of all trees in a row; ``roots`` are the trees' first nodes.

    A node sends a row left if its ``feature`` is at most ``cut``. Leaves point to themselves and
    hold a ``value``; a tree has `MOST_LEAVES` at most. The sum of ``base`` and the values is the
    log-odds.
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
        if not len(X):  # what is never asked need not be made ready
            return np.zeros(0)
        rows = max(1, _ANSWERS // len(self._questions.cut))
        return np.concatenate([self._predict(X[at : at + rows]) for at in range(0, len(X), rows)])

    def _predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        questions = self._questions
        yes = X.take(questions.feature, axis=1, mode="wrap") <= questions.cut
        remaining = yes * _ALL | questions.left_out  # np.where takes nine times as long
        leaves = np.bitwise_and.reduceat(remaining, questions.starts, axis=1)
        first = leaves & (~leaves + np.uint32(1))  # the lowest bit alone
        place = np.frexp(first.astype(np.float64))[1] - 1
        values = questions.values[np.arange(len(questions.values)), place]
        result: NDArray[np.float64] = self.base + values.sum(axis=1)
        return result

    @cached_property
    def _questions(self) -> _Questions:
        nodes: list[tuple[int, float, int]] = []
        starts = []
        values = np.zeros((len(self.roots), MOST_LEAVES))
        feature, cut, value = self.feature.tolist(), self.cut.tolist(), self.value.tolist()
        left, right = self.left.tolist(), self.right.tolist()

        def number(node: int, leaves: list[float]) -> None:
            """Append the leaves under ``node`` from left to right, and its questions."""
            if left[node] == node:
                leaves.append(value[node])
                return
            before = len(leaves)
            number(left[node], leaves)
            on_left = (1 << len(leaves)) - (1 << before)
            nodes.append((feature[node], cut[node], int(_ALL) & ~on_left))
            number(right[node], leaves)

        for tree, root in enumerate(self.roots.tolist()):
            starts.append(len(nodes))
            leaves: list[float] = []
            number(root, leaves)
            values[tree, : len(leaves)] = leaves
            if len(leaves) == 1:  # a question that is always answered with yes
                nodes.append((0, np.inf, int(_ALL)))
        columns = list(zip(*nodes, strict=True))
        return _Questions(
            np.array(columns[0], np.intp),
            np.array(columns[1], np.float64),
            np.array(columns[2], np.uint32),
            np.array(starts, np.intp),
            values,
        )


class Cascade(NamedTuple):
    """A small ensemble that is asked first, and a large one for what it does not rule out.

    What the small one gives less than ``least`` keeps that as its log-odds.
    """

    quick: Trees
    least: float
    full: Trees

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds of each row of ``X``, shape (rows, features); no NaN."""
        logits = self.quick.predict(X)
        asked = logits >= self.least
        logits[asked] = self.full.predict(X[asked])
        return logits
