"""A run over many files: read in order, cleaned by several processes, written whole, resumable.

One process reads the inputs in pieces and writes the results in the same order; others clean the
pieces. What is not whole yet lies in a directory of its own, with a journal of what is: a run that
was killed goes on from there, and ends with the very bytes that it would have ended with.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from contentfilter import __version__, audit, compression, files, sites
from contentfilter.journal import JOURNAL, Journal
from contentfilter.logs import Log, aside, into_place
from contentfilter.output import Options, Output
from contentfilter.plan import ERRORS, Job, PlanError
from contentfilter.reading import Reader, Step
from contentfilter.records.base import Piece, Sink
from contentfilter.watcher import Watcher
from contentfilter.work import Cleaned, Totals, Work

_RECURRING = "recurring.json"
_AUDIT = "audit.jsonl"


def run(
    jobs: Sequence[Job], work: Work, output: Output, options: Options, watcher: Watcher
) -> Totals:
    """Clean all files of ``jobs``; return what was counted.

    A record or a file that cannot be cleaned is told of and the run goes on. Whatever else comes
    up (a full disk, Ctrl-C) ends it; with ``resume`` it is gone on with. Raises `ResumeError`,
    `OverwriteError` or OSError if it cannot be begun.
    """
    run = _Run(jobs, work, output, options, watcher)
    try:
        return run.go()
    finally:
        run.close()


class _Run:
    """One run: what is open, and what was counted up to now."""

    def __init__(
        self,
        jobs: Sequence[Job],
        work: Work,
        output: Output,
        options: Options,
        watcher: Watcher,
    ) -> None:
        self.jobs = jobs
        self.work = work
        self.output = output
        self.options = options
        self.watcher = watcher
        self.totals = Totals()
        self.reader = Reader(jobs, output, options)
        self.sizes = [files.size(job.source) for job in jobs]
        self.done = 0  # bytes of the files that are done
        self._check()
        self.journal = self._journal()
        self.audit = Log(self._audit_path())
        self.errors = Log(output.work / ERRORS if output.work else aside(options.errors))
        self.next = 0  # the file that is written, or will be
        self.current: _Writing | None = None
        self.resumed: dict[str, Any] | None = self.journal.last if self.journal else None

    def _check(self) -> None:
        """Raise `OverwriteError` if a log would replace an input."""
        for log in (self.options.audit, self.options.errors, self.options.report):
            if log is not None and files.identities([str(log)]) & self.reader.inputs:
                raise files.OverwriteError(f"{log} is one of the input files; name another one")

    def _audit_path(self) -> Path | None:
        """Return where the audit is written; a report alone needs one as well, for a while."""
        if self.options.audit is None and self.options.report is not None and self.output.work:
            return self.output.work / _AUDIT
        return aside(self.options.audit or self.options.report)

    # --- the run as a whole ---

    def go(self) -> Totals:
        """Run from the beginning, or from where the journal ends."""
        if self.resumed and self.resumed.get("finishing"):
            self.totals = Totals(*self.resumed["totals"])
            self._move()
            return self.totals
        self._rewind()
        if self.options.recurring:
            self.work = self.work._replace(recurring=str(self._survey()))
        position = self.resumed["position"] if self.resumed else 0
        for task, results in self.reader.cleaned(self.work, self.next, position):
            for step, cleaned in zip(task, results, strict=True):
                self._take(step, cleaned)
            if self.current is None:
                self._commit()
        self._end()
        return self.totals

    def close(self) -> None:
        """Close what is open, and leave it as it is."""
        if self.current is not None:
            self.current.sink.abandon()
            with suppress(OSError):  # what could not be written a moment ago
                self._close(self.current.stream)
        self.audit.close()
        self.errors.close()
        if self.journal:
            self.journal.close()

    def _close(self, stream: IO[bytes]) -> None:
        """Close a file that was opened here; the stream that was given is not ours to close."""
        if stream is self.output.stream:
            stream.flush()
        else:
            stream.close()

    def _journal(self) -> Journal | None:
        if self.output.work is None:
            return None
        told = [__version__, self.work.max_removed, self.work.cleaner.settings]
        told += [repr(self.options._replace(jobs=0, resume=False, stdin=None))]
        told += [hashlib.sha256(self.options.model.read_bytes()).hexdigest()]
        told += [repr((name, kind.settings)) for name, kind in sorted(self.work.formats.items())]
        told += [f"{job} {_stamp(job)}" for job in self.jobs]
        digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        journal = Journal(self.output.work / JOURNAL, digest, self.options.resume)
        if journal.fresh:
            (self.output.work / _RECURRING).unlink(missing_ok=True)
        return journal

    def _rewind(self) -> None:
        """Go back to what the journal said last, or to the beginning."""
        state = self.resumed or {
            "next": 0,
            "moving": False,
            "audit": 0,
            "errors": 0,
            "totals": Totals(),
        }
        self.next = state["next"]
        self.totals = Totals(*state["totals"])
        self.done = sum(self.sizes[: self.next])
        if state["moving"] and self._part(self.next - 1).exists():
            self._place(self.next - 1)
        self.audit.rewind(state["audit"])
        self.errors.rewind(state["errors"])
        if not state["audit"]:
            dry = self.output == Output()
            threshold = self.work.cleaner.threshold
            self.audit.write(audit.header(self.options.model, threshold, dry))

    def _commit(self, moving: bool = False) -> None:
        """Tell the journal that all up to here is whole; the last file may be still ``moving``."""
        self.audit.flush()
        self.errors.flush()
        if self.journal is None:
            return
        here = None if moving else self.current
        if here is not None:
            here.committed = True
        self.journal.write(
            {
                "next": self.next + moving,
                "moving": moving,
                "position": here.position if here else 0,
                "number": here.number if here else 0,
                "told": here.told if here else False,
                "size": here.stream.tell() if here else 0,
                "audit": self.audit.size,
                "errors": self.errors.size,
                "totals": self.totals,
            }
        )

    def _end(self) -> None:
        """Write the last line of the audit, and move it and the errors into place."""
        if self.audit.path is not None:
            self.audit.flush()
            totals = self.totals
            foot = audit.footer(
                totals.pages, totals.changed, totals.characters, totals.removed, totals.errors
            )
            with self.audit.path.open("rb") as stream:
                foot["totals"]["sites"] = audit.sites(stream)
            self.audit.write(foot)
        self.audit.flush()
        self.errors.flush()
        if self.journal:
            self.journal.write({"finishing": True, "totals": self.totals})
        self._move()

    def _move(self) -> None:
        """Move into place what is aside; whatever of it was moved before, is not there any more."""
        self.audit.close()
        self.errors.close()
        if self.audit.path is not None and self.audit.path.exists():
            self._tell(self.audit.path)
        if self.options.errors is not None and _exists(self.errors.path):
            if self.totals.errors:
                self.errors.path.replace(self.options.errors)  # type: ignore[union-attr]
            else:
                self.options.errors.unlink(missing_ok=True)  # of an earlier run
        if self.output.work is not None:
            _remove(self.output.work)

    def _tell(self, log: Path) -> None:
        """Make the report of the audit, and move that to where it was asked for."""
        options, output = self.options, self.output
        if options.report is not None:
            from contentfilter import review

            place = options.audit or output.directory or output.file
            name = str(place or ("standard output" if output.stream else "dry run"))
            summary = review.Summary()
            with log.open("rb") as lines:
                summary.add(name, lines)
            with files.whole(options.report) as new:
                new.write_text(review.page(summary), encoding="utf-8", newline="")
        if options.audit is not None:
            into_place(log, options.audit)
        else:
            log.unlink()

    # --- writing ---

    def _take(self, step: Step, cleaned: Cleaned | None) -> None:
        if step.piece is None or cleaned is None:
            self._finish(step)
            return
        here = self.current or self._begin()
        job = self.jobs[step.job]
        kind = self.work.formats[job.format or ""]
        self._log(here, step.piece, cleaned)
        here.sink.write(step.piece, cleaned.output)
        here.wrong = here.wrong or bool(cleaned.problems)
        here.number += cleaned.records if kind.paged else 0
        here.position = step.piece.position
        self.totals = self.totals.plus(cleaned.totals)
        if step.checkpoint:
            here.sink.checkpoint()
            self._commit()
        self.watcher.read(self.done + step.read, self.totals)

    def _begin(self) -> "_Writing":
        """Open what the next file is written to, or go on with it."""
        job = self.jobs[self.next]
        kind = self.work.formats[job.format or ""]
        target = self.output.target(job)
        suffix = compression.split_name(target.name)[1] if target else ""
        state = self.resumed if self.resumed and self.resumed["position"] else None
        self.resumed = None
        stream = self._stream(state["size"] if state else None)
        before = (self.audit.size, self.errors.size, self.totals)
        here = _Writing(stream, kind.sink(stream, suffix, begun=state is not None), before)
        if state:
            here.number, here.told, here.committed = state["number"], state["told"], True
        self.current = here
        return here

    def _stream(self, size: int | None) -> IO[bytes]:
        if self.output.work is not None:
            path = self._part(self.next)
            stream = path.open("wb" if size is None else "r+b")
            if size is not None:
                stream.truncate(size)
                stream.seek(size)
            return stream
        if self.output.stream is not None:
            return self.output.stream
        return Path(os.devnull).open("wb")

    def _log(self, here: "_Writing", piece: Piece, cleaned: Cleaned) -> None:
        """Write what was cut and what was wrong."""
        job = self.jobs[self.next]
        kind = self.work.formats[job.format or ""]
        written = kind.written(piece.encoding)
        encoding = piece.encoding if kind.result[0] == job.format else written
        if not here.told and (cleaned.entries or encoding != written):
            form, field = kind.result
            source = {"format": form, "field": field, "encoding": encoding, "written": written}
            self.audit.write({"file": job.name, "source": source})
            here.told = True
        base = here.number
        lines: list[tuple[int, dict[str, Any]]] = list(cleaned.entries)
        if encoding != written:
            lines += [(number, {"source": "verbatim"}) for number in cleaned.verbatim]
            lines.sort(key=lambda line: line[0])
        for number, told in lines:
            place = {"file": job.name, "record": base + number if kind.paged else 0}
            self.audit.write(place | told)
        for number, reason in cleaned.problems:
            self._wrong(job, base + number if kind.paged else 0, reason)

    def _wrong(self, job: Job, line: int, reason: str) -> None:
        name = "-" if job.source is None else str(job.source)
        self.errors.write({"file": name, "line": line, "reason": reason})
        self.watcher.wrong(name, line, reason)

    def _finish(self, step: Step) -> None:
        """Move the file into place that ends here; one that could not be read is copied."""
        job = self.jobs[step.job]
        if self.resumed and self.resumed["position"]:
            self._begin()
        copied = job.format is None and not step.problem
        passes = bool(step.problem) and not step.refused and self._passes(job)
        if passes:
            self._take_back()
        here = self.current
        if here is None and not step.problem and not copied:
            here = self._begin()
        if step.problem:
            self._wrong(job, 0, step.problem)
        self.totals = self.totals.plus(Totals(errors=bool(step.problem), copied=copied))
        if copied or passes:
            self._copy(job)
        elif here is not None:
            self._whole(here, job)
        self.current = None
        self.done += self.sizes[step.job]
        self.next = step.job + 1
        self.watcher.read(self.done, self.totals)

    def _passes(self, job: Job) -> bool:
        """Whether a file that cannot be read is copied: of a large one what was read is kept."""
        if self.output.directory is None or job.format is None:
            return False
        kind = self.work.formats[job.format]
        return kind.passes and (self.current is None or not kind.resumable)

    def _take_back(self) -> None:
        """Forget what was logged and counted of the current file."""
        if self.current is None:
            return
        self.current.sink.abandon()
        self._close(self.current.stream)
        audit_size, errors_size, self.totals = self.current.before
        self.audit.rewind(audit_size)
        self.errors.rewind(errors_size)
        self.current = None

    def _whole(self, here: "_Writing", job: Job) -> None:
        here.sink.close()
        self._close(here.stream)
        kind = self.work.formats[job.format or ""]
        lone = here.wrong and not kind.paged
        if lone and (not kind.passes or self.output.directory is None):
            return  # a page without a text, or one that nobody can read, has no result
        if here.committed:
            # The journal says to go on within this file, which will not be there any more.
            self._commit(moving=True)
        self._place(self.next)

    def _copy(self, job: Job) -> None:
        """Copy an input as it is; one that cannot even be opened was told of already."""
        if self.output.work is None or job.source is None or not os.access(job.source, os.R_OK):
            return
        if job.source.is_file():
            shutil.copyfile(job.source, self._part(self.next))
            self._place(self.next)

    def _part(self, index: int) -> Path:
        """Return where a file lies until it is whole."""
        return (self.output.work or Path()) / f"part-{index}"

    def _place(self, index: int) -> None:
        """Move a file that is whole to where it belongs."""
        target = self.output.target(self.jobs[index])
        if target is None or self.output.work is None:
            return
        target = Path(os.path.realpath(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            shutil.copymode(target, self._part(index))
        self._part(index).replace(target)

    # --- recurring lines ---

    def _survey(self) -> Path:
        """Read everything once to learn which lines recur on their sites; return where they are."""
        if self.output.work is None or any(job.source is None for job in self.jobs):
            raise PlanError("recurring blocks need files to read twice, and an output of files")
        path = self.output.work / _RECURRING
        if path.exists():
            return path
        tally = sites.Tally()
        lenient = self.work.cleaner.with_threshold(sites.DOUBTFUL)
        work = self.work._replace(cleaner=lenient, surveying=True, audit=False)
        for _, results in self.reader.cleaned(work):
            for cleaned in results:
                if cleaned is not None:
                    tally.add(cleaned.survey)
        with files.whole(path) as new:
            new.write_text(json.dumps(tally.recurring()), encoding="utf-8")
        return path


class _Writing:
    """The file that is being written: where, and how far it is."""

    def __init__(self, stream: IO[bytes], sink: Sink, before: tuple[int, int, Totals]) -> None:
        self.stream = stream
        self.sink = sink
        self.before = before  # the logs and the counts before it
        self.number = 0  # of the last record
        self.position = 0
        self.told = False  # the audit has its line
        self.committed = False  # the journal tells to go on within it
        self.wrong = False


def _remove(work: Path) -> None:
    """Remove the directory of what was not whole, the journal last: until then it tells the end."""
    for path in sorted(work.iterdir(), key=lambda path: path.name == JOURNAL):
        path.unlink()
    work.rmdir()


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()


def _stamp(job: Job) -> str:
    """Return what changes when a file is changed."""
    try:
        status = job.source.stat() if job.source else None
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns}" if status else ""
