"""The journal of a run, so that one that was killed can be gone on with: what is whole so far."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from contentfilter.errors import ContentFilterError

JOURNAL = "journal.jsonl"


class ResumeError(ContentFilterError):
    """An unfinished run cannot be gone on with, or must not be begun anew unasked."""


class Journal:
    """Lines of JSON: what the run is, then what is whole from time to time; the last one counts.

    Each line is written at once behind what it tells of, so that after any death of the process
    (not of the machine: nothing is synced) what the last whole line says is in the files.
    """

    def __init__(self, path: Path, run: str, resume: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("ab+", buffering=0)
        self.fresh = True
        try:
            _lock(self._file)
            self.last = self._read(run, resume)
            if self.fresh:
                self.write({"run": run})
        except BaseException:
            self._file.close()
            raise

    def write(self, value: Mapping[str, Any]) -> None:
        """Add a line."""
        rest = json.dumps(value).encode() + b"\n"
        while rest:  # on a full disk a part is written, and then nothing: an OSError
            rest = rest[self._file.write(rest) :]

    def close(self) -> None:
        """Close the file, which also frees it for another run."""
        self._file.close()

    def _read(self, run: str, resume: bool) -> dict[str, Any] | None:
        self._file.seek(0)
        lines = self._file.read().split(b"\n")
        whole = [json.loads(line) for line in lines[:-1]]  # behind the last line end: torn
        self._file.truncate(sum(len(line) + 1 for line in lines[:-1]))
        self._file.seek(0, os.SEEK_END)
        self.fresh = whole[:1] != [{"run": run}]
        if len(whole) < 2:  # nothing was done yet
            if self.fresh:
                self._file.truncate(0)
            return None
        if not resume:
            raise ResumeError(
                "there is an unfinished run: go on with it by --resume, "
                f"or remove {self.path.parent} to begin anew"
            )
        if self.fresh:
            raise ResumeError(
                "the unfinished run had other options, another model or other input files; "
                f"remove {self.path.parent} to begin anew"
            )
        found: dict[str, Any] = whole[-1]
        return found


def _lock(file: IO[bytes]) -> None:
    """Keep another run out; on systems without such locks it is the user who has to."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ResumeError("another run is writing to this output") from error
