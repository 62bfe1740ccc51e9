from pathlib import Path

import pytest

from contentfilter.spans import Span, cut
from contentfilter.training.cases import Scripts, all_cases, generate, page_case
from contentfilter.training.corpus import Document
from contentfilter.training.seeds import HELD_OUT, Page, Seeds, bucket
from contentfilter.training.synthesis import Synthesis

ROOT = Path(__file__).parents[1]
HOST = "石桥镇举行插秧比赛\n\n周六上午，石桥镇在村口的水田里举行插秧比赛，二十支队伍参加。"


@pytest.fixture(scope="module")
def seeds():
    return Seeds(ROOT / "seeds")


@pytest.fixture(scope="module")
def scripts(seeds):
    return Scripts(seeds.directory)


def documents(*places):
    return [
        Document(f"{genre}/{n}", genre, split, "", HOST) for n, (genre, split) in enumerate(places)
    ]


def cases_of(seeds, documents, hold_out):
    return all_cases(seeds, documents, [ROOT / "tests" / "quality"], hold_out, 5, 0)


def groups_of(page, scripts):
    return dict(page_case(page, scripts).groups)


def page(text, *spans, **facts):
    return Page("p", text, [Span(*span) for span in spans], ["adult"], facts)


def test_of_known_genres_only_test_documents_are_measured(seeds):
    known = documents(("poetry", "train"), ("poetry", "dev"), ("poetry", "test"))
    assert [case.id for case in cases_of(seeds, known, True)["clean documents"]] == ["poetry/2"]


def test_held_out_genres_are_measured_except_where_thresholds_were_chosen(seeds):
    held = documents(("recipes", "train"), ("recipes", "dev"), ("recipes", "test"))
    names = [case.id for case in cases_of(seeds, held, True)["clean documents"]]
    assert names == ["recipes/0", "recipes/2"]


def test_a_model_without_hold_out_is_not_measured_on_what_it_saw(seeds):
    held = documents(("recipes", "train"), ("recipes", "test"))
    sets = cases_of(seeds, held, False)
    assert [case.id for case in sets["clean documents"]] == ["recipes/1"]
    assert "seeds held out" not in sets


def test_of_the_seeds_only_the_held_out_pages_are_measured(seeds):
    held = cases_of(seeds, [], True)["seeds held out"]
    assert held
    assert all(bucket(case.id) in HELD_OUT for case in held)


def test_pages_are_made_without_a_corpus_too(seeds):
    assert len(cases_of(seeds, [], True)["generated"]) == 5


def test_made_pages_are_the_same_every_time(seeds):
    first, second = (generate(Synthesis(seeds, HELD_OUT, 7), [HOST], 5) for _ in range(2))
    assert first == second


def test_a_made_page_without_its_blocks_is_a_passage_of_its_host(seeds):
    pages = generate(Synthesis(seeds, HELD_OUT, 7), [HOST], 20)
    simplified = [cut(made.text, made.spans) for made in pages]
    assert any(text.strip() == HOST for text in simplified)


def test_nothing_is_made_without_hosts(seeds):
    assert generate(Synthesis(seeds, HELD_OUT, 7), ["", "短"], 5) == []


def test_a_page_without_blocks_counts_by_its_kind(scripts):
    assert groups_of(page(HOST, kind="menu"), scripts) == {"kind": "menu"}


def test_a_block_on_a_line_of_its_own_is_told_from_one_that_shares_it(scripts):
    assert groups_of(page("久久\n\n正文", (0, 2)), scripts)["lines"] == "of its own"
    assert groups_of(page("久久 标题\n正文", (0, 3)), scripts)["lines"] == "shared with the page"


def test_the_scripts_of_block_and_page_are_told(scripts):
    mixed = page("国产视频\n積極推動專題", (0, 4))
    assert groups_of(mixed, scripts)["script"] == "hans block, hant page"


def test_the_separator_counts_only_where_it_joins_the_whole_block(scripts):
    line = page("久久_人妻", (0, 5), form="line", separator="_")
    sentence = page("久久人妻", (0, 4), form="sentence", separator="_")
    assert groups_of(line, scripts)["separator"] == "_"
    assert "separator" not in groups_of(sentence, scripts)


def test_a_directory_without_pages_is_an_error(seeds, tmp_path):
    with pytest.raises(FileNotFoundError, match="no pages"):
        all_cases(seeds, [], [tmp_path], True, 0, 0)
