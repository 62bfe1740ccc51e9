"""Runs that are killed, run out of disk or are interrupted, and are gone on with."""

import os
import random
import resource
import signal
import subprocess
import sys
import time

import pytest

from contentfilter.cli import main
from contentfilter.journal import Journal, ResumeError
from tests.batches import clean, contents, crawl, jsonl, lines_of, tree

SMALL = ["--block", "3000", "--checkpoint", "2"]  # many pieces, many places to go on from
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a directory with a tree of inputs in `in`."""
    monkeypatch.chdir(tmp_path)
    tree(tmp_path / "in")
    (tmp_path / "in" / "more.jsonl.xz").write_bytes(_xz(jsonl(crawl(200)).encode()))
    return tmp_path


def _xz(content):
    import lzma

    return lzma.compress(content)


def command(*arguments):
    return [sys.executable, "-m", "contentfilter", "clean", *map(str, arguments)]


def arguments(output, *more):
    return ["in", "-o", output, "--audit", f"{output}.jsonl", *SMALL, *more]


def results(here, name):
    """Return the tree of a run, and its audit."""
    return contents(here / name), (here / f"{name}.jsonl").read_bytes()


def kill_at_random(rng, longest, *given):
    """Start runs and kill each after a random time, until one ends; return how many were killed."""
    for kills in range(100):
        process = subprocess.Popen(
            command(*given, "--resume"), stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(timeout=rng.uniform(0.3, longest))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            continue
        assert process.returncode == 1  # there are bad records among the inputs
        return kills
    pytest.fail("no run came to its end")


@posix
@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_killed_at_random_moments_ends_like_one_left_alone(here, jobs):
    begun = time.monotonic()
    assert clean(*arguments("whole")) == 1
    longest = time.monotonic() - begun + jobs * 2
    kills = rounds = 0
    rng = random.Random(jobs)
    while kills < 3 and rounds < 12:  # a quick run may end before it is killed
        rounds += 1
        name = f"killed{rounds}"
        kills += kill_at_random(rng, longest, *arguments(name, "--jobs", jobs))
        assert contents(here / name) == contents(here / "whole")
        assert (here / f"{name}.jsonl").read_bytes() == (here / "whole.jsonl").read_bytes()
        assert not (here / name / ".contentfilter").exists()
    assert kills >= 3


class Stop(BaseException):
    """Ends a run as a kill would: nothing catches it."""


@pytest.mark.slow
@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("left", range(0, 46, 3))
def test_a_run_that_stops_at_any_step_ends_like_one_left_alone(
    here, left, behind, monkeypatch, whole
):
    """Stop before a line of the journal, or right behind it."""
    write = Journal.write
    count = 0

    def stop_at(journal, value):
        nonlocal count
        count += 1
        if count > left and not behind:
            raise Stop
        write(journal, value)
        if count > left:
            raise Stop

    monkeypatch.setattr(Journal, "write", stop_at)
    with pytest.raises(Stop):
        clean(*arguments("out"))
    monkeypatch.setattr(Journal, "write", write)
    assert clean(*arguments("out", "--resume")) == 1
    assert results(here, "out") == whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return what a run gives that was left alone."""
    folder = tmp_path_factory.mktemp("whole")
    before = os.getcwd()  # noqa: PTH109
    os.chdir(folder)
    try:
        tree(folder / "in")
        (folder / "in" / "more.jsonl.xz").write_bytes(_xz(jsonl(crawl(200)).encode()))
        clean(*arguments("out"))
        return results(folder, "out")
    finally:
        os.chdir(before)


