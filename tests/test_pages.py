"""Texts side by side."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.pages import chosen, joined, pages_of
from tests.examples import SPAM, TITLE, folding, fond_prefilter, pages

PREFILTER = fond_prefilter(SPAM, TITLE)
SEEN = "starts codes flags letters letter_starts scripts weights weights_with_script where".split()


def of(texts):
    return pages_of(texts, folding(), PREFILTER)


def same(one, other):
    """Whether everything that is asked of pages is the same for both."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in SEEN)


@given(st.lists(st.lists(pages, min_size=1, max_size=4), min_size=1, max_size=3), st.data())
def test_some_pages_of_several_are_as_if_seen_alone(parts, data):
    numbers = [data.draw(st.sets(st.integers(0, len(part) - 1), min_size=1)) for part in parts]
    wanted = [part[i] for part, own in zip(parts, numbers, strict=True) for i in sorted(own)]
    taken = joined([chosen(of(p), sorted(own)) for p, own in zip(parts, numbers, strict=True)])
    assert same(taken, of(wanted))


def test_all_pages_of_one_part_are_not_made_again():
    part = of([SPAM, TITLE])
    assert joined([chosen(part, [0, 1])]) is part


def test_each_page_counts_from_its_own_start():
    part = of(["甲", "&#x56FD;乙"])
    assert [part.offset_in(1, int(i)) for i in part.where[part.letter_starts[1] :]] == [0, 8]
