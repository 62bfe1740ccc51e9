"""What is promised of `clean` and `explain`, for every text."""

import math
import os
import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contentfilter import Cleaner
from contentfilter.errors import ModelFormatError, ModelNotFoundError
from contentfilter.model_file import default_model_path, load
from contentfilter.spans import cut, restore
from tests.examples import BETS, BODY, MENU, ROOT, SPAM, TITLE, any_text, blank_model, pages

HACKED = f"{SPAM}\n\n{TITLE}\n\n{BODY}\n{BODY}"
ARTICLE = f"{TITLE}\n\n{BODY}\n{BODY}"

thorough = settings(deadline=None, max_examples=150)
brief = settings(deadline=None, max_examples=30)


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner()


@st.composite
def hacked_pages(draw):
    """Return lines of articles, with blocks among them: some sharing a line with a title."""
    joints = st.sampled_from(["\n", "\n\n", "\r\n\r\n", "_", " ", ""])
    lines = st.sampled_from([SPAM, BETS, TITLE, BODY, MENU, "\u200b" + SPAM, SPAM + " ?"])
    parts = draw(st.lists(st.tuples(lines, joints), min_size=1, max_size=10))
    return "".join(part for pair in parts for part in pair)


texts = pages | hacked_pages()


# --- what is cut and what stays ---


def test_a_block_above_an_article_is_cut(cleaner):
    assert cleaner.clean(HACKED) == ARTICLE


def test_a_block_of_bets_above_an_article_is_cut(cleaner):
    assert cleaner.clean(f"{BETS}\n\n{ARTICLE}") == ARTICLE


def test_a_block_behind_an_article_is_cut(cleaner):
    assert cleaner.clean(f"{ARTICLE}\n\n{SPAM}") == ARTICLE


def test_a_block_between_paragraphs_is_cut(cleaner):
    assert cleaner.clean(f"{ARTICLE}\n\n{SPAM}\n\n{BODY}") == f"{ARTICLE}\n\n{BODY}"


@pytest.mark.parametrize("text", ["", "\n", " ", "。", "国", "?", "\ud800", ARTICLE, MENU, TITLE])
def test_a_text_without_a_block_comes_back_as_the_same_object(cleaner, text):
    assert cleaner.clean(text) is text


def test_a_block_is_of_its_category(cleaner):
    assert [b.category for b in cleaner.explain(HACKED).blocks] == ["adult"]


def test_a_block_comes_with_reasons(cleaner):
    (block,) = cleaner.explain(HACKED).blocks
    assert block.reasons
    assert all(isinstance(reason, str) and reason for reason in block.reasons)


def test_the_terms_among_the_reasons_stand_in_the_block(cleaner):
    (block,) = cleaner.explain(HACKED).blocks
    assert block.reasons[0] in SPAM


def test_a_block_has_a_span(cleaner):
    (block,) = cleaner.explain(HACKED).blocks
    assert block.span == (block.start, block.end)


def test_adjacent_cuts_are_one_block(cleaner):
    assert len(cleaner.explain(f"{SPAM}\n{SPAM}\n\n{ARTICLE}").blocks) == 1


def test_two_blocks_are_told_apart(cleaner):
    text = f"{SPAM}\n\n{ARTICLE}\n\n{BETS}"
    assert [b.category for b in cleaner.explain(text).blocks] == ["adult", "gambling"]


# --- the result is the text minus the blocks ---


@given(texts)
@thorough
def test_the_result_is_the_text_without_the_blocks(cleaner, text):
    cleaned, blocks = cleaner.explain(text)
    assert cleaned == cut(text, [block.span for block in blocks])
    assert cleaner.clean(text) == cleaned


@given(texts)
@thorough
def test_the_text_can_be_restored_from_the_result(cleaner, text):
    cleaned, blocks = cleaner.explain(text)
    removed = [text[block.start : block.end] for block in blocks]
    assert restore(cleaned, [block.span for block in blocks], removed) == text


@given(texts)
@thorough
def test_the_result_is_a_subsequence_of_the_text(cleaner, text):
    rest = iter(text)
    assert all(character in rest for character in cleaner.clean(text))


@given(texts)
@thorough
def test_blocks_are_in_order_and_apart_and_not_empty(cleaner, text):
    edges = [-1]
    for block in cleaner.explain(text).blocks:
        edges += [block.start, block.end]
    assert all(a < b for a, b in pairwise(edges))
    assert edges[-1] <= len(text)


