"""Dask, by the recipes of its page in the docs: two processes."""

import json

import pandas

from integration_tests.conformance import expected, rows
from integration_tests.recipes import run


def test_the_recipe_for_bags(tmp_path):
    (tmp_path / "pages").mkdir()
    for n in (0, 1):
        lines = "".join(json.dumps(row) + "\n" for row in rows()[5 * n : 5 * n + 5])
        (tmp_path / "pages" / f"{n}.jsonl").write_text(lines, encoding="utf-8")
    run("dask", 0, tmp_path)
    found = [
        json.loads(line)
        for path in sorted((tmp_path / "cleaned").iterdir())
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]
    assert found == expected()


def test_the_recipe_for_data_frames(tmp_path):
    (tmp_path / "pages").mkdir()
    for n in (0, 1):
        part = pandas.DataFrame(rows()[5 * n : 5 * n + 5])
        part.to_parquet(tmp_path / "pages" / f"{n}.parquet")
    run("dask", 1, tmp_path)
    found = pandas.read_parquet(tmp_path / "cleaned")
    assert found.astype(object).where(found.notna(), None).to_dict("records") == expected()
