"""Which parts of a page get the closer look."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.passages import passages
from tests.examples import (
    BODY,
    SPAM,
    TITLE,
    blank_lexical,
    fond_lexical,
    fond_prefilter,
    page_of,
    pages,
    pieces_of,
    segments_of,
)


def looked_at(text, *windows):
    """Return the parts of ``text`` around the places where each of ``windows`` stands in it."""
    places = [(text.index(window), text.index(window) + len(window)) for window in windows]
    return [text[a:b] for a, b in passages(page_of(text), np.array(places)).tolist()]


def test_a_window_brings_its_line_and_the_short_lines_around():
    text = "\n".join(["甲" * 9, "乙" * 9, "丙" * 9, SPAM, "丁" * 9, "戊" * 9, "己" * 9])
    assert looked_at(text, SPAM) == [text[10:-9]]


def test_blank_lines_between_do_not_count():
    text = f"{TITLE}\n\n\n{SPAM}\n\n\n{TITLE}"
    assert looked_at(text, SPAM) == [text]


def test_a_long_neighbour_is_not_looked_at():
    text = f"{BODY * 20}\n{SPAM}\n{BODY * 20}"
    assert looked_at(text, SPAM) == [SPAM + "\n"]


def test_of_a_long_line_the_surroundings_are_looked_at():
    text = BODY * 100 + SPAM + BODY * 100
    (part,) = looked_at(text, SPAM)
    assert SPAM in part
    assert len(part) < 1200


def test_windows_far_apart_have_a_passage_each():
    text = f"{SPAM}\n{BODY * 20}\n{BODY * 20}\n云泽湾娱乐"
    assert looked_at(text, SPAM, "云泽湾娱乐") == [SPAM + "\n", "云泽湾娱乐"]


def test_windows_of_one_line_share_a_passage():
    assert looked_at(SPAM, "国产精品", "免费视频") == [SPAM]


@given(pages, st.data())
def test_passages_are_in_order_and_apart(text, data):
    page = page_of(text)
    size = len(page.kinds) - 1
    edges = sorted(data.draw(st.sets(st.integers(0, size), max_size=8)))
    windows = np.array(list(zip(edges[::2], edges[1::2], strict=False))).reshape(-1, 2)
    found = passages(page, windows).tolist()
    flat = [edge for passage in found for edge in passage]
    assert flat == sorted(flat)
    assert all(any(a <= first and last <= b for a, b in found) for first, last in windows)


# No character here is of one script only.
WORDS, SENTENCE = "精品久久一区二区成人日本", "昨日上午水利局到城市供水公司"


def parts_of(text, words=WORDS, sentence=SENTENCE):
    """Return the pieces of ``text``, to a model that knows ``words`` and ``sentence``."""
    page = page_of(text, fond_prefilter(words, sentence))
    found = pieces_of(page, fond_lexical(words, sentence)).segments
    return [text[a:b] for a, b in zip(found.start, found.stop, strict=True)]


def test_a_block_glued_behind_a_sentence_is_divided_from_it():
    assert parts_of(SENTENCE + WORDS) == [SENTENCE, WORDS]


def test_a_block_glued_before_a_sentence_is_divided_from_it():
    assert parts_of(WORDS + SENTENCE) == [WORDS, SENTENCE]


def test_a_block_within_a_sentence_is_divided_from_both_parts():
    assert parts_of(SENTENCE + WORDS + SENTENCE) == [SENTENCE, WORDS, SENTENCE]


def test_a_sentence_with_one_such_character_stays_whole():
    text = "昨日上午水利局到本城市供水公司"
    assert parts_of(text) == [text]


def test_segments_are_divided_between_words():
    glued = "免费观看视频昨日上午水利局"
    assert parts_of(glued, "免费观看视", SENTENCE) == ["免费观看视频", "昨日上午水利局"]


def test_a_block_stays_whole():
    assert parts_of(WORDS) == [WORDS]


def test_a_block_in_the_script_of_its_page_stays_whole():
    words = "国产精品亚洲综合在线视频"
    assert parts_of(words, words) == [words]


def test_a_block_in_the_other_script_is_divided_from_its_sentence():
    words, sentence = "国产视频在线观看", "專題報導閱讀訪問"
    assert parts_of(sentence + words, words, sentence) == [sentence, words]


@given(pages)
def test_pieces_cover_what_segments_cover(text):
    page, whole = page_of(text), segments_of(text)
    found = pieces_of(page, blank_lexical()).segments
    assert found.begin[:1].tolist() == whole.begin[:1].tolist()
    assert found.end[-1:].tolist() == whole.end[-1:].tolist()
    assert (found.start < found.stop).all()
    assert set(whole.stop.tolist()) <= set(found.stop.tolist())


@given(pages)
def test_every_letter_of_a_piece_has_a_gain(text):
    page = page_of(text, fond_prefilter(WORDS, SENTENCE))
    segments, grams, gains = pieces_of(page, fond_lexical(WORDS, SENTENCE))
    sizes = page.inner(segments.stop) - page.inner(segments.start)
    assert len(grams) == len(segments)
    assert len(gains) == sizes.sum()


@pytest.mark.parametrize("text", ["", "\n\n", "★★★"])
def test_a_passage_without_words_has_no_pieces(text):
    assert len(pieces_of(page_of(text), blank_lexical()).segments) == 0
