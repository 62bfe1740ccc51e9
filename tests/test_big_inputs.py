"""Inputs that would bring down what is not linear in time and memory: they only have to end."""

import pytest

from contentfilter import Cleaner
from tests.examples import BETS, BODY, SPAM, TITLE

WORDS = SPAM.replace("_", "")


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner()


def first_of(text):
    """Name a flood by its first characters."""
    return ascii(text[:4])


SIGNS = [
    "\n",
    "\r\n",
    "\0",
    "\ud800",
    "\U0001f525",
    "_",
    "&#",
    "?\n",
    "(",
    "<>",
    "\u200b\n",
    " \u3000",
]


@pytest.mark.parametrize("text", [sign * 300_000 for sign in SIGNS], ids=first_of)
def test_a_flood_of_signs_comes_back_as_it_is(cleaner, text):
    assert cleaner.clean(text) is text


@pytest.mark.parametrize(
    "text", ["的" * 900_000, "1," * 300_000, "水利局_" * 200_000], ids=first_of
)
def test_a_flood_of_plain_words_comes_back_as_it_is(cleaner, text):
    assert cleaner.clean(text) is text


@pytest.mark.parametrize("text", ["<b>" * 90_000, "&#x" * 90_000, "a b " * 90_000], ids=first_of)
def test_a_flood_of_letters_ends(cleaner, text):
    cleaner.clean(text)


def test_two_megabytes_on_one_line_come_back_as_they_are(cleaner):
    text = BODY * (2_000_000 // len(BODY.encode()))
    assert cleaner.clean(text) is text


def test_a_block_in_front_of_a_million_empty_lines_is_cut(cleaner):
    assert cleaner.clean(f"{SPAM}\n{TITLE}" + "\n" * 1_000_000).startswith(TITLE)


def test_a_block_within_two_megabytes_on_one_line_is_cut(cleaner):
    half = BODY * (1_000_000 // len(BODY.encode()))
    assert SPAM not in cleaner.clean(half + SPAM + half)


def test_one_glued_line_of_spam_is_cut(cleaner):
    text = WORDS * (300_000 // len(WORDS.encode())) + f"\n\n{TITLE}\n\n{BODY}"
    assert cleaner.clean(text) == f"{TITLE}\n\n{BODY}"


def test_a_line_of_very_many_phrases_is_cut(cleaner):
    text = (SPAM + "_") * 2000 + f"\n\n{TITLE}\n\n{BODY}"
    assert cleaner.clean(text) == f"{TITLE}\n\n{BODY}"


def test_very_many_lines_of_spam_are_cut(cleaner):
    text = f"{SPAM}\n" * 2000 + f"\n{TITLE}\n\n{BODY}"
    assert cleaner.clean(text) == f"{TITLE}\n\n{BODY}"


def test_very_many_blocks_in_one_text_end(cleaner):
    page = f"{SPAM}\n\n{TITLE}\n\n{BODY * 12}\n\n"
    assert SPAM not in cleaner.clean(page * 100)


def test_a_block_in_a_thousand_nested_elements_ends(cleaner):
    cleaner.clean("<div>" * 1000 + SPAM + "</div>" * 1000 + f"\n{TITLE}\n{BODY}")


@pytest.mark.parametrize("tags", ['<ul id="k3x9a"></ul>', '<ul id="k3x9a">', "<ul", "?"])
def test_very_many_remnants_are_no_trap(cleaner, tags):
    cleaned = cleaner.clean(f"{SPAM}\n{tags * 20_000}x\n\n{TITLE}\n\n{BODY}")
    assert cleaned.endswith(BODY)


@pytest.mark.parametrize("mark", ["\u200b", "\u0301", " ", "★"])
def test_a_block_behind_very_much_noise_ends(cleaner, mark):
    cleaner.clean(f"{mark * 200_000}{SPAM}{mark * 200_000}\n\n{TITLE}\n\n{BODY}")


def test_very_many_entities_end(cleaner):
    cleaner.clean("".join(f"&#x{ord(c):X};" for c in BETS * 300))
