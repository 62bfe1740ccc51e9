"""Made pages: the block stands where the label says, and the host is untouched around it."""

import unicodedata

import pytest

from contentfilter.spans import cut
from contentfilter.training.seeds import Seeds
from contentfilter.training.synthesis import Synthesis, add_block
from tests.examples import BODY, SEEDS, TITLE

HOST = f"{TITLE}\n\n{BODY}\n{BODY}\n\n水利局办公室"
ON_A_SHARED_LINE = "title_before title_after title_around glued_end glued_start sentence"
PLACES = f"head tail between second_line {ON_A_SHARED_LINE}"


@pytest.fixture(scope="module")
def seeds():
    return Seeds(SEEDS)


@pytest.fixture
def synthesis(seeds):
    return Synthesis(seeds, frozenset(range(10)), 0)


@pytest.fixture
def pages(synthesis):
    """Return some pages with a block at a place."""
    return lambda place: [synthesis.page(HOST, place=place) for _ in range(40)]


def ink(text):
    return "".join(text.split())


def test_places_are_those_of_the_layouts(seeds):
    assert set(seeds.layouts["places"]) == set(PLACES.split())


@pytest.mark.parametrize("place", PLACES.split())
def test_the_host_is_whole_around_the_block(pages, place):
    left = [ink(cut(page.text, page.spans)) for page in pages(place)]
    # Some heads have a bullet or an error message in front, as real ones do.
    assert [text for text in left if not text.endswith(ink(HOST))] == []


@pytest.mark.parametrize("place", ON_A_SHARED_LINE.split())
def test_without_a_block_on_a_shared_line_the_host_is_as_it_was(pages, place):
    assert {cut(page.text, page.spans) for page in pages(place)} == {HOST}


@pytest.mark.parametrize("place", PLACES.split())
def test_spans_are_not_empty_and_inside_the_page(pages, place):
    for page in pages(place):
        for start, end in page.spans:
            assert 0 <= start < end <= len(page.text)
            assert page.text[start:end].strip()
        assert len(page.spans) == (2 if place == "title_around" else 1)


def test_the_span_holds_the_block(synthesis):
    block = synthesis.block("gambling", "line", "none")
    page = synthesis.page(HOST, block, "tail")
    ((start, end),) = page.spans
    assert page.text[start:end] == block.text


def test_a_page_tells_what_it_was_made_of(synthesis):
    page = synthesis.page(HOST, synthesis.block("lottery", "line", "none"), "head")
    assert page.categories == ["lottery"]
    assert page.facts.items() >= {"layout": "head", "form": "line", "noise": "none"}.items()


def test_a_second_block_stands_at_the_other_end(synthesis):
    page = add_block(synthesis, synthesis.page(HOST, place="head"))
    assert len(page.spans) == len(page.categories) == 2
    assert ink(cut(page.text, page.spans)).endswith(ink(HOST))
    assert page.spans[1].end == len(page.text)


def test_the_same_random_state_makes_the_same_pages(seeds):
    first, second = (Synthesis(seeds, frozenset(range(10)), 7) for _ in range(2))
    assert [first.page(HOST) for _ in range(20)] == [second.page(HOST) for _ in range(20)]


def test_another_random_state_makes_other_pages(seeds):
    first, second = (Synthesis(seeds, frozenset(range(10)), n) for n in (7, 8))
    assert first.page(HOST) != second.page(HOST)


@pytest.mark.parametrize("buckets", [range(2), range(2, 6), range(6, 10)])
def test_every_category_and_form_makes_blocks_from_part_of_the_lexicon(seeds, buckets):
    synthesis = Synthesis(seeds, frozenset(buckets), 0)
    forms, categories = seeds.layouts["forms"], seeds.categories
    blocks = [synthesis.block(c, form, "none") for c in categories for form in forms]
    assert all(block.text.strip() for block in blocks)


@pytest.mark.parametrize("count", [2, 5, 12])
def test_a_line_has_the_asked_number_of_phrases(synthesis, count):
    assert len(set(synthesis.phrases("gambling", count))) in range(count - 1, count + 2)


LINE = "国产精品久久_av在线观看2024"


@pytest.mark.parametrize("noise", ["zero_width", "inserted", "spaced", "emoji"])
def test_insertions_leave_the_words_as_they_were(synthesis, noise):
    marks = set("".join(synthesis.characters["inserted"] + synthesis.characters["emoji"]))
    marks |= set(synthesis.characters["zero_width"]) | set(" \u3000_|")
    disguised = [synthesis.disguise(LINE, noise, "_") for _ in range(20)]
    assert {"".join(c for c in text if c not in marks) for text in disguised} == {
        LINE.replace("_", "")
    }


def test_full_width_letters_stand_for_the_same(synthesis):
    assert unicodedata.normalize("NFKC", synthesis.disguise(LINE, "full_width", "_")) == LINE


def test_a_legitimate_host_loses_nothing_but_its_length(synthesis):
    assert all(synthesis.host(HOST).split("\n")[0] for _ in range(50))


def test_a_remnant_is_empty_elements_with_one_id(synthesis):
    assert synthesis.tags().count(synthesis.tags()[:0] + 'id="') in (1, 2, 3)


def test_legitimate_look_alikes_are_made(synthesis):
    assert all(synthesis.look_alike().strip() for _ in range(50))


def test_legitimate_lists_are_made_of_their_items(synthesis):
    items = "水利局 财政局 教育局 交通局 民政局 公安局 气象局 统计局".split()
    lists = [synthesis.legit_list(items) for _ in range(50)]
    assert all(text.strip() for text in lists)
