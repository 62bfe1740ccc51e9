"""Scrapy: real crawls of ``data:`` URLs, two requests at a time."""

import ast
import json
import re
import subprocess
import sys

import pytest

from integration_tests.conformance import (
    NOT_TEXT,
    OPTIONS,
    expected,
    expected_by_options,
    expected_counts,
    records,
    rows,
)
from integration_tests.recipes import PAGES

SPIDER = """
import dataclasses, json, sys
import scrapy
from scrapy.crawler import CrawlerProcess
from integration_tests.conformance import rows

class Page(scrapy.Item):
    id = scrapy.Field()
    text = scrapy.Field()
    url = scrapy.Field()
    number = scrapy.Field()
    cut = scrapy.Field()

@dataclasses.dataclass
class Record:
    id: str
    text: object
    url: str
    number: int
    cut: object = None

KINDS = {"dict": dict, "item": Page, "dataclass": Record}

class Pages(scrapy.Spider):
    name = "pages"

    async def start(self):
        for request in self.start_requests():
            yield request

    def start_requests(self):
        for number in (0, 1):
            yield scrapy.Request(f"data:text/plain,{number}", cb_kwargs={"number": number})

    def parse(self, response, number):
        for row in rows(True)[number::2]:
            yield KINDS[sys.argv[1]](**row)

found = []

class Keep:
    def process_item(self, item, spider=None):
        found.append(dict(item) if sys.argv[1] != "dataclass" else dataclasses.asdict(item))
        return item

settings = json.loads(sys.argv[2])
process = CrawlerProcess({
    "ITEM_PIPELINES": {"contentfilter.integrations.scrapy.SpamCleanerPipeline": 300, Keep: 400},
    "CONCURRENT_REQUESTS": 2, "LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False,
} | settings)
crawler = process.create_crawler(Pages)
process.crawl(crawler)
process.start()
stats = {k: v for k, v in crawler.stats.get_stats().items() if k.startswith("contentfilter/")}
sys.stdout.buffer.write(repr((found, stats)).encode("utf-8", "surrogatepass"))
"""


def crawl(kind, **settings):
    """Return the items that came out of a crawl, in the order of the rows, and our stats."""
    command = [sys.executable, "-c", SPIDER, kind, json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert not done.stderr, done.stderr.decode()
    found, stats = ast.literal_eval(done.stdout.decode("utf-8", "surrogatepass"))
    order = [row["id"] for row in rows(True)]
    return sorted(found, key=lambda item: order.index(item["id"])), stats


@pytest.mark.parametrize("kind", ["dict", "item", "dataclass"])
def test_items_come_out_cleaned_and_counted(kind):
    found, stats = crawl(kind)
    for item in found:
        item.pop("cut", None)
    assert found == expected(True)
    assert stats == {f"contentfilter/{k}": v for k, v in expected_counts(True).items()}


@pytest.mark.parametrize("kind", ["dict", "item", "dataclass"])
def test_blocks_can_be_recorded_in_a_field(kind):
    found, _ = crawl(kind, CONTENTFILTER_BLOCKS_FIELD="cut")
    assert [item["cut"] for item in found] == [records(row["text"]) for row in rows(True)]


def test_another_field_and_threshold_can_be_set():
    found, stats = crawl("dict", CONTENTFILTER_FIELD="url", CONTENTFILTER_THRESHOLD="0.999")
    assert found == rows(True)
    assert stats == {"contentfilter/rows": len(rows()) + len(NOT_TEXT)}


@pytest.mark.parametrize("join", [list, ",".join])
def test_the_options_of_the_cleaner_can_be_set(join):
    lists = {f"CONTENTFILTER_{name.upper()}": join(value) for name, value in OPTIONS.items()}
    found, _ = crawl("dict", **lists)
    assert found == expected_by_options(True)


def test_an_item_without_a_place_for_blocks_still_comes_out_cleaned():
    found, stats = crawl("item", CONTENTFILTER_BLOCKS_FIELD="no_such_field")
    assert found == expected(True)
    assert stats["contentfilter/blocks_not_recorded"] == len(found)


def test_an_unknown_model_stops_the_crawl_before_it_begins():
    command = [sys.executable, "-c", SPIDER, "dict", '{"CONTENTFILTER_MODEL": "none.npz"}']
    done = subprocess.run(command, capture_output=True, check=False)
    assert b"there is no model file none.npz" in done.stderr
    assert b"([], {})" in done.stdout


def test_the_settings_of_the_docs_are_taken():
    text = (PAGES / "scrapy.md").read_text(encoding="utf-8")
    settings = {}
    exec(re.search(r"```python\n(.*?)```", text, flags=re.S)[1], settings)  # noqa: S102
    given = {name: value for name, value in settings.items() if name.startswith("CONTENTFILTER_")}
    found, _ = crawl("item", **given)
    assert [item["text"] for item in found] == [row["text"] for row in expected(True)]
    assert [item["cut"] for item in found] == [records(row["text"]) for row in rows(True)]
