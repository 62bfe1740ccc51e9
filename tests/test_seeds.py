"""What people wrote in ``seeds/`` is sound, and what is held out stays out."""

import random
import re
from types import SimpleNamespace

import pytest

from contentfilter.errors import SeedFormatError
from contentfilter.training.grammar import Expansion, Grammar
from contentfilter.training.seeds import HELD_OUT, Seeds, Term, Vocabulary, bucket, read_pages
from contentfilter.training.written import read_articles, read_blocks, read_lines
from tests.examples import SEEDS

# Names that are words of the language, not productions of a grammar.
ACRONYMS = set("AV BBB EI PC6 PK10 QQ SCI SEO SPA TG VPN WWW XXXX".split())
EVERY_BUCKET = frozenset(range(10))


@pytest.fixture(scope="module")
def seeds():
    return Seeds(SEEDS)


@pytest.fixture(scope="module")
def grammars(seeds):
    return seeds.grammars | {"legit": seeds.legit}


def vocabulary(seeds, buckets=EVERY_BUCKET, always=0):
    return Vocabulary(seeds, frozenset(buckets), random.Random(0), always)


def tokens_of(choice):
    """Return the literals, names and term keys below a choice of a grammar."""
    parts = [part for _, alternative in choice.alternatives for part in alternative]
    inner = [token for part in parts if not isinstance(part, str) for token in tokens_of(part)]
    return [part for part in parts if isinstance(part, str)] + inner


def all_tokens(grammars):
    return [
        (category, token)
        for category, grammar in grammars.items()
        for rule in grammar.rules.values()
        for token in tokens_of(rule)
    ]


# --- the lexicon ---


def test_every_category_has_terms_and_a_grammar(seeds):
    assert len(seeds.categories) >= 20
    assert set(seeds.grammars) == set(seeds.categories)


def test_no_term_is_listed_twice_in_a_category_and_role(seeds):
    keys = [(t.category, t.term, t.role) for t in seeds.terms]
    assert sorted(keys) == sorted(set(keys))


def test_terms_have_a_strength_from_1_to_3(seeds):
    assert {term.strength for term in seeds.terms} == {1, 2, 3}


def test_terms_are_not_empty_and_not_padded(seeds):
    assert [t for t in seeds.terms if not t.term or t.term != t.term.strip()] == []


def test_categories_of_the_layouts_are_those_of_the_lexicon(seeds):
    assert set(seeds.layouts["categories"]) == set(seeds.categories)


def test_weights_of_the_layouts_are_positive(seeds):
    tables = "categories places forms counts list_counts noise".split()
    assert all(weight > 0 for table in tables for weight in seeds.layouts[table].values())


# --- terms that must not be written ---


def test_a_term_for_detection_only_is_never_drawn():
    row = Term("某词", "adult", "hans", "other", 3, "detection only")
    fine = row._replace(term="国产", note="")
    drawing = vocabulary(SimpleNamespace(terms=[row, fine]))
    assert {drawing.draw("adult:other") for _ in range(50)} == {"国产"}


def test_no_grammar_spells_out_a_term_for_detection_only(seeds, grammars):
    forbidden = {term.term for term in seeds.terms if not term.may_generate}
    literals = {token.strip('"') for _, token in all_tokens(grammars)}
    assert literals & forbidden == set()


# --- held-out words ---


def test_buckets_are_the_same_on_every_machine():
    assert [bucket(key) for key in ("国产", "在线", "x")] == [5, 8, 6]


def test_a_fifth_of_the_terms_is_held_out(seeds):
    share = sum(term.bucket in HELD_OUT for term in seeds.terms) / len(seeds.terms)
    assert 0.17 < share < 0.23


@pytest.mark.parametrize("buckets", [{0, 1}, {2, 3, 4, 5}, {6, 7, 8, 9}])
def test_only_terms_of_the_asked_buckets_are_drawn(seeds, buckets):
    wanted = {t.term for t in seeds.terms if t.bucket in buckets or t.is_core}
    pools = vocabulary(seeds, buckets)._pools.values()
    assert {term for pool in pools for term in pool} <= wanted


