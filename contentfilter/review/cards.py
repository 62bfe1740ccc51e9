"""Show one page of a run: what was cut from it, in its place."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from xml.etree.ElementTree import Element

from contentfilter.review.markup import element, foreign
from contentfilter.review.sampling import Chosen, Passage, Sample

# What pages are chosen for, in the order in which they are offered.
KINDS = {
    "random": "drawn at random",
    "doubtful": "most doubtful",
    "large": "largest cuts",
    "category": "doubtful in its category",
    "flagged": "flagged and kept",
}


def card(chosen: Chosen, categories: Mapping[str, int]) -> Element:
    """Return the page as an article; ``categories`` are the numbers by which it can be chosen."""
    sample = chosen.sample
    numbers = sorted(categories[name] for name in sample.categories if name in categories)
    return element(
        "article",
        _head(sample, chosen.kinds),
        _text(sample),
        _notes(sample),
        element(
            "label",
            element("input", type="checkbox", class_="wrong"),
            " Good text was cut here",
            class_="mark",
            hidden="hidden",
        ),
        class_="kept" if sample.entry.flags else "cut",
        tabindex="-1",
        data_doubt=f"{sample.doubt:.9f}",
        data_removed=str(sample.removed),
        data_share=f"{share(sample):.6f}",
        data_number=str(sample.number),
        data_categories=" ".join(map(str, numbers)),
        data_kinds=" ".join(chosen.kinds),
    )


def share(sample: Sample) -> float:
    """Return the share of the page that is cut."""
    return sample.removed / max(1, sample.entry.length)


def score(value: float) -> str:
    """Return a score to four places, never rounded up to certainty.

    >>> score(0.99999)
    '0.9999'
    """
    return f"{math.floor(value * 10_000) / 10_000:.4f}"


def _head(sample: Sample, kinds: tuple[str, ...]) -> Element:
    entry = sample.entry
    place = f" : {entry.record}" if entry.record else ""
    blocks = "1 block" if sample.blocks == 1 else f"{sample.blocks:,} blocks"
    figures = f"{blocks}, {sample.removed:,} of {entry.length:,} characters ({share(sample):.1%})"
    badges = [element("span", KINDS[kind], class_=f"badge for-{kind}") for kind in kinds]
    head = element("header", element("h3", foreign(entry.file), place))
    if entry.id is not None:
        head.append(element("p", foreign(entry.id), class_="id"))
    elif entry.site is not None:
        head.append(element("p", foreign(entry.site), class_="id"))
    lowest = element("b", score(1 - sample.doubt), class_="score")
    head.append(element("p", "lowest score ", lowest, f" \u00b7 {figures} ", *badges))
    if entry.flags:
        reasons = (element("b", foreign(flag)) for flag in entry.flags)
        head.append(element("p", "Kept unchanged, flagged ", *reasons, class_="flags"))
    return head


def _text(sample: Sample) -> Element:
    """Return the blocks of a page in the text around them, as far as the audit holds it."""
    first, last = sample.passages[0], sample.passages[-1]
    # Beside a block that is left out, the context may be that block.
    before = first.cut.before if first.number == 1 else ""
    after = last.cut.after if last.number == sample.blocks else ""
    children = [_edge(first.cut.start - len(before), "start"), foreign(before)]
    for passage, following in pairwise(sample.passages):
        children += [*_block(passage), *_between(passage, following)]
    children += [*_block(last), foreign(after)]
    children.append(_edge(sample.entry.length - last.cut.end - len(after), "end"))
    return element(
        "div", *children, class_="text", tabindex="0", role="group", aria_label="text of the page"
    )


def _edge(rest: int, name: str) -> Element:
    return _gap(rest) if rest > 0 else element("span", f"{name} of page", class_="edge")


def _block(passage: Passage) -> Iterator[Element]:
    yield element("sup", str(passage.number), class_="number")
    yield foreign(passage.cut.removed, "del")
    if passage.skipped:
        yield _gap(passage.skipped)
        yield foreign(passage.tail, "del")


def _between(one: Passage, other: Passage) -> Iterator[Element]:
    """Yield the text between two blocks, once, although the context of both may hold it."""
    after, before = one.cut.after, other.cut.before
    distance = max(0, other.cut.start - one.cut.end)
    if other.number > one.number + 1:
        yield _gap(distance)
    elif distance <= len(after):
        yield foreign(after[:distance])
    elif distance <= len(after) + len(before):
        yield foreign(after + before[len(after) + len(before) - distance :])
    else:
        yield foreign(after)
        yield _gap(distance - len(after) - len(before))
        yield foreign(before)


def _gap(characters: int) -> Element:
    return element("span", f"{characters:,} characters not shown", class_="gap")


def _notes(sample: Sample) -> Element:
    """Return why each block was cut."""
    notes = element("ol", *map(_note, sample.passages), class_="notes")
    if left_out := sample.blocks - len(sample.passages):
        notes.append(element("li", f"and {left_out:,} surer blocks, not shown", class_="more"))
    return notes


def _note(passage: Passage) -> Element:
    cut = passage.cut
    note = element(
        "li",
        foreign(cut.category, class_="category"),
        " ",
        element("b", score(cut.score), class_="score"),
        f" at {cut.start:,} to {cut.end:,}",
        value=str(passage.number),
    )
    for reason in cut.reasons:
        note.append(foreign(reason, class_="reason"))
    return note
