"""What every format of records has in common."""

from collections.abc import Collection, Iterator, Sequence
from typing import IO, Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from contentfilter.compression import Writer
from contentfilter.encodings import SAMPLE, recognise, to_bytes
from contentfilter.errors import RecordFormatError
from contentfilter.spans import Span, cut
from contentfilter.spans import restore as put_in

BLOCK = 1 << 19  # bytes of a piece: a worker's work of some hundredths of a second


class Settings(NamedTuple):
    """What a user says about records.

    ``field`` holds the text, ``site_field`` the site or an address on it; ``encoding`` is
    that of the input if it is declared; with ``keep_encoding`` the output has it too. ``block``
    is about how many bytes a piece holds; it changes no output but where compressed members end.
    """

    field: str = "text"
    site_field: str = "url"
    encoding: str | None = None
    keep_encoding: bool = False
    block: int = BLOCK


class Source(NamedTuple):
    """An open input: its bytes, decompressed, and the name to tell of it."""

    stream: IO[bytes]
    name: str


class Piece(NamedTuple):
    """A run of records of one file as they were read.

    ``content`` is what the format makes records of; ``encoding`` is that of the file; ``position``
    is where reading can go on behind it, in a measure of the format's own (0: it cannot);
    ``aside`` stays with the writer. ``problem`` ends a file that cannot be read any further.
    """

    content: Any
    encoding: str = "utf-8"
    position: int = 0
    aside: Any = None
    problem: str = ""


class Record(NamedTuple):
    """One record: ``text`` is that of a page; None if it has none, and then why, if it should.

    ``raw`` is what the format needs to put the text back. ``counts`` is false for what only looks
    like a record and gets no number, such as the header of a table.
    """

    raw: Any
    text: str | None = None
    problem: str = ""
    id: str | None = None
    site: str | None = None
    counts: bool = True


class Undo(NamedTuple):
    """What is needed to put back what was cut: places in the original text, and what stood there.

    ``raw`` is what stood in the file, where that differs (escapes).
    """

    spans: Sequence[Span]
    removed: Sequence[str]
    raw: Sequence[str] | None = None


class Put(NamedTuple):
    """A record as it is written, and what stood in the file for each removed span, if it differs.

    ``problem`` tells why the record could not be changed after all.
    """

    output: Any
    raw: Sequence[str] | None = None
    problem: str = ""


class Sink(Protocol):
    """What writes the pieces of one file in order."""

    def write(self, piece: Piece, outputs: Any) -> None:
        """Write the outputs of a piece's records."""

    def checkpoint(self) -> None:
        """Bring everything to the file, so that it can be cut off here and gone on with."""

    def close(self) -> None:
        """Write what ends the file; the stream stays open."""

    def abandon(self) -> None:
        """Let go of a file that is not ended."""


class Format(Protocol):
    """One format of files. It holds settings, never a file, and can be pickled."""

    name: str
    settings: Settings
    paged: bool  # a file holds pages with numbers; otherwise it is one page
    own_suffixes: Collection[str]  # compressions that it reads by itself
    resumable: bool  # a file can be gone on with at a checkpoint
    passes: bool  # what cannot be read is written as it was

    @property
    def result(self) -> tuple[str, str | None]:
        """The format of the output, and its field of the text."""

    def output_name(self, name: str) -> str:
        """Return the name of the output for the input ``name``."""

    def written(self, encoding: str) -> str:
        """Return the encoding that a file which is in ``encoding`` is written in."""

    def pieces(self, source: Source, position: int) -> Iterator[Piece]:
        """Yield what ``source`` holds, from a position on that an earlier piece told."""

    def records(self, piece: Piece) -> Iterator[Record]:
        """Yield the records of a piece."""

    def put(self, record: Record, piece: Piece, spans: Sequence[Span]) -> Put:
        """Return a record without ``spans`` of its text (none: as it was)."""

    def restore(self, record: Record, piece: Piece, undo: Undo, encoding: str) -> Any:
        """Return a written record with what was cut put back, in the original's encoding."""

    def join(self, outputs: list[Any]) -> Any:
        """Return the outputs of a piece's records as they are handed to the writer."""

    def sink(self, stream: IO[bytes], suffix: str, begun: bool = False) -> Sink:
        """Return what writes a file, or goes on with one, compressed as ``suffix`` says."""


