import json
from html.parser import HTMLParser

import pytest
from hypothesis import given

from contentfilter.cleaner import Block
from contentfilter.review import AuditFormatError, Summary, page
from contentfilter.review.audit import Entry, Unreadable, read
from contentfilter.review.cards import card
from contentfilter.review.counting import Frequent
from contentfilter.review.markup import foreign, html
from contentfilter.review.sampling import Sampling
from contentfilter.review.summary import phrases
from tests import audits
from tests.examples import BETS, BODY, SPAM, TITLE, any_text

TRADITIONAL = "昨日上午，市水利局組織專家對河道治理工程進行了驗收，各項指標均符合設計要求。"


class Tree(HTMLParser):
    """Collects the elements and texts of a page, and fails on tags that do not match."""

    VOID = frozenset({"meta", "input", "br"})

    def __init__(self, source):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return "".join(self.texts)


def some_entry(score=0.995, record=1, category="adult", **more):
    """Return the line of a page with one block of 31 characters at its start."""
    blocks = [Block(0, len(SPAM), score, category, ("久久",))]
    return audits.entry(f"{SPAM}\n{BODY}", blocks, record=record, **more)


def summary_of(entries, lines=None, **options):
    summary = Summary(**options)
    summary.add("audit.jsonl", audits.lines(entries) if lines is None else lines)
    return summary


def parsed(value):
    (_, entry, _) = read(audits.lines([value]), "audit.jsonl")
    return entry


def shown(value):
    """Return the text of the card of one page."""
    (chosen,) = summary_of([value]).sampling.chosen()
    return Tree(html(card(chosen, {}))).text


# --- reading ---


def test_a_file_without_a_header_is_no_audit():
    with pytest.raises(AuditFormatError, match=r"cleaned\.jsonl is not an audit"):
        list(read([b'{"text": "page"}\n'], "cleaned.jsonl"))


def test_an_empty_file_is_no_audit():
    with pytest.raises(AuditFormatError, match="is not an audit"):
        list(read([], "empty.jsonl"))


def test_an_audit_of_a_later_format_is_refused():
    line = json.dumps({"contentfilter": {"audit": 2}}).encode()
    with pytest.raises(AuditFormatError, match="audit format 2"):
        list(read([line], "audit.jsonl"))


def test_a_byte_order_mark_before_the_header_is_passed_over():
    first, *rest = audits.lines([some_entry()])
    assert isinstance(list(read([b"\xef\xbb\xbf" + first, *rest], "a"))[1], Entry)


@pytest.mark.parametrize(
    "line",
    [
        b'{"file": "a", "rec',
        b"[]",
        b"7",
        b"null",
        b'{"totals": 3}',
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps(some_entry() | {"blocks": [[0, 31, "high"]]}).encode(),
        json.dumps(some_entry() | {"blocks": [[-1, 31, 0.9]]}).encode(),
        json.dumps(some_entry() | {"blocks": [[0, 31, float("nan")]]}).encode(),
        json.dumps(some_entry() | {"blocks": []}).encode(),
        json.dumps(some_entry() | {"removed": [7]}).encode(),
        json.dumps(some_entry() | {"length": True}).encode(),
    ],
)
def test_a_line_that_is_no_page_is_unreadable_and_the_rest_is_read(line):
    first, *rest = audits.lines([some_entry()])
    found = list(read([first, line, *rest], "audit.jsonl"))
    assert found[1] == Unreadable(2)
    assert isinstance(found[2], Entry)


# --- adding up ---


def test_the_figures_of_real_pages_add_up():
    texts = [f"{SPAM}\n\n{TITLE}\n\n{BODY}", f"{TITLE}\n\n{BODY}\n\n{BETS}", f"{TITLE}\n{BODY}"]
    entries = audits.cleaned(texts)
    summary = summary_of(entries, audits.lines(entries, pages=3, errors=1))
    assert (summary.pages, summary.changed, summary.blocks, summary.errors) == (3, 2, 2, 1)
    assert summary.removed == len(f"{SPAM}\n\n\n\n{BETS}")
    assert [name for name, _ in summary.categories.top(9)] == ["adult", "gambling"]


def test_terms_and_traits_are_counted_apart():
    block = Block(0, 9, 0.995, "adult", ("久久", "first line of the page"))
    summary = summary_of([audits.entry(SPAM, [block])])
    assert summary.terms.top(9) == [("久久", 1)]
    assert summary.traits.top(9) == [("first line of the page", 1)]


def test_flagged_pages_are_counted_apart_from_cut_ones():
    summary = summary_of([some_entry(), some_entry(flags=["max_removed"])])
    assert (summary.changed, summary.flagged, summary.blocks) == (1, 1, 1)
    assert summary.flags.top(1) == [("max_removed", 1)]


