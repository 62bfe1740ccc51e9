import gzip
import os
import subprocess
import sys

import pytest

from contentfilter import Cleaner
from contentfilter import clean as clean_text
from contentfilter.cli import main
from tests.batches import ARTICLE, HACKED, clean, contents, crawl, jsonl, lines_of, table, tree
from tests.examples import BETS, BODY, SPAM

HEADER = b'{"contentfilter": {"audit": 1}}\n'
BAD = b"\xfd\xfe\xff" * 3


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def put(here):
    """Write a file in the working directory, and return its name."""

    def write(name, content):
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


@pytest.fixture
def restored(here):
    """Clean into `out`, restore, and return what came back."""

    def run(source, *arguments):
        clean(source, "-o", "out", "--audit", "audit.jsonl", *arguments)
        assert main(["restore", "out", "audit.jsonl", "-o", "back"]) == 0
        return contents(here / "back") if (here / "out").is_dir() else (here / "back").read_bytes()

    return run


# --- folders ---


def test_a_folder_keeps_its_tree(put, here):
    put("in/a.txt", HACKED)
    put("in/sub/b.jsonl", jsonl([{"text": HACKED}]))
    assert clean("in", "-o", "out") == 0
    assert list(contents(here / "out")) == ["a.txt", "sub/b.jsonl"]
    assert (here / "out/a.txt").read_text(encoding="utf-8") == ARTICLE
    assert lines_of(here / "out/sub/b.jsonl") == [{"text": ARTICLE}]


def test_several_folders_keep_their_names_too(put, here):
    put("one/a.txt", HACKED)
    put("two/a.txt", ARTICLE)
    assert clean("one", "two", "-o", "out") == 0
    assert list(contents(here / "out")) == ["one/a.txt", "two/a.txt"]


def test_files_of_other_kinds_are_copied(put, here, capsys):
    put("in/logo.png", b"\x89PNG\r\n" + SPAM.encode())
    assert clean("in", "-o", "out") == 0
    assert contents(here / "in") == contents(here / "out")
    assert "1 files of other kinds copied (.png)" in capsys.readouterr().err


def test_the_output_within_the_input_is_no_input(put, here):
    put("in/a.txt", HACKED)
    assert clean("in", "-o", "in/out") == 0
    assert clean("in", "-o", "in/out") == 0
    assert list(contents(here / "in")) == ["a.txt", "out/a.txt"]


def test_a_folder_is_not_cleaned_into_itself(put, here):
    put("in/a.txt", HACKED)
    assert clean("in", "-o", "in") == 1
    assert (here / "in/a.txt").read_text(encoding="utf-8") == HACKED


def test_nothing_of_the_work_is_left_behind(put, here):
    put("in/a.jsonl", jsonl(crawl(9)))
    assert clean("in", "-o", "out", "--audit", "audit.jsonl") == 0
    assert sorted(p.name for p in here.rglob("*")) == ["a.jsonl"] * 2 + ["audit.jsonl", "in", "out"]


@pytest.mark.parametrize("jobs", ["2", "-1"])
def test_several_jobs_give_the_same_as_one(here, jobs):
    tree(here / "in")
    clean("in", "-o", "one", "--audit", "one.jsonl")
    clean("in", "-o", "two", "--audit", "two.jsonl", "--jobs", jobs)
    assert contents(here / "one") == contents(here / "two")
    assert (here / "one.jsonl").read_bytes() == (here / "two.jsonl").read_bytes()


def test_pages_come_out_as_the_function_cleans_them(put, here):
    records = crawl(40)
    assert clean(put("a.jsonl", jsonl(records)), "-o", "b.jsonl") == 0
    cleaned = [{**record, "text": clean_text(record["text"])} for record in records]
    assert lines_of(here / "b.jsonl") == cleaned
    assert cleaned != records


def test_untouched_lines_stay_byte_for_byte(put, here):
    lines = [
        b'{ "text":"\\u77ed" , "n":1.50}\r\n',
        jsonl([{"text": HACKED}]).encode(),
        b"\n",
        b'{"text": "x"}',
    ]
    assert clean(put("a.jsonl", b"".join(lines)), "-o", "b.jsonl") == 0
    out = (here / "b.jsonl").read_bytes()
    assert out.startswith(lines[0])
    assert out.endswith(lines[2] + lines[3])
    assert SPAM[:4].encode("unicode_escape") not in out


# --- streams and single files ---


def run(*arguments, content=b""):
    command = [sys.executable, "-m", "contentfilter", "clean", *arguments]
    return subprocess.run(command, input=content, capture_output=True, check=False)


