"""Where a block begins and ends within a line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.decoding import Candidate, extent
from contentfilter.edges import N_EDGE_FEATURES, REACH, Surroundings, block_of, refine
from contentfilter.features import Context
from contentfilter.fluency import Reading
from contentfilter.looking import Look
from contentfilter.spans import cut
from tests.examples import SPAM, TITLE, blank_lexical, page_of, pages, pieces_of


class Favours:
    """Judges of places that like the one with so many characters before it in its line."""

    def __init__(self, before):
        self.before = before

    def predict(self, X):
        return np.where(X[:, -8] == self.before, 5.0, -5.0)


NOTHING = Favours(-1)


def around(text):
    """Return what is known of the characters of ``text``, all of it one passage."""
    page = page_of(text)
    known = np.zeros(len(page.letters), bool)
    parts, reading = pieces_of(page, blank_lexical()), Reading(page)
    sides = reading.sides(page.inner(parts.segments.start), page.inner(parts.segments.stop))
    context = Context(page, np.zeros((0, 2), np.int64))
    X = np.zeros((len(parts.segments), 1))
    look = Look(page, parts, X, known, reading, sides, context, page.doubts)
    return page, Surroundings(look, blank_lexical(), [()] * len(parts.segments))


def refined(text, candidate, begins=NOTHING, ends=NOTHING):
    """Return what is left of ``text`` when a candidate's edges were refined and it was cut."""
    page, surroundings = around(text)
    [(segments, found)] = refine(surroundings, [Candidate(*candidate)], begins, ends)
    return cut(text, [extent(text, page, 0, segments, found)])


def test_edges_stay_where_no_place_is_better():
    assert refined("河道治理_国产精品_欧美在线", (1, 2)) == "河道治理"


def test_a_title_is_taken_out_of_the_block_on_its_line():
    assert refined("河道治理_国产精品_欧美在线", (0, 2), begins=Favours(4)) == "河道治理"


def test_a_phrase_is_taken_into_the_block():
    assert refined("河道治理_国产精品_欧美在线", (2, 2), begins=Favours(4)) == "河道治理"


def test_a_block_may_begin_within_a_segment():
    assert refined("河道治理国产精品_欧美在线", (1, 1), begins=Favours(4)) == "河道治理"


def test_a_block_may_end_within_a_segment():
    assert refined("国产精品_欧美在线河道治理", (0, 1), ends=Favours(8)) == "河道治理"


def test_a_block_may_begin_and_end_within_one_segment():
    text = "昨日河道国产精品治理工程"
    assert refined(text, (0, 0), Favours(4), Favours(8)) == "昨日河道治理工程"


def test_many_edges_are_refined_as_each_is_alone():
    _, surroundings = around("昨日国产精品_河道治理\n欧美在线河道\n治理_国产精品")
    candidates = [Candidate(0, 0), Candidate(2, 2), Candidate(3, 4), Candidate(0, 4)]
    judges = Favours(2), Favours(4)
    together = refine(surroundings, candidates, *judges)
    alone = [refine(surroundings, [candidate], *judges)[0] for candidate in candidates]
    for (segments, found), (own, best) in zip(together, alone, strict=True):
        assert found == best
        assert all((a == b).all() for a, b in zip(segments, own, strict=True))


def test_an_edge_never_leaves_its_line():
    _, surroundings = around("河道\n国产精品\n治理")
    lines = surroundings.lines_of(np.array([1]))
    assert (lines.first.tolist(), lines.last.tolist()) == ([2], [6])
    assert refined("河道\n国产精品\n治理", (1, 1), Favours(9), Favours(9)) == "河道\n治理"


def test_no_place_is_within_a_word_of_letters_or_digits():
    _, surroundings = around("国产app下载1234页")
    places = surroundings.places(np.array([0]), np.array([12]))
    assert places.at.tolist() == [0, 1, 2, 5, 6, 7, 11, 12]


@pytest.mark.parametrize("text", [SPAM, TITLE, "a", "国", "国国_产\n品 &#x56FD;"])
def test_every_place_has_all_features(text):
    _, surroundings = around(text)
    lines = surroundings.lines_of(np.array([0]))
    places = surroundings.places(lines.first, lines.last - 1)
    block = block_of(places, lines.first, lines.last)
    assert surroundings.describe(places, lines, block).shape == (len(places.at), N_EDGE_FEATURES)


@given(pages, st.data())
def test_a_refined_candidate_is_one_of_the_segments(text, data):
    if not len(pieces_of(page_of(text), blank_lexical()).segments):
        return
    _, surroundings = around(text)
    first = data.draw(st.integers(0, len(surroundings.segments) - 1))
    last = data.draw(st.integers(first, len(surroundings.segments) - 1))
    judges = [Favours(data.draw(st.integers(0, REACH))) for _ in range(2)]
    [(segments, found)] = refine(surroundings, [Candidate(first, last)], *judges)
    assert 0 <= found.first <= found.last < len(segments)
    assert (segments.start < segments.stop).all()
    assert (segments.begin[1:] >= segments.end[:-1]).all()