class ByteSink:
    """Writes outputs that are bytes, one after the other."""

    def __init__(self, stream: IO[bytes], suffix: str, begun: bool) -> None:
        self._writer = Writer(stream, suffix, begun)

    def write(self, piece: Piece, outputs: Any) -> None:
        """Write the outputs of a piece's records."""
        self._writer.write(outputs)

    def checkpoint(self) -> None:
        """End the compressed member."""
        self._writer.end_member()

    def close(self) -> None:
        """End the compressed file."""
        self._writer.end()

    def abandon(self) -> None:
        """Do nothing: nothing is held."""


class ByteFormat:
    """The part that formats share whose records are bytes in a file, one after the other."""

    name = ""
    paged = True
    own_suffixes: Collection[str] = ()
    resumable = True
    passes = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def result(self) -> tuple[str, str | None]:
        """The format of the output, and its field of the text."""
        return self.name, self.settings.field if self.paged else None

    def output_name(self, name: str) -> str:
        """Return the name of the output for the input ``name``."""
        return name

    def written(self, encoding: str) -> str:
        """Return the encoding that a file which is in ``encoding`` is written in."""
        return encoding if self.settings.keep_encoding else "utf-8"

    def join(self, outputs: list[bytes]) -> bytes:
        """Return the outputs of a piece's records as they are handed to the writer."""
        return b"".join(outputs)

    def sink(self, stream: IO[bytes], suffix: str, begun: bool = False) -> Sink:
        """Return what writes a file, or goes on with one, compressed as ``suffix`` says."""
        return ByteSink(stream, suffix, begun)


def without(text: str, spans: Sequence[Span], encoding: str) -> bytes:
    """Return ``text`` without ``spans``, in an encoding."""
    return to_bytes(cut(text, spans), encoding)


def together(text: str, undo: Undo, encoding: str) -> bytes:
    """Return ``text`` with what was cut of it put back, in an encoding."""
    return to_bytes(put_in(text, undo.spans, undo.removed), encoding)


def site_of(value: object) -> str | None:
    """Return the site that a field tells: the host of an address, or else the value itself.

    >>> site_of("https://www.water.example:8080/a?b"), site_of("water.example"), site_of(None)
    ('www.water.example', 'water.example', None)
    """
    if not isinstance(value, str) or not value:
        return None
    try:
        host = urlsplit(value if "//" in value else f"//{value}").hostname
    except ValueError:
        host = None
    return host or value


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at the end."""


def encoding_of_lines(head: bytes, settings: Settings) -> str:
    """Return the encoding of a file of lines that begins with ``head``.

    Raises `RecordFormatError` if bytes of a line feed may be something else in it.
    """
    encoding = settings.encoding or recognise(head)
    if encoding.startswith(("utf_16", "utf_32")):
        raise RecordFormatError(f"lines in {encoding} cannot be read; convert the file to UTF-8")
    return encoding


def line_blocks(stream: Readable, start: int, size: int) -> Iterator[bytes]:
    """Yield the whole lines of ``stream`` in blocks of about ``size`` bytes, or of one line.

    Lines end with a line feed, nothing else: a JSON string may hold any other line end. The blocks
    end at the last line end before each multiple of ``size``, so that they are the same again when
    reading goes on at ``start``, the end of one of them.
    """
    waiting: list[bytes] = []
    while block := stream.read(size - start % size):
        start += len(block)
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join([*waiting, block[:end]])
            waiting = []
        if end < len(block):
            waiting.append(block[end:])
    if waiting:
        yield b"".join(waiting)


class Rejoined:
    """A stream whose beginning was read already, and is read again."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.head = stream.read(SAMPLE)
        self._waiting = self.head
        self._stream = stream

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; none at the end."""
        taken, self._waiting = self._waiting[:size], self._waiting[size:]
        return taken + self._stream.read(size - len(taken)) if len(taken) < size else taken


def skip(stream: Readable, position: int) -> None:
    """Read ``position`` bytes and forget them."""
    while position > 0:
        block = stream.read(min(position, 1 << 20))
        if not block:
            return
        position -= len(block)
