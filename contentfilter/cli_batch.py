"""What the commands `clean` and `restore` do with many pages: their options, and what they tell."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import click

from contentfilter.watcher import Watcher

if TYPE_CHECKING:
    from contentfilter.cleaner import Cleaner
    from contentfilter.work import Totals

_TOLD = 10  # errors that are shown; the file has them all
FORMATS = ("text", "jsonl", "csv", "tsv", "parquet", "warc", "html")


class Request(NamedTuple):
    """What was asked for on the command line, beside the files."""

    field: str | None = None
    format: str | None = None
    encoding: str | None = None
    keep_encoding: bool = False
    jobs: int = 1
    max_removed: float = 0.9
    audit: Path | None = None
    errors: Path | None = None
    report: Path | None = None
    dry_run: bool = False
    resume: bool = False
    site_field: str | None = None
    site_folders: bool = False
    block: int = 1 << 19
    checkpoint: int = 64

    @property
    def plain(self) -> bool:
        """Whether nothing of it needs more than one plain page."""
        logs = self.audit or self.errors or self.report
        asked = self.field or self.encoding or self.keep_encoding or self.dry_run or self.resume
        sites = self.site_field or self.site_folders
        return not logs and not asked and not sites and self.format in (None, "text")


def options(command: Any) -> Any:
    """Add the options of a batch to a command; they come as one `Request` named ``request``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        help="What the files are; by default their suffix tells. html and warc are written as "
        "plain text and JSON Lines.",
    ),
    click.option(
        "--field", metavar="NAME", help="Field or column with the text; a.b for nested ones. [text]"
    ),
    click.option("--encoding", metavar="NAME", help="Encoding of the files, if not found out."),
    click.option("--keep-encoding", is_flag=True, help="Write in it too, and not in UTF-8."),
    click.option(
        "-j", "--jobs", type=int, default=1, show_default=True, help="Processes; -1: one a core."
    ),
    click.option(
        "--max-removed",
        type=click.FloatRange(0, 1),
        default=0.9,
        show_default=True,
        help="Keep a page, flagged, of which more than this share would be cut.",
    ),
    click.option(
        "--audit", type=click.Path(path_type=Path), help="Write what was cut: JSON Lines."
    ),
    click.option(
        "--report",
        type=click.Path(path_type=Path),
        help="Write an HTML page to judge the run by, as `contentfilter report` does.",
    ),
    click.option(
        "--errors",
        type=click.Path(path_type=Path),
        help="Write what could not be cleaned; by default errors.jsonl in the output directory.",
    ),
    click.option("--dry-run", is_flag=True, help="Only count (and write --audit, if given)."),
    click.option("--resume", is_flag=True, help="Go on with a run that was interrupted."),
    click.option(
        "--site-field",
        metavar="NAME",
        help="Field with the page's address or site: cut lines also where they recur on a site.",
    ),
    click.option("--site-folders", is_flag=True, help="The same, where each folder is a site."),
    # For tests: bytes of a piece, and pieces after which a large file can be gone on with.
    click.option("--block", type=click.IntRange(1), default=1 << 19, hidden=True),
    click.option("--checkpoint", type=click.IntRange(1), default=64, hidden=True),
)


def clean(
    names: Sequence[str],
    output: str | None,
    cleaner: "Cleaner",
    model: str | None,
    request: Request,
    stdout: IO[bytes] | None,
) -> int:
    """Clean files and folders into ``output``; return the exit status."""
    from contentfilter import batch, files, plan, records
    from contentfilter.model_file import default_model_path
    from contentfilter.output import Options
    from contentfilter.work import Work

    place = _place(names, output, request, stdout)
    settings = _settings(request)
    found = _found(names, place.directory)
    unknown = "jsonl" if request.field else "text"
    given = request.format
    kinds = {plan.format_for(file, given, unknown) for file in found}
    formats = {kind: records.make(kind, settings) for kind in sorted(filter(None, kinds))}
    try:
        jobs = plan.jobs(found, given, unknown, formats)
    except plan.PlanError as error:
        raise click.UsageError(str(error)) from error
    _check(jobs, place, request)
    for path in (place.file, request.audit, request.errors, request.report):
        if path is not None:
            path.parent.stat()  # before the work, not behind it
    audit = request.audit is not None or request.report is not None
    work = Work(cleaner, formats, max_removed=request.max_removed, audit=audit)
    errors = request.errors or (place.directory / plan.ERRORS if place.directory else None)
    asked = Options(
        model=default_model_path() if model is None else Path(model),
        jobs=request.jobs,
        resume=request.resume,
        audit=request.audit,
        errors=errors,
        report=request.report,
        recurring=bool(request.site_field or request.site_folders),
        folders=request.site_folders,
        checkpoint=request.checkpoint,
        stdin=sys.stdin.buffer if "-" in names else None,
    )
    with _Told(sum(files.size(job.source) for job in jobs)) as told:
        try:
            totals = batch.run(jobs, work, place, asked, told)
        except KeyboardInterrupt:
            if place.work is not None:
                click.echo("contentfilter: interrupted; go on with it by --resume", err=True)
            raise
    copied = [job.name for job in jobs if job.format is None]
    if place.stream is None or totals.flagged:
        _summary(totals, request, errors if totals.errors else None, copied)
    return 1 if totals.errors else 0


