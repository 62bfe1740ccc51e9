import pytest

from contentfilter.cli import main
from tests import audits
from tests.examples import BODY, SPAM

ENTRIES = audits.cleaned([f"{SPAM}\n\n{BODY}"])


@pytest.fixture
def audit(tmp_path):
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(audits.lines(ENTRIES)))
    return path


def test_the_page_is_written_to_the_output(audit, tmp_path, capfd):
    output = tmp_path / "report.html"
    assert main(["report", str(audit), "-o", str(output)]) == 0
    assert SPAM in output.read_text(encoding="utf-8")
    assert capfd.readouterr() == ("", "")


def test_without_an_output_the_page_goes_to_standard_output(audit, capfd):
    assert main(["report", str(audit)]) == 0
    assert capfd.readouterr().out.startswith("<!DOCTYPE html>")


def test_the_number_of_samples_can_be_chosen(tmp_path, capfd):
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(audits.lines(ENTRIES * 50)))
    main(["report", str(path), "--samples", "7"])
    assert "7 of the 50 changed pages are drawn at random" in capfd.readouterr().out


def test_the_audit_is_never_written_over(audit, capfd):
    before = audit.read_bytes()
    assert main(["report", str(audit), "-o", str(audit)]) == 1
    assert "is one of the input files" in capfd.readouterr().err
    assert audit.read_bytes() == before


def test_a_file_that_is_no_audit_is_an_error_of_one_line(tmp_path, capfd):
    path = tmp_path / "pages.jsonl"
    path.write_text('{"text": "page"}\n', encoding="utf-8")
    assert main(["report", str(path), "-o", str(tmp_path / "report.html")]) == 1
    assert capfd.readouterr().err.endswith("is no header of `clean --audit`\n")
    assert not (tmp_path / "report.html").exists()


def test_a_missing_audit_is_an_error_of_one_line(capfd):
    assert main(["report", "none.jsonl"]) == 1
    assert capfd.readouterr().err == "contentfilter: none.jsonl: no such file or directory\n"


def test_without_an_audit_the_usage_is_wrong():
    assert main(["report"]) == 2
