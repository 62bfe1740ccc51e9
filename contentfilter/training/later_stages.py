"""Fit what looks at segments and blocks on their pages: two ensembles of trees."""

import logging
import random
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from contentfilter.arrays import running
from contentfilter.decoding import Candidate, describe_blocks, label
from contentfilter.edges import N_EDGE_FEATURES, REACH, Surroundings, block_of
from contentfilter.features import NAMES, OF_WORDS, of_words
from contentfilter.fluency import Fluency, Sides
from contentfilter.folding import Folding
from contentfilter.gate import N_GATE_FEATURES, describe_doubts
from contentfilter.lexical import Lexical
from contentfilter.model import Model, Stages
from contentfilter.pages import Pages
from contentfilter.prefilter import Prefilter
from contentfilter.segmentation import LONGEST_SECTION, Segments
from contentfilter.spans import Span
from contentfilter.training.dataset import Data, Settings, half_of, without_blocks
from contentfilter.training.first_stage import buckets_of
from contentfilter.training.seeds import Page, Seeds, bucket
from contentfilter.training.synthesis import Synthesis, add_block
from contentfilter.trees import Cascade, Trees
from contentfilter.weights import Weights

_log = logging.getLogger(__name__)
_Floats = NDArray[np.float64]


class _Example(NamedTuple):
    """A passage of a training page, with the share of each segment that is injected.

    ``words`` are the features that need words, ``topics`` the categories by them. Once `settle`
    has been asked, ``X`` holds them for those segments that are ``asked`` for, and ``logits`` are
    what the small ensemble says of the others.
    """

    segments: Segments
    X: _Floats
    words: _Floats
    topics: NDArray[np.float32]
    injected: _Floats
    page_size: int
    weight: float
    asked: NDArray[np.bool_]
    logits: _Floats
    sides: Sides
    half: int


class _Rows(NamedTuple):
    """Rows of features with their labels."""

    X: _Floats
    y: NDArray[np.bool_]


class _Edges(NamedTuple):
    """Places near the edges of blocks: does one begin here, does one end here."""

    begin: _Rows
    end: _Rows


class Seen(NamedTuple):
    """What the prefilter and the words of one half tell: trained without what they judge."""

    fold: Folding
    prefilter: Prefilter
    lexical: Lexical
    categories: Weights


class Examples(NamedTuple):
    """Passages in two parts, each of which can judge what the other taught, and edges."""

    halves: tuple[list[_Example], list[_Example]]
    edges: _Edges


# From this score on a block counts as found where a gate is chosen.
LENIENT_THRESHOLD = 0.9

# Genres whose documents are rows of unrelated things; few hacked pages are.
_LISTS = frozenset(
    "cantonese hot_topics idioms_dictionary name_lists news_titles place_school_lists quotes"
    " reviews word_lists".split()
)
_LIST_HOSTS = 0.25
# Short pages that were written to be hosts: so often beside the documents.
_ARTICLE_HOSTS = 10


class Gate(NamedTuple):
    """Trees over windows in doubt, and the log-odds from which a window passes."""

    trees: Cascade
    threshold: float


