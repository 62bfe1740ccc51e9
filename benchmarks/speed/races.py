"""Who is faster over the same texts: CPU time of both, and of the yardstick, pass by pass."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import NamedTuple

from documents import size
from peers import Work, split_phrases

Run = Callable[[Sequence[str]], object]


class Race(NamedTuple):
    """``ours`` over ``texts`` is to be ``goal`` times as fast as ``other``; None: the yardstick."""

    key: str
    title: str
    texts: list[str]
    goal: float
    ours: Run
    other: Run | None = None


class Lap(NamedTuple):
    """Seconds of one pass."""

    yardstick: float
    ours: float
    other: float


class Figure(NamedTuple):
    """A row of the table: what was wanted, what came out; ``met`` is None if nothing was asked."""

    title: str
    goal: str
    figure: str
    met: bool | None = None


def one_by_one(work: Work) -> Run:
    """Return a run that does ``work`` on each text and keeps no result."""

    def run(texts: Sequence[str]) -> None:
        for text in texts:
            work(text)

    return run


def in_a_stream(work: Callable[[Iterable[str]], Iterable[object]]) -> Run:
    """Return a run that gives all texts to ``work`` and keeps no result."""
    return lambda texts: deque(work(iter(texts)), maxlen=0)


def seconds(run: Run, texts: Sequence[str], clock: Callable[[], float]) -> float:
    """Return how long ``run`` takes over ``texts``."""
    start = clock()
    run(texts)
    return clock() - start


def lap(race: Race) -> Lap:
    """Return one pass of ``race``."""
    yardstick, ours, other = (
        seconds(run, race.texts, time.process_time) if run else 0.0
        for run in (one_by_one(split_phrases), race.ours, race.other)
    )
    return Lap(yardstick, ours, other)


def result(race: Race, laps: Sequence[Lap]) -> Figure:
    """Return the row of ``race``: ratios within a pass, and of these the median."""
    megabytes = size(race.texts) / 1e6
    rate = megabytes / median(lap.ours for lap in laps)
    share = median(lap.ours / lap.yardstick for lap in laps)
    if race.other is None:
        goal = f"at least Y/{1 / race.goal:.3g}"
        return Figure(race.title, goal, f"Y/{share:.2f} ({rate:.1f} MB/s)", share * race.goal <= 1)
    times = median(lap.other / lap.ours for lap in laps)
    other_rate = megabytes / median(lap.other for lap in laps)
    other_share = median(lap.other / lap.yardstick for lap in laps)
    return Figure(
        race.title,
        "ahead" if race.goal == 1 else f"at least {race.goal:g} times",
        f"{times:.2f} times; it runs at Y/{other_share:.2f} ({other_rate:.1f} MB/s)",
        times > 1 and times >= race.goal,
    )
