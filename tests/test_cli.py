import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contentfilter import __version__, explain
from contentfilter.cli import main
from tests.examples import BETS, SEEDS

ARTICLE = "河道治理工程通过验收\n\n昨日上午，市水利局组织专家对工程进行了验收，各项指标合格。\n"
BLOCK = "国产精品久久_亚洲综合一区二区_日韩无码在线_免费视频观看_欧美人妻中文字幕"
HACKED = f"{BLOCK}\n\n{ARTICLE}"
BAD = "标题\n".encode("gb18030")

needs_permissions = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user"
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def put(here):
    """Write a file in the working directory, and return its name."""

    def write(name, content=HACKED):
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


@pytest.fixture
def said(capfdbinary):
    """Return what was written to standard output and standard error since the last call."""

    def read():
        out, err = capfdbinary.readouterr()
        return out.decode(), err.decode()

    return read


def only_line(err):
    """Return the single line that ``err`` is, without its newline."""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert err.startswith("contentfilter: ")
    return err[:-1]


def run(*arguments, content=b"", **options):
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "contentfilter", *arguments]
    return subprocess.run(command, input=content, capture_output=True, check=False, **options)


# --- clean: where text comes from and goes to ---


def test_one_file_goes_to_standard_output(put, said):
    assert main(["clean", put("page.txt")]) == 0
    assert said() == (ARTICLE, "")


def test_one_file_goes_to_the_output_file(put, said, here):
    assert main(["clean", put("page.txt"), "-o", "out.txt"]) == 0
    assert (here / "out.txt").read_text(encoding="utf-8") == ARTICLE
    assert said() == ("", "")


def test_one_file_goes_into_an_output_directory_under_its_name(put, here):
    (here / "out").mkdir()
    assert main(["clean", put("page.txt"), "-o", "out"]) == 0
    assert (here / "out" / "page.txt").read_text(encoding="utf-8") == ARTICLE


def test_an_output_that_ends_in_a_slash_is_a_directory(put, here):
    assert main(["clean", put("page.txt"), "-o", "new/"]) == 0
    assert (here / "new" / "page.txt").read_text(encoding="utf-8") == ARTICLE


def test_several_files_go_into_a_new_directory_under_their_names(put, here):
    names = [put("a.txt"), put("sub/b.txt", ARTICLE)]
    assert main(["clean", *names, "-o", "new/out"]) == 0
    assert (here / "new/out/a.txt").read_text(encoding="utf-8") == ARTICLE
    assert (here / "new/out/b.txt").read_text(encoding="utf-8") == ARTICLE


def test_standard_input_goes_to_standard_output_whatever_the_locale():
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    done = run("clean", content=HACKED.encode(), env=environment)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, ARTICLE, b"")


def test_a_hyphen_is_standard_input():
    assert run("clean", "-", "-o", "-", content=HACKED.encode()).stdout.decode() == ARTICLE


def test_crlf_stays(put, said):
    main(["clean", put("page.txt", HACKED.replace("\n", "\r\n"))])
    assert said() == (ARTICLE.replace("\n", "\r\n"), "")


def test_lone_carriage_returns_and_missing_newlines_stay(put, here):
    odd = (
        ARTICLE.replace("\n", "\r").rstrip("\r").encode()
        + b"\x00\x0b\x85".decode("latin-1").encode()
    )
    assert main(["clean", put("page.txt", odd), "-o", "out.txt"]) == 0
    assert (here / "out.txt").read_bytes() == odd


def test_a_byte_order_mark_stays_before_the_article(put, said):
    main(["clean", put("page.txt", "\ufeff" + HACKED)])
    assert said() == ("\ufeff" + ARTICLE, "")


def test_an_empty_file_stays_empty(put, here):
    assert main(["clean", put("page.txt", b""), "-o", "out.txt"]) == 0
    assert (here / "out.txt").read_bytes() == b""


def test_a_text_without_blocks_stays_as_it_is(put, said):
    assert main(["clean", put("page.txt", ARTICLE)]) == 0
    assert said() == (ARTICLE, "")


def test_a_threshold_of_one_keeps_what_is_not_certain(put, said):
    assert main(["clean", put("page.txt"), "--threshold", "1"]) == 0
    assert said() == (HACKED, "")


