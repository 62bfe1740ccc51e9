"""The first stage: how much a phrase reads like spam, by its n-grams and its words.

The only file that touches jieba.
"""

import logging
import warnings
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]

GRAM_BITS = 18
WORD_BITS = 17
_MAX_GRAM = 4
_SALTS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_EDGE = 1  # stands before and after each phrase, so that n-grams know where phrases begin


class Lexical(NamedTuple):
    """Weights of the first stage: hashed character n-grams and hashed words (float32 tables)."""

    grams: NDArray[np.float32]
    words: NDArray[np.float32]
    bias: float
    user_words: tuple[str, ...]

    def words_of_all(self, codes: NDArray[np.uint16], sizes: _Ints) -> list[list[str]]:
        """Return the words of each of the phrases that ``codes`` holds one after the other."""
        text = "".join(map(chr, codes.tolist()))
        ends = np.cumsum(sizes).tolist()
        return [
            words_of(text[a:b], self.user_words) for a, b in zip([0, *ends], ends, strict=False)
        ]

    def scores(
        self, codes: NDArray[np.uint16], sizes: _Ints, words: Sequence[Sequence[str]]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the log-odds of each phrase by its n-grams and by its words, without the bias."""
        hashes, owner = gram_hashes(codes, sizes)
        grams = np.bincount(owner, self.grams[hashes], len(sizes))
        hashed = [word_hashes(part) for part in words]
        counts = np.fromiter(map(len, hashed), np.int64, len(hashed))
        index = np.fromiter((h for part in hashed for h in part), np.int64, int(counts.sum()))
        weights = self.word_weights(index)
        return grams, np.bincount(np.repeat(np.arange(len(sizes)), counts), weights, len(sizes))

    def word_weights(self, hashes: _Ints) -> NDArray[np.float32]:
        """Return the weights of words and word pairs by their `word_hashes`."""
        weights: NDArray[np.float32] = self.words[hashes & ((1 << WORD_BITS) - 1)]
        return weights

    def word_contributions(self, codes: NDArray[np.uint16], words: Sequence[str]) -> _Floats:
        """Return what each word of one phrase adds to its log-odds, n-grams shared out."""
        line = np.concatenate([[_EDGE], codes, [_EDGE]]).astype(np.uint64)
        shared = np.zeros(len(line))
        rolling = line.copy()
        for n in range(1, min(_MAX_GRAM, len(line)) + 1):
            if n > 1:
                rolling = rolling[:-1] * _SALTS[0] + line[n - 1 :]
            weights = self.grams[_mix(rolling, n)] / n
            for k in range(n):
                shared[k : k + len(weights)] += weights
        per_character = shared[1:-1]  # what edges alone would weigh is left out
        ends = np.cumsum([len(word) for word in words])
        total = np.concatenate([[0.0], np.cumsum(per_character)])
        shares = np.diff(total[np.concatenate([[0], ends])])
        by_words = self.word_weights(np.array(word_hashes(words)))
        own, pairs = by_words[: len(words)], by_words[len(words) :]
        result: _Floats = shares + own + (pairs[:-1] + pairs[1:]) / 2
        return result


@cache
def tokenizer(user_words: tuple[str, ...]) -> Any:
    """Return jieba's tokenizer with ``user_words`` added; loads its dictionary on first use.

    The dictionary is read from the package each time: jieba's own cache lies unchecked in a
    shared folder.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.ERROR)
    made = jieba.Tokenizer()
    made.FREQ, made.total = made.gen_pfdict(made.get_dict_file())
    made.initialized = True
    for word in user_words:
        made.FREQ[word] = max(made.FREQ.get(word, 0), 200)
        for end in range(1, len(word)):
            made.FREQ.setdefault(word[:end], 0)
    return made


def words_of(phrase: str, user_words: tuple[str, ...]) -> list[str]:
    """Return the words of ``phrase``, which is folded; from the dictionary alone, no guesses."""
    cut: list[str] = tokenizer(user_words).lcut(phrase, HMM=False)
    return cut


def word_hashes(words: Sequence[str]) -> list[int]:
    """Return the hashes (32 bits) of the words of a phrase and of its word pairs."""
    pairs = [f"{a} {b}" for a, b in zip(["^", *words], [*words, "$"], strict=True)]
    return [zlib.crc32(part.encode("utf-8", "replace")) for part in [*words, *pairs]]


def gram_hashes(codes: NDArray[np.uint16], sizes: _Ints) -> tuple[_Ints, _Ints]:
    """Return hashes of the n-grams (1 to 4) of phrases, and which phrase each is of.

    ``codes`` are those of all phrases one after the other, ``sizes`` how many each has.
    """
    owner = np.repeat(np.arange(len(sizes)), sizes)
    # One edge before each phrase and one at the very end.
    where = np.arange(len(codes)) + owner + 1
    line = np.full(len(codes) + len(sizes) + 1, _EDGE, np.uint64)
    line[where] = codes
    owners = np.zeros(len(line), np.int64)
    owners[where] = owner
    edge = line == _EDGE
    starts = np.flatnonzero(edge)[:-1]
    owners[starts] = np.arange(len(sizes))
    hashes, belongs = [], []
    rolling = line.copy()
    for n in range(1, _MAX_GRAM + 1):
        if n > 1:
            rolling = rolling[:-1] * _SALTS[0] + line[n - 1 :]
        inner = np.zeros(len(rolling), bool)
        for k in range(1, n - 1):
            inner |= edge[k : k + len(rolling)]
        keep = ~inner if n > 1 else ~edge
        kept = rolling[keep]
        hashes.append(_mix(kept, n))
        # An n-gram that begins at a closing edge is the next phrase's; one that ends there is not.
        belongs.append(owners[: len(rolling)][keep])
    return np.concatenate(hashes), np.concatenate(belongs)


def _mix(rolling: NDArray[np.uint64], n: int) -> _Ints:
    mixed = ((rolling + np.uint64(n)) * _SALTS[1]) >> np.uint64(64 - GRAM_BITS)
    return mixed.astype(np.int64)