@given(texts)
@thorough
def test_a_text_without_blocks_is_the_same_object(cleaner, text):
    cleaned, blocks = cleaner.explain(text)
    assert (cleaned is text) == (not blocks)


@given(texts)
@thorough
def test_cleaning_twice_is_cleaning_once(cleaner, text):
    once = cleaner.clean(text)
    assert cleaner.clean(once) is once


@given(texts, st.floats(0, 1))
@thorough
def test_every_block_reaches_the_threshold(text, threshold):
    blocks = Cleaner(threshold=threshold).explain(text).blocks
    assert all(threshold <= block.score <= 1 for block in blocks)


@given(texts, st.floats(0, 1))
@brief
def test_cleaning_twice_is_cleaning_once_at_any_threshold(text, threshold):
    cleaner = Cleaner(threshold=threshold)
    once = cleaner.clean(text)
    assert cleaner.clean(once) is once


def lines_of(text):
    return text.replace("\r\n", "\n").split("\n")


@given(hacked_pages())
@thorough
def test_the_sentences_of_the_article_are_never_touched(cleaner, text):
    # A lone title among many blocks may go with them: nothing on the page speaks of it.
    kept = [line for line in lines_of(text) if line == BODY]
    left = iter(lines_of(cleaner.clean(text)))
    assert all(line in left for line in kept)


# --- any text, and nothing but text ---


@given(any_text)
@thorough
def test_no_text_raises(cleaner, text):
    cleaner.explain(text)


@given(any_text)
@brief
def test_no_surroundings_of_a_block_raise(cleaner, text):
    cleaner.explain(f"{text}{SPAM}{text}\n{SPAM}\n{text}{BETS}")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"bytes", "text must be str, got bytes; decode it first"),
        (None, "text must be str, got NoneType"),
        (3, "text must be str, got int"),
        (["text"], "text must be str, got list"),
    ],
)
def test_anything_but_text_is_a_type_error(cleaner, given, message):
    with pytest.raises(TypeError, match=f"^{message}$"):
        cleaner.clean(given)


def test_a_text_of_a_class_of_its_own_is_text(cleaner):
    class Page(str):
        pass

    assert cleaner.clean(Page(HACKED)) == ARTICLE


# --- the same result everywhere ---


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_another_process_explains_alike(cleaner, hash_seed):
    code = "import contentfilter, sys; print(ascii(contentfilter.explain(sys.argv[1])))"
    text = f"{SPAM}\n{BETS}\n\n{ARTICLE}\n\n{SPAM}"
    done = subprocess.run(
        [sys.executable, "-c", code, text],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == ascii(cleaner.explain(text))


def test_threads_share_a_cleaner():
    shared = Cleaner(load(default_model_path()))
    many = [f"{SPAM}\n\n{TITLE}{n}\n\n{BODY}" for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.clean, many)) == [f"{TITLE}{n}\n\n{BODY}" for n in range(40)]


def test_clean_many_keeps_the_order(cleaner):
    assert list(cleaner.clean_many([HACKED, "", ARTICLE])) == [ARTICLE, "", ARTICLE]


def test_clean_many_reads_its_texts_as_they_are_asked_for(cleaner):
    endless = (HACKED for _ in iter(int, 1))
    assert next(iter(cleaner.clean_many(endless))) == ARTICLE


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_clean_many_does_not_read_far_ahead_of_a_slow_reader(cleaner, n_jobs, monkeypatch):
    for size in ("_BATCH_SIZE", "_JOB_SIZE"):
        monkeypatch.setattr(f"contentfilter.cleaner.{size}", 50 * len(ARTICLE))
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield ARTICLE

    cleaned = cleaner.clean_many(endless(), n_jobs=n_jobs)
    for consumed in range(1, 4):
        next(cleaned)
        time.sleep(0.5)  # time enough to read on, for something that would
        assert taken - consumed < 50 * 4 * n_jobs


def test_no_processes_at_all_are_a_value_error(cleaner):
    with pytest.raises(ValueError, match="n_jobs"):
        cleaner.clean_many([ARTICLE], n_jobs=0)


def test_two_processes_give_clean_texts_back_as_the_same_objects(cleaner):
    texts = [ARTICLE, HACKED, TITLE, BODY * 99]
    kept = [a is b for a, b in zip(cleaner.clean_many(texts, n_jobs=2), texts, strict=True)]
    assert kept == [True, False, True, True]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_many_texts_come_out_as_they_do_one_by_one(cleaner, n_jobs):
    long = "\n".join([BODY] * 900) + "\n" + SPAM
    texts = [HACKED, ARTICLE, "", long, SPAM, *(f"{TITLE}{n}" for n in range(50)), HACKED, "国"]
    assert list(cleaner.clean_many(texts, n_jobs=n_jobs)) == [cleaner.clean(t) for t in texts]


