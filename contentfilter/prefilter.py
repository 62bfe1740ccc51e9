"""The question asked of every character: may any window of the text be injected.

A linear model over hashed pairs and triples of folded characters. Characters without a code
(blanks, symbols, zero-width ones) are dropped first, so disguises by insertion change nothing.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.folding import SIMPLIFIED, TRADITIONAL

# Bits of the table of pairs and of that of triples: with 16, twice as many blocks were missed.
PAIR_BITS = 18
TRIPLE_BITS = 18
# Characters in a window: two phrases of a usual block. 10, 24 and 32 found fewer short blocks or
# doubted more documents at the same recall (benchmarks/README.md).
WINDOW = 16
# Half a window: one short phrase, glued to a title, must be able to raise a doubt alone.
HALF = 8
# Weights are stored as 16-bit integers, so many to the unit of a log-odds.
SCALE = 512

# What a character of the other script than its page's adds: blocks keep the script they were
# written in when a cloner converts the page. A page has a script if one kind of characters is
# this many times the other.
SCRIPT_WEIGHT = np.int32(0.6 * SCALE)
SCRIPT_RATIO = 4

_A, _B, _C = np.uint32(2654435761), np.uint32(2246822519), np.uint32(3266489917)
_MIX_PAIR, _MIX_TRIPLE = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)


class Prefilter(NamedTuple):
    """Weights of pairs and triples (int16 tables), and the sum from which a window is in doubt.

    A half window counts as its sum plus ``half_bonus``, which makes up for its size.
    """

    pairs: NDArray[np.int16]
    triples: NDArray[np.int16]
    threshold: int
    half_bonus: int

    def weights(self, codes: NDArray[np.uint16]) -> NDArray[np.int32]:
        """Return the weight of each of ``codes`` (no zeros among them): of what begins there."""
        wide = codes.astype(np.uint32)
        weights = np.zeros(len(codes), np.int32)
        if len(codes) > 1:
            weights[:-1] = self.pairs[hash_pairs(wide)]
        if len(codes) > 2:
            weights[:-2] += self.triples[hash_triples(wide)]
        return weights

    def sums(self, weights: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the sum of every window of `WINDOW` weights, or of all where there are fewer."""
        total = np.zeros(len(weights) + 1, np.int64)
        np.cumsum(weights, out=total[1:])
        if len(weights) < WINDOW:
            halves = total[HALF:] - total[:-HALF]
            best = halves.max(initial=-(1 << 40)) + self.half_bonus
            whole: NDArray[np.int64] = np.maximum(total[-1:], best)
            return whole
        halves = total[HALF:] - total[:-HALF] + self.half_bonus
        sums: NDArray[np.int64] = total[WINDOW:] - total[:-WINDOW]
        np.maximum(sums, halves[:-HALF], out=sums)
        np.maximum(sums, halves[HALF:], out=sums)
        return sums


def page_script(kinds: NDArray[np.uint8]) -> int:
    """Return +1 for a Traditional page, -1 for a Simplified one, 0 where it is neither."""
    simplified = int(np.count_nonzero(kinds & SIMPLIFIED))
    traditional = int(np.count_nonzero(kinds & TRADITIONAL))
    if traditional > SCRIPT_RATIO * simplified:
        return 1
    return -1 if simplified > SCRIPT_RATIO * traditional else 0


def script_weights(kinds: NDArray[np.uint8], script: int) -> NDArray[np.int32]:
    """Return what the script of each character adds to its weight on a page of ``script``."""
    odds = ((kinds & SIMPLIFIED) > 0).astype(np.int32) - ((kinds & TRADITIONAL) > 0)
    result: NDArray[np.int32] = odds * (script * SCRIPT_WEIGHT)
    np.maximum(result, 0, out=result)
    return result


def hash_pairs(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the table index of each pair of neighbouring codes."""
    mixed: NDArray[np.uint32] = (codes[:-1] * _A + codes[1:] * _B) * _MIX_PAIR
    mixed >>= np.uint32(32 - PAIR_BITS)
    return mixed


def hash_triples(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the table index of each run of three codes."""
    sums: NDArray[np.uint32] = codes[:-2] * _A + codes[1:-1] * _B + codes[2:] * _C
    sums *= _MIX_TRIPLE
    sums >>= np.uint32(32 - TRIPLE_BITS)
    return sums
