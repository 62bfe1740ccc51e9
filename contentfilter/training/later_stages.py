"""Fit what looks at segments and blocks on their pages: two ensembles of trees."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from contentfilter.decoding import Candidate, describe_block, label
from contentfilter.features import NAMES, View
from contentfilter.folding import Folding
from contentfilter.lexical import Lexical
from contentfilter.model import Model, Passage
from contentfilter.prefilter import Prefilter
from contentfilter.spans import Span
from contentfilter.training.dataset import HALVES, Data, Settings, half_of, without_blocks
from contentfilter.training.seeds import HELD_OUT, Page, Seeds, bucket
from contentfilter.training.synthesis import Synthesis, add_block
from contentfilter.trees import Trees

_log = logging.getLogger(__name__)
_Floats = NDArray[np.float64]


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


class Stage:
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
        """Return labelled pages of one half with weights: clean, made, and hand-written ones."""
        buckets = HALVES[half] | (HELD_OUT & self.data.buckets)
        random_state = self.settings.random_state + 11 + half
        synthesis = Synthesis(self.seeds, buckets, random_state, always=1)
        documents = [d for d in self.data.train if half_of(d.id) == half]
        negatives = [p.text for p in self.data.negatives if half_of(p.id) == half]
        written = [p for p in self.data.pages if half_of(p.id) == half]
        hosts = [
            d.text
            for d in documents
            if d.genre not in _LISTS or synthesis.rng.random() < _LIST_HOSTS
        ]
        hosts += negatives * 3 + [without_blocks(page) for page in written] * 3
        lines = _short_lines([d.text for d in documents])
        clean = [(d.text, 1.0) for d in documents]
        clean += [(text, 3.0) for text in negatives for _ in range(2)]
        clean += self._look_alikes(synthesis, hosts, lines)
        pages = [(Page("", text, [], [], {}), weight) for text, weight in clean]
        pages += self._injected_pages(synthesis, hosts, lines)
        return pages + [(page, 3.0) for page in written for _ in range(3)]

    def _look_alikes(
        self, synthesis: Synthesis, hosts: Sequence[str], lines: Sequence[Sequence[str]]
    ) -> list[tuple[str, float]]:
        made = []
        for _ in range(self.settings.n_negative_pages // 2):
            text = synthesis.host(synthesis.rng.choice(hosts))
            if synthesis.chance(0.9):
                other = another(synthesis, lines)
                text = synthesis.with_legit(text, other) if synthesis.chance(0.6) else other
            made.append((text, 1.0))
        return made

    def _injected_pages(
        self, synthesis: Synthesis, hosts: Sequence[str], lines: Sequence[Sequence[str]]
    ) -> list[tuple[Page, float]]:
        made = []
        for _ in range(self.settings.n_pages // 2):
            host = synthesis.host(synthesis.rng.choice(hosts))
            if not host.strip():
                continue
            if synthesis.chance(synthesis.layouts["host"]["legit_list"]):
                host = synthesis.with_legit(host, another(synthesis, lines))
            page = synthesis.page(host)
            if synthesis.chance(0.1):
                page = add_block(synthesis, page)
            made.append((page, 1.0))
        return made


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
    X = np.concatenate([e.passage.X for e in examples])
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
            segments, X = example.passage
            logits = trees.predict(X)
            sized.codes = range(example.page_size)
            for candidate, share in _candidates(logits, example):
                if 0.2 < share < 0.7:
                    continue
                rows.append(describe_block(candidate, X, logits, segments, sized))  # type: ignore[arg-type]
                y.append(share >= 0.7)
                weights.append(example.weight)
    X = np.stack(rows)
    labels = np.array(y)
    _log.info("candidates: %d, blocks %.3f", len(labels), labels.mean())
    return _fit_trees(X, labels, np.array(weights), settings, max_iter=150, min_samples_leaf=20)


def _candidates(logits: _Floats, example: _Example) -> Iterable[tuple[Candidate, float]]:
    """Yield runs that may be blocks, with the share of their characters that is injected."""
    segments, X = example.passage
    seen = set()
    for bias in _LENIENT:
        for candidate in label(logits + bias, segments.line):
            if candidate not in seen:
                seen.add(candidate)
                cut = slice(candidate.first, candidate.last + 1)
                sizes = X[cut, NAMES.index("size")]
                yield candidate, float((example.injected[cut] * sizes).sum() / sizes.sum())


class _SizedView:
    """As much of a page's view as `describe_block` reads: its number of characters."""

    codes: Sequence[int] = ()
