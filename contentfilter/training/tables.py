"""Build the folding tables from Unicode and from ``seeds/folding``."""

import unicodedata
from pathlib import Path

import numpy as np

from contentfilter import folding
from contentfilter.folding import Folding
from contentfilter.prefilter import PAIR_BITS, TRIPLE_BITS, Prefilter

# Where pages are wanted for their characters only.
NO_PREFILTER = Prefilter(
    np.zeros(1 << PAIR_BITS, np.int8), np.zeros(1 << TRIPLE_BITS, np.int8), 0, 0
)

_ANY_IDEOGRAPH = 0xFFFE  # one code for all ideographs beyond the tables
_LINE_ENDS = "\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_BARS = "丨|_｜│︱¦∣┃￨∥‖〡ǀ＿▏"
_HYPHENS = "-‐‑‒–—―－~～〜−"
_STOPS = "。！？!?；;…．｡"
_COMMAS = ",，、､﹐﹑"
_COLONS = ":：﹕︰"
# Combining marks that only decorate; those of Thai, Arabic and Indic scripts are letters.
_DECORATION = ((0x300, 0x370), (0x1AB0, 0x1B00), (0x20D0, 0x2100), (0xFE00, 0xFE10))


def build_folding(directory: Path) -> Folding:
    """Return the tables for the rows in ``directory`` (``seeds/folding``)."""
    simplified = dict(_rows(directory / "traditional.tsv"))
    look_alikes = {row[0]: row[1] for row in _rows(directory / "look_alikes.tsv")}
    marks = dict(_rows(directory / "script_marks.tsv"))
    codes = np.zeros(folding.TABLE_SIZE, np.uint16)
    kinds = np.full(folding.TABLE_SIZE, folding.SYMBOL, np.uint8)
    for point in range(folding.TABLE_SIZE):
        character = chr(point)
        kind = _kind(character)
        folded = character
        for _ in range(4):  # a look-alike of a Traditional form of ...; it settles at once or twice
            looked = _fold(look_alikes.get(folded, folded))
            folded = simplified.get(looked, looked)
        if kind == folding.SYMBOL and _kind(folded) in _WORD:
            kind = _kind(folded)  # circled digits, squared letters
        if kind in _WORD and _kind(folded) not in _WORD:
            kind = folding.SYMBOL  # letters that are compatible with a blank
        if kind in _WORD:
            codes[point] = min(ord(folded), _ANY_IDEOGRAPH)
        kinds[point] = kind
    for script, flag in (("hans", folding.SIMPLIFIED), ("hant", folding.TRADITIONAL)):
        kinds[[ord(character) for character in marks[script]]] |= flag
    kinds[[ord(character) for character in _COLONS]] |= folding.COLON
    codes[-1], kinds[-1] = _ANY_IDEOGRAPH, folding.HAN
    return Folding(codes, kinds)


_WORD = {
    folding.HAN,
    folding.LATIN,
    folding.DIGIT,
    folding.KANA,
    folding.HANGUL,
    folding.LETTER,
}
_BY_LISTS = {
    **dict.fromkeys(_LINE_ENDS, folding.NEWLINE),
    **dict.fromkeys(_BARS, folding.BAR),
    **dict.fromkeys(_HYPHENS, folding.HYPHEN),
    **dict.fromkeys(_STOPS, folding.STOP),
    **dict.fromkeys(_COMMAS, folding.COMMA),
    "ー": folding.KANA,
    "〇": folding.DIGIT,
    "∨": folding.LATIN,
    "\ufeff": folding.IGNORED,
}


def _kind(character: str) -> int:
    if character in _BY_LISTS:
        return _BY_LISTS[character]
    point = ord(character)
    if any(start <= point < end for start, end in _DECORATION):
        return folding.IGNORED
    category = unicodedata.category(character)
    # A carriage return is a blank before its line feed; alone it separates phrases, not lines.
    if category.startswith("Z") or character in "\t\r" or point in (0x3164, 0xFFA0):
        return folding.BLANK
    if category in ("Cf", "Cc") or 0x1F3FB <= point <= 0x1F3FF:
        return folding.IGNORED
    if category in ("Ps", "Pi"):
        return folding.OPEN
    if category in ("Pe", "Pf") or character in "\"'":
        return folding.CLOSE
    if category.startswith(("L", "M")) or category == "Nl":
        return _script(character)
    if category in ("Nd", "No"):
        return folding.DIGIT
    return folding.SYMBOL


def _script(character: str) -> int:
    name = unicodedata.name(character, "")
    if name.startswith(("CJK", "IDEOGRAPHIC")) or character in "々〆":
        return folding.HAN
    if "LATIN" in name or name.startswith(("ROMAN NUMERAL", "SMALL ROMAN NUMERAL", "MATHEMATICAL")):
        return folding.LATIN
    if "KATAKANA" in name or "HIRAGANA" in name:
        return folding.KANA
    if "HANGUL" in name:
        return folding.HANGUL
    return folding.LETTER


def _fold(character: str) -> str:
    """Return the one character that ``character`` is read as."""
    if character in "ⓞ⓪⓿":
        return "0"
    compatible = unicodedata.normalize("NFKC", character)
    letters = [c for c in compatible if unicodedata.category(c)[0] in "LN"]
    folded = (letters or list(compatible))[0].lower()[:1] if compatible else character
    value = unicodedata.digit(folded, None)
    if value is not None:
        return str(value)
    if _kind(folded) in (folding.LATIN, folding.LETTER):
        return unicodedata.normalize("NFKD", folded)[0]
    return folded


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:] if line]
