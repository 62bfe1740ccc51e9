"""Fit what looks at words: the prefilter, the first stage, the categories."""

import random
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from contentfilter.arrays import running
from contentfilter.fluency import Fluency
from contentfilter.folding import Folding
from contentfilter.lexical import (
    GRAM_BITS,
    WORD_BITS,
    Lexical,
    gram_hashes,
    hash_words,
    words_of,
)
from contentfilter.model import CATEGORY_BITS
from contentfilter.pages import Pages, pages_of
from contentfilter.prefilter import (
    HALF,
    MOST,
    PAIR_BITS,
    SCALE,
    TRIPLE_BITS,
    WINDOW,
    Prefilter,
    hash_pairs,
    hashes,
)
from contentfilter.quoting import Quoting, calm_letters, scaled
from contentfilter.segmentation import split
from contentfilter.training.counts import fit_fluency
from contentfilter.training.dataset import HALVES, Data, Settings, half_of, legitimate
from contentfilter.training.seeds import HELD_OUT, Seeds
from contentfilter.training.synthesis import Synthesis
from contentfilter.training.tables import NO_PREFILTER
from contentfilter.weights import Weights, weights_of

_Rows = list[NDArray[np.uint16]]


# Share of clean validation documents that the prefilter may doubt by whole and by half windows,
# besides what it doubts at their ends; the gate lets few of them on.
_DOUBT = 0.08
_DOUBT_BY_HALF = 0.07
_NO_BONUS = -(1 << 14)


class Texts(NamedTuple):
    """Texts of one half of vocabulary and documents: injected ones, documents, hand-written ones.

    The hand-written ones are legitimate, and as hard as can be.
    """

    injected: list[str]
    documents: list[str]
    hard: list[str]

    @property
    def legitimate(self) -> list[str]:
        """Everything but what was injected."""
        return self.documents + self.hard


