"""The shadow copy: disguises are undone, and every character knows where it came from."""

import numpy as np
import pytest
from hypothesis import given

from contentfilter import folding as kinds
from tests.examples import any_text, folded, folding, page_of, pages


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("ＡＶ视频", "av视频"),
        ("９１影院", "91影院"),
        ("國產", "国产"),
        ("線上賭場", "线上赌场"),
        ("αv", "av"),
        ("аv", "av"),
        ("ⅹⅹ", "xx"),
        ("①②③", "123"),
        ("𝟗𝟏", "91"),
        ("𝐀𝐯", "av"),
        ("é", "e"),
        ("АV", "av"),
        ("ΑV", "av"),
        ("Х", "x"),
        ("情色輞", "情色网"),
        ("ｶ", "カ"),
    ],
)
def test_disguises_read_as_what_they_stand_for(disguised, plain):
    assert folded(disguised) == plain


@pytest.mark.parametrize("mark", "\u200b \u200d \ufeff \u2060 \u00ad \u0301 \ufe0f \0".split(" "))
def test_invisible_characters_are_not_read(mark):
    assert folded(f"国{mark}产") == "国产"


@pytest.mark.parametrize("mark", "_|丨,.-·/★🔥 。（）\n\t\u3000")
def test_separators_and_symbols_have_no_code(mark):
    assert folded(f"国{mark}产") == "国产"


@pytest.mark.parametrize(
    ("character", "kind"),
    [
        ("国", kinds.HAN),
        ("a", kinds.LATIN),
        ("７", kinds.DIGIT),
        ("の", kinds.KANA),
        ("한", kinds.HANGUL),
        ("д", kinds.LETTER),
        (" ", kinds.BLANK),
        ("\u3000", kinds.BLANK),
        ("\r", kinds.BLANK),
        ("\n", kinds.NEWLINE),
        ("。", kinds.STOP),
        ("，", kinds.COMMA),
        ("丨", kinds.BAR),
        ("－", kinds.HYPHEN),
        ("（", kinds.OPEN),
        ("》", kinds.CLOSE),
        ("★", kinds.SYMBOL),
        ("\ud800", kinds.SYMBOL),
        ("\u200b", kinds.IGNORED),
    ],
)
def test_every_character_has_its_class(character, kind):
    assert page_of(character).kinds[0] == kind


def test_simplified_and_traditional_characters_are_told_apart():
    flags = page_of("国國人").flags & (kinds.SIMPLIFIED | kinds.TRADITIONAL)
    assert flags[:-1].tolist() == [kinds.SIMPLIFIED, kinds.TRADITIONAL, 0]


@pytest.mark.parametrize(
    "entities",
    ["&#22269;&#20135;", "&#x56FD;&#x4ea7;", "&#X56fd&#X4EA7", "#x56FD;#x4EA7;", "#x56fd#x4ea7"],
)
def test_entities_are_read_as_their_characters(entities):
    assert folded(entities) == "国产"


def test_an_entity_starts_where_its_ampersand_stands():
    (offsets,) = page_of("甲&#x56FD;乙").offsets
    assert offsets.tolist() == [0, 1, 9, 10]


def test_a_named_entity_is_a_blank():
    assert page_of("&nbsp;").kinds[0] == kinds.BLANK


@pytest.mark.parametrize("text", ["R&D", "#abc", "&#x;", "&bogus;", "&#0;", "# 标题"])
def test_what_only_resembles_an_entity_is_left(text):
    assert len(page_of(text).codes) == len(text) + 1


def test_a_text_without_entities_needs_no_offsets():
    assert page_of("国产_精品").offsets == [None]


@given(any_text | pages)
def test_any_string_is_folded(text):
    found = page_of(text)
    assert len(found.codes) == len(found.kinds) == found.starts[-1]


@given(any_text | pages)
def test_offsets_rise_from_the_first_character_to_the_end(text):
    found = page_of(text)
    offsets = [found.offset(i) for i in range(len(found.codes))]
    assert offsets == sorted(set(offsets))
    assert (offsets[0], offsets[-1]) == (0, len(text))


@given(any_text | pages)
def test_characters_have_a_code_where_they_are_of_words(text):
    found = page_of(text)
    is_word = (found.kinds >= kinds.HAN) & (found.kinds <= kinds.LETTER)
    assert np.array_equal(found.codes != 0, is_word)


def test_what_a_character_is_read_as_is_read_as_itself():
    codes = folding().codes
    first = codes[codes != 0].astype(np.int64)
    known = first[first != 0xFFFE]  # stands for ideographs beyond the tables
    changed = np.unique(known[codes[known] != known])
    assert [chr(code) for code in changed] == []
