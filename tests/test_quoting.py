"""What is said beside what may be a block."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.pages import Pages, pages_of
from contentfilter.prefilter import PAIR_BITS, SCALE, hash_pairs
from contentfilter.quoting import (
    N_QUOTING_FEATURES,
    NEAR,
    Quoting,
    beside,
    calm_letters,
    describe_quoting,
)
from contentfilter.segmentation import split
from contentfilter.training.dataset import Settings, select
from contentfilter.training.first_stage import fit_quoting
from contentfilter.training.seeds import Seeds
from contentfilter.weights import Weights
from tests.examples import BODY, SEEDS, SPAM, TITLE, folding, fond_prefilter, page_of, pages

AT_ONCE, BEFORE, _, BEHIND, PAGE, COLON, OPENED, CLOSED = range(N_QUOTING_FEATURES)
DOUBTFUL = fond_prefilter(SPAM, TITLE + "甲乙丙丁")._replace(half_bonus=2 * SCALE)


def saying(single="", pair=""):
    """Return weights that are 1 for the characters of ``single`` and the pairs of ``pair``."""
    singles, pairs = np.zeros(1 << 16, np.int8), np.zeros(1 << PAIR_BITS, np.int8)
    singles[page_of(single).letters] = 1
    pairs[hash_pairs(page_of(pair).letters)] = 1
    return Quoting(Weights(singles, 1.0), Weights(pairs, 1.0))


def seen(*texts) -> Pages:
    return pages_of(texts, folding(), DOUBTFUL)


def facts(page, quoting, runs=None):
    """Return the facts about runs of segments of pages; of each segment, unless told."""
    segments = split(page.kinds, page.starts[:-1], page.starts[1:])
    pairs = np.append(hash_pairs(page.letters), np.uint32(0))[: len(page.letters)]
    said = beside(page, pairs, page.doubts, segments, quoting)
    each = np.arange(len(segments))
    return describe_quoting(said, *((each, each) if runs is None else np.array(runs).T))


def facts_of(text, quoting, run):
    (row,) = facts(seen(text), quoting, [run])
    return row


def test_what_is_said_near_counts_on_either_side():
    row = facts_of("报\n甲乙丙丁\n报报", saying("报"), (1, 1))
    assert row[[BEFORE, BEHIND]].tolist() == pytest.approx([1, 2 / 2**0.5])
    assert row[PAGE] == pytest.approx(3 / 3**0.5)


def test_pairs_count_as_well():
    row = facts_of("举报\n甲乙丙丁", saying("举", "举报"), (1, 1))
    assert row[BEFORE] == pytest.approx(2 / 2**0.5)


def test_what_is_far_counts_for_the_page_only():
    at_once, near = NEAR
    row = facts_of("报" + "文" * at_once + "\n甲乙丙丁", saying("报"), (1, 1))
    assert row[AT_ONCE] == 0 < row[BEFORE]
    row = facts_of("报" + "文" * near + "\n甲乙丙丁", saying("报"), (1, 1))
    assert row[BEFORE] == 0
    assert row[PAGE] == pytest.approx(1 / (near + 1) ** 0.5)


def test_a_run_says_nothing_of_itself():
    assert not facts_of("甲乙\n报报_报报\n丙丁", saying("报"), (1, 2))[: PAGE + 1].any()


def test_what_is_in_doubt_says_nothing():
    text = f"{TITLE}\n{SPAM}\n甲乙丙丁"
    page = seen(text)
    phrases = SPAM.split("_")
    size, last = len("".join(phrases)), len(phrases) + 1
    calm = calm_letters(page, page.doubts)
    assert not calm[len(TITLE) :][:size].any()
    assert calm[: len(TITLE) - 1].all()
    assert calm[-4:].all()
    assert not facts_of(text, saying(SPAM, SPAM), (last, last)).any()


@pytest.mark.parametrize(
    "text", ["如下：甲乙", "如下:\n\n甲乙", "如下：\n· 甲乙", "如下：\n+“甲乙”"]
)
def test_a_colon_leads_up_to_what_follows(text):
    assert facts_of(text, saying(), (1, 1))[COLON]


def test_a_colon_leads_to_what_follows_at_once_on_its_own_page():
    assert not facts(seen("如下：甲乙，丙丁"), saying(), [(2, 2)])[0, COLON]
    assert not facts(seen("如下：", "甲乙"), saying(), [(1, 1)])[0, COLON]


@pytest.mark.parametrize(
    ("text", "marks"), [("“甲乙”", [1, 1]), ('"甲乙', [1, 0]), ("甲乙", [0, 0])]
)
def test_brackets_and_quotation_marks_stand_around_what_is_quoted(text, marks):
    assert facts_of(text, saying(), (0, 0))[[OPENED, CLOSED]].tolist() == marks


@given(st.lists(pages, min_size=1, max_size=4))
def test_pages_say_the_same_alone_and_side_by_side(texts):
    quoting = saying(TITLE, BODY)
    alone = [facts(seen(text), quoting) for text in texts]
    assert (facts(seen(*texts), quoting) == np.concatenate(alone)).all()


def test_no_pair_and_no_doubt_reaches_into_another_page():
    texts = ["甲", "乙丙丁", "", SPAM, TITLE, ""]
    quoting = saying(TITLE, "甲乙" + TITLE)
    alone = [facts(seen(text), quoting) for text in texts]
    assert (facts(seen(*texts), quoting) == np.concatenate(alone)).all()
    page = seen(SPAM, TITLE)
    assert calm_letters(page, page.doubts)[page.letter_starts[1]]


def test_the_fitted_weights_tell_who_quotes_from_who_carries():
    seeds = Seeds(SEEDS)
    data = select(seeds, [], Settings())
    few = data._replace(pages=data.pages[::8], negatives=data.negatives[::8])
    for quoting in fit_quoting(few, folding(), [DOUBTFUL, DOUBTFUL], Settings(n_jobs=1)):
        told = "警方提醒：凡是网上出现以下关键词的广告，都是诈骗。\n甲乙丙丁"
        assert facts_of(told, quoting, (3, 3))[BEFORE] > 0.5
        assert facts_of(f"{BODY}\n甲乙丙丁", quoting, (3, 3))[BEFORE] < 0