class Stage:
    """Makes the examples of the later stages, each seen through words it was not trained on."""

    def __init__(self, seeds: Seeds, data: Data, seen: Sequence[Seen], settings: Settings) -> None:
        self.seeds, self.data, self.seen, self.settings = seeds, data, seen, settings
        self._chunks = [
            (half, pages[at : at + 500])
            for half in (0, 1)
            for pages in [self._pages(half)]
            for at in range(0, len(pages), 500)
        ]

    def fit_gate(self) -> tuple[tuple[Gate, Gate], Cascade]:
        """Return the gates fitted on either half, for the other, and the trees fitted on all."""
        work = (delayed(_windows)(self.seen[half], chunk) for half, chunk in self._chunks)
        found = Parallel(n_jobs=self.settings.n_jobs)(work)
        halves = []
        for half in (0, 1):
            parts = [rows for (k, _), rows in zip(self._chunks, found, strict=True) if k == half]
            halves.append(_joined(parts))
        fits = [_fit_cascade(rows, self.settings, max_iter=120) for rows in halves]
        logits = [fits[1 - k].predict(halves[k].X) for k in (0, 1)]
        score, y = np.concatenate(logits), np.concatenate([rows.y for rows in halves])
        lenient = float(np.quantile(score[y], _GATE_LOST)) if y.any() else -9.0
        passed = (score[~y] >= lenient).mean()
        _log.info("gate: %d stretches, injected %.3f, passes %.3f", len(y), y.mean(), passed)
        final = _fit_cascade(_joined(halves), self.settings, max_iter=120)
        return (Gate(fits[1], lenient), Gate(fits[0], lenient)), final

    def choose_gate(self, gates: tuple[Gate, Gate], model: Model) -> float:
        """Return the log-odds from which a stretch passes: hardly a block of ``model`` is lost."""
        chosen = [(half, [page for page, _ in chunk if page.spans]) for half, chunk in self._chunks]
        work = (
            delayed(_passing)(_seen_through(self.seen[half], gates[half], model), pages[:_JUDGED])
            for half, pages in chosen
            if pages
        )
        logits = [x for part in Parallel(n_jobs=self.settings.n_jobs)(work) for x in part]
        _log.info("gate chosen by %d blocks", len(logits))
        return float(np.quantile(logits, _BLOCKS_LOST)) if logits else gates[0].threshold

    def examples(self, gates: tuple[Gate, Gate]) -> Examples:
        """Return the examples that pass the gates."""
        work = (
            delayed(_examples)(self.seen[half], gates[half], chunk, half)
            for half, chunk in self._chunks
        )
        both: tuple[list[_Example], list[_Example]] = ([], [])
        begins, ends = [], []
        for part, edges in Parallel(n_jobs=self.settings.n_jobs)(work):
            for stage, example in part:
                both[stage].append(example)
            begins.append(edges.begin)
            ends.append(edges.end)
        _log.info("%d and %d passages", len(both[0]), len(both[1]))
        return Examples(both, _Edges(_joined(begins), _joined(ends)))

    def _pages(self, half: int) -> list[tuple[Page, float]]:
        """Return labelled pages of one half with weights: clean, made, and hand-written ones."""
        buckets = buckets_of(half, self.data)
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
        articles = [text for text in self.data.articles if half_of(text) == half]
        hosts += negatives * 3 + [without_blocks(page) for page in written] * 3
        hosts += articles * _ARTICLE_HOSTS
        lines = _short_lines([d.text for d in documents])
        clean = [(d.text, 1.0) for d in documents]
        clean += [(text, 3.0) for text in negatives for _ in range(2)]
        clean += [(text, 3.0) for text in articles]
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
        shares = synthesis.layouts["host"]
        for _ in range(self.settings.n_pages // 2):
            if synthesis.chance(shares["alone"]):
                made.append((synthesis.page_alone(), 1.0))
                continue
            host = synthesis.host(synthesis.rng.choice(hosts))
            if synthesis.chance(shares["tiny"]):
                host = synthesis.tiny(host)
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


# Share of injected stretches that the gate may lose in training: much of them no later stage would
# call a block. In use it may lose this share of what the later stages do call so: with 0.003 more
# than twice as many clean documents passed (132 for 45 of 2,000), and of hand-written blocks 0.15 %
# more were removed (benchmarks/README.md).
_GATE_LOST = 0.003
_BLOCKS_LOST = 0.01
# Pages of each chunk that this is found out by.
_JUDGED = 120
# A window counts as injected if this many of its characters are, or this share.
_INJECTED = 4
_INJECTED_SHARE = 0.4


def _joined(parts: Sequence[_Rows]) -> _Rows:
    return _Rows(np.concatenate([p.X for p in parts]), np.concatenate([p.y for p in parts]))


def _no_rows(width: int) -> _Rows:
    return _Rows(np.zeros((0, width)), np.zeros(0, bool))


def _windows(seen: Seen, pages: Sequence[tuple[Page, float]]) -> _Rows:
    """Return the windows in doubt of ``pages``, and which are injected."""
    model = _model_of(seen)
    found = [_no_rows(N_GATE_FEATURES)]
    for doubted in model.in_doubt([page.text[:LONGEST_SECTION] for page, _ in pages]):
        doubts = doubted.doubts
        count = _injected(doubted.pages, [pages[part.number][0].spans for part in doubted.parts])
        hit = count[doubts.last] - count[doubts.first]
        kept = (
            (hit == 0)
            | (hit >= _INJECTED)
            | (hit >= _INJECTED_SHARE * (doubts.last - doubts.first))
        )
        found.append(_Rows(describe_doubts(doubted.pages, doubts)[kept], hit[kept] > 0))
    return _joined(found)


def _model_of(seen: Seen, gate: Gate | None = None) -> Model:
    """Return a model that can tell what is in doubt and what passes ``gate``, and no more."""
    nothing: Any = None
    trees = Stages(gate.trees if gate else nothing, nothing, nothing, nothing, nothing)
    header = {"gate_threshold": gate.threshold} if gate else {}
    return Model(header, *seen[:3], trees, seen.categories)


def _seen_through(seen: Seen, gate: Gate, model: Model) -> Model:
    header = model.header | {"gate_threshold": gate.threshold}
    return Model(header, *seen[:3], model.trees._replace(gate=gate.trees), model.categories)


def _passing(model: Model, pages: Sequence[Page]) -> list[float]:
    """Return for each block that ``model`` finds the log-odds of its best stretch."""
    logits = []
    for page in pages:
        spans = [found.span for found in model.find(page.text, LENIENT_THRESHOLD)]
        seen = model.pages([page.text])
        doubts = seen.doubts
        scores = model.trees.gate.predict(describe_doubts(seen, doubts))
        first, last = seen.where[doubts.first].tolist(), (seen.where[doubts.last - 1] + 1).tolist()
        stretches = list(zip(first, last, strict=True))
        offset = seen.offset
        for start, end in page.spans:
            cut = sum(max(0, min(end, b) - max(start, a)) for a, b in spans)
            touching = [
                score
                for (a, b), score in zip(stretches, scores.tolist(), strict=True)
                if offset(a) < end and start < offset(b) and score >= model.gate_threshold
            ]
            # A block without a stretch of its own was seen because of what stands beside it.
            if touching and 2 * cut >= end - start:
                logits.append(max(touching))
    return logits


def _examples(
    seen: Seen, gate: Gate, pages: Sequence[tuple[Page, float]], half: int
) -> tuple[list[tuple[int, _Example]], _Edges]:
    model = _model_of(seen, gate)
    rng = random.Random(len(pages))
    found = []
    begins, ends = [_no_rows(N_EDGE_FEATURES)], [_no_rows(N_EDGE_FEATURES)]
    for doubted in map(model.passing, model.in_doubt([p.text[:LONGEST_SECTION] for p, _ in pages])):
        look = model.look(doubted) if doubted.parts else None
        if look is None:
            continue
        of_parts = [pages[part.number] for part in doubted.parts]
        injected = _injected(look.pages, [page.spans for page, _ in of_parts])
        sizes = np.diff(look.pages.letter_starts).tolist()
        words = look.words(seen.lexical, np.ones(len(look.X), bool))
        topics = model.topics(words)
        by_words = of_words(words, look.X[:, NAMES.index("size")], seen.lexical)
        for number, rows in look.passages():
            page, weight = of_parts[number]
            segments = look.parts.segments.take(rows)
            first, last = look.pages.inner(segments.start), look.pages.inner(segments.stop)
            share = (injected[last] - injected[first]) / (last - first)
            example = _Example(
                segments,
                look.X[rows],
                by_words[rows],
                topics[rows],
                share,
                sizes[number],
                weight,
                np.ones(len(share), bool),
                np.zeros(len(share)),
                look.sides.take(rows),
                half,
            )
            found.append((bucket(page.text[:100] + "stage") % 2, example))
            if page.spans:
                own = look.chosen(np.arange(rows.start, rows.stop))
                around = Surroundings(own, seen.lexical, words[rows])
                begin, end = _edges(around, np.diff(injected) > 0, rng)
                begins.append(begin)
                ends.append(end)
    return found, _Edges(_joined(begins), _joined(ends))


# The edges of blocks that have their lines alone are easy, and there are many.
_OWN_LINES_KEPT = 0.3


def _edges(around: Surroundings, injected: NDArray[np.bool_], rng: random.Random) -> _Edges:
    """Return the places near where each block of a passage begins, and near where it ends."""
    start, stop = runs(injected[around.letters])
    first, last = around.lines_of(around.owner[start]), around.lines_of(around.owner[stop - 1])
    alone = (start == first.first) & (stop == last.last)
    kept = np.array([not of_one or rng.random() <= _OWN_LINES_KEPT for of_one in alone], bool)
    start, stop = start[kept], stop[kept]
    first, last = first.take(kept), last.take(kept)
    middle = start + _random_steps(rng, len(start))
    low = np.maximum(middle - REACH, first.first)
    begin = around.places(low, np.minimum(np.minimum(middle + REACH, first.last - 1), stop - 1))
    middle = stop + _random_steps(rng, len(stop))
    low = np.maximum(np.maximum(middle - REACH, last.first), start) + 1
    end = around.places(low, np.minimum(middle + REACH, last.last))
    return _Edges(
        _Rows(
            around.describe(begin, first, block_of(begin, start, stop)),
            begin.at == start[begin.edge],
        ),
        _Rows(around.describe(end, last, block_of(end, stop, start)), end.at == stop[end.edge]),
    )


def _random_steps(rng: random.Random, n: int) -> NDArray[np.int64]:
    return np.array([rng.randint(-REACH // 2, REACH // 2) for _ in range(n)], np.int64)


def runs(marked: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where runs of true begin and end."""
    edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
    return edges[::2], edges[1::2]


def fit_edges(rows: _Rows, settings: Settings) -> Cascade:
    """Return trees that give the log-odds of a block beginning, or ending, at a place."""
    _log.info("edges: %d places, %d edges", len(rows.y), rows.y.sum())
    return _fit_cascade(rows, settings, max_iter=160)


def _injected(pages: Pages, spans: Sequence[Sequence[Span]]) -> NDArray[np.int64]:
    """Return running counts of the injected letters of ``pages``, whose ``spans`` are given."""
    marked = np.zeros(len(pages.letters), bool)
    for i, of_page in enumerate(spans):
        own = slice(*pages.letter_starts[i : i + 2].tolist())
        place = pages.where[own] - pages.starts[i]
        offsets = pages.offsets[i]
        place = place if offsets is None else offsets[place]
        for start, end in of_page:
            marked[own] |= (place >= start) & (place < end)
    return running(marked)


_BESIDE_WEIGHT = 3.0


def _beside(example: _Example) -> NDArray[np.bool_]:
    """Return whether each segment stands on a line that also holds injected ones."""
    line = example.segments.line
    injected = np.bincount(line, example.injected >= 0.5)
    return injected[line] > 0


def fit_quick(examples: Sequence[_Example], settings: Settings) -> tuple[Trees, float]:
    """Return a small ensemble over all but the words of segments, and below what it rules out."""
    X = np.concatenate([e.X for e in examples])
    y, weights = _labels(examples)
    return _fit_quick(X, y, weights, settings)


def settle(examples: Sequence[_Example], quick: Trees, least: float) -> list[_Example]:
    """Return ``examples`` as the large ensemble sees them: words only where it is asked."""
    settled = []
    for example in examples:
        logits = quick.predict(example.X)
        asked = logits >= least
        X = example.X.copy()
        X[asked, : len(OF_WORDS)] = example.words[asked]
        topics = np.where(asked[:, None], example.topics, np.float32(0))
        settled.append(example._replace(X=X, topics=topics, asked=asked, logits=logits))
    return settled


def _labels(examples: Sequence[_Example]) -> tuple[NDArray[np.bool_], _Floats]:
    """Return of all segments whether they are injected, and how much each counts."""
    n = np.array([len(e.injected) for e in examples])
    y = np.concatenate([e.injected for e in examples]) >= 0.5
    # A segment of a long passage counts less, so that one long list does not rule.
    weights = np.repeat([e.weight for e in examples] / np.maximum(1, n / 30) ** 0.5, n)
    # Text that shares a line with a block is what a cut may damage.
    weights[~y & np.concatenate([_beside(e) for e in examples])] *= _BESIDE_WEIGHT
    return y, weights


def fit_segments(examples: Sequence[_Example], settings: Settings, max_iter: int = 180) -> Trees:
    """Return trees that give a segment's log-odds of being injected, where they are asked."""
    X = np.concatenate([e.X for e in examples])
    asked = np.concatenate([e.asked for e in examples])
    y, weights = _labels(examples)
    _log.info("segments: %d, asked %d, injected %.3f", len(y), asked.sum(), y[asked].mean())
    return _fit_trees(
        X[asked],
        y[asked],
        weights[asked],
        settings,
        learning_rate=0.1,
        max_iter=max_iter,
        min_samples_leaf=40,
    )


# Share of what is injected that a small ensemble may rule out (of what the large one would find
# one in six thousand); and what it is made of: one sixth of the questions of a large one.
_QUICK_LOST = 0.01
_QUICK = {"max_iter": 40, "learning_rate": 0.2, "max_leaf_nodes": 16, "min_samples_leaf": 40}


def _fit_quick(
    X: _Floats, y: NDArray[np.bool_], weights: _Floats, settings: Settings
) -> tuple[Trees, float]:
    """Return a small ensemble, and the log-odds under which hardly anything is injected."""
    quick = _fit_trees(X, y, weights, settings, **_QUICK)
    logits = quick.predict(X)
    least = float(np.quantile(logits[y], _QUICK_LOST)) if y.any() else 0.0
    _log.info("quick: %d rows, %.3f asked on", len(y), (logits >= least).mean())
    return quick, least


def _fit_cascade(rows: _Rows, settings: Settings, max_iter: int) -> Cascade:
    """Return a small ensemble, and a large one that is fitted on what the small one lets on."""
    weights = np.ones(len(rows.y))
    quick, least = _fit_quick(rows.X, rows.y, weights, settings)
    asked = quick.predict(rows.X) >= least
    if len(np.unique(rows.y[asked])) < 2:  # so few rows that the small one tells them all apart
        return Cascade(quick, least, quick)
    options = {"max_iter": max_iter, "min_samples_leaf": 30}
    full = _fit_trees(rows.X[asked], rows.y[asked], weights[asked], settings, **options)
    return Cascade(quick, least, full)


def _fit_trees(
    X: _Floats, y: NDArray[np.bool_], weights: _Floats, settings: Settings, **options: Any
) -> Trees:
    fitted = HistGradientBoostingClassifier(
        **{
            "learning_rate": 0.08,
            "max_leaf_nodes": 31,
            "l2_regularization": 2.0,
            "max_features": 0.5,
            "early_stopping": False,
            "random_state": settings.random_state,
        }
        | options
    )
    # Threads that wait for each other on a shared machine made this ten times slower.
    with threadpool_limits(1):
        fitted.fit(X, y, sample_weight=weights)
    return export_trees(fitted)


_COLUMNS = ("roots", "feature", "cut", "left", "right", "value")


def export_trees(fitted: HistGradientBoostingClassifier) -> Trees:
    """Return the trees of a fitted binary classifier as plain arrays."""
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
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
    crossed: Sequence[Trees],
    halves: Sequence[Sequence[_Example]],
    fluencies: Sequence[Fluency],
    settings: Settings,
) -> Trees:
    """Return trees that give the log-odds of a run of segments being a block.

    The examples of each half are judged by trees that were fitted on the other. ``fluencies``
    are those that the halves of the pages are seen through.
    """
    rows, y, weights = [], [], []
    for trees, examples in zip(crossed, halves, strict=True):
        for example in examples:
            segments, X = example.segments, example.X
            logits = example.logits.copy()
            logits[example.asked] = trees.predict(X[example.asked])
            found = list(_candidates(logits, example))
            shares = np.array([share for _, share in found])
            kept = (shares <= 0.2) | (shares >= 0.7)
            if kept.any():
                candidates = [found[i][0] for i in kept.nonzero()[0].tolist()]
                sizes = np.full(len(candidates), example.page_size)
                around = example.sides, fluencies[example.half]
                rows.append(
                    describe_blocks(candidates, X, logits, example.topics, segments, sizes, around)
                )
                y.append(shares[kept] >= 0.7)
                weights.append(np.full(len(candidates), example.weight))
    X, labels = np.concatenate(rows), np.concatenate(y)
    _log.info("candidates: %d, blocks %.3f", len(labels), labels.mean())
    return _fit_trees(
        X, labels, np.concatenate(weights), settings, max_iter=150, min_samples_leaf=20
    )


def _candidates(logits: _Floats, example: _Example) -> Iterable[tuple[Candidate, float]]:
    """Yield runs that may be blocks, with the share of their characters that is injected."""
    segments, X = example.segments, example.X
    seen = set()
    for bias in _LENIENT:
        for candidate in label(logits + bias, segments.line):
            if candidate not in seen:
                seen.add(candidate)
                cut = slice(candidate.first, candidate.last + 1)
                sizes = X[cut, NAMES.index("size")]
                yield candidate, float((example.injected[cut] * sizes).sum() / sizes.sum())
