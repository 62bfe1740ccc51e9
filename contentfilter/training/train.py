"""Fit a model: the prefilter, the words, the segments, the blocks, and the threshold."""

import logging
import random
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from contentfilter.decoding import Candidate, describe_block, label
from contentfilter.features import NAMES, View
from contentfilter.folding import Folding
from contentfilter.lexical import (
    GRAM_BITS,
    WORD_BITS,
    Lexical,
    gram_hashes,
    word_hashes,
    words_of,
)
from contentfilter.model import CATEGORY_BITS, Model, Passage, quantized
from contentfilter.prefilter import (
    PAIR_BITS,
    SCALE,
    TRIPLE_BITS,
    WINDOW,
    Prefilter,
    hash_pairs,
    hash_triples,
)
from contentfilter.segmentation import split
from contentfilter.spans import Span
from contentfilter.training.corpus import HELD_OUT_GENRES, SEED_DOCUMENT, Document
from contentfilter.training.seeds import HELD_OUT, Page, Seeds, bucket
from contentfilter.training.synthesis import Synthesis, add_block
from contentfilter.training.tables import build_folding
from contentfilter.trees import Trees

_log = logging.getLogger(__name__)
_Floats = NDArray[np.float64]
_Rows = list[NDArray[np.uint16]]

# The two halves that stand in for new words and new documents while the later stages are trained.
_EVERYDAY = frozenset(range(10)) - HELD_OUT
_HALVES = (frozenset({2, 3, 4, 5}), frozenset({6, 7, 8, 9}))
# Share of clean training documents that the prefilter may doubt: when cleaning, and in training,
# where the later stages need more negatives than that gives.
_DOUBT = 0.05
_DOUBT_BY_HALF = 0.04
_DOUBT_IN_TRAINING = 0.15
_NO_BONUS = -(1 << 24)


@dataclass(frozen=True)
class Settings:
    """What a training run depends on besides its data."""

    random_state: int = 0
    hold_out: bool = False
    n_blocks: int = 40_000
    n_pages: int = 24_000
    n_negative_pages: int = 16_000
    n_jobs: int = 2
    # Share of clean validation documents that may be changed, for choosing the threshold.
    false_positive_rate: float = 0.0003


class Data(NamedTuple):
    """What is trained on: legitimate texts, and pages that people wrote."""

    train: list[Document]
    dev: list[Document]
    pages: list[Page]
    negatives: list[Page]
    buckets: frozenset[int]


def select(seeds: Seeds, documents: Sequence[Document], settings: Settings) -> Data:
    """Return what may be trained on: all, or what ``hold_out`` leaves."""
    held = settings.hold_out

    def usable(document: Document) -> bool:
        name = document.id.removeprefix(SEED_DOCUMENT)
        out = document.genre in HELD_OUT_GENRES or (
            name != document.id and bucket(name) in HELD_OUT
        )
        return bool(document.text.strip()) and not (held and out)

    train = [d for d in documents if d.split == "train" and usable(d)]
    dev = [d for d in documents if d.split == "dev" and usable(d)]

    # Without a corpus, the seeds' own texts choose the thresholds too: other ones than are fitted.
    choosing = {d.id.removeprefix(SEED_DOCUMENT) for d in dev}

    def kept(pages: Iterable[Page]) -> list[Page]:
        return [
            page
            for page in pages
            if page.id not in choosing and not (held and bucket(page.id) in HELD_OUT)
        ]

    buckets = _EVERYDAY if held else frozenset(range(10))
    return Data(train, dev, kept(seeds.pages), kept(seeds.negatives), buckets)


