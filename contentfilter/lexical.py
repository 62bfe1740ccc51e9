"""The first stage: how much a phrase reads like spam, by its n-grams and its words.

The only file that touches jieba.
"""

import logging
import warnings
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contentfilter.once import load_once

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
        words = tokenizer(self.user_words)  # not for each phrase: thousands of words hash slowly
        return [words.lcut(text[a:b], HMM=False) for a, b in zip([0, *ends], ends, strict=False)]

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

    def gains(
        self, codes: NDArray[np.uint16], sizes: _Ints, words: Sequence[Sequence[str]]
    ) -> _Floats:
        """Return what each character of the phrases adds to the log-odds of its own.

        N-grams and words are shared out among their characters, word pairs between the two words;
        what stands for the edges of a phrase is left out.
        """
        line, where, _ = _with_edges(codes, sizes)
        shared = np.zeros(len(line) + _MAX_GRAM)
        for n, at, hashes in _grams(line):
            weights = self.grams[hashes] / n
            for k in range(n):
                shared[k : k + len(line)] += np.bincount(at, weights, len(line))
        result: _Floats = shared[where]
        hashed = [word_hashes(part) for part in words]
        index = np.fromiter((h for part in hashed for h in part), np.int64)
        by_hash = self.word_weights(index)
        # Of each phrase first its words, then its pairs, one more than there are words.
        counts = np.array([len(part) for part in words])
        ends = np.cumsum(2 * counts + 1)
        own = np.arange(counts.sum()) + np.repeat(ends - 2 * counts - 1, counts)
        own -= np.repeat(np.cumsum(counts) - counts, counts)
        pair = own + np.repeat(counts, counts)
        by_word = by_hash[own] + (by_hash[pair] + by_hash[pair + 1]) / 2
        lengths = np.array([len(word) for part in words for word in part])
        result += np.repeat(by_word / lengths, lengths)
        return result

    def edges(self, codes: NDArray[np.uint16]) -> tuple[_Floats, _Floats]:
        """Return for each place in ``codes``, and their end, how much like a phrase's start it is.

        The second array tells how much like a phrase's end.
        """
        starts, ends = np.zeros(len(codes) + 1), np.zeros(len(codes) + 1)
        wide = codes.astype(np.uint64)
        rolling_start = np.full(len(codes) + 1, _EDGE, np.uint64)
        rolling_end = np.concatenate([[0], wide]).astype(np.uint64)
        for n in range(2, min(_MAX_GRAM, len(codes)) + 1):
            rolling_start = rolling_start[:-1] * _SALTS[0] + wide[n - 2 :]
            starts[: len(rolling_start)] += self.grams[_mix(rolling_start, n)]
            closed = rolling_end[n - 1 :] * _SALTS[0] + np.uint64(_EDGE)
            ends[n - 1 :] += self.grams[_mix(closed, n)]
            rolling_end = np.concatenate([rolling_end[:1], rolling_end[:-1] * _SALTS[0] + wide])
            rolling_end[: n - 1] = 0
        return starts, ends


@load_once
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
    line, _, owners = _with_edges(codes, sizes)
    found = list(_grams(line))
    # An n-gram that begins at a closing edge is the next phrase's; one that ends there is not.
    return (
        np.concatenate([hashes for _, _, hashes in found]),
        owners[np.concatenate([at for _, at, _ in found])],
    )


def _with_edges(codes: NDArray[np.uint16], sizes: _Ints) -> tuple[NDArray[np.uint64], _Ints, _Ints]:
    """Return phrases with an edge before each and one at the very end, in one row.

    With it, where in the row each of ``codes`` is, and which phrase each place belongs to.
    """
    owner = np.repeat(np.arange(len(sizes)), sizes)
    where = np.arange(len(codes)) + owner + 1
    line = np.full(len(codes) + len(sizes) + 1, _EDGE, np.uint64)
    line[where] = codes
    owners = np.zeros(len(line), np.int64)
    owners[where] = owner
    owners[np.flatnonzero(line == _EDGE)[:-1]] = np.arange(len(sizes))
    return line, where, owners


def _grams(line: NDArray[np.uint64]) -> Iterator[tuple[int, _Ints, _Ints]]:
    """Yield for each size n of n-grams where they begin in a row of phrases, and their hashes."""
    edge = line == _EDGE
    rolling = line
    inner = np.zeros(len(line), bool)
    for n in range(1, _MAX_GRAM + 1):
        if n > 1:
            rolling = rolling[:-1] * _SALTS[0] + line[n - 1 :]
        if n > 2:  # an edge inside
            inner = inner[: len(rolling)] | edge[n - 2 : n - 2 + len(rolling)]
        at = np.flatnonzero(~edge if n == 1 else ~inner[: len(rolling)])
        yield n, at, _mix(rolling[at], n)


def _mix(rolling: NDArray[np.uint64], n: int) -> _Ints:
    mixed = ((rolling + np.uint64(n)) * _SALTS[1]) >> np.uint64(64 - GRAM_BITS)
    return mixed.astype(np.int64)
