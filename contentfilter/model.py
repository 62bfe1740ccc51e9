"""The trained arrays: how they score a page, and how they are kept in one file.

The file is an ``.npz`` (opened with ``allow_pickle=False``) whose first member is a JSON header.
Shapes and types are checked before anything is used; opening a file never runs code.
"""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter import folding
from contentfilter.decoding import N_BLOCK_FEATURES, describe_block, extent, label
from contentfilter.edges import N_EDGE_FEATURES, Surroundings, refine
from contentfilter.errors import ModelFormatError, ModelNotFoundError
from contentfilter.features import NAMES, Context, View, describe
from contentfilter.folding import Folding, has_entities, is_mixed, script_of
from contentfilter.gate import N_GATE_FEATURES, Letters, describe_doubts, letters_of
from contentfilter.lexical import GRAM_BITS, WORD_BITS, Lexical, word_hashes
from contentfilter.passages import Pieces, passages, pieces
from contentfilter.prefilter import (
    PAIR_BITS,
    TRIPLE_BITS,
    Doubts,
    Prefilter,
    page_script,
    script_weights,
)
from contentfilter.segmentation import LONGEST_SECTION, Segments, sections
from contentfilter.spans import Span
from contentfilter.trees import Trees

FORMAT_VERSION = 2

# Hashed words that tell categories apart.
CATEGORY_BITS = 15

# No array of a model is larger; a hostile file cannot make us allocate more than this.
_MAX_MEMBER = 64 << 20
_MAX_MEMBERS = 60
# A zip member without a date of its own, so that equal models are equal files.
_EPOCH = (1980, 1, 1, 0, 0, 0)

_TREE_ARRAYS = {
    "roots": np.int32,
    "feature": np.int16,
    "cut": np.float64,
    "left": np.int32,
    "right": np.int32,
    "value": np.float64,
}


class Found(NamedTuple):
    """A block as the model sees it: what to cut, how sure it is, of which category, and why."""

    span: Span
    score: float
    category: str
    reasons: tuple[str, ...]


class Passage(NamedTuple):
    """A part of a page that was in doubt: its pieces and the features of its segments."""

    parts: Pieces
    X: NDArray[np.float64]
    context: Context

    @property
    def segments(self) -> Segments:
        """The segments, a row of ``X`` each."""
        return self.parts.segments


class Stages(NamedTuple):
    """The ensembles that judge: windows in doubt, segments, blocks, and where those begin, end.

    Each gives the log-odds of what the field's module describes.
    """

    gate: Trees
    segment: Trees
    block: Trees
    begin: Trees
    end: Trees


_N_FEATURES = {
    "gate": N_GATE_FEATURES,
    "segment": len(NAMES),
    "block": N_BLOCK_FEATURES,
    "begin": N_EDGE_FEATURES,
    "end": N_EDGE_FEATURES,
}