def test_plain_words_may_come_from_everywhere_but_the_held_out_buckets(seeds):
    pools = vocabulary(seeds, {2, 3}, always=1)._pools.values()
    drawn = {term for pool in pools for term in pool}
    plain = {t.term for t in seeds.terms if t.strength == 1 and t.bucket not in HELD_OUT}
    wanted = {t.term for t in seeds.terms if t.bucket in {2, 3} or t.is_core} | plain
    assert drawn <= wanted
    assert len(drawn & plain) > 100


def test_core_words_are_the_few_seen_in_many_blocks():
    row = Term("在线", "adult", "hans", "suffix", 1, "online; seen 63/80")
    assert row.is_core
    assert not row._replace(note="seen 9/80").is_core
    assert not row._replace(note="").is_core


def test_an_unknown_strength_falls_back_to_the_role(seeds):
    assert vocabulary(seeds).draw("adult:region:3")


def test_an_unknown_role_draws_nothing(seeds):
    assert vocabulary(seeds).draw("adult:nothing") == ""


# --- grammars ---


def test_every_name_in_a_grammar_is_a_production_or_a_known_word(seeds):
    names = {
        (category, token)
        for category, token in all_tokens(seeds.grammars)
        if re.fullmatch(r"[A-Z][A-Z0-9_]+", token) and token not in seeds.grammars[category].rules
    }
    assert {name for _, name in names} <= ACRONYMS


def test_every_term_that_a_grammar_asks_for_is_there(seeds, grammars):
    drawing = vocabulary(seeds)
    keys = {token[1:-1] for _, token in all_tokens(grammars) if token.startswith("<")}
    assert {key for key in keys if not drawing.draw(key)} == set()


def test_every_anchor_is_a_production(grammars):
    anchors = {name for grammar in grammars.values() for name in grammar.anchors}
    assert anchors <= {name for grammar in grammars.values() for name in grammar.rules}


def test_every_category_has_the_productions_that_layouts_use(seeds):
    needed = {"HEAD", "SENTW", "ADVERT"}
    assert [c for c, grammar in seeds.grammars.items() if not needed <= set(grammar.rules)] == []


@pytest.mark.parametrize("start", ["P", "HEAD", "SENTW", "ADVERT"])
def test_expansions_hold_no_name_of_a_production_and_no_notation(seeds, start):
    for category, grammar in seeds.grammars.items():
        if start not in grammar.rules:
            continue
        names = [name for name in grammar.rules if len(name) > 3]
        expansion = Expansion(grammar, vocabulary(seeds).draw, random.Random(0))
        text = " ".join(expansion.phrase(start) for _ in range(200))
        assert [name for name in names if name in text] == [], category
        assert not re.search(r"[<>{}␣␤\"]", text), category


@pytest.fixture
def grammar(tmp_path):
    """Return the phrases that a grammar gives, in twenty draws."""

    def phrases(text, start="P"):
        (tmp_path / "test.grammar").write_text(text, encoding="utf-8")
        made = Grammar(tmp_path / "test.grammar")
        rng = random.Random(0)
        return {Expansion(made, str.upper, rng).phrase(start) for _ in range(20)}

    return phrases


def test_parts_are_glued(grammar):
    assert grammar("P -> A b\nA -> x") == {"xb"}


def test_alternatives_take_turns(grammar):
    assert grammar("P -> a | b {2}") == {"a", "b"}


def test_brackets_are_optional(grammar):
    assert grammar("P -> a [b]") == {"a", "ab"}


def test_a_chance_can_be_given(grammar):
    assert grammar("P -> a [b .0]") == {"a"}


def test_a_tilde_lets_parts_change_places(grammar):
    assert grammar("P -> ~ 甲 乙") == {"甲乙", "乙甲"}


def test_words_of_a_spaced_script_get_a_blank_between_them(grammar):
    assert grammar("P -> free movies 免费 hd") == {"free movies免费hd"}


def test_quoted_text_is_no_name(grammar):
    assert grammar('P -> "A"\nA -> x') == {"A"}


def test_a_term_is_drawn(grammar):
    assert grammar("P -> <adult:region>") == {"ADULT:REGION"}


def test_an_open_box_is_a_blank(grammar):
    assert grammar("P -> a ␣ b") == {"a b"}


