"""Which windows in doubt deserve the closer look."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.gate import N_GATE_FEATURES, describe_doubts
from contentfilter.prefilter import SCALE
from tests.examples import SPAM, TITLE, blank_model, cascade, fond_prefilter, page_of, pages


def windows_of(text):
    """Return the facts about the windows in doubt of ``text``."""
    page = page_of(text, fond_prefilter(SPAM))
    return describe_doubts(page, page.doubts)


def passing(model, texts):
    """Return the numbers of those of ``texts`` that deserve the closer look."""
    parts = [part for doubted in model.in_doubt(texts) for part in model.passing(doubted).parts]
    return [part.number for part in parts]


@pytest.mark.parametrize("text", [SPAM, f"{TITLE}\n\n{SPAM}", f"{SPAM}\n{TITLE * 40}\n{SPAM}"])
def test_every_window_has_all_features(text):
    facts = windows_of(text)
    assert facts.shape == (text.count(SPAM), N_GATE_FEATURES)
    assert np.isfinite(facts).all()


def test_windows_tell_how_far_they_are_from_the_ends_of_their_line():
    (alone,) = windows_of(f"{TITLE}\n{SPAM}\n{TITLE}")
    (shared,) = windows_of(f"{TITLE * 3}{SPAM}{TITLE * 3}")
    before, after = -7, -6
    assert shared[before] > alone[before]
    assert shared[after] > alone[after]


@pytest.mark.parametrize(("low", "high", "found"), [(-9.0, -9.0, 0), (9.0, 9.0, 1)])
def test_a_window_passes_that_the_trees_like(low, high, found):
    model = blank_model()
    model.prefilter = fond_prefilter(SPAM)
    model.trees = model.trees._replace(gate=cascade(low=low, high=high))
    assert len(passing(model, [f"{SPAM}\n{TITLE}"])) == found


@given(pages)
def test_any_text_has_finite_facts(text):
    page = page_of(text + SPAM, fond_prefilter(text + SPAM)._replace(half_bonus=SCALE))
    facts = describe_doubts(page, page.doubts)
    assert facts.shape == (len(page.doubts.first), N_GATE_FEATURES)
    assert np.isfinite(facts).all()


@given(st.lists(pages, max_size=6), st.integers(0, N_GATE_FEATURES - 1), st.floats(-5, 50))
def test_texts_in_one_go_pass_as_they_do_one_by_one(texts, feature, cut):
    model = blank_model()
    model.prefilter = fond_prefilter(SPAM)._replace(half_bonus=2 * SCALE)
    model.trees = model.trees._replace(gate=cascade(feature, cut))
    assert passing(model, texts) == [i for i, text in enumerate(texts) if passing(model, [text])]
