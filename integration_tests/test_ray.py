"""Ray Data: two actors on this machine, and every format of batches."""

import os
import pickle

import numpy as np
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from integration_tests.conformance import (
    NUMBERS,
    OPTIONS,
    by_options,
    expected,
    expected_counts,
    records,
    rows,
)
from integration_tests.recipes import run

# Ray writes a token under HOME, and asks for it, unless told not to; see docs/integrations/ray.md
os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
from ray.data import ActorPoolStrategy
from ray.exceptions import RayError

from contentfilter.integrations.ray import SpamCleaner

# A whole number beside a null would become floating point on the way through numpy or pandas.
GIVEN = [row | {"number": number} for row, number in zip(rows(), NUMBERS, strict=True)]
EXPECTED = [row | {"number": number} for row, number in zip(expected(), NUMBERS, strict=True)]
SCHEMA = pa.schema(
    [("id", pa.string()), ("text", pa.string()), ("url", pa.string()), ("number", pa.int64())]
)


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory):
    ray.init(
        num_cpus=3,  # two actors take two; without a third, reading files would wait for ever
        object_store_memory=200_000_000,
        include_dashboard=False,
        log_to_driver=False,
    )
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    yield
    ray.shutdown()


def dataset():
    table = pa.Table.from_pylist(GIVEN, SCHEMA)
    return ray.data.from_arrow([table.slice(0, 5), table.slice(5)])


def cleaned(given, **arguments):
    constructor = arguments.pop("constructor", {})
    return given.map_batches(
        SpamCleaner,
        fn_constructor_kwargs=constructor,
        compute=ActorPoolStrategy(size=2),
        batch_size=3,
        **arguments,
    )


# Starting actors takes most of the time: pandas, which no one needs here, is tested without.
def test_two_actors_give_what_cleaning_gives_in_order():
    found = cleaned(dataset(), batch_format="numpy").select_columns(["id", "text", "url"])
    assert found.take_all() == [{k: row[k] for k in ("id", "text", "url")} for row in EXPECTED]


def test_blocks_are_recorded_and_types_stay():
    arguments = {"constructor": {"blocks_field": "cut"}, "batch_format": "pyarrow"}
    found = cleaned(dataset(), **arguments).materialize()
    taken = found.take_all()
    assert [row.pop("cut") for row in taken] == [records(row["text"]) for row in rows()]
    assert taken == EXPECTED
    types = dict(zip(found.schema().names, found.schema().types, strict=True))
    assert {name: types[name] for name in SCHEMA.names} == {f.name: f.type for f in SCHEMA}


def test_the_options_of_the_cleaner_reach_the_actors():
    found = cleaned(dataset(), constructor=OPTIONS, batch_format="pyarrow").take_all()
    assert [row["text"] for row in found] == [
        row["text"] and by_options(row["text"]) for row in rows()
    ]


def test_a_field_that_is_no_text_passes_through():
    table = pa.Table.from_pylist(rows(), SCHEMA)
    assert SpamCleaner("number")(table).equals(table)


def test_the_program_of_the_docs_does_what_it_says(tmp_path):
    (tmp_path / "pages").mkdir()
    for n in (0, 1):
        table = pa.Table.from_pylist(GIVEN[5 * n : 5 * n + 5], SCHEMA)
        pq.write_table(table, tmp_path / "pages" / f"{n}.parquet")
    run("ray", 0, tmp_path)
    found = pq.read_table(tmp_path / "cleaned").drop(["cut"]).to_pylist()
    assert sorted(found, key=str) == sorted(EXPECTED, key=str)


def test_the_counts_are_metrics_of_ray(monkeypatch):
    found = {}
    step = SpamCleaner()
    for name, metric in step._metrics.items():
        assert metric.info["name"] == f"contentfilter_{name}"
        monkeypatch.setattr(metric, "inc", lambda count, name=name: found.update({name: count}))
    step(pa.Table.from_pylist(rows(), SCHEMA))
    assert found == expected_counts()


def test_blocks_without_arrow_are_refused_with_the_way_out():
    with pytest.raises(TypeError, match="batch_format"):
        SpamCleaner(blocks_field="cut")({"text": np.array(["a"])})


def test_an_unknown_field_is_named():
    with pytest.raises(KeyError, match="no single field 'body'"):
        SpamCleaner("body")(pa.Table.from_pylist(rows(), SCHEMA))


def test_a_missing_model_stops_the_job():
    with pytest.raises(RayError, match=r"none\.npz"):
        cleaned(dataset(), constructor={"model": "none.npz"}).take_all()


def test_types_of_text_stay_what_they_were():
    step = SpamCleaner()
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        text = pa.array([row["text"] for row in rows()], pa.string()).cast(kind)
        found = step(pa.table({"text": text}))
        assert found.schema.field("text").type == kind
        assert found["text"].to_pylist() == [row["text"] for row in expected()]


def test_a_data_frame_keeps_its_index_and_types():
    frame = pandas.DataFrame(rows(), index=range(10, 10 + len(rows())))
    found = SpamCleaner()(frame)
    assert found.index.tolist() == frame.index.tolist()
    assert found.dtypes.to_dict() == frame.dtypes.to_dict()
    assert frame["text"].tolist()[0] == rows()[0]["text"]


def test_the_options_pickle_small():
    assert len(pickle.dumps(SpamCleaner()._rows)) < 1000