def train(seeds: Seeds, documents: Sequence[Document], settings: Settings) -> Model:
    """Return a model trained on ``seeds`` and legitimate ``documents``."""
    data = select(seeds, documents, settings)
    fold = build_folding(seeds.directory / "folding")
    _log.info("%d training documents, %d hand-written pages", len(data.train), len(data.pages))
    synthesis = Synthesis(seeds, data.buckets, settings.random_state)
    blocks = [synthesis.block() for _ in range(settings.n_blocks)]
    hand_blocks = [page.text[a:b] for page in data.pages for a, b in page.spans]
    short = [
        phrase
        for name in seeds.categories
        for start in ("HEAD", "SENTW")
        for phrase in synthesis.phrases(name, settings.n_blocks // 200, start)
    ]
    legitimate = [d.text for d in data.train] + _legitimate(data)
    legitimate += [synthesis.look_alike() for _ in range(settings.n_negative_pages // 2)]
    prefilter = fit_prefilter(
        fold, legitimate, [b.text for b in blocks] + short + hand_blocks * 10, settings
    )
    prefilter, training_threshold = set_doubt(
        fold, prefilter, [d.text for d in data.dev] or legitimate
    )
    thresholds = (prefilter.threshold, training_threshold)
    _log.info("prefilter fitted, thresholds %s", thresholds)

    user_words = _user_words(seeds, data.buckets)
    lexicals = fit_lexical(seeds, data, fold, prefilter, user_words, settings)
    categories, names = fit_categories(seeds, data, fold, user_words, settings)
    _log.info("words fitted")

    stage = _Stage(seeds, data, fold, prefilter, thresholds, lexicals, settings)
    halves = stage.examples()
    crossed = Parallel(n_jobs=settings.n_jobs)(
        delayed(fit_segments)(halves[1 - k], settings, max_iter=150) for k in (0, 1)
    )
    block_trees = fit_blocks(crossed, halves, settings)
    segment_trees = fit_segments([*halves[0], *halves[1]], settings)
    _log.info("segments and blocks fitted")
    header = {
        "name": "contentfilter",
        "random_state": settings.random_state,
        "hold_out": settings.hold_out,
        "seeds": seeds.digest(),
        "categories": names,
        "threshold": 0.5,
    }
    model = Model(header, fold, prefilter, lexicals[-1], segment_trees, block_trees, categories)
    header["threshold"] = choose_threshold(model, [d.text for d in data.dev], settings)
    return model


def _legitimate(data: Data) -> list[str]:
    """Return the hand-written negatives, and the pages without their blocks."""
    return [page.text for page in data.negatives] * 3 + [_without_blocks(p) for p in data.pages]


def _without_blocks(page: Page) -> str:
    text = page.text
    for start, end in reversed(page.spans):
        text = text[:start] + text[end:]
    return text.strip("\n")


# --- the prefilter ---


def fit_prefilter(
    fold: Folding, legitimate: Sequence[str], blocks: Sequence[str], settings: Settings
) -> Prefilter:
    """Fit the weights of pairs and triples on windows; the hardest windows are mined twice."""
    rng = random.Random(settings.random_state)
    texts = [_codes(fold, text) for text in legitimate]
    positive = [
        w for codes in (_codes(fold, b) for b in blocks) for w in _windows(codes, 30, 6, rng)
    ]
    negative = [w for codes in texts for w in _windows(codes, 60, 40, rng)]
    for _ in range(3):
        X = sp.vstack([_window_rows(negative), _window_rows(positive)], format="csr")
        y = np.repeat([0, 1], [len(negative), len(positive)])
        weights = np.where(y, 0.5 * len(negative) / len(positive), 1.0)
        fitted = _fit_linear(X, y, weights, C=0.3, max_iter=60)
        coefficients = np.clip(np.round(fitted.coef_[0] * SCALE), -32768, 32767).astype(np.int16)
        prefilter = Prefilter(
            coefficients[: 1 << PAIR_BITS], coefficients[1 << PAIR_BITS :], 0, _NO_BONUS
        )
        negative += [w for codes in texts for w in _hardest(prefilter, codes)] * 2
    return prefilter


def _fit_linear(X: sp.csr_matrix, y: Any, weights: Any, C: float, max_iter: int) -> Any:
    """Return a fitted logistic regression; stopping before convergence is meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=C, max_iter=max_iter).fit(X, y, sample_weight=weights)


def _codes(fold: Folding, text: str) -> NDArray[np.uint16]:
    codes = fold.shadow(text).codes
    result: NDArray[np.uint16] = codes[codes != 0]
    return result


def _windows(codes: NDArray[np.uint16], per: int, most: int, rng: random.Random) -> _Rows:
    size = rng.choice([12, 16, 24, 40])
    if len(codes) <= size:
        return [codes] if len(codes) > 3 else []
    starts = [rng.randrange(len(codes) - size) for _ in range(min(most, 1 + len(codes) // per))]
    return [codes[at : at + size] for at in starts]


def _hardest(prefilter: Prefilter, codes: NDArray[np.uint16]) -> _Rows:
    if len(codes) < 4:
        return []
    sums = prefilter.sums(prefilter.weights(codes))
    at = int(sums.argmax())
    return [codes[at : at + WINDOW]] if sums[at] > -6 * SCALE else []


def _window_rows(windows: _Rows) -> sp.csr_matrix:
    columns = []
    counts = []
    for window in windows:
        wide = window.astype(np.uint32)
        columns += [hash_pairs(wide), hash_triples(wide) + np.uint32(1 << PAIR_BITS)]
        counts.append(2 * len(window) - 3)
    return _binary_rows(columns, counts, (1 << PAIR_BITS) + (1 << TRIPLE_BITS))


def _binary_rows(columns: list[Any], counts: Sequence[int], width: int) -> sp.csr_matrix:
    index = np.concatenate(columns).astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return sp.csr_matrix((np.ones(len(index), np.float32), index, starts), (len(counts), width))


def set_doubt(fold: Folding, prefilter: Prefilter, texts: Sequence[str]) -> tuple[Prefilter, int]:
    """Return ``prefilter`` with sums that doubt the wanted share of clean ``texts``.

    With it, the lower threshold for training.
    """

    def best(half_bonus: int) -> NDArray[np.int64]:
        scored = prefilter._replace(half_bonus=half_bonus)
        return np.array([View(fold.shadow(text), scored).sums.max() for text in texts])

    windows = best(_NO_BONUS)
    halves = best(1 << 24) - (1 << 24)
    half_bonus = int(np.quantile(windows, 1 - _DOUBT) - np.quantile(halves, 1 - _DOUBT_BY_HALF))
    both = best(half_bonus)
    return (
        prefilter._replace(threshold=int(np.quantile(windows, 1 - _DOUBT)), half_bonus=half_bonus),
        int(np.quantile(both, 1 - _DOUBT_IN_TRAINING)),
    )


# --- words and n-grams of segments ---


def _user_words(seeds: Seeds, buckets: frozenset[int]) -> tuple[str, ...]:
    """Return the lexicon's own compounds, which jieba would take apart."""
    return tuple(
        sorted(
            {
                term.term
                for term in seeds.terms
                if term.strength >= 2
                and term.bucket in buckets
                and term.script.lower() == "hans"
                and 3 <= len(term.term) <= 6
            }
        )
    )


def fit_lexical(
    seeds: Seeds,
    data: Data,
    fold: Folding,
    prefilter: Prefilter,
    user_words: tuple[str, ...],
    settings: Settings,
) -> list[Lexical]:
    """Return three fits: without the first half of words and documents, the second, and none."""
    rng = random.Random(settings.random_state + 1)
    negatives = [(d.text, _half(d.id)) for d in data.train]
    negatives += [(text, k % 2) for k, text in enumerate(_legitimate(data))]
    rows: list[tuple[int, int, _Phrases]] = []  # label, half, phrases
    for half in (0, 1):
        everyday = frozenset(range(10)) - data.buckets
        buckets = _HALVES[half] | (HELD_OUT - everyday)
        synthesis = Synthesis(seeds, buckets, settings.random_state + 2 + half, always=1)
        texts = [synthesis.block().text for _ in range(settings.n_blocks // 2)]
        texts += [
            phrase
            for name in seeds.categories
            for start in ("HEAD", "SENTW")
            for phrase in synthesis.phrases(name, settings.n_blocks // 400, start)
        ]
        texts += [p.text[a:b] for p in data.pages if _half(p.id) == half for a, b in p.spans] * 6
        rows.append((1, half, _phrases(fold, prefilter, texts, 8, rng)))
        texts = [text for text, k in negatives if k == half]
        texts += [synthesis.look_alike() for _ in range(settings.n_negative_pages // 2)]
        rows.append((0, half, _phrases(fold, prefilter, texts, 14, rng)))
    matrices = [(kind, half, _phrase_rows(phrases, user_words)) for kind, half, phrases in rows]
    fits = []
    for left_out in (0, 1, None):
        used = [(kind, X) for kind, half, X in matrices if half != left_out]
        X = sp.vstack([X for _, X in used], format="csr")
        y = np.repeat([kind for kind, _ in used], [X.shape[0] for _, X in used])
        weights = np.where(y, (y == 0).sum() / y.sum() * 0.6, 1.0)
        fitted = _fit_linear(X, y, weights, C=0.15, max_iter=80)
        coefficients = fitted.coef_[0].astype(np.float32)
        fits.append(
            Lexical(
                quantized(coefficients[: 1 << GRAM_BITS]),
                quantized(coefficients[1 << GRAM_BITS :]),
                float(fitted.intercept_[0]),
                user_words,
            )
        )
    return fits


class _Phrases(NamedTuple):
    """Phrases, one after the other: their codes and sizes."""

    codes: NDArray[np.uint16]
    sizes: NDArray[np.int64]


def _half(name: str) -> int:
    return bucket(name) % 2


def _phrases(
    fold: Folding, prefilter: Prefilter, texts: Sequence[str], most: int, rng: random.Random
) -> _Phrases:
    codes, sizes = [], []
    for text in texts:
        view = View(fold.shadow(text[:6000]), prefilter)
        if not len(view.where):
            continue
        segments = split(view.shadow, 0, len(view.kinds))
        first, last = view.inner(segments.start).tolist(), view.inner(segments.stop).tolist()
        chosen = list(zip(first, last, strict=True))
        if len(chosen) > most:
            # The ones that look most like a block, and some by chance.
            weigh = [float(view.total[b] - view.total[a]) for a, b in chosen]
            order = sorted(range(len(chosen)), key=lambda k: -weigh[k])
            picked = {*order[: most // 3], *rng.sample(range(len(chosen)), most - most // 3)}
            chosen = [chosen[k] for k in sorted(picked)]
        for a, b in chosen:
            codes.append(view.codes[a:b])
            sizes.append(b - a)
    return _Phrases(np.concatenate(codes), np.array(sizes, np.int64))


def _phrase_rows(phrases: _Phrases, user_words: tuple[str, ...]) -> sp.csr_matrix:
    hashes, owner = gram_hashes(phrases.codes, phrases.sizes)
    n = len(phrases.sizes)
    text = "".join(map(chr, phrases.codes.tolist()))
    ends = np.cumsum(phrases.sizes).tolist()
    starts = [0, *ends[:-1]]
    words = [
        word_hashes(words_of(text[a:b], user_words)) for a, b in zip(starts, ends, strict=True)
    ]
    counts = [len(part) for part in words]
    columns = np.fromiter((h for part in words for h in part), np.int64, sum(counts))
    columns = (columns & ((1 << WORD_BITS) - 1)) + (1 << GRAM_BITS)
    rows = np.concatenate([owner, np.repeat(np.arange(n), counts)])
    columns = np.concatenate([hashes, columns])
    values = np.ones(len(rows), np.float32)
    return sp.csr_matrix((values, (rows, columns)), (n, (1 << GRAM_BITS) + (1 << WORD_BITS)))


def fit_categories(
    seeds: Seeds, data: Data, fold: Folding, user_words: tuple[str, ...], settings: Settings
) -> tuple[NDArray[np.float32], list[str]]:
    """Return weights of hashed words for each category, shape (categories, 2**CATEGORY_BITS)."""
    synthesis = Synthesis(seeds, data.buckets, settings.random_state + 5)
    names = seeds.categories
    columns, counts, y = [], [], []
    for k, name in enumerate(names):
        for _ in range(max(50, settings.n_blocks // 80)):
            codes = _codes(fold, synthesis.block(name, "line", "none").text)
            words = words_of("".join(map(chr, codes.tolist())), user_words)
            hashes = {h & ((1 << CATEGORY_BITS) - 1) for h in word_hashes(words)}
            columns.append(sorted(hashes))
            counts.append(len(hashes))
            y.append(k)
    X = _binary_rows(columns, counts, 1 << CATEGORY_BITS)
    fitted = _fit_linear(X, y, None, C=1.0, max_iter=60)
    weights = fitted.coef_.astype(np.float32)
    if len(names) == 2:  # of two classes only one has weights
        weights = np.concatenate([-weights, weights])
    return quantized(weights), names


# --- segments and blocks on their pages ---


class _Example(NamedTuple):
    """A passage of a training page, with the share of each segment that is injected."""

    passage: Passage
    injected: _Floats
    page_size: int
    weight: float


# Genres whose documents are rows of unrelated things; few hacked pages are.
_LISTS = frozenset(
    "cantonese hot_topics idioms_dictionary name_lists news_titles place_school_lists quotes"
    " reviews word_lists".split()
)
_LIST_HOSTS = 0.25


class _Stage:
    """Makes the examples of the later stages, each seen through words it was not trained on."""

    def __init__(
        self,
        seeds: Seeds,
        data: Data,
        fold: Folding,
        prefilter: Prefilter,
        thresholds: tuple[int, int],
        lexicals: list[Lexical],
        settings: Settings,
    ) -> None:
        self.seeds, self.data, self.settings = seeds, data, settings
        self.fold, self.prefilter = fold, prefilter
        self.thresholds, self.lexicals = thresholds, lexicals

    def examples(self) -> tuple[list[_Example], list[_Example]]:
        """Return the examples in two parts, each of which can judge what the other taught."""
        jobs = []
        for half in (0, 1):
            pages = self._pages(half)
            chunks = [pages[at : at + 1000] for at in range(0, len(pages), 1000)]
            jobs += [(half, chunk) for chunk in chunks]
        work = (
            delayed(_examples)(
                self.fold, self.prefilter, self.thresholds, self.lexicals[half], chunk
            )
            for half, chunk in jobs
        )
        both: tuple[list[_Example], list[_Example]] = ([], [])
        for part in Parallel(n_jobs=self.settings.n_jobs)(work):
            for stage, example in part:
                both[stage].append(example)
        _log.info("%d and %d passages", len(both[0]), len(both[1]))
        return both

    def _pages(self, half: int) -> list[tuple[Page, float]]:
        """Return labelled pages of one half: clean documents, made pages, hand-written ones."""
        settings, data = self.settings, self.data
        extra = HELD_OUT & data.buckets
        synthesis = Synthesis(
            self.seeds, _HALVES[half] | extra, settings.random_state + 11 + half, always=1
        )
        rng = synthesis.rng
        documents = [d.text for d in data.train if _half(d.id) == half]
        negatives = [p.text for p in data.negatives if _half(p.id) == half]
        hosts = (
            [
                d.text
                for d in data.train
                if _half(d.id) == half and (d.genre not in _LISTS or rng.random() < _LIST_HOSTS)
            ]
            + negatives * 3
            + [_without_blocks(p) for p in data.pages if _half(p.id) == half] * 3
        )
        lines = _short_lines(documents)
        plain: list[tuple[str, float]] = [(text, 1.0) for text in documents]
        plain += [(text, 3.0) for text in negatives for _ in range(2)]
        for _ in range(settings.n_negative_pages // 2):
            host = synthesis.host(rng.choice(hosts))
            if rng.random() < 0.9:
                other = another(synthesis, lines)
                host = synthesis.with_legit(host, other) if rng.random() < 0.6 else other
            plain.append((host, 1.0))
        pages = [(Page("", text, [], [], {}), weight) for text, weight in plain]
        for _ in range(settings.n_pages // 2):
            host = synthesis.host(rng.choice(hosts))
            if not host.strip():
                continue
            if rng.random() < synthesis.layouts["host"]["legit_list"]:
                host = synthesis.with_legit(host, another(synthesis, lines))
            page = synthesis.page(host)
            if rng.random() < 0.1:
                page = add_block(synthesis, page)
            pages.append((page, 1.0))
        pages += [(p, 3.0) for p in data.pages if _half(p.id) == half for _ in range(3)]
        return pages


def another(synthesis: Synthesis, lines: Sequence[Sequence[str]]) -> str:
    """Return a legitimate text in the shape or the words of a block."""
    if synthesis.chance(0.6):
        return synthesis.look_alike()
    return synthesis.legit_list(synthesis.rng.choice(lines))


def _short_lines(documents: Sequence[str]) -> list[list[str]]:
    """Return groups of short legitimate phrases: what lists are made of."""
    groups = []
    for text in documents:
        for separator in ("\n", "、", ",", "，", " ", "|", "/", "·", "-", "_"):
            items = [part.strip() for part in text[:4000].split(separator)]
            items = [item for item in items if 2 <= len(item) <= 16]
            if len(items) >= 6:
                groups.append(items)
                break
    return groups or [["首页", "新闻", "产品", "联系我们", "关于", "招聘"]]


def _examples(
    fold: Folding,
    prefilter: Prefilter,
    thresholds: tuple[int, int],
    lexical: Lexical,
    pages: Sequence[tuple[Page, float]],
) -> list[tuple[int, _Example]]:
    nothing: Any = None
    model = Model({}, fold, prefilter, lexical, nothing, nothing, nothing)
    found = []
    for page, weight in pages:
        view = model.view(page.text)
        if not len(view.where):
            continue
        # The usual threshold for half of the injected pages, the looser one for all else.
        place = bucket(page.text[:200])
        threshold = thresholds[0] if page.spans and place % 2 else thresholds[1]
        injected = _injected(view, page.spans)
        for passage in model.passages(view, threshold):
            first, last = view.inner(passage.segments.start), view.inner(passage.segments.stop)
            share = (injected[last] - injected[first]) / (last - first)
            stage = bucket(page.text[:100] + "stage") % 2
            found.append((stage, _Example(passage, share, len(view.codes), weight)))
    return found


def _injected(view: View, spans: Sequence[Span]) -> NDArray[np.int64]:
    """Return running counts of injected characters among those with a code."""
    offsets = view.where if view.shadow.offsets is None else view.shadow.offsets[view.where]
    marked = np.zeros(len(offsets), bool)
    for start, end in spans:
        marked |= (offsets >= start) & (offsets < end)
    return np.concatenate([[0], np.cumsum(marked)])


# Segments of running text far from any doubt teach little; so many are kept, with more weight.
_EASY_SCORE = -3.0
_EASY_KEPT = 0.3


_BESIDE_WEIGHT = 3.0


def _beside(example: _Example) -> NDArray[np.bool_]:
    """Return whether each segment stands on a line that also holds injected ones."""
    line = example.passage.segments.line
    injected = np.bincount(line, example.injected >= 0.5)
    return injected[line] > 0


def fit_segments(examples: Sequence[_Example], settings: Settings, max_iter: int = 240) -> Trees:
    """Return trees that give a segment's log-odds of being injected."""
    n = np.array([len(e.injected) for e in examples])
    X = np.concatenate([e.passage.matrix.X for e in examples])
    y = np.concatenate([e.injected for e in examples]) >= 0.5
    # A segment of a long passage counts less, so that one long list does not rule.
    weights = np.repeat([e.weight for e in examples] / np.maximum(1, n / 30) ** 0.5, n)
    near = X[:, NAMES.index("around")]
    easy = ~y & (X[:, NAMES.index("score")] < _EASY_SCORE) & (near < _EASY_SCORE)
    rng = np.random.default_rng(settings.random_state)
    kept = ~easy | (rng.random(len(y)) < _EASY_KEPT)
    weights[easy] /= _EASY_KEPT
    # Text that shares a line with a block is what a cut may damage.
    weights[~y & np.concatenate([_beside(e) for e in examples])] *= _BESIDE_WEIGHT
    _log.info("segments: %d, fitted on %d, injected %.3f", len(y), kept.sum(), y[kept].mean())
    return _fit_trees(
        X[kept], y[kept], weights[kept], settings, max_iter=max_iter, min_samples_leaf=40
    )


def _fit_trees(
    X: _Floats, y: NDArray[np.bool_], weights: _Floats, settings: Settings, **options: Any
) -> Trees:
    fitted = HistGradientBoostingClassifier(
        learning_rate=0.08,
        max_leaf_nodes=31,
        l2_regularization=2.0,
        max_features=0.5,
        early_stopping=False,
        random_state=settings.random_state,
        **options,
    )
    # Threads that wait for each other on a shared machine made this ten times slower.
    with threadpool_limits(1):
        fitted.fit(X, y, sample_weight=weights)
    return export_trees(fitted)


def export_trees(fitted: HistGradientBoostingClassifier) -> Trees:
    """Return the trees of a fitted binary classifier as plain arrays."""
    columns: dict[str, list[Any]] = {name: [] for name in Trees._fields[:-1]}
    offset = 0
    for (predictor,) in fitted._predictors:
        nodes = predictor.nodes
        own = np.arange(len(nodes))
        leaf = nodes["is_leaf"].astype(bool)
        columns["roots"].append([offset])
        columns["feature"].append(np.where(leaf, 0, nodes["feature_idx"]))
        columns["cut"].append(np.where(leaf, 0.0, nodes["num_threshold"]))
        columns["left"].append(offset + np.where(leaf, own, nodes["left"]))
        columns["right"].append(offset + np.where(leaf, own, nodes["right"]))
        columns["value"].append(np.where(leaf, nodes["value"], 0.0))
        offset += len(nodes)
    kinds = {"roots": np.int32, "feature": np.int16, "left": np.int32, "right": np.int32}
    arrays = {
        name: np.concatenate(parts).astype(kinds.get(name, np.float64))
        for name, parts in columns.items()
    }
    return Trees(**arrays, base=float(np.ravel(fitted._baseline_prediction)[0]))


# Candidates are also drawn with scores this much higher than they are: the blocks' trees must see
# what is nearly one.
_LENIENT = (0.0, 3.0, 6.0)


def fit_blocks(
    crossed: Sequence[Trees], halves: Sequence[Sequence[_Example]], settings: Settings
) -> Trees:
    """Return trees that give the log-odds of a run of segments being a block.

    The examples of each half are judged by trees that were fitted on the other.
    """
    rows, y, weights = [], [], []
    sized = _SizedView()
    for trees, examples in zip(crossed, halves, strict=True):
        for example in examples:
            segments, matrix = example.passage
            logits = trees.predict(matrix.X)
            sized.codes = range(example.page_size)
            for candidate, share in _candidates(logits, example):
                if 0.2 < share < 0.7:
                    continue
                rows.append(describe_block(candidate, matrix.X, logits, segments, sized))  # type: ignore[arg-type]
                y.append(share >= 0.7)
                weights.append(example.weight)
    X = np.stack(rows)
    labels = np.array(y)
    _log.info("candidates: %d, blocks %.3f", len(labels), labels.mean())
    return _fit_trees(X, labels, np.array(weights), settings, max_iter=150, min_samples_leaf=20)


def _candidates(logits: _Floats, example: _Example) -> Iterable[tuple[Candidate, float]]:
    """Yield runs that may be blocks, with the share of their characters that is injected."""
    segments, matrix = example.passage
    seen = set()
    for bias in _LENIENT:
        for candidate in label(logits + bias, segments.line):
            if candidate not in seen:
                seen.add(candidate)
                cut = slice(candidate.first, candidate.last + 1)
                sizes = matrix.X[cut, NAMES.index("size")]
                yield candidate, float((example.injected[cut] * sizes).sum() / sizes.sum())


class _SizedView:
    """As much of a page's view as `describe_block` reads: its number of characters."""

    codes: Sequence[int] = ()


# --- the threshold ---


# A clean text that scores higher than this is not told apart by its score; no threshold above
# it is worth what it costs.
_HIGHEST_THRESHOLD = 0.995


def choose_threshold(model: Model, texts: Sequence[str], settings: Settings) -> float:
    """Return the lowest threshold that changes no more clean texts than the settings allow.

    It is never below even odds, nor above `_HIGHEST_THRESHOLD`, whatever the texts.
    """
    allowed = int(settings.false_positive_rate * len(texts))
    worst = sorted(
        (max((f.score for f in model.find(text, 0.0)), default=0.0) for text in texts),
        reverse=True,
    )
    limit = worst[allowed] if allowed < len(worst) else 0.0
    changed = sum(score >= _HIGHEST_THRESHOLD for score in worst)
    _log.info("%d of %d clean texts score over the highest threshold", changed, len(texts))
    # A little above the first score that may not be cut.
    return min(_HIGHEST_THRESHOLD, max(0.5, limit + (1 - limit) * 0.1))