class Model:
    """A trained model. Nothing in it changes when it is used."""

    def __init__(
        self,
        header: dict[str, Any],
        fold: Folding,
        prefilter: Prefilter,
        lexical: Lexical,
        trees: Stages,
        categories: NDArray[np.float32],
    ) -> None:
        self.header = header
        self.folding = fold
        self.prefilter = prefilter
        self.lexical = lexical
        self.trees = trees
        self.categories = categories

    @property
    def threshold(self) -> float:
        """The score from which a block is cut, chosen when the model was trained."""
        return float(self.header["threshold"])

    @property
    def gate_threshold(self) -> float:
        """The log-odds from which a window in doubt gets the closer look."""
        return float(self.header["gate_threshold"])

    @cached_property
    def category_names(self) -> list[str]:
        """The categories that blocks are told apart by."""
        return list(self.header["categories"])

    def view(self, text: str) -> View:
        """Return ``text`` prepared for the closer look."""
        return View(self.folding.shadow(text), self.prefilter)

    def doubtful(self, texts: Sequence[str]) -> set[int]:
        """Return which of ``texts`` need the closer look; the others have no block.

        In one go this costs a fraction of what it does text by text.
        """
        shadow = self.folding.plain_shadow("".join(texts))
        sizes, flags = shadow.parts([len(text) for text in texts])
        letters = np.cumsum([0, *sizes])
        characters = np.cumsum([0, *map(len, texts)])
        weights = self.prefilter.weights_of_parts(shadow.letters, sizes)
        scripts = [script_of(kinds) for kinds in flags]
        with_script = weights
        for i in (i for i, kinds in enumerate(flags) if is_mixed(kinds)):
            part = slice(characters[i], characters[i + 1])
            kinds = shadow.kinds[part]
            scripts[i] = page_script(kinds)
            if scripts[i]:
                with_script = weights.copy() if with_script is weights else with_script
                added = script_weights(kinds[shadow.codes[part] != 0], scripts[i])
                with_script[letters[i] : letters[i + 1]] += added
        doubts = self.prefilter.doubts(with_script, letters[1:].tolist())
        # In one with entities more may be hidden.
        found = {i for i, text in enumerate(texts) if has_entities(text)}
        if len(doubts.first):
            page = Letters(
                weights,
                np.flatnonzero(shadow.codes),
                shadow.codes,
                shadow.kinds,
                letters,
                characters,
                np.array(scripts),
            )
            found.update(doubts.text[self._passes(page, doubts)].tolist())
        return found

    def _passes(self, page: Letters, doubts: Doubts) -> NDArray[np.bool_]:
        return self.trees.gate.predict(describe_doubts(page, doubts)) >= self.gate_threshold

    def windows(self, view: View) -> NDArray[np.int64]:
        """Return what deserves the closer look, rows of (first, last) indices into the shadow."""
        doubts = view.doubts
        if len(doubts.first):
            passes = self._passes(letters_of(view), doubts)
            doubts = Doubts(*(column[passes] for column in doubts))
        return view.windows(doubts)

    def passages(self, view: View, windows: NDArray[np.int64]) -> list[Passage]:
        """Return the passages around ``windows``, with features."""
        if not len(windows):
            return []
        context = Context(view, windows)
        found = []
        for first, last in passages(view, windows):
            parts = pieces(view, first, last, self.lexical)
            if len(parts.segments):
                X = describe(view, parts.segments, parts.words, self.lexical, context)
                found.append(Passage(parts, X, context))
        return found

    def find(self, text: str, threshold: float) -> list[Found]:
        """Return the blocks of ``text`` with a score of at least ``threshold``, in order.

        A long text is looked at section by section, so that memory stays within bounds.
        """
        if len(text) <= LONGEST_SECTION:
            return self._find(text, threshold)
        return [
            found._replace(span=Span(start + found.span.start, start + found.span.end))
            for start, end in sections(text)
            for found in self._find(text[start:end], threshold)
        ]

    def _find(self, text: str, threshold: float) -> list[Found]:
        view = self.view(text)
        if not view.is_doubtful:
            return []
        found = []
        for passage in self.passages(view, self.windows(view)):
            segments, X = passage.segments, passage.X
            logits = self.trees.segment.predict(X)
            candidates = label(logits, segments.line)
            if not candidates:
                continue
            topics = self.topics(passage.parts.words)
            size = len(view.weights)
            rows = [describe_block(c, X, logits, topics, segments, size) for c in candidates]
            scores = _probability(self.trees.block.predict(np.stack(rows)))
            around = None
            for candidate, score in zip(candidates, scores.tolist(), strict=True):
                if score < threshold:
                    continue
                around = around or Surroundings(view, passage.parts, self.lexical, passage.context)
                refined = refine(view, around, candidate, self.trees.begin, self.trees.end)
                span = extent(text, view, *refined)
                cut = slice(candidate.first, candidate.last + 1)
                category = self.category_names[int(topics[cut].sum(axis=0).argmax())]
                reasons = self._terms(passage.parts.words[cut])
                found.append(Found(span, score, category, (*reasons, *_traits(X[cut]))))
        return found

    def topics(self, words: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """Return the log-odds of each category for each segment, by its words."""
        return topics_of(words, self.categories)

    def _terms(self, words: Sequence[Sequence[str]]) -> list[str]:
        """Return the words of a block that weighed most."""
        counts = Counter(word for part in words[:200] for word in part if len(word) > 1)
        weights = {
            word: float(self.lexical.word_weights(np.array(word_hashes([word])[:1]))[0])
            for word in counts
        }
        best = sorted(weights, key=lambda word: (-weights[word] * counts[word] ** 0.5, word))
        return [word for word in best[:5] if weights[word] > 0]


def topics_of(
    words: Sequence[Sequence[str]], categories: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the sums of the categories' weights over the words of each segment."""
    hashed = [word_hashes(part) for part in words]
    counts = np.array([len(part) for part in hashed], np.int64)
    index = np.fromiter((h for part in hashed for h in part), np.int64, int(counts.sum()))
    weights = categories[:, index & ((1 << CATEGORY_BITS) - 1)]
    starts = np.cumsum(counts) - counts
    result: NDArray[np.float32] = np.add.reduceat(weights, starts, axis=1).T
    return result


def _traits(X: NDArray[np.float64]) -> list[str]:
    """Return plain words for what marks a block besides its terms."""
    column = {name: X[:, i] for i, name in enumerate(NAMES)}
    traits = []
    if column["from_top"][0] == 0 and column["line_of_page"][0] == 0:
        traits.append("first line of the page")
    if column["to_end"][-1] == 0:
        traits.append("last line of the page")
    if column["script_break"].sum() >= 3:
        traits.append("other script than the page")
    if len(X) >= 3 and column["function"].sum() == 0:
        traits.append("phrases without function words")
    if len(X) >= 3 and column["again"].mean() > 0.5:
        traits.append("few words in many combinations")
    if column["known"].mean() < 0.1 and column["page_rest"][0] > 0.3:
        traits.append("words foreign to the page")
    if column["inserted"].sum() >= 4:
        traits.append("symbols inserted into words")
    return traits


def _probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -40, 40)))
    return result