def restore(output: Path, audit: Path, target: Path) -> int:
    """Write the originals to ``target``."""
    from contentfilter import restoring

    count = restoring.restore(output, audit, target)
    click.echo(f"contentfilter: {count:,} files restored to {target}", err=True)
    return 0


def _place(names: Sequence[str], output: str | None, request: Request, stdout: Any) -> Any:
    from contentfilter.output import Output

    if request.dry_run:
        if request.resume:
            raise click.UsageError("a dry run writes nothing that could be gone on with")
        return Output()
    several = len(names) > 1 or any(Path(name).is_dir() for name in names)
    if output in (None, "-"):
        if several:
            what = "several files need" if len(names) > 1 else "a folder needs"
            raise click.UsageError(f"{what} a directory for the results: -o DIRECTORY")
        if request.resume:
            raise click.UsageError("standard output cannot be gone on with; name a file with -o")
        return Output(stream=stdout)
    path = Path(str(output))
    if several or path.is_dir() or str(output).endswith("/"):
        if path.exists() and not path.is_dir():
            raise click.ClickException(f"{output} is not a directory")
        if "-" in names:
            raise click.UsageError("standard input has no name to keep in a directory")
        return Output(directory=path)
    return Output(file=path)


def _settings(request: Request) -> Any:
    from contentfilter.encodings import known
    from contentfilter.records.base import Settings

    try:
        encoding = known(request.encoding) if request.encoding else None
    except LookupError as error:
        raise click.BadParameter(str(error), param_hint="--encoding") from error
    return Settings(
        request.field or "text",
        request.site_field or "url",
        encoding,
        request.keep_encoding,
        request.block,
    )


def _found(names: Sequence[str], output: Path | None) -> Any:
    from contentfilter.plan import Found, find

    if list(names) == ["-"]:
        return [Found(None, "-", named=True)]
    return list(find([Path(name) for name in names], output))


def _check(jobs: Any, place: Any, request: Request) -> None:
    from contentfilter import compression, plan

    logs = [path for path in (request.audit, request.errors, request.report) if path is not None]
    if len(set(logs)) < len(logs):
        raise click.UsageError("--audit, --report and --errors need a file each")
    if request.audit is not None:
        compression.require(compression.split_name(request.audit.name)[1])
    for job in jobs:
        target = place.target(job)
        for path in (job.source, target):
            if path is not None and job.format is not None:
                compression.require(compression.split_name(path.name)[1])
        if place.directory and job.name == plan.ERRORS and request.errors is None:
            raise click.UsageError(f"{job.source} would be taken for the list of errors: --errors")


def _summary(totals: "Totals", request: Request, errors: Path | None, copied: list[str]) -> None:
    share = 100 * totals.changed / totals.pages if totals.pages else 0.0
    would = "would be " if request.dry_run else ""
    told = [
        f"{totals.pages:,} pages, {totals.changed:,} {would}changed ({share:.2f} %)",
        f"{totals.removed:,} of {totals.characters:,} characters {would}removed",
    ]
    if totals.flagged:
        told.append(f"{totals.flagged:,} kept that --max-removed {request.max_removed:g} guards")
    if copied:
        kinds = sorted({Path(name).suffix or "no suffix" for name in copied})
        listed = ", ".join(kinds[:5]) + (", ..." if len(kinds) > 5 else "")
        told.append(f"{len(copied):,} files of other kinds copied ({listed})")
    if totals.errors:
        told.append(f"{totals.errors:,} errors" + (f", listed in {errors}" if errors else ""))
    click.echo("contentfilter: " + "; ".join(told), err=True)


class _Told(Watcher):
    """Shows how a run gets on: a bar on a terminal, and the first errors anywhere."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._bar: Any = None
        self._errors = 0
        self._begun = time.monotonic()

    def __enter__(self) -> "_Told":
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=self._size or None, unit="B", unit_scale=True, smoothing=0.1)
        return self

    def __exit__(self, *raised: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def read(self, position: int, totals: "Totals") -> None:
        """Move the bar."""
        if self._bar is None:
            return
        speed = totals.pages / max(time.monotonic() - self._begun, 0.001)
        share = 100 * totals.changed / max(totals.pages, 1)
        self._bar.set_postfix_str(f"{speed:,.0f} pages/s, {share:.1f} % with blocks", refresh=False)
        self._bar.update(position - self._bar.n)

    def wrong(self, file: str, line: int, reason: str) -> None:
        """Tell of an error in one line, but not of thousands."""
        from contentfilter.cli import complain

        self._errors += 1
        if self._errors <= _TOLD:
            complain(reason, file, line)
        elif self._errors == _TOLD + 1:
            click.echo("contentfilter: more errors follow; they are counted at the end", err=True)
