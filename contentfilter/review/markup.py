"""Build HTML as a tree: text can only ever become text, so there is nothing to forget to escape."""

import re
import unicodedata
from xml.etree.ElementTree import Element, tostring

from contentfilter.invisible import runs

_HAN = re.compile("[\u4e00-\u9fff]+")
_LISTED = 8  # characters of a run that are shown one by one


def element(tag: str, *children: Element | str, **attributes: str) -> Element:
    """Return an element; ``class_`` and ``data_score`` stand for ``class`` and ``data-score``.

    >>> html(element("p", "1 < 2 ", element("b", "&"), class_="x"))
    '<p class="x">1 &lt; 2 <b>&amp;</b></p>'
    """
    names = {name: name.rstrip("_").replace("_", "-") for name in attributes}
    made = Element(tag, {names[name]: value for name, value in attributes.items()})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + child
        else:
            made.text = (made.text or "") + child
    return made


def html(tree: Element) -> str:
    """Return ``tree`` as HTML."""
    return tostring(tree, encoding="unicode", method="html")


def foreign(text: str, tag: str = "bdi", **attributes: str) -> Element:
    """Return text of a page: isolated, its language named, and what is hidden in it made visible.

    Isolated means that Arabic within, say, does not reorder what stands around it.
    """
    children = [part for hidden, run in runs(text) for part in (_codes(run) if hidden else [run])]
    if tag != "bdi":
        attributes["dir"] = "auto"  # isolates as well
    if spoken := language(text):
        attributes["lang"] = spoken
    return element(tag, *children, **attributes)


def _codes(run: str) -> list[Element]:
    """Return a sign for each hidden character, or one for many."""
    if len(run) > _LISTED:
        return [element("span", f"{len(run):,}\u00d7 hidden", class_="code")]
    return [
        element("span", f"{ord(c):04X}", class_="code", title=unicodedata.name(c, "control"))
        for c in run
    ]


def language(text: str) -> str | None:
    """Return whether Chinese text is Simplified or Traditional: its glyphs are drawn otherwise.

    The national character sets tell: GB 2312 has only the ones, Big5 only the others.

    >>> language("国产"), language("國產"), language("casino")
    ('zh-Hans', 'zh-Hant', None)
    """
    han = "".join(_HAN.findall(text))
    if not han:
        return None
    simplified, traditional = (len(han.encode(code, "ignore")) for code in ("gb2312", "big5"))
    return "zh-Hans" if simplified >= traditional else "zh-Hant"


def bar(share: float) -> Element:
    """Return a bar that is ``share`` (0 to 1) of the width there is."""
    rect = element("rect", width=f"{100 * share:.2f}%", height="100%", rx="2")
    return element("svg", rect, class_="bar", aria_hidden="true")


def table(caption: str, heads: list[str], rows: list[list[Element | str]]) -> Element:
    """Return a table whose first column names the rows."""
    named = [element("th", name, scope="col") if name else element("td") for name in heads]
    head = element("tr", *named)
    body = [
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest))
        for first, *rest in rows
    ]
    return element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
    )
