"""Compressed streams by the suffix of a file name: gzip, bzip2, xz, and zstd as an extra."""

import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import PurePath
from typing import IO, Any, Protocol

from contentfilter.errors import ContentFilterError, MissingExtraError

SUFFIXES = (".gz", ".bz2", ".xz", ".zst")


class DamagedError(ContentFilterError):
    """A compressed file cannot be read to its end."""


# What reading a damaged compressed file raises; also OSError, but without a number of the system.
DAMAGE = (EOFError, zlib.error, lzma.LZMAError, DamagedError)


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def split_name(name: str) -> tuple[str, str]:
    """Return a file name without the suffix of a compression, and that suffix.

    >>> split_name("pages.jsonl.gz"), split_name("pages.jsonl")
    (('pages.jsonl', '.gz'), ('pages.jsonl', ''))
    """
    suffix = PurePath(name).suffix.lower()
    return (name[: -len(suffix)], suffix) if suffix in SUFFIXES else (name, "")


def reader(stream: IO[bytes], suffix: str) -> IO[bytes]:
    """Return what ``stream`` holds, decompressed; several members are read as one."""
    if suffix == ".gz":
        import gzip

        return gzip.GzipFile(fileobj=stream, mode="rb")  # type: ignore[return-value]
    if suffix == ".bz2":
        import bz2

        return bz2.BZ2File(stream)
    if suffix == ".xz":
        return lzma.LZMAFile(stream)
    if suffix == ".zst":
        return io.BufferedReader(_ZstdFile(stream), 1 << 17)
    return stream


def require(suffix: str) -> None:
    """Raise `MissingExtraError` if the library for a compression is missing."""
    if suffix == ".zst":
        _zstandard()


class _ZstdFile(io.RawIOBase):
    """Reads frames of zstd. The reader of the library ends quietly where a file was cut off."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._library = _zstandard()
        self._frame: Any = None
        self._waiting = memoryview(b"")

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with what comes next; return its length, 0 at the end."""
        while not self._waiting:
            content = (
                self._frame.unused_data if self._frame is not None and self._frame.eof else b""
            )
            if content or self._frame is None or self._frame.eof:
                content = content or self._stream.read(1 << 16)
                if not content:
                    return 0
                self._frame = self._library.ZstdDecompressor().decompressobj()
            else:
                content = self._stream.read(1 << 16)
                if not content:
                    raise EOFError("compressed file ended before the end of a frame")
            try:
                self._waiting = memoryview(self._frame.decompress(content))
            except self._library.ZstdError as error:
                raise DamagedError(str(error)) from error
        size = min(len(buffer), len(self._waiting))
        buffer[:size] = self._waiting[:size]
        self._waiting = self._waiting[size:]
        return size


class Writer:
    """Writes to ``stream``, compressed in members that can be cut off at their ends.

    A member is a whole compressed file by itself; every reader takes several of them as one. They
    carry no time, so that the same content makes the same bytes. With ``begun`` the stream holds
    members already.
    """

    def __init__(self, stream: IO[bytes], suffix: str, begun: bool) -> None:
        self._stream = stream
        self._make = _compressors(suffix)
        self._member: _Compressor | None = None
        self._empty = not begun

    def write(self, content: bytes) -> None:
        """Write ``content``."""
        if self._make is None:
            write_all(self._stream, content)
            return
        if self._member is None:
            self._member = self._make()
            self._empty = False
        write_all(self._stream, self._member.compress(content))

    def end_member(self) -> None:
        """Bring all that was written to the stream; what follows is a new member."""
        if self._member is not None:
            write_all(self._stream, self._member.flush())
            self._member = None
        self._stream.flush()

    def end(self) -> None:
        """End the last member; nothing written at all makes an empty one."""
        if self._empty and self._make is not None:
            self.write(b"")
        self.end_member()


def write_all(stream: IO[bytes], content: bytes) -> None:
    """Write all of ``content``: an unbuffered stream may take only a part at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[stream.write(rest) or 0 :]


def _compressors(suffix: str) -> Callable[[], _Compressor] | None:
    if suffix == ".gz":
        return lambda: zlib.compressobj(level=6, wbits=31)
    if suffix == ".bz2":
        import bz2

        return bz2.BZ2Compressor
    if suffix == ".xz":
        return lzma.LZMACompressor
    if suffix == ".zst":
        zstandard = _zstandard()
        return lambda: zstandard.ZstdCompressor(level=3).compressobj()
    return None


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise MissingExtraError("zstd files", "zstd") from error
    return zstandard
