"""The model file: what is saved comes back, and nothing else is ever taken for a model."""

import io
import json
import pickle
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contentfilter.errors import ModelFormatError, ModelNotFoundError
from contentfilter.features import NAMES
from contentfilter.model_file import default_model_path, load, save
from contentfilter.prefilter import SCALE
from contentfilter.trees import Cascade
from tests.examples import (
    SPAM,
    TITLE,
    any_text,
    blank_model,
    cascade,
    fond_lexical,
    fond_prefilter,
    pages,
    stump,
)

anything_goes = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a sound model file."""
    path = tmp_path_factory.mktemp("model") / "model.npz"
    save(blank_model(), path)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


@pytest.fixture
def change(path, content):
    """Write the model with some members changed; None leaves one out."""

    def write(**members):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        for name, part in members.items():
            parts[next(n for n in parts if n.split(".")[0] == name)] = part
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in parts.items():
                if part is not None:
                    archive.writestr(name, part)
        return path

    return write


@pytest.fixture
def change_header(change, content):
    def write(**entries):
        return change(header=json.dumps(header_of(content) | entries).encode())

    return write


def header_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read("header.json"))


def npy(array, allow_pickle=False):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


# --- sound files ---


def test_a_saved_model_loads_again(path, content):
    path.write_bytes(content)
    assert load(path).threshold == 0.5


def test_saving_a_loaded_model_gives_the_same_bytes(path, content):
    path.write_bytes(content)
    again = path.with_name("again.npz")
    save(load(path), again)
    assert again.read_bytes() == content


def test_saving_twice_gives_the_same_bytes(path, content):
    save(blank_model(), path)
    assert path.read_bytes() == content


def test_the_released_model_finds_the_same_after_a_round_trip(path):
    released = load(default_model_path())
    save(released, path)
    text = f"{SPAM}\n\n{TITLE}"
    assert load(path).find(text, 0.5) == released.find(text, 0.5)


def test_the_released_model_is_saved_as_it_is(path):
    save(load(default_model_path()), path)
    assert path.read_bytes() == default_model_path().read_bytes()


def test_a_blank_model_finds_nothing():
    assert blank_model().find(f"{SPAM}\n\n{TITLE}", 0.0) == []


@pytest.mark.parametrize("doubt", [0, -100_000])
@given(text=any_text | pages)
@settings(deadline=None, max_examples=30)
def test_a_model_in_doubt_about_everything_raises_nothing(doubt, text):
    model = blank_model()
    model.prefilter = model.prefilter._replace(threshold=doubt)
    model.trees = model.trees._replace(gate=cascade(low=9.0), segment=cascade(low=9.0))
    model.find(text, 0.0)


@given(texts=st.lists(any_text | pages, max_size=5), feature=st.integers(0, len(NAMES) - 1))
@settings(deadline=None, max_examples=60)
def test_a_text_is_judged_the_same_alone_and_in_company(texts, feature):
    model = blank_model()
    model.prefilter = fond_prefilter(SPAM, TITLE)._replace(threshold=SCALE, half_bonus=SCALE)
    model.lexical = fond_lexical(SPAM, TITLE)
    segment = cascade(feature, 0.5)
    model.trees = model.trees._replace(gate=cascade(low=9.0), segment=segment, block=stump(low=9.0))
    texts = [text + SPAM[:8] for text in texts]
    assert model.find_many(texts, 0.5) == [model.find(text, 0.5) for text in texts]


@pytest.fixture
def sure_model():
    """Return a model that takes all phrases of SPAM for injected, all runs for blocks."""
    model = blank_model()
    model.prefilter = fond_prefilter(SPAM)
    segment = cascade(low=9.0)
    model.trees = model.trees._replace(gate=cascade(low=9.0), segment=segment, block=stump(low=9.0))
    return model


def told_by_size(low, high):
    """Return a tree that tells the second phrase of SPAM, the longest, from the others."""
    return stump(NAMES.index("size"), 7.5, low, high)


def cut_by(model):
    return [SPAM[slice(*block.span)].strip("_") for block in model.find(SPAM, 0.5)]


@pytest.mark.parametrize(("logit", "found"), [(0.5, [SPAM]), (-0.5, [SPAM]), (-1.5, [])])
def test_a_block_is_looked_for_leniently_too(sure_model, logit, found):
    segment = Cascade(stump(low=9.0), -10.0, stump(low=logit, high=logit))
    sure_model.trees = sure_model.trees._replace(segment=segment)
    assert cut_by(sure_model) == found


def test_where_a_strict_run_is_a_block_no_lenient_one_around_it_is_cut(sure_model):
    segment = Cascade(stump(low=9.0), -10.0, told_by_size(-0.5, 9.0))
    sure_model.trees = sure_model.trees._replace(segment=segment)
    assert cut_by(sure_model) == [SPAM.split("_")[1]]


@pytest.mark.parametrize(
    ("quick", "found"), [(told_by_size(-2.5, 9.0), [SPAM]), (stump(low=-2.5, high=-2.5), [])]
)
def test_words_are_asked_for_where_one_segment_is_hopeful(sure_model, quick, found):
    segment = Cascade(quick, -10.0, stump(low=9.0))
    sure_model.trees = sure_model.trees._replace(segment=segment)
    assert cut_by(sure_model) == found


def test_a_model_can_be_opened_by_a_path_given_as_text(path, content):
    path.write_bytes(content)
    assert load(str(path)).threshold == 0.5


# --- no file ---


def test_a_missing_file_is_not_found(path):
    with pytest.raises(ModelNotFoundError, match=r"model\.npz"):
        load(path)


def test_a_missing_file_is_also_a_built_in_error(path):
    with pytest.raises(FileNotFoundError):
        load(path)


def test_a_directory_is_no_model(tmp_path):
    with pytest.raises(ModelNotFoundError, match="directory"):
        load(tmp_path)


def test_a_path_through_a_file_is_not_found(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelNotFoundError):
        load(path / "model.npz")


# --- damage ---


@pytest.mark.parametrize("content", [b"", b"\n", b"a text file\n", b"PK\x03\x04", b"PK\x05\x06"])
def test_other_files_are_no_models(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelFormatError, match=r"model\.npz"):
        load(path)


def test_an_empty_archive_is_no_model(path):
    zipfile.ZipFile(path, "w").close()
    with pytest.raises(ModelFormatError):
        load(path)


def test_an_archive_of_arrays_without_header_is_no_model(path):
    np.savez(path, pairs=np.zeros(3))
    with pytest.raises(ModelFormatError):
        load(path)


def test_a_format_error_is_also_a_built_in_error(path):
    path.write_bytes(b"no model")
    with pytest.raises(ValueError, match="model"):
        load(path)


@given(share=st.floats(0, 1, exclude_max=True))
@anything_goes
def test_a_truncated_file_is_a_format_error(tmp_path, content, share):
    path = tmp_path / "cut.npz"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelFormatError):
        load(path)


@given(data=st.data())
@settings(anything_goes, max_examples=400)
def test_a_flipped_bit_gives_a_model_or_a_format_error(tmp_path, content, data):
    damaged = bytearray(content)
    # What the zip format says of the members is a small part of the file, and the delicate one.
    directory = content.rindex(b"PK\x01\x02", 0, content.rindex(b"PK\x05\x06")) - 2000
    start = data.draw(st.sampled_from([0, directory]))
    damaged[data.draw(st.integers(start, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / "flipped.npz"
    path.write_bytes(damaged)
    with suppress(ModelFormatError):
        load(path)


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95, 99])
def test_a_member_packed_in_another_way_than_it_says_is_a_format_error(path, content, method):
    damaged = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = content.index(mark)
        damaged[start + at] = method
    path.write_bytes(damaged)
    with pytest.raises(ModelFormatError):
        load(path)


def test_a_member_with_a_password_is_a_format_error(path, content):
    damaged = bytearray(content)
    damaged[content.index(b"PK\x03\x04") + 6] |= 1
    damaged[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(damaged)
    with pytest.raises(ModelFormatError):
        load(path)


# --- hostile headers ---


@pytest.mark.parametrize(
    "header", [b"", b"{", b"[]", b"3", b'"text"', b"null", b"{}", b"\xff\xfe", b"[" * 100_000]
)
def test_a_header_that_is_not_one_is_a_format_error(change, header):
    with pytest.raises(ModelFormatError):
        load(change(header=header))


@pytest.mark.parametrize("version", [0, 999, "1", None, [1]])
def test_an_unknown_version_is_a_format_error_that_says_what_to_do(change_header, version):
    with pytest.raises(ModelFormatError, match="train again"):
        load(change_header(format=version))


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan"), "high", None, [0.5]])
def test_a_threshold_that_is_no_probability_is_a_format_error(change_header, threshold):
    with pytest.raises(ModelFormatError):
        load(change_header(threshold=threshold))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("features", ["size"]),
        ("features", None),
        ("categories", ["adult"]),
        ("categories", []),
        ("categories", 7),
        ("categories", [1, 2]),
        ("user_words", [""]),
        ("user_words", [7]),
        ("user_words", None),
        ("user_words", ["词" * 5000]),
        ("scales", {}),
        ("scales", None),
        ("bias", "much"),
        ("bias", None),
        ("bias", float("nan")),
        ("prefilter_threshold", "low"),
        ("prefilter_threshold", float("inf")),
    ],
)
def test_an_unfit_entry_of_the_header_is_a_format_error(change_header, name, value):
    with pytest.raises(ModelFormatError):
        load(change_header(**{name: value}))


@pytest.mark.parametrize("name", ["grams", "words", "categories", "segment", "block"])
def test_a_scale_that_is_no_number_is_a_format_error(change_header, content, name):
    scales = header_of(content)["scales"]
    with pytest.raises(ModelFormatError):
        load(change_header(scales=scales | {name: float("nan")}))


# --- hostile arrays ---

ARRAYS = "fold_codes fold_kinds pairs triples grams words categories block_value block_cut".split()


@pytest.mark.parametrize("name", ARRAYS)
def test_a_missing_array_is_a_format_error(change, name):
    with pytest.raises(ModelFormatError):
        load(change(**{name: None}))


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_another_type_is_a_format_error(change, name):
    with pytest.raises(ModelFormatError):
        load(change(**{name: npy(np.zeros(3, "U4"))}))


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_another_shape_is_a_format_error(change, content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        array = np.load(io.BytesIO(archive.read(f"{name}.npy")))
    with pytest.raises(ModelFormatError):
        load(change(**{name: npy(array[:, None])}))


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\x02\x00{(",
        b"\x93NUMPY\x01\x00\x08\x00{'a':1}\n",
        b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b"[" * 999,
        b"\x93NUMPY\x01\x00\x76\x00" + b"(" * 118,
        b"\x93NUMPY\x09\x00\x02\x00{}",
        b"not an array",
    ],
)
def test_a_damaged_array_is_a_format_error(change, part):
    with pytest.raises(ModelFormatError):
        load(change(pairs=part))


def test_an_array_that_claims_to_be_huge_is_a_format_error(change):
    header = b"{'descr': '<i2', 'fortran_order': False, 'shape': (1000000000000,), }"
    part = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with pytest.raises(ModelFormatError):
        load(change(pairs=part))


def test_a_member_that_unpacks_to_too_much_is_a_format_error(path, content):
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.npy", b"\0" * (65 << 20))
    with pytest.raises(ModelFormatError, match="odd members"):
        load(path)


def test_too_many_members_are_a_format_error(path, content):
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a") as archive:
        for i in range(50):
            archive.writestr(f"extra{i}.npy", b"")
    with pytest.raises(ModelFormatError):
        load(path)


class Trap:
    """Unpickling one leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_pickled_array_is_refused_and_never_opened(change, tmp_path):
    sprung = tmp_path / "sprung"
    array = np.array([Trap(sprung)], object)
    with pytest.raises(ModelFormatError):
        load(change(pairs=npy(array, allow_pickle=True)))
    assert not sprung.exists()


