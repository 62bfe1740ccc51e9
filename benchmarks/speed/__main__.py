"""Measure how fast cleaning is, and print the goals beside the figures.

    .venv/bin/python -m pip install --editable '.[bench]'
    .venv/bin/python benchmarks/speed --corpus DIR

Y, the yardstick, is splitting the same documents at punctuation, one by one. All times are CPU
time but that of two workers.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import click
from documents import SEEDS, Texts, choose, size, size_of
from growth import draw
from peers import PEERS, jieba_lines, split_phrases
from processes import MEMORY, STARTS, memory, start_ups
from races import Figure, Race, in_a_stream, lap, one_by_one, result, seconds
from tqdm import tqdm

from contentfilter import Cleaner
from contentfilter.training.seeds import Seeds

_PASSES = 5
# What is slow runs over every tenth document.
_SLOW_EVERY = 10
_WORKERS_SECONDS = 2.0  # enough work that handing it out does not show
_WORKERS_PASSES = 3
_GROWTH = Path(__file__).parents[1] / "growth.svg"
_WORKERS = {
    "workers": "two workers, one document in ten with a block",
    "workers-clean": "two workers, clean documents",
}
_OWN = ["many", "single", "mixed", "blocks"]
_ROWS = [*_OWN, *PEERS, *_WORKERS, *STARTS, *MEMORY]


def own_races(cleaner: Cleaner, texts: Texts) -> Iterator[Race]:
    """Yield the races against the yardstick and against jieba."""
    many = in_a_stream(cleaner.clean_many)
    yield Race("many", "`clean_many`, clean documents", texts.clean, 1 / 1.5, many)
    yield Race(
        "single", "`clean`, document by document", texts.clean, 1 / 2, one_by_one(cleaner.clean)
    )
    yield Race("mixed", "`clean_many`, one document in ten with a block", texts.mixed, 1 / 6, many)
    title = "`clean_many`, pages with blocks, against jieba on every line"
    yield Race("blocks", title, texts.blocks[::_SLOW_EVERY], 10, many, one_by_one(jieba_lines()))


def peer_race(key: str, cleaner: Cleaner, texts: Texts, seeds: Seeds) -> Race | Figure:
    """Return the race against a peer, or the row that tells how to install it."""
    peer = PEERS[key]
    try:
        work = peer.make(seeds)
    except ImportError:
        figure = f"not installed: `pip install {peer.requires}`"
        return Figure(f"against: {peer.title}", "ahead", figure)
    ours = in_a_stream(cleaner.clean_many)
    title = f"`clean_many` against: {peer.title}"
    given = texts.clean[::_SLOW_EVERY] if peer.is_slow else texts.clean
    return Race(key, title, given, 1, ours, one_by_one(work))


def run_races(races: Sequence[Race]) -> list[Figure]:
    """Return the rows of ``races``, which take turns; the first pass only warms up."""
    passes = tqdm(range(_PASSES + 1), desc="passes", disable=None)
    laps = [[lap(race) for race in races] for _ in passes][1:]
    return [result(race, own) for race, own in zip(races, zip(*laps, strict=True), strict=True)]


def two_workers(title: str, cleaner: Cleaner, texts: list[str]) -> Figure:
    """Return the row of two workers against one, by the clock on the wall."""

    def took(n_jobs: int) -> float:
        run = in_a_stream(lambda given: cleaner.clean_many(given, n_jobs=n_jobs))
        return seconds(run, texts, time.perf_counter)

    took(2)  # starts the workers, each of which loads the model
    texts = texts * (1 + int(_WORKERS_SECONDS / took(1)))
    times = median(took(1) / took(2) for _ in range(_WORKERS_PASSES))
    return Figure(title, "at least 1.8 times one", f"{times:.2f} times", times >= 1.8)


def table(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield ``figures`` as the lines of a Markdown table."""
    yield "| | goal | figure | met |"
    yield "| --- | --- | --- | --- |"
    for title, goal, figure, met in figures:
        yield f"| {title} | {goal} | {figure} | {'-' if met is None else 'yes' if met else 'NO'} |"


def measured(keys: Sequence[str], texts: Texts, seeds: Seeds) -> Iterator[Figure]:
    """Yield the rows named by ``keys``, those of a kind together."""
    cleaner = Cleaner()
    own = [race for race in own_races(cleaner, texts) if race.key in keys]
    peers = [peer_race(key, cleaner, texts, seeds) for key in PEERS if key in keys]
    yield from run_races([*own, *(race for race in peers if isinstance(race, Race))])
    yield from (row for row in peers if isinstance(row, Figure))
    for key, title in _WORKERS.items():
        if key in keys:
            given = texts.mixed if key == "workers" else texts.clean
            yield two_workers(title, cleaner, given)
    yield from start_ups([key for key in STARTS if key in keys], texts)
    yield from memory([key for key in MEMORY if key in keys], texts)


def told(texts: Texts, cleaner: Cleaner) -> Iterator[str]:
    """Yield what the figures are about: how much text, and that cleaning it does its work."""
    middle = median(map(size_of, texts.clean))
    yield (
        f"{len(texts.clean)} documents, {size(texts.clean) / 1e6:.1f} MB, median {middle:.0f} bytes"
        + ("" if 1000 <= middle <= 3000 else " (the goals are about a median of 1-3 kB)")
    )
    taken = median(_split(texts.clean) for _ in range(_PASSES))
    yield f"the yardstick Y runs at {size(texts.clean) / 1e6 / taken:.0f} MB/s"
    changed = sum(cleaner.clean(text) != text for text in texts.clean[::_SLOW_EVERY])
    found = sum(cleaner.clean(text) != text for text in texts.blocks[::_SLOW_EVERY])
    of = len(texts.clean[::_SLOW_EVERY])
    yield f"of {of} of them {changed} are changed, with a block {found}"


def _split(texts: list[str]) -> float:
    return seconds(one_by_one(split_phrases), texts, time.process_time)


@click.command()
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Directory of JSON Lines; without it documents are made of seeds/.",
)
@click.option("--documents", default=2000, show_default=True, type=click.IntRange(min=10))
@click.option("--only", multiple=True, type=click.Choice(_ROWS), help="A row; may be repeated.")
@click.option("--growth", is_flag=True, help=f"Draw {_GROWTH.name} instead.")
def main(corpus: Path | None, documents: int, only: tuple[str, ...], growth: bool) -> None:
    """Print the table of speed: goals and figures."""
    seeds = Seeds(SEEDS)
    texts = choose(corpus, documents, seeds)
    if growth:
        draw(texts, _GROWTH)
        return
    for line in told(texts, Cleaner()):
        click.echo(line)
    click.echo("")
    for line in table(list(measured(only or _ROWS, texts, seeds))):
        click.echo(line)


if __name__ == "__main__":
    sys.exit(main())