def test_clean_texts_of_many_are_the_same_objects(cleaner):
    texts = [ARTICLE, TITLE, BODY * 99]
    assert all(a is b for a, b in zip(cleaner.clean_many(texts), texts, strict=True))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_clean_many_tells_of_what_is_no_text(cleaner, n_jobs):
    cleaned = cleaner.clean_many([ARTICLE, b"bytes", ARTICLE], n_jobs=n_jobs)
    with pytest.raises(TypeError, match="text must be str, got bytes"):
        list(cleaned)


@given(st.lists(pages, max_size=6))
def test_many_of_any_texts_come_out_as_they_do_one_by_one(texts):
    shared = Cleaner()
    assert list(shared.clean_many(texts)) == [shared.clean(text) for text in texts]


@given(st.lists(pages, max_size=6))
def test_many_of_any_texts_are_explained_as_they_are_one_by_one(texts):
    shared = Cleaner(deny=["。"] if len(texts) == 3 else [])
    assert list(shared.explain_many(texts)) == [shared.explain(text) for text in texts]


def test_explain_many_takes_few_texts_ahead(cleaner):
    endless = (HACKED for _ in iter(int, 1))
    assert next(cleaner.explain_many(endless)) == cleaner.explain(HACKED)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_cleaner_cleans_alike(protocol):
    # A pickle of our own making may be opened.
    again = pickle.loads(pickle.dumps(Cleaner(threshold=0.75), protocol))  # noqa: S301
    assert again.threshold == 0.75
    assert again.clean(HACKED) == ARTICLE


def test_a_cleaner_with_a_loaded_model_can_be_pickled():
    again = pickle.loads(pickle.dumps(Cleaner(load(default_model_path()))))  # noqa: S301
    assert again.clean(HACKED) == ARTICLE


# --- models and thresholds ---


def test_the_threshold_is_the_models_unless_given(cleaner):
    assert cleaner.threshold == load(default_model_path()).threshold
    assert Cleaner(threshold=0.75).threshold == 0.75


@pytest.mark.parametrize("threshold", [-0.01, 1.01, 2, math.nan, math.inf])
def test_a_threshold_outside_0_to_1_is_a_value_error(threshold):
    with pytest.raises(ValueError, match=f"threshold must be between 0 and 1, got {threshold}"):
        Cleaner(threshold=threshold)


@pytest.mark.parametrize("threshold", [0, 1, 0.5])
def test_0_and_1_are_thresholds(threshold):
    assert Cleaner(threshold=threshold).threshold == threshold


def test_a_cleaner_takes_a_path_or_a_model(tmp_path):
    path = default_model_path()
    assert Cleaner(path).clean(HACKED) == ARTICLE
    assert Cleaner(str(path)).clean(HACKED) == ARTICLE
    assert Cleaner(load(path)).clean(HACKED) == ARTICLE


def test_a_cleaner_uses_the_model_it_is_given():
    assert Cleaner(blank_model()).clean(HACKED) is HACKED


def test_a_missing_model_is_reported_when_it_is_needed(tmp_path):
    cleaner = Cleaner(tmp_path / "none.npz")
    with pytest.raises(ModelNotFoundError, match=r"none\.npz"):
        cleaner.clean(TITLE)


def test_a_damaged_model_is_reported_when_it_is_needed(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"no model")
    with pytest.raises(ModelFormatError, match=r"bad\.npz"):
        Cleaner(tmp_path / "bad.npz").clean(TITLE)


@pytest.mark.parametrize("name", ["_TILE_SIZE", "_LOOK_SIZE"])
def test_it_does_not_matter_how_many_pages_are_looked_at_together(cleaner, monkeypatch, name):
    texts = [f"{SPAM}\n\n{TITLE}\n\n{BODY}", BODY, f"{TITLE}\n{BODY}\n{BETS}"] * 3
    whole = list(cleaner.explain_many(texts))
    monkeypatch.setattr(f"contentfilter.model.{name}", 50)
    assert list(cleaner.explain_many(texts)) == whole
    assert sum(bool(explanation.blocks) for explanation in whole) == 6