def test_an_existing_output_is_replaced_and_keeps_its_mode(put, here):
    put("out.txt", "old")
    (here / "out.txt").chmod(0o640)
    assert main(["clean", put("page.txt"), "-o", "out.txt"]) == 0
    assert (here / "out.txt").read_text(encoding="utf-8") == ARTICLE
    assert (here / "out.txt").stat().st_mode & 0o777 == 0o640


def test_an_output_that_is_a_link_stays_a_link(put, here):
    put("real.txt", "old")
    (here / "link.txt").symlink_to("real.txt")
    assert main(["clean", put("page.txt"), "-o", "link.txt"]) == 0
    assert (here / "link.txt").is_symlink()
    assert (here / "real.txt").read_text(encoding="utf-8") == ARTICLE


def test_a_device_is_written_to_and_stays_a_device(put):
    assert main(["clean", put("page.txt"), "-o", os.devnull]) == 0
    assert not Path(os.devnull).is_file()


# --- clean: errors ---


def test_bytes_that_are_not_utf8_are_told_with_file_and_offset(put, said):
    name = put("page.txt", "甲".encode() + BAD)
    assert main(["clean", name]) == 1
    out, err = said()
    assert out == ""
    expected = (
        "contentfilter: page.txt: not UTF-8: byte 0xb1 at offset 3; convert it to UTF-8 first"
    )
    assert only_line(err) == expected


def test_standard_input_that_is_not_utf8_is_told_as_such():
    done = run("clean", content=BAD)
    assert done.returncode == 1
    assert only_line(done.stderr.decode()).startswith("contentfilter: standard input: not UTF-8")


def test_after_a_bad_file_the_others_are_still_done(put, said, here):
    names = [put("bad.txt", BAD), "missing.txt", put("good.txt")]
    assert main(["clean", *names, "-o", "out"]) == 1
    assert (here / "out/good.txt").read_text(encoding="utf-8") == ARTICLE
    assert (here / "out/bad.txt").read_bytes() == BAD
    first, second, summary = said()[1].splitlines()
    assert first.startswith("contentfilter: bad.txt: not UTF-8")
    assert second == "contentfilter: missing.txt: no such file or directory"
    assert summary.endswith("2 errors, listed in out/errors.jsonl")


@pytest.mark.usefixtures("here")
def test_a_missing_file_is_an_error_of_one_line(said):
    assert main(["clean", "missing.txt"]) == 1
    assert only_line(said()[1]) == "contentfilter: missing.txt: no such file or directory"


def test_a_folder_needs_a_directory_for_the_results(here, said):
    (here / "pages").mkdir()
    assert main(["clean", "pages"]) == 2
    assert "a folder needs a directory for the results" in said()[1]


def test_the_input_is_not_overwritten(put, said, here):
    assert main(["clean", put("page.txt"), "-o", "./page.txt"]) == 1
    assert "is one of the input files" in only_line(said()[1])
    assert (here / "page.txt").read_text(encoding="utf-8") == HACKED


def test_the_input_is_not_overwritten_through_a_symbolic_link(put, said, here):
    put("page.txt")
    (here / "link.txt").symlink_to("page.txt")
    assert main(["clean", "page.txt", "-o", "link.txt"]) == 1
    assert "is one of the input files" in only_line(said()[1])
    assert (here / "page.txt").read_text(encoding="utf-8") == HACKED


def test_the_input_is_not_overwritten_through_a_hard_link(put, said, here):
    put("page.txt")
    (here / "link.txt").hardlink_to(here / "page.txt")
    assert main(["clean", "page.txt", "-o", "link.txt"]) == 1
    assert "is one of the input files" in only_line(said()[1])
    assert (here / "link.txt").read_text(encoding="utf-8") == HACKED


def test_no_output_overwrites_another_input(put, said, here):
    names = [put("a.txt"), put("out/b.txt"), put("c.txt", ARTICLE)]
    assert main(["clean", *names, "-o", "out"]) == 1
    assert said()[1].splitlines()[0] == (
        "contentfilter: out/b.txt: out/b.txt is one of the input files; name another output"
    )
    assert (here / "out/b.txt").read_text(encoding="utf-8") == HACKED
    found = sorted(path.name for path in (here / "out").iterdir())
    assert found == ["a.txt", "b.txt", "c.txt", "errors.jsonl"]


