"""Who is told how a run over many files gets on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contentfilter.work import Totals


class Watcher:
    """Is told how a run gets on; this one does nothing with it."""

    def read(self, position: int, totals: "Totals") -> None:
        """Take note that ``position`` bytes of all inputs are done."""

    def wrong(self, file: str, line: int, reason: str) -> None:
        """Take note of a record, or with line 0 a file, that could not be cleaned."""
