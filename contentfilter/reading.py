"""The inputs of a run, read in pieces and cleaned by several processes, in order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, Any, NamedTuple

from contentfilter import compression, files, pool
from contentfilter.errors import RecordFormatError
from contentfilter.output import Options, Output
from contentfilter.plan import Job
from contentfilter.records.base import Piece, Source
from contentfilter.work import Cleaned, Task, Work, clean_tasks

# Bytes that are worth a task: less, and sending them costs more than cleaning them.
_TASK = 1 << 19


class Step(NamedTuple):
    """A piece of a file, or its end; ``read`` counts the bytes of the file that were read."""

    job: int
    piece: Piece | None = None
    checkpoint: bool = False
    problem: str = ""
    refused: bool = False
    read: int = 0


class Reader:
    """Reads the files of a run; what would be written over one of them is not read."""

    def __init__(self, jobs: Sequence[Job], output: Output, options: Options) -> None:
        self.jobs = jobs
        self.output = output
        self.options = options
        self.inputs = files.identities(str(job.source) for job in jobs if job.source)

    def cleaned(
        self, work: Work, first: int = 0, position: int = 0
    ) -> Iterator[tuple[list[Step], list[Cleaned | None]]]:
        """Yield steps from a position in a file on, with what became of their pieces."""
        function = partial(clean_tasks, work)
        steps = _grouped(self._steps(work, first, position))
        jobs = pool.count(self.options.jobs)
        for steps_done, results in pool.ordered(function, steps, self._sent, jobs):
            found = iter(results)
            yield steps_done, [next(found) if step.piece else None for step in steps_done]

    def _sent(self, steps: list[Step]) -> list[Task]:
        tasks = []
        for step in steps:
            if step.piece is not None:
                job = self.jobs[step.job]
                site = job.site if self.options.folders else None
                tasks.append(Task(job.format or "", step.piece._replace(aside=None), site))
        return tasks

    def _steps(self, work: Work, first: int, position: int) -> Iterator[Step]:
        for index in range(first, len(self.jobs)):
            yield from self._file_steps(work, index, position)
            position = 0

    def _file_steps(self, work: Work, index: int, position: int) -> Iterator[Step]:
        """Yield the pieces of a file, and its end with the reason if it is not the true one."""
        job = self.jobs[index]
        refused = self._refused(job)
        if refused:
            yield Step(index, problem=refused, refused=True)
            return
        if job.format is None:
            yield Step(index)
            return
        kind = work.formats[job.format]
        problem = ""
        read = 0
        try:
            with _opened(job, kind.own_suffixes, self.options.stdin) as (raw, stream):
                for number, piece in enumerate(kind.pieces(Source(stream, job.name), position), 1):
                    problem = piece.problem
                    read = _tell(raw)
                    checkpoint = kind.resumable and number % self.options.checkpoint == 0
                    yield Step(index, piece, checkpoint, read=read)
        except (RecordFormatError, *compression.DAMAGE) as error:
            problem = str(error).lower() if not isinstance(error, RecordFormatError) else str(error)
        except OSError as error:
            problem = (error.strerror or str(error)).lower()
        yield Step(index, problem=problem, read=read)

    def _refused(self, job: Job) -> str:
        """Return why the result of ``job`` must not be written, if it must not."""
        target = self.output.target(job)
        if target is None:
            return ""
        if target.is_dir():
            return f"{target} is a directory"
        if files.identities([str(target)]) & self.inputs:
            return f"{target} is one of the input files; name another output"
        return ""


def _grouped(steps: Iterator[Step]) -> Iterator[list[Step]]:
    """Yield steps in groups that are worth sending to another process."""
    group: list[Step] = []
    size = 0
    for step in steps:
        group.append(step)
        if step.piece is not None:
            content = step.piece.content
            size += len(content) + 1000 if isinstance(content, bytes) else _TASK
        if size >= _TASK or len(group) >= 1000:
            yield group
            group, size = [], 0
    if group:
        yield group


@contextmanager
def _opened(job: Job, own: Any, stdin: IO[bytes] | None) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Open an input; yield the file as it is, and what it holds, decompressed."""
    if job.source is None:
        if stdin is not None:
            yield stdin, stdin
        return
    suffix = compression.split_name(job.source.name)[1]
    with job.source.open("rb") as raw:
        yield raw, raw if suffix in own else compression.reader(raw, suffix)


def _tell(stream: IO[bytes]) -> int:
    try:
        return stream.tell()
    except OSError:
        return 0
