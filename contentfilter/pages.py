"""Texts side by side, as the model sees them: folded, and reduced to their letters.

Many small texts in one go cost a fraction of what they do one by one. Each is seen as if it stood
alone, so what is found in a text never depends on its company.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import running
from contentfilter.folding import (
    CLASS_MASK,
    CODE_SHIFT,
    FIRST_CODE,
    NEWLINE,
    SIMPLIFIED,
    TRADITIONAL,
    Folding,
    is_mixed,
    script_of,
)
from contentfilter.prefilter import Doubts, Prefilter, page_script, script_weights

_Ints = NDArray[np.int64]

# By the script of a page (0, 1, -1) the flag of the other one.
_OTHER_SCRIPT = np.array([0, SIMPLIFIED, TRADITIONAL], np.uint8)

# What pages take along of each letter when some are chosen: it was asked for already.
_KEPT = ("letters", "weights", "weights_with_script")


class Pages:
    """Folded texts, each with a line end of its own behind it.

    Indices count characters of all of them: page ``i`` is ``starts[i]:starts[i + 1]``, its own
    line end included. ``offsets[i]`` says where in the text each character of page ``i`` starts
    (one entry more than there are characters); None where both run side by side, which is always
    but for pages with entities.
    """

    def __init__(
        self,
        folded: NDArray[np.uint32],
        starts: _Ints,
        offsets: Sequence[_Ints | None],
        prefilter: Prefilter,
    ) -> None:
        self.starts = starts
        self.offsets = offsets
        self._folded = folded
        self._prefilter = prefilter

    def __len__(self) -> int:
        return len(self.offsets)

    @cached_property
    def codes(self) -> NDArray[np.uint16]:
        """Of each character its code, 0 for one without a meaning of its own."""
        return (self._folded >> CODE_SHIFT).astype(np.uint16)

    @cached_property
    def flags(self) -> NDArray[np.uint8]:
        """Of each character its class and what script it is of."""
        return self._folded.astype(np.uint8)

    @cached_property
    def kinds(self) -> NDArray[np.uint8]:
        """Of each character its class."""
        return self.flags & np.uint8(CLASS_MASK)

    @cached_property
    def newlines(self) -> _Ints:
        """Where lines end; each page ends its last one."""
        newlines: _Ints = (self.kinds == NEWLINE).nonzero()[0]
        return newlines

    @cached_property
    def where(self) -> _Ints:
        """Where the letters are: characters that have a code."""
        return self._is_letter.nonzero()[0]

    @cached_property
    def _is_letter(self) -> NDArray[np.bool_]:
        is_letter: NDArray[np.bool_] = self._folded >= FIRST_CODE
        return is_letter

    @cached_property
    def _folded_letters(self) -> NDArray[np.uint32]:
        return self._folded.compress(self._is_letter)

    @cached_property
    def letters(self) -> NDArray[np.uint16]:
        """The codes of all letters, without gaps."""
        return (self._folded_letters >> CODE_SHIFT).astype(np.uint16)

    @cached_property
    def letter_starts(self) -> _Ints:
        """With which letter each page begins, and their number."""
        counts = np.add.reduceat(self._is_letter.view(np.int8), self.starts[:-1], dtype=np.int32)
        return running(counts)

    @cached_property
    def _all_flags(self) -> list[int]:
        """Of each page the flags of all its characters together."""
        flags: list[int] = np.bitwise_or.reduceat(self._folded, self.starts[:-1]).tolist()
        return flags

    @cached_property
    def scripts(self) -> _Ints:
        """+1 for a Traditional page, -1 for a Simplified one, 0 where it is neither."""
        return np.array(
            [
                page_script(self.flags[self.starts[i] : self.starts[i + 1]])
                if is_mixed(flags)
                else script_of(flags)
                for i, flags in enumerate(self._all_flags)
            ]
        )

    @cached_property
    def weights(self) -> NDArray[np.int16]:
        """What the prefilter says of each letter."""
        codes = self._folded_letters >> CODE_SHIFT
        return self._prefilter.weights_of_parts(codes, self.letter_starts[1:])

    @cached_property
    def weights_with_script(self) -> NDArray[np.int16]:
        """The same, and what the script of a letter adds on a page of the other script."""
        weights = self.weights
        for i, flags in enumerate(self._all_flags):
            if is_mixed(flags) and self.scripts[i]:
                weights = weights.copy() if weights is self.weights else weights
                page = slice(self.letter_starts[i], self.letter_starts[i + 1])
                own = self._folded_letters[page].astype(np.uint8)
                weights[page] += script_weights(own, int(self.scripts[i]))
        return weights

    @cached_property
    def suspected(self) -> _Ints:
        """The numbers of pages that may have `doubts`: all that have, and some that have none."""
        return self._prefilter.suspected(self.weights_with_script, self.letter_starts)

    @cached_property
    def total(self) -> _Ints:
        """Running sums of `weights`, from 0 on."""
        return running(self.weights)

    @cached_property
    def total_with_script(self) -> _Ints:
        """Running sums of `weights_with_script`, from 0 on."""
        return running(self.weights_with_script)

    @cached_property
    def doubts(self) -> Doubts:
        """The stretches in doubt, in letters."""
        return self._prefilter.doubts(self.weights_with_script, self.letter_starts[1:])

    def inner(self, index: _Ints) -> _Ints:
        """Return how many letters come before characters."""
        return self.where.searchsorted(index)

    def page_of(self, index: _Ints) -> _Ints:
        """Return which page characters are of."""
        return self.starts.searchsorted(index, "right") - 1

    def foreign(self, index: _Ints) -> NDArray[np.bool_]:
        """Return which of some characters are of the other script than their page's."""
        other = _OTHER_SCRIPT[self.scripts[self.page_of(index)]]
        result: NDArray[np.bool_] = (self.flags[index] & other) > 0
        return result

    def offset(self, index: int) -> int:
        """Return where in its own text a character starts."""
        page = int(self.starts.searchsorted(index, "right")) - 1
        return self.offset_in(page, index)

    def offset_in(self, page: int, index: int) -> int:
        """Return where in the text of ``page`` a character of it starts, or where it ends."""
        local = index - int(self.starts[page])
        offsets = self.offsets[page]
        if offsets is not None:
            return int(offsets[min(local, len(offsets) - 1)])
        return min(local, int(self.starts[page + 1] - self.starts[page]) - 1)


