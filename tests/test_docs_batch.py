"""The recipes of docs/batch.md, run as they are written."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.batches import HACKED, crawl, jsonl, lines_of
from tests.examples import BODY, SPAM

pytest.importorskip("pyarrow")
pytest.importorskip("fastwarc")
pytest.importorskip("trafilatura")

DOCS = Path(__file__).parents[1] / "docs" / "batch.md"
RECIPES = re.findall(r"^```sh\n(.*?)^```", DOCS.read_text(encoding="utf-8"), flags=re.M | re.S)


@pytest.fixture
def shell(tmp_path):
    """Run a command in a folder that has all inputs that the recipes name."""
    from pyarrow import parquet, table

    from tests.test_extras import html, response, warc

    records = crawl(12)
    content = jsonl(records, ensure_ascii=False).encode()
    for name in ("crawl/sub", "gbk-pages", "dataset", "html-pages"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "allowed.txt").write_text("# ours\n水利局\n", encoding="utf-8")
    (tmp_path / "crawl/page.txt").write_text(HACKED, encoding="utf-8")
    (tmp_path / "crawl/sub/pages.jsonl").write_bytes(content)
    (tmp_path / "pages.jsonl.gz").write_bytes(gzip.compress(content))
    (tmp_path / "gbk-pages/page.txt").write_bytes(HACKED.encode("gbk"))
    parquet.write_table(
        table({"text": [record["text"] for record in records]}), tmp_path / "dataset/a.parquet"
    )
    wet = warc("conversion", "https://a.example/", HACKED.encode())
    (tmp_path / "CC-MAIN-00000.warc.wet.gz").write_bytes(wet)
    page = html(SPAM, *[BODY] * 5).encode()
    (tmp_path / "crawl.warc.gz").write_bytes(response("https://a.example/", page))
    (tmp_path / "html-pages/a.html").write_bytes(page)
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run(command):
        done = subprocess.run(
            [shutil.which("bash"), "-eo", "pipefail", "-c", command],
            cwd=tmp_path,
            env=os.environ | {"PATH": search},
            capture_output=True,
            check=False,
        )
        assert (done.returncode, b"error" in done.stderr) == (0, False), done.stderr.decode()
        return tmp_path

    return run


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_recipe_works_as_written(shell, recipe):
    if "zstd" in recipe and shutil.which("zstd") is None:
        pytest.skip("needs the command zstd")
    before = set(os.listdir(shell("true")))  # noqa: PTH208
    folder = shell(recipe)
    made = set(os.listdir(folder)) - before  # noqa: PTH208
    outputs = set(re.findall(r"(?:-o|--audit|--report|>) ([\w.-]+)", recipe))
    assert made == outputs
    for name in made - {"originals", "audit.jsonl", "planned.jsonl", "report.html"}:
        assert SPAM.encode() not in b"".join(_contents(folder / name))


def _contents(path):
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    for file in files:
        content = file.read_bytes()
        yield gzip.decompress(content) if file.suffix == ".gz" else content


def test_the_docs_have_a_recipe_for_each_use():
    text = "".join(RECIPES)
    for use in ("warc.wet.gz", "dataset/", "zcat", "restore", "--resume", "--site-field", "html"):
        assert use in text


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_first_recipe_leaves_an_audit(shell):
    folder = shell(RECIPES[0])
    assert lines_of(folder / "audit.jsonl")[-1]["totals"]["changed"] > 1
