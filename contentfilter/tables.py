"""Show what an evaluation found, as lines for reading: false positives first."""

from collections.abc import Iterator, Mapping

from contentfilter.evaluation import Failure, Report, Tally

# Numbers stand before names: names may be Chinese, two columns a character.
_CLEAN_HEAD = "    texts  changed  per 1,000  "
_BLOCK_HEAD = "    pages  removed  precision  perfect  "
_SHOWN = 70  # characters of a failed stretch


def lines(reports: Mapping[str, Report], failures: int) -> Iterator[str]:
    """Yield tables over the sets, then over the groups of each, then the worst ``failures``."""
    totals = {name: report.total for name, report in reports.items()}
    yield from _table("Clean texts that were changed", "set", totals, clean=True)
    yield from _table("Blocks: characters removed, pages perfect", "set", totals, clean=False)
    for clean in (True, False):
        for name, report in reports.items():
            for kind in dict.fromkeys(kind for kind, _ in sorted(report.groups)):
                tallies = {v: t for (k, v), t in sorted(report.groups.items()) if k == kind}
                title = f"{name}: {'clean texts changed' if clean else 'blocks'}"
                yield from _table(title, kind, _changed(tallies) if clean else tallies, clean=clean)
    for name, report in reports.items():
        if report.failures and failures:
            yield ""
            yield f"{name}: {len(report.failures)} failures, the worst first"
            for failure in report.failures[:failures]:
                yield from _failure(failure)


def _changed(tallies: dict[str, Tally]) -> dict[str, Tally]:
    """Return only the groups with a false positive: there are many groups, most without."""
    return {value: tally for value, tally in tallies.items() if tally.clean_changed}


def _table(title: str, kind: str, tallies: dict[str, Tally], *, clean: bool) -> Iterator[str]:
    rows = {value: t for value, t in tallies.items() if (t.clean if clean else t.pages)}
    if not rows:
        return
    yield ""
    yield title
    yield (_CLEAN_HEAD if clean else _BLOCK_HEAD) + kind
    for value, tally in rows.items():
        yield (_clean_row(tally) if clean else _block_row(tally)) + _name(value)


def _clean_row(tally: Tally) -> str:
    return f"{tally.clean:9,d}  {tally.clean_changed:7,d}  {1000 * tally.share_changed:9.2f}  "


def _block_row(tally: Tally) -> str:
    shares = f"{tally.recall:7.2%}  {tally.precision:9.2%}  {tally.share_perfect:7.2%}"
    return f"{tally.pages:9,d}  {shares}  "


def _name(value: str) -> str:
    """Return the name of a group; a blank is one too, as a separator."""
    return value if value.strip() else " ".join(f"U+{ord(c):04X}" for c in value)


def _failure(failure: Failure) -> Iterator[str]:
    yield f"  {failure.id}"
    for what, stretches in (("cut", failure.wrongly_removed), ("left", failure.left)):
        for stretch in stretches[:3]:
            more = " ..." if len(stretch) > _SHOWN else ""
            yield f"    {what:4} {stretch[:_SHOWN]!r}{more}"
        if len(stretches) > 3:
            yield f"    {what:4} and {len(stretches) - 3} more"
    if not failure.wrongly_removed and not failure.left:
        yield "    white space only"
