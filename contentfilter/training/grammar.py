"""Expand the phrase grammars of ``seeds/grammar`` into phrases.

The notation, a line a production (see ``seeds/grammar/README.md``):

``NAME -> A B {3} | [C] (D|E) | ~ F G``
    alternatives with weights; parts are glued; ``[...]`` is optional (half the time, or as a last
    part ``.3`` says), ``(a|b)`` a choice, ``~`` lets the parts change places.
``<category:role>``, ``<category:role:strength>``, ``<category:role:language>``
    a term of the lexicon. ``"APP"`` is a literal where a name is meant to be text, ``␣`` a blank.
``anchor NAME 1 3``
    one to three expansions of NAME are drawn for a block and used throughout it: blocks are grids.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from contentfilter.errors import SeedFormatError

_TOKEN = re.compile(r'"[^"]*"|<[^>]*>|\{\d+\}|[()\[\]|~]|[^\s()\[\]|<>{}"]+')
_NAME = re.compile(r"[A-Z][A-Z0-9_a-z]*$")
_MAX_DEPTH = 40
# Letters of scripts that put blanks between words: Latin, Greek, Cyrillic.
_SPACED = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u052f\u1e00-\u1eff]")


@dataclass
class _Choice:
    """Alternatives with weights; each a list of parts, perhaps to be shuffled."""

    weights: list[float] = field(default_factory=list)
    alternatives: list[tuple[bool, list["_Part"]]] = field(default_factory=list)
    chance: float = 1.0  # of appearing at all


_Part = str | _Choice


class Grammar:
    """The productions of one category, with those of ``common.grammar``."""

    def __init__(self, *paths: Path) -> None:
        self.rules: dict[str, _Choice] = {}
        self.anchors: dict[str, tuple[int, int]] = {}
        for path in paths:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                try:
                    self._read(line.strip())
                except (ValueError, IndexError) as error:
                    raise SeedFormatError(f"{path}, line {number}: {error}") from error

    def _read(self, line: str) -> None:
        if not line or line.startswith("#"):
            return
        if line.startswith("anchor "):
            _, name, least, most = line.split()
            self.anchors[name] = (int(least), int(most))
            return
        name, arrow, body = line.partition(" -> ")
        if not arrow or not _NAME.match(name):
            raise ValueError(f"expected 'NAME -> ...', got {line!r}")
        tokens = _TOKEN.findall(body)
        choice, rest = _parse(tokens)
        if rest:
            raise ValueError(f"unbalanced {rest[0]!r}")
        self.rules[name] = choice


def _parse(tokens: list[str]) -> tuple[_Choice, list[str]]:
    choice = _Choice()
    parts: list[_Part] = []
    weight, shuffled = 1.0, False
    while tokens and tokens[0] not in (")", "]"):
        token, tokens = tokens[0], tokens[1:]
        if token == "|":
            choice.alternatives.append((shuffled, parts))
            choice.weights.append(weight)
            parts, weight, shuffled = [], 1.0, False
        elif token == "~":
            shuffled = True
        elif token.startswith("{"):
            weight = float(token[1:-1])
        elif token in ("(", "["):
            inner, tokens = _parse(tokens)
            if not tokens or tokens[0] != {"(": ")", "[": "]"}[token]:
                raise ValueError("unbalanced bracket")
            tokens = tokens[1:]
            if token == "[":
                inner.chance = _chance(inner)
            parts.append(inner)
        else:
            parts.append(token)
    choice.alternatives.append((shuffled, parts))
    choice.weights.append(weight)
    return choice, tokens


def _chance(optional: _Choice) -> float:
    """Take the probability off the end of ``[parts .3]``; half where none is given."""
    last = optional.alternatives[-1][1]
    if len(last) > 1 and isinstance(last[-1], str) and re.fullmatch(r"\.\d+", last[-1]):
        return float(str(last.pop()))
    return 0.5


class Expansion:
    """Phrases of one block: shares its anchors. ``draw`` gives a term of the lexicon."""

    def __init__(
        self,
        grammar: Grammar,
        draw: Callable[[str], str],
        rng: random.Random,
        anchored: bool = True,
    ) -> None:
        self.grammar, self.draw, self.rng = grammar, draw, rng
        self._anchors: dict[str, list[str]] = {}
        self._anchored = anchored

    def phrase(self, start: str = "P") -> str:
        """Return one phrase made from ``start``, which must be a production."""
        if start not in self.grammar.rules:
            raise KeyError(start)
        return self._expand(start, 0).replace("␣", " ").strip()

    def _expand(self, part: _Part, depth: int) -> str:
        if depth > _MAX_DEPTH:
            return ""
        if isinstance(part, _Choice):
            return self._choose(part, depth)
        if part.startswith("<"):
            return self.draw(part[1:-1])
        if part.startswith('"'):
            return part[1:-1]
        rule = self.grammar.rules.get(part)
        if rule is None:
            return part
        if self._anchored and part in self.grammar.anchors:
            return self._anchor(part, rule, depth)
        return self._choose(rule, depth)

    def _anchor(self, name: str, rule: _Choice, depth: int) -> str:
        if name not in self._anchors:
            least, most = self.grammar.anchors[name]
            count = self.rng.randint(least, most)
            self._anchors[name] = [self._choose(rule, depth) for _ in range(count)]
        return self.rng.choice(self._anchors[name])

    def _choose(self, choice: _Choice, depth: int) -> str:
        if choice.chance < 1 and self.rng.random() >= choice.chance:
            return ""
        (shuffled, parts), *_ = self.rng.choices(choice.alternatives, choice.weights)
        if shuffled:
            parts = self.rng.sample(parts, len(parts))
        text, last = "", None
        for part in parts:
            if self._are_words(last, part):
                text += " "
            text += self._expand(part, depth + 1)
            last = part
        return text

    def _are_words(self, one: _Part | None, other: _Part) -> bool:
        """Whether two parts are literal words of a script that puts blanks between words."""
        return (
            isinstance(one, str)
            and isinstance(other, str)
            and not {one, other} & self.grammar.rules.keys()
            and _SPACED.match(one[-1]) is not None
            and _SPACED.match(other[0]) is not None
        )