def test_several_audits_are_added_up():
    summary = Summary()
    for name in ("a.jsonl", "b.jsonl"):
        summary.add(name, audits.lines([some_entry()], pages=5))
    assert (summary.pages, summary.changed) == (10, 2)
    assert len(summary.headers) == 1


def test_phrases_are_counted_without_their_disguise():
    assert list(phrases("精\u200b品久久_<ul id='k3'></ul>&#x56FD;产&nbsp;123")) == [
        "精品久久",
        "国产",
    ]


def test_files_that_are_one_page_are_counted_by_folder():
    entries = [some_entry(file=f"site/{n}.txt", record=0) for n in range(3)]
    assert summary_of(entries).files.top(9) == [("site/", 3)]


def test_counting_forgets_the_rare_and_keeps_the_frequent():
    frequent = Frequent(capacity=100)
    for n in range(10_000):
        frequent.add(f"rare {n}")
        frequent.add("often")
    assert len(frequent) <= 100
    (often, *_) = frequent.top(1)
    assert often.name == "often"
    assert 10_000 - frequent.missed <= often.number <= 10_000


# --- choosing pages ---


def test_the_most_doubtful_page_is_always_chosen_and_comes_first():
    entries = [some_entry(0.9999, record=n) for n in range(500)]
    entries[321] = some_entry(0.6, record=321)
    first = summary_of(entries, samples=5).sampling.chosen()[0]
    assert first.sample.entry.record == 321
    assert "doubtful" in first.kinds


def test_the_largest_cut_is_always_chosen():
    entries = [some_entry(record=n) for n in range(300)]
    entries[200] = audits.entry(SPAM * 9, [Block(0, 279, 0.9999, "adult", ())], record=200)
    chosen = summary_of(entries, samples=5).sampling.chosen()
    assert [one.sample.entry.record for one in chosen if "large" in one.kinds][-1] == 200


def test_a_rare_category_has_a_page_to_read():
    entries = [some_entry(0.995, record=n) for n in range(300)]
    entries[150] = some_entry(0.9999, record=150, category="lottery")
    chosen = summary_of(entries, samples=5).sampling.chosen()
    assert 150 in [one.sample.entry.record for one in chosen]


def test_a_page_chosen_twice_is_shown_once():
    entries = [
        audits.entry(
            SPAM * 2, [Block(0, 9, 0.9, "adult", ()), Block(10, 20, 0.8, "adult", ())], record=n
        )
        for n in range(10)
    ]
    chosen = summary_of(entries).sampling.chosen()
    assert len(chosen) == len({one.sample.number for one in chosen}) == 10


def test_every_page_is_as_likely_to_be_drawn():
    entry = parsed(some_entry())
    counts = [0] * 20
    for state in range(2000):
        sampling = Sampling(2, random_state=state)
        for record in range(20):
            sampling.add(entry._replace(record=record))
        for one in sampling.chosen():
            counts[one.sample.entry.record] += "random" in one.kinds
    assert min(counts) > 140  # 200 expected, standard deviation 13
    assert max(counts) < 260


def test_the_same_random_state_gives_the_same_page():
    entries = [some_entry(record=n) for n in range(300)]
    one, two, other = (
        page(summary_of(entries, samples=5, random_state=state)) for state in (1, 1, 2)
    )
    assert one == two
    assert one != other


def test_what_is_kept_of_a_page_does_not_grow_with_it():
    long = "词" * 100_000
    blocks = [Block(n, n + 1, 0.99, "adult", (long,)) for n in range(100)]
    value = audits.entry("字" * 100, blocks, file=long, id=long)
    value["removed"] = [long] * 100
    assert len(page(summary_of([value]))) < 100_000


# --- a page of the run ---


def test_a_block_stands_in_its_context():
    text = f"{TITLE}\n{SPAM}\n{BODY}"
    value = audits.entry(text, [Block(11, 43, 0.995, "adult", ("久久",))])
    assert f"start of page{TITLE}\n1{SPAM}\n{BODY}end of page" in shown(value)


@pytest.mark.parametrize("distance", [0, 1, 59, 60, 61, 119, 120])
def test_text_between_two_blocks_is_shown_once(distance):
    between = (BODY * 9)[:distance]
    text = f"甲甲{between}乙乙"
    blocks = [Block(0, 2, 0.9, "adult", ()), Block(2 + distance, len(text), 0.9, "adult", ())]
    assert f"start of page1甲甲{between}2乙乙end of page" in shown(audits.entry(text, blocks))


