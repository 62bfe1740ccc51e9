"""The question asked of every character: may any window of the text be injected.

A linear model over hashed pairs and triples of folded characters. Characters without a code
(blanks, symbols, zero-width ones) are dropped first, so disguises by insertion change nothing.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.folding import SIMPLIFIED, TRADITIONAL

# Bits of the table of pairs and of that of triples. With 18 for triples, where most of what a text
# says fell on what another one had taught, a third more blocks were missed.
PAIR_BITS = 18
TRIPLE_BITS = 20
# Characters in a window: two phrases of a usual block. 10, 24 and 32 found fewer short blocks or
# doubted more documents at the same recall (benchmarks/README.md).
WINDOW = 16
# Half a window: one short phrase, glued to a title, must be able to raise a doubt alone.
HALF = 8
# Weights are stored as 8-bit integers, so many to the unit of a log-odds.
SCALE = 64
# No weight of a pair or a triple is larger: what 8 bits hold.
MOST = 127
# Letters at the start and at the end of a text (or a section of a long one), where blocks stand,
# and what is added to the sum of a window or half window that begins in the one, or ends in the
# other, in units of 1 / `SCALE`. Of 1,378 mostly short hand-written blocks 342 were missed without
# it and 89 with it, for three fifths more documents in doubt (benchmarks/README.md, run 25).
HEAD, TAIL = 32, 32
HEAD_BONUS, TAIL_BONUS = 64, 40

# What a character of the other script than its page's adds: blocks keep the script they were
# written in when a cloner converts the page. A page has a script if one kind of characters is
# this many times the other.
SCRIPT_WEIGHT = np.int16(0.6 * SCALE)
SCRIPT_RATIO = 4

_A, _B, _C = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)


class Doubts(NamedTuple):
    """Stretches in doubt: their first letter, their last (excluded), and which text they are of."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    text: NDArray[np.int64]


