"""What pages are about."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contentfilter.features import Context
from contentfilter.prefilter import PAIR_BITS, hash_pairs
from contentfilter.subjects import MOST_SUBJECTS, subjects_of
from contentfilter.training.dataset import Settings, select
from contentfilter.training.first_stage import fit_subjects
from contentfilter.training.seeds import Seeds
from tests.examples import BODY, SEEDS, SPAM, TITLE, folding, page_of, pages

NO_WINDOWS = np.zeros((0, 2), np.int64)


def table_of(**words):
    """Return a table in which the pairs of each word are typical of the category ``c<number>``."""
    table = np.zeros(1 << PAIR_BITS, np.uint32)
    for name, word in words.items():
        table[hash_pairs(page_of(word).letters)] |= np.uint32(1 << int(name[1:]))
    return table


def shares(text, table, windows=NO_WINDOWS):
    page = page_of(text)
    (row,) = subjects_of(table, page, Context(page, np.array(windows)), [0])
    return row


def test_a_page_speaks_of_what_its_pairs_are_typical_of():
    row = shares("贷款利率" * 4, table_of(c0="贷款", c31="贷款利率"))
    assert (row[0], row[31]) == (0.25, 0.75)
    assert row[1:31].sum() == 0


def test_what_is_in_doubt_is_not_asked():
    text = f"{SPAM}\n{BODY}"
    table = table_of(c2=SPAM)
    assert shares(text, table)[2] > 0.2
    assert shares(text, table, [[0, len(SPAM)]])[2] == 0


def test_a_page_that_is_all_in_doubt_speaks_of_nothing():
    assert not shares(SPAM, table_of(c2=SPAM), [[0, len(SPAM)]]).any()


@given(pages, st.integers(0, MOST_SUBJECTS - 1))
def test_shares_are_shares(text, number):
    row = shares(text + TITLE, table_of(**{f"c{number}": text + TITLE}))
    assert row.min() >= 0
    assert row[number] == row.max() <= 1


def test_the_fitted_table_knows_the_words_of_a_category():
    seeds = Seeds(SEEDS)
    names = ["gambling", "loans"]
    settings = Settings(n_blocks=8000)
    table = fit_subjects(seeds, select(seeds, [], settings), folding(), names, settings)
    of_gambling, of_loans = shares("真人百家乐娱乐城投注平台", table)[:2]
    assert of_gambling > 0.5 > of_loans
