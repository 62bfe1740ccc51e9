"""JSON Lines: the text is a field of an object a line; of a changed line only that changes."""

import json
import re
from collections.abc import Iterator, Sequence
from json.decoder import JSONDecoder, scanstring  # type: ignore[attr-defined]
from typing import Any

from contentfilter.encodings import to_text
from contentfilter.files import NotUtf8Error
from contentfilter.records.base import (
    Piece,
    Record,
    Rejoined,
    Source,
    encoding_of_lines,
    line_blocks,
    site_of,
    skip,
)
from contentfilter.records.in_place import InPlaceFormat
from contentfilter.records.literals import JSON, Literal

_BOM = "\ufeff"
_BLANK = re.compile(r"[ \t\n\r]*")
_KINDS = {dict: "an object", list: "a list", bool: "a boolean", type(None): "null", str: "a string"}
_MISSING = object()
_decoder = JSONDecoder()


class JsonLines(InPlaceFormat):
    """An object a line. Lines without a text, and what stands around a text, stay as they are."""

    name = "jsonl"

    def pieces(self, source: Source, position: int) -> Iterator[Piece]:
        """Yield blocks of lines; a position counts bytes of the decompressed file."""
        stream = Rejoined(source.stream)
        encoding = encoding_of_lines(stream.head, self.settings)
        skip(stream, position)
        for block in line_blocks(stream, position, self.settings.block):
            position += len(block)
            yield Piece(block, encoding, position)

    def records(self, piece: Piece) -> Iterator[Record]:
        """Yield a record a line."""
        for line in _lines(piece.content):
            yield self._record(line, piece.encoding)

    def literal(self, raw: str, piece: Piece) -> tuple[int, int, Literal]:
        """Return where the string stands in a line, without its quotes, and the string."""
        start, end = _place(raw, self._path)
        return start, end, Literal(raw[start:end], JSON)

    def reread(self, raw: str, piece: Piece) -> object:
        """Return the text of a line."""
        return _field(json.loads(raw.removeprefix(_BOM)), self._path)

    @property
    def _path(self) -> list[str]:
        return self.settings.field.split(".")

    def _record(self, line: bytes, encoding: str) -> Record:
        try:
            raw = to_text(line, encoding)
        except NotUtf8Error as error:
            return Record(line, problem=str(error))
        if not raw.strip():
            return Record(raw)
        try:
            value = json.loads(raw.removeprefix(_BOM))
        except (ValueError, RecursionError) as error:
            return Record(raw, problem=f"broken JSON: {_told(error)}")
        text = _field(value, self._path)
        if not isinstance(text, str):
            return Record(raw, problem=_reason(value, text, self.settings.field))
        name = value.get("id", value.get("url"))
        site = site_of(_field(value, self.settings.site_field.split(".")))
        return Record(raw, text, id=None if name is None else str(name), site=site)


def _lines(block: bytes) -> Iterator[bytes]:
    """Yield the lines of ``block``; `bytes.splitlines` would also split at a lone return."""
    at = 0
    while at < len(block):
        end = block.find(b"\n", at) + 1 or len(block)
        yield block[at:end]
        at = end


def _field(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return _MISSING
        value = value[name]
    return value


def _reason(value: Any, text: Any, field: str) -> str:
    if not isinstance(value, dict):
        return f"the line is {_kind(value)}, not an object"
    if text is _MISSING:
        return f"there is no field {field}"
    return f"the field {field} is {_kind(text)}, not a string"


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")


def _told(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower().removesuffix(' at')} at column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _place(line: str, path: Sequence[str]) -> tuple[int, int]:
    """Return where the string at ``path`` stands in a line of sound JSON, without its quotes."""
    start = len(_BOM) if line.startswith(_BOM) else 0
    for name in path:
        start = _value(line, _over_blanks(line, start) + 1, name)
    return start + 1, scanstring(line, start + 1, True)[1] - 1


def _value(line: str, at: int, wanted: str) -> int:
    """Return where the value of a name begins in the object whose inside begins at ``at``.

    Of a name that comes twice the last counts, as it does for `json.loads`.
    """
    found = -1
    at = _over_blanks(line, at)
    while line[at] != "}":
        name, at = scanstring(line, at + 1, True)
        at = _over_blanks(line, _over_blanks(line, at) + 1)  # the colon
        if name == wanted:
            found = at
        at = _over_blanks(line, _decoder.raw_decode(line, at)[1])
        if line[at] == ",":
            at = _over_blanks(line, at + 1)
    return found


def _over_blanks(line: str, at: int) -> int:
    found = _BLANK.match(line, at)
    return found.end() if found else at