def test_standard_input_is_not_overwritten(put, here):
    put("page.txt")
    with (here / "page.txt").open("rb") as stream:
        command = [sys.executable, "-m", "contentfilter", "clean", "-o", "page.txt"]
        done = subprocess.run(command, stdin=stream, capture_output=True, check=False)
    assert done.returncode == 1
    assert (here / "page.txt").read_text(encoding="utf-8") == HACKED


def test_standard_output_that_is_the_input_is_refused(put, here):
    put("page.txt")
    with (here / "page.txt").open("ab") as stream:
        command = [sys.executable, "-m", "contentfilter", "clean", "page.txt"]
        done = subprocess.run(command, stdout=stream, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert "standard output is one of the input files" in only_line(done.stderr.decode())
    assert (here / "page.txt").read_text(encoding="utf-8") == HACKED


def test_an_output_in_a_missing_directory_is_an_error(put, said):
    assert main(["clean", put("page.txt"), "-o", "nowhere/out.txt"]) == 1
    assert only_line(said()[1]) == "contentfilter: nowhere/out.txt: no such file or directory"


def test_an_output_below_a_file_is_an_error(put, said):
    put("file")
    assert main(["clean", put("page.txt"), "-o", "file/out.txt"]) == 1
    assert only_line(said()[1]) == "contentfilter: file/out.txt: not a directory"


def test_several_files_into_a_file_is_an_error(put, said, here):
    put("out", "old")
    assert main(["clean", put("a.txt"), put("b.txt"), "-o", "out"]) == 1
    assert only_line(said()[1]) == "contentfilter: out is not a directory"
    assert (here / "out").read_text(encoding="utf-8") == "old"


@needs_permissions
def test_an_output_directory_without_permission_is_an_error(put, said, here):
    (here / "out").mkdir(mode=0o500)
    assert main(["clean", put("page.txt"), "-o", "out/out.txt"]) == 1
    assert only_line(said()[1]) == "contentfilter: out/out.txt: permission denied"


@needs_permissions
def test_an_output_without_permission_is_not_replaced(put, said, here):
    put("out.txt", "old")
    (here / "out.txt").chmod(0o400)
    assert main(["clean", put("page.txt"), "-o", "out.txt"]) == 1
    assert only_line(said()[1]) == "contentfilter: out.txt: permission denied"
    assert (here / "out.txt").read_text(encoding="utf-8") == "old"


def test_errors_leave_no_half_file_behind(put, here):
    (here / "out").mkdir()
    put("out/old.txt", "old")
    (here / "out/page.txt").mkdir()
    assert main(["clean", put("page.txt"), put("bad.txt", BAD), "-o", "out"]) == 1
    found = sorted(path.name for path in (here / "out").iterdir())
    assert found == ["bad.txt", "errors.jsonl", "old.txt", "page.txt"]
    assert list((here / "out/page.txt").iterdir()) == []


@pytest.mark.usefixtures("here")
def test_a_file_name_with_a_newline_still_makes_one_line(said):
    assert main(["clean", "a\nb.txt"]) == 1
    assert only_line(said()[1]) == r"contentfilter: a\nb.txt: no such file or directory"


def test_a_missing_model_is_told_once_for_all_files(put, said):
    names = [put("a.txt"), put("b.txt")]
    assert main(["clean", *names, "-o", "out", "--model", "none.npz"]) == 1
    assert only_line(said()[1]) == "contentfilter: there is no model file none.npz"


def test_a_damaged_model_is_an_error_of_one_line(put, said):
    assert main(["clean", put("page.txt"), "--model", put("model.npz", b"PK\x03\x04junk")]) == 1
    assert "model.npz" in only_line(said()[1])


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_ends_it_quietly(put, unbuffered):
    command = [sys.executable, "-m", "contentfilter", "clean", put("page.txt", ARTICLE * 5000)]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment) as process:
        assert process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_error_of_one_line(put):
    command = [sys.executable, "-m", "contentfilter", "clean", put("page.txt")]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    expected = "contentfilter: standard output: no space left on device"
    assert only_line(done.stderr.decode()) == expected


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_closed_standard_streams_are_an_error_of_one_line(put):
    command = f"'{sys.executable}' -m contentfilter clean {put('page.txt')} >&-"
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, check=False)  # noqa: S602
    assert done.returncode == 1
    assert only_line(done.stderr.decode()) == "contentfilter: standard output is closed"