# --- the file ---


def default_model_path() -> Path:
    """Return where the released model is: in the package, or in ``models/`` of a checkout."""
    package = Path(__file__).parent
    for path in (package / "models" / "default.npz", package.parent / "models" / "default.npz"):
        if path.is_file():
            return path
    raise ModelNotFoundError(
        "the released model is neither in the package nor in models/ beside it; "
        "reinstall contentfilter, or train one with: contentfilter train"
    )


def save(model: Model, path: Path) -> None:
    """Write ``model`` to ``path``; equal models make equal files."""
    arrays: dict[str, NDArray[Any]] = {
        "fold_codes": model.folding.codes,
        "fold_kinds": model.folding.kinds,
        "pairs": model.prefilter.pairs,
        "triples": model.prefilter.triples,
    }
    scales = {}
    for name, table in (
        ("grams", model.lexical.grams),
        ("words", model.lexical.words),
        ("categories", model.categories),
    ):
        arrays[name], scales[name] = _quantize(table)
    for prefix, trees in model.trees._asdict().items():
        for field in _TREE_ARRAYS:
            arrays[f"{prefix}_{field}"] = getattr(trees, field)
        scales[prefix] = trees.base
    header = model.header | {
        "format": FORMAT_VERSION,
        "prefilter_threshold": model.prefilter.threshold,
        "prefilter_half_bonus": model.prefilter.half_bonus,
        "bias": model.lexical.bias,
        "scales": scales,
        "user_words": list(model.lexical.user_words),
        "features": list(NAMES),
    }
    with zipfile.ZipFile(path, "w") as archive:
        _write(archive, "header.json", json.dumps(header, ensure_ascii=False, indent=1).encode())
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            _write(archive, f"{name}.npy", buffer.getvalue())


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, content, compresslevel=6)


def _quantize(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], float]:
    scale = float(np.abs(table).max()) / 127 or 1.0
    return np.round(table / scale).astype(np.int8), scale


