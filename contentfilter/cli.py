"""The command line: arguments in, exit status out.

Status 0: done. 1: an error of ours, told in one line. 2: wrong usage. Imports that take time are
inside the commands, so that ``--help`` answers at once.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from contentfilter import __version__, cli_batch, files
from contentfilter.errors import ContentFilterError

if TYPE_CHECKING:
    from contentfilter.cleaner import Block, Cleaner
    from contentfilter.training.corpus import Document

_STREAM = "-"
_BOM = "\ufeff"
_INTERRUPTED = 130  # as shells report it
_CHECKOUT = Path(__file__).parent.parent


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with ``argv`` (default: that of the process); return its status."""
    arguments = None if argv is None else list(argv)
    try:
        status = commands.main(arguments, prog_name="contentfilter", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return _INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return 1
    except (click.ClickException, ContentFilterError, OSError) as error:
        complain(error)
        return 1
    return int(status or 0)


def complain(error: Exception | str, name: str = "", line: int = 0) -> None:
    """Tell of ``error`` in one line on standard error, and where it was in which file."""
    message = str(error)
    if isinstance(error, click.ClickException):
        message = error.format_message()
    elif isinstance(error, OSError) and not isinstance(error, ContentFilterError):
        name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else name
        message = error.strerror.lower() if error.strerror else message
    place = f"{_shown(name)}{f', line {line}' if line else ''}: " if name else ""
    click.echo(f"contentfilter: {place}{message}", err=True)


def _shown(name: str) -> str:
    """Return a file name as it can be printed: in one line, and in any encoding."""
    if name == _STREAM:
        return "standard input"
    name = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def _forget_output() -> None:
    """Keep Python from trying to write at exit what nobody takes."""
    with suppress(OSError, AttributeError):  # closed, or not a real file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_Command = Callable[..., int | None]


def _options(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_cleaning = _options(
    click.option("--threshold", type=float, help="Cut blocks from this score on, 0 to 1."),
    click.option("--model", metavar="PATH", help="A model file instead of the released one."),
)
_choosing = _options(
    click.option(
        "--category",
        "categories",
        metavar="NAME",
        multiple=True,
        help="Cut only blocks of this kind: adult, gambling, ...; may be repeated.",
    ),
    click.option(
        "--allow",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Terms that are never cut: UTF-8, one a line; # begins a comment line.",
    ),
    click.option(
        "--deny",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Terms that are always cut, in the same form.",
    ),
)
_sources = _options(
    click.option(
        "--seeds",
        type=click.Path(path_type=Path),
        default=_CHECKOUT / "seeds",
        help="Directory of seeds; by default the one of the checkout.",
    ),
    click.option(
        "--corpus",
        type=click.Path(path_type=Path),
        help="Directory of legitimate text, JSON Lines (plain, .xz, .gz, .bz2).",
    ),
    click.option(
        "--all-licences",
        is_flag=True,
        help="Also use documents whose licence forbids commercial use or derivatives.",
    ),
)
_files = click.argument("names", metavar="[FILE]...", nargs=-1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="contentfilter", message="%(prog)s %(version)s")
def commands() -> None:
    """Cut injected spam keyword blocks out of Chinese web text; the rest stays byte for byte."""


# --- cleaning ---


@commands.command()
@click.argument("names", metavar="[PATH]...", nargs=-1)
@click.option(
    "-o", "--output", metavar="PATH", help="A file; for several files and folders a directory."
)
@_cleaning
@_choosing
@cli_batch.options
def clean(
    names: tuple[str, ...],
    output: str | None,
    threshold: float | None,
    model: str | None,
    categories: tuple[str, ...],
    allow: Path | None,
    deny: Path | None,
    **asked: Any,
) -> int:
    """Write pages without their injected blocks.

    Each PATH is a file or a folder of them: plain text (a page a file), JSON Lines, CSV, Parquet,
    WARC, also compressed. No PATH, or -, is standard input; without --output the result goes to
    standard output. Several files need a directory (PATH/ for one file), which is made if need be;
    they keep their names in it, and folders their tree. What is no page stays as it was.

    Records that cannot be cleaned are written as they were, and listed in errors.jsonl; the status
    is 1 then. A run into files that was interrupted goes on with --resume.
    """
    names = names or (_STREAM,)
    request = cli_batch.Request(**asked)
    cleaner = _cleaner(model, threshold, categories, allow, deny)
    if _is_page(names, output) and request.plain:
        return _clean_page(names[0], output, cleaner, request.max_removed)
    stdout = None if output not in (None, _STREAM) else _standard("stdout")
    return cli_batch.clean(names, output, cleaner, model, request, stdout)


def _is_page(names: Sequence[str], output: str | None) -> bool:
    """Whether the command is about one plain page, read and written at once."""
    from contentfilter.compression import split_name
    from contentfilter.records import format_of

    if len(names) > 1 or Path(names[0]).is_dir():
        return False
    packed = [name for name in (names[0], output or "") if split_name(name)[1]]
    return not packed and format_of(names[0]) in (None, "text")


def _clean_page(name: str, output: str | None, cleaner: "Cleaner", max_removed: float) -> int:
    target = _target(name, output)
    inputs = files.identities([_file(name)])

    def clean_one(name: str) -> None:
        bom, text = _read(name)
        cleaned = cleaner.clean(text)
        if len(text) - len(cleaned) > max_removed * len(text):
            share = 100 * (len(text) - len(cleaned)) / len(text)
            complain(f"kept: {share:.0f} % of it would be cut; --max-removed 1 does so", name)
            cleaned = text
        _write(target, bom + cleaned, inputs)

    return _each([name], clean_one)


@commands.command()
@_files
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    help="text: the page, what is cut in colour or between \u27e6 and \u27e7; json: one object a "
    "block. By default text on a terminal, json elsewhere.",
)
@_cleaning
@_choosing
def explain(
    names: tuple[str, ...],
    form: str | None,
    threshold: float | None,
    model: str | None,
    categories: tuple[str, ...],
    allow: Path | None,
    deny: Path | None,
) -> int:
    """Show the blocks that `clean` would cut from each FILE.

    In JSON Lines, start and end count characters (code points) of the file; score is the
    probability that the block was injected; reasons are the terms and traits that weighed most;
    text is what is cut. As text, characters that do not show or would command the terminal are
    written as escapes. NO_COLOR is heeded.
    """
    from contentfilter import terminal

    names = names or (_STREAM,)
    cleaner = _cleaner(model, threshold, categories, allow, deny)
    inputs = files.identities(_file(name) for name in names)
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    coloured = is_terminal and terminal.takes_colour(os.environ)

    def explain_one(name: str) -> None:
        bom, text = _read(name)
        blocks = cleaner.explain(text).blocks
        if form == "text" or (form is None and is_terminal):
            shown = terminal.shown(_shown(name), text, blocks, coloured=coloured)
        else:
            shown = "".join(_record(name, text, block, len(bom)) for block in blocks)
        _write(_STREAM, shown, inputs)

    return _each(names, explain_one)


def _record(name: str, text: str, block: "Block", offset: int) -> str:
    """Return ``block`` as a line of JSON; the text begins at ``offset`` in its file."""
    record = {
        "file": name.encode("utf-8", "replace").decode("utf-8"),
        "start": block.start + offset,
        "end": block.end + offset,
        "score": round(block.score, 6),
        "category": block.category,
        "reasons": block.reasons,
        "text": text[block.start : block.end],
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


@commands.command()
@click.argument("audits", metavar="AUDIT...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="PATH", default=_STREAM, help="The page to write.")
@click.option(
    "--samples",
    type=click.IntRange(0, 10_000),
    default=60,
    show_default=True,
    help="Pages to draw at random; as many again are shown for their doubt.",
)
@click.option("--random-state", type=int, default=0, show_default=True)
def report(audits: tuple[str, ...], output: str, samples: int, random_state: int) -> None:
    """Make one HTML page of what a run cut, from the AUDIT that `clean --audit` wrote.

    The page stands alone: it loads nothing, and is safe to open whatever the cleaned pages hold.
    Several AUDITs are added up; compressed ones are read by their suffix. Without --output it goes
    to standard output.
    """
    from tqdm import tqdm

    from contentfilter import review

    summary = review.Summary(samples=samples, random_state=random_state)
    inputs = files.identities(_file(name) for name in audits)
    for name in audits:
        with _lines(name) as lines:
            shown = tqdm(lines, _shown(name), unit=" lines", leave=False, disable=None)
            summary.add(_shown(name), shown)
    _write(output, review.page(summary), inputs)


@contextmanager
def _lines(name: str) -> Iterator[IO[bytes]]:
    """Open a file for reading its lines, decompressed by its suffix, or take standard input."""
    from contentfilter import compression

    if name == _STREAM:
        yield _standard("stdin")
        return
    try:
        with Path(name).open("rb") as stream:
            yield compression.reader(stream, compression.split_name(name)[1])
    except compression.DAMAGE as error:
        raise click.ClickException(f"{_shown(name)}: {str(error).lower()}") from error


def _target(name: str, output: str | None) -> str:
    """Return where the result of one file goes; makes the directory if there is one."""
    if output is None or not (Path(output).is_dir() or output.endswith(os.sep)):
        return output or _STREAM
    if name == _STREAM:
        raise click.UsageError("standard input has no name to keep in a directory")
    Path(output).mkdir(parents=True, exist_ok=True)
    return str(Path(output, Path(name).name))


@commands.command()
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.argument("audit", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "target",
    metavar="PATH",
    help="Where the originals go: a directory if OUT is one. [OUT.restored]",
)
def restore(output: Path, audit: Path, target: str | None) -> int:
    """Give back the originals of what `clean --audit AUDIT` wrote to OUT, byte for byte.

    Of compressed files the decompressed bytes are the same, of Parquet files the values. HTML and
    WARC come back as the text that they were written as.
    """
    return cli_batch.restore(output, audit, Path(target or f"{output}.restored"))


def _cleaner(
    model: str | None,
    threshold: float | None,
    categories: Sequence[str] = (),
    allow: Path | None = None,
    deny: Path | None = None,
) -> "Cleaner":
    from contentfilter import terms
    from contentfilter.cleaner import Cleaner

    allowed, denied = (terms.read(path) if path is not None else [] for path in (allow, deny))
    try:
        cleaner = Cleaner(
            model, threshold=threshold, categories=categories or None, allow=allowed, deny=denied
        )
    except ContentFilterError:  # the model's; some are ValueErrors
        raise
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    _ = cleaner.model  # a model that cannot be read ends it here, not file by file
    return cleaner


def _each(names: Sequence[str], action: Callable[[str], None]) -> int:
    """Do ``action`` with every file, also after one that failed; return the exit status."""
    status = 0
    for name in names:
        try:
            action(name)
        except BrokenPipeError:
            raise
        except (files.NotUtf8Error, files.OverwriteError, OSError) as error:
            complain(error, name)
            status = 1
    return status


def _read(name: str) -> tuple[str, str]:
    """Return the byte order mark, if any, and the text behind it: the mark is not a first word."""
    text = files.decode(_standard("stdin").read() if name == _STREAM else Path(name).read_bytes())
    return (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)


def _write(target: str, text: str, inputs: set[tuple[int, int]]) -> None:
    """Write ``text`` to a file or standard output that is none of the ``inputs``."""
    if files.identities([_file(target, "stdout")]) & inputs:
        place = "standard output" if target == _STREAM else _shown(target)
        raise files.OverwriteError(f"{place} is one of the input files; name another output")
    content = text.encode("utf-8")
    if target != _STREAM:
        with files.whole(Path(target)) as path:
            path.write_bytes(content)
        return
    stream = _standard("stdout")
    try:
        rest = memoryview(content)
        while rest:  # with PYTHONUNBUFFERED one write may take only a part
            rest = rest[stream.write(rest) or 0 :]
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _forget_output()
        raise click.ClickException(f"standard output: {str(error.strerror).lower()}") from error


def _file(name: str, stream: str = "stdin") -> str | int:
    """Return ``name``, or the number of the standard stream that it stands for."""
    if name != _STREAM:
        return name
    try:
        number: int = getattr(sys, stream).fileno()
    except (OSError, AttributeError):  # closed, or not a real file
        return ""
    return number


def _standard(stream: str) -> IO[bytes]:
    try:
        binary: IO[bytes] = getattr(sys, stream).buffer
    except AttributeError as error:
        raise click.ClickException(f"standard {stream[3:]}put is closed") from error
    return binary


# --- training and evaluation ---


@commands.command()
@_sources
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("models", "default.npz"),
    show_default=True,
    help="The model file to write.",
)
@click.option("--random-state", type=int, default=0, show_default=True)
@click.option(
    "--hold-out", is_flag=True, help="Keep a fifth of the words, and whole genres, for evaluation."
)
@click.option("--jobs", type=int, default=2, show_default=True, help="Parallel processes.")
@click.option(
    "--scale",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    help="Make this many times the usual number of pages; 0.02 is a quick trial.",
)
def train(
    seeds: Path,
    corpus: Path | None,
    all_licences: bool,
    output: Path,
    random_state: int,
    hold_out: bool,
    jobs: int,
    scale: float,
) -> None:
    """Train a model from seeds and legitimate text.

    Without --corpus the only legitimate text is what the seeds hold. The same input and random
    state make the same file, byte for byte.
    """
    from dataclasses import replace

    from contentfilter import model_file
    from contentfilter.training.corpus import seed_documents
    from contentfilter.training.dataset import Settings
    from contentfilter.training.train import train as fit

    with _progress():
        source = _seeds(seeds)
        documents = _documents(corpus, all_licences) if corpus else seed_documents(source)
        settings = Settings(random_state=random_state, hold_out=hold_out, n_jobs=jobs)
        sizes = ("n_blocks", "n_pages", "n_negative_pages")
        scaled = {name: round(getattr(settings, name) * scale) for name in sizes}
        output.parent.mkdir(parents=True, exist_ok=True)
        with files.whole(output) as path:  # before the long work: it tells if this may be written
            model_file.save(fit(source, documents, replace(settings, **scaled)), path)
    click.echo(f"contentfilter: wrote {_shown(str(output))}", err=True)


@commands.command()
@_cleaning
@_sources
@click.option(
    "--pages",
    multiple=True,
    type=click.Path(path_type=Path),
    help="File or directory of hand-written pages, in the form of seeds/pages; may be repeated. "
    "By default tests/quality of the checkout.",
)
@click.option("--generated", default=2000, show_default=True, help="Number of pages to make.")
@click.option("--random-state", default=99, show_default=True, help="For the pages made.")
@click.option("--failures", default=20, show_default=True, help="How many to print of each set.")
def evaluate(
    model: str | None,
    threshold: float | None,
    seeds: Path,
    corpus: Path | None,
    all_licences: bool,
    pages: tuple[Path, ...],
    generated: int,
    random_state: int,
    failures: int,
) -> None:
    """Measure what users get: clean texts that were changed first, then how blocks were removed.

    With a model from `train --hold-out`, words, pages and genres are those it never saw; with any
    other, only the hand-written pages and the test documents are.
    """
    from tqdm import tqdm

    from contentfilter import evaluation, tables
    from contentfilter.training.cases import all_cases

    cleaner = _cleaner(model, threshold)
    hold_out = bool(cleaner.model.header.get("hold_out"))
    with _progress():
        source = _seeds(seeds)
        documents = _documents(corpus, all_licences) if corpus else []
        paths = pages or (_CHECKOUT / "tests" / "quality",)
        sets = all_cases(source, documents, paths, hold_out, generated, random_state)
        reports = {
            name: evaluation.evaluate(cleaner, tqdm(cases, name, leave=False, disable=None))
            for name, cases in sets.items()
            if cases
        }
    words = "held out from training" if hold_out else "among those trained on"
    heading = f"threshold {cleaner.threshold:g}; words, genres and seed pages {words}"
    lines = [heading, *tables.lines(reports, failures)]
    _write(_STREAM, "\n".join(lines) + "\n", set())


@contextmanager
def _progress() -> Iterator[None]:
    """Show what the package logs on standard error."""
    logger = logging.getLogger("contentfilter")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _seeds(directory: Path) -> Any:
    from contentfilter.training.seeds import Seeds

    if not directory.is_dir():
        raise click.ClickException(
            f"there is no directory of seeds {_shown(str(directory))}; "
            "give the one of a checkout with --seeds"
        )
    return Seeds(directory)


def _documents(corpus: Path, all_licences: bool) -> "list[Document]":
    from contentfilter.training.corpus import may_ship, read_corpus

    documents = read_corpus(corpus)
    if all_licences:
        return documents
    kept = [document for document in documents if may_ship(document)]
    logging.getLogger(__name__).info(
        "%d documents, %d more left out for their licence", len(kept), len(documents) - len(kept)
    )
    return kept
