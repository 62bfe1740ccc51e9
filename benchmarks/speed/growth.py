"""A plot of how the time grows with one text, and with the number of texts."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from documents import Texts, size, size_of

from contentfilter import Cleaner

TEXT_BYTES = (10_000, 100_000, 1_000_000, 10_000_000, 50_000_000)
TEXT_COUNTS = (1, 10, 100, 1_000, 10_000, 100_000)

Points = list[tuple[float, float]]


def by_size(cleaner: Cleaner, documents: Sequence[str], block: str) -> Points:
    """Return bytes and seconds of texts joined from ``documents``, ``block`` in the middle."""
    joined = "\n".join(documents)
    bytes_per_character = size_of(joined) / len(joined)
    points = []
    for wanted in TEXT_BYTES:
        length = int(wanted / bytes_per_character)
        text = (joined * (length // len(joined) + 1))[:length]
        if block:
            middle = text.find("\n", length // 2) + 1
            text = f"{text[:middle]}{block}\n\n{text[middle:]}"
        points.append((size_of(text), _seconds(cleaner, [text])))
    return points


def by_count(cleaner: Cleaner, documents: Sequence[str]) -> Points:
    """Return numbers of documents and seconds."""
    return [(n, _seconds(cleaner, islice(cycle(documents), n))) for n in TEXT_COUNTS]


def _seconds(cleaner: Cleaner, texts: Sequence[str] | Iterator[str]) -> float:
    start = time.process_time()
    deque(cleaner.clean_many(texts), maxlen=0)
    return time.process_time() - start


def draw(texts: Texts, path: Path) -> None:
    """Measure, and write the plot to ``path``, an SVG."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "growth", "font.size": 9})
    from matplotlib import pyplot as plt

    cleaner = Cleaner()
    deque(cleaner.clean_many(texts.blocks[:20]), maxlen=0)  # loads what there is to load
    mean = size(texts.clean) / len(texts.clean) / 1000
    panels = [
        (
            "bytes of one text",
            {
                "clean": by_size(cleaner, texts.clean, ""),
                "one block in its middle": by_size(cleaner, texts.clean, texts.block),
            },
        ),
        (
            f"number of documents ({mean:.1f} kB each)",
            {
                "clean": by_count(cleaner, texts.clean),
                "one in ten with a block": by_count(cleaner, texts.mixed),
            },
        ),
    ]
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained", sharey=True)
    for axis, (label, series) in zip(axes, panels, strict=True):
        for name, points in series.items():
            axis.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=name)
        (first, _), (last, slowest) = points[0], points[-1]
        axis.loglog([first, last], [slowest * first / last, slowest], ":", c="0.6", label="linear")
        axis.set(xlabel=label, ylabel="seconds of CPU time")
        axis.label_outer()
        axis.grid(visible=True, alpha=0.3)
        axis.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
