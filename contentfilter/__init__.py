"""Cut injected spam keyword blocks out of Chinese web text, and keep everything else as it is.

>>> import contentfilter
>>> contentfilter.clean("河道治理工程通过验收")
'河道治理工程通过验收'
"""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contentfilter.cleaner import Block, Cleaner, Explanation, clean, explain
    from contentfilter.integrations.datasets import clean_batch
    from contentfilter.integrations.sklearn import SpamCleaner

__version__ = "0.1.0"
__all__ = [
    "Block",
    "Cleaner",
    "Explanation",
    "SpamCleaner",
    "__version__",
    "clean",
    "clean_batch",
    "explain",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())

if not TYPE_CHECKING:  # or a type checker would take any name for one of ours
    _ELSEWHERE = {
        "SpamCleaner": "contentfilter.integrations.sklearn",
        "clean_batch": "contentfilter.integrations.datasets",
    }

    def __getattr__(name):
        """Import what a name needs when it is first asked for.

        That is numpy (a tenth of a second); for ``SpamCleaner`` also scikit-learn (two seconds).
        """
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module = import_module(_ELSEWHERE.get(name, "contentfilter.cleaner"))
        value = globals()[name] = getattr(module, name)
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
