"""Count how legitimate text runs on: the trigram model of `contentfilter.fluency`."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from contentfilter.fluency import (
    CHECK_BITS,
    PAIR_BITS,
    STEPS,
    TRIPLE_BITS,
    Fluency,
    Reading,
    hash_grams,
    slots,
)
from contentfilter.folding import NEWLINE, Folding
from contentfilter.pages import pages_of
from contentfilter.training.dataset import Settings
from contentfilter.training.tables import NO_PREFILTER

# So many of the commonest n-grams are kept: with more, they displace each other in the tables.
_PAIRS_KEPT, _TRIPLES_KEPT = 400_000, 1_400_000
# The last character of a key, and the last two.
_ONE, _TWO = np.uint64(0xFFFF), np.uint64(0xFFFFFFFF)


def fit_fluency(
    halves: Sequence[Sequence[str]], fold: Folding, settings: Settings
) -> list[Fluency]:
    """Return three fits: without the first half of the legitimate texts, the second, and none."""
    counts = Parallel(n_jobs=settings.n_jobs)(
        delayed(_count_triples)(texts, fold) for texts in halves
    )
    return [_fluency_of(_added(part)) for part in (counts[1:], counts[:1], counts)]


class _Counts(NamedTuple):
    """How often n-grams were seen, each in one number: 16 bits a character."""

    keys: NDArray[np.uint64]
    counts: NDArray[np.int64]


def _count_triples(texts: Sequence[str], fold: Folding) -> _Counts:
    parts = []
    for at in range(0, len(texts), 500):
        symbols = Reading(pages_of(texts[at : at + 500], fold, NO_PREFILTER)).symbols
        a, b, c = (symbols[k : len(symbols) - 2 + k].astype(np.uint64) for k in range(3))
        a[b == NEWLINE] = NEWLINE
        parts.append(_counted(a << np.uint64(32) | b << np.uint64(16) | c))
    return _added(parts)


def _counted(keys: NDArray[np.uint64]) -> _Counts:
    return _Counts(*np.unique(keys, return_counts=True))


def _added(parts: Sequence[_Counts]) -> _Counts:
    keys, inverse = np.unique(np.concatenate([p.keys for p in parts]), return_inverse=True)
    counts = np.bincount(inverse, np.concatenate([p.counts for p in parts]), len(keys))
    return _Counts(keys, counts.astype(np.int64))


def _fluency_of(triples: _Counts) -> Fluency:
    pairs = _added([_Counts(triples.keys & _TWO, triples.counts)])
    singles = _added([_Counts(pairs.keys & _ONE, pairs.counts)])
    of_code = np.full(1 << 16, 0.5)  # what was never seen, too
    of_code[singles.keys.astype(np.int64)] += singles.counts
    return Fluency(
        _steps(of_code / of_code.sum()).astype(np.uint8),
        _table(pairs, PAIR_BITS, _PAIRS_KEPT),
        _table(triples, TRIPLE_BITS, _TRIPLES_KEPT),
    )


def _table(counted: _Counts, bits: int, kept: int) -> NDArray[np.uint16]:
    """Return a hashed table of how likely the last character of each n-gram is behind the others.

    Of all, the ``kept`` commonest are kept.
    """
    keys, counts = counted
    _, owner = np.unique(keys >> np.uint64(16), return_inverse=True)
    share = counts / np.bincount(owner, counts)[owner]
    most = np.argsort(counts, kind="stable")[-kept:]  # the commonest come last, and win
    a, b, c = ((keys[most] >> np.uint64(at) & _ONE).astype(np.uint16) for at in (32, 16, 0))
    slot, check = slots(hash_grams(a, b, c), 1 << bits)
    table = np.zeros(1 << bits, np.uint16)
    table[slot] = (_steps(share[most]) + 1) << CHECK_BITS | check
    return table


def _steps(share: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return log-probabilities in steps below nought, as tables hold them."""
    steps: NDArray[np.uint32] = np.clip(np.rint(-np.log(share) * STEPS), 0, 254).astype(np.uint32)
    return steps
