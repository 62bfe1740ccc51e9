"""Which passages are worth words: facts about each by n-grams alone, judged by trees.

Behind the first gate (`gate`) it spares four in five of the passages of clean pages the dearest
steps, for which jieba is asked. How good the best run of letters and of segments is, how far it
reaches, and where it stands tell those from blocks.
"""

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import UNITS, alternating, best_runs, changes, in_units, running
from contentfilter.looking import Doubted
from contentfilter.passages import CLIP, Pieces

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

# So many of the highest scores of segments count by themselves; where there are fewer, `_NONE`.
_BEST = 3
_NONE = -CLIP - 1

N_PASSAGE_FEATURES = _BEST + 29


def describe_passages(doubted: Doubted, parts: Pieces, bias: float) -> _Floats:
    """Return the facts about passages, shape (passages with words, N_PASSAGE_FEATURES).

    ``parts`` are the segments, not divided, of the passages around what is ``doubted`` and passes
    the first gate; ``bias`` is added to the log-odds of each.
    """
    pages, doubts, _, logits = doubted
    segments, grams, gains = parts
    first, last = parts.bounds()
    n = last - first
    starts, stops = pages.inner(segments.start), pages.inner(segments.stop)
    sizes = stops - starts
    begins = running(sizes)
    size = begins[last] - begins[first]
    page = pages.page_of(segments.begin[first])
    low, high = pages.letter_starts[page], pages.letter_starts[page + 1]
    scores = np.clip(grams + bias, -CLIP, CLIP)
    sums_of_scores = np.add.reduceat(in_units(scores), first) / UNITS
    letters, run = best_runs(gains, begins[first]), best_runs(scores, first)
    in_letters, in_run = letters.last - letters.first, run.last - run.first
    new_line = changes(segments.line)
    # One more, for a run that ends with the last segment.
    begins_line = np.concatenate([new_line, [True]])
    within = alternating(run.first, run.last)
    worst = np.minimum.reduceat(np.concatenate([scores, [0.0]]), within)[::2]
    squares = running(sizes**2)
    mean = (begins[run.last] - begins[run.first]) / in_run
    spread = (squares[run.last] - squares[run.first]) / in_run - mean**2
    of_passage = segments.begin[first].searchsorted(pages.where[doubts.first], "right") - 1
    surest = np.full(len(first), -CLIP)
    np.maximum.at(surest, of_passage, logits)
    columns: list[NDArray[np.generic]] = [
        *_highest(scores, segments.passage, first, n),
        n,
        size,
        np.add.reduceat(new_line, first, dtype=np.int64),
        size / (high - low),
        high - low,
        letters.sums,
        in_letters,
        letters.sums / in_letters,
        np.add.reduceat(in_units(gains), begins[first]) / UNITS,
        np.add.reduceat(scores > 0, first, dtype=np.int64),
        np.add.reduceat(scores > 2, first, dtype=np.int64),
        sums_of_scores / n,
        run.sums,
        in_run,
        run.sums / in_run,
        worst,
        mean,
        np.sqrt(np.maximum(spread, 0.0)),
        in_run / n,
        begins_line[run.first],
        begins_line[run.last],
        starts[first] - low,
        high - stops[last - 1],
        starts[run.first] - low,
        high - stops[run.last - 1],
        sums_of_scores - run.sums,
        surest,
        np.bincount(of_passage, minlength=len(first)),
        np.bincount(doubts.text, minlength=int(page[-1]) + 1)[page],
    ]
    return np.ascontiguousarray(np.array(columns, np.float64).T)


def _highest(scores: _Floats, passage: _Ints, first: _Ints, n: _Ints) -> _Floats:
    """Return the highest `_BEST` scores of each passage, in rows."""
    ranked = scores[np.lexsort((-scores, passage))]
    rank = np.arange(_BEST)[:, None]
    result: _Floats = np.where(rank < n, ranked.take(first + rank, mode="clip"), _NONE)
    return result
