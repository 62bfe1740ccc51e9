"""Show a text on a terminal, with what is cut from it marked."""

from collections.abc import Mapping, Sequence

import click

from contentfilter.cleaner import Block
from contentfilter.invisible import escaped

# Without colour, blocks stand between the marks that hand-written pages use.
_OPEN, _CLOSE = "\u27e6", "\u27e7"


def takes_colour(environment: Mapping[str, str]) -> bool:
    """Tell whether a terminal is to be written to in colour; see no-color.org.

    >>> takes_colour({"TERM": "xterm"}), takes_colour({"TERM": "xterm", "NO_COLOR": "1"})
    (True, False)
    """
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def shown(name: str, text: str, blocks: Sequence[Block], *, coloured: bool) -> str:
    """Return a heading and ``text``, its ``blocks`` marked, with category, score and reasons.

    What is hidden in the text is written as escapes, so that none of it commands the terminal.
    """
    if not blocks:
        return _styled(f"{name}: nothing to cut", coloured, bold=True) + "\n"
    removed = sum(block.end - block.start for block in blocks)
    count = "1 block" if len(blocks) == 1 else f"{len(blocks):,} blocks"
    heading = f"{name}: {count}, {removed:,} of {len(text):,} characters"
    parts = [_styled(heading, coloured, bold=True), "\n"]
    end = 0
    for block in blocks:
        parts += [escaped(text[end : block.start]), _block(text, block, coloured)]
        end = block.end
    parts.append(escaped(text[end:]))
    shown = "".join(parts)
    return shown if shown.endswith("\n") else shown + "\n"


def _block(text: str, block: Block, coloured: bool) -> str:
    """Return a block with what it was taken for; the blank lines around it are not marked."""
    whole = text[block.start : block.end]
    removed = whole.strip()
    before, after = whole.split(removed, 1) if removed else ("", whole)
    reasons = ", ".join(block.reasons)
    note = escaped(f" [{block.category} {int(block.score * 10_000) / 10_000:.4f}: {reasons}]")
    if coloured:
        # Line by line: pagers forget a style at the end of a line.
        lines = escaped(removed).split("\n")
        marked = "\n".join(_styled(line, coloured, fg="red", strikethrough=True) for line in lines)
    else:
        marked = f"{_OPEN}{escaped(removed)}{_CLOSE}"
    return escaped(before) + marked + _styled(note, coloured, dim=True) + escaped(after)


def _styled(text: str, coloured: bool, **style: bool | str) -> str:
    return click.style(text, **style) if coloured and text else text  # type: ignore[arg-type]
