"""`clean`, `explain`, and the `Cleaner` behind them."""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from contentfilter import model as models
from contentfilter.model import Model
from contentfilter.spans import Span, cut, join, shift_each

# After a cut the page is looked at again, since what remains is judged on its new page. Pages
# need one more look, rarely two; one that is still not settled after so many is left as it was:
# so cleaning twice always equals cleaning once.
_MAX_LOOKS = 8


class Block(NamedTuple):
    """An injected block: characters ``start`` to ``end`` (excluded, in code points) of the text.

    ``score`` is the probability, 0 to 1, that it was injected; ``category`` names the kind of spam
    (``adult``, ``gambling``, ...); ``reasons`` are the terms and traits that weighed most.
    """

    start: int
    end: int
    score: float
    category: str
    reasons: tuple[str, ...]

    @property
    def span(self) -> Span:
        """The block's place in the text."""
        return Span(self.start, self.end)


class Explanation(NamedTuple):
    """The cleaned ``text``, and the ``blocks`` that were cut from the original, in order."""

    text: str
    blocks: list[Block]


class Cleaner:
    """Removes injected blocks with one model and one threshold.

    ``model`` is a path to a model file or a loaded model; None means the released one. A block is
    cut when its score is at least ``threshold`` (0 to 1); None means the one chosen in training.
    The model is loaded when it is first needed. A cleaner can be pickled and shared by threads.

    >>> Cleaner(threshold=2)
    Traceback (most recent call last):
        ...
    ValueError: threshold must be between 0 and 1, got 2
    """

    def __init__(
        self, model: str | os.PathLike[str] | Model | None = None, *, threshold: float | None = None
    ) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            raise ValueError(f"threshold must be between 0 and 1, got {threshold}")
        self._given = model
        self._threshold = threshold

    @property
    def model(self) -> Model:
        """The model in use; loads it if need be."""
        if isinstance(self._given, Model):
            return self._given
        return _load(Path(self._given) if self._given is not None else None)

    @property
    def threshold(self) -> float:
        """The score from which blocks are cut."""
        return self.model.threshold if self._threshold is None else self._threshold

    def clean(self, text: str) -> str:
        """Return ``text`` without its injected blocks; see `contentfilter.clean`."""
        return self.explain(text).text

    def clean_many(self, texts: Iterable[str]) -> Iterator[str]:
        """Yield each of ``texts`` cleaned, in order."""
        return map(self.clean, texts)

    def explain(self, text: str) -> Explanation:
        """Return what `clean` gives, and the blocks that were cut."""
        if not isinstance(text, str):
            raise TypeError(
                f"text must be str, got {type(text).__name__}"
                + ("; decode it first" if isinstance(text, bytes) else "")
            )
        rest = text
        cuts: list[Span] = []
        blocks: list[Block] = []
        for _ in range(_MAX_LOOKS):
            found = self.model.find(rest, self.threshold)
            if not found:
                return Explanation(rest, _merged(blocks))
            found.sort(key=lambda block: block.span)
            placed = list(shift_each([block.span for block in found], cuts))
            for number, span in placed:
                _, score, category, reasons = found[number]
                blocks.append(Block(*span, score, category, reasons))
            cuts = join([*cuts, *(span for _, span in placed)])
            rest = cut(text, cuts)
        return Explanation(text, [])


def _merged(blocks: list[Block]) -> list[Block]:
    """Return ``blocks`` in order, those that touch as one: the surest tells what it is."""
    merged: list[Block] = []
    for block in sorted(blocks):
        if merged and block.start <= merged[-1].end:
            last = merged.pop()
            best = max(last, block, key=lambda b: b.score)
            block = best._replace(start=last.start, end=max(last.end, block.end))
        merged.append(block)
    return merged


@cache
def _load(path: Path | None) -> Model:
    return models.load(models.default_model_path() if path is None else path)


_default = Cleaner()


def clean(text: str) -> str:
    r"""Return ``text`` without the blocks of spam keywords that were injected into it.

    Injected means foreign to its page and made of search keywords: a line or a run of phrases on
    pornography, gambling, fake certificates and the like, above, below or within an article that
    is about something else. Lists that belong to the page (menus, tags, products, names), and
    articles about such subjects, stay. Doubt keeps the text.

    A text without such blocks comes back as the very same object. Otherwise the result is the
    text minus some spans: nothing is rewritten, trimmed or reordered, and cleaning the result
    again changes nothing. A block on lines of its own takes the blank lines behind it along.

    >>> article = "河道治理工程通过验收\n\n昨日上午，市水利局组织专家对工程进行了验收。"
    >>> clean("国产精品久久_亚洲综合一区二区_日韩无码在线_免费视频观看\n\n" + article) == article
    True
    >>> clean(article) is article
    True

    Raises ``TypeError`` if ``text`` is not a str, and nothing for any str. What counts as enough
    is the model's threshold; `Cleaner` takes another.
    """
    return _default.clean(text)


def explain(text: str) -> Explanation:
    """Return the cleaned text and the blocks that were cut, each with its reasons.

    >>> explain("河道治理工程通过验收").blocks
    []
    """
    return _default.explain(text)
