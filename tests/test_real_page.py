"""The page that this project began with. It is somebody's article, so it is not part of it."""

import pytest

from contentfilter import Cleaner
from tests.examples import ROOT

PAGE = ROOT.parent / "shared" / "pages" / "seed.txt"
FIRST_KEPT = "黨群建設"


@pytest.fixture(scope="module")
def page():
    if not PAGE.is_file():
        pytest.skip(
            f"the real page is kept outside this project: no {PAGE.name} beside the checkout"
        )
    return PAGE.read_bytes().decode()


def test_the_block_goes_and_every_byte_of_the_article_stays(page):
    article = page[page.index(FIRST_KEPT) :]
    assert Cleaner().clean(page) == article


def test_the_article_alone_stays_as_it_is(page):
    article = page[page.index(FIRST_KEPT) :]
    assert Cleaner().clean(article) is article


def test_the_block_is_found_as_one(page):
    (block,) = Cleaner().explain(page).blocks
    assert (block.start, block.end) == (0, page.index(FIRST_KEPT))
    assert block.category == "adult"
