from contentfilter import tables
from contentfilter.evaluation import Failure, Report, Tally


def some_report():
    found = Report(total=Tally(clean=2000, clean_changed=3, pages=4, perfect=3))
    found.total.block_characters, found.total.block_removed = 200, 190
    found.groups["separator", "\u3000"] = Tally(pages=4, perfect=3)
    found.groups["genre", "poetry"] = Tally(clean=1000)
    found.groups["genre", "menus"] = Tally(clean=1000, clean_changed=3)
    found.failures = [Failure("worst", 9, ["词" * 100], []), Failure("next", 1, [], ["乙"])]
    return found


def shown(failures=20):
    return list(tables.lines({"pages": some_report()}, failures))


def test_false_positives_come_first():
    assert shown()[1:4] == [
        "Clean texts that were changed",
        "    texts  changed  per 1,000  set",
        "    2,000        3       1.50  pages",
    ]


def test_shares_of_blocks_are_percentages():
    assert "        4   95.00%    100.00%   75.00%  pages" in shown()


def test_groups_without_a_false_positive_are_left_out():
    text = "\n".join(shown())
    assert "menus" in text
    assert "poetry" not in text


def test_a_blank_separator_has_a_name():
    assert any(line.endswith("  U+3000") for line in shown())


def test_failures_are_the_worst_and_shortened():
    assert shown(failures=1)[-2:] == ["  worst", f"    cut  {'词' * 70!r} ..."]


def test_no_failures_are_shown_when_none_are_wanted():
    assert not any("worst" in line for line in shown(failures=0))


def test_an_evaluation_without_cases_has_no_tables():
    assert list(tables.lines({}, 20)) == []
