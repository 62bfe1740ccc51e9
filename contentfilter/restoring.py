"""Put back what a run cut: the results and their audit give the originals, byte for byte."""

import shutil
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from contentfilter import audit, compression, files, records
from contentfilter.audit import AuditError
from contentfilter.plan import ERRORS, WORK
from contentfilter.records.base import Format, Piece, Record, Settings, Source, Undo
from contentfilter.spans import Span

_NONE = Undo((), ())


def restore(output: Path, log: Path, target: Path) -> int:
    """Write to ``target`` what ``output`` was made of, a file or a tree; return how many files.

    Files that the audit does not name are copied. Raises `AuditError` if the audit and the results
    do not belong together.
    """
    named: set[str] = set()
    for name, lines in groupby(audit.read(log), key=lambda line: str(line.get("file"))):
        if output.is_dir():
            _one(_below(output, name), lines, _below(target, name))
        else:
            _one(output, lines, target)
        named.add(name)
    if not output.is_dir():
        if not named:
            _copy(output, target)
        return 1
    others = [path for path in _files(output, log) if str(path.relative_to(output)) not in named]
    for path in others:
        _copy(path, target / path.relative_to(output))
    return len(named) + len(others)


def _below(folder: Path, name: str) -> Path:
    """Return a file in ``folder``; an audit may come from anywhere."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise AuditError(f"the audit names a file outside of the results: {name}")
    return folder / path


def _files(output: Path, log: Path) -> Iterator[Path]:
    for path in sorted(output.rglob("*")):
        parts = path.relative_to(output).parts
        if path.is_file() and parts[0] != WORK and parts != (ERRORS,) and not path.samefile(log):
            yield path


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with files.whole(target) as new:
        shutil.copyfile(source, new)


def _one(source: Path, lines: Iterator[dict[str, Any]], target: Path) -> None:
    """Restore one file; the first of ``lines`` tells what it is."""
    told = next(lines).get("source")
    if not isinstance(told, dict):
        raise AuditError(f"{source}: the audit does not tell what the file is")
    written, encoding = str(told["written"]), str(told["encoding"])
    settings = Settings(field=str(told.get("field")), encoding=written)
    kind = records.make(str(told["format"]), settings)
    page = next(lines, None)
    suffix = compression.split_name(source.name)[1]
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as raw, files.whole(target) as new, new.open("wb") as stream:
        content = compression.reader(raw, suffix)
        sink = kind.sink(stream, compression.split_name(target.name)[1])
        number = 0
        for piece in kind.pieces(Source(content, source.name), 0):
            outputs = []
            for record in kind.records(piece):
                number += record.counts and kind.paged
                mine = page is not None and page["record"] == number and record.counts
                outputs.append(_undone(kind, record, piece, page if mine else None, encoding))
                page = next(lines, None) if mine else page
            sink.write(piece, kind.join(outputs))
        sink.close()
    if page is not None:
        raise AuditError(f"{source}: the audit names record {page['record']}, which is not there")


def _undone(
    kind: Format,
    record: Record,
    piece: Piece,
    page: Mapping[str, Any] | None,
    encoding: str,
) -> Any:
    if page is None or page.get("flags"):
        return kind.restore(record, piece, _NONE, encoding)
    if page.get("source") == "verbatim":
        return kind.restore(record, piece, _NONE, piece.encoding)
    undo = Undo(
        [Span(start, end) for start, end, _ in page["blocks"]], page["removed"], page.get("raw")
    )
    taken = sum(len(text) for text in undo.removed)
    if record.text is None or len(record.text) + taken != page["length"]:
        raise AuditError(
            f"{page['file']}, record {page['record']}: not what the audit tells of; "
            "was it changed, or restored before?"
        )
    return kind.restore(record, piece, undo, encoding)
