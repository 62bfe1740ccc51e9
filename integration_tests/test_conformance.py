"""The fixture itself: rows that nothing was cut from would prove nothing."""

import pytest

from contentfilter import Cleaner
from integration_tests.conformance import (
    OPTIONS,
    TEXTS,
    blocks,
    by_options,
    cleaned,
    expected_counts,
)


def test_the_dirty_rows_lose_something():
    changed = {name for name, text in TEXTS.items() if blocks(text)}
    assert changed == {"dirty", "emoji", "glossed", "long", "all of it", "two blocks"}


def test_the_articles_are_what_is_left():
    assert cleaned(TEXTS["dirty"]) == TEXTS["clean"]


def test_the_emoji_page_keeps_its_emoji_and_line_ends():
    assert cleaned(TEXTS["emoji"]) == TEXTS["emoji"].split("\r\n\r\n", 1)[1]


def test_the_long_page_is_a_megabyte_with_a_block_at_either_end():
    text = TEXTS["long"]
    first, last = blocks(text)
    assert len(text.encode()) > 1_000_000
    assert first.start == 0
    assert last.end == len(text)


def test_there_is_something_to_count():
    assert expected_counts(not_text=True).keys() >= {"rows_null", "rows_not_text", "rows_changed"}


@pytest.mark.parametrize("left_out", OPTIONS)
def test_an_adapter_that_forgets_an_option_is_found_out(left_out):
    cleaner = Cleaner(**{name: value for name, value in OPTIONS.items() if name != left_out})
    text = TEXTS["two blocks"]
    assert cleaner.clean(text) != by_options(text)
