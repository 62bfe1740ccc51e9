"""Clean one hacked page before the reader's eyes: before, what was cut and why, after."""

import sys
from pathlib import Path

from contentfilter import explain

WIDTH = 72  # columns; a Chinese character takes two
SAMPLE = Path(__file__).with_name("hacked_page.txt")


def main() -> None:
    """Show the page named on the command line, or the sample."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    text = path.read_bytes().decode("utf-8")
    explanation = explain(text)
    show(f"BEFORE: {path.name}", text)
    print(f"CUT: {len(explanation.blocks)} blocks")
    for block in explanation.blocks:
        print(f"  {block.category}, score {block.score:.3f}: {', '.join(block.reasons)}")
        print(f"  {clipped(text[block.start : block.end].strip())}")
    print()
    show("AFTER", explanation.text)
    removed = len(text) - len(explanation.text)
    print(f"{removed} of {len(text)} characters are gone, the others are as they were.")


def show(title: str, text: str) -> None:
    """Print ``text`` with line numbers, as much of each line as fits."""
    print(title)
    for number, line in enumerate(text.splitlines(), 1):
        print(f"  {number:2} | {clipped(line)}")
    print()


def clipped(line: str) -> str:
    """Return as much of ``line`` as fits the width."""
    columns = 0
    for n, character in enumerate(line):
        columns += 1 if character.isascii() else 2
        if columns > WIDTH:
            return f"{line[:n]} ..."
    return line


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # whatever the locale
    main()
