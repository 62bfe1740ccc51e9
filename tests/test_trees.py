"""Trees as plain arrays decide as scikit-learn's do."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier

from contentfilter.training.ensembles import export_trees
from tests.examples import stump


@pytest.fixture(scope="module")
def fitted():
    X, y = make_classification(600, 12, n_informative=6, flip_y=0.1, random_state=0)
    estimator = HistGradientBoostingClassifier(max_iter=25, max_leaf_nodes=9, random_state=0)
    return estimator.fit(X, y), X


def test_exported_trees_give_the_same_decision_function(fitted):
    estimator, X = fitted
    assert np.allclose(export_trees(estimator).predict(X), estimator.decision_function(X))


def test_exported_trees_agree_on_rows_far_from_the_training_data(fitted):
    estimator, X = fitted
    far = np.random.default_rng(0).normal(0, 1e6, X.shape)
    assert np.allclose(export_trees(estimator).predict(far), estimator.decision_function(far))


def test_exported_trees_agree_where_a_value_stands_on_the_cut(fitted):
    estimator, X = fitted
    trees = export_trees(estimator)
    edges = X[:9].copy()
    edges[:, trees.feature[0]] = trees.cut[0]
    assert np.allclose(trees.predict(edges), estimator.decision_function(edges))


def test_a_row_scores_the_same_alone_and_among_others(fitted):
    trees = export_trees(fitted[0])
    X = fitted[1]
    assert trees.predict(X[7:8])[0] == trees.predict(X)[7]


def test_many_rows_score_as_few_do(fitted):
    trees = export_trees(fitted[0])
    X = np.tile(fitted[1], (20, 1))
    assert np.array_equal(trees.predict(X), np.tile(trees.predict(fitted[1]), 20))


def test_no_rows_give_no_scores():
    assert stump().predict(np.zeros((0, 1))).tolist() == []


def test_a_value_on_the_cut_goes_left():
    trees = stump(cut=2.0, low=-1.0, high=1.0)
    assert trees.predict(np.array([[1.9], [2.0], [2.1]])).tolist() == [-1, -1, 1]


def test_the_base_is_added():
    trees = replace(stump(low=-1.0, high=1.0), base=0.5)
    assert trees.predict(np.array([[1.0]])).tolist() == [1.5]
