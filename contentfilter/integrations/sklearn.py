"""A scikit-learn transformer; needs nothing but contentfilter."""

import os
from collections.abc import Collection, Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from contentfilter.integrations._core import RowCleaner


class SpamCleaner(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Cuts injected blocks out of texts, as a step before a vectorizer.

    ``X`` is an iterable of str, as for scikit-learn's own text vectorizers, or a data frame or
    array of such columns; the result has the same shape. None and other values that are not text
    come back as they are. `fit` only notes the names of the columns; `transform` needs no fit.

    The parameters are those of `contentfilter.Cleaner`. No model is pickled along, unless it was
    given as a loaded one.

    >>> SpamCleaner().fit_transform(["河道治理工程通过验收"])
    array(['河道治理工程通过验收'], dtype=object)
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        threshold: float | None = None,
        categories: Collection[str] | None = None,
        allow: Collection[str] = (),
        deny: Collection[str] = (),
    ) -> None:
        # As scikit-learn has it: kept as they are, and checked when they are used.
        self.model = model
        self.threshold = threshold
        self.categories = categories
        self.allow = allow
        self.deny = deny

    def fit(self, X: Any, y: Any = None) -> Self:
        """Note the names of the columns of ``X``; ``y`` is ignored."""
        names = list(X.columns) if hasattr(X, "columns") else [getattr(X, "name", None)]
        self.__dict__.pop("feature_names_in_", None)  # of an earlier fit
        if all(isinstance(name, str) for name in names):
            self.feature_names_in_ = np.array(names, dtype=object)
        self.n_features_in_ = X.shape[1] if _has_columns(X) else 1
        return self

    def transform(self, X: Iterable[Any]) -> NDArray[np.object_]:
        """Return ``X`` cleaned, as an array of objects."""
        if isinstance(X, str):
            raise ValueError("X must be an iterable of texts, got a single str; put it in a list")
        table = np.asarray(X, dtype=object) if _has_columns(X) else None
        values = X if table is None else table.ravel()
        rows = RowCleaner(**self.get_params(deep=False))
        rows.start()
        found = rows.clean_column(values).values
        cleaned = np.empty(len(found), dtype=object)
        cleaned[:] = found
        return cleaned if table is None else cleaned.reshape(table.shape)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.no_validation = True
        tags.requires_fit = False
        return tags


def _has_columns(X: Any) -> bool:
    return getattr(X, "ndim", 1) == 2 or hasattr(X, "columns")
