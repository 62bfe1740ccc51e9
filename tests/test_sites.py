import pytest

from contentfilter import Block, Cleaner, sites
from contentfilter.cleaner import Explanation
from contentfilter.records.base import site_of
from contentfilter.spans import cut
from tests.batches import clean, contents, jsonl, lines_of, record
from tests.examples import BODY, MENU, SPAM, TITLE

SITE = "www.water.example"


class HeadCleaner(Cleaner):
    """Cuts a first line that holds an underscore, and is surer the longer the page is."""

    def explain(self, text):
        line = text.split("\n", 1)[0] + "\n"
        if "_" not in line or line not in text:
            return Explanation(text, [])
        score = 0.9999 if len(text) > 60 else 0.995
        block = Block(0, len(line), score, "adult", ("underscore",))
        return Explanation(text[len(line) :], [block])

    def _explain(self, texts, reasons=True):
        return [self.explain(text) for text in texts]


def survey(*pages, site=SITE):
    """Return the lines that recur on ``pages``."""
    tally = sites.Tally()
    for page in pages:
        found = sites.Survey()
        found.add(site, page, HeadCleaner().explain(page).blocks)
        tally.add(found)
    return tally.recurring()


def page(number, *lines):
    return "\n".join([*lines, f"第{number}页。{BODY}", ""])


HEADS = [page(i, SPAM, TITLE) for i in range(3)]
INSIDE = page(9, TITLE, SPAM)


def blocks(text, known, site=SITE):
    cleaner = HeadCleaner()
    return sites.blocks(cleaner, text, site, known, cleaner.explain(text).blocks)


def cleaned(text, known, site=SITE):
    return cut(text, [block.span for block in blocks(text, known, site)])


def test_a_line_that_was_cut_on_other_pages_of_the_site_is_cut():
    known = survey(*HEADS, INSIDE)
    assert HeadCleaner().clean(INSIDE) == INSIDE
    assert cleaned(INSIDE, known) == page(9, TITLE)
    (block,) = blocks(INSIDE, known)
    assert (block.category, block.reasons) == ("adult", ("cut on other pages of the site",))


def test_on_another_site_it_stays():
    known = survey(*HEADS, INSIDE)
    assert cleaned(INSIDE, known, "www.school.example") == INSIDE
    assert cleaned(INSIDE, known, None) == INSIDE


def test_a_line_that_is_not_the_same_word_for_word_stays():
    other = page(9, TITLE, SPAM + "更多")
    assert cleaned(other, survey(*HEADS, INSIDE)) == other


def test_a_line_cut_on_too_few_pages_is_not_known():
    assert survey(*HEADS[:2], INSIDE) == {}


def test_a_line_that_most_pages_keep_is_not_known():
    kept = [page(i, MENU, SPAM) for i in range(10)]
    assert survey(*HEADS, *kept) == {}


def test_a_line_cut_with_a_lower_score_is_not_known():
    short = [f"{SPAM}\n{i}\n" for i in range(4)]
    assert survey(*short, INSIDE) == {}


def test_a_line_that_is_doubted_on_most_pages_of_its_site_is_known():
    short = [f"{SPAM}\n{i}\n" for i in range(6)]
    assert list(survey(*short, INSIDE).values()) == [(0.995, "adult")]


def test_a_doubted_line_that_few_pages_of_the_site_have_is_not_known():
    short = [f"{SPAM}\n{i}\n" for i in range(6)]
    others = [page(i, MENU, TITLE) for i in range(9)]
    assert survey(*short, INSIDE, *others) == {}


def test_a_short_line_is_not_known():
    assert survey(*[page(i, "a_b", TITLE) for i in range(5)], page(9, TITLE, "a_b")) == {}


def test_after_a_recurring_line_the_page_is_looked_at_again():
    known = survey(*HEADS, INSIDE)
    text = page(9, SPAM, "x_y_z", SPAM, TITLE)
    once = cleaned(text, known)
    assert once == page(9, TITLE)
    assert cleaned(once, known) == once


def test_counts_of_lines_are_never_too_low():
    tally = sites.Tally()
    for number in range(50):
        found = sites.Survey()
        found.add(SITE, page(number, MENU), [])
        tally.add(found)
    key = next(iter(sites._lines(SITE, MENU)))[0]
    slots = sites._slots(sites.np.array([key], sites.np.uint64))
    assert min(int(row[slot][0]) for row, slot in zip(tally._seen, slots, strict=True)) >= 50


@pytest.mark.parametrize("value", [None, 5, "", []])
def test_what_is_no_address_is_no_site(value):
    assert site_of(value) is None


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a directory with the pages of a site in `in`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    pages = [record(3 * i, text) for i, text in enumerate([*HEADS, INSIDE, page(8, TITLE)])]
    (tmp_path / "in/a.jsonl").write_text(jsonl(pages), encoding="utf-8")
    return tmp_path


def test_a_run_by_sites_reads_everything_twice_and_cuts_what_recurs(here, monkeypatch):
    for name in ("explain", "_explain"):
        monkeypatch.setattr(f"contentfilter.cleaner.Cleaner.{name}", getattr(HeadCleaner, name))
    assert clean("in", "-o", "page") == 0
    assert clean("in", "-o", "site", "--site-field", "url", "--audit", "audit.jsonl") == 0
    texts = [value["text"] for value in lines_of(here / "page/a.jsonl")]
    assert texts[3] == INSIDE
    texts[3] = page(9, TITLE)
    assert [value["text"] for value in lines_of(here / "site/a.jsonl")] == texts
    assert not (here / "site/.contentfilter").exists()


def test_folders_can_be_sites(here, monkeypatch):
    for name in ("explain", "_explain"):
        monkeypatch.setattr(f"contentfilter.cleaner.Cleaner.{name}", getattr(HeadCleaner, name))
    for number, text in enumerate([*HEADS, INSIDE]):
        path = here / f"sites/{SITE}/{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert clean("sites", "-o", "out", "--site-folders") == 0
    assert contents(here / "out")[f"{SITE}/3.txt"].decode() == page(9, TITLE)


def test_standard_streams_cannot_be_read_twice(here, capsys):
    assert clean("in/a.jsonl", "--site-field", "url") == 1
    assert "need files to read twice" in capsys.readouterr().err
