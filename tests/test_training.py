"""Training on seeds alone: small, but a whole model."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from contentfilter import Cleaner
from contentfilter.model import Found
from contentfilter.model_file import load, save
from contentfilter.spans import Span
from contentfilter.training.corpus import HELD_OUT_GENRES, Document, seed_documents
from contentfilter.training.dataset import Settings, select
from contentfilter.training.seeds import HELD_OUT, Seeds, bucket
from contentfilter.training.train import (
    HIGHEST_THRESHOLD,
    LOWEST_THRESHOLD,
    choose_threshold,
    train,
)
from tests.examples import BODY, SEEDS, SPAM, TITLE

SMALL = Settings(n_blocks=200, n_pages=100, n_negative_pages=60, n_jobs=1)


def few_seeds():
    """Return the seeds with a part of their pages: enough for a model in a few seconds."""
    seeds = Seeds(SEEDS)
    seeds.pages, seeds.negatives = seeds.pages[::20], seeds.negatives[::30]
    seeds.articles = seeds.articles[::16]
    seeds.blocks = {
        category: {start: lists[::11] for start, lists in starts.items()}
        for category, starts in seeds.blocks.items()
    }
    return seeds


def trained(path, settings=SMALL):
    seeds = few_seeds()
    # More threads only get into each other's way on so little.
    with threadpool_limits(1):
        save(train(seeds, seed_documents(seeds), settings), path)
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("trained") / "small.npz")


@pytest.mark.slow
def test_the_same_random_state_gives_the_same_file(path, tmp_path):
    assert trained(tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_a_trained_model_cuts_an_obvious_block(path):
    article = f"{TITLE}\n\n{BODY}"
    assert Cleaner(path).clean(f"{SPAM}\n\n{article}") == article


def test_a_trained_model_keeps_an_article(path):
    article = f"{TITLE}\n\n{BODY}\n{BODY}"
    assert Cleaner(path).clean(article) is article


def test_the_header_tells_what_the_model_was_made_of(path):
    header = load(path).header
    assert header["random_state"] == 0
    assert header["seeds"] == few_seeds().digest()
    assert header["hold_out"] is False


def test_the_threshold_is_at_least_even_odds(path):
    assert 0.5 <= load(path).threshold <= 1


def test_the_categories_are_those_of_the_lexicon(path):
    assert load(path).category_names == few_seeds().categories


# --- the threshold ---


class Scorer:
    """A model that finds in each text, a number, a block of that score."""

    def find_many(self, texts, threshold):
        return [[Found(Span(0, 1), float(text), "adult", ())] for text in texts]


def thresholds(scores, rate):
    settings = replace(SMALL, false_positive_rate=rate)
    return choose_threshold(Scorer(), [str(score) for score in scores], settings)


scores = st.lists(st.floats(0, 0.99999), min_size=1, max_size=60)


@given(scores, st.floats(0, 0.2))
def test_no_more_clean_texts_reach_the_threshold_than_allowed(scores, rate):
    threshold = thresholds(scores, rate)
    told_apart = [score for score in scores if score < HIGHEST_THRESHOLD]
    assert sum(score >= threshold for score in told_apart) <= round(rate * len(scores))


def test_no_threshold_is_so_high_that_nothing_is_cut():
    assert thresholds([1.0] * 10, 0) == HIGHEST_THRESHOLD


@given(scores, st.floats(0, 0.2))
def test_a_threshold_stays_between_its_bounds(scores, rate):
    assert LOWEST_THRESHOLD <= thresholds(scores, rate) <= HIGHEST_THRESHOLD


def test_without_texts_to_choose_by_the_threshold_is_the_lowest():
    assert thresholds([], 0.001) == LOWEST_THRESHOLD


def test_texts_that_are_allowed_to_change_do_not_raise_the_threshold():
    assert thresholds([0.993, *[0.1] * 99], 0.01) < thresholds([0.993, *[0.1] * 99], 0)


# --- what may be trained on ---


@pytest.fixture(scope="module")
def seeds():
    return Seeds(SEEDS)


HOLDING_OUT = replace(SMALL, hold_out=True)


def documents(*places):
    return [Document(f"{g}/{n}", g, split, "", "正文") for n, (g, split) in enumerate(places)]


def test_test_documents_are_never_trained_on(seeds):
    data = select(seeds, documents(("news", "test"), ("news", "train"), ("news", "dev")), SMALL)
    assert [d.split for d in data.train] == ["train"]
    assert [d.split for d in data.dev] == ["dev"]


def test_empty_documents_are_left_out(seeds):
    blank = Document("a", "news", "train", "", " \n")
    assert select(seeds, [blank], SMALL).train == []


def test_everything_is_trained_on_unless_held_out(seeds):
    data = select(seeds, documents(*[(genre, "train") for genre in HELD_OUT_GENRES]), SMALL)
    assert (data.pages, data.negatives) == (seeds.pages, seeds.negatives)
    assert len(data.train) == len(HELD_OUT_GENRES)
    assert data.buckets == frozenset(range(10))


def test_held_out_genres_are_not_trained_on(seeds):
    held = documents(*[(genre, "train") for genre in HELD_OUT_GENRES])
    assert select(seeds, held, HOLDING_OUT).train == []


def test_held_out_pages_and_negatives_are_not_trained_on(seeds):
    data = select(seeds, [], HOLDING_OUT)
    assert [page.id for page in data.pages + data.negatives if bucket(page.id) in HELD_OUT] == []
    assert len(data.pages) > 100


def test_held_out_words_are_not_trained_on(seeds):
    assert select(seeds, [], HOLDING_OUT).buckets & HELD_OUT == set()


def test_what_is_held_out_does_not_come_back_as_a_document(seeds):
    data = select(seeds, seed_documents(seeds), HOLDING_OUT)
    held = {page.text for page in seeds.negatives if bucket(page.id) in HELD_OUT}
    assert [d.id for d in data.train + data.dev if d.text in held] == []


def test_documents_that_choose_the_threshold_are_not_trained_on(seeds):
    data = select(seeds, seed_documents(seeds), SMALL)
    trained_on = {page.text.strip("\n") for page in data.negatives}
    assert [document.id for document in data.dev if document.text in trained_on] == []
