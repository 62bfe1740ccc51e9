import unicodedata

import pytest
from hypothesis import given

from contentfilter.invisible import escaped, is_hidden, runs
from tests.examples import BODY, any_text


@pytest.mark.parametrize(
    "character",
    "\x00 \x1b \x9b \r \u00ad \u200b \u202e \u2066 \ufeff \u3164 \ud800 \ue000".split(" "),
)
def test_what_does_not_show_is_hidden(character):
    assert is_hidden(character)


@pytest.mark.parametrize("character", "a字 \u3000\u00a0\n\t，é😀")
def test_what_shows_and_blanks_are_not_hidden(character):
    assert not is_hidden(character)


def test_ordinary_text_stays_as_it_is():
    assert escaped(BODY) == BODY


def test_a_line_end_of_two_characters_is_a_newline():
    assert escaped("一\r\n二\r三") == "一\n二\\r三"


@given(any_text)
def test_the_runs_are_the_text(text):
    assert "".join(run for _, run in runs(text)) == text.replace("\r\n", "\n")


@given(any_text)
def test_what_is_escaped_holds_no_character_that_commands(text):
    commands = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    left = {c for c in escaped(text) if unicodedata.category(c) in commands}
    assert left <= {"\n", "\t"}
