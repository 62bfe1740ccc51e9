"""Data-Juicer: `dj-process` over a recipe, with two processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contentfilter.integrations.data_juicer import SpamCleanerMapper
from integration_tests.conformance import (
    OPTIONS,
    by_options,
    cleaned,
    expected,
    explain,
    records,
    rows,
)

# The host leaves rows without a text out when it reads them.
GIVEN = [row for row in rows() if row["text"] is not None]
EXPECTED = [row for row in expected() if row["text"] is not None]

RECIPE = """
dataset_path: {given}
export_path: {result}
work_dir: {work}
np: 2
open_tracer: true
trace_num: 100
skip_op_error: false
keep_stats_in_res_ds: true
ds_cache_dir: {work}/cache
process:
  - spam_cleaner_mapper:
      num_proc: 2
      auto_op_parallelism: false
      {options}
"""


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def process(directory, options="threshold: null"):
    given, result = directory / "in.jsonl", directory / "out" / "out.jsonl"
    given.write_text("".join(json.dumps(row) + "\n" for row in GIVEN), encoding="utf-8")
    recipe = directory / "recipe.yaml"
    recipe.write_text(
        RECIPE.format(given=given, result=result, work=directory / "work", options=options),
        encoding="utf-8",
    )
    program = Path(sys.executable).with_name("dj-process")
    done = subprocess.run(
        [program, "--config", recipe], cwd=directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return lines(result), done.stdout + done.stderr


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    found, log = process(directory, "blocks_field: cut")
    return found, log, directory


def test_rows_come_back_cleaned_in_order(done):
    found, _, _ = done
    fields = ("id", "text", "url", "number")
    assert [{name: row[name] for name in fields} for row in found] == EXPECTED


def test_blocks_are_recorded(done):
    found, _, _ = done
    assert [row["cut"] for row in found] == [records(row["text"]) for row in GIVEN]


def test_what_each_sample_lost_is_in_its_meta(done):
    found, _, _ = done
    texts = [row["text"] for row in GIVEN]
    assert [row["__dj__meta__"] for row in found] == [
        {
            "blocks_cut": len(explain(text).blocks),
            "characters_cut": len(text) - len(cleaned(text)),
        }
        for text in texts
    ]


def test_the_trace_of_the_host_shows_the_edits(done):
    _, _, directory = done
    (trace,) = (directory / "work").rglob("*spam_cleaner_mapper*.jsonl")
    traced = lines(trace)
    changed = [row for row in GIVEN if explain(row["text"]).blocks]
    assert {one["original_text"] for one in traced} == {row["text"] for row in changed}


def test_options_of_the_recipe_reach_the_cleaner(tmp_path):
    found, _ = process(tmp_path, "threshold: 1.0")
    assert [row["text"] for row in found] == [row["text"] for row in GIVEN]


def test_lists_of_the_recipe_reach_the_cleaner(tmp_path):
    lists = "\n      ".join(f"{name}: {json.dumps(value)}" for name, value in OPTIONS.items())
    found, _ = process(tmp_path, lists)
    assert [row["text"] for row in found] == [by_options(row["text"]) for row in GIVEN]


def test_null_and_what_is_no_text_pass_through_the_operator():
    step = SpamCleanerMapper()
    texts = [row["text"] for row in rows(not_text=True)]
    samples = {"text": texts, "__dj__meta__": [{} for _ in texts]}
    found = step.process_batched(samples)["text"]
    assert found == [row["text"] for row in expected(not_text=True)]
