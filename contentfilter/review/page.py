"""Make the page on which a person judges a run: one file, no request, readable without scripts."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from importlib import resources
from string import Template
from xml.etree.ElementTree import Element

from contentfilter.invisible import escaped
from contentfilter.review.cards import KINDS, card
from contentfilter.review.counting import Frequent
from contentfilter.review.markup import bar, element, foreign, html, table
from contentfilter.review.sampling import Chosen
from contentfilter.review.summary import SCORE_STEPS, SHARE_STEPS, Summary

_TERMS = 40
_PLACES = 20
_TRAITS = 10
_CATEGORIES = 30
_TELLING = 10  # fewer random pages prove next to nothing
_OPTION = 40  # characters of a category's name in a list to choose from
_ORDERS = {
    "doubt": "most doubtful first",
    "removed": "largest cut first",
    "share": "largest share of the page first",
    "category": "by category",
    "number": "as in the audit",
}


def page(summary: Summary) -> str:
    """Return the report of ``summary`` as HTML."""
    chosen = summary.sampling.chosen()
    sections = [
        _head(summary),
        *_warnings(summary),
        _tiles(summary),
        _distributions(summary),
        _terms(summary),
        _places(summary),
        *_samples(summary, chosen),
    ]
    style, script = _part("page.css"), _part("page.js")
    return Template(_part("page.html")).substitute(
        policy=_policy(style, script),
        style=style,
        script=script,
        body="\n".join(html(section) for section in sections),
    )


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Return what a browser may do with the page: our own style and script, and nothing else."""
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _head(summary: Summary) -> Element:
    made = []
    for header in summary.headers:
        threshold = "" if header.threshold is None else f", threshold {header.threshold:g}"
        dry = "; a dry run: nothing was written" if header.dry_run else ""
        made.append(element("p", "model ", foreign(header.model), threshold + dry))
    names = [element("li", foreign(name)) for name in summary.names]
    head = element("header", element("h1", "What was cut"), element("ul", *names), *made)
    head.set("class", "top")
    return head


def _warnings(summary: Summary) -> Iterator[Element]:
    """Yield what makes the figures less than whole."""
    for name in summary.unfinished:
        yield _warning(foreign(name), " has no totals: its run did not end, or goes on.")
    if summary.unreadable:
        yield _warning(f"{summary.unreadable:,} lines could not be read, and are not counted.")
    if summary.unfinished:
        return
    told = (summary.said_changed, summary.said_removed)
    if told != (summary.changed, summary.removed):
        yield _warning(
            f"The totals tell of {told[0]:,} changed pages and {told[1]:,} characters removed, the "
            f"lines of {summary.changed:,} and {summary.removed:,}: the audit is not whole."
        )


def _warning(*children: Element | str) -> Element:
    return element("p", *children, class_="warning", role="note")


def _tiles(summary: Summary) -> Element:
    whole = not summary.unfinished
    tiles = [
        _tile("pages read", f"{summary.pages:,}" if whole else "\u2013"),
        _tile("pages changed", f"{summary.changed:,}", _of(summary.changed, summary.pages, whole)),
        _tile("blocks cut", f"{summary.blocks:,}"),
        _tile(
            "characters removed",
            f"{summary.removed:,}",
            _of(summary.removed, summary.characters, whole),
        ),
        _tile("flagged and kept", f"{summary.flagged:,}", _names(summary.flags)),
        _tile("errors", f"{summary.errors:,}" if whole else "\u2013"),
    ]
    return element("dl", *tiles, class_="tiles")


def _tile(name: str, number: str, note: str = "") -> Element:
    value = element("dd", element("b", number))
    if note:
        value.append(foreign(note, "small"))
    return element("div", element("dt", name), value)


def _of(part: int, whole: int, known: bool) -> str:
    return f"{_percent(part / whole)} of all" if known and whole else ""


def _percent(share: float) -> str:
    """Return a share with two digits that tell something, down to a hundredth of a percent."""
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}" if share >= 0.01 else f"{share:.2%}"


def _names(counted: Frequent) -> str:
    return ", ".join(count.name for count in counted.top(3))


# --- distributions ---


def _distributions(summary: Summary) -> Element:
    edges = [f"{edge:g}" for edge in (*SCORE_STEPS, 1)]
    shares = [f"{edge:.0%}" for edge in (*SHARE_STEPS, 1)]
    return element(
        "section",
        element("h2", "In figures"),
        element(
            "div",
            _category_table(summary),
            element(
                "div",
                _histogram("Blocks by score", "score", edges, summary.scores),
                _histogram(
                    "Changed pages by the share that was cut", "share", shares, summary.shares
                ),
                _trait_table(summary),
                class_="stack",
            ),
            class_="columns",
        ),
    )


def _category_table(summary: Summary) -> Element:
    top = summary.categories.top(_CATEGORIES)
    most = top[0].number if top else 1
    rows: list[list[Element | str]] = [
        [
            foreign(name),
            f"{number:,}",
            _percent(number / summary.blocks),
            f"{summary.category_characters[name]:,}",
            bar(number / most),
        ]
        for name, number in top
    ]
    return table("Blocks by category", ["category", "blocks", "share", "characters", ""], rows)


