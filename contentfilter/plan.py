"""Which files a run reads, as what, and where each result goes."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from contentfilter.errors import ContentFilterError
from contentfilter.records import format_of
from contentfilter.records.base import Format

WORK = ".contentfilter"  # the directory, in that of the output, of what is not whole yet
ERRORS = "errors.jsonl"


class PlanError(ContentFilterError):
    """The inputs and the output do not fit together."""


class Job(NamedTuple):
    """One file: where it is, what it is (None: copied as it is), and the name of its result.

    ``source`` None is standard input. ``site`` is the folder that it came from.
    """

    source: Path | None
    format: str | None
    name: str
    site: str | None = None


class Found(NamedTuple):
    """A file that was named or found (None: standard input), and its name below the output."""

    path: Path | None
    name: str
    named: bool


def find(paths: Sequence[Path], output: Path | None) -> Iterator[Found]:
    """Yield the files of ``paths`` in the order of their names; what is in ``output`` is not input.

    One folder keeps its tree below the output, several their own names as well. A name that does
    not exist is given too: it is the reading that fails.
    """
    inside = len(paths) > 1
    for path in paths:
        if path.is_dir():
            yield from _below(path, path.resolve().name if inside else "", output)
        else:
            yield Found(path, path.name, named=True)


def _below(folder: Path, prefix: str, output: Path | None) -> Iterator[Found]:
    own = output.resolve() if output is not None else None
    for directory, folders, names in os.walk(folder):
        here = Path(directory)
        folders[:] = sorted(name for name in folders if (here / name).resolve() != own)
        folders[:] = [name for name in folders if name != WORK]
        for name in sorted(names):
            path = here / name
            if path.is_file():  # not a pipe, a socket, a broken link
                yield Found(path, str(Path(prefix, path.relative_to(folder))), named=False)


def format_for(found: Found, given: str | None, unknown: str) -> str | None:
    """Return the format of a file: the given one, or what its suffix tells.

    Without either, one that was named is ``unknown``, and one of a folder is none.
    """
    return given or format_of(found.name) or (unknown if found.named else None)


def jobs(
    found: Sequence[Found], given: str | None, unknown: str, formats: Mapping[str, Format]
) -> list[Job]:
    """Return what to do with each file; ``given`` and ``unknown`` are those of `format_for`.

    Raises `PlanError` if two results would have the same name.
    """
    planned = []
    taken: dict[str, Path | None] = {}
    for file in found:
        kind = format_for(file, given, unknown)
        name = formats[kind].output_name(file.name) if kind else file.name
        if name in taken:
            raise PlanError(
                f"{taken[name]} and {file.path}: two of the files have the same name, {name}; "
                "clean them one by one"
            )
        taken[name] = file.path
        site = Path(file.name).parts[0] if len(Path(file.name).parts) > 1 else None
        planned.append(Job(file.path, kind, name, site))
    return planned