@posix
def test_a_full_disk_ends_the_run_and_it_goes_on_when_there_is_room(here, whole):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing fails, as on a full disk

    done = subprocess.run(
        command(*arguments("out")), preexec_fn=limit, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == b"contentfilter: file too large"
    assert (here / "out" / ".contentfilter").exists()
    assert clean(*arguments("out", "--resume")) == 1
    assert results(here, "out") == whole


@pytest.fixture
def interruptible():
    """Let processes that are started take SIGINT: those of a background job would ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@posix
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_goes_on(here, whole, jobs):
    given = command(*arguments("out", "--jobs", jobs))
    with subprocess.Popen(given, stderr=subprocess.PIPE, start_new_session=True) as process:
        journal = here / "out" / ".contentfilter" / "journal.jsonl"
        while process.poll() is None and not (journal.exists() and journal.stat().st_size > 2000):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all processes
        said = process.stderr.read()
    assert b"Traceback" not in said
    assert process.returncode == 130
    assert b"contentfilter: interrupted; go on with it by --resume" in said.splitlines()
    assert clean(*arguments("out", "--resume")) == 1
    assert results(here, "out") == whole


def stopped(here, monkeypatch, *given):
    """Leave an unfinished run behind."""
    write = Journal.write

    def stop(journal, value):
        write(journal, value)
        if value.get("position"):
            raise Stop

    monkeypatch.setattr(Journal, "write", stop)
    with pytest.raises(Stop):
        clean(*arguments("out", *given))
    monkeypatch.setattr(Journal, "write", write)


def test_an_unfinished_run_is_not_begun_anew_unasked(here, monkeypatch, capsys):
    stopped(here, monkeypatch)
    assert clean(*arguments("out")) == 1
    assert "go on with it by --resume" in capsys.readouterr().err


def test_a_run_is_not_gone_on_with_by_other_options(here, monkeypatch, capsys):
    stopped(here, monkeypatch)
    assert clean(*arguments("out", "--resume", "--threshold", "1")) == 1
    assert "had other options" in capsys.readouterr().err


@pytest.mark.parametrize(
    "other", [["--category", "adult"], ["--allow", "terms.txt"], ["--deny", "terms.txt"]]
)
def test_a_run_is_not_gone_on_with_by_other_categories_or_terms(here, monkeypatch, capsys, other):
    (here / "terms.txt").write_text("市水利局\n", encoding="utf-8")
    stopped(here, monkeypatch)
    assert clean(*arguments("out", "--resume", *other)) == 1
    assert "had other options" in capsys.readouterr().err


def test_a_run_is_not_gone_on_with_by_changed_terms(here, monkeypatch, capsys):
    (here / "terms.txt").write_text("市水利局\n", encoding="utf-8")
    given = ["--deny", "terms.txt"]
    stopped(here, monkeypatch, *given)
    (here / "terms.txt").write_text("市水利局\n组织专家\n", encoding="utf-8")
    assert clean(*arguments("out", "--resume", *given)) == 1
    assert "had other options" in capsys.readouterr().err
    (here / "terms.txt").write_text("# the same\n市水利局\n", encoding="utf-8")
    assert clean(*arguments("out", "--resume", *given)) == 1  # of bad records
    assert "had other options" not in capsys.readouterr().err
    assert (here / "out.jsonl").exists()


def test_a_run_is_not_gone_on_with_when_an_input_changed(here, monkeypatch, capsys):
    stopped(here, monkeypatch)
    (here / "in" / "page00.txt").write_bytes(b"another page")
    assert clean(*arguments("out", "--resume")) == 1
    assert "other input files" in capsys.readouterr().err


def test_no_file_is_in_place_before_it_is_whole(here, monkeypatch):
    stopped(here, monkeypatch)
    out = contents(here / "out")
    whole = {name for name in out if not name.startswith(".contentfilter")}
    assert whole < set(contents(here / "in"))
    assert not (here / "out.jsonl").exists()


def test_with_nothing_to_go_on_with_a_run_begins(here, whole):
    assert clean(*arguments("out", "--resume")) == 1
    assert results(here, "out") == whole


def test_a_single_file_is_gone_on_with_too(here, monkeypatch):
    given = ["in/more.jsonl.xz", *SMALL, "--audit", "audit.jsonl", "-o"]
    assert clean(*given, "whole.jsonl.gz") == 0
    write = Journal.write

    def stop(journal, value):
        write(journal, value)
        if value.get("number", 0) > 50:
            raise Stop

    monkeypatch.setattr(Journal, "write", stop)
    with pytest.raises(Stop):
        clean(*given, "out.jsonl.gz")
    monkeypatch.setattr(Journal, "write", write)
    assert clean(*given, "out.jsonl.gz", "--resume") == 0
    assert (here / "out.jsonl.gz").read_bytes() == (here / "whole.jsonl.gz").read_bytes()
    assert lines_of(here / "audit.jsonl")[-1]["totals"]["pages"] == 200


def test_two_runs_do_not_write_to_the_same_place(tmp_path):
    first = Journal(tmp_path / "work" / "journal.jsonl", "a", resume=False)
    with pytest.raises(ResumeError, match="another run"):
        Journal(tmp_path / "work" / "journal.jsonl", "a", resume=True)
    first.close()


def test_half_a_line_of_the_journal_is_forgotten(tmp_path):
    path = tmp_path / "work" / "journal.jsonl"
    journal = Journal(path, "a", resume=False)
    journal.write({"next": 1})
    journal.close()
    with path.open("ab") as stream:
        stream.write(b'{"next": 2')
    journal = Journal(path, "a", resume=True)
    assert journal.last == {"next": 1}
    journal.write({"next": 3})
    journal.close()
    assert [line.get("next") for line in lines_of(path)] == [None, 1, 3]


def test_standard_streams_cannot_be_gone_on_with():
    assert main(["clean", "--field", "text", "--resume"]) == 2
