"""The report's reader against audits as runs write them, and `clean --report`."""

import pytest

from contentfilter.cleaner import Block, Explanation
from contentfilter.cli import main
from contentfilter.compression import reader
from contentfilter.review import Summary
from contentfilter.review.audit import Header, read
from tests.batches import ARTICLE, HACKED, clean, jsonl, lines_of, record, tree
from tests.examples import SPAM


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Clean a tree of all kinds of files, `in`, to `out`, with an audit."""
    folder = tmp_path_factory.mktemp("whole")
    tree(folder / "in")
    (folder / "in" / "kept.txt").write_text(f"{SPAM}\n{SPAM}\n\n短", encoding="utf-8")
    other = jsonl([record(3, HACKED), record(5, HACKED), record(8, HACKED)])
    (folder / "in" / "sites.jsonl").write_text(other, encoding="utf-8")
    audit = folder / "audit.jsonl"
    assert clean(folder / "in", "-o", folder / "out", "--audit", audit, "--threshold", 0.995) == 1
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a directory with a few pages in `in`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    content = jsonl([record(n, text) for n, text in enumerate([HACKED, ARTICLE, HACKED])])
    (tmp_path / "in" / "pages.jsonl").write_text(content, encoding="utf-8")
    return tmp_path


def summary_of(path):
    summary = Summary()
    with path.open("rb") as lines:
        summary.add(path.name, lines)
    return summary


def test_every_line_of_a_run_is_understood(whole):
    summary = summary_of(whole / "audit.jsonl")
    assert summary.unreadable == 0
    assert summary.unfinished == []


def test_the_totals_of_a_run_are_those_of_its_lines(whole):
    totals = lines_of(whole / "audit.jsonl")[-1]["totals"]
    summary = summary_of(whole / "audit.jsonl")
    assert summary.changed == summary.said_changed == totals["changed"] > 20
    assert summary.removed == summary.said_removed == totals["removed"] > 0
    assert (summary.pages, summary.characters) == (totals["pages"], totals["characters"])
    assert summary.errors == totals["errors"] == len(lines_of(whole / "out" / "errors.jsonl"))


def test_the_sites_of_a_run_are_those_of_its_footer(whole):
    told = lines_of(whole / "audit.jsonl")[-1]["totals"]["sites"]
    assert dict(summary_of(whole / "audit.jsonl").site_pages.top(99)) == told
    assert len(told) == 3


def test_a_flagged_page_of_a_run_is_counted_as_kept(whole):
    summary = summary_of(whole / "audit.jsonl")
    assert (summary.flagged, summary.flags.top(1)) == (1, [("max_removed", 1)])
    (kept,) = [one for one in summary.sampling.chosen() if "flagged" in one.kinds]
    assert kept.sample.entry.file == "kept.txt"


def test_the_model_and_threshold_of_a_run_are_read(whole):
    with (whole / "audit.jsonl").open("rb") as lines:
        header = next(read(lines, "audit.jsonl"))
    digest = lines_of(whole / "audit.jsonl")[0]["contentfilter"]["model"]["digest"]
    assert header == Header(f"default {digest[:12]}", 0.995)


def test_blocks_that_recur_on_a_site_have_their_reason_in_the_report(here, monkeypatch):
    monkeypatch.setattr("contentfilter.cleaner.Cleaner._explain", cut_first_lines)
    pages = [f"{SPAM}\n{ARTICLE}\n第{n}页。" for n in range(3)] + [f"{ARTICLE}\n{SPAM}\n"]
    values = [record(3 * n, text) for n, text in enumerate(pages)]
    (here / "site.jsonl").write_text(jsonl(values), encoding="utf-8")
    clean("site.jsonl", "-o", "out.jsonl", "--audit", "audit.jsonl", "--site-field", "url")
    traits = summary_of(here / "audit.jsonl").traits
    assert traits["cut on other pages of the site"] == 1


def cut_first_lines(self, texts, reasons=True):
    """Stand in for what `Cleaner.explain` and `Cleaner.explain_many` call."""
    return [cut_first_line(text) for text in texts]


def cut_first_line(text):
    """Cut the first line if it holds an underscore."""
    line = text.split("\n", 1)[0] + "\n"
    found = "_" in line and line in text
    blocks = [Block(0, len(line), 0.9999, "adult", ("first line",))] if found else []
    return Explanation(text[len(line) :] if found else text, blocks)


# --- compressed audits ---


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_a_compressed_audit_is_the_same_audit(here, suffix):
    clean("in", "-o", "out", "--audit", "audit.jsonl")
    clean("in", "-o", "out", "--audit", f"audit.jsonl{suffix}")
    with (here / f"audit.jsonl{suffix}").open("rb") as raw:
        assert reader(raw, suffix).read() == (here / "audit.jsonl").read_bytes()
    assert main(["report", "audit.jsonl", "-o", "plain.html"]) == 0
    assert main(["report", f"audit.jsonl{suffix}", "-o", "packed.html"]) == 0
    packed = (here / "packed.html").read_bytes().replace(suffix.encode(), b"")
    assert packed == (here / "plain.html").read_bytes().replace(suffix.encode(), b"")


def test_a_compressed_audit_gives_the_originals_back(here):
    clean("in", "-o", "out", "--audit", "audit.jsonl.gz")
    assert main(["restore", "out", "audit.jsonl.gz", "-o", "back"]) == 0
    assert (here / "back/pages.jsonl").read_bytes() == (here / "in/pages.jsonl").read_bytes()


def test_of_a_damaged_audit_one_line_tells(here, capfd):
    clean("in", "-o", "out", "--audit", "audit.jsonl.gz")
    path = here / "audit.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])
    capfd.readouterr()
    assert main(["report", "audit.jsonl.gz", "-o", "report.html"]) == 1
    error = capfd.readouterr().err
    assert error.startswith("contentfilter: audit.jsonl.gz: ")
    assert error.count("\n") == 1
    assert main(["restore", "out", "audit.jsonl.gz", "-o", "back"]) == 1
    assert capfd.readouterr().err.count("\n") == 1


# --- clean --report ---


def test_a_run_makes_the_report_that_its_audit_makes(here):
    clean("in", "-o", "out", "--audit", "audit.jsonl", "--report", "report.html")
    assert main(["report", "audit.jsonl", "-o", "again.html"]) == 0
    assert (here / "report.html").read_bytes() == (here / "again.html").read_bytes()
    assert SPAM in (here / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("output", [["-o", "out"], ["--dry-run"]])
def test_a_report_alone_leaves_no_audit(here, output):
    assert clean("in", *output, "--report", "report.html") == 0
    expected = {"in", "report.html"} | ({"out"} if "out" in output else set())
    assert {path.name for path in here.iterdir()} == expected
    source = (here / "report.html").read_text(encoding="utf-8")
    assert SPAM in source
    assert ("a dry run: nothing was written" in source) == ("--dry-run" in output)
    if "out" in output:
        assert [path.name for path in (here / "out").iterdir()] == ["pages.jsonl"]


def test_a_pipe_can_have_a_report(here, capfdbinary):
    assert clean("in/pages.jsonl", "--report", "report.html") == 0
    assert capfdbinary.readouterr().out.count(b"\n") == 3
    assert {path.name for path in here.iterdir()} == {"in", "report.html"}


def test_a_run_that_stops_before_its_report_makes_it_when_it_goes_on(here, monkeypatch):
    clean("in", "-o", "out", "--report", "report.html")
    whole = (here / "report.html").read_bytes()
    (here / "report.html").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("contentfilter.review.page", stop)
        assert clean("in", "-o", "out", "--report", "report.html", "--resume") == 130
    monkeypatch.setattr("contentfilter.cleaner.Cleaner._explain", stop)  # not cleaned again
    assert clean("in", "-o", "out", "--report", "report.html", "--resume") == 0
    assert (here / "report.html").read_bytes() == whole


def stop(*arguments):
    raise KeyboardInterrupt


def test_a_report_does_not_replace_an_input(here, capfd):
    before = (here / "in/pages.jsonl").read_bytes()
    assert clean("in", "-o", "out", "--report", "in/pages.jsonl") == 1
    assert "is one of the input files" in capfd.readouterr().err
    assert (here / "in/pages.jsonl").read_bytes() == before


def test_audit_and_report_are_two_files(here, capfd):
    assert clean("in", "-o", "out", "--report", "one", "--audit", "one") == 2
    assert "need a file each" in capfd.readouterr().err
