"""LlamaIndex: an ingestion pipeline with two workers."""

import json
import pickle

import pytest
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import Document, MediaResource, MetadataMode, Node, TextNode

from contentfilter.integrations.llama_index import SpamCleaner
from integration_tests.conformance import OPTIONS, by_options, cleaned, records, rows
from integration_tests.recipes import run

TEXTS = [row for row in rows() if row["text"] is not None]


def nodes(kind):
    return [
        kind(text=row["text"], id_=row["id"], metadata={"url": row["url"], "number": row["number"]})
        for row in TEXTS
    ]


def content(node):
    return node.get_content(metadata_mode=MetadataMode.NONE)


@pytest.mark.parametrize("kind", [Document, TextNode])
@pytest.mark.parametrize("workers", [None, 2])
def test_nodes_come_back_cleaned_in_order(kind, workers):
    pipeline = IngestionPipeline(transformations=[SpamCleaner()])
    given = nodes(kind)
    found = pipeline.run(nodes=given, num_workers=workers)
    assert [(one.id_, content(one)) for one in found] == [
        (row["id"], cleaned(row["text"])) for row in TEXTS
    ]
    assert [one.metadata for one in found] == [one.metadata for one in given]
    assert [type(one) for one in found] == [kind] * len(given)


@pytest.mark.parametrize("kind", [Document, TextNode])
def test_the_nodes_given_are_not_changed(kind):
    given = nodes(kind)
    SpamCleaner(blocks_field="cut")(given)
    assert [content(one) for one in given] == [row["text"] for row in TEXTS]
    assert all("cut" not in one.metadata for one in given)
    assert all("cut" not in one.excluded_embed_metadata_keys for one in given)


def test_blocks_are_in_the_metadata_and_shown_to_no_model():
    found = SpamCleaner(blocks_field="cut")(nodes(TextNode))
    assert [one.metadata["cut"] for one in found] == [records(row["text"]) for row in TEXTS]
    assert all(
        "cut" not in one.get_content(metadata_mode=mode)
        for one in found
        for mode in (MetadataMode.EMBED, MetadataMode.LLM)
        if content(one) != TEXTS[-1]["text"]
    )


def test_a_document_without_a_text_passes_through():
    image = Node(id_="image", image_resource=MediaResource(url="https://a.example/a.png"))
    (found,) = SpamCleaner()([image])
    assert found == image


def test_a_splitter_behind_it_sees_no_block():
    pipeline = IngestionPipeline(transformations=[SpamCleaner(), SentenceSplitter(chunk_size=256)])
    found = pipeline.run(nodes=nodes(Document)[:1])
    assert "国产" not in "".join(map(content, found))


def test_the_cache_tells_options_apart():
    pipeline = IngestionPipeline(transformations=[SpamCleaner()])
    first = pipeline.run(nodes=nodes(TextNode)[:1])
    pipeline.transformations = [SpamCleaner(threshold=1.0)]
    second = pipeline.run(nodes=nodes(TextNode)[:1])
    assert content(first[0]) != content(second[0])


@pytest.mark.parametrize("workers", [None, 2])
def test_the_options_of_the_cleaner_are_taken_and_written_down(workers):
    step = SpamCleaner.from_dict(json.loads(json.dumps(SpamCleaner(**OPTIONS).to_dict())))
    assert step == SpamCleaner(**OPTIONS)
    found = IngestionPipeline(transformations=[step]).run(
        nodes=nodes(TextNode), num_workers=workers
    )
    assert [content(one) for one in found] == [by_options(row["text"]) for row in TEXTS]


def test_a_step_can_be_written_down_and_read():
    step = SpamCleaner(threshold=0.999, blocks_field="cut")
    stored = step.to_dict()
    assert stored["class_name"] == "contentfilter.SpamCleaner"
    assert SpamCleaner.from_dict(stored) == step


def test_a_used_step_pickles_without_a_model():
    step = SpamCleaner()
    step(nodes(TextNode))
    assert len(pickle.dumps(step)) < 2000


def test_the_program_of_the_docs_does_what_it_says(tmp_path):
    assert run("llama_index", 0, tmp_path) == ("['河道治理工程通过验收', '河道治理工程通过验收']\n")
