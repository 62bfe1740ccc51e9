"""Hugging Face datasets: two processes, streaming, and fingerprints that stay."""

import json
import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from datasets import Dataset, Features, Value
from datasets.fingerprint import Hasher

from contentfilter import clean_batch
from integration_tests.conformance import OPTIONS, expected, expected_by_options, records, rows
from integration_tests.recipes import run


@pytest.fixture
def dataset(tmp_path):
    Dataset.from_list(rows()).save_to_disk(tmp_path / "rows")
    return Dataset.load_from_disk(tmp_path / "rows")


def test_two_processes_give_what_cleaning_gives(dataset):
    found = dataset.map(clean_batch, batched=True, batch_size=3, num_proc=2)
    assert found.to_list() == expected()


def test_blocks_can_be_recorded(dataset):
    found = dataset.map(clean_batch, batched=True, fn_kwargs={"blocks_field": "cut"}, num_proc=2)
    assert found["cut"][:] == [records(row["text"]) for row in rows()]
    assert found.remove_columns("cut").to_list() == expected()


def test_the_options_of_the_cleaner_are_taken(dataset):
    found = dataset.map(clean_batch, batched=True, fn_kwargs=OPTIONS, num_proc=2)
    assert found.to_list() == expected_by_options()


def test_the_types_of_fields_stay(dataset):
    assert dataset.map(clean_batch, batched=True).features == dataset.features


def test_a_stream_is_cleaned_as_it_is_read(dataset):
    stream = dataset.to_iterable_dataset(num_shards=2).map(clean_batch, batched=True)
    assert list(stream) == expected()


def test_a_second_run_is_read_from_the_cache(dataset):
    first = dataset.map(clean_batch, batched=True)
    second = dataset.map(clean_batch, batched=True)
    assert first.cache_files == second.cache_files


FINGERPRINT = """
from datasets import Dataset
import sys
from contentfilter import clean_batch
if "used" in sys.argv:
    clean_batch({"text": ["国产精品久久_亚洲综合一区二区_日韩无码在线"]})
options = {"threshold": 0.999} if "option" in sys.argv else {}
rows = Dataset.from_dict({"text": ["a", "b"]})
print(rows.map(clean_batch, batched=True, fn_kwargs=options)._fingerprint)
"""


def fingerprint(*arguments, hash_seed="0"):
    command = [sys.executable, "-c", FINGERPRINT, *arguments]
    environment = {"PYTHONHASHSEED": hash_seed, "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, check=True, text=True
    ).stdout


def test_the_fingerprint_is_the_same_in_every_process():
    assert len({fingerprint(hash_seed=seed) for seed in ("0", "1", "4711")}) == 1


def test_the_fingerprint_is_the_same_after_use():
    assert fingerprint() == fingerprint("used")


def test_another_option_is_another_fingerprint():
    assert fingerprint() != fingerprint("option")


def test_the_hash_of_the_function_is_that_of_its_name():
    before = Hasher.hash(clean_batch)
    clean_batch({"text": [rows()[0]["text"]]})
    assert Hasher.hash(clean_batch) == before


def test_a_field_of_numbers_passes_through():
    numbers = Dataset.from_dict({"text": [1, None, 3]}, features=Features({"text": Value("int64")}))
    assert numbers.map(clean_batch, batched=True)["text"][:] == [1, None, 3]


def test_an_empty_dataset_stays_empty():
    none = Dataset.from_dict({"text": []}, features=Features({"text": Value("string")}))
    assert len(none.map(clean_batch, batched=True)) == 0


def test_the_program_of_the_docs_does_what_it_says(tmp_path):
    told = "".join(json.dumps(row) + "\n" for row in rows())
    (tmp_path / "pages.jsonl").write_text(told, encoding="utf-8")
    printed = run("datasets", 0, tmp_path)
    found = pq.read_table(tmp_path / "cleaned.parquet").to_pylist()
    assert [row.pop("cut") for row in found] == [records(row["text"]) for row in rows()]
    assert found == expected()
    assert printed == "6 pages changed\n"
