"""Tables of weights in one byte each."""

import numpy as np
import pytest

from contentfilter.weights import weights_of


def test_a_weight_comes_back_within_half_a_step():
    values = np.random.default_rng(0).normal(size=1000)
    weights = weights_of(values)
    assert np.abs(weights.take(np.arange(1000)) - values).max() <= weights.step * 0.501


def test_the_largest_weight_is_as_large_as_a_byte_can_hold():
    weights = weights_of(np.array([0.5, -2.0, 1.0]))
    assert weights.table.tolist() == [32, -127, 64]
    assert weights.take(np.array([1])) == pytest.approx([-2.0])


def test_weights_of_nothing_stay_nothing():
    assert weights_of(np.zeros(3)).take(np.array([0, 2])).tolist() == [0.0, 0.0]
