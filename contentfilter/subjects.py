"""What pages are about: how much of what they say is typical of a category of spam.

A row of keywords above an article about the same thing is often the page's own, above one about
something else it never is. A table tells for each hashed pair of characters which categories it is
typical of, a bit for each.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contentfilter.features import Context
from contentfilter.pages import Pages

# Categories that the bits of an entry have room for.
MOST_SUBJECTS = 32
# Letters of a page that are asked: enough to tell, and no more work for a long one.
_ASKED = 1 << 13


def subjects_of(
    table: NDArray[np.uint32], pages: Pages, context: Context, numbers: Sequence[int]
) -> NDArray[np.float64]:
    """Return of the pages ``numbers`` which share of their own letters speaks of each category.

    Shape (pages, `MOST_SUBJECTS`); what is in doubt, and its lines, is not asked.
    """
    found = np.zeros((len(numbers), MOST_SUBJECTS))
    for row, number in zip(found, numbers, strict=True):
        own = slice(*pages.letter_starts[number : number + 2].tolist())
        pairs = context.pairs[own][context.quiet[own]][:_ASKED]
        if len(pairs):
            # Numbered as in a little-endian integer, whatever the machine's own order.
            bits = table.take(pairs).astype("<u4").view(np.uint8).reshape(-1, 4)
            row[:] = np.unpackbits(bits, axis=1, bitorder="little").mean(axis=0)
    return found
