"""The exceptions that callers may want to catch."""


class ContentFilterError(Exception):
    """Base of every error that this package defines."""


class ModelNotFoundError(ContentFilterError, FileNotFoundError):
    """There is no model file at the given place."""


class ModelFormatError(ContentFilterError, ValueError):
    """The file is not a model that this version can read."""


class SeedFormatError(ContentFilterError, ValueError):
    """A file below ``seeds/`` does not follow its format; the message names file and line."""
