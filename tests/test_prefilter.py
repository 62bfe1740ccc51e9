"""The question asked of every character."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.prefilter import HALF, MOST, SCALE, SCRIPT_WEIGHT, WINDOW, page_script
from tests.examples import (
    SPAM,
    TITLE,
    any_text,
    blank_prefilter,
    folding,
    fond_prefilter,
    pages,
    shadow,
    view,
)


def windows_of(weights, half_bonus=-(1 << 20)):
    """Return the sums of a page's windows as the closer look sees them."""
    page = view("国" * len(weights), blank_prefilter()._replace(half_bonus=half_bonus))
    page._with_script = weights
    return page.sums


def in_doubt(text, prefilter):
    return len(view(text, prefilter).doubts.first) > 0


def test_a_text_of_known_pairs_is_in_doubt():
    assert in_doubt(SPAM, fond_prefilter(SPAM))


def test_a_text_of_other_pairs_is_not_in_doubt():
    assert not in_doubt(TITLE * 9, fond_prefilter(SPAM))


@pytest.mark.parametrize("mark", ["\u200b", " ", "★", "丨", "\n"])
def test_inserted_characters_do_not_hide_a_block(mark):
    assert in_doubt(mark.join(SPAM), fond_prefilter(SPAM))


def test_a_block_within_a_long_line_is_found():
    assert in_doubt(TITLE * 300 + SPAM + TITLE * 300, fond_prefilter(SPAM))


def test_the_window_in_doubt_holds_the_block():
    page = view(TITLE * 30 + SPAM + TITLE * 30, fond_prefilter(SPAM))
    ((first, last),) = page.windows(page.doubts).tolist()
    assert abs(first - len(TITLE * 30)) <= WINDOW
    assert abs(last - len(TITLE * 30 + SPAM)) <= WINDOW


@pytest.mark.parametrize("length", [0, 1, 2, 3, WINDOW - 1, WINDOW])
def test_a_short_text_is_one_window(length):
    prefilter = blank_prefilter()
    _, windows = prefilter.sums(prefilter.weights(shadow(SPAM[:length]).letters))
    assert len(windows) == 1


def test_a_long_text_has_a_window_at_every_character():
    prefilter, letters = blank_prefilter(), shadow(SPAM * 3).letters
    halves, windows = prefilter.sums(prefilter.weights(letters))
    assert len(windows) == len(letters) - WINDOW + 1
    assert len(halves) == len(letters) - HALF + 1


def test_a_window_sums_up_its_weights():
    weights = np.arange(40, dtype=np.int16)
    halves, windows = blank_prefilter().sums(weights)
    assert windows[3] == weights[3 : 3 + WINDOW].sum()
    assert halves[3] == weights[3 : 3 + HALF].sum()


def test_half_a_window_can_raise_a_doubt():
    weights = np.repeat([-SCALE, SCALE, -SCALE], [40, HALF, 40]).astype(np.int16)
    assert blank_prefilter()._replace(half_bonus=5).best(weights) == HALF * SCALE + 5
    assert windows_of(weights, half_bonus=5).max() == HALF * SCALE + 5


@pytest.mark.parametrize("length", range(2 * WINDOW))
def test_half_windows_do_not_change_how_many_windows_there_are(length):
    weights = np.zeros(length, np.int16)
    assert len(windows_of(weights, half_bonus=0)) == len(windows_of(weights))


def test_sums_of_the_largest_weights_do_not_overflow():
    largest = 2 * MOST + SCRIPT_WEIGHT
    _, windows = blank_prefilter().sums(np.full(2000, largest, np.int16))
    assert (windows == WINDOW * int(largest)).all()


@given(any_text)
def test_the_best_window_is_the_one_that_the_closer_look_sees(text):
    page = view(text, fond_prefilter(SPAM)._replace(half_bonus=SCALE))
    assert page.best == page.sums.max()


@given(any_text)
def test_every_text_can_be_asked(text):
    assert len(view(text).sums) >= 1


@given(any_text)
def test_the_windows_in_doubt_are_in_order_and_apart(text):
    page = view(text + SPAM, fond_prefilter(text + SPAM)._replace(half_bonus=SCALE))
    windows = page.windows(page.doubts)
    assert (windows[:, 0] < windows[:, 1]).all()
    assert (windows[1:, 0] >= windows[:-1, 1]).all()
    assert (len(windows) > 0) == page.is_doubtful


@given(st.lists(pages, max_size=6))
def test_texts_in_one_go_have_the_weights_that_each_has_alone(texts):
    prefilter = fond_prefilter(SPAM + TITLE)
    letters = [shadow(text).letters for text in texts]
    whole = np.concatenate([*letters, np.zeros(0, np.uint32)])
    together = prefilter.weights_of_parts(whole, [len(part) for part in letters])
    alone = [prefilter.weights(part) for part in letters]
    assert together.tolist() == [weight for part in alone for weight in part]


@pytest.mark.parametrize(
    ("text", "script"),
    [("專題聚焦訪問閱讀", 1), ("专题聚焦访问阅读", -1), ("專题閱读", 0), ("abc", 0)],
)
def test_a_page_has_the_script_of_nearly_all_its_characters(text, script):
    assert page_script(folding().shadow(text).kinds) == script
