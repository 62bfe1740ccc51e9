"""Which windows in doubt deserve the closer look."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.folding import has_entities
from contentfilter.gate import N_GATE_FEATURES, describe_doubts, letters_of
from contentfilter.prefilter import SCALE
from tests.examples import SPAM, TITLE, blank_model, fond_prefilter, pages, stump, view


def windows_of(text):
    """Return the facts about the windows in doubt of ``text``."""
    page = view(text, fond_prefilter(SPAM))
    return describe_doubts(letters_of(page), page.doubts)


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
    model.trees = model.trees._replace(gate=stump(low=low, high=high))
    assert len(model.windows(model.view(f"{SPAM}\n{TITLE}"))) == found


@given(pages)
def test_any_text_has_finite_facts(text):
    page = view(text + SPAM, fond_prefilter(text + SPAM)._replace(half_bonus=SCALE))
    facts = describe_doubts(letters_of(page), page.doubts)
    assert facts.shape == (len(page.doubts.first), N_GATE_FEATURES)
    assert np.isfinite(facts).all()


@given(st.lists(pages, max_size=6), st.integers(0, N_GATE_FEATURES - 1), st.floats(-5, 50))
def test_texts_in_one_go_pass_as_they_do_one_by_one(texts, feature, cut):
    """Those with entities pass in any case."""
    model = blank_model()
    model.prefilter = fond_prefilter(SPAM)._replace(half_bonus=2 * SCALE)
    model.trees = model.trees._replace(gate=stump(feature, cut))
    alone = {i for i, text in enumerate(texts) if len(model.windows(model.view(text)))}
    more = {i for i, text in enumerate(texts) if has_entities(text)}
    assert model.doubtful(texts) == alone | more
