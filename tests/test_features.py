"""Facts about segments on their pages."""

import numpy as np

from contentfilter.features import Context
from tests.examples import page_of


def known(text, doubted):
    """Return the letters of ``text`` that begin a pair its page has elsewhere, in brackets."""
    page = page_of(text)
    start = text.index(doubted)
    context = Context(page, np.array([[start, start + len(doubted)]]))
    letters = np.array([0]), np.array([len(page.letters)])
    marked = context.known(*letters)
    return "".join(
        chr(code) for code, is_known in zip(page.letters, marked, strict=True) if is_known
    )


def test_a_doubted_pair_is_known_where_the_rest_of_the_page_has_it():
    assert known("河道治理\n\n河道精品", "河道精品").endswith("河")


def test_a_pair_outside_all_doubt_does_not_make_itself_known():
    assert known("河道治理\n\n国产精品", "国产精品") == ""


def test_a_pair_outside_all_doubt_is_known_where_it_stands_twice():
    assert known("河道治理\n\n国产精品\n\n河道验收", "国产精品") == "河河"
