"""Add up what audits tell, in memory that does not grow with them."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import PurePosixPath

from contentfilter.review.audit import Cut, Entry, Header, Totals, Unreadable, read
from contentfilter.review.counting import Frequent
from contentfilter.review.sampling import Sampling

# Steps that get finer towards certainty: of the released model every block scores above 0.99.
SCORE_STEPS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
SHARE_STEPS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9)

_NAME = 200  # characters of a name or term that is counted
_FORMAT = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")  # disguises of words
_MARKUP = re.compile(r"<[^<>]{1,200}>|#x?[0-9a-fA-F]{2,6};")  # tags, entities that lost their &
_ALPHABET = "[a-zA-Z\u00c0-\u1fff]"  # of scripts whose phrases hold blanks
_PHRASE = re.compile(rf"[^\W_]+(?:(?<={_ALPHABET}) (?={_ALPHABET})[^\W_]+)*")
_MAX_PHRASE = 24  # longer is a sentence, and hardly recurs


class Summary:
    """What the audits of one run or several tell together.

    ``samples`` pages are drawn at random with ``random_state``, and as many taken for their doubt.
    """

    def __init__(self, *, samples: int = 60, random_state: int = 0) -> None:
        self.names: list[str] = []
        self.headers: list[Header] = []
        self.unfinished: list[str] = []  # audits without a footer
        self.unreadable = 0  # lines
        self.pages = self.characters = self.errors = 0  # as the footers say
        self.said_changed = self.said_removed = 0  # likewise; to be compared with the lines
        self.changed = self.flagged = self.removed = self.blocks = 0  # as the lines say
        self.length = 0  # characters of the changed pages
        self.categories = Frequent()
        self.category_characters = Frequent()
        self.scores: Counter[int] = Counter()
        self.shares: Counter[int] = Counter()
        self.terms = Frequent()
        self.traits = Frequent()
        self.phrases = Frequent()
        self.sites = Frequent()
        self.site_pages = Frequent()
        self.files = Frequent()
        self.file_pages = Frequent()
        self.flags = Frequent()
        self.sampling = Sampling(samples, random_state)

    def add(self, name: str, lines: Iterable[bytes]) -> None:
        """Read the audit ``name``; raises `AuditFormatError` if ``lines`` are none."""
        self.names.append(name)
        totals: Totals | None = None
        for line in read(lines, name):
            match line:
                case Entry():
                    self._add_entry(line)
                case Totals():
                    totals = line
                case Unreadable():
                    self.unreadable += 1
                case Header() if line not in self.headers:
                    self.headers.append(line)
        if totals is None:
            self.unfinished.append(name)
        else:
            self._add_totals(totals)

    def _add_totals(self, totals: Totals) -> None:
        self.pages += totals.pages
        self.characters += totals.characters
        self.errors += totals.errors
        self.said_changed += totals.changed
        self.said_removed += totals.removed

    def _add_entry(self, entry: Entry) -> None:
        self.sampling.add(entry)
        if entry.flags:
            self.flagged += 1
            for flag in entry.flags:
                self.flags.add(flag[:_NAME])
            return
        self.changed += 1
        self.length += entry.length
        self.removed += entry.removed
        self.blocks += len(entry.cuts)
        self.shares[step(SHARE_STEPS, entry.removed / max(1, entry.length))] += 1
        self._add_place(entry)
        for cut in entry.cuts:
            self._add_cut(cut)

    def _add_place(self, entry: Entry) -> None:
        if entry.site is not None:
            self.sites.add(entry.site[:_NAME], len(entry.cuts))
            self.site_pages.add(entry.site[:_NAME])
        place = _folder(entry.file) if entry.record == 0 else entry.file
        self.files.add(place[:_NAME], len(entry.cuts))
        self.file_pages.add(place[:_NAME])

    def _add_cut(self, cut: Cut) -> None:
        category = cut.category[:_NAME]
        self.categories.add(category)
        self.category_characters.add(category, cut.end - cut.start)
        self.scores[step(SCORE_STEPS, cut.score)] += 1
        for reason in set(cut.reasons):
            # A term is a word and holds no blank, a trait is told in several words.
            (self.traits if " " in reason else self.terms).add(reason[:_NAME])
        for phrase in phrases(cut.removed):
            self.phrases.add(phrase)


def step(steps: tuple[float, ...], value: float) -> int:
    """Return the number of the step that ``value`` is on.

    >>> step((0.0, 0.5, 0.9), 0.5)
    1
    """
    return max(0, bisect_right(steps, value) - 1)


def phrases(text: str) -> Iterator[str]:
    r"""Yield what stands between separators, without what only disguises it.

    >>> list(phrases("精\u200b品&#x4E45;久_<kbd>一区二区,123|Online Casino!"))
    ['精品久久', '一区二区', 'Online Casino']
    """
    for match in _PHRASE.finditer(_FORMAT.sub("", _MARKUP.sub(" ", unescape(text)))):
        phrase = match[0]
        if 1 < len(phrase) <= _MAX_PHRASE and not phrase.isdecimal():
            yield phrase


def _folder(file: str) -> str:
    """Return the folder of a file that is one page: a table of pages tells nothing."""
    return f"{PurePosixPath(file).parent}/"
