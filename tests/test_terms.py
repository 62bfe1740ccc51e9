"""Terms that a user allows or denies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter import Cleaner, clean
from contentfilter.spans import Span, cut
from contentfilter.terms import Terms, without
from tests.examples import SPAM, blank_model

ARTICLE = "河道治理工程通过验收\n\n昨日上午，市水利局组织专家对工程进行了验收，审定了资料。"
PAGE = f"{SPAM}\n\n{ARTICLE}"


def cleaned(text, **options):
    """Return ``text`` cleaned by a model that finds nothing."""
    return Cleaner(blank_model(), **options).clean(text)


def test_a_denied_term_is_cut_where_the_model_finds_nothing():
    assert cleaned("一则广告位招租二", deny=["广告位招租"]) == "一则二"


def test_an_allowed_term_stays_within_a_block():
    term = SPAM[3:7]
    assert Cleaner(allow=[term]).clean(PAGE) == f"{term}\n\n{ARTICLE}"


def test_allowing_a_whole_block_keeps_the_page():
    assert Cleaner(allow=[SPAM]).clean(PAGE) is PAGE


def test_allowing_what_is_not_there_changes_nothing():
    assert Cleaner(allow=["不在此页"]).clean(PAGE) == clean(PAGE)


@pytest.mark.parametrize(
    ("allow", "deny", "text", "left"),
    [
        (["福利彩票"], ["彩票"], "福利彩票与彩票", "福利彩票与"),  # longer
        (["彩票"], ["福利彩票"], "福利彩票中心", "彩票中心"),  # shorter
        (["利彩"], ["福利", "彩票"], "福利彩票", "利彩"),  # overlapping on both sides
        (["彩票"], ["彩票"], "彩票", "彩票"),  # the same
        ([], ["福利", "利彩票"], "买福利彩票", "买"),  # two that overlap
        ([], ["福利", "福利彩票"], "福利彩票，福利", "，"),  # one within the other
        (["票"], ["彩票"], "彩票\r\n二", "票\r\n二"),
    ],
)
def test_allow_beats_deny_character_by_character(allow, deny, text, left):
    assert cleaned(text, allow=allow, deny=deny) == left


def test_denying_a_term_leaves_the_blocks_of_the_model_cut():
    assert Cleaner(deny=["审定"]).clean(PAGE) == clean(PAGE).replace("审定", "")


def test_a_denied_block_says_so():
    (block,) = Cleaner(blank_model(), deny=["招租"]).explain("广告招租").blocks
    assert (block.span, block.category, block.reasons) == (Span(2, 4), "deny", ("招租",))


def test_a_term_that_appears_when_others_are_cut_is_cut_too():
    assert cleaned("招招租租", deny=["招租"]) == ""


def test_terms_are_found_as_they_are_written():
    assert cleaned("ＡＢ ab AB", deny=["AB"]) == "ＡＢ ab "


@pytest.mark.parametrize("option", ["allow", "deny", "categories"])
def test_a_single_string_is_no_collection_of_terms(option):
    with pytest.raises(TypeError, match=option):
        Cleaner(blank_model(), **{option: "彩票"})


def test_a_term_must_be_text():
    with pytest.raises(TypeError, match="deny must hold str, got int"):
        Cleaner(deny=[5])


def test_an_empty_term_is_refused():
    with pytest.raises(ValueError, match="allow must not hold an empty term"):
        Cleaner(allow=["彩票", ""])


def test_only_blocks_of_the_wanted_categories_are_cut():
    assert Cleaner(categories={"adult"}).clean(PAGE) == clean(PAGE)
    assert Cleaner(categories={"invoices"}).clean(PAGE) is PAGE
    assert Cleaner(categories=()).clean(PAGE) is PAGE


def test_an_unknown_category_is_named_beside_the_known_ones():
    with pytest.raises(ValueError, match=r"adult, .*; got 'adlut'"):
        Cleaner(categories=["adlut"])


def test_the_line_of_what_stays_keeps_its_end():
    text = "一_留_二\n三\n\n四"
    assert cut(text, without(text, Span(0, 9), [Span(2, 3)])) == "留\n四"


def test_whole_lines_around_what_stays_are_cut_whole():
    text = "一\n留\n三\n四"
    assert cut(text, without(text, Span(0, 6), [Span(2, 3)])) == "留\n四"


_letters = st.text("ab\n", max_size=20)
_terms = st.lists(st.text("ab", min_size=1, max_size=3), max_size=3)


@given(_letters, _terms, _terms)
def test_no_allowed_character_is_ever_cut(text, allow, deny):
    kept = cleaned(text, allow=allow, deny=deny)
    for term in allow:
        assert kept.count(term) >= text.count(term)


@given(_letters, _terms, _terms)
def test_cleaning_twice_is_cleaning_once_with_terms(text, allow, deny):
    once = cleaned(text, allow=allow, deny=deny)
    assert cleaned(once, allow=allow, deny=deny) == once


@given(_letters, _terms)
def test_terms_cover_what_each_of_them_covers(text, terms):
    covered = {i for start, end in Terms("deny", terms).spans(text) for i in range(start, end)}
    assert covered == {
        i
        for term in terms
        for at in range(len(text))
        if text.startswith(term, at)
        for i in range(at, at + len(term))
    }
