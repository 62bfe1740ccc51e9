"""Small steps on arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.arrays import (
    alternating,
    best_runs,
    changes,
    next_to,
    ranges,
    running,
    sums_beside,
)

numbers = st.lists(st.integers(0, 3)).map(np.array)


def ints(*values):
    return np.array(values, np.int64)


def test_running_sums_begin_with_nought():
    assert running(ints(3, 0, 4)).tolist() == [0, 3, 3, 7]
    assert running(ints()).tolist() == [0]


def test_running_sums_count_what_is_true():
    assert running(np.array([True, False, True])).tolist() == [0, 1, 1, 2]


def test_running_sums_of_small_numbers_do_not_run_over():
    assert running(np.full(9, 30_000, np.int16))[-1] == 270_000


def test_ranges_are_told_one_after_the_other():
    assert ranges(ints(3, 5, 9), ints(5, 5, 11)).tolist() == [3, 4, 9, 10]
    assert ranges(ints(), ints()).tolist() == []


@given(numbers)
def test_the_first_of_each_run_of_equal_values_is_a_change(values):
    before = [None, *values.tolist()]
    assert changes(values).tolist() == [a != b for a, b in zip(before, values, strict=False)]


@given(numbers)
def test_the_next_of_the_last_is_what_was_given(values):
    assert next_to(values.astype(int), 9).tolist() == [*values.tolist(), 9][1:]


@pytest.mark.parametrize("first", [[], [0], [0, 4]])
def test_ranges_are_reduced_apart(first):
    first = ints(*first)
    reach = alternating(first, first + 3)
    best = np.maximum.reduceat(np.arange(9), reach)[::2] if len(first) else first
    assert best.tolist() == [at + 2 for at in first.tolist()]


def test_sums_beside_places_stay_within_bounds():
    total = running(ints(1, 2, 4, 8, 16))
    places, bounds = (ints(2, 3), ints(3, 4)), (ints(1, 0), ints(5, 5))
    rows = [[2, 4], [8, 16], [2, 7], [24, 16]]
    assert sums_beside(total, places, (1, 3), bounds).tolist() == rows
    assert sums_beside(np.array([total, -total]), places, (1, 3), bounds).tolist() == [
        *rows,
        *[[-value for value in row] for row in rows],
    ]


def best_run(values):
    """Return the largest sum of values in a row, and where the first such run begins and ends."""
    sums = {(a, b): sum(values[a:b]) for b in range(1, len(values) + 1) for a in range(b)}
    best = max(sums.values())
    return best, *next(run for run, value in sums.items() if value == best)


@given(st.lists(st.lists(st.integers(-3, 3), min_size=1), min_size=1))
def test_the_best_run_of_each_group_is_that_with_the_largest_sum(groups):
    starts = running(np.array([len(group) for group in groups]))[:-1]
    found = best_runs(np.concatenate(groups).astype(float), starts)
    wanted = [best_run(group) for group in groups]
    assert found.sums.tolist() == [best for best, _, _ in wanted]
    assert (found.first - starts).tolist() == [first for _, first, _ in wanted]
    assert (found.last - starts).tolist() == [last for _, _, last in wanted]


def test_the_best_run_of_losses_is_the_smallest_one():
    found = best_runs(np.array([-2.0, -0.5, -1.0]), ints(0))
    assert (found.sums.tolist(), found.first.tolist(), found.last.tolist()) == ([-0.5], [1], [2])
