"""Which passages are worth words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.passage_gate import N_PASSAGE_FEATURES, describe_passages
from contentfilter.prefilter import SCALE
from tests.examples import (
    BODY,
    SPAM,
    TITLE,
    blank_model,
    cascade,
    fond_lexical,
    fond_prefilter,
    pages,
)

# Features, by their place in a row.
SEGMENTS, LETTERS, LINES, RUN, RUN_LETTERS, OPENS, CLOSES, BEFORE, BEHIND = (
    3,
    4,
    5,
    8,
    9,
    22,
    23,
    26,
    27,
)


def judging(**trees):
    """Return a model that doubts and knows `SPAM`, and lets everything pass but by ``trees``."""
    model = blank_model()
    model.prefilter = fond_prefilter(SPAM)._replace(half_bonus=2 * SCALE)
    model.lexical = fond_lexical(SPAM, BODY)
    model.trees = model.trees._replace(gate=cascade(low=9.0), **trees)
    return model


def passing(model, text):
    """Return what of one text passes the first gate."""
    (doubted,) = model.in_doubt([text])
    return model.passing(doubted)


def facts_of(texts):
    """Return the facts about the passages of ``texts``, one row each."""
    model = judging()
    found = [
        describe_passages(d, model.undivided(d), model.lexical.bias)
        for d in map(model.passing, model.in_doubt(texts))
        if d.parts
    ]
    return np.concatenate([np.zeros((0, N_PASSAGE_FEATURES)), *found])


def test_a_passage_has_its_size():
    (facts,) = facts_of([f"{TITLE}\n\n{SPAM}\n{TITLE}\n{BODY * 20}"])
    assert (facts[SEGMENTS], facts[LINES]) == (6, 3)
    assert facts[LETTERS] == 2 * len(TITLE) + len(SPAM) - SPAM.count("_")


def test_the_best_run_is_what_is_known():
    (facts,) = facts_of([f"{TITLE}_{SPAM}_{TITLE}\n"])
    assert facts[RUN_LETTERS] == len(SPAM) - SPAM.count("_")
    assert facts[RUN] > 20
    assert (facts[OPENS], facts[CLOSES]) == (0, 0)
    assert facts[BEFORE] == facts[BEHIND] == len(TITLE)


def test_a_run_knows_that_it_has_its_line_alone():
    (facts,) = facts_of([f"{TITLE}\n{SPAM}\n{TITLE}"])
    assert (facts[OPENS], facts[CLOSES]) == (1, 1)


def test_a_passage_that_the_trees_dislike_is_not_looked_at():
    doubted = passing(judging(), f"{SPAM}\n{TITLE}")
    assert judging().look(doubted)
    assert judging(passage=cascade(high=-9.0)).look(doubted) is None


def test_of_two_passages_the_one_that_passes_is_looked_at():
    text = f"{SPAM}\n{TITLE}\n{BODY * 20}\n{BODY * 20}\n{TITLE}\n{SPAM * 3}"
    model = judging(passage=cascade(LETTERS, 2.0 * len(SPAM)))
    doubted = passing(model, text)
    look = model.look(doubted)
    assert len(model.undivided(doubted).bounds()[0]) == 2
    assert len(look.parts.bounds()[0]) == 1
    assert len(look.parts.gains) == len(look.known)
    assert look.pages.offset(int(look.parts.segments.start[0])) == text.rindex(TITLE)


@given(pages)
def test_any_text_has_finite_facts(text):
    facts = facts_of([text + SPAM])
    assert len(facts)
    assert np.isfinite(facts).all()


@given(
    st.lists(st.builds(str.__add__, pages, st.sampled_from(["", SPAM])), max_size=5),
    st.integers(0, N_PASSAGE_FEATURES - 1),
)
def test_texts_in_one_go_have_the_facts_that_they_have_alone(texts, feature):
    alone = [fact for text in texts for fact in facts_of([text])[:, feature].tolist()]
    assert facts_of(texts)[:, feature].tolist() == alone


@pytest.mark.parametrize("text", ["", "\n", "★"])
def test_nothing_is_looked_at_where_nothing_is_in_doubt(text):
    assert not len(facts_of([text]))
