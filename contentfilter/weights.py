"""Tables of weights in one byte each."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Weights(NamedTuple):
    """Weights (an int8 array of any shape), in multiples of ``step``."""

    table: NDArray[np.int8]
    step: float

    def take(self, index: NDArray[Any]) -> NDArray[np.float32]:
        """Return the weights at ``index`` of the flat table."""
        return self.table.take(index).astype(np.float32) * np.float32(self.step)


def weights_of(values: NDArray[np.floating[Any]]) -> Weights:
    """Return ``values``, rounded to 127 steps either side of nought."""
    step = float(np.abs(values).max()) / 127 or 1.0
    return Weights(np.round(values / step).astype(np.int8), step)