def test_what_the_audit_does_not_hold_is_counted():
    text = f"甲甲{'字' * 1120}乙乙{'字' * 70}"
    blocks = [Block(0, 2, 0.9, "adult", ()), Block(1122, 1124, 0.9, "adult", ())]
    text_shown = shown(audits.entry(text, blocks))
    assert "1,000 characters not shown" in text_shown
    assert "10 characters not shown" in text_shown


def test_of_a_long_block_both_ends_are_shown():
    text = f"甲甲{'字' * 9000}乙乙"
    text_shown = shown(audits.entry(text, [Block(0, len(text), 0.9, "adult", ())]))
    assert "start of page1甲甲字" in text_shown
    assert "字乙乙end of page" in text_shown
    assert "8,444 characters not shown" in text_shown


def test_of_many_blocks_the_least_sure_are_shown():
    blocks = [Block(n * 200, n * 200 + 9, 0.9 + n / 1000, "adult", ()) for n in range(50)]
    text_shown = shown(audits.entry("字" * 10_000, blocks))
    assert "0.9000" in text_shown
    assert "0.9490" not in text_shown
    assert "and 30 surer blocks" in text_shown


def test_a_flagged_page_is_not_shown_as_cut():
    assert "Kept unchanged, flagged max_removed" in shown(some_entry(flags=["max_removed"]))


def test_scores_are_never_rounded_up_to_certainty():
    assert "0.9999" in shown(some_entry(0.999999))


@pytest.mark.parametrize(("text", "spoken"), [(BODY, "zh-Hans"), (TRADITIONAL, "zh-Hant")])
def test_chinese_text_names_its_script(text, spoken):
    assert html(foreign(text)).startswith(f'<bdi lang="{spoken}">')


def test_what_is_hidden_is_shown():
    source = html(foreign("国\u200b产\u202e精\ud800\x1b"))
    texts = Tree(source).texts
    assert texts == ["国", "200B", "产", "202E", "精", "D800", "001B"]
    assert 'title="ZERO WIDTH SPACE"' in source


# --- the whole page ---


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></script></title></textarea><svg onload=alert(1)>",
    "]]><!--",
    "\u202eevil\u2066\x00\x1b[2J\ud800",
    "$body ${script} {{7*7}}",
    "javascript:alert(1)",
]


def hostile_entries(texts=HOSTILE):
    """Yield pages that are hostile wherever an audit can be."""
    for n, text in enumerate(texts):
        block = Block(1, 1 + len(text), 0.991, text, (text,))
        for flags in ([], [text]):
            value = audits.entry(
                f"a{text}b", [block], file=text, record=n, id=text, site=text, flags=flags
            )
            value["context"] = [[text, text]]
            yield value


def test_hostile_text_is_only_ever_text():
    summary = Summary()
    summary.add(HOSTILE[1], audits.lines(list(hostile_entries())))
    made = Tree(page(summary))
    assert {"img", "iframe", "object", "a", "link"}.isdisjoint(made.tags)
    assert made.tags.count("script") == made.tags.count("style") == 1
    names = {name for name, _ in made.attributes}
    assert not [name for name in names if name.startswith("on") or name in {"src", "href", "style"}]
    assert HOSTILE[0] in made.text


@given(any_text)
def test_any_text_becomes_text_alone(text):
    made = Tree(html(foreign(text)))
    made.text.encode("utf-8")
    assert set(made.tags) <= {"bdi", "span"}


def test_the_page_can_be_written_whatever_the_audit_holds():
    page(summary_of(list(hostile_entries()))).encode("utf-8")


def test_the_page_asks_for_nothing_from_elsewhere():
    source = page(summary_of([some_entry()]))
    assert "default-src 'none'" in source
    assert "url(" not in source
    assert "@import" not in source


def test_a_run_that_did_not_end_is_told():
    source = page(summary_of([], audits.lines([some_entry()])[:-1]))
    assert "its run did not end" in source


def test_an_audit_with_lines_missing_is_told():
    lines = audits.lines([some_entry(), some_entry(record=2)])
    assert "the audit is not whole" not in page(summary_of([], lines))
    assert "the audit is not whole" in page(summary_of([], [lines[0], *lines[2:]]))


def test_unreadable_lines_are_told():
    lines = audits.lines([some_entry()])
    assert "1 lines could not be read" in page(summary_of([], [lines[0], b"{", *lines[1:]]))


def test_a_run_that_changed_nothing_has_a_page():
    assert "Nothing was cut." in page(summary_of([]))


def test_random_pages_tell_what_they_prove():
    entries = [some_entry(record=n) for n in range(100)]
    assert "fewer than 5% of all" in page(summary_of(entries, samples=60))
    assert "all the pages that were changed" in page(summary_of(entries, samples=100))
