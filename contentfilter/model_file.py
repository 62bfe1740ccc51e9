"""How a model is kept in one file, and read back.

The file is an ``.npz`` (opened with ``allow_pickle=False``) whose first member is a JSON header.
Shapes and types are checked before anything is used; opening a file never runs code.
"""

import io
import json
import zipfile
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contentfilter import fluency, folding
from contentfilter.decoding import N_BLOCK_FEATURES
from contentfilter.edges import N_EDGE_FEATURES
from contentfilter.errors import ModelFormatError, ModelNotFoundError
from contentfilter.features import NAMES
from contentfilter.fluency import Fluency
from contentfilter.folding import Folding
from contentfilter.gate import N_GATE_FEATURES
from contentfilter.lexical import GRAM_BITS, WORD_BITS, Lexical
from contentfilter.model import CATEGORY_BITS, Model, Stages
from contentfilter.passage_gate import N_PASSAGE_FEATURES
from contentfilter.prefilter import PAIR_BITS, TRIPLE_BITS, Prefilter
from contentfilter.quoting import Quoting
from contentfilter.subjects import MOST_SUBJECTS
from contentfilter.trees import Cascade, Trees
from contentfilter.weights import Weights

FORMAT_VERSION = 7

# No array of a model is larger; a hostile file cannot make us allocate more than this.
_MAX_MEMBER = 64 << 20
_MAX_MEMBERS = 100
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


_N_FEATURES = {
    "gate": N_GATE_FEATURES,
    "passage": N_PASSAGE_FEATURES,
    "segment": len(NAMES),
    "block": N_BLOCK_FEATURES,
    "begin": N_EDGE_FEATURES,
    "end": N_EDGE_FEATURES,
}
# The small ensemble of a cascade stands beside the large one in the file, under this name.
_QUICK = "{}_quick"


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
        "fluent_singles": model.lexical.fluency.singles,
        "fluent_pairs": model.lexical.fluency.pairs,
        "fluent_triples": model.lexical.fluency.triples,
    }
    scales = {}
    for name, weights in (
        ("grams", model.lexical.grams),
        ("words", model.lexical.words),
        ("categories", model.categories),
        ("quoting_singles", model.quoting.singles),
        ("quoting_pairs", model.quoting.pairs),
    ):
        arrays[name], scales[name] = weights
    arrays["subjects"] = model.subjects
    leasts = {}
    for prefix, trees in model.trees._asdict().items():
        ensembles = {prefix: trees}
        if isinstance(trees, Cascade):
            ensembles = {prefix: trees.full, _QUICK.format(prefix): trees.quick}
            leasts[prefix] = trees.least
        for name, ensemble in ensembles.items():
            for field in _TREE_ARRAYS:
                arrays[f"{name}_{field}"] = getattr(ensemble, field)
            scales[name] = ensemble.base
    header = model.header | {
        "format": FORMAT_VERSION,
        "prefilter_threshold": model.prefilter.threshold,
        "prefilter_half_bonus": model.prefilter.half_bonus,
        "bias": model.lexical.bias,
        "scales": scales,
        "leasts": leasts,
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
    """Add a member as it is: inflating would be half of the time that the first text takes."""
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)


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
                m.filename.removesuffix(".npy"): _array(_read(archive, m.filename))
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


def _array(content: bytes) -> NDArray[Any]:
    """Return the array of an ``.npy`` file, on the very bytes of ``content``."""
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ModelFormatError("an array of the model file has another version")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    if by_columns or dtype.hasobject:
        raise ModelFormatError("an array of the model file is not of plain numbers, row by row")
    return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape)


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
    if not all(isfinite(float(header[f"{gate}_threshold"])) for gate in ("gate", "passage")):
        raise ModelFormatError(f"{path} has a threshold of a gate that is no number")


def _assemble(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Model:
    scales = header["scales"]
    n_categories = len(header["categories"])

    def array(name: str, kind: type, *shape: int) -> NDArray[Any]:
        found = arrays[name]
        if found.dtype != kind or found.shape != shape:
            raise ModelFormatError(f"array {name} is {found.dtype} {found.shape}, expected {shape}")
        return found

    def weights(name: str, *shape: int) -> Weights:
        return Weights(array(name, np.int8, *shape), float(scales[name]))

    words, names = header["user_words"], header["categories"]
    if n_categories > MOST_SUBJECTS:
        raise ModelFormatError(f"{n_categories} categories are more than {MOST_SUBJECTS}")
    if not all(isinstance(word, str) and 0 < len(word) < 40 for word in [*words, *names]):
        raise ModelFormatError("user_words and categories must be short strings")
    if not all(
        isfinite(float(number))
        for number in [header["bias"], *scales.values(), *header["leasts"].values()]
    ):
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
            array("pairs", np.int8, 1 << PAIR_BITS),
            array("triples", np.int8, 1 << TRIPLE_BITS),
            int(header["prefilter_threshold"]),
            int(header["prefilter_half_bonus"]),
        ),
        Lexical(
            weights("grams", 1 << GRAM_BITS),
            weights("words", 1 << WORD_BITS),
            float(header["bias"]),
            tuple(words),
            Fluency(
                array("fluent_singles", np.uint8, 1 << 16),
                array("fluent_pairs", np.uint16, 1 << fluency.PAIR_BITS),
                array("fluent_triples", np.uint16, 1 << fluency.TRIPLE_BITS),
            ),
        ),
        _stages(arrays, scales, header["leasts"]),
        weights("categories", n_categories, 1 << CATEGORY_BITS),
        array("subjects", np.uint32, 1 << PAIR_BITS),
        Quoting(weights("quoting_singles", 1 << 16), weights("quoting_pairs", 1 << PAIR_BITS)),
    )


def _stages(
    arrays: dict[str, NDArray[Any]], scales: dict[str, float], leasts: dict[str, float]
) -> Stages:
    def trees(stage: str, name: str) -> Trees:
        return _trees(name, arrays, float(scales[name]), _N_FEATURES[stage])

    def cascade(stage: str) -> Cascade:
        quick = trees(stage, _QUICK.format(stage))
        return Cascade(quick, float(leasts[stage]), trees(stage, stage))

    return Stages(
        cascade("gate"),
        cascade("passage"),
        cascade("segment"),
        trees("block", "block"),
        cascade("begin"),
        cascade("end"),
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
