"""The core of all adapters, and `clean_batch`, the one that needs nothing else."""

import logging
import math
import pickle
import sys
from importlib import import_module

import pytest

from conftest import ADAPTERS
from contentfilter import Cleaner, clean_batch
from contentfilter.errors import ModelNotFoundError
from contentfilter.integrations._core import COUNTS, RowCleaner, record
from integration_tests.conformance import (
    OPTIONS,
    TEXTS,
    blocks,
    expected,
    expected_by_options,
    expected_counts,
    records,
    rows,
)

HOSTS = {name: library for name, library in ADAPTERS.items() if not name.startswith("_")}


@pytest.fixture(scope="module")
def cleaner():
    return RowCleaner()


def values(found):
    return [row["text"] for row in found]


# --- the core ---


def test_values_come_back_cleaned_in_order(cleaner):
    assert cleaner.clean_column(values(rows(True))).values == values(expected(True))


def test_the_blocks_of_each_row_stand_beside_it(cleaner):
    found = cleaner.clean_column(values(rows())).blocks
    assert found == [blocks(text) for text in TEXTS.values()]


def test_rows_are_counted(cleaner):
    counts = cleaner.clean_column(values(rows(True))).counts
    assert counts == expected_counts(True)
    assert counts.keys() <= set(COUNTS)


@pytest.mark.parametrize("value", [None, math.nan, 3, b"bytes", ["text"], {"a": 1}, True, object()])
def test_what_is_no_text_is_passed_through_as_the_same_object(cleaner, value):
    assert cleaner.clean(value).value is value


def test_nan_counts_as_null(cleaner):
    assert cleaner.clean(math.nan).counts == {"rows": 1, "rows_null": 1}


def test_an_exception_leaves_the_text_and_is_counted_and_logged(caplog, monkeypatch):
    def fail(self, text):
        raise MemoryError

    monkeypatch.setattr(Cleaner, "explain", fail)
    with caplog.at_level(logging.ERROR, "contentfilter"):
        row = RowCleaner().clean("text")
    assert row == ("text", [], {"rows": 1, "rows_failed": 1})
    assert "text of 4 characters" in caplog.text
    assert caplog.records[0].exc_info


def test_a_missing_model_stops_the_job_and_not_each_row(tmp_path):
    with pytest.raises(ModelNotFoundError):
        RowCleaner(model=tmp_path / "none.npz").start()


def test_a_used_row_cleaner_pickles_without_a_model(cleaner):
    cleaner.clean(TEXTS["dirty"])
    assert len(pickle.dumps(cleaner)) < 1000


def test_options_reach_the_cleaner():
    assert RowCleaner(threshold=1).clean(TEXTS["dirty"]).blocks == []
    found = RowCleaner(**OPTIONS).clean_column(values(rows(True))).values
    assert found == values(expected_by_options(True))


def test_options_pickle_with_a_row_cleaner():
    again = pickle.loads(pickle.dumps(RowCleaner(**OPTIONS)))  # noqa: S301
    assert again.clean_column(values(rows())).values == values(expected_by_options())


def test_a_category_that_the_model_does_not_know_stops_the_job():
    with pytest.raises(ValueError, match="categories must be among adult, "):
        RowCleaner(categories=["gamling"])


def test_records_are_plain_data():
    (found,) = record(blocks(TEXTS["dirty"]))
    assert found.keys() == {"start", "end", "score", "category", "reasons"}
    assert [type(value) for value in found.values()] == [int, int, float, str, list]


# --- the adapters without their libraries ---


@pytest.mark.parametrize(("name", "library"), HOSTS.items())
def test_an_adapter_without_its_library_says_what_to_install(monkeypatch, name, library):
    for module in [m for m in sys.modules if m == library or m.startswith(f"{library}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"contentfilter.integrations.{name}", raising=False)
    with pytest.raises(ImportError) as error:
        import_module(f"contentfilter.integrations.{name}")
    assert str(error.value).endswith(f'pip install "contentfilter[{name}]"')


# --- batches of Hugging Face datasets ---


def test_a_batch_comes_back_with_its_field_cleaned():
    assert clean_batch({"text": list(TEXTS.values())}) == {"text": values(expected())}


def test_a_batch_is_not_changed_in_place():
    batch = {"text": [TEXTS["dirty"]]}
    clean_batch(batch)
    assert batch == {"text": [TEXTS["dirty"]]}


def test_another_field_can_be_cleaned():
    assert clean_batch({"body": [TEXTS["dirty"]]}, "body") == {"body": [TEXTS["clean"]]}


def test_blocks_can_be_recorded_beside_the_text():
    found = clean_batch({"text": list(TEXTS.values())}, blocks_field="cut")
    assert found["cut"] == [records(text) for text in TEXTS.values()]


def test_an_empty_batch_stays_empty():
    assert clean_batch({"text": []}) == {"text": []}


def test_options_of_a_batch_reach_the_cleaner():
    assert clean_batch({"text": [TEXTS["dirty"]]}, threshold=1) == {"text": [TEXTS["dirty"]]}
    found = clean_batch({"text": list(TEXTS.values())}, **OPTIONS)
    assert found == {"text": values(expected_by_options())}
