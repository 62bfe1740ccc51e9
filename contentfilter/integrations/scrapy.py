"""An item pipeline for Scrapy."""

from typing import Any, Self

from contentfilter.integrations._core import Options, RowCleaner, missing, record

try:
    from itemadapter import ItemAdapter
    from scrapy.crawler import Crawler
except ImportError as error:
    raise missing("scrapy") from error


class SpamCleanerPipeline:
    """Cuts injected blocks out of a field of items, and counts them in the crawler's stats.

    Settings: ``CONTENTFILTER_FIELD`` (default ``text``), ``CONTENTFILTER_BLOCKS_FIELD`` (no
    default: a field that the item must have, for what was cut). ``CONTENTFILTER_MODEL``,
    ``CONTENTFILTER_THRESHOLD``, ``CONTENTFILTER_CATEGORIES``, ``CONTENTFILTER_ALLOW`` and
    ``CONTENTFILTER_DENY`` are those of `contentfilter.Cleaner`; the last three are lists, or a
    str with commas between, as on the command line.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        options: Options = {
            "model": settings.get("CONTENTFILTER_MODEL"),
            "allow": settings.getlist("CONTENTFILTER_ALLOW"),
            "deny": settings.getlist("CONTENTFILTER_DENY"),
        }
        if settings.get("CONTENTFILTER_THRESHOLD") is not None:
            options["threshold"] = settings.getfloat("CONTENTFILTER_THRESHOLD")
        if settings.get("CONTENTFILTER_CATEGORIES") is not None:
            options["categories"] = settings.getlist("CONTENTFILTER_CATEGORIES")
        self._stats = crawler.stats
        self._field = settings.get("CONTENTFILTER_FIELD", "text")
        self._blocks_field = settings.get("CONTENTFILTER_BLOCKS_FIELD")
        self._rows = RowCleaner(**options)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the pipeline with the crawler's settings."""
        return cls(crawler)

    # Scrapy before 2.13 hands the spider over, later ones leave it out.
    def open_spider(self, spider: Any = None) -> None:
        """Load the model: if there is none, the crawl does not start."""
        self._rows.start()

    def process_item(self, item: Any, spider: Any = None) -> Any:
        """Return ``item`` with its field cleaned; one without the field is counted as null."""
        fields = ItemAdapter(item)
        row = self._rows.clean(fields.get(self._field))
        for name, count in row.counts.items():
            self._stats.inc_value(f"contentfilter/{name}", count)
        if row.blocks:
            fields[self._field] = row.value
        if self._blocks_field is not None:
            try:
                fields[self._blocks_field] = record(row.blocks)
            except KeyError:  # a declared item without that field; an exception would drop it
                self._stats.inc_value("contentfilter/blocks_not_recorded")
        return item
