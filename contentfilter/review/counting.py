"""Count what is frequent among any number of things, in bounded memory."""

from collections import Counter
from typing import NamedTuple


class Count(NamedTuple):
    """A thing and how often it was seen, at least."""

    name: str
    number: int


class Frequent:
    """Counts names, and forgets the rarest half whenever there are more than ``capacity``.

    What is frequent is never forgotten: a count is too low by `missed` at most.

    >>> frequent = Frequent(capacity=2)
    >>> for name in ["a", "a", "b", "c", "a"]:
    ...     frequent.add(name)
    >>> frequent.top(2), frequent.missed
    ([Count(name='a', number=3)], 1)
    """

    def __init__(self, capacity: int = 50_000) -> None:
        self.missed = 0
        self._capacity = capacity
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, name: str, number: int = 1) -> None:
        """Count ``name`` ``number`` times more."""
        self._counts[name] += number
        if len(self._counts) > self._capacity:
            ranked = self._counts.most_common()
            kept = max(1, self._capacity // 2)
            self.missed += ranked[kept][1]
            self._counts = Counter(dict(ranked[:kept]))

    def top(self, number: int) -> list[Count]:
        """Return the most frequent, those seen equally often in the order of their names."""
        ranked = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        return [Count(*item) for item in ranked[:number]]

    def __getitem__(self, name: str) -> int:
        return self._counts[name]
