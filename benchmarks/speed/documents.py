"""The texts that speed is measured on: clean documents, and pages with a block made of them."""

import random
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

from contentfilter.spans import cut
from contentfilter.training.corpus import read_corpus
from contentfilter.training.seeds import Seeds
from contentfilter.training.synthesis import Synthesis

RANDOM_STATE = 1
SEEDS = Path(__file__).parents[2] / "seeds"
# Every tenth text of `mixed` carries a block.
BLOCK_EVERY = 10
# Made documents: the median in bytes and the spread (log-normal), as sizes of web pages go; and
# how many of the texts they are joined from look like spam, which is more than the web has.
_MADE_MEDIAN, _MADE_SPREAD = 1800, 0.8
_LOOK_ALIKES = 1 / 8
_ALL_BUCKETS = frozenset(range(10))


class Texts(NamedTuple):
    """``clean`` documents, ``blocks``: each of them with a block set into it, and a ``block``."""

    clean: list[str]
    blocks: list[str]
    block: str

    @property
    def mixed(self) -> list[str]:
        """The clean documents, every tenth with its block."""
        pairs = zip(self.clean, self.blocks, strict=True)
        return [
            page if n % BLOCK_EVERY == BLOCK_EVERY - 1 else text
            for n, (text, page) in enumerate(pairs)
        ]


def choose(corpus: Path | None, count: int, seeds: Seeds) -> Texts:
    """Return ``count`` documents of ``corpus``, or made of ``seeds``; the same on every run."""
    synthesis = Synthesis(seeds, _ALL_BUCKETS, RANDOM_STATE)
    clean = _made(synthesis, seeds, count) if corpus is None else _test_documents(corpus, count)
    block = synthesis.block("gambling", "line", "none", 10).text
    return Texts(clean, [synthesis.page(text).text for text in clean], block)


def size(texts: list[str]) -> int:
    """Return how many bytes ``texts`` are as UTF-8."""
    return sum(size_of(text) for text in texts)


def size_of(text: str) -> int:
    """Return how many bytes ``text`` is as UTF-8; a lone surrogate counts three."""
    return len(text.encode("utf-8", "surrogatepass"))


def _test_documents(corpus: Path, count: int) -> list[str]:
    """Return test documents of all genres in turn, as long as each lasts."""
    rng = random.Random(RANDOM_STATE)
    genres: dict[str, list[str]] = {}
    for document in read_corpus(corpus):
        if document.split == "test":
            genres.setdefault(document.genre, []).append(document.text)
    for texts in genres.values():
        rng.shuffle(texts)
    in_turn = chain.from_iterable(zip_longest(*genres.values()))
    chosen = [text for text in in_turn if text is not None][:count]
    rng.shuffle(chosen)
    return chosen


def _made(synthesis: Synthesis, seeds: Seeds, count: int) -> list[str]:
    own = [cut(page.text, page.spans).strip("\n") for page in seeds.pages]
    own = [text for text in own if text]
    rng = synthesis.rng
    wanted = (_MADE_MEDIAN * rng.lognormvariate(0, _MADE_SPREAD) for _ in range(count))
    return ["\n".join(_parts(synthesis, own, wish)) for wish in wanted]


def _parts(synthesis: Synthesis, own: list[str], wanted: float) -> Iterator[str]:
    """Yield pages' own text and a few look-alikes, ``wanted`` bytes or a little more."""
    length = 0
    while length < wanted:
        text = (
            synthesis.look_alike() if synthesis.chance(_LOOK_ALIKES) else synthesis.rng.choice(own)
        )
        yield text
        length += size_of(text)
