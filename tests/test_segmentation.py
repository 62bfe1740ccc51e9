"""Pages fall into segments without losing a character that could matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.segmentation import LINE_GAP, LONGEST_SECTION, sections, split
from tests.examples import SPAM, TITLE, any_text, page_of, pages, phrases, segments_of

SEPARATORS = [*"_|丨｜,，、；;。！\n", " | ", "__", "\r\n"]


@given(any_text | pages)
def test_segments_are_in_order_and_apart(text):
    found = segments_of(text)
    assert (found.end[:-1] <= found.begin[1:]).all()


@given(any_text | pages)
def test_the_words_of_a_segment_lie_inside_it(text):
    found = segments_of(text)
    assert (found.begin <= found.start).all()
    assert (found.start < found.stop).all()
    assert (found.stop <= found.end).all()


@given(any_text | pages)
def test_every_character_with_a_code_is_a_word_of_a_segment(text):
    found, codes = segments_of(text), page_of(text).codes
    covered = np.zeros(len(codes), bool)
    for start, stop in zip(found.start, found.stop, strict=True):
        covered[start:stop] = True
    assert covered[codes != 0].all()


@given(any_text | pages)
def test_every_segment_begins_and_ends_with_a_word(text):
    found, codes = segments_of(text), page_of(text).codes
    assert codes[found.start].all()
    assert codes[found.stop - 1].all()


@given(pages, st.data())
def test_a_part_of_a_page_is_split_within_its_bounds(text, data):
    page = page_of(text)
    last = data.draw(st.integers(0, len(page.kinds)))
    first = data.draw(st.integers(0, last))
    found = split(page.kinds, np.array([first]), np.array([last]))
    assert (found.begin >= first).all()
    assert (found.end <= last).all()


@given(st.lists(pages, min_size=1, max_size=4), st.data())
def test_passages_are_split_together_as_each_is_alone(texts, data):
    page = page_of("\n".join(texts))
    edges = sorted(data.draw(st.sets(st.integers(0, len(page.kinds)), max_size=8)))
    first, last = np.array(edges[:-1:2], np.int64), np.array(edges[1::2], np.int64)
    together = split(page.kinds, first, last)
    for i in range(len(first)):
        alone = split(page.kinds, first[i : i + 1], last[i : i + 1])
        found = together.take(np.flatnonzero(together.passage == i))
        for name in ("begin", "start", "stop", "end", "gap"):
            assert getattr(found, name).tolist() == getattr(alone, name).tolist()
        assert np.diff(found.line).tolist() == np.diff(alone.line).tolist()


@given(pages)
def test_lines_are_counted_upwards(text):
    assert (np.diff(segments_of(text).line) >= 0).all()


@pytest.mark.parametrize("separator", SEPARATORS)
def test_every_separator_ends_a_phrase(separator):
    assert phrases(f"国产精品{separator}亚洲综合") == ["国产精品", "亚洲综合"]


@pytest.mark.parametrize("separator", [" ", "-", "·", "/", "\u3000", "\t", "★", "#", "~"])
def test_weaker_separators_end_a_phrase_of_more_than_a_letter(separator):
    assert phrases(f"国产精品{separator}亚洲综合") == ["国产精品", "亚洲综合"]


@pytest.mark.parametrize("blank", [" ", "\u3000", "·", "+", "-"])
def test_spaced_letters_stay_one_phrase(blank):
    text = blank.join("成人网站")
    assert phrases(text) == [text]


def test_words_in_brackets_stay_with_their_phrase():
    assert phrases("免费(高清)观看") == ["免费(高清)观看"]


def test_zero_width_characters_do_not_end_a_phrase():
    assert phrases("国\u200b产\u200b精品_亚洲") == ["国\u200b产\u200b精品", "亚洲"]


def test_latin_words_stay_together():
    assert phrases("free full movies online") == ["free full movies online"]


def test_a_long_run_of_latin_words_is_divided():
    assert len(phrases("word " * 40)) > 3


def test_a_number_with_a_comma_is_one_phrase():
    assert phrases("1,204") == ["1,204"]


def test_a_segment_keeps_its_separator():
    found = segments_of("国产精品_亚洲综合")
    assert found.end.tolist() == [5, 10]  # the last takes the line end of its page


def test_the_first_segment_of_a_line_takes_its_lead():
    found = segments_of(f"{TITLE}\n  • {SPAM}")
    assert found.begin[1] == len(TITLE) + 1


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_last_segment_of_a_line_takes_the_line_end(end):
    found = segments_of(f"{TITLE}{end}{TITLE}")
    assert found.end[0] == len(TITLE) + len(end)


def test_the_gap_at_a_line_end_is_a_line_gap():
    assert segments_of(f"{TITLE}\r\n{TITLE}").gap.tolist() == [LINE_GAP, LINE_GAP]


def test_blank_lines_count_as_lines_and_hold_no_segment():
    assert segments_of(f"{TITLE}\n\n \n{TITLE}").line.tolist() == [0, 3]


def test_a_zero_width_character_that_opens_the_next_line_is_not_taken():
    found = segments_of(f"{SPAM}\n\ufeff{TITLE}")
    assert found.end[found.line == 0].max() == len(SPAM) + 1


def test_a_text_of_separators_has_no_segments():
    assert len(segments_of("_ | 。\n\n★ - \u200b")) == 0


def test_a_page_is_one_section():
    assert list(sections(TITLE)) == [(0, len(TITLE))]
    assert list(sections("")) == [(0, 0)]


@pytest.mark.parametrize("mark", ["\n", "。", ",", ""])
def test_sections_of_a_long_text_are_a_partition_that_ends_with_marks(mark):
    text = (TITLE + mark) * (4 * LONGEST_SECTION // len(TITLE))
    found = list(sections(text))
    assert "".join(text[a:b] for a, b in found) == text
    assert len(found) >= 4
    assert all(b - a <= LONGEST_SECTION for a, b in found)
    assert all(text[:b].endswith(mark) for _, b in found)
