"""The report in a real headless browser, on pages that would like to run there."""

import os
import shutil
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from contentfilter.cleaner import Block
from contentfilter.review import Summary, page
from tests import audits
from tests.examples import BETS, BODY, SPAM, TITLE
from tests.test_review import HOSTILE, hostile_entries

playwright = pytest.importorskip(
    "playwright.sync_api",
    reason="NOT RUN, the report was not opened in a browser: playwright is not installed",
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# What each would do if it ran, and the ways in that a browser offers.
ATTACKS = [
    *HOSTILE,
    "<script>window.ran = 1; alert(1)</script>",
    '"><img src="http://localhost:PORT/leak.png" onerror="window.ran = 1; alert(1)">',
    "'><svg onload=window.ran=1;alert(1)>",
    "</style><script>window.ran = 1; alert(1)</script>",
    "</script><script>window.ran = 1; alert(1)</script>",
    "]]><script>window.ran = 1; alert(1)</script>",
    "--><iframe srcdoc='<script>parent.ran = 1; alert(1)</script>'></iframe>",
    "</textarea></select></option></title><script>window.ran = 1; alert(1)</script>",
    '<link rel="stylesheet" href="http://localhost:PORT/leak.css">',
    "<style>@import url(http://localhost:PORT/leak.css);</style>",
    '<meta http-equiv="refresh" content="0;url=http://localhost:PORT/">',
    '<base href="http://localhost:PORT/"><input autofocus onfocus="window.ran = 1; alert(1)">',
]


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium: playwright's own, or one of the system."""
    with playwright.sync_playwright() as started:
        own = Path(started.chromium.executable_path)
        found = [path for name in BROWSERS if (path := shutil.which(name))]
        path = str(own) if own.exists() else next(iter(found), None)
        if path is None:
            pytest.skip("NOT RUN, the report was not opened in a browser: there is no Chromium")
        root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox refuses root
        arguments = ["--no-sandbox"] if root else []
        launched = started.chromium.launch(executable_path=path, args=arguments)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def server():
    """A server that notes what it is asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            """Keep quiet."""

    with ThreadingHTTPServer(("localhost", 0), Handler) as listening:
        listening.asked = []
        thread = Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


class Visit:
    """A page that was opened, and all that it did meanwhile."""

    def __init__(self, browser, server, path, **options):
        self.dialogs, self.requests, self.errors = [], [], []
        self.server = server
        server.asked.clear()
        self.page = browser.new_context(**options).new_page()
        self.page.on("dialog", self._dialog)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.url = path.as_uri()
        self.page.goto(self.url)
        self.page.wait_for_timeout(300)  # for what would come later

    def _dialog(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def harm(self):
        """What happened that must not."""
        ran = ["a script ran"] if self.page.evaluate("window.ran") else []
        return [*self.dialogs, *self.server.asked, *ran]

    def shown(self):
        """Return the record numbers of the pages that are shown, in their order."""
        return self.page.eval_on_selector_all(
            "article:not([hidden])", "all => all.map(a => Number(a.dataset.number))"
        )


@pytest.fixture
def visit(browser, server, tmp_path):
    opened = []

    def open_page(source, **options):
        path = tmp_path / "report.html"
        source = source.replace("localhost:PORT", f"localhost:{server.server_port}")
        path.write_text(source, encoding="utf-8")
        opened.append(Visit(browser, server, path, **options))
        return opened[-1]

    yield open_page
    for one in opened:
        with suppress(playwright.Error):
            one.page.context.close()


def hostile_page():
    summary = Summary()
    for attack in ATTACKS:
        summary.add(attack, audits.lines(list(hostile_entries(ATTACKS))))
    return page(summary)


REASONS = ("久久", "first line of the page")


def some_page():
    long = f"{TITLE}\n{BETS}{BETS}\n{BODY}"
    return page_of(
        audits.entry(f"{SPAM}\n{BODY}", [Block(0, 29, 0.9999, "adult", REASONS)]),
        audits.entry(long, [Block(11, 95, 0.999, "gambling", ())], record=2),
        audits.entry(f"{SPAM}\n{BODY * 9}", [Block(0, 29, 0.995, "adult", ())], record=3),
    )


def page_of(*entries):
    summary = Summary()
    summary.add("audit.jsonl", audits.lines(list(entries)))
    return page(summary)


def test_a_page_that_is_not_escaped_is_caught_by_this_test(visit):
    harm = visit("<!DOCTYPE html>" + "".join(ATTACKS[7:9])).harm
    assert "1" in harm
    assert "a script ran" in harm
    assert "/leak.png" in harm


def test_hostile_pages_run_nothing_and_ask_for_nothing(visit):
    opened = visit(hostile_page())
    assert opened.harm == []
    assert opened.requests == [opened.url]
    assert opened.errors == []
    assert ATTACKS[7] in opened.page.inner_text("#samples")


def test_the_policy_holds_even_where_escaping_would_not(visit):
    source = some_page().replace("</main>", "".join(ATTACKS[7:15]) + "</main>")
    assert visit(source).harm == []


def test_doubt_comes_first_and_other_orders_can_be_chosen(visit):
    opened = visit(some_page())
    assert opened.shown() == [3, 2, 1]
    for order, expected in {
        "removed": [2, 3, 1],
        "share": [2, 1, 3],
        "category": [3, 1, 2],
        "number": [1, 2, 3],
        "doubt": [3, 2, 1],
    }.items():
        opened.page.select_option("#order", order)
        assert opened.shown() == expected
    assert opened.errors == []


def test_pages_are_filtered_by_category_and_words(visit):
    opened = visit(some_page())
    opened.page.select_option("#category", label="gambling")
    assert opened.shown() == [2]
    assert opened.page.inner_text("#shown") == "1 of 3 pages"
    opened.page.select_option("#category", label="all")
    opened.page.fill("#find", "娱乐城")
    assert opened.shown() == [2]


def test_pages_are_read_and_marked_with_keys_alone(visit):
    opened = visit(some_page())
    for key in "jjwjwkw":  # the second is marked, the third too, and the second is not
        opened.page.keyboard.press(key)
    assert opened.page.inner_text("#count") == "1"
    assert opened.page.input_value("#marked") == "pages.jsonl : 1"


def test_without_scripts_everything_is_there_but_the_controls(visit):
    opened = visit(some_page(), java_script_enabled=False)
    text = opened.page.inner_text("main")
    assert SPAM in text
    assert "gambling" in text
    assert not opened.page.is_visible("#controls")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit, scheme):
    opened = visit(some_page(), color_scheme=scheme)
    for selector in ("body", "del", ".hint", ".reason", ".score", ".gap, .edge"):
        assert opened.page.eval_on_selector(selector, CONTRAST) >= 4.5, selector


@pytest.mark.parametrize("width", [360, 1200])
def test_no_page_is_wider_than_the_screen(visit, width):
    opened = visit(hostile_page(), viewport={"width": width, "height": 800})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


# The contrast of an element's text, as the guidelines for accessible pages compute it.
CONTRAST = """(element) => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const light = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255);
    const [r, g, b] = parts.map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let ground = element;
  const clear = () => getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)";
  while (clear()) ground = ground.parentElement;
  const one = light(getComputedStyle(element).color);
  const two = light(getComputedStyle(ground).backgroundColor);
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}"""