# --- wrong usage ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["clean", "a.txt", "b.txt"], "several files need a directory"),
        (["clean", "a/page.txt", "b/page.txt", "-o", "out"], "the same name"),
        (["clean", "a.txt", "-", "-o", "out"], "standard input has no name"),
        (["clean", "--threshold", "1.5"], "threshold must be between 0 and 1, got 1.5"),
        (["clean", "--threshold", "nan"], "threshold must be between 0 and 1, got nan"),
        (["clean", "--threshold", "high"], "not a valid float"),
        (["clean", "--category", "weather"], "categories must be among adult, "),
        (["explain", "--category", "weather"], "got 'weather'"),
        (["clean", "--colour"], "No such option"),
        (["purify"], "No such command"),
    ],
)
def test_wrong_usage_has_status_2(arguments, message, here, said):
    assert main(arguments) == 2
    out, err = said()
    assert out == ""
    assert message in err
    assert list(here.iterdir()) == []


# --- categories and terms ---


TITLE, SENTENCE = ARTICLE.strip().split("\n\n")
TWO_BLOCKS = f"{BLOCK}\n\n{ARTICLE}\n{BETS}\n"


def test_only_the_categories_that_are_named_are_cut(put, said):
    name = put("page.txt", TWO_BLOCKS)
    assert main(["clean", name, "--category", "gambling"]) == 0
    assert said()[0] == f"{BLOCK}\n\n{ARTICLE}"
    assert main(["explain", name, "--category", "gambling", "--category", "adult"]) == 0
    found = [json.loads(line)["category"] for line in said()[0].splitlines()]
    assert found == ["adult", "gambling"]


def test_allowed_terms_stay_and_denied_ones_go(put, said):
    put("allow.txt", f"\ufeff# ours\r\n\r\n  {BLOCK[:6]}  \r\n")
    put("deny.txt", f"#{TITLE}\n{SENTENCE}\n{BLOCK[:4]}")
    name = put("page.txt", f"{BLOCK}\n\n{TITLE}\n\n以下：{SENTENCE}\n{TITLE}\n")
    given = [name, "--allow", "allow.txt", "--deny", "deny.txt"]
    assert main(["clean", *given, "--max-removed", "1"]) == 0
    assert said()[0] == f"{BLOCK[:6]}\n\n{TITLE}\n\n以下：\n{TITLE}\n"
    assert main(["explain", *given]) == 0
    found = [json.loads(line) for line in said()[0].splitlines()]
    assert [block["category"] for block in found] == ["adult", "deny"]
    assert found[-1]["reasons"] == [SENTENCE]


@pytest.mark.parametrize("option", ["--allow", "--deny"])
def test_a_bad_file_of_terms_is_an_error_of_one_line(option, put, said):
    name = put("page.txt")
    assert main(["clean", name, option, "none.txt"]) == 1
    assert said() == ("", "contentfilter: none.txt: no such file or directory\n")
    put("terms.txt", "词\n".encode("gbk"))
    assert main(["explain", name, option, "terms.txt"]) == 1
    out, err = said()
    assert out == ""
    assert err.startswith("contentfilter: terms.txt: not UTF-8: byte 0xb4 at offset 0")


# --- explain ---


def test_explain_writes_one_object_a_block(put, said):
    assert main(["explain", put("a.txt"), put("b.txt", ARTICLE), put("c.txt")]) == 0
    out, err = said()
    records = [json.loads(line) for line in out.splitlines()]
    assert [record["file"] for record in records] == ["a.txt", "c.txt"]
    assert list(records[0]) == ["file", "start", "end", "score", "category", "reasons", "text"]
    assert err == ""


def test_explain_tells_the_same_as_the_function(put, said):
    main(["explain", put("page.txt")])
    record = json.loads(said()[0])
    (block,) = explain(HACKED).blocks
    assert (record["start"], record["end"]) == block.span
    assert (record["category"], record["reasons"]) == (block.category, list(block.reasons))
    assert record["score"] == pytest.approx(block.score, abs=1e-6)
    assert record["text"] == HACKED[slice(*block.span)]


