"""Read files as UTF-8, and write files whole or not at all."""

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contentfilter.errors import ContentFilterError


class NotUtf8Error(ContentFilterError, ValueError):
    """The bytes are not UTF-8; the message tells where."""


class OverwriteError(ContentFilterError):
    """The output is one of the inputs."""


def decode(content: bytes) -> str:
    r"""Return ``content`` as text, every byte of it: newlines and a byte order mark stay.

    >>> decode(b"caf\xe9")
    Traceback (most recent call last):
        ...
    contentfilter.files.NotUtf8Error: not UTF-8: byte 0xe9 at offset 3; convert it to UTF-8 first
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUtf8Error(
            f"not UTF-8: byte 0x{content[error.start]:02x} at offset {error.start}; "
            "convert it to UTF-8 first"
        ) from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a new file beside ``path`` that takes its place at the end, unless an error comes up.

    So ``path`` never holds half of something. A link is followed, the mode of a file that is
    replaced is kept, and what is not an ordinary file (a pipe, ``/dev/null``) is written directly.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file() and not target.is_dir():
        yield target
        return
    temporary = target.with_name(f".contentfilter-{os.urandom(6).hex()}.tmp")
    try:
        _create(target, temporary)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        if error.filename in (str(temporary), str(target)):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        with suppress(OSError):
            temporary.unlink()


def _create(target: Path, temporary: Path) -> None:
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if target.exists():
        target.open("r+b").close()  # a file that may not be written is not replaced either
    temporary.open("xb").close()
    if target.exists():
        shutil.copymode(target, temporary)


def size(path: Path | None) -> int:
    """Return the length of a file in bytes; 0 for none, and for one that cannot be looked at."""
    try:
        return path.stat().st_size if path else 0
    except OSError:
        return 0


def identities(paths: Iterable[str | int]) -> set[tuple[int, int]]:
    """Return what tells the files apart, whatever they are called; ``int`` is an open file.

    Missing files and what is not an ordinary file (a terminal, a pipe) have no identity.
    """
    found = set()
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 (Path takes no file number)
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            found.add((status.st_dev, status.st_ino))
    return found
