"""Half-open character spans of a text, and the one way of removing them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """Characters ``start`` (included) to ``end`` (excluded) of a text, in code points.

    >>> Span(1, 3).end
    3
    """

    start: int
    end: int


def cut(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return ``text`` without ``spans``, which are sorted and do not overlap.

    Without spans the very same object comes back.

    >>> cut("abcdef", [Span(1, 3)])
    'adef'
    """
    kept = []
    offset = 0
    for start, end in spans:
        kept.append(text[offset:start])
        offset = end
    if not offset and not kept:
        return text
    kept.append(text[offset:])
    return "".join(kept)


def restore(cleaned: str, spans: Iterable[tuple[int, int]], removed: Iterable[str]) -> str:
    """Return the text from which ``cut`` took ``removed`` at ``spans``.

    >>> restore("adef", [Span(1, 3)], ["bc"])
    'abcdef'
    """
    parts = []
    taken = 0  # characters of `cleaned` already used
    offset = 0  # the same place in the original text
    for (start, end), piece in zip(spans, removed, strict=True):
        parts += [cleaned[taken : taken + start - offset], piece]
        taken += start - offset
        offset = end
    parts.append(cleaned[taken:])
    return "".join(parts)


def join(spans: Iterable[tuple[int, int]]) -> list[Span]:
    """Return sorted, disjoint spans that cover the same characters.

    >>> join([(4, 6), (0, 2), (2, 3)])
    [Span(start=0, end=3), Span(start=4, end=6)]
    """
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(end, joined[-1].end))
        elif start < end:
            joined.append(Span(start, end))
    return joined


def shift(spans: Sequence[tuple[int, int]], cuts: Sequence[tuple[int, int]]) -> list[Span]:
    """Return ``spans`` of a cut text as spans of the text before ``cuts`` were made.

    Both are sorted. A span that runs over the place of a cut comes back in pieces around it.

    >>> shift([(1, 4)], [(2, 5)])
    [Span(start=1, end=2), Span(start=5, end=7)]
    """
    return [span for _, span in shift_each(spans, cuts)]


def shift_each(
    spans: Sequence[tuple[int, int]], cuts: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, Span]]:
    """Yield the pieces of `shift`, each with the number of the span it is a piece of."""
    passed = offset = 0  # cuts that lie before the span, and their length
    for number, (start, end) in enumerate(spans):
        while passed < len(cuts) and cuts[passed][0] - offset <= start:
            offset += cuts[passed][1] - cuts[passed][0]
            passed += 1
        inside, moved = passed, offset
        while inside < len(cuts) and cuts[inside][0] - moved < end:
            yield number, Span(start + moved, cuts[inside][0])
            start = cuts[inside][0] - moved
            moved += cuts[inside][1] - cuts[inside][0]
            inside += 1
        yield number, Span(start + moved, end + moved)
