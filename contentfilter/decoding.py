"""Scores of segments -> blocks: the best run of labels, and what a block takes along."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.arrays import changes, next_to, ranges
from contentfilter.features import NAMES
from contentfilter.fluency import N_JOINTS, Fluency, Sides, joints
from contentfilter.folding import BAR, CLOSE, COMMA, HYPHEN, IGNORED, NEWLINE, STOP
from contentfilter.pages import Pages
from contentfilter.quoting import N_QUOTING_FEATURES, Beside, describe_quoting
from contentfilter.segmentation import N_GAPS, Segments
from contentfilter.spans import Span

_Floats = NDArray[np.float64]

# Log-odds that starting or ending a block costs, within a line and between lines.
SWITCH_IN_LINE = 0.75
SWITCH_AT_LINE = 0.4

_BYTE_ORDER_MARK = "\ufeff"
_LINE_ENDS = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"

# Empty elements that share one random id, and a lone question mark: left by the same tools.
_TAGS = re.compile(
    r'(?:\s*<[a-z]+ id="(\w{4,8})">(?:<[a-z]+ id="\1">)*(?:</[a-z]+>)+)+[ \t\r]*(?=\n|$)'
)
# Bytes written in letters and digits, which are no words.
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+|[A-Za-z0-9+/=]{40,}")
_QUESTION = re.compile(r"\s*[?？][ \t\r]*(?=\n|$)")


# Of these features of segments the smallest and the largest count as well as the mean.
_EXTREMES = [
    NAMES.index(name)
    for name in "words mean prefilter_mean known again function window script_break".split()
]
# Lines of box drawings, stars or blocks that frame a block; rules of hyphens or equal signs may be
# the page's own.
_DRAWN = r"[ \t\u3000]{0,40}[\u2500-\u259f★☆◆◇■□▲▼●○※]{3,80}[ \t\u3000]{0,40}"
_FRAME_ABOVE = re.compile(rf"(?:{_DRAWN}\r?\n)+\Z")
_FRAME_BELOW = re.compile(rf"(?:{_DRAWN}(?:\r?\n|\Z))+")
_LONGEST_FRAME = 400


# The means of the segments' features, their extremes, and 32 of the run itself; how it joins, and
# what is said beside it.
N_BLOCK_FEATURES = len(NAMES) + 2 * len(_EXTREMES) + 32 + N_JOINTS + N_QUOTING_FEATURES


class Candidate(NamedTuple):
    """Segments ``first`` to ``last`` (included) of a passage, which may be a block."""

    first: int
    last: int


def label(logits: _Floats, line: NDArray[np.int64]) -> list[Candidate]:
    """Return the runs of injected segments in the best labelling of a passage.

    ``logits`` are the log-odds of its segments; every change of label has a cost.
    """
    costs = [SWITCH_IN_LINE]
    costs += np.where(line[1:] > line[:-1], SWITCH_AT_LINE, SWITCH_IN_LINE).tolist()
    keep, cut = 0.0, -SWITCH_AT_LINE
    came_keep, came_cut = [], []
    for logit, cost in zip(logits.tolist(), costs, strict=True):
        came_keep.append(cut - cost > keep)
        came_cut.append(keep - cost > cut)
        keep, cut = max(keep, cut - cost), max(cut, keep - cost) + logit
    labels = np.zeros(len(logits), bool)
    state = cut - SWITCH_AT_LINE > keep
    for i in range(len(logits) - 1, -1, -1):
        labels[i] = state
        state = state != (came_cut[i] if state else came_keep[i])
    turns = changes(labels)
    first = (labels & turns).nonzero()[0].tolist()
    last = (labels & next_to(turns, True)).nonzero()[0].tolist()
    return [Candidate(a, b) for a, b in zip(first, last, strict=True)]


def describe_blocks(
    candidates: Sequence[Candidate],
    X: _Floats,
    logits: _Floats,
    topics: NDArray[np.float32],
    segments: Segments,
    page_sizes: NDArray[np.int64],
    around: tuple[Sides, Fluency],
    subjects: _Floats,
    beside: Beside,
) -> _Floats:
    """Return the features of candidates: the means of their segments', and what only a run has.

    ``X``, ``logits``, ``topics`` (the log-odds of each category) and the sides ``around`` have a
    row for each of ``segments``; ``page_sizes`` are the numbers of letters of the candidates'
    pages. With the sides comes how legitimate text runs on. ``subjects`` are those of the
    candidates' pages (`subjects.subjects_of`), ``beside`` is what is said beside the segments.
    """
    sides, fluency = around
    first, last = np.array(candidates, np.int64).T
    rows, n = ranges(first, last + 1), last - first + 1
    starts = n.cumsum() - n
    owner = np.arange(len(n)).repeat(n)
    line, gap, passage = segments.line, segments.gap, segments.passage
    inside, of_runs = logits[rows], X[rows]
    scores_all = X[:, NAMES.index("score")]
    sizes, scores = of_runs[:, NAMES.index("size")], of_runs[:, NAMES.index("score")]
    before, behind = np.maximum(first - 1, 0), np.minimum(last + 1, len(line) - 1)
    has_left = (first > 0) & (passage[before] == passage[first])
    has_right = (last + 1 < len(line)) & (passage[behind] == passage[last])
    opens = ~has_left | (line[before] != line[first])
    closes = ~has_right | (line[behind] != line[last])
    separator = _separators(gap[rows], owner, n)
    # All of the lines that a run touches, not only the run.
    new_line = changes(line[rows])
    new_line[starts] = True

    def total(values: NDArray[Any]) -> NDArray[Any]:
        result: NDArray[Any] = np.add.reduceat(values, starts, axis=0)
        return result

    size = total(sizes)
    of_passage = passage.searchsorted(passage[first], "right") - passage.searchsorted(
        passage[first]
    )
    own = [
        n,
        line[last] - line[first] + 1,
        size,
        size / np.maximum(page_sizes, 1),
        total(inside),
        np.maximum.reduceat(inside, starts),
        np.minimum.reduceat(inside, starts),
        total(inside) / n,
        np.maximum.reduceat(scores, starts),
        np.minimum.reduceat(scores, starts),
        total((scores > 2).astype(np.int64)),
        total((scores > 0).astype(np.int64)) / n,
        np.sqrt(n * total(sizes**2) - size**2) / n,
        np.where(has_left, logits[before], -9.0),
        np.where(has_right, logits[behind], -9.0),
        opens,
        closes,
        np.where(opens, 0.0, scores_all[before]),
        np.where(closes, 0.0, scores_all[behind]),
        ~opens & (gap[before] == separator),
        ~closes & (gap[last] == separator),
        separator,
        size / total(np.where(new_line, of_runs[:, NAMES.index("line_size")], 0.0)),
        of_passage - n,
        *_one_topic(topics[rows], owner, starts, n, subjects),
    ]
    extremes = of_runs[:, _EXTREMES]
    return np.concatenate(
        [
            total(of_runs) / n[:, None],
            np.minimum.reduceat(extremes, starts, axis=0),
            np.maximum.reduceat(extremes, starts, axis=0),
            np.array(own, np.float64).T,
            joints(fluency, sides.take(first), sides.take(last)),
            describe_quoting(beside, first, last),
        ],
        axis=1,
    )


def _separators(gaps: NDArray[np.int64], owner: NDArray[np.int64], n: NDArray[np.int64]) -> Any:
    """Return the commonest separator within each run of ``n`` segments; -1 in a single one."""
    within = np.ones(len(gaps), bool)
    within[n.cumsum() - 1] = False
    counts = np.bincount(owner[within] * N_GAPS + gaps[within], minlength=len(n) * N_GAPS)
    return np.where(n > 1, counts.reshape(-1, N_GAPS).argmax(axis=1), -1)


def _one_topic(
    topics: NDArray[np.float32],
    owner: NDArray[np.int64],
    starts: NDArray[np.int64],
    n: NDArray[np.int64],
    subjects: _Floats,
) -> list[NDArray[Any]]:
    """Return how surely each run is about one category of spam: blocks are, lists seldom.

    And how much the page is about it.
    """
    total = np.add.reduceat(topics, starts, axis=0, dtype=np.float64)
    order = np.sort(total, axis=1)
    best = total.argmax(axis=1)
    of_best = topics.argmax(axis=1) == best[owner]
    likely = topics[np.arange(len(topics)), best[owner]] > 1
    return [
        order[:, -1],
        order[:, -1] / n,
        order[:, -1] - order[:, -2] if order.shape[1] > 1 else order[:, -1],
        np.maximum(np.maximum.reduceat(topics, starts, axis=0).max(axis=1), 0.0),
        np.add.reduceat(of_best, starts, dtype=np.int64) / n,
        np.add.reduceat(likely, starts, dtype=np.int64) / n,
        subjects[np.arange(len(n)), best],
        subjects.max(axis=1),
    ]


def edges_of(segments: Segments, candidate: Candidate) -> tuple[bool, bool]:
    """Return whether a run starts, and whether it ends, with its line."""
    first, last = candidate
    line = segments.line
    opens = first == 0 or line[first - 1] != line[first]
    closes = last + 1 == len(line) or line[last + 1] != line[last]
    return bool(opens), bool(closes)


def extent(text: str, pages: Pages, page: int, segments: Segments, candidate: Candidate) -> Span:
    """Return what is cut of ``text`` for a candidate: phrases, separators and blank lines.

    ``text`` is number ``page`` of ``pages``.

    A block with lines of its own takes the blank lines behind it along, or, at the end of the
    text, those before it. One that shares a line leaves the rest of the line as it was.
    """
    first, last = candidate
    opens, closes = edges_of(segments, candidate)
    begin, end = int(segments.begin[first]), int(segments.end[last])
    if closes and not opens:
        begin = _after_stop(pages, int(segments.stop[first - 1]), int(segments.start[first]))
    elif not opens and not _is_joined(pages, segments, first):
        end = _before_stop(pages, int(segments.stop[last]), end)
    if (pages.kinds[begin : segments.stop[last]] == IGNORED).any():
        end = _over_invisible(pages, end)
    elif closes and not opens:
        end = _before_invisible(pages, int(segments.stop[last]), end)
    start, stop = pages.offset_in(page, begin), pages.offset_in(page, end)
    if opens:
        start = _over_ignored(text, pages, page, begin)
    at_line_start = opens and (start == 0 or text[start - 1] in ("\n", _BYTE_ORDER_MARK))
    if at_line_start and closes:
        start, stop = _with_frame(text, start, stop)
        return with_blank_lines(text, start, _with_remnants(text, stop))
    if closes:  # the line stays, and keeps its end
        while stop > start and text[stop - 1] in _LINE_ENDS:
            stop -= 1
    return Span(start, stop)


def is_encoded(text: str) -> bool:
    """Whether most of ``text`` is bytes in letters: percent-escapes of an address, or Base64."""
    return 2 * sum(len(match[0]) for match in _ENCODED.finditer(text)) > len(text)


def _over_invisible(pages: Pages, end: int) -> int:
    """Move the end of a block with zero-width characters in it over those right behind it."""
    while end < len(pages.kinds) and pages.kinds[end] == IGNORED:
        end += 1
    return end


def _before_invisible(pages: Pages, least: int, end: int) -> int:
    """Move the end of a plain block before zero-width characters and the line end behind it."""
    while end > least and pages.kinds[end - 1] in (IGNORED, NEWLINE):
        end -= 1
    return end


def _over_ignored(text: str, pages: Pages, page: int, begin: int) -> int:
    """Return the start of a line's block, moved over zero-width characters before it.

    A byte order mark stays: it is the file's.
    """
    start = pages.offset_in(page, begin)
    while begin and pages.kinds[begin - 1] == IGNORED and text[start - 1] != _BYTE_ORDER_MARK:
        begin -= 1
        start = pages.offset_in(page, begin)
    return start


def _after_stop(pages: Pages, low: int, high: int) -> int:
    """Return where in the gap ``low:high`` the separators begin that join a block to its line."""
    kinds = pages.kinds[low:high]
    own = np.flatnonzero((kinds == STOP) | (kinds == CLOSE))
    return low + int(own[-1]) + 1 if len(own) else low


def _is_joined(pages: Pages, segments: Segments, first: int) -> bool:
    """Whether a comma, a stop, a bar or a hyphen stands before a block within a line."""
    gap = pages.kinds[segments.stop[first - 1] : segments.start[first]]
    return bool(np.isin(gap, (STOP, COMMA, BAR, HYPHEN)).any())


def _before_stop(pages: Pages, low: int, high: int) -> int:
    """Return where in the gap ``low:high`` the sentence that a block was set into goes on."""
    gap = pages.kinds[low:high]
    own = np.flatnonzero((gap == STOP) | (gap == COMMA))
    return low + int(own[0]) if len(own) else high


def _with_frame(text: str, start: int, stop: int) -> tuple[int, int]:
    """Widen a span of whole lines over the lines drawn right above and below it."""
    above = _FRAME_ABOVE.search(text, max(0, start - _LONGEST_FRAME), start)
    below = _FRAME_BELOW.match(text, stop)
    at_line_start = not above or above.start() == 0 or text[above.start() - 1] == "\n"
    if above and at_line_start:
        start = above.start()
    return start, below.end() if below else stop


def _with_remnants(text: str, stop: int) -> int:
    found = _TAGS.match(text, stop) or _QUESTION.match(text, stop)
    if not found:
        return stop
    end = found.end()
    return end + 1 if text.startswith("\n", end) else end


def with_blank_lines(text: str, start: int, stop: int) -> Span:
    """Widen a span of whole lines over the blank lines behind it, or before it at the end."""
    end = stop
    while end < len(text):
        line_end = text.find("\n", end)
        line = text[end:] if line_end < 0 else text[end:line_end]
        if line.strip():
            return Span(start, end)
        end = len(text) if line_end < 0 else line_end + 1
    while start:
        line_start = text.rfind("\n", 0, start - 1) + 1
        if text[line_start:start].strip():
            break
        start = line_start
    # Where the text ended without a line end, so does what is left.
    if start and not text.endswith("\n"):
        start -= 2 if text.endswith("\r\n", 0, start) else 1
    return Span(start, end)