def test_json_lines_go_through_a_pipe():
    done = run("--field", "text", content=jsonl([{"text": HACKED}, {"text": ARTICLE}]).encode())
    assert done.stdout.decode() == jsonl([{"text": ARTICLE}] * 2)
    assert (done.returncode, done.stderr) == (0, b"")


def test_errors_in_a_pipe_are_told_with_their_line():
    done = run("--field", "text", content=b'{"text": 1}\n')
    assert (done.returncode, done.stdout) == (1, b'{"text": 1}\n')
    said = b"contentfilter: standard input, line 1: the field text is a number, not a string\n"
    assert done.stderr == said


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_the_suffix_of_the_output_compresses_it(put, here, suffix):
    assert clean(put("a.jsonl", jsonl([{"text": HACKED}])), "-o", f"b.jsonl{suffix}") == 0
    assert clean(f"b.jsonl{suffix}", "-o", "c.jsonl") == 0
    assert (here / f"b.jsonl{suffix}").read_bytes() != (here / "c.jsonl").read_bytes()
    assert lines_of(here / "c.jsonl") == [{"text": ARTICLE}]


def test_a_compressed_page_is_a_page(put, here):
    assert clean(put("a.txt.gz", gzip.compress(HACKED.encode())), "-o", "b.txt") == 0
    assert (here / "b.txt").read_text(encoding="utf-8") == ARTICLE


def test_the_format_can_be_given(put, here):
    assert clean(put("a.data", table(crawl(6))), "--format", "csv", "-o", "b.data") == 0
    assert SPAM not in (here / "b.data").read_text(encoding="utf-8")


def test_a_single_file_that_cannot_be_read_gives_no_output(put, here):
    assert clean(put("a.csv", "id,body\n1,x\n"), "-o", "b.csv") == 1
    assert sorted(path.name for path in here.iterdir()) == ["a.csv"]


# --- encodings ---


def test_other_encodings_become_utf8(put, here):
    put("in/a.txt", HACKED.encode("gbk"))
    put("in/b.jsonl", jsonl([{"text": HACKED}] * 3, ensure_ascii=False).encode("gbk"))
    assert clean("in", "-o", "out") == 0
    assert (here / "out/a.txt").read_text(encoding="utf-8") == ARTICLE
    assert lines_of(here / "out/b.jsonl") == [{"text": ARTICLE}] * 3


def test_the_encoding_can_be_kept(put, here):
    put("in/a.txt", HACKED.encode("gbk"))
    assert clean("in", "-o", "out", "--keep-encoding") == 0
    assert (here / "out/a.txt").read_bytes() == ARTICLE.encode("gbk")


def test_the_encoding_can_be_named(put, here):
    put("in/a.txt", "标题".encode("gbk"))
    assert clean("in", "-o", "out", "--encoding", "gb2312") == 0
    assert (here / "out/a.txt").read_text(encoding="utf-8") == "标题"


# --- errors and guards ---


def test_bad_records_pass_and_are_listed(put, here):
    lines = [b'{"text": null}\n', jsonl([{"text": HACKED}]).encode(), b"{\n", b'{"text": "\xff"}\n']
    put("in/a.jsonl", b"".join(lines))
    assert clean("in", "-o", "out") == 1
    out = (here / "out/a.jsonl").read_bytes().splitlines(keepends=True)
    assert [out[0], *out[2:]] == [lines[0], *lines[2:]]
    errors = lines_of(here / "out/errors.jsonl")
    assert [(error["file"], error["line"]) for error in errors] == [
        ("in/a.jsonl", 1),
        ("in/a.jsonl", 3),
        ("in/a.jsonl", 4),
    ]
    assert errors[0]["reason"] == "the field text is null, not a string"


def test_a_file_that_cannot_be_read_passes_and_is_listed(put, here):
    put("in/a.csv", "id,body\n1,x\n")
    put("in/b.txt", BAD)
    assert clean("in", "-o", "out") == 1
    out = contents(here / "out")
    assert (out["a.csv"], out["b.txt"]) == (b"id,body\n1,x\n", BAD)
    reasons = [error["reason"] for error in lines_of(here / "out/errors.jsonl")]
    assert reasons[0] == "there is no column text, only: id, body"
    assert reasons[1].startswith("not UTF-8: byte 0xfd at offset 0")


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_lines_in_utf16_are_an_error_of_the_whole_file(put, here, name):
    put(f"in/{name}", ("\ufeff" + jsonl(crawl(3))).encode("utf-16-le"))
    assert clean("in", "-o", "out") == 1
    assert contents(here / "in")[name] == contents(here / "out")[name]
    (error,) = lines_of(here / "out/errors.jsonl")
    assert error["reason"] == "lines in utf_16_le cannot be read; convert the file to UTF-8"


