"""Haystack: a component in a pipeline, also from YAML, and two threads."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from haystack import Document, Pipeline
from haystack.core.serialization import component_to_dict
from haystack.dataclasses import ByteStream

from contentfilter.integrations.haystack import SpamCleaner
from integration_tests.conformance import (
    OPTIONS,
    expected,
    expected_by_options,
    expected_counts,
    records,
    rows,
)
from integration_tests.recipes import run


def documents():
    return [
        Document(
            id=row["id"],
            content=row["text"],
            meta={"url": row["url"], "number": row["number"]},
        )
        for row in rows()
    ]


def as_rows(found):
    return [{"id": one.id, "text": one.content} | one.meta for one in found]


@pytest.fixture
def pipeline():
    made = Pipeline()
    made.add_component("cleaner", SpamCleaner())
    return made


def test_documents_come_back_cleaned_in_order(pipeline):
    found = pipeline.run({"cleaner": {"documents": documents()}})["cleaner"]
    assert as_rows(found["documents"]) == expected()


def test_the_counts_are_an_output(pipeline):
    found = pipeline.run({"cleaner": {"documents": documents()}})["cleaner"]
    assert found["counts"] == expected_counts()


def test_the_documents_given_are_not_changed():
    given = documents()
    SpamCleaner(blocks_field="cut").run(given)
    assert as_rows(given) == rows()


def test_blocks_are_in_the_meta():
    found = SpamCleaner(blocks_field="cut").run(documents())["documents"]
    assert [one.meta["cut"] for one in found] == [records(row["text"]) for row in rows()]


def test_what_a_document_holds_besides_stays():
    blob = ByteStream(b"\xff", mime_type="image/png")
    given = Document(blob=blob, score=0.5, embedding=[0.25])
    (found,) = SpamCleaner().run([given])["documents"]
    assert found == given


@pytest.mark.parametrize("allowed", [["contentfilter.*"], ["contentfilter.integrations.haystack"]])
def test_a_pipeline_can_be_written_down_and_read(allowed):
    made = Pipeline()
    made.add_component("cleaner", SpamCleaner(threshold=0.999, blocks_field="cut"))
    again = Pipeline.loads(made.dumps(), allowed_modules=allowed)
    step = again.get_component("cleaner")
    assert (step.model, step.threshold, step.blocks_field) == (None, 0.999, "cut")
    found = again.run({"cleaner": {"documents": documents()}})["cleaner"]["documents"]
    assert [one.content for one in found] == [row["text"] for row in expected()]


def test_the_options_of_the_cleaner_are_written_down_too():
    made = Pipeline()
    made.add_component("cleaner", SpamCleaner(**OPTIONS))
    written = component_to_dict(made.get_component("cleaner"), "cleaner")["init_parameters"]
    assert json.loads(json.dumps(written)).items() >= OPTIONS.items()
    again = Pipeline.loads(made.dumps(), allowed_modules=["contentfilter.*"])
    found = again.run({"cleaner": {"documents": documents()}})["cleaner"]["documents"]
    assert as_rows(found) == expected_by_options()


def test_two_threads_share_a_component():
    step = SpamCleaner()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(step.run, [documents()] * 4))
    assert [as_rows(one["documents"]) for one in found] == [expected()] * 4


def test_a_used_component_pickles_without_a_model():
    step = SpamCleaner()
    step.run(documents())
    assert len(pickle.dumps(step._rows)) < 1000


def test_the_program_of_the_docs_does_what_it_says(tmp_path):
    assert run("haystack", 0, tmp_path) == (
        "河道治理工程通过验收\n"
        "{'rows': 1, 'rows_changed': 1, 'blocks_cut': 1, 'characters_cut': 31}\n"
    )
