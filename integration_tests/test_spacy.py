"""spaCy: a blank Chinese pipeline, also in two processes."""

import pytest
import spacy
from spacy.tokens import Doc

from integration_tests.conformance import OPTIONS, TEXTS, blocks, by_options, cleaned, records
from integration_tests.recipes import run

GIVEN = [text for text in TEXTS.values() if text is not None and len(text) < 100_000]


@pytest.fixture(scope="module")
def nlp():
    made = spacy.blank("zh")
    made.add_pipe("contentfilter")  # found by its entry point: nothing of ours is imported
    return made


@pytest.mark.parametrize("processes", [1, 2])
def test_the_clean_text_is_what_cleaning_gives(nlp, processes):
    docs = list(nlp.pipe(GIVEN, n_process=processes))
    assert [doc.text for doc in docs] == GIVEN
    assert [doc._.clean_text for doc in docs] == [cleaned(text) for text in GIVEN]
    assert [doc._.cut_blocks for doc in docs] == [records(text) for text in GIVEN]


@pytest.mark.parametrize("processes", [1, 2])
def test_the_spans_lie_within_the_blocks(nlp, processes):
    for doc in nlp.pipe(GIVEN, n_process=processes):
        spans = list(doc.spans["contentfilter"])
        found = blocks(doc.text)
        assert [span.label_ for span in spans] == [block.category for block in found]
        for span, block in zip(spans, found, strict=True):
            assert block.start <= span.start_char < span.end_char <= block.end


def test_a_long_text_is_marked_too(nlp):
    long = spacy.blank("zh", config={"nlp": {}})
    long.max_length = 10**7
    long.add_pipe("contentfilter")
    assert long(TEXTS["long"])._.clean_text == cleaned(TEXTS["long"])


def test_offsets_within_a_token_are_kept_exact():
    made = spacy.blank("zh")
    made.add_pipe("contentfilter")
    (step,) = (step for _, step in made.pipeline)
    doc = step(Doc(made.vocab, words=[GIVEN[0]], spaces=[False]))  # one token in all
    assert list(doc.spans["contentfilter"]) == []
    assert doc._.cut_blocks == records(GIVEN[0])


def test_options_stand_in_the_configuration(tmp_path):
    made = spacy.blank("zh")
    made.add_pipe("contentfilter", config={"threshold": 1.0, "key": "spam"})
    made.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    doc = again(GIVEN[0])
    assert doc._.clean_text == GIVEN[0]
    assert list(doc.spans["spam"]) == []


def test_the_options_of_the_cleaner_stand_there_too(tmp_path):
    made = spacy.blank("zh")
    made.add_pipe("contentfilter", config=OPTIONS)
    made.to_disk(tmp_path / "pipeline")
    docs = spacy.load(tmp_path / "pipeline").pipe(GIVEN)
    assert [doc._.clean_text for doc in docs] == [by_options(text) for text in GIVEN]


def test_the_program_of_the_docs_does_what_it_says(tmp_path):
    printed = run("spacy", 0, tmp_path).splitlines()
    assert printed[0] == printed[3] == "河道治理工程通过验收"
    assert printed[1].startswith("[('adult', 0, ")
