"""Cut injected spam keyword blocks out of Chinese web text, and keep everything else as it is.

>>> import contentfilter
>>> contentfilter.clean("河道治理工程通过验收")
'河道治理工程通过验收'
"""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contentfilter.cleaner import Block, Cleaner, Explanation, clean, explain

__version__ = "0.1.0"
__all__ = ["Block", "Cleaner", "Explanation", "__version__", "clean", "explain"]

logging.getLogger(__name__).addHandler(logging.NullHandler())

if not TYPE_CHECKING:  # or a type checker would take any name for one of ours

    def __getattr__(name):
        """Import what cleaning needs (numpy, a tenth of a second) when it is first asked for."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from contentfilter import cleaner

        value = globals()[name] = getattr(cleaner, name)
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
