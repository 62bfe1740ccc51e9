"""datatrove, in two tasks by two worker processes."""

import json
import pickle

import pytest
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter

from contentfilter.errors import ModelNotFoundError
from contentfilter.integrations.datatrove import SpamCleaner
from integration_tests.conformance import (
    OPTIONS,
    blocks,
    cleaned,
    expected,
    expected_by_options,
    expected_counts,
    records,
    rows,
)
from integration_tests.recipes import lines
from integration_tests.recipes import run as run_program


class Rows(PipelineStep):
    """Hands on the rows of the fixture, every other one to each of two tasks."""

    name, type = "rows", "📖 - READER"

    def run(self, data=None, rank=0, world_size=1):
        for row in rows(not_text=True)[rank::world_size]:
            metadata = {"url": row["url"], "number": row["number"]}
            yield Document(text=row["text"], id=row["id"], metadata=metadata)


def as_row(document):
    metadata = {key: document.metadata.get(key) for key in ("url", "number")}
    return {"id": document.id, "text": document.text} | metadata


class Keep(PipelineStep):
    """Writes down, as Python would show them, the rows that reach it."""

    name, type = "keep", "💽 - WRITER"

    def __init__(self, path):
        super().__init__()
        self.path = path

    def run(self, data, rank=0, world_size=1):
        documents = [(as_row(one), one.metadata.get("cut")) for one in data]
        (self.path / f"{rank}.pickle").write_bytes(pickle.dumps(documents))
        yield from ()


def run(steps, directory):
    logs = str(directory / "logs")
    return LocalPipelineExecutor(steps, tasks=2, workers=2, logging_dir=logs).run()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    writer = JsonlWriter(str(directory / "removed"), compression=None)
    steps = [Rows(), SpamCleaner(writer, blocks_field="cut"), Keep(directory)]
    stats = run(steps, directory)
    parts = [pickle.loads((directory / f"{n}.pickle").read_bytes()) for n in (0, 1)]  # noqa: S301
    removed = [
        json.loads(line)
        for path in sorted((directory / "removed").iterdir())
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]
    return stats, parts, removed


def test_every_row_comes_back_as_cleaning_leaves_it_in_order(done):
    _, parts, _ = done
    assert [[row for row, _ in part] for part in parts] == [
        expected(not_text=True)[rank::2] for rank in (0, 1)
    ]


def test_the_blocks_are_in_the_metadata(done):
    _, parts, _ = done
    for rank in (0, 1):
        texts = [row["text"] for row in rows(not_text=True)[rank::2]]
        assert [cut for _, cut in parts[rank]] == [records(text) for text in texts]


def test_the_statistics_of_the_step_have_the_counts(done):
    stats, _, _ = done
    (step,) = (one for one in stats.stats if "contentfilter" in one.name)
    assert {name: step[name].total for name in step.stats} == expected_counts(not_text=True)


def test_what_was_cut_goes_to_the_exclusion_writer(done):
    _, _, removed = done
    lost = {
        row["id"]: "\n".join(row["text"][block.start : block.end] for block in blocks(row["text"]))
        for row in rows()
        if blocks(row["text"])
    }
    assert {one["id"]: one["text"] for one in removed} == lost
    assert all(one["metadata"]["url"].endswith(".example/") for one in removed)


def test_the_options_of_the_cleaner_are_taken(tmp_path):
    run([Rows(), SpamCleaner(**OPTIONS), Keep(tmp_path)], tmp_path)
    for rank in (0, 1):
        part = pickle.loads((tmp_path / f"{rank}.pickle").read_bytes())  # noqa: S301
        assert [row for row, _ in part] == expected_by_options(not_text=True)[rank::2]


def test_files_of_json_lines_go_through(tmp_path):
    given, result = tmp_path / "in", tmp_path / "out"
    given.mkdir()
    # The reader of the host leaves out rows without a text.
    told = [row for row in rows() if row["text"]]
    for rank in (0, 1):
        lines = "".join(json.dumps(row) + "\n" for row in told[rank::2])
        (given / f"{rank}.jsonl").write_text(lines, encoding="utf-8")
    run(
        [JsonlReader(str(given)), SpamCleaner(), JsonlWriter(str(result), compression=None)],
        tmp_path,
    )
    for rank, path in enumerate(sorted(result.iterdir())):
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        want = [row for row in expected() if row["id"] in {one["id"] for one in told[rank::2]}]
        # The writer of the host leaves out fields that are empty.
        assert [(one["id"], one.get("text", "")) for one in found] == [
            (r["id"], r["text"]) for r in want
        ]


def test_a_step_pickles_without_a_model():
    step = SpamCleaner()
    before = len(pickle.dumps(step))
    list(step.run([Document(text=rows()[0]["text"], id="a")]))
    assert len(pickle.dumps(step)) < before + 2000


def test_a_missing_model_stops_the_run(tmp_path):
    step = SpamCleaner(model=str(tmp_path / "none.npz"))
    with pytest.raises(ModelNotFoundError):
        list(step.run([Document(text="text", id="a")]))


def test_the_program_of_the_docs_does_what_it_says(tmp_path):
    (tmp_path / "pages").mkdir()
    told = [row for row in rows() if row["text"]]
    for n in (0, 1):
        text = "".join(json.dumps(row) + "\n" for row in told[n::2])
        (tmp_path / "pages" / f"{n}.jsonl").write_text(text, encoding="utf-8")
    run_program("datatrove", 0, tmp_path)
    found = [row for path in sorted((tmp_path / "cleaned").iterdir()) for row in lines(path)]
    assert {row["id"]: row.get("text", "") for row in found} == {
        row["id"]: cleaned(row["text"]) for row in told
    }
    removed = [row for path in sorted((tmp_path / "removed").iterdir()) for row in lines(path)]
    assert len(removed) == 6
