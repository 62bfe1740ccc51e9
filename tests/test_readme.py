import re
import runpy
from pathlib import Path

import pytest

from contentfilter import clean, explain

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "examples" / "hacked_page.txt"
COMMENT = re.compile(r" *# .*")


def blocks_of(name, language):
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


@pytest.mark.parametrize("language", ["python", "sh"])
def test_the_code_of_both_readmes_is_the_same(language):
    english = [COMMENT.sub("", block) for block in blocks_of("README.md", language)]
    chinese = [COMMENT.sub("", block) for block in blocks_of("README.zh-CN.md", language)]
    assert english
    assert english == chinese


def test_the_readmes_have_the_same_sections():
    english, chinese = (
        re.findall(r"^#+ ", (ROOT / name).read_text(encoding="utf-8"), flags=re.M)
        for name in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese


def test_the_first_example_gives_what_it_says():
    example = blocks_of("README.md", "python")[0]
    page = re.search(r'^page = "(.*)"$', example, flags=re.M)[1].replace("\\n", "\n")
    said = re.search(r"^clean\(page\) +# '(.*)'$", example, flags=re.M)[1].replace("\\n", "\n")
    assert clean(page) == said
    assert f"end={explain(page).blocks[0].end}," in example


def test_the_sample_page_loses_its_blocks_and_nothing_else():
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    assert clean("".join(lines)) == "".join(lines[2:-2])


def test_the_sample_is_shown_before_and_after(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["first_page.py"])
    runpy.run_path(str(ROOT / "examples" / "first_page.py"))["main"]()
    out = capsys.readouterr().out
    assert out.index("BEFORE") < out.index("CUT: 2 blocks") < out.index("AFTER")
