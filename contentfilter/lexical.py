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

from contentfilter.fluency import Fluency
from contentfilter.once import load_once
from contentfilter.weights import Weights

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]
_Hashes = NDArray[np.uint32]

GRAM_BITS = 20
WORD_BITS = 19
_MAX_GRAM = 4
_SALTS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_EDGE = 1  # stands before and after each phrase, so that n-grams know where phrases begin
# What stands before the first and behind the last word of a phrase, and what mixes two words.
_FIRST, _LAST = np.uint32(0x5E5E5E5E), np.uint32(0x24242424)
_LEFT, _RIGHT = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)
_SPREAD = np.uint32(15)


class Grams(NamedTuple):
    """What n-grams tell: the log-odds of each phrase, and what each letter adds to its own's.

    N-grams are shared out among their letters; what stands for the edges of a phrase is left out.
    """

    scores: _Floats
    gains: _Floats


class Hashes(NamedTuple):
    """Hashed words of phrases, and hashed pairs of them with what stands at the edges.

    ``owner`` is of each word the phrase, ``pair_owner`` of each pair; the pair on a word's left
    is number ``left``, that on its right the next.
    """

    words: _Hashes
    owner: _Ints
    pairs: _Hashes
    pair_owner: _Ints
    left: _Ints


class Lexical(NamedTuple):
    """Weights of the first stage: hashed character n-grams and hashed words.

    With them, how legitimate text runs on.
    """

    grams: Weights
    words: Weights
    bias: float
    user_words: tuple[str, ...]
    fluency: Fluency

    def grams_of(self, codes: NDArray[np.uint16], sizes: _Ints) -> Grams:
        """Return what n-grams tell of phrases that ``codes`` holds one after the other."""
        line, where, owners = _with_edges(codes, sizes)
        scores = np.zeros(len(sizes))
        shared = np.zeros(len(line) + _MAX_GRAM)
        for n, hashes, counted in _grams(line):
            weights = np.where(counted, self.grams.take(hashes), np.float32(0)).astype(np.float64)
            scores += np.bincount(owners[: len(weights)], weights, len(sizes))
            for k in range(n):
                shared[k : k + len(weights)] += weights / n
        return Grams(scores, shared[where])

    def words_of(self, codes: NDArray[np.uint16], sizes: _Ints) -> list[list[str]]:
        """Return the words of each of the phrases that ``codes`` holds one after the other."""
        text = "".join(map(chr, codes.tolist()))
        ends = sizes.cumsum().tolist()
        phrases = [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        return words_of(phrases, self.user_words)

    def scores_of_words(self, words: Sequence[Sequence[str]]) -> _Floats:
        """Return the log-odds of each phrase by its words and word pairs."""
        hashed = hash_words(words)
        scores: NDArray[Any] = np.bincount(
            np.concatenate([hashed.owner, hashed.pair_owner]),
            self.word_weights(np.concatenate([hashed.words, hashed.pairs])),
            len(words),
        )
        return scores

    def word_weights(self, hashes: _Hashes) -> NDArray[np.float32]:
        """Return the weights of hashed words and word pairs."""
        return self.words.take(hashes & np.uint32((1 << WORD_BITS) - 1))

    def gains_of_words(self, words: Sequence[Sequence[str]]) -> _Floats:
        """Return what the word of each letter adds to the log-odds of its phrase.

        Words are shared out among their letters, word pairs between the two words.
        """
        hashed = hash_words(words)
        pairs = self.word_weights(hashed.pairs).astype(np.float64)
        by_word = self.word_weights(hashed.words).astype(np.float64)
        by_word += (pairs[hashed.left] + pairs[hashed.left + 1]) / 2
        lengths = np.array([len(word) for part in words for word in part], np.int64)
        gains: _Floats = (by_word / lengths).repeat(lengths)
        return gains

    def edges(
        self, codes: NDArray[np.uint16], at: _Ints, low: _Ints, high: _Ints
    ) -> tuple[_Floats, _Floats]:
        """Return how much like a phrase's start places in ``codes`` are, and how much like an end.

        Nothing before ``low`` or from ``high`` on tells about a place.
        """
        starts, ends = np.zeros(len(at)), np.zeros(len(at))
        behind = np.full(len(at), _EDGE, np.uint64)
        before = np.zeros(len(at), np.uint64)
        power = np.ones(1, np.uint64)
        for n in range(2, _MAX_GRAM + 1):
            right, left = at + (n - 2), at - (n - 1)
            behind = behind * _SALTS[0] + codes.take(right, mode="clip")
            before += codes.take(left, mode="clip") * power
            power *= _SALTS[0]
            closed = before * _SALTS[0] + np.uint64(_EDGE)
            starts += np.where(right < high, self.grams.take(_mix(behind, n)), np.float32(0))
            ends += np.where(left >= low, self.grams.take(_mix(closed, n)), np.float32(0))
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
    made.FREQ, made.total = _frequencies(made)
    made.initialized = True
    for word in user_words:
        made.FREQ[word] = max(made.FREQ.get(word, 0), 200)
        for end in range(1, len(word)):
            made.FREQ.setdefault(word[:end], 0)
    return made


# Bytes of the dictionary that are read at a time: all at once would take 80 MB.
_LINES_SIZE = 1 << 14


def _frequencies(made: Any) -> tuple[dict[str, int], int]:
    """Return what `jieba.Tokenizer.gen_pfdict` does, in two thirds of the time."""
    frequencies: dict[str, int] = {}
    total = 0
    with made.get_dict_file() as file:
        while lines := file.readlines(_LINES_SIZE):
            rows = b"".join(lines).decode().split()
            counts = list(map(int, rows[1::3]))
            frequencies.update(zip(rows[::3], counts, strict=True))
            total += sum(counts)
            # What words begin with counts as seen, though never.
            parts = {word[:-1] for word in rows[::3]}
            while parts := parts.difference(frequencies, [""]):
                frequencies.update(dict.fromkeys(parts, 0))
                parts = {word[:-1] for word in parts}
    return frequencies, total


_BREAK = "\n"


def words_of(phrases: Sequence[str], user_words: tuple[str, ...]) -> list[list[str]]:
    """Return the words of each of ``phrases``, which are folded and not empty.

    They come from the dictionary alone, without guesses. No word reaches over a line end, so all
    phrases are cut in one call, which costs a third less; each is cut once, for the pages of a site
    often have the same.
    """
    if not phrases:
        return []
    different = dict.fromkeys(phrases)
    words: list[list[str]] = [[]]
    for word in tokenizer(user_words).cut(_BREAK.join(different), HMM=False):
        if word == _BREAK:
            words.append([])
        else:
            words[-1].append(word)
    of_phrase = dict(zip(different, words, strict=True))
    return [of_phrase[phrase] for phrase in phrases]


def hash_words(words: Sequence[Sequence[str]]) -> Hashes:
    """Return the hashes (32 bits) of the words of phrases and of their word pairs."""
    counts = np.array([len(part) for part in words], np.int64)
    hashed = np.fromiter(
        (zlib.crc32(word.encode("utf-8", "replace")) for part in words for word in part),
        np.uint32,
        int(counts.sum()),
    )
    owner = np.arange(len(counts)).repeat(counts)
    # All words in one row, with one place more for each phrase that has any.
    before = (counts > 0).cumsum()
    left = np.arange(len(hashed)) + before[owner] - 1
    n_pairs = len(hashed) + int(before[-1]) if len(before) else 0
    on_left, on_right = np.full(n_pairs, _FIRST), np.full(n_pairs, _LAST)
    on_left[left + 1] = hashed
    on_right[left] = hashed
    pair_owner = np.arange(len(counts)).repeat(counts + (counts > 0))
    mixed = on_left * _LEFT ^ on_right * _RIGHT
    mixed ^= mixed >> _SPREAD
    return Hashes(hashed, owner, mixed, pair_owner, left)


def gram_hashes(codes: NDArray[np.uint16], sizes: _Ints) -> tuple[_Ints, _Ints]:
    """Return hashes of the n-grams (1 to 4) of phrases, and which phrase each is of.

    ``codes`` are those of all phrases one after the other, ``sizes`` how many each has.
    """
    line, _, owners = _with_edges(codes, sizes)
    found = [
        (hashes[counted], owners[: len(hashes)][counted]) for _, hashes, counted in _grams(line)
    ]
    hashes, owner = zip(*found, strict=True)
    return np.concatenate(hashes), np.concatenate(owner)


def _with_edges(codes: NDArray[np.uint16], sizes: _Ints) -> tuple[NDArray[np.uint64], _Ints, _Ints]:
    """Return phrases with an edge before each and one at the very end, in one row.

    With it, where in the row each of ``codes`` is, and which phrase each place belongs to.
    """
    owner = np.arange(len(sizes)).repeat(sizes)
    where = np.arange(len(codes)) + owner + 1
    line = np.full(len(codes) + len(sizes) + 1, _EDGE, np.uint64)
    line[where] = codes
    owners = np.zeros(len(line), np.int64)
    owners[where] = owner
    owners[where[sizes.cumsum() - sizes] - 1] = np.arange(len(sizes))
    return line, where, owners


def _grams(line: NDArray[np.uint64]) -> Iterator[tuple[int, _Ints, NDArray[np.bool_]]]:
    """Yield for each size n of n-grams the hashes of all in a row of phrases, and which count.

    An n-gram that begins at a closing edge is the next phrase's; one with an edge inside is none.
    """
    edge = line == _EDGE
    rolling = line
    inner = np.zeros(len(line), bool)
    for n in range(1, _MAX_GRAM + 1):
        if n > 1:
            rolling = rolling[:-1] * _SALTS[0] + line[n - 1 :]
        if n > 2:  # an edge inside
            inner = inner[: len(rolling)] | edge[n - 2 : n - 2 + len(rolling)]
        yield n, _mix(rolling, n), ~edge if n == 1 else ~inner[: len(rolling)]


def _mix(rolling: NDArray[np.uint64], n: int) -> _Ints:
    mixed = ((rolling + np.uint64(n)) * _SALTS[1]) >> np.uint64(64 - GRAM_BITS)
    return mixed.astype(np.int64)
