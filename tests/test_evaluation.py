"""Counts that are easy to check by hand, on a stub of a cleaner."""

import pytest

from contentfilter.cleaner import Block, Explanation
from contentfilter.evaluation import Case, Tally, evaluate, expected_text
from contentfilter.spans import Span, cut


class Stub:
    """Cuts what it is told to cut."""

    def __init__(self, *spans):
        self.blocks = [Block(*span, 0.9, "adult", ()) for span in spans]

    def explain(self, text):
        return Explanation(cut(text, [block.span for block in self.blocks]), self.blocks)


def total(case, *spans):
    return evaluate(Stub(*spans), [case]).total


CLEAN = Case("clean", "甲乙丙")
HACKED = Case("hacked", "甲乙 丙丁", [Span(2, 5)])  # the block is a blank and two characters


def test_an_unchanged_clean_text_is_no_failure():
    report = evaluate(Stub(), [CLEAN])
    assert (report.total.clean, report.total.clean_changed) == (1, 0)
    assert report.failures == []


def test_a_changed_clean_text_is_counted():
    assert total(CLEAN, (0, 1)).share_changed == 1


def test_a_changed_clean_text_shows_what_was_removed():
    (failure,) = evaluate(Stub((1, 3)), [CLEAN]).failures
    assert (failure.id, failure.wrongly_removed, failure.left) == ("clean", ["乙丙"], [])


def test_a_page_that_comes_back_as_before_is_perfect():
    tally = total(HACKED, (2, 5))
    assert (tally.pages, tally.perfect, tally.recall, tally.precision) == (1, 1, 1, 1)


def test_white_space_does_not_count_as_characters():
    assert total(HACKED, (2, 5)).block_characters == 2


def test_recall_is_the_share_of_the_block_that_was_removed():
    assert total(HACKED, (4, 5)).recall == 0.5


def test_precision_is_the_share_of_the_removed_that_was_injected():
    assert total(HACKED, (0, 5)).precision == 0.5


def test_a_page_left_alone_has_full_precision_and_no_recall():
    tally = total(HACKED)
    assert (tally.precision, tally.recall, tally.perfect) == (1, 0, 0)


def test_a_failed_page_shows_what_was_left_and_what_was_lost():
    (failure,) = evaluate(Stub((1, 4)), [HACKED]).failures
    assert (failure.wrongly_removed, failure.left) == (["乙"], ["丁"])


def test_a_cut_that_misses_the_white_space_is_not_perfect():
    tally = total(Case("p", "甲\n\n乙", [Span(0, 1)]), (0, 1))
    assert (tally.recall, tally.precision, tally.perfect) == (1, 1, 0)


def test_lost_text_costs_more_than_spam_left():
    cases = [Case("left", "甲乙丙", [Span(0, 3)]), Case("lost", "甲乙丙", [Span(2, 3)])]
    assert [f.id for f in evaluate(Stub((0, 1)), cases).failures] == ["lost", "left"]


def test_groups_are_counted_apart():
    cases = [
        Case("a", "甲乙", [Span(0, 1)], (("category", "adult"),)),
        Case("b", "甲乙", [Span(0, 1)], (("category", "gambling"), ("layout", "head"))),
    ]
    report = evaluate(Stub((0, 1)), cases)
    assert report.groups["category", "adult"].pages == 1
    assert report.groups["layout", "head"].pages == 1
    assert report.total.pages == 2


def test_nothing_measured_is_nothing_wrong():
    tally = Tally()
    assert (tally.recall, tally.precision, tally.share_changed, tally.share_perfect) == (1, 1, 0, 1)


@pytest.mark.parametrize(
    ("marked", "cleaned"),
    [
        ("[丙]\n\n甲", "甲"),
        ("甲\n\n[丙]\n\n乙", "甲\n\n乙"),
        ("甲\n\n[丙]", "甲"),
        ("甲\n\n[丙]\n", "甲\n"),
        ("  [丙]\n甲", "甲"),
        ("• [丙]\n甲", "甲"),
        ("甲[_丙]\n\n乙", "甲\n\n乙"),
        ("[丙_]甲\n\n乙", "甲\n\n乙"),
        ("[丙]\r\n\r\n甲", "甲"),
        ("[丙]\n\n甲\n\n[丁]", "甲"),
    ],
)
def test_blocks_are_expected_to_take_their_blank_lines_along(marked, cleaned):
    text, spans = "", []
    for character in marked:
        if character == "[":
            start = len(text)
        elif character == "]":
            spans.append(Span(start, len(text)))
        else:
            text += character
    assert expected_text(text, spans) == cleaned
