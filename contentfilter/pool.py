"""Work done by several processes: results in the order of the tasks, never many tasks ahead."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from typing import Any, TypeVar

from contentfilter.errors import ContentFilterError

# Tasks that wait for each process: enough to keep it busy while one result is written.
_AHEAD = 3


class WorkerError(ContentFilterError):
    """A process that did the work was killed."""


_Task = TypeVar("_Task")
_Sent = TypeVar("_Sent")
_Result = TypeVar("_Result")


def ordered(
    function: Callable[[_Sent], _Result],
    tasks: Iterable[_Task],
    sent: Callable[[_Task], _Sent],
    jobs: int,
) -> Iterator[tuple[_Task, _Result]]:
    """Yield each of ``tasks`` with the result of ``function`` for what is ``sent`` of it.

    As many tasks are taken as are needed, and no more results wait than tasks were taken: joblib's
    own generator runs ahead of a slow consumer. With one job everything happens in this process.
    """
    if jobs == 1:
        for task in tasks:
            yield task, function(sent(task))
        return
    waiting: deque[tuple[_Task, Any]] = deque()
    executor = _executor(jobs)
    try:
        for task in tasks:
            waiting.append((task, executor.submit(function, sent(task))))
            if len(waiting) > _AHEAD * jobs:
                task, future = waiting.popleft()
                yield task, future.result()
        while waiting:
            task, future = waiting.popleft()
            yield task, future.result()
    except BrokenExecutor as error:
        raise WorkerError(
            "a process ended before its work did, perhaps for want of memory; try fewer --jobs"
        ) from error
    finally:
        for _, future in waiting:
            future.cancel()  # what has not begun; killing the processes upsets their manager
        executor.shutdown(wait=True)


def count(jobs: int) -> int:
    """Return the number of processes for ``jobs``; negative numbers count from that of cores.

    >>> count(3)
    3
    """
    if jobs > 0:
        return jobs
    from joblib import cpu_count

    return max(1, int(cpu_count()) + 1 + jobs)


def _executor(jobs: int) -> Any:
    # Not the executor that loky keeps for reuse: to take that would end whatever runs in it.
    from joblib.externals.loky import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs, initializer=_ignore_interrupts)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
