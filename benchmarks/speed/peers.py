"""What is raced against: the yardstick, straightforward baselines, and filters of other libraries.

Each maker returns a function of one text. The libraries are those of the extra ``bench``; a maker
of a missing one raises ImportError. Word lists come from ``seeds/``, so nothing is downloaded.
"""

import json
import re
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from contentfilter.lexical import tokenizer
from contentfilter.training.seeds import Seeds

Work = Callable[[str], object]

split_phrases: Work = re.compile(r"[，。、\n丨|_]").split

_TABLE_SIZE = 1 << 18  # weights of hashed words and n-grams in the baselines
# As long as the list of Chinese bad words that C4 and the flagged words were made from.
_BAD_WORDS = 320
_LEXICON_SURE, _LEXICON_MANY = 3, 3


class Peer(NamedTuple):
    """A filter to be ahead of: what it is, how it is made, and what to install for it."""

    title: str
    make: Callable[[Seeds], Work]
    requires: str = ""
    is_slow: bool = False


def jieba_lines() -> Work:
    """Score every line by its words: jieba, a hash of each, a dot product with weights."""
    weights = np.random.default_rng(0).normal(size=_TABLE_SIZE).astype(np.float32)
    cut_words = tokenizer(()).lcut

    def work(text: str) -> list[float]:
        return [
            float(weights[[hash(word) % _TABLE_SIZE for word in words]].sum())
            for line in text.splitlines()
            if (words := cut_words(line, HMM=False))
        ]

    return work


def lexicon_lines(seeds: Seeds) -> Work:
    """Drop lines with one term that is hardly ever legitimate, or three terms of any kind."""
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for term in seeds.terms:
        key = term.term.lower()
        automaton.add_word(key, max(term.strength, automaton.get(key, 0)))
    automaton.make_automaton()

    def is_spam(line: str) -> bool:
        strengths = [strength for _, strength in automaton.iter(line.lower())]
        return len(strengths) >= _LEXICON_MANY or _LEXICON_SURE in strengths

    return lambda text: [line for line in text.splitlines() if not is_spam(line)]


def line_classifier(seeds: Seeds) -> Work:
    """Drop lines that a logistic regression over character n-grams takes for injected."""
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    legitimate = [line for page in seeds.negatives for line in page.text.splitlines() if line]
    blocks = [page.text[start:stop] for page in seeds.pages for start, stop in page.spans]
    vectorizer = HashingVectorizer(analyzer="char", ngram_range=(1, 3), n_features=_TABLE_SIZE)
    model = make_pipeline(vectorizer, LogisticRegression(max_iter=200))
    model.fit(legitimate + blocks, [0] * len(legitimate) + [1] * len(blocks))

    def work(text: str) -> list[str]:
        lines = text.splitlines()
        injected = model.predict(lines) if lines else []
        return [line for line, drop in zip(lines, injected, strict=True) if not drop]

    return work


def c4_bad_words(seeds: Seeds) -> Work:
    """Keep or drop a document by datatrove's C4 filter, with words of the lexicon."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4BadWordsFilter

    words = _one_of(bad_words(seeds))

    class Filter(C4BadWordsFilter):  # type: ignore[misc]
        def _get_badwords(self, lang: str) -> re.Pattern[str]:
            return words  # its own would be downloaded

    judge = Filter(default_language="zh")
    document = Document(text="", id="")

    def work(text: str) -> object:
        document.text = text
        return judge.filter(document)

    return work


def flagged_words(seeds: Seeds) -> Work:
    """Keep or drop a document by data-juicer's filter, with words of the lexicon.

    Without its tokenizer, which would be downloaded: the quicker of its two ways.
    """
    if not find_spec("ray"):  # data-juicer would install it by itself
        raise ImportError("data-juicer needs ray")
    from loguru import logger

    logger.disable("data_juicer")
    from data_juicer.ops.filter.flagged_words_filter import FlaggedWordFilter
    from data_juicer.utils.constant import Fields

    with tempfile.TemporaryDirectory() as folder:
        listed = json.dumps({"zh": bad_words(seeds)})
        Path(folder, "flagged_words.json").write_text(listed, encoding="utf-8")
        judge = FlaggedWordFilter(lang="zh", flagged_words_dir=folder)

    def work(text: str) -> object:
        samples: dict[str, list[Any]] = {"text": [text], Fields.stats: [{}]}
        return judge.process_batched(judge.compute_stats_batched(samples))

    return work


def one_expression(seeds: Seeds) -> Work:
    """Keep or drop a document by one regular expression over bad words."""
    return _one_of(bad_words(seeds)).search


def bad_words(seeds: Seeds) -> list[str]:
    """Return as many words that are hardly ever legitimate as usual lists have, short ones."""
    sure = {term.term for term in seeds.terms if term.category == "adult" and term.strength == 3}
    return sorted(sure, key=lambda word: (len(word), word))[:_BAD_WORDS]


def _one_of(words: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words)))


PEERS = {
    "lexicon": Peer(
        "lexicon line by line, `pyahocorasick`", lexicon_lines, "pyahocorasick", is_slow=True
    ),
    "classifier": Peer(
        "character n-gram line classifier, scikit-learn", line_classifier, is_slow=True
    ),
    "datatrove": Peer("C4 bad words, `datatrove`", c4_bad_words, "datatrove"),
    "data-juicer": Peer(
        "flagged words, `data-juicer`", flagged_words, "py-data-juicer ray aiohttp"
    ),
    "regex": Peer("one regular expression over bad words", one_expression),
}
