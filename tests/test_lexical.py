"""The first stage: words and n-grams of phrases."""

import jieba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.lexical import GRAM_BITS, gram_hashes, hash_words, tokenizer, words_of
from contentfilter.weights import weights_of
from tests.examples import STEP, any_text, blank_lexical, folded


def hashes_by_phrase(*phrases):
    codes = np.array([ord(c) for phrase in phrases for c in phrase], np.uint16)
    hashes, owner = gram_hashes(codes, np.array([len(phrase) for phrase in phrases]))
    return [sorted(hashes[owner == i].tolist()) for i in range(len(phrases))]


def test_words_come_from_the_dictionary():
    assert words_of(["免费观看视频"], ()) == [["免费", "观看", "视频"]]


def test_words_of_the_model_are_kept_whole():
    assert words_of(["亚洲一区二区"], ("一区二区",)) == [["亚洲", "一区二区"]]


def test_the_dictionary_is_read_as_jieba_reads_it():
    own, theirs = tokenizer(()), jieba.Tokenizer()
    assert (own.FREQ, own.total) == theirs.gen_pfdict(theirs.get_dict_file())


@given(st.lists(any_text.map(folded).filter(bool), max_size=5))
def test_the_words_of_phrases_make_up_the_phrases(phrases):
    assert ["".join(words) for words in words_of(phrases, ("一区二区",))] == phrases


@given(st.lists(st.text("国产精品久一区av9 カé", min_size=1, max_size=9), max_size=5))
def test_words_do_not_depend_on_the_neighbours(phrases):
    phrases = [phrase for phrase in map(folded, phrases) if phrase]
    assert words_of(phrases, ()) == [words_of([phrase], ())[0] for phrase in phrases]


def test_a_phrase_is_hashed_by_its_words_and_their_pairs():
    hashed = hash_words([["免费", "观看"], [], ["视频"]])
    assert hashed.owner.tolist() == [0, 0, 2]
    assert hashed.pair_owner.tolist() == [0, 0, 0, 2, 2]
    assert hashed.left.tolist() == [0, 1, 3]


def test_pairs_of_words_do_not_depend_on_the_neighbours():
    among = hash_words([["免费"], ["观看", "视频"], ["在线"]])
    alone = hash_words([["观看", "视频"]])
    assert among.pairs[among.pair_owner == 1].tolist() == alone.pairs.tolist()
    assert len(set(alone.pairs.tolist())) == 3


def test_hashes_of_words_are_the_same_on_every_machine():
    hashed = hash_words([["免费"]])
    assert hashed.words.tolist() == [77306650]
    assert hashed.pairs.tolist() == [3158344611, 2597400662]


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
    lexical.grams.table[hashes_by_phrase("赌")[0]] = 64
    codes = np.array([ord(c) for c in "开户赌场平台"], np.uint16)
    scores, gains = lexical.grams_of(codes, np.array([2, 2, 2]))
    assert scores[1] > 0
    assert scores[[0, 2]].tolist() == [0, 0]
    assert gains.nonzero()[0].tolist() == [2]


def test_a_known_word_adds_its_weight_to_its_letters():
    lexical = blank_lexical()
    words = [["免费", "观看"], ["视频"]]
    lexical.words.table[hash_words(words).words[0] % len(lexical.words.table)] = round(1 / STEP)
    assert lexical.scores_of_words(words).tolist() == [1.0, 0.0]
    assert lexical.gains_of_words(words).tolist() == [0.5, 0.5, 0, 0, 0, 0]


@pytest.mark.parametrize("phrase", ["\uffff", "𠀀"[0], "9", "é"])
def test_odd_characters_are_words_too(phrase):
    assert words_of([phrase], ()) == [[phrase]]


@given(
    st.text(st.characters(max_codepoint=0xFFFF, codec="utf-8"), min_size=1, max_size=9), any_text
)
def test_what_is_beyond_its_bounds_tells_nothing_about_a_place(inside, beside):
    grams = np.random.default_rng(0).normal(size=1 << GRAM_BITS)
    lexical = blank_lexical()._replace(grams=weights_of(grams))
    own = np.array([ord(c) for c in inside], np.uint16)
    other = np.array([ord(c) & 0xFFFF for c in beside], np.uint16)
    places = np.arange(len(own) + 1)
    low, high = np.zeros_like(places), np.full_like(places, len(own))
    alone = lexical.edges(own, places, low, high)
    n = len(other)
    among = lexical.edges(np.concatenate([other, own, other]), places + n, low + n, high + n)
    assert (alone[0] == among[0]).all()
    assert (alone[1] == among[1]).all()
