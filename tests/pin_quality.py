"""Measure the released model on ``tests/quality``, and pin what it reaches as the floor.

    python -m tests.pin_quality            show the figures beside the floors
    python -m tests.pin_quality --pin      write them to floors.json; refused where one is worse
    python -m tests.pin_quality --lower    write them all the same

Changed pages need pinning anew. A lowered floor needs a line in the changelog.
"""

import argparse
import hashlib
import json
import math
import sys
from functools import cache
from pathlib import Path

from contentfilter import Cleaner
from contentfilter.evaluation import Case, Report, evaluate
from contentfilter.training.seeds import read_pages

DIRECTORY = Path(__file__).parent / "quality"
FLOORS = DIRECTORY / "floors.json"


def files() -> list[Path]:
    """Return the files of hand-written pages and negatives."""
    return sorted(DIRECTORY.glob("*.txt"))


def digest() -> str:
    """Return a hash of the pages, so that floors are never compared with figures of others."""
    parts = [path.name.encode() + b"\0" + path.read_bytes() for path in files()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@cache
def report() -> Report:
    """Return what the released model does with the pages."""
    pages = [page for path in files() for page in read_pages(path)]
    return evaluate(Cleaner(), [Case(page.id, page.text, page.spans) for page in pages])


def figures() -> dict[str, float]:
    """Return the figures that are pinned, rounded to the worse side."""
    total = report().total
    return {
        "clean_changed": total.clean_changed,
        "precision": math.floor(total.precision * 1e4) / 1e4,
        "recall": math.floor(total.recall * 1e4) / 1e4,
        "perfect": total.perfect,
    }


def is_worse(name: str, figure: float, floor: float) -> bool:
    """Whether a figure is on the wrong side of its floor: more is worse for clean texts changed."""
    return figure > floor if name == "clean_changed" else figure < floor


def read_floors() -> dict[str, float | str]:
    """Return the pinned floors and the digest of their pages; nothing where none are pinned."""
    return json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {}


def main() -> int:
    """Show the figures, and pin them if told to."""
    parser = argparse.ArgumentParser(prog="python -m tests.pin_quality")
    parser.add_argument("--pin", action="store_true", help="write the figures to floors.json")
    parser.add_argument("--lower", action="store_true", help="write them even where one is worse")
    options = parser.parse_args()
    floors, measured = read_floors(), figures()
    total = report().total
    sys.stdout.write(f"{total.clean} clean texts, {total.pages} pages with blocks\n")
    for name, figure in measured.items():
        sys.stdout.write(f"{name:14} {figure:<8} floor {floors.get(name, 'none')}\n")
    worse = [n for n, figure in measured.items() if is_worse(n, figure, floors.get(n, figure))]
    if worse and options.pin and not options.lower:
        sys.stderr.write(f"worse than the floor: {', '.join(worse)}; --lower pins it still\n")
        return 1
    if options.pin or options.lower:
        text = json.dumps({"digest": digest()} | measured, indent=2)
        FLOORS.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
