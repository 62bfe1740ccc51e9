"""One module for each pipeline library: thin adapters over one core, imported one by one.

The core is for libraries that have no module here: `RowCleaner` cleans the value of a row, or a
whole column of them, counts, and never raises; `record` gives blocks as plain data.
"""

from contentfilter.integrations._core import Column, Row, RowCleaner, record

__all__ = ["Column", "Row", "RowCleaner", "record"]