@pytest.mark.parametrize("name", ["model.npz", "model.joblib", "model.pkl"])
def test_a_pickle_is_no_model_and_never_opened(tmp_path, name):
    sprung, path = tmp_path / "sprung", tmp_path / name
    path.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(ModelFormatError):
        load(path)
    assert not sprung.exists()


# --- hostile trees ---

int32 = np.int32


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("roots", np.array([], int32)),
        ("roots", np.array([3], int32)),
        ("roots", np.array([-1], int32)),
        ("feature", np.array([10_000, 0, 0], np.int16)),
        ("feature", np.array([-1, 0, 0], np.int16)),
        ("left", np.array([0, 1, 2], int32)),
        ("left", np.array([9, 1, 2], int32)),
        ("left", np.array([-5, 1, 2], int32)),
        ("left", np.array([1, 0, 2], int32)),
        ("right", np.array([2, 2, 1], int32)),
        ("right", np.array([2, 1], int32)),
        ("cut", np.array([0.0])),
        ("value", np.array([0.0, np.nan, 1.0])),
        ("value", np.array([0.0, np.inf, 1.0])),
        ("value", np.array([0.0, 1.0])),
    ],
)
@pytest.mark.parametrize("trees", ["segment", "block"])
def test_inconsistent_trees_are_a_format_error(change, trees, name, array):
    with pytest.raises(ModelFormatError):
        load(change(**{f"{trees}_{name}": npy(array)}))


def test_trees_that_ask_for_features_there_are_not_are_a_format_error(change):
    feature = npy(np.array([10_000, 0, 0], np.int16))
    with pytest.raises(ModelFormatError):
        load(change(block_feature=feature))


def test_folding_tables_that_disagree_are_a_format_error(change, content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        codes = np.load(io.BytesIO(archive.read("fold_codes.npy")))
    codes[ord("国")] = 0
    with pytest.raises(ModelFormatError):
        load(change(fold_codes=npy(codes)))