def texts_of_halves(seeds: Seeds, data: Data, settings: Settings) -> tuple[Texts, Texts]:
    """Return what the words and the prefilter are fitted on."""
    halves = []
    texts = [(d.text, half_of(d.id)) for d in data.train]
    texts += [(text, half_of(text)) for text in data.articles]
    for half in (0, 1):
        synthesis = Synthesis(
            seeds, buckets_of(half, data), settings.random_state + 2 + half, always=1
        )
        injected = [synthesis.block().text for _ in range(settings.n_blocks // 2)]
        injected += synthesis.short_phrases(settings.n_blocks // 400)
        written = [p.text[a:b] for p in data.pages if half_of(p.id) == half for a, b in p.spans]
        kept = [text for text, k in texts if k == half]
        kept += [synthesis.look_alike() for _ in range(settings.n_negative_pages // 2)]
        halves.append(Texts(injected + written * 8, kept, legitimate(data, half)))
    return halves[0], halves[1]


def buckets_of(half: int, data: Data) -> frozenset[int]:
    """Return the vocabulary of one half, words that everybody knows included."""
    return HALVES[half] | (HELD_OUT & data.buckets)


def fit_prefilters(
    fold: Folding, halves: Sequence[Texts], dev: Sequence[str], settings: Settings
) -> list[Prefilter]:
    """Return three fits: without the first half of words and documents, the second, and none.

    Hard legitimate texts are left to the later stages: with them among its own, the prefilter had
    no doubt about plain lists of the words that those texts are about, and missed more blocks.
    """
    used = [[halves[1]], [halves[0]], list(halves)]
    fits = Parallel(n_jobs=settings.n_jobs)(
        delayed(fit_prefilter)(
            fold,
            [text for texts in part for text in texts.documents],
            [text for texts in part for text in texts.injected],
            settings,
        )
        for part in used
    )
    clean = dev or [text for texts in halves for text in texts.documents]
    return [set_doubt(fold, prefilter, clean) for prefilter in fits]


def fit_prefilter(
    fold: Folding, clean: Sequence[str], blocks: Sequence[str], settings: Settings
) -> Prefilter:
    """Fit the weights of pairs and triples on windows; the hardest windows are mined twice."""
    rng = random.Random(settings.random_state)
    texts = [_letters(fold, text) for text in clean]
    positive = [w for block in blocks for w in _windows(_letters(fold, block), 30, 6, rng)]
    negative = [w for codes in texts for w in _windows(codes, 60, 40, rng)]
    for _ in range(3):
        X = sp.vstack([_window_rows(negative), _window_rows(positive)], format="csr")
        y = np.repeat([0, 1], [len(negative), len(positive)])
        weights = np.where(y, 0.5 * len(negative) / len(positive), 1.0)
        fitted = _fit_linear(X, y, weights, C=0.07, max_iter=60)
        coefficients = np.clip(np.round(fitted.coef_[0] * SCALE), -MOST, MOST).astype(np.int8)
        prefilter = Prefilter(
            coefficients[: 1 << PAIR_BITS], coefficients[1 << PAIR_BITS :], 0, _NO_BONUS
        )
        negative += [w for codes in texts for w in _hardest(prefilter, codes)] * 2
    return prefilter


def _letters(fold: Folding, text: str) -> NDArray[np.uint16]:
    return pages_of([text], fold, NO_PREFILTER).letters


def _fit_linear(X: sp.csr_matrix, y: Any, weights: Any, C: float, max_iter: int) -> Any:
    """Return a fitted logistic regression; stopping before convergence is meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=C, max_iter=max_iter).fit(X, y, sample_weight=weights)


def _windows(codes: NDArray[np.uint16], per: int, most: int, rng: random.Random) -> _Rows:
    size = rng.choice([8, 12, 16, 24, 40])
    if len(codes) <= size:
        return [codes] if len(codes) > 3 else []
    starts = [rng.randrange(len(codes) - size) for _ in range(min(most, 1 + len(codes) // per))]
    return [codes[at : at + size] for at in starts]


def _hardest(prefilter: Prefilter, codes: NDArray[np.uint16]) -> _Rows:
    if len(codes) < 4:
        return []
    found = []
    halves, windows = prefilter.sums(prefilter.weights(codes))
    for sums, size, least in ((windows, WINDOW, -6), (halves, HALF, -4)):
        at = int(sums.argmax())
        if sums[at] > least * SCALE:
            found.append(codes[at : at + size])
    return found


def _window_rows(windows: _Rows) -> sp.csr_matrix:
    columns = []
    counts = []
    for window in windows:
        pairs, triples = hashes(window)
        columns += [pairs, triples + np.uint32(1 << PAIR_BITS)]
        counts.append(2 * len(window) - 3)
    return _binary_rows(columns, counts, (1 << PAIR_BITS) + (1 << TRIPLE_BITS))


def _binary_rows(columns: list[Any], counts: Sequence[int], width: int) -> sp.csr_matrix:
    index = np.concatenate(columns).astype(np.int32)
    starts = running(np.array(counts))
    return sp.csr_matrix((np.ones(len(index), np.float32), index, starts), (len(counts), width))


def set_doubt(fold: Folding, prefilter: Prefilter, texts: Sequence[str]) -> Prefilter:
    """Return ``prefilter`` with sums that doubt the wanted share of clean ``texts``."""
    pages = (pages_of([text], fold, prefilter) for text in texts)
    sums = [prefilter.sums(page.weights_with_script) for page in pages]
    halves, windows = np.array([[part.max() for part in both] for both in sums]).T
    half_bonus = int(np.quantile(windows, 1 - _DOUBT) - np.quantile(halves, 1 - _DOUBT_BY_HALF))
    threshold = int(np.quantile(windows, 1 - _DOUBT))
    return prefilter._replace(threshold=threshold, half_bonus=half_bonus)


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
    halves: Sequence[Texts],
    fold: Folding,
    prefilter: Prefilter,
    user_words: tuple[str, ...],
    settings: Settings,
) -> list[Lexical]:
    """Return three fits: without the first half of words and documents, the second, and none."""
    fluencies = fit_fluency([texts.legitimate for texts in halves], fold, settings)
    rng = random.Random(settings.random_state + 1)
    jobs = [
        (label, half, _phrases(fold, prefilter, texts, most, rng))
        for half, part in enumerate(halves)
        for label, texts, most in ((1, part.injected, 8), (0, part.legitimate, 14))
    ]
    matrices = Parallel(n_jobs=settings.n_jobs)(
        delayed(_phrase_rows)(phrases, user_words) for _, _, phrases in jobs
    )
    rows = [(label, half, X) for (label, half, _), X in zip(jobs, matrices, strict=True)]
    return Parallel(n_jobs=settings.n_jobs)(  # type: ignore[no-any-return]
        delayed(_fit_lexical)(
            [(y, X) for y, half, X in rows if half != left_out], user_words, fluency
        )
        for left_out, fluency in zip((0, 1, None), fluencies, strict=True)
    )


def _fit_lexical(
    parts: Sequence[tuple[int, sp.csr_matrix]], user_words: tuple[str, ...], fluency: Fluency
) -> Lexical:
    X = sp.vstack([part for _, part in parts], format="csr")
    y = np.repeat([label for label, _ in parts], [part.shape[0] for _, part in parts])
    weights = np.where(y, (y == 0).sum() / y.sum() * 0.6, 1.0)
    fitted = _fit_linear(X, y, weights, C=0.3, max_iter=80)
    coefficients = fitted.coef_[0].astype(np.float32)
    return Lexical(
        weights_of(coefficients[: 1 << GRAM_BITS]),
        weights_of(coefficients[1 << GRAM_BITS :]),
        float(fitted.intercept_[0]),
        user_words,
        fluency,
    )


class _Phrases(NamedTuple):
    """Phrases, one after the other: their codes and sizes."""

    codes: NDArray[np.uint16]
    sizes: NDArray[np.int64]


def _phrases(
    fold: Folding, prefilter: Prefilter, texts: Sequence[str], most: int, rng: random.Random
) -> _Phrases:
    codes, sizes = [], []
    for text in texts:
        page = pages_of([text[:6000]], fold, prefilter)
        chosen = _phrases_of(page)
        if len(chosen) > most:
            # The ones that look most like a block, and some by chance.
            weigh = [int(page.total[b] - page.total[a]) for a, b in chosen]
            order = sorted(range(len(chosen)), key=lambda k: -weigh[k])
            picked = {*order[: most // 3], *rng.sample(range(len(chosen)), most - most // 3)}
            chosen = [chosen[k] for k in sorted(picked)]
        for a, b in chosen:
            codes.append(page.letters[a:b])
            sizes.append(b - a)
    return _Phrases(np.concatenate(codes), np.array(sizes, np.int64))


def _phrases_of(page: Pages) -> list[tuple[int, int]]:
    """Return (first, last) of the letters of each segment of a page."""
    segments = split(page.kinds, page.starts[:1], page.starts[1:])
    first, last = page.inner(segments.start), page.inner(segments.stop)
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _phrase_rows(phrases: _Phrases, user_words: tuple[str, ...]) -> sp.csr_matrix:
    hashes, owner = gram_hashes(phrases.codes, phrases.sizes)
    n = len(phrases.sizes)
    text = "".join(map(chr, phrases.codes.tolist()))
    ends = np.cumsum(phrases.sizes).tolist()
    starts = [0, *ends[:-1]]
    hashed = hash_words(
        words_of([text[a:b] for a, b in zip(starts, ends, strict=True)], user_words)
    )
    columns = np.concatenate([hashed.words, hashed.pairs]) & np.uint32((1 << WORD_BITS) - 1)
    rows = np.concatenate([owner, hashed.owner, hashed.pair_owner])
    columns = np.concatenate([hashes, columns.astype(np.int64) + (1 << GRAM_BITS)])
    values = np.ones(len(rows), np.float32)
    return sp.csr_matrix((values, (rows, columns)), (n, (1 << GRAM_BITS) + (1 << WORD_BITS)))


def fit_categories(
    seeds: Seeds, data: Data, fold: Folding, user_words: tuple[str, ...], settings: Settings
) -> tuple[list[Weights], list[str]]:
    """Return weights of hashed words for each category, and the categories' names.

    Three fits as elsewhere, each of shape (categories, 2**CATEGORY_BITS).
    """
    names = seeds.categories
    halves = []
    for half in (0, 1):
        synthesis = Synthesis(
            seeds, buckets_of(half, data), settings.random_state + 5 + half, always=1
        )
        halves.append(_category_rows(synthesis, names, fold, user_words, settings))
    fits = Parallel(n_jobs=settings.n_jobs)(
        delayed(_fit_categories)([halves[k] for k in (0, 1) if k != left_out])
        for left_out in (0, 1, None)
    )
    return fits, names


def _category_rows(
    synthesis: Synthesis,
    names: Sequence[str],
    fold: Folding,
    user_words: tuple[str, ...],
    settings: Settings,
) -> tuple[sp.csr_matrix, list[int]]:
    columns, counts, y = [], [], []
    for k, name in enumerate(names):
        count = max(25, settings.n_blocks // 80)
        texts = [synthesis.block(name, "line", "none").text for _ in range(count)]
        texts += [synthesis.block(name, "advert", "none").text for _ in range(count // 4)]
        for start in ("HEAD", "SENTW"):
            texts += synthesis.phrases(name, count // 4, start)
        for text in texts:
            page = pages_of([text], fold, NO_PREFILTER)
            phrases = ["".join(map(chr, page.letters[a:b].tolist())) for a, b in _phrases_of(page)]
            hashed = hash_words(words_of(phrases, user_words))
            mask = np.uint32((1 << CATEGORY_BITS) - 1)
            hashes = {*(hashed.words & mask).tolist(), *(hashed.pairs & mask).tolist()}
            columns.append(sorted(hashes))
            counts.append(len(hashes))
            y.append(k)
    return _binary_rows(columns, counts, 1 << CATEGORY_BITS), y


def _fit_categories(parts: Sequence[tuple[sp.csr_matrix, list[int]]]) -> Weights:
    X = sp.vstack([rows for rows, _ in parts], format="csr")
    y = [k for _, part in parts for k in part]
    weights = _fit_linear(X, y, None, C=1.0, max_iter=60).coef_.astype(np.float32)
    if len(set(y)) == 2:  # of two classes only one has weights
        weights = np.concatenate([-weights, weights])
    return weights_of(weights)


# A pair of characters is typical of a category if it is so much more frequent in its blocks than
# in legitimate documents, and stands in so many of them.
_TYPICAL = 16.0
_LEAST_BLOCKS = 3
# Occurrences that every pair has in documents on top.
_SMOOTHING = 2.0


def fit_subjects(
    seeds: Seeds, data: Data, fold: Folding, names: Sequence[str], settings: Settings
) -> NDArray[np.uint32]:
    """Return for each hashed pair of characters, bit by bit, which categories it is typical of."""
    everywhere = np.full(1 << PAIR_BITS, _SMOOTHING)
    for document in data.train:
        pairs = hash_pairs(_letters(fold, document.text))
        everywhere += np.bincount(pairs, minlength=len(everywhere))
    rate = everywhere / everywhere.sum()
    synthesis = Synthesis(seeds, data.buckets, settings.random_state + 17, always=1)
    table = np.zeros(1 << PAIR_BITS, np.uint32)
    for k, name in enumerate(names):
        texts = [synthesis.block(name, "line", "none").text for _ in range(settings.n_blocks // 20)]
        found = [hash_pairs(_letters(fold, text)) for text in texts]
        count = np.bincount(np.concatenate(found), minlength=len(table))
        blocks = np.bincount(
            np.concatenate([np.unique(pairs) for pairs in found]), None, len(table)
        )
        typical = (blocks >= _LEAST_BLOCKS) & (count / count.sum() > _TYPICAL * rate)
        table |= typical.astype(np.uint32) << np.uint32(k)
    return table


# Letters of a text that are one row, and the fewest.
_QUOTING_ROW, _LEAST_OF_ROW = 64, 8


def fit_quoting(
    data: Data, fold: Folding, prefilters: Sequence[Prefilter], settings: Settings
) -> list[Quoting]:
    """Return what pages that quote say, and pages that carry do not, by their calm letters.

    Three fits as elsewhere; ``prefilters`` are those that doubt the texts of either half.
    """
    halves = []
    for half, prefilter in enumerate(prefilters):
        texts = [
            [page.text for page in pages if half_of(page.id) == half]
            for pages in (data.pages, data.negatives)
        ]
        rows = [_quoting_rows(part, fold, prefilter) for part in texts]
        halves.append((sp.vstack(rows), np.repeat([0, 1], [part.shape[0] for part in rows])))
    return Parallel(n_jobs=settings.n_jobs)(  # type: ignore[no-any-return]
        delayed(_fit_quoting)([halves[k] for k in (0, 1) if k != left_out])
        for left_out in (0, 1, None)
    )


def _quoting_rows(texts: Sequence[str], fold: Folding, prefilter: Prefilter) -> sp.csr_matrix:
    """Return rows of the calm letters of ``texts``, and of the pairs that begin with them."""
    columns, counts = [], []
    for text in texts:
        page = pages_of([text], fold, prefilter)
        calm = calm_letters(page, page.doubts)
        pairs = np.append(hash_pairs(page.letters), 0)[: len(calm)]
        both = np.stack([page.letters.astype(np.int64), pairs + (1 << 16)], axis=1)[calm]
        for at in range(0, len(both), _QUOTING_ROW):
            row = both[at : at + _QUOTING_ROW]
            if len(row) >= _LEAST_OF_ROW:
                columns.append(row.ravel())
                counts.append(row.size)
    rows = _binary_rows(columns or [np.zeros(0, np.int64)], counts, (1 << 16) + (1 << PAIR_BITS))
    rows.data[:] = scaled(rows.data, np.repeat(counts, counts) / 2)
    return rows


def _fit_quoting(parts: Sequence[tuple[sp.csr_matrix, NDArray[np.int64]]]) -> Quoting:
    X = sp.vstack([rows for rows, _ in parts], format="csr")
    y = np.concatenate([labels for _, labels in parts])
    if len(np.unique(y)) < 2:  # nothing to tell apart
        weights = np.zeros(X.shape[1], np.float32)
    else:
        even = np.where(y, (y == 0).sum() / y.sum(), 1.0)
        weights = _fit_linear(X, y, even, C=2.0, max_iter=100).coef_[0].astype(np.float32)
    return Quoting(weights_of(weights[: 1 << 16]), weights_of(weights[1 << 16 :]))
