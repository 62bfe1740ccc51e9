"""What several test files share: texts, Hypothesis strategies, and small things without a model."""

from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from contentfilter.decoding import Candidate, extent
from contentfilter.fluency import PAIR_BITS as PAIRS_OF_TEXT
from contentfilter.fluency import TRIPLE_BITS as TRIPLES_OF_TEXT
from contentfilter.fluency import Fluency
from contentfilter.folding import Folding
from contentfilter.lexical import GRAM_BITS, WORD_BITS, Lexical, gram_hashes, hash_words, words_of
from contentfilter.model import CATEGORY_BITS, Model, Stages
from contentfilter.pages import Pages, pages_of
from contentfilter.passages import Pieces, divided, undivided
from contentfilter.prefilter import PAIR_BITS, SCALE, TRIPLE_BITS, Prefilter, hash_pairs
from contentfilter.quoting import Quoting
from contentfilter.segmentation import Segments, split
from contentfilter.spans import cut
from contentfilter.training.tables import build_folding
from contentfilter.trees import Cascade, Trees
from contentfilter.weights import Weights

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
CASES = Path(__file__).parent / "cases"

# Of the tables of weights of blank models: a power of two, so that few weights are rounded.
STEP = 1 / 32

SPAM = "国产精品久久_亚洲综合一区二区_日韩无码在线_免费视频观看"
BETS = "云泽湾娱乐城官网,真人百家乐开户,澳门线上投注平台,云泽湾体育app下载,注册送彩金"
TITLE = "河道治理工程通过验收"
BODY = "昨日上午，市水利局组织专家对河道治理工程进行了验收，各项指标均符合设计要求。"
MENU = "首页 | 走进水利 | 新闻中心 | 政务公开 | 在线服务 | 专题专栏"

# Plain `st.text()` leaves lone surrogates out.
any_text = st.text(st.characters(exclude_categories=()))
_SEPARATORS = "_ , ， 、 丨 | - · / ? 。 （ ） 《 》 & &nbsp; &#x56FD; #x4EA7;".split()
_LINE_ENDS = ["\n", "\n\n", "\n \n", "\r\n", "\r", "\u2028"]
_NOISE = [" ", "\t", "\u3000", "\u200b", "\ufeff", "\0", "\ud800", '<ul id="k3x9a"></ul>']
_TEXTS = [SPAM, BETS, *SPAM.split("_"), TITLE, BODY, MENU]
_PIECES = [*_TEXTS, *_SEPARATORS, *_LINE_ENDS, *_NOISE]
pages = st.lists(st.sampled_from(_PIECES) | any_text, max_size=24).map("".join)


@cache
def folding() -> Folding:
    """Return the folding tables, built from the seeds."""
    return build_folding(SEEDS / "folding")


def page_of(text: str, prefilter: Prefilter | None = None) -> Pages:
    """Return ``text`` as the model sees it, by a prefilter that knows nothing."""
    return pages_of([text], folding(), prefilter or blank_prefilter())


def folded(text: str) -> str:
    """Return the folded characters of ``text``, those without a code left out."""
    return "".join(map(chr, page_of(text).letters.tolist()))


def segments_of(text: str) -> Segments:
    """Return the segments of the whole of ``text``."""
    page = page_of(text)
    return split(page.kinds, page.starts[:1], page.starts[1:])


def phrases(text: str) -> list[str]:
    """Return the words of each segment of ``text``, which has no entities."""
    found = segments_of(text)
    return [text[a:b] for a, b in zip(found.start, found.stop, strict=True)]


def pieces_of(page: Pages, lexical: Lexical) -> Pieces:
    """Return the pieces of a whole page."""
    whole = undivided(page, np.stack([page.starts[:-1], page.starts[1:]], 1), lexical)
    return divided(page, whole, lexical) if len(whole.segments) else whole


def without(text: str, block: str) -> str:
    """Return ``text`` after the segments in ``block`` were decided to be a block."""
    page, segments = page_of(text), segments_of(text)
    begin = text.index(block)
    inside = [
        i
        for i, start in enumerate(segments.start.tolist())
        if begin <= page.offset(start) < begin + len(block)
    ]
    return cut(text, [extent(text, page, 0, segments, Candidate(inside[0], inside[-1]))])


