"""Work done by several processes: results in the order of the tasks, never many tasks ahead."""

import atexit
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from typing import Any, TypeVar

from contentfilter.errors import ContentFilterError

# Tasks that wait for each process: enough to keep it busy while one result is written.
_AHEAD = 3
# Seconds after which a process that has nothing to do ends.
_IDLE = 60


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
    executor = _executors.take(jobs)
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
        _executors.give_back(jobs, executor)


def count(jobs: int) -> int:
    """Return the number of processes for ``jobs``; negative numbers count from that of cores.

    >>> count(3)
    3
    """
    if jobs > 0:
        return jobs
    from joblib import cpu_count

    return max(1, int(cpu_count()) + 1 + jobs)


class _Executors:
    """Executors that have nothing to do: starting processes takes longer than many a job.

    The one that loky keeps for reuse is not taken: that would end whatever runs in it.
    """

    def __init__(self) -> None:
        self._idle: dict[tuple[int, int], Any] = {}

    def take(self, jobs: int) -> Any:
        """Return an executor with ``jobs`` processes that nobody else uses."""
        executor = self._idle.pop((os.getpid(), jobs), None)
        if executor is not None and not _is_whole(executor):
            executor.shutdown(wait=False)
            executor = None
        return executor or _started(jobs)

    def give_back(self, jobs: int, executor: Any) -> None:
        """Keep ``executor`` for the next who asks, or end it if there is one already."""
        if self._idle.setdefault((os.getpid(), jobs), executor) is not executor:
            executor.shutdown(wait=True)

    def end(self) -> None:
        """End all that this process started."""
        for key in [key for key in self._idle if key[0] == os.getpid()]:
            self._idle.pop(key).shutdown(wait=True)


_executors = _Executors()


@atexit.register  # what is left to be collected at the very end of Python complains
def end_processes() -> None:
    """End the processes that are kept for the next run."""
    _executors.end()


def _started(jobs: int) -> Any:
    from joblib.externals.loky import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs, timeout=_IDLE, initializer=_ignore_interrupts)


def _is_whole(executor: Any) -> bool:
    """Whether no process of ``executor`` was killed, so that it takes work."""
    try:
        executor.submit(int)
    except BrokenExecutor:
        return False
    return True


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
