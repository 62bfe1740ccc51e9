"""Small cases made by hand: ``cases/injected.json``, ``clean.json`` and ``known_failures.json``.

A report of a wrong cut starts as a case: in ``known_failures.json`` until it is fixed.
"""

import json

import pytest

from contentfilter import Cleaner
from contentfilter.spans import cut
from tests.examples import CASES

ALL = ("injected", "clean", "known_failures")
STRICTER = (0.5, 0.8, 0.95, 0.99)


def read(*names):
    files = [(CASES / f"{name}.json").read_text(encoding="utf-8") for name in names]
    return [case for file in files for case in json.loads(file)]


def each(*names):
    """Run a test for every case of some files."""
    cases = [
        pytest.param(
            case,
            id=case["label"],
            marks=[pytest.mark.xfail(reason=case["comment"])] if name == "known_failures" else [],
        )
        for name in names
        for case in read(name)
    ]
    return pytest.mark.parametrize("case", cases)


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner()


@each("injected", "known_failures")
def test_the_injected_text_is_removed(cleaner, case):
    assert cleaner.clean(case["text"]) == case["cleaned"]


@each("clean")
def test_a_clean_text_comes_back_as_the_same_object(cleaner, case):
    assert cleaner.clean(case["text"]) is case["text"]


@each("injected", "clean")
def test_the_blocks_rebuild_the_result(cleaner, case):
    cleaned, blocks = cleaner.explain(case["text"])
    assert cut(case["text"], [block.span for block in blocks]) == cleaned


@each("injected")
def test_a_cleaned_page_stays_as_it_is(cleaner, case):
    assert cleaner.clean(case["cleaned"]) is case["cleaned"]


@each("injected", "clean")
def test_a_higher_threshold_never_removes_more(case):
    kept = [len(Cleaner(threshold=threshold).clean(case["text"])) for threshold in STRICTER]
    assert kept == sorted(kept)


def test_labels_are_unique():
    labels = [case["label"] for case in read(*ALL)]
    assert sorted(labels) == sorted(set(labels))


def test_every_case_says_why_it_is_here():
    cases = read(*ALL)
    assert all(case.keys() == {"label", "comment", "text", "cleaned"} for case in cases)
    assert all(case["comment"] for case in cases)


def test_clean_cases_are_to_come_back_unchanged():
    assert [case["label"] for case in read("clean") if case["text"] != case["cleaned"]] == []
