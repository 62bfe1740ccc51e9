"""Small steps on arrays that many modules take; most arrays are short, so each call counts."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int64]

# Sums of what is no whole number are made in these: they must not depend on what stands beside.
UNITS = 1024


class Runs(NamedTuple):
    """Runs of values with the largest sums: the sums, and where runs begin and end (excluded)."""

    sums: NDArray[np.float64]
    first: _Ints
    last: _Ints


def running(values: NDArray[Any], dtype: type[Any] = np.int64) -> NDArray[Any]:
    """Return running sums, from 0 on: one more than there are values."""
    sums = np.zeros(len(values) + 1, dtype)
    values.cumsum(dtype=dtype, out=sums[1:])
    return sums


def ranges(first: _Ints, last: _Ints) -> _Ints:
    """Return all indices of the ranges ``first[i]:last[i]``, one after the other."""
    sizes = last - first
    ends = sizes.cumsum()
    result: _Ints = np.arange(ends[-1] if len(ends) else 0)
    result += (first - (ends - sizes)).repeat(sizes)
    return result


def changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return for each value whether it differs from the one before; true for the first."""
    changed = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=changed[1:])
    return changed


def next_to(values: NDArray[Any], last: Any) -> NDArray[Any]:
    """Return for each value the one behind it, and ``last`` for the last."""
    behind = np.empty_like(values)
    behind[:-1] = values[1:]
    behind[-1:] = last
    return behind


def alternating(first: _Ints, last: _Ints) -> _Ints:
    """Return ``first`` and ``last`` in turn: what `reduceat` takes to reduce each range apart."""
    reach = np.empty(2 * len(first), np.int64)
    reach[::2], reach[1::2] = first, last
    return reach


def in_units(values: NDArray[np.float64]) -> _Ints:
    """Return ``values`` as whole numbers, whose sums are exact."""
    return np.rint(values * UNITS).astype(np.int64)


def best_runs(values: NDArray[np.float64], starts: _Ints) -> Runs:
    """Return the run with the largest sum, of one value at least, of each group of ``values``.

    Groups are not empty, and begin at ``starts``. Of equal runs the one that ends first counts.
    """
    total = running(in_units(values))
    sizes = next_to(starts, len(values)) - starts
    # Groups far enough below each other that no sum of an earlier one is the lowest so far.
    shift = (np.arange(len(starts)) * (total.max() - total.min() + 1)).repeat(sizes)
    lowest = np.minimum.accumulate(total[:-1] - shift) + shift
    gain = total[1:] - lowest
    best = np.maximum.reduceat(gain, starts)
    last = _first_of_groups(gain == best.repeat(sizes), starts)
    first = _first_of_groups(total[:-1] == lowest[last].repeat(sizes), starts)
    return Runs(best / UNITS, first, last + 1)


def _first_of_groups(marked: NDArray[np.bool_], starts: _Ints) -> _Ints:
    """Return the first that is ``marked`` in each group; each has one."""
    at = marked.nonzero()[0]
    result: _Ints = at[at.searchsorted(starts)]
    return result


def sums_beside(
    total: NDArray[Any],
    places: tuple[_Ints, _Ints],
    sizes: tuple[int, ...],
    bounds: tuple[_Ints | int, _Ints | int],
) -> NDArray[Any]:
    """Return sums of so many values before and behind places, two rows for each of ``sizes``.

    ``total`` are running sums, those of several values in rows. Sums end at the first of
    ``places`` or begin at the second, and do not reach over ``bounds``.
    """
    (first, last), (low, high) = places, bounds
    reach = np.array(sizes)[:, None]
    before = total[..., None, first] - total[..., np.maximum(first - reach, low)]
    behind = total[..., np.minimum(last + reach, high)] - total[..., None, last]
    return np.stack([before, behind], axis=-2).reshape(-1, len(first))
