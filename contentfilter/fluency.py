"""How well text runs on from one character to the next: where it does not, something was put in.

A character trigram model of legitimate text. What was injected into a line does not follow from
what stands before it, nor does what follows it; with it taken out, the two sides meet fluently.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import running
from contentfilter.folding import COMMA, NEWLINE, STOP
from contentfilter.pages import Pages

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

# Bits of the tables of pairs and of triples. An entry holds a check of which n-gram it is of, and
# above it the log-probability of its last character in steps of 1 / `STEPS`, from 1 on.
PAIR_BITS = 19
TRIPLE_BITS = 21
CHECK_BITS = 8
_CHECK = np.uint32((1 << CHECK_BITS) - 1)
STEPS = 12
# What an n-gram that was not seen costs before the shorter one is asked ("stupid backoff": Brants
# et al., Large language models in machine translation, 2007).
_BACKOFF = 1.0

_A, _B, _C = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)
_SPREAD = np.uint32(15)


class Fluency(NamedTuple):
    """Log-probabilities of characters after none, one and two others (tables of hashed n-grams).

    ``singles`` is of each code, in steps below nought.
    """

    singles: NDArray[np.uint8]
    pairs: NDArray[np.uint16]
    triples: NDArray[np.uint16]

    def alone(self, c: NDArray[np.uint16]) -> _Floats:
        """Return the log-probability of each of ``c`` anywhere."""
        result: _Floats = self.singles[c] / -STEPS
        return result

    def of(self, a: NDArray[np.uint16], b: NDArray[np.uint16], c: NDArray[np.uint16]) -> _Floats:
        """Return the log-probability of each of ``c`` behind ``a`` and ``b``."""
        result = self.alone(c) - 2 * _BACKOFF
        for hashed, table, cost in (
            (hash_grams(np.zeros_like(a), b, c), self.pairs, _BACKOFF),
            (hash_grams(a, b, c), self.triples, 0.0),
        ):
            slot, check = slots(hashed, len(table))
            found = table[slot]
            steps = found >> CHECK_BITS
            known = (steps > 0) & (found & _CHECK == check)
            result = np.where(known, (steps - 1.0) / -STEPS - cost, result)
        return result


def hash_grams(
    a: NDArray[np.uint16], b: NDArray[np.uint16], c: NDArray[np.uint16]
) -> NDArray[np.uint32]:
    """Return the hashes (32 bits) of triples of characters; of pairs, where ``a`` is nought."""
    first, second, third = (column.astype(np.uint32) for column in (a, b, c))
    hashes: NDArray[np.uint32] = first * _A + second * _B + third * _C
    hashes ^= hashes >> _SPREAD
    hashes *= _B
    hashes ^= hashes >> _SPREAD
    return hashes


def slots(hashes: NDArray[np.uint32], size: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return where in a table of ``size`` hashed n-grams are, and their checks."""
    return hashes >> np.uint32(33 - size.bit_length()), hashes & _CHECK


class Sides(NamedTuple):
    """What stands on both sides of stretches of text: two characters before, two behind.

    ``beyond`` are those behind a stop or comma that stands right behind. Columns of shape
    (stretches, 2), in reading order; ``first`` and ``last`` are the first two characters of the
    stretches and the last two.
    """

    before: NDArray[np.uint16]
    first: NDArray[np.uint16]
    last: NDArray[np.uint16]
    behind: NDArray[np.uint16]
    beyond: NDArray[np.uint16]

    def take(self, index: slice | _Ints) -> "Sides":
        """Return the sides of some of the stretches."""
        return Sides(*(column[index] for column in self))


class Reading:
    """Pages as they are read: letters, stops, commas and line ends, all else left out."""

    def __init__(self, pages: Pages) -> None:
        kinds = pages.kinds
        marks = (kinds == STOP) | (kinds == COMMA) | (kinds == NEWLINE)
        kept = (pages.codes > 0) | marks
        symbols = np.where(pages.codes > 0, pages.codes, kinds)[kept]
        edge = np.full(2, NEWLINE, np.uint16)
        self.symbols = np.concatenate([edge, symbols, edge, edge]).astype(np.uint16)
        self._place = running(kept)[pages.where] + len(edge)

    def sides(self, first: _Ints, last: _Ints) -> Sides:
        """Return the sides of stretches ``first[i]:last[i]`` of the pages' letters."""
        begin, end = self._place[first], self._place[last - 1] + 1
        mark = self.symbols[end]
        beyond = end + ((mark == STOP) | (mark == COMMA))
        return Sides(
            self._before(begin),
            self._behind(begin),
            self._before(end),
            self._behind(end),
            self._behind(beyond),
        )

    def _before(self, at: _Ints) -> NDArray[np.uint16]:
        """Return the two characters before places; nothing counts that is before a line end."""
        two: NDArray[np.uint16] = self.symbols[at[:, None] + np.array([-2, -1])]
        two[two[:, 1] == NEWLINE, 0] = NEWLINE
        return two

    def _behind(self, at: _Ints) -> NDArray[np.uint16]:
        """Return the two characters behind places; nothing counts that is behind a line end."""
        two: NDArray[np.uint16] = self.symbols[at[:, None] + np.array([0, 1])]
        two[two[:, 0] == NEWLINE, 1] = NEWLINE
        return two


# Facts about a stretch: how well it follows, how well it is followed, how well its sides meet
# without it, and how much better that is; by log-probabilities, and by what they are above those
# of the same characters anywhere.
N_JOINTS = 8


def joints(fluency: Fluency, starts: Sides, stops: Sides) -> _Floats:
    """Return the facts about stretches that start and stop as others do, shape (n, `N_JOINTS`)."""
    begins = _joint(fluency, starts.before, starts.first)
    ends = _joint(fluency, stops.last, stops.behind)
    # A stop or comma belongs to the text once: before the stretch, or behind it.
    marked = np.isin(starts.before[:, 1], (STOP, COMMA))
    over = np.where(marked[:, None], stops.beyond, stops.behind)
    bridge = _joint(fluency, starts.before, over)
    facts = np.stack([begins, ends, bridge, bridge - (begins + ends) / 2], axis=1)
    return facts.reshape(N_JOINTS, -1).T


def _joint(fluency: Fluency, before: NDArray[np.uint16], behind: NDArray[np.uint16]) -> _Floats:
    """Return the log-probability of two characters behind two others, and what it is above chance.

    Shape (2, n).
    """
    (a, b), (c, d) = before.T, behind.T
    ended = c == NEWLINE
    likely = fluency.of(a, b, c) + np.where(ended, 0.0, fluency.of(b, c, d))
    by_chance = fluency.alone(c) + np.where(ended, 0.0, fluency.alone(d))
    return np.stack([likely, likely - by_chance])
