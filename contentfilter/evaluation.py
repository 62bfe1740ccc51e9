"""Measure what users get: false positives first, then what of the blocks is removed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from contentfilter.cleaner import Explanation
from contentfilter.decoding import with_blank_lines
from contentfilter.spans import Span, cut, join


class Explains(Protocol):
    """Anything that explains a text as `contentfilter.Cleaner` does."""

    def explain(self, text: str) -> Explanation:
        """Return the cleaned text and the blocks that were cut."""


class Case(NamedTuple):
    """A text with its injected ``spans`` (none: it must stay), and what groups it counts in."""

    id: str
    text: str
    spans: Sequence[Span] = ()
    groups: tuple[tuple[str, str], ...] = ()


@dataclass
class Tally:
    """Counts over some cases. Characters are those that are not white space."""

    clean: int = 0
    clean_changed: int = 0
    pages: int = 0
    perfect: int = 0
    block_characters: int = 0
    block_removed: int = 0
    other_removed: int = 0

    @property
    def recall(self) -> float:
        """Share of the blocks' characters that was removed."""
        return self.block_removed / self.block_characters if self.block_characters else 1.0

    @property
    def precision(self) -> float:
        """Share of the removed characters that belonged to blocks."""
        removed = self.block_removed + self.other_removed
        return self.block_removed / removed if removed else 1.0

    @property
    def share_changed(self) -> float:
        """Share of the clean texts that did not come back identical."""
        return self.clean_changed / self.clean if self.clean else 0.0

    @property
    def share_perfect(self) -> float:
        """Share of the injected pages that came back exactly as before the injection."""
        return self.perfect / self.pages if self.pages else 1.0


class Failure(NamedTuple):
    """A case that did not come out right, for reading."""

    id: str
    cost: int
    wrongly_removed: list[str]
    left: list[str]


@dataclass
class Report:
    """Tallies over all cases and over each group, and the failures, worst first."""

    total: Tally = field(default_factory=Tally)
    groups: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    failures: list[Failure] = field(default_factory=list)


def expected_text(text: str, spans: Sequence[Span]) -> str:
    """Return ``text`` as it should come out; a block on lines of its own takes blank ones along.

    Spans with only white space between them are one block.
    """
    blocks: list[Span] = []
    for span in sorted(spans):
        if blocks and not text[blocks[-1].end : span.start].strip():
            blocks[-1] = Span(blocks[-1].start, span.end)
        else:
            blocks.append(Span(*span))
    return cut(text, join(_whole(text, block) for block in blocks))


def _whole(text: str, span: Span) -> Span:
    before = text.rfind("\n", 0, span.start) + 1
    after = text.find("\n", span.end)
    after = len(text) if after < 0 else after
    if text[before : span.start].strip(" \t\u3000•") or text[span.end : after].strip():
        return span
    return with_blank_lines(text, before, min(after + 1, len(text)))


def evaluate(cleaner: Explains, cases: Iterable[Case]) -> Report:
    """Return the counts over ``cases``, with each failure kept for reading."""
    report = Report()
    for case in cases:
        tallies = [report.total, *(report.groups[group] for group in case.groups)]
        failure = _judge(case, cleaner.explain(case.text), tallies)
        if failure:
            report.failures.append(failure)
    report.failures.sort(key=lambda failure: (-failure.cost, failure.id))
    return report


def _judge(case: Case, explained: Explanation, tallies: list[Tally]) -> Failure | None:
    text = case.text
    removed = [Span(block.start, block.end) for block in explained.blocks]
    if not case.spans:
        changed = bool(removed)
        for tally in tallies:
            tally.clean += 1
            tally.clean_changed += changed
        gone = [text[a:b] for a, b in removed]
        cost = 10 * sum(len(part) for part in gone)
        return Failure(case.id, cost, gone, []) if changed else None
    wanted = _ink(text, case.spans)
    got = _ink(text, removed)
    perfect = explained.text == expected_text(text, case.spans)
    for tally in tallies:
        tally.pages += 1
        tally.perfect += perfect
        tally.block_characters += len(wanted)
        tally.block_removed += len(wanted & got)
        tally.other_removed += len(got - wanted)
    if perfect:
        return None
    wrong, left = sorted(got - wanted), sorted(wanted - got)
    cost = 10 * len(wrong) + len(left) + 1
    return Failure(case.id, cost, _stretches(text, wrong), _stretches(text, left))


def _ink(text: str, spans: Sequence[Span]) -> set[int]:
    return {i for start, end in spans for i in range(start, end) if not text[i].isspace()}


def _stretches(text: str, offsets: list[int]) -> list[str]:
    spans = join((i, i + 1) for i in offsets)
    return [text[start:end] for start, end in spans]