def test_explain_shows_characters_as_they_are(put, said):
    main(["explain", put("page.txt")])
    assert BLOCK in said()[0]


def test_explain_counts_a_byte_order_mark(put, said):
    main(["explain", put("page.txt", "\ufeff" + HACKED)])
    record = json.loads(said()[0])
    assert record["start"] == 1
    assert record["text"].startswith(BLOCK)


def test_explain_reads_standard_input():
    record = json.loads(run("explain", content=HACKED.encode()).stdout)
    assert record["file"] == "-"


def test_explain_goes_on_after_a_bad_file(put, said):
    assert main(["explain", put("bad.txt", BAD), put("good.txt")]) == 1
    out, err = said()
    assert json.loads(out)["file"] == "good.txt"
    assert "bad.txt: not UTF-8" in only_line(err)


# --- train and evaluate ---


def test_train_without_seeds_says_what_is_missing(here, said):
    assert main(["train", "--seeds", "none"]) == 1
    assert only_line(said()[1]).startswith("contentfilter: there is no directory of seeds none")
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("here")
def test_train_with_a_directory_that_holds_no_seeds_says_so(said):
    assert main(["train", "--seeds", "."]) == 1
    assert "it has no lexicon/" in only_line(said()[1])


def test_train_with_an_empty_corpus_says_so(here, said):
    (here / "corpus").mkdir()
    assert main(["train", "--corpus", "corpus"]) == 1
    assert "no .jsonl files" in only_line(said()[1])


def test_train_tells_before_the_work_that_the_output_cannot_be_written(put, said):
    put("file")
    assert main(["train", "-o", "file/model.npz"]) == 1
    assert only_line(said()[1]).startswith("contentfilter: file")


FEW = {
    "articles": ("forum_qa", "gov_public", "home_food_diy"),
    "blocks": ("adult", "gambling"),
    "hard_negatives": ("lists", "menus", "own_pages", "titles"),
    "lines": ("list_menu", "list_tags", "page_tax_office"),
    "pages": ("adult", "gambling", "own_lines"),
}


def copy_few_seeds(to):
    """Copy the seeds to ``to``, of what was written by hand a small part."""
    for path in SEEDS.glob("*/*"):
        if path.stem in FEW.get(path.parent.name, [path.stem]):
            (to / path.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to / path.parent.name)


@pytest.mark.slow
def test_a_small_training_writes_a_model_that_cleans(put, said, here):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # threads only get in each other's way
    copy_few_seeds(here / "few")
    small = ["--seeds", "few", "--scale", "0.005", "--jobs", "1"]
    done = run("train", "-o", "new/small.npz", *small, env=environment)
    assert done.stderr.decode().endswith("contentfilter: wrote new/small.npz\n")
    assert done.returncode == 0
    assert [path.name for path in (here / "new").iterdir()] == ["small.npz"]
    model = ["--model", "new/small.npz", "--threshold", "0.9"]
    assert main(["clean", put("page.txt"), *model]) == 0
    assert said()[0] == ARTICLE


def test_evaluate_shows_false_positives_before_blocks(put, said):
    page = "=== a\ncategory: adult\nlayout: head\n---\n" + HACKED.replace(BLOCK, f"⟦{BLOCK}⟧")
    name = put("pages.txt", f"{page}=== b\nkind: article\n---\n{ARTICLE}")
    assert main(["evaluate", "--pages", name, "--generated", "3"]) == 0
    out = said()[0]
    assert "\n        1        0       0.00  hand-written\n" in out
    assert "\n        1  100.00%    100.00%  100.00%  hand-written\n" in out
    assert out.index("Clean texts") < out.index("Blocks") < out.index("hand-written: blocks")


@pytest.mark.usefixtures("here")
def test_evaluate_without_pages_there_is_an_error_of_one_line(said):
    assert main(["evaluate", "--pages", "."]) == 1
    assert only_line(said()[1]) == "contentfilter: no pages (.txt) in ."


# --- the rest ---


def test_the_version_is_shown(said):
    assert main(["--version"]) == 0
    assert said() == (f"contentfilter {__version__}\n", "")


def test_help_names_every_command(said):
    assert main(["--help"]) == 0
    out = said()[0]
    assert all(name in out for name in ("clean", "explain", "train", "evaluate"))
