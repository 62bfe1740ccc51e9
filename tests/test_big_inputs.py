"""Inputs that would bring down what is not linear in time and memory: they only have to end."""

import pytest

from contentfilter import Cleaner
from tests.examples import BETS, BODY, SPAM, TITLE

WORDS = SPAM.replace("_", "")


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner()


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 1_000_000,
        "\r\n" * 500_000,
        "\0" * 1_000_000,
        "\ud800" * 1_000_000,
        "\U0001f525" * 500_000,
        "_" * 200_000,
        "&" * 500_000,
        "&#x" * 200_000,
        "?\n" * 300_000,
        "(" * 300_000,
        "<p>" * 300_000,
        "水利局_" * 200_000,
        "的" * 1_000_000,
        "1," * 300_000,
        "a b " * 200_000,
    ],
    ids=lambda text: ascii(text[:4]),
)
def test_a_flood_of_one_thing_comes_back_as_it_is(cleaner, text):
    assert cleaner.clean(text) is text


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
    assert SPAM not in cleaner.clean("<div>" * 1000 + SPAM + "</div>" * 1000 + f"\n{TITLE}\n{BODY}")


def test_a_block_before_very_many_remnants_is_cut(cleaner):
    tags = '<ul id="k3x9a"></ul>' * 20_000
    assert cleaner.clean(f"{SPAM}\n{tags}\n\n{TITLE}\n\n{BODY}") == f"{TITLE}\n\n{BODY}"


def test_remnants_that_never_end_are_no_trap(cleaner):
    tags = '<ul id="k3x9a">' * 20_000
    assert SPAM not in cleaner.clean(f"{SPAM}\n{tags}x\n\n{TITLE}\n\n{BODY}")


@pytest.mark.parametrize("mark", ["\u200b", "\u0301", " ", "★"])
def test_a_block_behind_very_much_noise_ends(cleaner, mark):
    cleaner.clean(f"{mark * 200_000}{SPAM}{mark * 200_000}\n\n{TITLE}\n\n{BODY}")


def test_very_many_entities_end(cleaner):
    cleaner.clean("".join(f"&#x{ord(c):X};" for c in BETS * 300))