class Prefilter(NamedTuple):
    """Weights of pairs and triples (int8 tables), and the sum from which a window is in doubt.

    A half window counts as its sum plus ``half_bonus``, which makes up for its size; either counts
    as `HEAD_BONUS` or `TAIL_BONUS` more at the ends of a text.
    """

    pairs: NDArray[np.int8]
    triples: NDArray[np.int8]
    threshold: int
    half_bonus: int

    def weights(self, codes: NDArray[np.uint16]) -> NDArray[np.int16]:
        """Return the weight of each of ``codes`` (no zeros among them): of what begins there."""
        return self.weights_of_parts(codes, [len(codes)])

    def weights_of_parts(
        self,
        codes: NDArray[np.uint16] | NDArray[np.uint32],
        ends: Sequence[int] | NDArray[np.int64],
    ) -> NDArray[np.int16]:
        """Return the weights of texts that stand one after the other, as if each stood alone.

        ``ends`` are where their codes end.
        """
        n = len(codes)
        weights = np.zeros(n, np.int16)
        if n < 2:
            return weights
        pairs, triples = hashes(codes)
        weights[:-1] = self.pairs.take(pairs, mode="wrap")
        of_triples = self.triples.take(triples, mode="wrap")
        if len(ends) > 1:
            # The last code of a text begins nothing, the one before it a pair alone.
            inner = np.asarray(ends, np.int64)[:-1]
            last = inner[(inner > 0) & (inner < n)] - 1
            weights[last] = 0
            of_triples[last[last < n - 2]] = 0
            of_triples[last[last > 0] - 1] = 0
        weights[:-2] += of_triples
        return weights

    def suspected(self, weights: NDArray[np.int16], starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of texts that may be in doubt, which begin and end at ``starts``.

        It is all that are, for far less than `doubts` costs, and some others: short ones, and
        neighbours of those in doubt.
        """
        sizes = starts[1:] - starts[:-1]
        marked = sizes < WINDOW
        if not len(marked):
            return marked.nonzero()[0]
        both = self._sums_and_limits(weights)
        if len(marked) == 1:  # a dozen calls less, which is a fifth of what a short text costs
            for sums, _, enough in both:
                sums[:HEAD] += HEAD_BONUS
                sums[-TAIL:] += TAIL_BONUS
                marked |= (sums >= enough).any()
            return marked.nonzero()[0]
        (halves, _, least), (windows, _, enough) = both
        doubted = halves >= least
        doubted[: len(windows)] |= windows >= enough
        at = doubted[: len(weights)].nonzero()[0]
        if len(at):
            marked[starts.searchsorted(at, "right") - 1] = True
        # What begins among the first letters of a text, or ends among the last ones.
        short = sizes < HEAD + WINDOW + TAIL  # both ends may count
        heads = starts[:-1] + np.arange(HEAD)[:, None]
        for sums, size, enough in both:
            tails = starts[1:] - size - np.arange(TAIL)[:, None]
            at_head, at_tail = (sums.take(places, mode="clip") for places in (heads, tails))
            marked |= at_head.max(axis=0) >= enough - HEAD_BONUS - TAIL_BONUS * short
            marked |= at_tail.max(axis=0) >= enough - TAIL_BONUS
        return marked.nonzero()[0]

    def doubts(self, weights: NDArray[np.int16], ends: Sequence[int] | NDArray[np.int64]) -> Doubts:
        """Return what is in doubt in the texts of `weights_of_parts`, which end at ``ends``.

        Windows that overlap are one stretch. A text shorter than a window is seen as if nothing
        stood behind it.
        """
        bounds = np.asarray(ends, np.int64)
        sizes = np.diff(bounds, prepend=0)
        added = np.zeros(len(bounds), np.int64)  # before the end of each text
        if (sizes < WINDOW).any():
            missing = np.maximum(WINDOW - sizes, 0)
            weights = np.insert(weights, bounds.repeat(missing), 0)
            added = missing.cumsum()
            bounds = bounds + added
        found = self._stretches(weights, bounds)
        order = np.argsort(found.first, kind="stable")
        starts, stops, text = (column[order] for column in found)
        reach = np.maximum.accumulate(stops)
        new = np.concatenate([[True], (starts[1:] > reach[:-1]) | (text[1:] != text[:-1])])
        at = np.flatnonzero(new[: len(starts)])
        last = np.maximum.reduceat(stops, at) if len(at) else at
        starts, text = starts[at], text[at]
        # Back to the letters that there are.
        moved = added[text - 1] * (text > 0)
        last = np.minimum(last - moved, np.asarray(ends, np.int64)[text])
        starts = starts - moved
        real = starts < last
        return Doubts(starts[real], last[real], text[real])

    def _stretches(self, weights: NDArray[np.int16], ends: NDArray[np.int64]) -> Doubts:
        """Return all windows and half windows in doubt, of texts which end at ``ends``."""
        starts = np.concatenate([[0], ends[:-1]])
        found = []
        for sums, size, enough in self._sums_and_limits(weights):
            at = (sums >= enough - HEAD_BONUS - TAIL_BONUS).nonzero()[0]
            text = np.minimum(ends.searchsorted(at, "right"), len(ends) - 1)
            left = ends[text] - at - size
            bonus = HEAD_BONUS * (at - starts[text] < HEAD) + TAIL_BONUS * (left < TAIL)
            real = (left >= 0) & (sums[at] + bonus >= enough)
            found.append((at[real], at[real] + size, text[real]))
        first, last, text = (np.concatenate(column) for column in zip(*found, strict=True))
        return Doubts(first, last, text)

    def _sums_and_limits(
        self, weights: NDArray[np.int16]
    ) -> tuple[tuple[NDArray[np.int16], int, int], ...]:
        """Return all sums, their size and the least in doubt: of half windows, then of windows."""
        halves, windows = self.sums(weights)
        least = self.threshold - self.half_bonus
        return (halves, HALF, least), (windows, WINDOW, self.threshold)

    def sums(self, weights: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Return the sums of all half windows and of all windows, of one at least.

        What is shorter than a window is seen as if nothing stood behind it.
        """
        if len(weights) < WINDOW:
            weights = np.concatenate([weights, np.zeros(WINDOW - len(weights), np.int16)])
        _, halves, windows = running_sums(weights)
        return halves, windows


def running_sums(
    weights: NDArray[np.int16],
) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    """Return the sums of 4, of `HALF` and of `WINDOW` weights from each on that has so many."""
    twos = weights[:-1] + weights[1:]
    fours = twos[:-2] + twos[2:]
    halves = fours[:-4] + fours[4:]
    return fours, halves, halves[:-HALF] + halves[HALF:]


def page_script(kinds: NDArray[np.unsignedinteger[Any]]) -> int:
    """Return +1 for a Traditional page, -1 for a Simplified one, 0 where it is neither."""
    simplified = int(np.count_nonzero(kinds & SIMPLIFIED))
    traditional = int(np.count_nonzero(kinds & TRADITIONAL))
    if traditional > SCRIPT_RATIO * simplified:
        return 1
    return -1 if simplified > SCRIPT_RATIO * traditional else 0


def script_weights(kinds: NDArray[np.unsignedinteger[Any]], script: int) -> NDArray[np.int16]:
    """Return what the script of each character adds to its weight on a page of ``script``."""
    other = SIMPLIFIED if script > 0 else TRADITIONAL
    result: NDArray[np.int16] = ((kinds & (SIMPLIFIED | TRADITIONAL)) == other) * SCRIPT_WEIGHT
    return result


def hash_pairs(codes: NDArray[np.uint16]) -> NDArray[np.uint32]:
    """Return the table index of each pair of neighbouring codes."""
    pairs = _mixed_pairs(codes.astype(np.uint32))
    pairs >>= np.uint32(32 - PAIR_BITS)
    return pairs


def hashes(
    codes: NDArray[np.uint16] | NDArray[np.uint32],
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the table indices of all pairs and of all triples of neighbouring codes."""
    wide = codes.astype(np.uint32, copy=False)
    pairs = _mixed_pairs(wide)
    triples: NDArray[np.uint32] = wide[2:] * _C
    triples += pairs[:-1]
    pairs >>= np.uint32(32 - PAIR_BITS)
    triples >>= np.uint32(32 - TRIPLE_BITS)
    return pairs, triples


def _mixed_pairs(wide: NDArray[np.uint32]) -> NDArray[np.uint32]:
    pairs: NDArray[np.uint32] = wide[:-1] * _A
    pairs += wide[1:] * _B
    return pairs
