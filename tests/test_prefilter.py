"""The question asked of every character."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.pages import pages_of
from contentfilter.prefilter import (
    HALF,
    HEAD,
    HEAD_BONUS,
    MOST,
    SCALE,
    SCRIPT_WEIGHT,
    TAIL,
    TAIL_BONUS,
    WINDOW,
    page_script,
)
from tests.examples import (
    BODY,
    SPAM,
    TITLE,
    any_text,
    blank_prefilter,
    folding,
    fond_prefilter,
    page_of,
    pages,
)


def doubts(text, prefilter):
    """Return the stretches of ``text`` that are in doubt, in letters."""
    found = page_of(text, prefilter).doubts
    return list(zip(found.first.tolist(), found.last.tolist(), strict=True))


def in_doubt(text, prefilter):
    return len(doubts(text, prefilter)) > 0


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
    ((first, last),) = doubts(TITLE * 30 + SPAM + TITLE * 30, fond_prefilter(SPAM))
    assert abs(first - len(TITLE * 30)) <= WINDOW
    assert abs(last - len(TITLE * 30 + SPAM)) <= WINDOW


@pytest.mark.parametrize("length", [0, 1, 2, 3, WINDOW - 1, WINDOW])
def test_a_short_text_is_one_window(length):
    prefilter = blank_prefilter()
    _, windows = prefilter.sums(prefilter.weights(page_of(SPAM[:length]).letters))
    assert len(windows) == 1


def test_a_long_text_has_a_window_at_every_character():
    prefilter, letters = blank_prefilter(), page_of(SPAM * 3).letters
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
    prefilter = blank_prefilter()._replace(threshold=HALF * SCALE + 5, half_bonus=5)
    assert prefilter.doubts(weights, [88]).first.tolist() == [40]
    assert not len(prefilter._replace(half_bonus=4).doubts(weights, [88]).first)


@pytest.mark.parametrize(
    ("first", "lacking", "found"),
    [
        (0, HEAD_BONUS, True),
        (0, HEAD_BONUS + 1, False),
        (HEAD - 1, HEAD_BONUS, True),
        (HEAD, HEAD_BONUS, False),
        (200 - TAIL - WINDOW, TAIL_BONUS, False),
        (200 - TAIL - WINDOW + 1, TAIL_BONUS, True),
        (200 - WINDOW, TAIL_BONUS, True),
        (200 - WINDOW, TAIL_BONUS + 1, False),
        (100, 1, False),
    ],
)
def test_less_raises_a_doubt_at_the_ends_of_a_text(first, lacking, found):
    weights = np.full(200, -SCALE, np.int16)
    weights[first : first + WINDOW] = SCALE
    weights[first] -= lacking
    prefilter = blank_prefilter()._replace(threshold=WINDOW * SCALE)
    assert prefilter.doubts(weights, [200]).first.tolist() == [first] * found
    assert prefilter.suspected(weights, np.array([0, 200])).tolist() == [0] * found


@pytest.mark.parametrize(("lacking", "found"), [(0, True), (1, False)])
def test_both_ends_of_a_short_text_count(lacking, found):
    length = HEAD + WINDOW
    weights = np.full(length, -SCALE, np.int16)
    weights[HEAD - 1 : HEAD - 1 + WINDOW] = SCALE
    weights[HEAD - 1] -= HEAD_BONUS + TAIL_BONUS + lacking
    prefilter = blank_prefilter()._replace(threshold=WINDOW * SCALE)
    assert len(prefilter.doubts(weights, [length]).first) == found
    assert prefilter.suspected(weights, np.array([0, length])).tolist() == [0] * found


@pytest.mark.parametrize("length", range(1, 2 * WINDOW))
def test_a_text_of_any_length_can_be_in_doubt(length):
    weights = np.full(length, SCALE, np.int16)
    prefilter = blank_prefilter()._replace(threshold=min(length, WINDOW) * SCALE)
    found = prefilter.doubts(weights, [length])
    assert (found.first.tolist(), found.last.tolist()) == ([0], [length])


def test_sums_of_the_largest_weights_do_not_overflow():
    largest = 2 * MOST + SCRIPT_WEIGHT
    _, windows = blank_prefilter().sums(np.full(2000, largest, np.int16))
    assert (windows == WINDOW * int(largest)).all()


@given(any_text)
def test_stretches_in_doubt_are_in_order_and_apart(text):
    found = doubts(text + SPAM, fond_prefilter(text + SPAM)._replace(half_bonus=SCALE))
    assert all(first < last for first, last in found)
    assert all(first >= last for (_, last), (first, _) in pairwise(found))


@given(st.lists(pages, min_size=1, max_size=6))
def test_no_text_in_doubt_goes_unsuspected(texts):
    prefilter = fond_prefilter(SPAM, TITLE)._replace(half_bonus=SCALE)
    together = pages_of(texts, folding(), prefilter)
    assert set(together.doubts.text.tolist()) <= set(together.suspected.tolist())


def test_a_long_text_without_a_doubt_is_not_suspected():
    together = pages_of([SPAM, BODY * 3, BODY * 3], folding(), fond_prefilter(SPAM))
    assert together.suspected.tolist() == [0]


@given(st.lists(pages, max_size=6))
def test_texts_in_one_go_have_the_weights_that_each_has_alone(texts):
    prefilter = fond_prefilter(SPAM + TITLE)
    letters = [page_of(text).letters for text in texts]
    whole = np.concatenate([*letters, np.zeros(0, np.uint16)])
    together = prefilter.weights_of_parts(whole, np.cumsum([len(part) for part in letters]))
    alone = [prefilter.weights(part) for part in letters]
    assert together.tolist() == [weight for part in alone for weight in part]


@pytest.mark.parametrize(
    ("text", "script"),
    [("專題聚焦訪問閱讀", 1), ("专题聚焦访问阅读", -1), ("專题閱读", 0), ("abc", 0)],
)
def test_a_page_has_the_script_of_nearly_all_its_characters(text, script):
    page = page_of(text)
    assert page_script(page.flags) == page.scripts[0] == script
