"""The first stage: words and n-grams of phrases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.lexical import GRAM_BITS, gram_hashes, word_hashes, words_of
from tests.examples import any_text, blank_lexical, folded


def hashes_by_phrase(*phrases):
    codes = np.array([ord(c) for phrase in phrases for c in phrase], np.uint16)
    hashes, owner = gram_hashes(codes, np.array([len(phrase) for phrase in phrases]))
    return [sorted(hashes[owner == i].tolist()) for i in range(len(phrases))]


def test_words_come_from_the_dictionary():
    assert words_of("免费观看视频", ()) == ["免费", "观看", "视频"]


def test_words_of_the_model_are_kept_whole():
    assert words_of("亚洲一区二区", ("一区二区",)) == ["亚洲", "一区二区"]


@given(any_text.map(folded))
def test_the_words_of_a_phrase_make_up_the_phrase(phrase):
    assert "".join(words_of(phrase, ("一区二区",))) == phrase


def test_a_phrase_is_hashed_by_its_words_and_their_pairs():
    assert len(word_hashes(["免费", "观看"])) == 2 + 3


def test_hashes_of_words_are_the_same_on_every_machine():
    assert word_hashes(["免费"])[0] == 77306650


def test_each_phrase_has_the_same_n_grams_alone_and_among_others():
    assert hashes_by_phrase("国产", "精品久久", "a")[1] == hashes_by_phrase("精品久久")[0]


words = st.text("国产精品久一区av9", min_size=1, max_size=9)


@given(st.lists(words, min_size=1, max_size=6))
def test_n_grams_do_not_depend_on_the_neighbours(phrases):
    alone = [hashes_by_phrase(phrase)[0] for phrase in phrases]
    assert hashes_by_phrase(*phrases) == alone


def test_n_grams_fit_the_table():
    (hashes,) = hashes_by_phrase("国产精品久久")
    assert max(hashes) < 1 << GRAM_BITS


def test_a_known_n_gram_adds_its_weight_to_its_phrase_only():
    lexical = blank_lexical()
    lexical.grams[hashes_by_phrase("赌")[0]] = 1.0
    codes = np.array([ord(c) for c in "开户赌场平台"], np.uint16)
    grams, _ = lexical.scores(codes, np.array([2, 2, 2]), [["开户"], ["赌场"], ["平台"]])
    assert grams[1] > 0
    assert grams[[0, 2]].tolist() == [0, 0]


@pytest.mark.parametrize("phrase", ["\uffff", "𠀀"[0], "9", "é"])
def test_odd_characters_are_words_too(phrase):
    assert words_of(phrase, ()) == [phrase]