def test_an_anchor_is_expanded_a_few_times_for_a_block(tmp_path):
    path = tmp_path / "test.grammar"
    digits = " | ".join("0123456789")
    path.write_text(f"anchor A 2 2\nA -> D D\nP -> A\nD -> {digits}", encoding="utf-8")
    block = Expansion(Grammar(path), str, random.Random(3))
    assert len({block.phrase() for _ in range(50)}) == 2


def test_a_grammar_that_calls_itself_ends(grammar):
    assert len(grammar("P -> a P")) == 1


def test_an_unknown_start_is_a_key_error(grammar):
    with pytest.raises(KeyError):
        grammar("P -> a", start="HEAD")


@pytest.mark.parametrize("line", ["P = a", "p -> a", "P -> (a", "P -> a)", "P -> [a", "anchor P 1"])
def test_a_bad_line_of_a_grammar_is_named(grammar, line):
    with pytest.raises(SeedFormatError, match=r"test\.grammar, line 2"):
        grammar(f"# fine\n{line}")


# --- pages and negatives ---


def test_there_are_enough_pages_and_negatives(seeds):
    assert len(seeds.pages) >= 60
    assert len(seeds.negatives) >= 300


def test_ids_are_unique(seeds):
    ids = [page.id for page in seeds.pages + seeds.negatives]
    assert sorted(ids) == sorted(set(ids))


def test_every_page_has_a_block(seeds):
    assert [page.id for page in seeds.pages if not page.spans] == []


def test_no_negative_has_a_block(seeds):
    assert [page.id for page in seeds.negatives if page.spans] == []


def test_blocks_of_pages_have_known_categories(seeds):
    used = {category for page in seeds.pages for category in page.categories}
    assert used == set(seeds.categories)


def test_blocks_are_not_empty_and_have_no_line_ends_around_them(seeds):
    blocks = [page.text[a:b] for page in seeds.pages for a, b in page.spans]
    assert [block for block in blocks if not block.strip() or block != block.strip("\n")] == []


def test_pages_and_negatives_have_text(seeds):
    assert [page.id for page in seeds.pages + seeds.negatives if not page.text.strip()] == []


def test_no_two_records_are_the_same_text(seeds):
    texts = [page.text for page in seeds.pages + seeds.negatives]
    assert len(texts) == len(set(texts))


DOMAIN = re.compile(
    r"[a-z0-9][a-z0-9.-]*\.(?:com|cn|net|org|cc|vip|top|xyz|me|app|bet|tv|io)\b", re.I
)


def test_domains_are_invented(seeds):
    texts = [page.text for page in seeds.pages + seeds.negatives]
    texts += [term.term for term in seeds.terms if term.may_generate]
    found = {match for text in texts for match in DOMAIN.findall(text)}
    assert {domain for domain in found if not domain.endswith(".example")} == set()


# --- blocks, lines and articles ---


def written_phrases(seeds):
    """Return all phrases of the blocks that people wrote, with their category and section."""
    return [
        (category, start, phrase)
        for category, sections in seeds.blocks.items()
        for start, blocks in sections.items()
        for block in blocks
        for phrase in block
    ]


def test_every_category_has_written_blocks(seeds):
    assert set(seeds.blocks) == set(seeds.categories)
    assert [c for c, sections in seeds.blocks.items() if len(sections["P"]) < 50] == []


def test_there_are_enough_lines_and_articles(seeds):
    assert len(seeds.lines) >= 5000
    assert len(seeds.articles) >= 300


def test_no_block_line_or_article_is_written_twice(seeds):
    blocks = [
        (category, start, *block)
        for category, sections in seeds.blocks.items()
        for start, blocks in sections.items()
        for block in blocks
    ]
    for kind in (blocks, seeds.lines, seeds.articles):
        assert len(kind) == len(set(kind))


def test_no_written_phrase_is_a_term_for_detection_only(seeds):
    forbidden = {term.term for term in seeds.terms if not term.may_generate}
    assert [phrase for *_, phrase in written_phrases(seeds) if phrase in forbidden] == []


def test_domains_of_what_is_written_are_invented(seeds):
    texts = [phrase for *_, phrase in written_phrases(seeds)] + seeds.lines + seeds.articles
    found = {match for text in texts for match in DOMAIN.findall(text)}
    assert {domain for domain in found if not domain.endswith(".example")} == set()


