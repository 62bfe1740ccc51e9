"""What is done with a piece of records, in any process: each page cleaned and put back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from contentfilter import sites
from contentfilter.audit import entry
from contentfilter.cleaner import Block, Cleaner
from contentfilter.records.base import Format, Piece, Record
from contentfilter.spans import Span


class Work(NamedTuple):
    """What a process needs to know; it is sent along with every task.

    ``max_removed`` is the share of a page up to which blocks are cut. ``recurring`` names a file
    of lines that recur on their sites (see `sites`).
    """

    cleaner: Cleaner
    formats: Mapping[str, Format]
    max_removed: float = 0.9
    audit: bool = False
    recurring: str | None = None
    surveying: bool = False


class Task(NamedTuple):
    """A piece of a file of some format; ``site`` is that of the file, if files tell sites."""

    format: str
    piece: Piece
    site: str | None = None


class Totals(NamedTuple):
    """What a run counts: pages, those that were changed or flagged, their characters."""

    pages: int = 0
    changed: int = 0
    flagged: int = 0
    characters: int = 0
    removed: int = 0
    errors: int = 0
    copied: int = 0

    def plus(self, other: "Totals") -> "Totals":
        """Return the sums."""
        return Totals(*(a + b for a, b in zip(self, other, strict=True)))


class Cleaned(NamedTuple):
    """A piece cleaned: what is written, what was cut and what was wrong, by number of the record.

    ``verbatim`` are the numbers of records that could not be decoded.
    """

    output: Any
    records: int
    totals: Totals
    entries: list[tuple[int, dict[str, Any]]]
    problems: list[tuple[int, str]]
    verbatim: list[int]
    survey: Any = None


def clean_tasks(work: Work, tasks: Sequence[Task]) -> list[Cleaned]:
    """Return the pieces of ``tasks`` cleaned.

    The pages of all are looked at together: so those without blocks, which are most, cost little.
    """
    records = [
        list(_with_site(work.formats[task.format].records(task.piece), task.site)) for task in tasks
    ]
    blocks = _blocks(work, list(chain.from_iterable(records)))
    return [
        _clean(work, task, zip(its, islice(blocks, len(its)), strict=True))
        for task, its in zip(tasks, records, strict=True)
    ]


def _clean(work: Work, task: Task, pages: Iterable[tuple[Record, list[Block]]]) -> Cleaned:
    kind = work.formats[task.format]
    outputs: list[Any] = []
    entries: list[tuple[int, dict[str, Any]]] = []
    problems: list[tuple[int, str]] = []
    verbatim: list[int] = []
    totals = Totals()
    survey = sites.Survey()
    number = 0
    for record, blocks in pages:
        number += record.counts
        flagged = record.text is not None and _too_much(blocks, record.text, work.max_removed)
        spans = [] if flagged else [block.span for block in blocks]
        put = kind.put(record, task.piece, spans)
        outputs.append(put.output)
        if isinstance(record.raw, bytes) and record.problem:
            verbatim.append(number)
        problem = record.problem or put.problem
        if problem:
            problems.append((number, problem))
        if put.problem:
            spans = []
        cut = [] if put.problem else blocks
        if record.text is not None:
            totals = totals.plus(_counted(record.text, spans, flagged))
            if work.surveying:
                survey.add(record.site, record.text, cut)
        if cut and work.audit:
            entries.append((number, entry(record, cut, put.raw, flagged)))
    return Cleaned(
        kind.join(outputs),
        number,
        totals._replace(errors=len(problems)),
        entries,
        problems,
        verbatim,
        survey if work.surveying else None,
    )


def _with_site(records: Iterator[Record], site: str | None) -> Iterator[Record]:
    return records if site is None else (record._replace(site=site) for record in records)


def _blocks(work: Work, records: Sequence[Record]) -> Iterator[list[Block]]:
    """Yield the blocks of each record, in order; one without a text has none."""
    texts = (record.text for record in records if record.text is not None)
    explained = work.cleaner.explain_many(texts)
    recurring = sites.load(work.recurring) if work.recurring is not None else {}
    for record in records:
        if record.text is None:
            yield []
            continue
        found = next(explained).blocks
        yield sites.blocks(work.cleaner, record.text, record.site, recurring, found)


def _too_much(blocks: Sequence[Block], text: str, share: float) -> bool:
    return sum(block.end - block.start for block in blocks) > share * len(text)


def _counted(text: str, spans: Sequence[Span], flagged: bool) -> Totals:
    removed = sum(end - start for start, end in spans)
    return Totals(1, bool(spans), flagged, len(text), removed)
