"""Read the audit file of a run: a header, a line for each changed page, a footer."""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from contentfilter.errors import ContentFilterError

_VERSION = 1
_BOM = b"\xef\xbb\xbf"


class AuditFormatError(ContentFilterError, ValueError):
    """The file is not an audit that this version can read."""


class Header(NamedTuple):
    """With what the run was made."""

    model: str
    threshold: float | None
    dry_run: bool = False


class Cut(NamedTuple):
    """A block: its place in code points, why it was cut, and the text before, in and behind it."""

    start: int
    end: int
    score: float
    category: str
    reasons: tuple[str, ...]
    removed: str
    before: str
    after: str


class Entry(NamedTuple):
    """A changed page, or with ``flags`` one that was kept for what they tell."""

    file: str
    record: int
    id: str | None
    site: str | None
    length: int
    cuts: tuple[Cut, ...]
    flags: tuple[str, ...]

    @property
    def doubt(self) -> float:
        """One minus the lowest score: how far the least sure of the cuts is from certain."""
        return 1 - min(cut.score for cut in self.cuts)

    @property
    def removed(self) -> int:
        """The characters that are cut, or would be."""
        return sum(cut.end - cut.start for cut in self.cuts)


class Totals(NamedTuple):
    """What a run that ended whole counted."""

    pages: int
    changed: int
    characters: int
    removed: int
    errors: int


class Unreadable(NamedTuple):
    """A line that is none of these: a run that was killed leaves half of one."""

    number: int


def read(lines: Iterable[bytes], name: str) -> Iterator[Header | Entry | Totals | Unreadable]:
    """Yield what each of ``lines`` tells; ``name`` is that of the file, for messages.

    Raises `AuditFormatError` if the first line is not the header of an audit.
    """
    numbered = enumerate(lines, 1)
    number, first = next(numbered, (1, b""))
    header = _parsed(number, first.removeprefix(_BOM))
    if not isinstance(header, Header):
        raise AuditFormatError(
            f"{name} is not an audit: its first line is no header of `clean --audit`"
        )
    yield header
    for number, line in numbered:
        found = _parsed(number, line) if line.strip() else None
        if found is not None:
            yield found


def _parsed(number: int, line: bytes) -> Header | Entry | Totals | Unreadable | None:
    """Return what a line tells; None if it is for `restore` alone: the format of a file."""
    try:
        value = _record(json.loads(line.decode("utf-8", "replace")))
        if "contentfilter" in value:
            return _header(_record(value["contentfilter"]))
        if "source" in value:
            return None
        return _totals(_record(value["totals"])) if "totals" in value else _entry(value)
    except AuditFormatError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError):
        return Unreadable(number)


def _header(value: dict[str, Any]) -> Header:
    version = value["audit"]
    if version != _VERSION:
        raise AuditFormatError(
            f"audit format {version!r} is not one that this version reads ({_VERSION}); "
            "use the contentfilter that wrote it"
        )
    model = _record(value.get("model") or {})
    name, digest = str(model.get("name") or "unnamed"), str(model.get("digest") or "")
    threshold = value.get("threshold")
    return Header(
        f"{name} {digest[:12]}".strip(),
        None if threshold is None else _number(threshold),
        value.get("dry_run") is True,
    )


def _totals(value: dict[str, Any]) -> Totals:
    names = ("pages", "changed", "characters", "removed", "errors")
    return Totals(*(_count(value.get(name, 0)) for name in names))


def _entry(value: dict[str, Any]) -> Entry:
    lists = [value[name] for name in ("blocks", "categories", "reasons", "removed", "context")]
    cuts = tuple(_cut(*fields) for fields in zip(*lists, strict=True))
    if not cuts:
        raise ValueError("a page without blocks")
    return Entry(
        file=str(value["file"]),
        record=_count(value["record"]),
        id=_optional(value.get("id")),
        site=_optional(value.get("site")),
        length=_count(value["length"]),
        cuts=cuts,
        flags=tuple(map(str, value.get("flags") or ())),
    )


def _cut(block: Any, category: Any, reasons: Any, removed: Any, context: Any) -> Cut:
    start, end, score = block
    before, after = context
    return Cut(
        start=_count(start),
        end=_count(end),
        score=_number(score),
        category=str(category),
        reasons=tuple(map(str, reasons)),
        removed=_text(removed),
        before=_text(before),
        after=_text(after),
    )


def _record(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not a record")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise ValueError("not a count")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("not a number")
    return min(max(float(value), 0.0), 1.0)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _optional(value: Any) -> str | None:
    return None if value is None else str(value)