def blank_prefilter() -> Prefilter:
    """Return a prefilter that weighs nothing, is never in doubt, and sees no half windows."""
    pairs, triples = np.zeros(1 << PAIR_BITS, np.int8), np.zeros(1 << TRIPLE_BITS, np.int8)
    return Prefilter(pairs, triples, threshold=8 * SCALE, half_bonus=-(1 << 20))


def fond_prefilter(liked: str, disliked: str = "") -> Prefilter:
    """Return a prefilter that gives a log-odds to each pair in ``liked``, takes it for others."""
    prefilter = blank_prefilter()._replace(threshold=8 * SCALE)
    prefilter.pairs[_pairs(disliked)] = -SCALE
    prefilter.pairs[_pairs(liked)] = SCALE
    return prefilter


def _pairs(text: str) -> np.ndarray:
    return hash_pairs(page_of(text).letters)


def fond_lexical(liked: str, disliked: str = "") -> Lexical:
    """Return a first stage that knows the words and n-grams of two texts, and nothing else."""
    lexical = blank_lexical()
    for text, weight in ((disliked, -0.5), (liked, 0.5)):
        lexical.grams.table[_grams(text)] = round(weight / STEP)
    lexical.words.table[_words(disliked)] = round(-2 / STEP)
    lexical.words.table[_words(liked)] = round(2 / STEP)
    return lexical


def _words(text: str) -> np.ndarray:
    words = words_of([folded(text)], ()) if text else []
    return hash_words(words).words % (1 << WORD_BITS)


def _grams(text: str) -> np.ndarray:
    codes = page_of(text).letters
    return gram_hashes(codes, np.array([len(codes)]))[0] if len(codes) else np.zeros(0, int)


def stump(feature: int = 0, cut: float = 0.0, low: float = -9.0, high: float = 9.0) -> Trees:
    """Return one tree of one question."""
    return Trees(
        roots=np.array([0], np.int32),
        feature=np.array([feature, 0, 0], np.int16),
        cut=np.array([cut, 0, 0]),
        left=np.array([1, 1, 2], np.int32),
        right=np.array([2, 1, 2], np.int32),
        value=np.array([0, low, high]),
        base=0.0,
    )


def cascade(feature: int = 0, cut: float = 0.0, low: float = -9.0, high: float = 9.0) -> Cascade:
    """Return the same, asked after a small ensemble that rules nothing out."""
    return Cascade(stump(low=9.0), -10.0, stump(feature, cut, low, high))


def blank_fluency() -> Fluency:
    """Return a model of text that has seen none."""
    pairs, triples = (np.zeros(1 << bits, np.uint16) for bits in (PAIRS_OF_TEXT, TRIPLES_OF_TEXT))
    return Fluency(np.zeros(1 << 16, np.uint8), pairs, triples)


def blank_lexical() -> Lexical:
    """Return a first stage that weighs nothing."""
    return Lexical(
        _no_weights(1 << GRAM_BITS),
        _no_weights(1 << WORD_BITS),
        0.0,
        ("一区二区",),
        blank_fluency(),
    )


def _no_weights(*shape: int) -> Weights:
    return Weights(np.zeros(shape, np.int8), STEP)


def blank_model() -> Model:
    """Return a model of the right shape that finds nothing."""
    header = {
        "categories": ["adult", "gambling"],
        "threshold": 0.5,
        "gate_threshold": 0.0,
        "passage_threshold": 0.0,
    }
    categories = _no_weights(2, 1 << CATEGORY_BITS)
    subjects = np.zeros(1 << PAIR_BITS, np.uint32)
    stages = Stages(cascade(), cascade(low=9.0), cascade(), stump(), cascade(), cascade())
    words = blank_prefilter(), blank_lexical()
    quoting = Quoting(_no_weights(1 << 16), _no_weights(1 << PAIR_BITS))
    return Model(header, folding(), *words, stages, categories, subjects, quoting)