def test_of_a_damaged_file_what_can_be_read_is_kept(put, here):
    content = gzip.compress(jsonl(crawl(5000)).encode())
    put("in/a.jsonl.gz", content[: len(content) // 2])
    assert clean("in", "-o", "out") == 1
    kept = gzip.decompress((here / "out/a.jsonl.gz").read_bytes()).splitlines()
    assert len(kept) > 500
    (error,) = lines_of(here / "out/errors.jsonl")
    assert error["line"] == 0
    assert error["reason"].startswith("compressed file ended before")


def test_the_list_of_errors_of_an_earlier_run_goes_away(put, here):
    put("in/a.jsonl", "{\n")
    assert clean("in", "-o", "out") == 1
    put("in/a.jsonl", "{}\n".replace("{}", '{"text": ""}'))
    assert clean("in", "-o", "out") == 0
    assert list(contents(here / "out")) == ["a.jsonl"]


def test_an_input_called_like_the_list_of_errors_is_wrong_usage(put):
    put("in/errors.jsonl", "{}\n")
    assert clean("in", "-o", "out") == 2
    assert clean("in", "-o", "out", "--errors", "wrong.jsonl") == 1


def test_a_page_nearly_all_removed_is_kept_and_flagged(put, here, capsys):
    put("in/a.txt", SPAM + "\n\n短")
    assert clean("in", "-o", "out", "--audit", "audit.jsonl") == 0
    assert contents(here / "in") == contents(here / "out")
    page = lines_of(here / "audit.jsonl")[2]
    assert page["flags"] == ["max_removed"]
    assert page["removed"] == [f"{SPAM}\n\n"]
    assert "1 kept that --max-removed 0.9 guards" in capsys.readouterr().err


def test_the_guard_can_be_moved(put, here):
    put("in/a.txt", SPAM + "\n\n短")
    assert clean("in", "-o", "out", "--max-removed", "1") == 0
    assert (here / "out/a.txt").read_text(encoding="utf-8") == "短"


def test_the_guard_holds_for_a_single_page(put, here, capsys):
    assert clean(put("a.txt", SPAM + "\n\n短"), "-o", "b.txt") == 0
    assert (here / "b.txt").read_bytes() == (here / "a.txt").read_bytes()
    assert "a.txt: kept: 97 % of it would be cut" in capsys.readouterr().err


def test_a_dry_run_writes_nothing_but_the_audit(put, here, capsys):
    put("in/a.txt", HACKED)
    assert clean("in", "-o", "out", "--dry-run", "--audit", "audit.jsonl") == 0
    assert sorted(path.name for path in here.iterdir()) == ["audit.jsonl", "in"]
    assert "1 pages, 1 would be changed (100.00 %)" in capsys.readouterr().err
    assert main(["restore", "in", "audit.jsonl"]) == 1


# --- audit and restore ---


def test_the_audit_tells_what_was_cut(put, here):
    clean(put("a.jsonl", jsonl(crawl(6))), "-o", "b.jsonl", "--audit", "audit.jsonl")
    head, file, *pages, foot = lines_of(here / "audit.jsonl")
    assert head["contentfilter"]["threshold"] == pytest.approx(Cleaner().threshold)
    assert len(head["contentfilter"]["model"]["digest"]) == 64
    assert file["source"]["format"] == "jsonl"
    assert [page["record"] for page in pages] == [2, 5]
    text = crawl(6)[1]["text"]
    (start, end, score), (removed,) = pages[0]["blocks"][0], pages[0]["removed"]
    assert text[start:end] == removed
    assert Cleaner().threshold <= score <= 1
    assert (pages[0]["id"], pages[0]["site"]) == ("1", "www1.water.example")
    assert pages[0]["context"][0][1] == text[end : end + 60]
    assert (foot["totals"]["pages"], foot["totals"]["changed"]) == (6, 2)
    assert foot["totals"]["sites"] == {"www1.water.example": 2}
    assert foot["totals"]["removed"] == sum(b - a for page in pages for a, b, _ in page["blocks"])


def test_a_whole_tree_comes_back_byte_for_byte(here, restored):
    tree(here / "in")
    back = restored("in")
    originals = contents(here / "in")
    cut_off = originals.pop("sub/cut_off.jsonl.gz")
    assert gzip.decompress(back.pop("sub/pages.jsonl.gz")) == gzip.decompress(
        originals.pop("sub/pages.jsonl.gz")
    )
    assert len(back.pop("sub/cut_off.jsonl.gz")) < len(cut_off) * 2
    assert back == originals
    assert contents(here / "out") != originals


def test_a_tree_in_kept_encodings_comes_back_byte_for_byte(put, here, restored):
    put("in/a.txt", HACKED.replace("\n", "\r\n").encode("gbk"))
    put("in/b.csv", table(crawl(12)).encode("gbk"))
    put("in/c.txt", ("\ufeff" + HACKED).encode("utf-16-le"))
    assert restored("in", "--keep-encoding") == contents(here / "in")


def test_a_single_file_comes_back_byte_for_byte(put, here, restored):
    name = put("a.tsv", table(crawl(12), delimiter="\t"))
    assert restored(name) == (here / name).read_bytes()


def test_lines_in_a_second_encoding_come_back_byte_for_byte(put, here, restored):
    line = jsonl([{"text": HACKED}], ensure_ascii=False)
    put(
        "in/a.jsonl",
        line.encode("gbk") * 9 + b'{"text": "\xe4\xb8\xad\xff"}\n' + b'{"text": "\xc3\xa9\xff"}\n',
    )
    assert restored("in") == contents(here / "in")


def test_surrogates_come_back_byte_for_byte(put, here, restored):
    put("in/a.jsonl", jsonl([{"text": f"\ud800{HACKED}\udc00", "\ud800": "\udfff"}]))
    assert restored("in") == contents(here / "in")
    assert b"\\ud800" in (here / "audit.jsonl").read_bytes()


def test_what_was_restored_is_not_restored_again(put, restored, capsys):
    put("in/a.txt", HACKED)
    restored("in")
    assert main(["restore", "back", "audit.jsonl", "-o", "again"]) == 1
    assert "not what the audit tells of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("audit", "message"),
    [
        (b"", "broken JSON"),
        (b'{"a": 1}\n', "its first line is no header"),
        (b'{"contentfilter": {"audit": 2}}\n', "audit format 2 is not 1"),
        (HEADER, "it is not whole"),
        (
            HEADER + b'{"file": "../a.txt", "source": {}}\n{"totals": {}}\n',
            "outside of the results",
        ),
    ],
)
def test_what_is_no_whole_audit_is_refused(put, capsys, audit, message):
    put("out/a.txt", ARTICLE)
    assert main(["restore", "out", put("audit.jsonl", audit), "-o", "back"]) == 1
    assert message in capsys.readouterr().err


def test_an_audit_does_not_replace_an_input(put, here):
    put("in/a.jsonl", jsonl(crawl(3)))
    assert clean("in", "-o", "out", "--audit", "in/a.jsonl") == 1
    assert lines_of(here / "in/a.jsonl") == crawl(3)


# --- extras ---


@pytest.mark.parametrize(
    ("library", "name", "extra"),
    [
        ("pyarrow", "a.parquet", "parquet"),
        ("fastwarc", "a.warc.gz", "warc"),
        ("zstandard", "a.jsonl.zst", "zstd"),
        ("trafilatura", "a.html", "html"),
    ],
)
def test_without_its_library_one_line_tells_what_to_install(put, library, name, extra, here):
    put(name, b"x")
    code = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from contentfilter.cli import main\n"
        f"sys.exit(main(['clean', {name!r}, '-o', 'out'"
        + (", '--format', 'html'" if extra == "html" else "")
        + "]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert f'pip install "contentfilter[{extra}]"' in done.stderr.decode()
    assert [path.name for path in here.iterdir()] == [name]


# --- what a run tells ---


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_bar_is_shown_on_a_terminal_alone(put):
    import pty
    import termios

    name = put("a.jsonl", jsonl(crawl(30)))
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    command = [sys.executable, "-m", "contentfilter", "clean", name, "-o", "b.jsonl"]
    with subprocess.Popen(command, stderr=theirs) as process:
        process.wait()
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "pages/s" in shown
    assert "% with blocks" in shown
    piped = subprocess.run([*command[:-1], "c.jsonl"], capture_output=True, check=True)
    assert b"pages/s" not in piped.stderr


def test_the_summary_counts(put, capsys):
    put("in/a.jsonl", jsonl([{"text": HACKED}, {"text": BODY}, {"text": f"{BODY}\n{BETS}"}]))
    clean("in", "-o", "out")
    assert "3 pages, 2 changed (66.67 %)" in capsys.readouterr().err


def test_a_record_that_is_changed_is_still_json(put, here):
    clean(put("a.jsonl", jsonl(crawl(30), ensure_ascii=False)), "-o", "b.jsonl")
    assert len(lines_of(here / "b.jsonl")) == 30
