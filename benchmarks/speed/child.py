"""Run in a fresh process by ``processes.py``: clean a lot, and print what it took as JSON.

child.py stream POOL MEGABYTES     a stream of documents, drawn from the list in POOL
child.py line POOL MEGABYTES       one line of text from POOL
child.py block POOL MEGABYTES      the same with the block in POOL in its middle
child.py nothing POOL 0            the empty text, to compare with
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import contentfilter

_LINE_PIECE = 300_000  # characters that a long line repeats: few objects, so no peak of its own


def peak() -> int:
    """Return the most memory this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # here `ru_maxrss` starts with the peak of the process that started us
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) << 10
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage if sys.platform == "darwin" else usage << 10


def stream(texts: list[str], megabytes: float) -> dict[str, float]:
    """Clean documents, each a new string, until there were so many bytes."""
    characters = number = 0
    start = time.process_time()

    def numbered() -> Iterator[str]:
        nonlocal number
        length = 0
        while length < megabytes * 1e6:
            text = f"{texts[number % len(texts)]}\n{number}"
            length += len(text.encode("utf-8", "surrogatepass"))
            number += 1
            yield text

    for text in contentfilter.Cleaner().clean_many(numbered()):
        characters += len(text)
    taken = time.process_time() - start
    return {"peak": peak(), "seconds": taken, "characters": characters, "documents": number}


def line(texts: list[str], block: str, megabytes: float) -> dict[str, float]:
    """Clean a line a tenth as long, then one of so many bytes, three a character."""
    piece = "，".join("，".join(texts).split())[:_LINE_PIECE]
    contentfilter.clean(_line(piece, block, len(piece)))  # loads what there is to load
    tenth = _line(piece, block, int(megabytes * 1e5 / 3))
    of_tenth, _ = _timed(tenth)
    text = _line(piece, block, int(megabytes * 1e6 / 3))
    taken, cut = _timed(text)
    return {
        "peak": peak(),
        "seconds": taken,
        "characters": len(text),
        "text": sys.getsizeof(text),
        "growth": (taken / len(text)) / (of_tenth / len(tenth)),
        "cut": cut,
    }


def _timed(text: str) -> tuple[float, int]:
    """Return the seconds that cleaning ``text`` takes, and how many characters were cut."""
    start = time.process_time()
    cleaned = contentfilter.clean(text)
    return time.process_time() - start, len(text) - len(cleaned)


def _line(piece: str, block: str, length: int) -> str:
    """Return a text of ``length`` characters; joined once, for copies would show in the peak."""
    whole, rest = divmod(length, len(piece))
    parts = [piece] * whole + [piece[:rest]]
    parts.insert(len(parts) // 2, f" {block} " if block else "")
    return "".join(parts)


def nothing() -> dict[str, float]:
    """Clean the empty text."""
    contentfilter.clean("")
    return {"peak": peak()}


def main() -> None:
    """Do what the arguments say."""
    kind, pool, megabytes = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    given = json.loads(pool.read_text(encoding="utf-8"))
    if kind == "nothing":
        print(json.dumps(nothing()))
    elif kind == "stream":
        print(json.dumps(stream(given["mixed"], megabytes)))
    else:
        block = given["block"] if kind == "block" else ""
        print(json.dumps(line(given["clean"], block, megabytes)))


if __name__ == "__main__":
    main()
