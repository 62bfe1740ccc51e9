"""Read what people wrote line by line in ``seeds/``: blocks, legitimate lines, short articles."""

from collections.abc import Iterator
from pathlib import Path

from contentfilter.errors import SeedFormatError

# Between the phrases of a block; the separators of real blocks are put in when one is drawn.
PHRASES = "‖"
# A line end within a legitimate text that has one line in its file.
LINE_END = "␤"
# Sections of a file of blocks, and what of a grammar they stand beside.
SECTIONS = {"blocks": "P", "titles": "HEAD", "sentences": "SENTW", "adverts": "ADVERT"}
_ARTICLE = "\n===\n"


def read_blocks(path: Path) -> dict[str, list[list[str]]]:
    """Return what is written of a category: for each start of its grammar, lists of phrases."""
    found: dict[str, list[list[str]]] = {start: [] for start in SECTIONS.values()}
    start = ""
    for number, line in _lines(path):
        if line.startswith("[") and line.endswith("]") and line[1:-1] in SECTIONS:
            start = SECTIONS[line[1:-1]]
            continue
        phrases = [phrase.strip() for phrase in line.split(PHRASES)]
        if not start or not all(phrases):
            raise SeedFormatError(f"{path}, line {number}: no section above, or an empty phrase")
        found[start].append(phrases)
    return found


def read_lines(path: Path) -> list[str]:
    """Return the legitimate texts of a file that has one a line."""
    return [line.replace(LINE_END, "\n") for _, line in _lines(path)]


def read_articles(path: Path) -> list[str]:
    """Return the pages of a file that parts them by lines of three equal signs."""
    # Odd line ends within a page are the page's own.
    with path.open(encoding="utf-8", newline="") as stream:
        pages = stream.read().split(_ARTICLE)
    return [page.strip("\n") for page in pages if page.strip()]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("# "):
            yield number, line