def _trait_table(summary: Summary) -> Element:
    rows: list[list[Element | str]] = [
        [foreign(name), f"{number:,}", bar(number / summary.blocks)]
        for name, number in summary.traits.top(_TRAITS)
    ]
    return table("Blocks by what marks them besides their terms", ["trait", "blocks", ""], rows)


def _histogram(caption: str, head: str, edges: list[str], counts: Mapping[int, int]) -> Element:
    """Return the steps from the first to the last that hold anything."""
    held = sorted(n for n, count in counts.items() if count)
    most = max(counts.values(), default=1)
    rows: list[list[Element | str]] = [
        [f"{edges[n]} to {edges[n + 1]}", f"{counts[n]:,}", bar(counts[n] / most)]
        for n in range(held[0] if held else 0, held[-1] + 1 if held else 0)
    ]
    return table(caption, [head, "number", ""], rows)


# --- terms and places ---


def _terms(summary: Summary) -> Element:
    return element(
        "section",
        element("h2", "What the cut text says"),
        element(
            "p",
            "Look for a word that belongs to your pages: it shows good text that was cut.",
            class_="hint",
        ),
        element(
            "div",
            _cloud("Terms that weighed most", "blocks", summary.terms),
            _cloud("Phrases that were removed", "times", summary.phrases),
            class_="columns",
        ),
    )


def _cloud(caption: str, unit: str, counted: Frequent) -> Element:
    items = [
        element("li", foreign(name), " ", element("small", f"{number:,}"))
        for name, number in counted.top(_TERMS)
    ]
    title = element("h3", f"{caption} ", element("small", f"({unit}{_at_least(counted)})"))
    return element("div", title, element("ul", *items, class_="terms"))


def _at_least(counted: Frequent) -> str:
    return f"; counted to within {counted.missed:,}" if counted.missed else ""


def _places(summary: Summary) -> Element:
    tables = []
    if len(summary.sites):
        tables.append(_place_table("Sites", "site", summary.sites, summary.site_pages))
    tables.append(_place_table("Files", "file", summary.files, summary.file_pages))
    return element(
        "section",
        element("h2", "Where most was cut"),
        element("div", *tables, class_="columns"),
    )


def _place_table(caption: str, head: str, blocks: Frequent, pages: Frequent) -> Element:
    top = blocks.top(_PLACES)
    most = top[0].number if top else 1
    rows: list[list[Element | str]] = [
        [foreign(name), f"{number:,}", f"{pages[name]:,}", bar(number / most)]
        for name, number in top
    ]
    named = f"{caption}{_at_least(blocks)}"
    return table(named, [head, "blocks", "pages changed", ""], rows)


# --- samples ---


def _samples(summary: Summary, chosen: list[Chosen]) -> Iterator[Element]:
    names = sorted({name for one in chosen for name in one.sample.categories})
    numbers = {name: number for number, name in enumerate(names)}
    kinds = {kind: sum(kind in one.kinds for one in chosen) for kind in KINDS}
    yield element(
        "section",
        element("h2", f"{len(chosen):,} pages to read"),
        element("p", _rule(kinds["random"], summary.changed), class_="hint"),
        _controls(names, kinds),
        element("div", *(card(one, numbers) for one in chosen), id="samples"),
        id="pages",
    )


def _rule(drawn: int, changed: int) -> str:
    """Return what the random pages prove: the rule of three, if none of them is wrong."""
    if not drawn:
        return "Nothing was cut."
    if drawn == changed:
        return "These are all the pages that were changed."
    told = f"{drawn:,} of the {changed:,} changed pages are drawn at random."
    if drawn < _TELLING:
        return told
    return (
        f"{told} If none of those lost good text, fewer than {3 / drawn:.0%} of all changed pages "
        "did (95 % confidence)."
    )


def _controls(names: list[str], kinds: Mapping[str, int]) -> Element:
    """Return what sorts and filters; without a script it stays hidden, and doubt sorts."""
    sorts = [element("option", text, value=name) for name, text in _ORDERS.items()]
    chosen = [
        element("option", f"{text} ({kinds[kind]:,})", value=kind)
        for kind, text in KINDS.items()
        if kinds[kind]
    ]
    categories = [
        element("option", escaped(name[:_OPTION]), value=str(number))
        for number, name in enumerate(names)
    ]
    anything = {"value": ""}
    return element(
        "form",
        _choice("order", "Sort", sorts),
        _choice("kind", "Pages", [element("option", "all", **anything), *chosen]),
        _choice("category", "Category", [element("option", "all", **anything), *categories]),
        element("label", "Find ", element("input", type="search", id="find")),
        element("output", id="shown", role="status"),
        element(
            "details",
            element("summary", "Marked as wrong: ", element("span", "0", id="count")),
            element("textarea", id="marked", readonly="readonly", aria_label="marked pages"),
            id="list",
        ),
        element("p", "j and k: next and previous page; w: good text was cut", class_="keys"),
        id="controls",
        hidden="hidden",
        autocomplete="off",
    )


def _choice(name: str, text: str, options: list[Element]) -> Element:
    return element("label", f"{text} ", element("select", *options, id=name))
