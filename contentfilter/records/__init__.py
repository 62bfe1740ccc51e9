"""One file a format: the pages of a file one by one, and each put back with the rest untouched.

A format reads a file in pieces (in the process that reads and writes), takes each piece apart
into records and puts cleaned ones back (in any process), and writes the pieces in order. Imports
of libraries that are extras are inside the functions that need them.
"""

from contentfilter.compression import split_name
from contentfilter.errors import RecordFormatError
from contentfilter.records.base import Format, Settings

NAMES = ("text", "jsonl", "csv", "tsv", "parquet", "warc", "html")
_SUFFIXES = {
    ".txt": "text",
    ".text": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".warc": "warc",
    ".wet": "warc",
}


def format_of(name: str) -> str | None:
    """Return the format that the suffix of a file name tells, if it tells one.

    >>> format_of("a/pages.jsonl.gz"), format_of("CC-MAIN-0001.warc.wet.gz"), format_of("logo.png")
    ('jsonl', 'warc', None)
    """
    stem = split_name(name)[0].lower()
    return next((found for suffix, found in _SUFFIXES.items() if stem.endswith(suffix)), None)


def make(name: str, settings: Settings) -> Format:
    """Return the format called ``name``; raises `MissingExtraError` if its library is missing."""
    if name == "text":
        from contentfilter.records.text import Text

        return Text(settings)
    if name == "jsonl":
        from contentfilter.records.jsonl import JsonLines

        return JsonLines(settings)
    if name in ("csv", "tsv"):
        from contentfilter.records.csv import Csv

        return Csv(settings, "," if name == "csv" else "\t")
    if name == "parquet":
        from contentfilter.records.parquet import Parquet

        return Parquet(settings)
    if name == "warc":
        from contentfilter.records.warc import Warc

        return Warc(settings)
    if name == "html":
        from contentfilter.records.html import Html

        return Html(settings)
    raise RecordFormatError(f"there is no format {name}")
