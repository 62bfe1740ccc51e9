"""The exceptions that callers may want to catch."""


class ContentFilterError(Exception):
    """Base of every error that this package defines."""


class ModelNotFoundError(ContentFilterError, FileNotFoundError):
    """There is no model file at the given place."""


class ModelFormatError(ContentFilterError, ValueError):
    """The file is not a model that this version can read."""


class SeedFormatError(ContentFilterError, ValueError):
    """A file below ``seeds/`` does not follow its format; the message names file and line."""


class MissingExtraError(ContentFilterError, ImportError):
    """A library is missing that only some formats need; the message tells how to install it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} need another library: pip install "contentfilter[{extra}]"')


class RecordFormatError(ContentFilterError, ValueError):
    """A file as a whole is not what its format says: no such column, not a Parquet file."""
