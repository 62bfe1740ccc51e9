"""`SpamCleaner`, held to what scikit-learn asks of a transformer.

``parametrize_with_checks`` skips every check for estimators of text and still shows a pass, so
the contract is spelled out.
"""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

from contentfilter import SpamCleaner
from contentfilter.errors import ModelNotFoundError
from integration_tests.conformance import NOT_TEXT, OPTIONS, TEXTS, by_options, cleaned

VALUES = [*TEXTS.values(), *NOT_TEXT.values()]
EXPECTED = [cleaned(value) for value in VALUES]
DIRTY, CLEAN = TEXTS["dirty"], TEXTS["clean"]


@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_texts_come_back_cleaned_as_an_array_of_objects(kind):
    found = SpamCleaner().fit_transform(kind(VALUES))
    assert found.dtype == object
    assert found.shape == (len(VALUES),)
    assert found.tolist() == EXPECTED


def test_a_column_of_an_array_stays_a_column():
    found = SpamCleaner().fit_transform(np.array([[DIRTY, "a"], [None, "b"]], dtype=object))
    assert found.tolist() == [[CLEAN, "a"], [None, "b"]]


def test_no_text_at_all_is_an_empty_array():
    assert SpamCleaner().transform([]).shape == (0,)


def test_a_single_str_is_refused_as_by_the_vectorizers():
    with pytest.raises(ValueError, match="iterable of texts, got a single str"):
        SpamCleaner().transform(DIRTY)


def test_transform_needs_no_fit():
    check_is_fitted(SpamCleaner())
    assert SpamCleaner().transform([DIRTY]).tolist() == [CLEAN]


def test_parameters_can_be_read_and_set():
    step = SpamCleaner(threshold=0.9)
    others = {"model": None, "categories": None, "allow": (), "deny": ()}
    assert step.get_params() == {"threshold": 0.9} | others
    assert step.set_params(threshold=1).transform([DIRTY]).tolist() == [DIRTY]


def test_a_clone_has_the_same_parameters_and_no_state():
    step = SpamCleaner(threshold=0.9).fit(["a"])
    copy = clone(step)
    assert copy.get_params() == step.get_params()
    assert not hasattr(copy, "n_features_in_")


def test_a_clone_hands_the_options_of_the_cleaner_on():
    step = clone(SpamCleaner(**OPTIONS))
    assert step.get_params() == SpamCleaner().get_params() | OPTIONS
    found = step.fit_transform(VALUES).tolist()
    assert found == [by_options(value) if isinstance(value, str) else value for value in VALUES]


def test_the_parameters_are_checked_when_they_are_used():
    step = SpamCleaner(threshold=7)
    with pytest.raises(ValueError, match="between 0 and 1"):
        step.transform(["a"])


def test_a_missing_model_is_an_error_and_not_an_uncleaned_result(tmp_path):
    with pytest.raises(ModelNotFoundError):
        SpamCleaner(tmp_path / "none.npz").transform([None])


def test_repr_shows_what_was_set():
    assert repr(SpamCleaner(threshold=0.9)) == "SpamCleaner(threshold=0.9)"


def test_a_used_transformer_pickles_small_and_cleans_alike():
    step = SpamCleaner().fit([DIRTY])
    step.transform([DIRTY])
    stored = pickle.dumps(step)
    assert len(stored) < 1000
    assert pickle.loads(stored).transform([DIRTY]).tolist() == [CLEAN]  # noqa: S301


def test_a_pipeline_sees_the_cleaned_text():
    vectorizer = TfidfVectorizer(analyzer=list)
    make_pipeline(SpamCleaner(), vectorizer).fit([DIRTY])
    assert set(vectorizer.vocabulary_) == set(CLEAN)


def test_the_threshold_can_be_searched():
    steps = make_pipeline(SpamCleaner(), TfidfVectorizer(analyzer="char"), LogisticRegression())
    search = GridSearchCV(steps, {"spamcleaner__threshold": [0.9, 1]}, cv=2)
    search.fit([DIRTY, CLEAN, "别的文章", "另一篇"], [1, 1, 0, 0])
    assert search.best_params_["spamcleaner__threshold"] in {0.9, 1}


def test_features_keep_their_names():
    step = SpamCleaner().fit(["a"])
    assert step.get_feature_names_out(["body"]).tolist() == ["body"]
    assert step.get_feature_names_out().tolist() == ["x0"]
    assert step.n_features_in_ == 1


def test_names_of_an_earlier_fit_are_forgotten():
    pandas = pytest.importorskip("pandas")
    step = SpamCleaner().fit(pandas.Series(["a"], name="body")).fit(["a"])
    assert step.get_feature_names_out().tolist() == ["x0"]


def test_a_series_comes_back_as_a_frame_when_pandas_is_asked_for():
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([DIRTY, None], index=[7, 9], name="body")
    found = SpamCleaner().set_output(transform="pandas").fit_transform(series)
    assert found.columns.tolist() == ["body"]
    assert found.index.tolist() == [7, 9]
    assert found["body"].tolist()[0] == CLEAN


def test_a_frame_keeps_its_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"title": ["标题"], "body": [DIRTY]})
    step = SpamCleaner().set_output(transform="pandas")
    found = step.fit_transform(frame)
    assert found.to_dict("list") == {"title": ["标题"], "body": [CLEAN]}
    assert step.get_feature_names_out().tolist() == ["title", "body"]


def test_polars_is_an_output_too():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"body": [DIRTY, None]})
    found = SpamCleaner().set_output(transform="polars").fit_transform(frame)
    assert found.to_dict(as_series=False) == {"body": [CLEAN, None]}
