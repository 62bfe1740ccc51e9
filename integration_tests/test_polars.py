"""Polars, by the recipe of its page in the docs."""

import polars

from integration_tests.conformance import expected, rows
from integration_tests.recipes import run


def test_the_recipe(tmp_path):
    polars.DataFrame(rows()).write_parquet(tmp_path / "pages.parquet")
    run("polars", 0, tmp_path)
    assert polars.read_parquet(tmp_path / "cleaned.parquet").to_dicts() == expected()
