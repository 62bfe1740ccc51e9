"""WARC and WET: crawled responses and their text, written as JSON Lines."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from contentfilter.compression import split_name
from contentfilter.encodings import known
from contentfilter.errors import MissingExtraError
from contentfilter.records.base import (
    ByteFormat,
    Piece,
    Put,
    Record,
    Settings,
    Source,
    Undo,
    site_of,
)
from contentfilter.records.html import encoding_of, main_text
from contentfilter.spans import Span, cut

_PAGES = ("text/html", "application/xhtml+xml")


class _Crawled(NamedTuple):
    """A record of the archive, as far as it matters."""

    id: str
    url: str
    date: str
    kind: str  # MIME type of the page; "conversion" for text that was extracted before
    charset: str | None
    content: bytes
    problem: str


class Warc(ByteFormat):
    """Conversion records as text, responses through HTML extraction; other records are left out.

    A page becomes an object with ``id``, ``url``, ``date`` and ``text``.
    """

    name = "warc"
    own_suffixes: Collection[str] = (".gz", ".zst")
    passes = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        _fastwarc()

    @property
    def result(self) -> tuple[str, str | None]:
        """The format of the output, and its field of the text."""
        return "jsonl", "text"

    def output_name(self, name: str) -> str:
        """Return the name with ``.jsonl``, before the suffix of a compression."""
        stem, suffix = split_name(name)
        return f"{stem}.jsonl{suffix}"

    def written(self, encoding: str) -> str:
        """Return UTF-8: what is written is not the file that was read."""
        return "utf-8"

    def pieces(self, source: Source, position: int) -> Iterator[Piece]:
        """Yield runs of records; a position counts responses and conversions."""
        fastwarc = _fastwarc()
        kinds = fastwarc.WarcRecordType.response | fastwarc.WarcRecordType.conversion
        found: list[_Crawled] = []
        size = 0
        number = 0
        problem = ""
        try:
            # Responses may be stored as they came over the net: in chunks, compressed.
            archive = fastwarc.ArchiveIterator(source.stream, record_types=kinds, auto_decode="all")
            for record in archive:
                number += 1
                if number <= position:
                    continue
                crawled = _crawled(record)
                found.append(crawled)
                size += len(crawled.content) + 200
                if size >= self.settings.block:
                    yield Piece(found, "utf-8", number)
                    found, size = [], 0
        except OSError as error:
            if error.errno is not None:
                raise
            problem = f"damaged behind record {number}: {error}"
        if found or problem:
            yield Piece(found, "utf-8", number, problem=problem)

    def records(self, piece: Piece) -> Iterator[Record]:
        """Yield a record for each of the archive, with what its line is made of."""
        for crawled in piece.content:
            text, problem = _text(crawled, self.settings.encoding)
            named = (crawled.url or crawled.id) if problem else ""
            site = site_of(crawled.url)
            problem = f"{problem} ({named})" if problem else ""
            yield Record(crawled, text, problem, crawled.id or crawled.url or None, site)

    def put(self, record: Record, piece: Piece, spans: Sequence[Span]) -> Put:
        """Return the line of a page without ``spans``."""
        if record.text is None:
            return Put(b"")
        fields = {"id": record.raw.id, "url": record.raw.url, "date": record.raw.date}
        fields["text"] = cut(record.text, spans)
        removed = [_escaped(record.text[start:end]) for start, end in spans]
        return Put(json.dumps(fields, ensure_ascii=False).encode() + b"\n", removed)

    def restore(self, record: Record, piece: Piece, undo: Undo, encoding: str) -> bytes:
        """Raise an error: what was written is JSON Lines."""
        raise NotImplementedError("the output of an archive is JSON Lines")


def _crawled(record: Any) -> _Crawled:
    headers = record.headers
    kind, charset = "conversion", None
    if record.http_headers is not None:
        kind = (record.http_content_type or "").lower()
        charset = _known(record.http_charset)
    content, problem = b"", ""
    if kind in ("conversion", "text/plain", *_PAGES):
        content, problem = _content(record)
    return _Crawled(
        headers.get("WARC-Record-ID", "").strip("<>"),
        headers.get("WARC-Target-URI", ""),
        headers.get("WARC-Date", ""),
        kind,
        charset,
        content,
        problem,
    )


def _content(record: Any) -> tuple[bytes, str]:
    """Return what a record holds, and what is wrong with it: fastwarc ends quietly at a cut."""
    try:
        content: bytes = record.reader.read()
    except OSError as error:
        return b"", f"damaged: {error}"
    headers = record.http_headers or {}
    packed = any(name in headers for name in ("Transfer-Encoding", "Content-Encoding"))
    if not packed and len(content) < record.content_length:
        return b"", f"damaged: {len(content)} of {record.content_length} bytes are there"
    return content, ""


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _known(name: str | None) -> str | None:
    try:
        return known(name) if name else None
    except LookupError:
        return None


def _text(crawled: _Crawled, encoding: str | None) -> tuple[str | None, str]:
    """Return the text of a record and why there is none, if there should be."""
    content = crawled.content
    if crawled.problem:
        return None, crawled.problem
    if crawled.kind == "conversion":
        return content.decode("utf-8", "replace"), ""
    if crawled.kind in _PAGES:
        html = content.decode(encoding or encoding_of(content, crawled.charset), "replace")
        text = main_text(html)
        return text, "" if text is not None else "no main text found"
    if crawled.kind == "text/plain":
        return content.decode(encoding or encoding_of(content, crawled.charset), "replace"), ""
    return None, ""


def _fastwarc() -> Any:
    try:
        from fastwarc import warc
    except ImportError as error:
        raise MissingExtraError("WARC files", "warc") from error
    return warc
