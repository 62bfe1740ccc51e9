"""Dolma: attribute files that `dolma mix` cuts out of the documents."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from contentfilter.integrations.dolma import ATTRIBUTE, write_attributes
from integration_tests.conformance import (
    OPTIONS,
    TEXTS,
    blocks,
    by_options,
    cleaned,
    expected_counts,
    rows,
)
from integration_tests.recipes import PAGES, run

# Dolma wants a text in every document.
DOCUMENTS = [
    {"id": row["id"], "text": row["text"], "source": "fixture", "metadata": {"url": row["url"]}}
    for row in rows()
    if row["text"] is not None
]


def written(path, documents):
    opener = gzip.open if path.suffix == ".gz" else open
    path.parent.mkdir(parents=True, exist_ok=True)
    with opener(path, "wt", encoding="utf-8") as file:
        for document in documents:
            file.write(json.dumps(document, ensure_ascii=False) + "\n")
    return path


def read(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


@pytest.fixture
def mixed(tmp_path):
    """The documents after `dolma mix` with two processes, by id."""
    for n in (0, 1):
        documents = tmp_path / "documents" / f"{n}.jsonl.gz"
        written(documents, DOCUMENTS[n::2])
        write_attributes(documents, tmp_path / "attributes" / "contentfilter" / documents.name)
    configuration = {
        "streams": [
            {
                "name": "clean",
                "documents": [str(tmp_path / "documents" / "*.gz")],
                "attributes": ["contentfilter"],
                "output": {"path": str(tmp_path / "out"), "max_size_in_bytes": 10**9},
                "span_replacement": [
                    {"span": f"$.attributes.{ATTRIBUTE}", "min_score": 0.0, "replacement": ""}
                ],
            }
        ],
        "work_dir": {"input": str(tmp_path / "work"), "output": str(tmp_path / "work")},
        "processes": 2,
    }
    (tmp_path / "mix.json").write_text(json.dumps(configuration), encoding="utf-8")
    program = Path(sys.executable).with_name("dolma")
    command = [program, "-c", tmp_path / "mix.json", "mix"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {one["id"]: one for path in (tmp_path / "out").rglob("*.gz") for one in read(path)}


def test_the_mixer_cuts_what_cleaning_cuts(mixed):
    assert {name: one["text"] for name, one in mixed.items()} == {
        one["id"]: cleaned(one["text"]) for one in DOCUMENTS if one["text"]
    } | {one["id"]: one["text"] for one in DOCUMENTS if not one["text"]}


def test_the_mixer_keeps_the_other_fields(mixed):
    assert {name: one["metadata"]["url"] for name, one in mixed.items()} == {
        one["id"]: one["metadata"]["url"] for one in DOCUMENTS
    }


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_there_is_a_line_for_each_document_in_order(tmp_path, name):
    documents = written(tmp_path / name, rows(not_text=False))
    attributes = tmp_path / "attributes" / "a.jsonl.gz"
    counts = write_attributes(documents, attributes)
    assert counts == expected_counts()
    assert read(attributes) == [
        {
            "id": name,
            "attributes": {ATTRIBUTE: [[b.start, b.end, b.score] for b in blocks(text)]},
        }
        for name, text in TEXTS.items()
    ]


def test_the_options_of_the_cleaner_are_taken(tmp_path):
    documents = written(tmp_path / "a.jsonl", DOCUMENTS)
    write_attributes(documents, tmp_path / "attributes.jsonl.gz", **OPTIONS)
    for document, line in zip(DOCUMENTS, read(tmp_path / "attributes.jsonl.gz"), strict=True):
        kept = document["text"]
        for start, end, _ in reversed(line["attributes"][ATTRIBUTE]):
            kept = kept[:start] + kept[end:]
        assert kept == by_options(document["text"])


def test_a_line_that_is_no_object_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "a", "text": "b"}\n3\n', encoding="utf-8")
    with pytest.raises(ValueError, match="line 2 of"):
        write_attributes(tmp_path / "a.jsonl", tmp_path / "b.jsonl")


def test_the_program_of_the_docs_does_what_it_says(tmp_path):
    for n in (0, 1):
        written(tmp_path / "documents" / f"{n}.jsonl.gz", DOCUMENTS[n::2])
    run("dolma", 0, tmp_path)
    for n in (0, 1):
        found = read(tmp_path / "attributes" / "contentfilter" / f"{n}.jsonl.gz")
        assert [one["id"] for one in found] == [one["id"] for one in DOCUMENTS[n::2]]


def test_the_configuration_in_the_docs_names_the_attribute():
    assert f"$.attributes.{ATTRIBUTE}" in (PAGES / "dolma.md").read_text(encoding="utf-8")
