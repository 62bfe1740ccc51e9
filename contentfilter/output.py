"""Where the results of a run go, and how it goes."""

import os
from pathlib import Path
from typing import IO, NamedTuple

from contentfilter.plan import WORK, Job


class Output(NamedTuple):
    """Where results go: below a directory, to a file, to a stream, or nowhere (all None)."""

    directory: Path | None = None
    file: Path | None = None
    stream: IO[bytes] | None = None

    @property
    def work(self) -> Path | None:
        """The directory of what is not whole yet; a stream has none."""
        if self.directory is not None:
            return self.directory / WORK
        if self.file is not None:
            target = Path(os.path.realpath(self.file))
            return target.with_name(f".{target.name}{WORK}")
        return None

    def target(self, job: Job) -> Path | None:
        """Return the file that the result of ``job`` becomes."""
        return self.file if self.directory is None else self.directory / job.name


class Options(NamedTuple):
    """How a run goes; ``checkpoint`` is after how many pieces a large file can be gone on with."""

    model: Path
    jobs: int = 1
    resume: bool = False
    audit: Path | None = None
    errors: Path | None = None
    report: Path | None = None
    recurring: bool = False
    folders: bool = False  # the folders of the input tell the sites
    checkpoint: int = 64
    stdin: IO[bytes] | None = None
