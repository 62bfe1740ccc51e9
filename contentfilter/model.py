"""The trained arrays: how they score a page, and how they are kept in one file.

The file is an ``.npz`` (opened with ``allow_pickle=False``) whose first member is a JSON header.
Shapes and types are checked before anything is used; opening a file never runs code.
"""

import io
import json
import zipfile
from collections import Counter
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter import folding
from contentfilter.decoding import N_BLOCK_FEATURES, describe_block, extent, label
from contentfilter.errors import ModelFormatError, ModelNotFoundError
from contentfilter.features import NAMES, Context, View, describe
from contentfilter.folding import (
    SIMPLIFIED,
    TRADITIONAL,
    Folding,
    code_points,
    has_entities,
)
from contentfilter.lexical import GRAM_BITS, WORD_BITS, Lexical, word_hashes, words_of
from contentfilter.passages import passages, pieces
from contentfilter.prefilter import PAIR_BITS, TRIPLE_BITS, Prefilter
from contentfilter.segmentation import Segments
from contentfilter.spans import Span
from contentfilter.trees import Trees

FORMAT_VERSION = 1

# Hashed words that tell categories apart.
CATEGORY_BITS = 14

# No array of a model is larger; a hostile file cannot make us allocate more than this.
_MAX_MEMBER = 64 << 20
_MAX_MEMBERS = 40
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
    """A part of a page that was in doubt: its segments and their features."""

    segments: Segments
    X: NDArray[np.float64]


class Model:
    """A trained model. Nothing in it changes when it is used."""

    def __init__(
        self,
        header: dict[str, Any],
        fold: Folding,
        prefilter: Prefilter,
        lexical: Lexical,
        segment_trees: Trees,
        block_trees: Trees,
        categories: NDArray[np.float32],
    ) -> None:
        self.header = header
        self.folding = fold
        self.prefilter = prefilter
        self.lexical = lexical
        self.segment_trees = segment_trees
        self.block_trees = block_trees
        self.categories = categories

    @property
    def threshold(self) -> float:
        """The score from which a block is cut, chosen when the model was trained."""
        return float(self.header["threshold"])

    @cached_property
    def category_names(self) -> list[str]:
        """The categories that blocks are told apart by."""
        return list(self.header["categories"])

    def doubtful(self, text: str) -> bool:
        """Whether ``text`` needs the closer look: the vectorised question, nothing else.

        May say yes where the closer look finds no window in doubt, but never the other way round.
        """
        if has_entities(text):
            return True
        points = code_points(text)
        flags = int(np.bitwise_or.reduce(self.folding.kinds.take(points, mode="clip"), initial=0))
        if flags & SIMPLIFIED and flags & TRADITIONAL:
            return True  # a character of the other script may weigh more than it does here
        codes = self.folding.codes.take(points, mode="clip")
        sums = self.prefilter.sums(self.prefilter.weights(codes[codes != 0]))
        return bool(sums.max() >= self.prefilter.threshold)

    def view(self, text: str) -> View:
        """Return ``text`` prepared for the closer look."""
        return View(self.folding.shadow(text), self.prefilter)

    def passages(self, view: View, threshold: int | None = None) -> list[Passage]:
        """Return the passages around doubtful windows, with features."""
        threshold = self.prefilter.threshold if threshold is None else threshold
        windows = view.doubts(threshold)
        if not len(windows):
            return []
        context = Context(view, windows)
        found = []
        for first, last in passages(view, windows):
            segments = pieces(view, first, last, self.lexical)
            if len(segments):
                found.append(Passage(segments, describe(view, segments, self.lexical, context)))
        return found

    def find(self, text: str, threshold: float) -> list[Found]:
        """Return the blocks of ``text`` with a score of at least ``threshold``, in order."""
        if not self.doubtful(text):
            return []
        view = self.view(text)
        found = []
        for segments, X in self.passages(view):
            logits = self.segment_trees.predict(X)
            candidates = label(logits, segments.line)
            if not candidates:
                continue
            rows = [describe_block(c, X, logits, segments, view) for c in candidates]
            scores = _probability(self.block_trees.predict(np.stack(rows)))
            for candidate, score in zip(candidates, scores.tolist(), strict=True):
                if score >= threshold:
                    span = extent(text, view, segments, candidate)
                    cut = slice(candidate.first, candidate.last + 1)
                    category, reasons = self._judge(view, segments.take(cut), X[cut])
                    found.append(Found(span, score, category, reasons))
        return found

    def _judge(
        self, view: View, segments: Segments, X: NDArray[np.float64]
    ) -> tuple[str, tuple[str, ...]]:
        """Return the category of a block, the terms that weighed most, and its traits."""
        first, last = view.inner(segments.start), view.inner(segments.stop)
        words: Counter[str] = Counter()
        totals = np.zeros(len(self.category_names))
        for a, b in zip(first.tolist()[:200], last.tolist()[:200], strict=True):
            phrase = "".join(map(chr, view.codes[a:b].tolist()))
            parts = words_of(phrase, self.lexical.user_words)
            words.update(part for part in parts if len(part) > 1)
            hashes = np.array(word_hashes(parts)) & ((1 << CATEGORY_BITS) - 1)
            totals += self.categories[:, hashes].sum(axis=1)
        weights = {
            word: float(self.lexical.word_weights(np.array(word_hashes([word])[:1]))[0])
            for word in words
        }
        best = sorted(weights, key=lambda word: (-weights[word] * words[word] ** 0.5, word))
        terms = [word for word in best[:5] if weights[word] > 0]
        return self.category_names[int(totals.argmax())], (*terms, *_traits(X))


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
    for prefix, trees in (("segment", model.segment_trees), ("block", model.block_trees)):
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
        _trees("segment", arrays, float(scales["segment"]), len(NAMES)),
        _trees("block", arrays, float(scales["block"]), N_BLOCK_FEATURES),
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
