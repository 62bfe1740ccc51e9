"""LangChain: a document transformer, in threads, in asyncio and in a chain."""

import asyncio
import pickle
from concurrent.futures import ThreadPoolExecutor

from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda

from contentfilter.integrations.langchain import SpamCleaner
from integration_tests.conformance import (
    NOT_TEXT,
    OPTIONS,
    blocks,
    expected,
    expected_by_options,
    expected_counts,
    records,
    rows,
)
from integration_tests.recipes import run

FIELDS = ("url", "number")


def documents(given):
    # LangChain checks that the content is a str; what is built past that check is let through.
    return [
        Document.model_construct(
            page_content=row["text"],
            id=row["id"],
            metadata={name: row[name] for name in FIELDS},
            type="Document",
        )
        for row in given
    ]


def as_rows(found):
    return [{"id": one.id, "text": one.page_content} | one.metadata for one in found]


def test_documents_come_back_cleaned_in_order():
    assert as_rows(SpamCleaner().transform_documents(documents(rows(True)))) == expected(True)


def test_the_documents_given_are_not_changed():
    given = documents(rows())
    SpamCleaner(blocks_field="cut").transform_documents(given)
    assert as_rows(given) == rows()


def test_blocks_are_in_the_metadata():
    found = SpamCleaner(blocks_field="cut").transform_documents(documents(rows()))
    assert [one.metadata["cut"] for one in found] == [records(row["text"]) for row in rows()]


def test_a_document_that_was_spam_comes_back_empty():
    (spam,) = (row for row in rows() if row["id"] == "all of it")
    (found,) = SpamCleaner().transform_documents(documents([spam]))
    assert blocks(spam["text"])
    assert found.page_content == ""


def test_the_options_of_the_cleaner_are_taken():
    found = SpamCleaner(**OPTIONS).transform_documents(documents(rows(True)))
    assert as_rows(found) == expected_by_options(True)


def test_counts_add_up():
    step = SpamCleaner()
    step.transform_documents(documents(rows(True)))
    assert step.counts == expected_counts(True)
    assert step.counts["rows_not_text"] == len(NOT_TEXT)


def test_two_threads_share_a_transformer():
    step = SpamCleaner()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(step.transform_documents, [documents(rows())] * 4))
    assert [as_rows(one) for one in found] == [expected()] * 4


def test_asyncio_gives_the_same():
    found = asyncio.run(SpamCleaner().atransform_documents(documents(rows())))
    assert as_rows(found) == expected()


def test_a_chain_of_batches_gives_the_same():
    chain = RunnableLambda(lambda given: given) | SpamCleaner().transform_documents
    found = chain.batch([documents(rows()[:5]), documents(rows()[5:])], {"max_concurrency": 2})
    assert as_rows([*found[0], *found[1]]) == expected()


def test_a_used_transformer_pickles_without_a_model():
    step = SpamCleaner(threshold=0.999)
    step.transform_documents(documents(rows()))
    stored = pickle.dumps(step)
    assert len(stored) < 2000
    again = pickle.loads(stored)  # noqa: S301
    assert as_rows(again.transform_documents(documents(rows()))) == as_rows(
        step.transform_documents(documents(rows()))
    )


def test_the_program_of_the_docs_does_what_it_says(tmp_path):
    assert run("langchain", 0, tmp_path) == (
        "河道治理工程通过验收\n"
        "{'rows': 1, 'rows_changed': 1, 'blocks_cut': 1, 'characters_cut': 31}\n"
    )
