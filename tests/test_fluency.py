"""How well text runs on, and what was put into it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.fluency import N_JOINTS, STEPS, Reading, joints
from contentfilter.pages import pages_of
from contentfilter.training.counts import fit_fluency
from contentfilter.training.dataset import Settings
from tests.examples import blank_fluency, blank_prefilter, folding, page_of, pages

BODY = "昨日上午，市水利局组织专家对河道治理工程进行了验收。\n"


@pytest.fixture(scope="module")
def fluency():
    """How ``BODY`` runs on."""
    return fit_fluency([[BODY] * 3, [BODY] * 3], folding(), Settings(n_jobs=1))[-1]


def read(text):
    """Return the characters of ``text`` that count, ``|`` for a line end, and ``。，`` as marks."""
    marks = {8: "|", 9: "。", 10: "，"}
    symbols = Reading(page_of(text)).symbols.tolist()
    return "".join(marks.get(symbol) or chr(symbol) for symbol in symbols)


def facts(fluency, text, injected):
    """Return the facts about where ``injected`` stands in ``text``."""
    page = page_of(text)
    first, last = page.where.searchsorted(
        [text.index(injected), text.index(injected) + len(injected)]
    )
    sides = Reading(page).sides(np.array([first]), np.array([last]))
    return joints(fluency, sides, sides)[0]


def likely(fluency, *characters):
    a, b, c = (np.array([ord(character)], np.uint16) for character in characters)
    return float(fluency.of(a, b, c)[0])


def test_pages_are_read_without_blanks_symbols_and_what_cannot_be_seen():
    assert read("河 道\u200b★，治\n理。") == "||河道，治|理。|||||"


def test_the_likelier_a_character_the_oftener_it_was_seen_there():
    fluency = fit_fluency([["甲乙丙甲乙丙甲乙丙甲乙丁"], [""]], folding(), Settings(n_jobs=1))[-1]
    assert likely(fluency, "甲", "乙", "丙") == pytest.approx(np.log(0.75), abs=1 / STEPS)
    assert likely(fluency, "甲", "乙", "丁") == pytest.approx(np.log(0.25), abs=1 / STEPS)


def test_what_was_not_seen_is_told_by_shorter_n_grams(fluency):
    seen, by_pair, by_none = (
        likely(fluency, *characters) for characters in ("河道治", "国道治", "国产治")
    )
    assert seen > by_pair > by_none


def test_a_model_that_has_seen_nothing_tells_nothing_apart():
    assert likely(blank_fluency(), *"河道治") == likely(blank_fluency(), *"国产精")


def test_text_meets_fluently_without_what_was_put_in(fluency):
    follows, followed, bridge, bridged = facts(
        fluency, BODY.replace("治理", "国产精品治理"), "国产精品"
    )[:4]
    assert bridge > max(follows, followed)
    assert bridged > 0


def test_text_does_not_meet_fluently_without_a_part_of_its_own(fluency):
    follows, followed, bridge, bridged = facts(fluency, BODY, "治理工")[:4]
    assert bridge < min(follows, followed)
    assert bridged < 0


def test_a_stop_before_or_behind_belongs_to_the_text_once(fluency):
    before = facts(fluency, BODY.replace("，", "，国产精品"), "国产精品")
    both = facts(fluency, BODY.replace("，", "，国产精品，"), "国产精品")
    assert before[2] == both[2]


def test_a_block_at_the_end_of_a_line_is_bridged_to_the_line_end(fluency):
    behind = facts(fluency, BODY.replace("。", "。国产精品"), "国产精品")
    assert behind[2] > behind[0]


@given(st.lists(pages, min_size=2, max_size=3))
def test_what_stands_beside_does_not_depend_on_the_neighbours(texts):
    together = pages_of(texts, folding(), blank_prefilter())
    read_together = Reading(together)
    for i, text in enumerate(texts):
        alone = page_of(text)
        n = len(alone.letters)
        if n:
            first, last = np.arange(n), np.arange(n) + 1
            own = Reading(alone).sides(first, last)
            moved = together.letter_starts[i]
            among = read_together.sides(first + moved, last + moved)
            for column, other in zip(own, among, strict=True):
                assert (column == other).all()


def test_every_stretch_has_all_facts():
    assert facts(blank_fluency(), BODY, "河").shape == (N_JOINTS,)
