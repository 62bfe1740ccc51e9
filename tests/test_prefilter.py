"""The question asked of every character."""

import numpy as np
import pytest
from hypothesis import given

from contentfilter.prefilter import HALF, SCALE, WINDOW, page_script
from tests.examples import (
    SPAM,
    TITLE,
    any_text,
    blank_prefilter,
    folding,
    fond_prefilter,
    shadow,
    view,
)


def codes_of(text):
    codes = shadow(text).codes
    return codes[codes != 0]


def in_doubt(text, prefilter):
    return len(view(text, prefilter).doubts(prefilter.threshold)) > 0


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
    ((first, last),) = page.doubts(8 * SCALE).tolist()
    assert abs(first - len(TITLE * 30)) <= WINDOW
    assert abs(last - len(TITLE * 30 + SPAM)) <= WINDOW


@pytest.mark.parametrize("length", [0, 1, 2, 3, WINDOW - 1, WINDOW])
def test_a_short_text_is_one_window(length):
    codes = codes_of(SPAM)[:length]
    assert len(blank_prefilter().sums(blank_prefilter().weights(codes))) == 1


def test_a_long_text_has_a_window_at_every_character():
    codes = codes_of(SPAM * 3)
    sums = blank_prefilter().sums(blank_prefilter().weights(codes))
    assert len(sums) == len(codes) - WINDOW + 1


def test_a_window_sums_up_its_weights():
    weights = np.arange(40, dtype=np.int32)
    assert blank_prefilter().sums(weights)[3] == weights[3 : 3 + WINDOW].sum()


def test_half_a_window_can_raise_a_doubt():
    weights = np.repeat([-SCALE, SCALE, -SCALE], [40, HALF, 40]).astype(np.int32)
    keen = blank_prefilter()._replace(half_bonus=5)
    assert keen.sums(weights).max() == HALF * SCALE + 5


@pytest.mark.parametrize("length", range(2 * WINDOW))
def test_half_windows_do_not_change_how_many_windows_there_are(length):
    weights = np.zeros(length, np.int32)
    keen = blank_prefilter()._replace(half_bonus=0)
    assert len(keen.sums(weights)) == len(blank_prefilter().sums(weights))


def test_sums_of_a_long_text_do_not_overflow():
    weights = np.full(200_000, 2**16, np.int32)
    assert (blank_prefilter().sums(weights) == WINDOW * 2**16).all()


@given(any_text)
def test_every_text_can_be_asked(text):
    assert len(view(text).sums) >= 1


@given(any_text)
def test_the_windows_in_doubt_are_in_order_and_apart(text):
    windows = view(text + SPAM, fond_prefilter(text + SPAM)).doubts(SCALE)
    assert (windows[:, 0] < windows[:, 1]).all()
    assert (windows[1:, 0] >= windows[:-1, 1]).all()


@pytest.mark.parametrize(
    ("text", "script"),
    [("專題聚焦訪問閱讀", 1), ("专题聚焦访问阅读", -1), ("專题閱读", 0), ("abc", 0)],
)
def test_a_page_has_the_script_of_nearly_all_its_characters(text, script):
    assert page_script(folding().shadow(text).kinds) == script
