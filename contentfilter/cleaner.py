"""`clean`, `explain`, and the `Cleaner` behind them."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from contentfilter import model_file
from contentfilter.model import Found, Model
from contentfilter.once import load_once
from contentfilter.spans import Span, cut, join, shift_each
from contentfilter.terms import Terms, without

# After a cut the page is looked at again, since what remains is judged on its new page. Pages
# need one more look, rarely two; one that is still not settled after so many is left as it was:
# so cleaning twice always equals cleaning once.
_MAX_LOOKS = 8


# The category of what is cut because a user denied it.
DENIED = "deny"


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
    ``categories`` limits what is cut to blocks of some kinds (``"adult"``, ``"gambling"``, ...;
    `Model.category_names` has all).

    ``allow`` and ``deny`` are plain terms, found as they are written. What an allowed term covers
    is never cut, whatever else covers it; what a denied one covers is always cut, unless it is
    allowed. Around both, the model decides. The blocks of denied terms have the category
    ``"deny"``.

    The model is loaded when it is first needed. A cleaner can be pickled and shared by threads.

    >>> Cleaner(deny=["广告位"], allow=["《广告位办法》"]).clean("广告位见《广告位办法》")
    '见《广告位办法》'
    >>> Cleaner(threshold=2)
    Traceback (most recent call last):
        ...
    ValueError: threshold must be between 0 and 1, got 2
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Model | None = None,
        *,
        threshold: float | None = None,
        categories: Collection[str] | None = None,
        allow: Collection[str] = (),
        deny: Collection[str] = (),
    ) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            raise ValueError(f"threshold must be between 0 and 1, got {threshold}")
        self._given = model
        self._threshold = threshold
        self._categories = None if categories is None else self._checked(categories)
        self._allow, self._deny = Terms("allow", allow), Terms("deny", deny)

    def _checked(self, categories: Collection[str]) -> frozenset[str]:
        if isinstance(categories, str):
            raise TypeError(f"categories must be a collection of names, got {categories!r}")
        known = self.model.category_names
        for name in categories:
            if name not in known:
                raise ValueError(f"categories must be among {', '.join(known)}; got {name!r}")
        return frozenset(categories)

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

    def with_threshold(self, threshold: float) -> "Cleaner":
        """Return a cleaner that cuts from another score on and is alike otherwise."""
        other = copy(self)
        other._threshold = threshold
        return other

    @property
    def settings(self) -> str:
        """All that decides what is cut, beside the model; equal for cleaners that cut alike."""
        categories = None if self._categories is None else sorted(self._categories)
        return repr((self.threshold, categories, self._allow, self._deny))

    def clean(self, text: str) -> str:
        """Return ``text`` without its injected blocks; see `contentfilter.clean`."""
        return self._explain([text], reasons=False)[0].text

    def clean_many(self, texts: Iterable[str], *, n_jobs: int = 1) -> Iterator[str]:
        """Yield each of ``texts`` cleaned, in order; faster than one by one.

        Texts are taken from the iterable as results are asked for, about 524,000 characters ahead.
        With ``n_jobs`` other than 1 as many processes share the work (-1: one a core), which takes
        a second to begin with, and four million characters a process ahead. The processes stay for
        a minute, for the next call.
        """
        if n_jobs == 0:
            raise ValueError("n_jobs must be a number of processes, or negative; got 0")
        if n_jobs == 1:
            return (explanation.text for explanation in self._explained(texts, reasons=False))
        return chain.from_iterable(self._clean_shared(texts, n_jobs))

    def _clean_shared(self, texts: Iterable[str], n_jobs: int) -> Iterator[list[str]]:
        from contentfilter import pool

        batches = _batches(texts, _JOB_SIZE)
        for batch, changed in pool.ordered(self._changed, batches, list, pool.count(n_jobs)):
            for i, text in changed.items():
                batch[i] = text
            yield batch

    def _changed(self, texts: Sequence[str]) -> dict[int, str]:
        """Return those of ``texts`` that cleaning changes, cleaned."""
        cleaned = enumerate(self.clean_many(texts))
        return {i: text for i, text in cleaned if text is not texts[i]}

    def explain(self, text: str) -> Explanation:
        """Return what `clean` gives, and the blocks that were cut."""
        return self._explain([text])[0]

    def explain_many(self, texts: Iterable[str]) -> Iterator[Explanation]:
        """Yield what `explain` gives for each of ``texts``, in order; faster than one by one.

        Texts are taken from the iterable about 524,000 characters ahead.
        """
        return self._explained(texts, reasons=True)

    def _explained(self, texts: Iterable[str], reasons: bool) -> Iterator[Explanation]:
        batches = _batches(texts, _BATCH_SIZE)
        return chain.from_iterable(self._explain(batch, reasons) for batch in batches)

    def _explain(self, texts: Sequence[str], reasons: bool = True) -> list[Explanation]:
        """Return the explanations of ``texts``, which are looked at side by side."""
        for text in texts:
            if not isinstance(text, str):
                raise TypeError(
                    f"text must be str, got {type(text).__name__}"
                    + ("; decode it first" if isinstance(text, bytes) else "")
                )
        explained = [Explanation(text, []) for text in texts]
        pending: dict[int, _Cuts] = {}
        for i, found in enumerate(self._find(texts, reasons)):
            if found:
                pending[i] = _Cuts(texts[i])
                pending[i].add(found)
        for _ in range(_MAX_LOOKS - 1):
            if not pending:
                break
            again = self._find([cuts.rest for cuts in pending.values()], reasons)
            for i, found in zip(list(pending), again, strict=True):
                if found:
                    pending[i].add(found)
                else:
                    cuts = pending.pop(i)
                    explained[i] = Explanation(cuts.rest, _merged(cuts.blocks))
        return explained

    def _find(self, texts: Sequence[str], reasons: bool) -> list[list[Found]]:
        """Return what is to be cut of each of ``texts`` at one look."""
        found = self.model.find_many(texts, self.threshold, reasons)
        if self._categories is None and not self._deny and not self._allow:
            return found
        return [self._chosen(text, blocks) for text, blocks in zip(texts, found, strict=True)]

    def _chosen(self, text: str, found: list[Found]) -> list[Found]:
        """Return what categories and terms make of the blocks that were ``found`` in ``text``."""
        if self._categories is not None:
            found = [block for block in found if block.category in self._categories]
        if self._deny:
            covered = join(block.span for block in found)
            found += [
                Found(piece, 1.0, DENIED, (term,))
                for span, term in self._deny.occurrences(text)
                for piece in without(text, span, covered)
            ]
        if found and self._allow:
            kept = self._allow.spans(text)
            found = [
                block._replace(span=piece)
                for block in found
                for piece in without(text, block.span, kept)
            ]
        return found


class _Cuts:
    """A text while it is looked at: what is left of it, and the blocks that were cut."""

    def __init__(self, text: str) -> None:
        self.rest = self._text = text
        self._spans: list[Span] = []
        self.blocks: list[Block] = []

    def add(self, found: list[Found]) -> None:
        """Cut what was ``found`` in the rest."""
        found = sorted(found, key=lambda block: block.span)
        placed = list(shift_each([block.span for block in found], self._spans))
        for number, span in placed:
            _, score, category, reasons = found[number]
            self.blocks.append(Block(*span, score, category, reasons))
        self._spans = join([*self._spans, *(span for _, span in placed)])
        self.rest = cut(self._text, self._spans)


# Characters of the texts that are looked at side by side. A process gets more at a time, for
# handing it over costs too.
_BATCH_SIZE = 1 << 19
_JOB_SIZE = 1 << 20


def _batches(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield ``texts`` in lists of about ``size`` characters."""
    batch: list[str] = []
    total = 0
    for text in texts:
        batch.append(text)
        total += len(text) + 1 if isinstance(text, str) else 1
        if total >= size:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


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


@load_once
def _load(path: Path | None) -> Model:
    return model_file.load(model_file.default_model_path() if path is None else path)


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
