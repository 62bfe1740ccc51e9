"""Cutting spans out, putting them back, and moving them between the two texts."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contentfilter.spans import Span, cut, join, restore, shift
from tests.examples import any_text


@st.composite
def texts_and_spans(draw):
    text = draw(any_text)
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    return text, [Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=False)]


def test_a_text_without_spans_comes_back_as_the_same_object():
    text = "河道治理 工程"
    assert cut(text, []) is text


def test_all_but_the_spans_is_kept():
    assert cut("abcdefgh", [Span(0, 2), Span(3, 4), Span(7, 8)]) == "cefg"


def test_a_text_can_be_cut_whole():
    assert cut("abc", [Span(0, 3)]) == ""


def test_cut_takes_an_iterator():
    assert cut("abcdef", iter([(1, 2), (4, 5)])) == "acdf"


@given(texts_and_spans())
def test_restoring_what_was_cut_gives_the_text_back(case):
    text, spans = case
    removed = [text[start:end] for start, end in spans]
    assert restore(cut(text, spans), spans, removed) == text


@given(texts_and_spans())
def test_cut_removes_as_many_characters_as_the_spans_hold(case):
    text, spans = case
    assert len(cut(text, spans)) == len(text) - sum(end - start for start, end in spans)


def test_touching_spans_join():
    assert join([(0, 2), (2, 3)]) == [(0, 3)]


def test_a_span_inside_another_disappears_in_it():
    assert join([(0, 9), (2, 3)]) == [(0, 9)]


def test_empty_spans_are_dropped():
    assert join([(4, 4), (1, 2)]) == [(1, 2)]


any_spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted).map(tuple))


@given(any_spans)
def test_joined_spans_cover_the_same_characters(spans):
    covered = {i for start, end in spans for i in range(start, end)}
    assert {i for start, end in join(spans) for i in range(start, end)} == covered


@given(any_spans)
def test_joined_spans_are_in_order_and_apart(spans):
    joined = join(spans)
    assert all(a.end < b.start for a, b in pairwise(joined))


def test_a_span_behind_a_cut_moves_on():
    assert shift([(1, 3)], [(0, 5)]) == [(6, 8)]


def test_a_span_before_a_cut_stays():
    assert shift([(0, 2)], [(2, 5)]) == [(0, 2)]


def test_a_span_over_two_cuts_comes_back_in_three_pieces():
    assert shift([(0, 6)], [(2, 4), (6, 9)]) == [(0, 2), (4, 6), (9, 11)]


@given(texts_and_spans(), st.data())
def test_a_shifted_span_holds_the_same_characters(case, data):
    text, cuts = case
    rest = cut(text, join(cuts))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(rest))] * 2)))
    pieces = shift([(start, end)], join(cuts))
    assert "".join(text[a:b] for a, b in pieces) == rest[start:end]


@given(texts_and_spans(), st.data())
def test_cutting_twice_is_cutting_once_with_shifted_spans(case, data):
    text, cuts = case
    cuts = join(cuts)
    rest = cut(text, cuts)
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(rest))] * 2)))
    assert cut(text, join([*cuts, *shift([(start, end)], cuts)])) == cut(rest, [(start, end)])