def test_nothing_written_has_the_marks_of_its_file_left_in_it(seeds):
    texts = [phrase for *_, phrase in written_phrases(seeds)] + seeds.lines + seeds.articles
    assert [text for text in texts if re.search("[‖␤⟦⟧]|===", text)] == []


def test_blocks_are_read_by_section(tmp_path):
    path = tmp_path / "adult.txt"
    path.write_text("# a note\n[blocks]\n甲‖乙 ‖ 丙\n\n[adverts]\n丁\n", encoding="utf-8")
    found = read_blocks(path)
    assert found == {"P": [["甲", "乙", "丙"]], "HEAD": [], "SENTW": [], "ADVERT": [["丁"]]}


@pytest.mark.parametrize(
    "text", ["甲‖乙\n", "[blocks]\n甲‖‖乙\n", "[blocks]\n甲‖\n", "[other]\n甲\n"]
)
def test_a_bad_line_of_a_file_of_blocks_is_named(tmp_path, text):
    path = tmp_path / "adult.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SeedFormatError, match=r"adult\.txt, line"):
        read_blocks(path)


def test_a_line_end_within_a_line_has_a_sign(tmp_path):
    path = tmp_path / "menus.txt"
    path.write_text("首页␤新闻\n\n# a note\n#话题#\n", encoding="utf-8")
    assert read_lines(path) == ["首页\n新闻", "#话题#"]


def test_articles_are_parted_by_three_equal_signs(tmp_path):
    path = tmp_path / "news.txt"
    path.write_bytes("一\r\n二\n===\n\n三\n".encode())
    assert read_articles(path) == ["一\r\n二", "三"]


# --- the format of pages ---


@pytest.fixture
def records(tmp_path):
    def read(text):
        path = tmp_path / "pages.txt"
        path.write_text(text, encoding="utf-8")
        return list(read_pages(path))

    return read


def test_marks_become_spans(records):
    (page,) = records("=== one\ncategory: adult\n---\n甲⟦乙丙⟧丁⟦戊⟧\n")
    assert page.text == "甲乙丙丁戊"
    assert page.spans == [(1, 3), (4, 5)]


def test_facts_are_read_up_to_the_rule(records):
    (page,) = records("=== one\ncategory: adult, gambling\nnote: a: b\n---\n---\ntext\n")
    assert page.facts == {"category": "adult, gambling", "note": "a: b"}
    assert page.text == "---\ntext"


def test_blocks_have_the_categories_in_turn(records):
    (page,) = records("=== one\ncategory: adult, gambling\n---\n⟦a⟧b⟦c⟧d⟦e⟧\n")
    assert [page.category(n) for n in range(3)] == ["adult", "gambling", "gambling"]


def test_one_newline_separates_records(records):
    first, second = records("=== one\n---\na\n\n=== two\n---\nb")
    assert (first.text, second.text) == ("a\n", "b")


@pytest.mark.parametrize("body", ["a⟦b", "a⟧b", "⟦a⟦b⟧", "⟦a⟧⟧"])
def test_unbalanced_marks_are_named(records, body):
    with pytest.raises(SeedFormatError, match=r"pages\.txt"):
        records(f"=== one\n---\n{body}\n")


def test_a_record_without_rule_is_named(records):
    with pytest.raises(SeedFormatError, match=r"pages\.txt: record 'one"):
        records("=== one\ntext\n")


def test_a_bad_row_of_the_lexicon_is_named(tmp_path):
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "adult.tsv").write_text("term\tscript\n国产\thans\n", encoding="utf-8")
    with pytest.raises(SeedFormatError, match=r"adult\.tsv, line 2"):
        Seeds(tmp_path)


def test_a_directory_without_lexicon_holds_no_seeds(tmp_path):
    with pytest.raises(FileNotFoundError, match="lexicon"):
        Seeds(tmp_path)


def test_the_digest_changes_with_the_files(seeds, tmp_path):
    for path in SEEDS.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(SEEDS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    assert Seeds(tmp_path).digest() == seeds.digest()
    (tmp_path / "pages" / "adult.txt").write_bytes(b"")
    assert Seeds(tmp_path).digest() != seeds.digest()
