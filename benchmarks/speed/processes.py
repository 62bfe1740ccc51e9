"""What takes a process of its own: how long it takes to start, and how much memory it holds."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from documents import Texts
from races import Figure

from contentfilter import clean

_CHILD = Path(__file__).with_name("child.py")
_STARTS = 5
_STREAM_MEGABYTES, _LINE_MEGABYTES = 200, 50
# Documents that the stream repeats; one in a hundred carries a block, so that the words of the
# closer look are in memory too.
_POOL, _POOL_BLOCK_EVERY = 500, 100
_GOAL_STREAM, _GOAL_LINE = 150, 16  # MB; bytes a character
_GOAL_GROWTH = 1.5  # a linear pass over what no cache holds any more; quadratic would be 10

_CLEAN = (
    "import sys, contentfilter; contentfilter.clean(open(sys.argv[1], encoding='utf-8').read())"
)
STARTS = {
    "start": ("import and first `clean`, a clean page", 0.25),
    "start-block": ("import and first `clean`, a page with a block", 1.2),
    "help": ("`contentfilter --help`", 0.15),
}
MEMORY = {
    "stream": f"peak of a stream of {_STREAM_MEGABYTES} MB",
    "line": f"a clean line of {_LINE_MEGABYTES} MB",
    "line-block": f"a line of {_LINE_MEGABYTES} MB with a block in its middle",
}


def start_ups(keys: list[str], texts: Texts) -> list[Figure]:
    """Return rows of CPU time on one core beyond that of bare Python, another page on every start.

    As with any installed package, byte-code is there: the first start of each kind writes it.
    """
    if not keys:
        return []
    taken: dict[str, list[float]] = {key: [] for key in keys}
    with tempfile.TemporaryDirectory() as folder:
        page, blocked = Path(folder, "page.txt"), Path(folder, "blocked.txt")
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        commands = {
            "start": ["-c", _CLEAN, str(page)],
            "start-block": ["-c", _CLEAN, str(blocked)],
            "help": ["-m", "contentfilter", "--help"],
        }
        for text, with_block in zip(texts.clean, _cut_ones(texts), strict=False):
            page.write_text(text, encoding="utf-8", errors="replace")
            blocked.write_text(with_block, encoding="utf-8", errors="replace")
            bare = _cpu_seconds(["-c", "pass"], environment)
            for key in keys:
                taken[key].append(_cpu_seconds(commands[key], environment) - bare)
    return [_start_up(key, median(seconds[1:])) for key, seconds in taken.items()]


def _cut_ones(texts: Texts) -> list[str]:
    """Return the first pages with a block whose block is found."""
    found = (text for text in texts.blocks if clean(text) != text)
    return [text for text, _ in zip(found, range(1 + _STARTS), strict=False)]


def _start_up(key: str, seconds: float) -> Figure:
    title, goal = STARTS[key]
    return Figure(title, f"under {goal} s over bare Python", f"{seconds:.3f} s", seconds < goal)


def _cpu_seconds(arguments: list[str], environment: Mapping[str, str]) -> float:
    """Return the CPU time of a process that has one core.

    With more, numpy's linear algebra starts a thread for each of them; they wait, and their waiting
    would count.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.DEVNULL,
        env=environment,
        preexec_fn=_take_one_core,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # or it would be waited for again
    if process.returncode:
        raise RuntimeError(f"{arguments} ended with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def _take_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):  # on Linux
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def memory(keys: list[str], texts: Texts) -> list[Figure]:
    """Return rows of memory, and of the time that long lines take."""
    with _pool(texts) as pool:
        figures = []
        if "stream" in keys:
            figures.append(_stream_figure(_child("stream", pool, _STREAM_MEGABYTES)))
        lines = [key for key in keys if key != "stream"]
        empty = _child("nothing", pool, 0)["peak"] if lines else 0
        for key in lines:
            ran = _child(key.removeprefix("line-"), pool, _LINE_MEGABYTES)
            figures += _line_figures(MEMORY[key], ran, empty)
    return figures


@contextmanager
def _pool(texts: Texts) -> Iterator[Path]:
    """Give a file of the texts that a child cleans."""
    mixed = texts.clean[:_POOL]
    mixed[::_POOL_BLOCK_EVERY] = texts.blocks[:_POOL:_POOL_BLOCK_EVERY]
    given = {"clean": texts.clean[:_POOL], "mixed": mixed, "block": texts.block}
    with tempfile.TemporaryDirectory() as folder:
        pool = Path(folder, "pool.json")
        pool.write_text(json.dumps(given), encoding="utf-8")
        yield pool


def _stream_figure(ran: Mapping[str, float]) -> Figure:
    peak = ran["peak"] / 1e6
    seconds = f"{ran['documents']:,.0f} documents in {ran['seconds']:.1f} s"
    figure = f"{peak:.0f} MB ({seconds})"
    return Figure(MEMORY["stream"], f"under {_GOAL_STREAM} MB", figure, peak < _GOAL_STREAM)


def _line_figures(title: str, ran: Mapping[str, float], empty: float) -> list[Figure]:
    beyond = (ran["peak"] - empty - ran["text"]) / ran["characters"]
    growth = ran["growth"]
    found = f"{ran['cut']:.0f} characters cut"
    return [
        Figure(
            f"{title}: memory beyond the text",
            f"under {_GOAL_LINE} bytes a character",
            f"{beyond:.1f} bytes ({found})",
            beyond < _GOAL_LINE,
        ),
        Figure(
            f"{title}: time a character, against a tenth of it",
            f"linear: at most {_GOAL_GROWTH} times",
            f"{growth:.2f} times ({ran['seconds']:.1f} s)",
            growth <= _GOAL_GROWTH,
        ),
    ]


def _child(kind: str, pool: Path, megabytes: float) -> dict[str, Any]:
    command = [sys.executable, str(_CHILD), kind, str(pool), str(megabytes)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    ran: dict[str, Any] = json.loads(done.stdout)
    return ran