def quantized(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``table`` as it comes back from a file: with one byte an entry."""
    small, scale = _quantize(table)
    return small.astype(np.float32) * np.float32(scale)


def load(path: Path) -> Model:
    """Return the model in ``path``.

    Raises ``ModelNotFoundError`` where there is no such file, ``ModelFormatError`` where it is not
    a model that this version can read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS or not all(_is_sound(member) for member in members):
                raise ModelFormatError(f"{path} is not a contentfilter model: odd members")
            header = json.loads(_read(archive, "header.json"))
            _check_header(header, path)
            arrays = {
                m.filename.removesuffix(".npy"): np.lib.format.read_array(
                    io.BytesIO(_read(archive, m.filename)), allow_pickle=False
                )
                for m in members
                if m.filename.endswith(".npy")
            }
        return _assemble(header, arrays)
    except FileNotFoundError as error:
        raise ModelNotFoundError(f"there is no model file {path}") from error
    except NotADirectoryError as error:
        raise ModelNotFoundError(f"there is no model file {path}") from error
    except IsADirectoryError as error:
        raise ModelNotFoundError(f"{path} is a directory, not a model file") from error
    except (ModelFormatError, PermissionError):
        raise
    except Exception as error:  # a hostile file can make its readers raise almost anything
        raise ModelFormatError(
            f"{path} is damaged or not a contentfilter model: {error}"
        ) from error


def _is_sound(member: zipfile.ZipInfo) -> bool:
    known = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return known and member.file_size <= _MAX_MEMBER


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        content = member.read(_MAX_MEMBER + 1)
    if len(content) > _MAX_MEMBER:
        raise ModelFormatError("a member of the model file is too large")
    return content


def _check_header(header: Any, path: Path) -> None:
    version = header.get("format")
    if version != FORMAT_VERSION:
        raise ModelFormatError(
            f"{path} has format {version!r}, this version of contentfilter reads {FORMAT_VERSION}; "
            "install the version that made it, or train again"
        )
    if header["features"] != list(NAMES):
        raise ModelFormatError(f"{path} was trained with other features; train again")
    if not 0 <= float(header["threshold"]) <= 1:
        raise ModelFormatError(f"{path} has a threshold outside 0 to 1")
    sums = header["prefilter_threshold"], header["prefilter_half_bonus"]
    if not all(abs(int(value)) < 1 << 30 for value in sums):
        raise ModelFormatError(f"{path} has sums out of range")
    if not isfinite(float(header["gate_threshold"])):
        raise ModelFormatError(f"{path} has a gate threshold that is no number")


def _assemble(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Model:
    scales = header["scales"]
    n_categories = len(header["categories"])

    def array(name: str, kind: type, *shape: int) -> NDArray[Any]:
        found = arrays[name]
        if found.dtype != kind or found.shape != shape:
            raise ModelFormatError(f"array {name} is {found.dtype} {found.shape}, expected {shape}")
        return found

    def table(name: str, *shape: int) -> NDArray[np.float32]:
        return array(name, np.int8, *shape).astype(np.float32) * np.float32(scales[name])

    words, names = header["user_words"], header["categories"]
    if not all(isinstance(word, str) and 0 < len(word) < 40 for word in [*words, *names]):
        raise ModelFormatError("user_words and categories must be short strings")
    if not all(isfinite(float(number)) for number in [header["bias"], *scales.values()]):
        raise ModelFormatError("bias and scales must be finite")
    kinds = arrays["fold_kinds"] & folding.CLASS_MASK
    is_word = (kinds > folding.IGNORED) & (kinds <= folding.LETTER)
    if not np.array_equal(is_word, arrays["fold_codes"] > 1):
        raise ModelFormatError("the folding tables do not agree")
    return Model(
        header,
        Folding(
            array("fold_codes", np.uint16, folding.TABLE_SIZE),
            array("fold_kinds", np.uint8, folding.TABLE_SIZE),
        ),
        Prefilter(
            array("pairs", np.int16, 1 << PAIR_BITS),
            array("triples", np.int16, 1 << TRIPLE_BITS),
            int(header["prefilter_threshold"]),
            int(header["prefilter_half_bonus"]),
        ),
        Lexical(
            table("grams", 1 << GRAM_BITS),
            table("words", 1 << WORD_BITS),
            float(header["bias"]),
            tuple(words),
        ),
        Stages(
            *(
                _trees(name, arrays, float(scales[name]), width)
                for name, width in _N_FEATURES.items()
            )
        ),
        table("categories", n_categories, 1 << CATEGORY_BITS),
    )


def _trees(prefix: str, arrays: dict[str, NDArray[Any]], base: float, n_features: int) -> Trees:
    parts = {}
    for field, kind in _TREE_ARRAYS.items():
        part = arrays[f"{prefix}_{field}"]
        if part.dtype != kind or part.ndim != 1:
            raise ModelFormatError(f"array {prefix}_{field} is {part.dtype}, expected {kind}")
        parts[field] = part
    n_nodes = len(parts["feature"])
    nodes = np.arange(n_nodes)
    left, right = parts["left"], parts["right"]
    leaf = (left == nodes) & (right == nodes)
    # Children come after their parent: a path from a root always ends.
    sound = (
        all(len(parts[field]) == n_nodes for field in ("cut", "left", "right", "value"))
        and bool(((left > nodes) & (right > nodes) | leaf).all())
        and int(max(left.max(), right.max(), parts["roots"].max())) < n_nodes
        and int(min(parts["roots"].min(), parts["feature"].min())) >= 0
        and int(parts["feature"].max()) < n_features
        and bool(np.isfinite(parts["value"]).all())
    )
    if not sound:
        raise ModelFormatError(f"the trees of {prefix} are inconsistent")
    return Trees(**parts, base=base)
