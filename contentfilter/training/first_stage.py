"""Fit what looks at words: the prefilter, the first stage, the categories."""

import random
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from contentfilter.features import View
from contentfilter.folding import Folding
from contentfilter.lexical import (
    GRAM_BITS,
    WORD_BITS,
    Lexical,
    gram_hashes,
    word_hashes,
    words_of,
)
from contentfilter.model import CATEGORY_BITS, quantized
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
from contentfilter.training.dataset import HALVES, Data, Settings, half_of, legitimate
from contentfilter.training.seeds import HELD_OUT, Seeds
from contentfilter.training.synthesis import Synthesis

_Rows = list[NDArray[np.uint16]]


# Share of clean training documents that the prefilter may doubt: when cleaning, and in training,
# where the later stages need more negatives than that gives.
_DOUBT = 0.05
_DOUBT_BY_HALF = 0.04
_DOUBT_IN_TRAINING = 0.15
_NO_BONUS = -(1 << 24)


def fit_prefilter(
    fold: Folding, clean: Sequence[str], blocks: Sequence[str], settings: Settings
) -> Prefilter:
    """Fit the weights of pairs and triples on windows; the hardest windows are mined twice."""
    rng = random.Random(settings.random_state)
    texts = [_codes(fold, text) for text in clean]
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


def user_words_of(seeds: Seeds, buckets: frozenset[int]) -> tuple[str, ...]:
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
    negatives = [(d.text, half_of(d.id)) for d in data.train]
    negatives += [(text, k % 2) for k, text in enumerate(legitimate(data))]
    rows: list[tuple[int, int, _Phrases]] = []  # label, half, phrases
    for half in (0, 1):
        everyday = frozenset(range(10)) - data.buckets
        buckets = HALVES[half] | (HELD_OUT - everyday)
        synthesis = Synthesis(seeds, buckets, settings.random_state + 2 + half, always=1)
        texts = [synthesis.block().text for _ in range(settings.n_blocks // 2)]
        texts += synthesis.short_phrases(settings.n_blocks // 400)
        texts += [p.text[a:b] for p in data.pages if half_of(p.id) == half for a, b in p.spans] * 6
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
