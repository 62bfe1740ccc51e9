"""Files of JSON Lines that a run writes beside its results, moved into place when it ended."""

from functools import partial
from pathlib import Path
from typing import IO, Any

from contentfilter import audit, compression, files
from contentfilter.plan import WORK


class Log:
    """Lines of JSON in a file that can be cut off again; without a path they go nowhere."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.size = 0
        self._file: IO[bytes] | None = None

    def rewind(self, size: int) -> None:
        """Go back to what the file was when it had ``size`` bytes."""
        self.close()
        self.size = size
        if self.path is not None:
            self._file = self.path.open("r+b" if size else "wb")
            self._file.truncate(size)
            self._file.seek(size)

    def write(self, value: dict[str, Any]) -> None:
        """Add a line."""
        content = audit.line(value)
        self.size += len(content)
        if self._file is not None:
            self._file.write(content)

    def flush(self) -> None:
        """Bring all lines to the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def into_place(path: Path, target: Path) -> None:
    """Move a file that is whole to ``target``, compressed if that is called so."""
    suffix = compression.split_name(target.name)[1]
    if not suffix:
        path.replace(target)
        return
    # It was not written so: lines that are taken back are cut off at any byte of the file.
    with path.open("rb") as plain, files.whole(target) as new, new.open("wb") as stream:
        writer = compression.Writer(stream, suffix, begun=False)
        for block in iter(partial(plain.read, 1 << 20), b""):
            writer.write(block)
        writer.end()
    path.unlink()


def aside(path: Path | None) -> Path | None:
    """Return where a log lies until the run ended."""
    return None if path is None else path.with_name(f".{path.name}{WORK}")