def chosen(pages: Pages, numbers: Sequence[int]) -> Pages:
    """Return some of ``pages``, by their numbers in ascending order."""
    if len(numbers) == len(pages):
        return pages
    ranges = [pages.starts[i : i + 2].tolist() for i in numbers]
    of_letters = [pages.letter_starts[i : i + 2].tolist() for i in numbers]

    def taken(row: NDArray[Any], ranges: list[list[int]]) -> NDArray[Any]:
        return np.concatenate([row[first:last] for first, last in ranges])

    result = Pages(
        taken(pages._folded, ranges),
        running(np.array([last - first for first, last in ranges])),
        [pages.offsets[i] for i in numbers],
        pages._prefilter,
    )
    result.letter_starts = running(np.array([last - first for first, last in of_letters]))
    for name in _KEPT:
        setattr(result, name, taken(getattr(pages, name), of_letters))
    return result


def joined(parts: Sequence[Pages]) -> Pages:
    """Return the pages of all ``parts`` side by side."""
    if len(parts) == 1:
        return parts[0]
    result = Pages(
        np.concatenate([part._folded for part in parts]),
        running(np.concatenate([np.diff(part.starts) for part in parts])),
        [offsets for part in parts for offsets in part.offsets],
        parts[0]._prefilter,
    )
    result.letter_starts = running(np.concatenate([np.diff(part.letter_starts) for part in parts]))
    for name in _KEPT:
        setattr(result, name, np.concatenate([getattr(part, name) for part in parts]))
    return result


def pages_of(texts: Sequence[str], folding: Folding, prefilter: Prefilter) -> Pages:
    """Return ``texts`` side by side, undecoded HTML entities read as what they stand for."""
    folded, sizes, offsets = folding.fold(texts)
    return Pages(folded, np.array([0, *accumulate(sizes)]), offsets, prefilter)
