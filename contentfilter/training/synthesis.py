"""Make labelled pages: a block from the grammars set into a legitimate page."""

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from contentfilter.spans import Span
from contentfilter.training.grammar import Expansion
from contentfilter.training.seeds import Page, Seeds, Vocabulary, bucket
from contentfilter.training.written import LINE_END

_TAGS = "ul li tr td dd dl sup sub noscript kbd em pre del span label small center form".split()
_MAX_HOST = 1500  # characters of a host page: enough page around the block, and quick to train on
# How often a page gets a title of its own, before a block is set on the line of that, or elsewhere.
_TITLED, _TITLED_ELSEWHERE = 0.75, 0.2
_LONGEST_WRITTEN = 14  # phrases of a block in ``seeds/blocks``; longer blocks are made of several
_LONGEST_TITLE = 24
# What stands in front of blocks on pages of broken sites, and how often.
_ERRORS = [
    "Warning: fopen(): failed to open stream in /www/index.php on line 12",
    "Warning: include(cache/menu.php): failed to open stream: No such file or directory in"
    " /home/wwwroot/web/header.php on line 7",
    "Notice: Undefined index: id in /data/site/article.php on line 131",
    "Fatal error: Call to undefined function get_header() in D:\\web\\index.php on line 3",
    "Deprecated: Function split() is deprecated in /var/www/html/inc/common.php on line 58",
]
_BROKEN = 0.03
# Blocks that are foreign to any page: of the other categories, lists may be a page by themselves.
_OF_NO_PAGE = (
    "adult certificates counterfeit drugs gambling hacking invoices loans lottery papers promotion"
    " services"
).split()
_SHORT = ("HEAD", "SENTW")  # phrases that stand alone
# What stands on either side of phrases within a sentence, and goes with them.
_BESIDE = ["", "", "", "", "", "", " ", " ", "，", "_"]
_CLAUSE_ENDS = re.compile(r"[\W\d_]+")
_LIST_SEPARATORS = [
    "\n",
    " ",
    "、",
    "，",
    ",",
    "|",
    " | ",
    "_",
    "-",
    "丨",
    "/",
    "·",
    "；",
    "\u3000",
]


class Block(NamedTuple):
    """The text of a block and what it is, before it is set into a page."""

    text: str
    category: str
    form: str
    separator: str
    noise: str


class Synthesis:
    """Draws blocks and pages; ``buckets`` limits the vocabulary (see ``Vocabulary``)."""

    def __init__(
        self, seeds: Seeds, buckets: frozenset[int], random_state: int, always: int = 0
    ) -> None:
        self.rng = random.Random(random_state)
        self.layouts = seeds.layouts
        self.vocabulary = Vocabulary(seeds, buckets, self.rng, always)
        self.grammars = seeds.grammars
        self.legit = seeds.legit
        self.written = {
            category: {
                start: [phrases for phrases in lists if bucket("".join(phrases)) in buckets]
                for start, lists in starts.items()
            }
            for category, starts in seeds.blocks.items()
        }
        self.lines = [line for line in seeds.lines if bucket(line) in buckets]
        self.characters = seeds.layouts["noise_characters"]
        folding = seeds.directory / "folding"
        self.traditional = {row[1]: row[0] for row in reversed(_rows(folding / "traditional.tsv"))}
        self.simplified = dict(_rows(folding / "traditional.tsv"))
        self.look_alikes: dict[str, list[str]] = {}
        for to, look in ((row[1], row[0]) for row in _rows(folding / "look_alikes.tsv")):
            self.look_alikes.setdefault(to, []).append(look)
        self.pinyin = dict(_rows(folding / "pinyin.tsv"))

    def pick(self, table: str) -> str:
        """Return a key of a table of weights in ``layouts.toml``."""
        weights: dict[str, float] = self.layouts
        for part in table.split("."):
            weights = weights[part]  # type: ignore[assignment]
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def chance(self, share: float) -> bool:
        """Return true with the given probability."""
        return self.rng.random() < share

    # --- blocks ---

    def block(self, category: str = "", form: str = "", noise: str = "", count: int = 0) -> Block:
        """Return a block; what is not given is drawn."""
        category = category or self.pick("categories")
        form = form or self.pick("forms")
        noise = noise or self.pick("noise")
        separator = self.pick("separators.adult" if category == "adult" else "separators.other")
        make: Callable[[str, str, int], str] = getattr(self, f"_{form}")
        text = make(category, separator, count)
        text = self.disguise(text, noise, separator)
        return Block(text, category, form, separator, noise)

    def expansion(self, category: str) -> Expansion:
        """Return a source of phrases for one block."""
        return Expansion(self.grammars[category], self.vocabulary.draw, self.rng)

    def phrases(self, category: str, count: int, start: str = "P") -> list[str]:
        """Return ``count`` phrases of one block, made or as somebody wrote them."""
        written = self.written.get(category, {}).get(start)
        if written and self.chance(self.layouts["written"]["blocks"]):
            return self._written(written, count)
        expansion = self.expansion(category)
        if category == "foreign" and start == "P":
            names = [name for name in expansion.grammar.rules if name.startswith("P_")]
            start = self.rng.choice(names)
        phrases: list[str] = []
        for _ in range(6 * count):
            phrase = expansion.phrase(start)
            if phrase and (phrase not in phrases or self.chance(0.1)):
                phrases.append(phrase)
            if len(phrases) == count:
                break
        if len(phrases) > 3 and self.chance(0.05):
            phrases.append(phrases[0])
        return phrases

    def _written(self, lists: Sequence[list[str]], count: int) -> list[str]:
        """Return the phrases of a written block, all or some, or those of several for a long one.

        What was written as one block mostly stays one, also where it has fewer than ``count``.
        """
        phrases = list(self.rng.choice(lists))
        if len(phrases) > count and (count == 1 or self.chance(0.5)):
            first = self.rng.randrange(len(phrases) - count + 1)
            return phrases[first : first + count]
        while len(phrases) < count and (count > _LONGEST_WRITTEN or self.chance(0.3)):
            phrases += self.rng.choice(lists)
        return phrases[: max(count, _LONGEST_WRITTEN)]

    def short_phrases(self, count: int) -> list[str]:
        """Return phrases for titles and sentences: ``count`` of each category, and all written."""
        made = [
            phrase
            for category in self.grammars
            for start in _SHORT
            for phrase in self.phrases(category, count, start)
        ]
        return made + [
            phrase
            for starts in self.written.values()
            for start in _SHORT
            for phrases in starts.get(start, [])
            for phrase in phrases
        ]

    def _line(self, category: str, separator: str, count: int) -> str:
        phrases = self.phrases(category, count or int(self.pick("counts")))
        joins = self.layouts["joins"]
        if self.chance(joins["chopped"]):
            phrases[-1] = phrases[-1][: max(2, len(phrases[-1]) // 2)] + self.rng.choice(
                ["", "..."]
            )
        padded = separator
        if separator.strip():
            kind = self.rng.random()
            for name, form in (
                ("blank_after", "{} "),
                ("blank_before", " {}"),
                ("blank_both", " {} "),
            ):
                kind -= joins[name]
                if kind < 0:
                    padded = form.format(separator)
                    break
        if self.chance(joins["doubled"]):
            padded = separator * 2
        text = padded.join(phrases)
        if self.chance(0.08):  # a second separator, as where two lists met
            text = text.replace(padded, self.rng.choice([" ", ",", "|", "\u3000"]), 1)
        if self.chance(joins["trailing"]):
            text += separator
        if self.chance(joins["leading"]):
            text = separator + text
        if self.chance(joins["question_mark"]):
            text += self.rng.choice([" ?", "?"])
        return text

    def _glued(self, category: str, separator: str, count: int) -> str:
        return "".join(self.phrases(category, count or self.rng.randint(3, 10)))

    def _list(self, category: str, separator: str, count: int) -> str:
        phrases = self.phrases(category, count or int(self.pick("list_counts")))
        lead = self.rng.choice(["", "", "", "• ", "- ", "· ", "  ", "#"])
        return "\n".join(lead + phrase for phrase in phrases)

    def _sorted(self, category: str, separator: str, count: int) -> str:
        start = "SORTED" if category == "adult" else "P"
        phrases = sorted(self.phrases(category, count or self.rng.randint(5, 10), start))
        return self.rng.choice(["-", "-", "_", ",", "|", separator]).join(phrases)

    def _banner(self, category: str, separator: str, count: int) -> str:
        if category not in ("gambling", "lottery"):
            return self._line(category, separator, count)
        if category == "lottery":
            lines = self.phrases("lottery", count or self.rng.randint(3, 14), "SIXMARK")
            return "\n".join(lines)
        first, second = self.phrases("gambling", 2, "AGENT")[:2] or ("", "")
        return f"{first}\n{second}" if self.chance(0.7) else first + second

    def _advert(self, category: str, separator: str, count: int) -> str:
        text = "".join(self.phrases(category, self.rng.choice([1, 1, 2]), "ADVERT"))
        return text + self.rng.choice(["", "", "！", "。"]) if text[-1:].isalnum() else text

    def _line_advert(self, category: str, separator: str, count: int) -> str:
        parts = [self._line(category, separator, count), self._advert(category, separator, 0)]
        return self.rng.choice(["\n", " ", "\n", "，"]).join(self.rng.sample(parts, 2))

    def _mixed(self, category: str, separator: str, count: int) -> str:
        others = self.rng.sample(sorted(self.grammars), self.rng.randint(2, 5))
        phrases = [
            phrase
            for other in [category, *others]
            for phrase in self.phrases(other, self.rng.randint(1, 4))
        ]
        if self.chance(0.5):
            self.rng.shuffle(phrases)
        return (separator if self.chance(0.85) else "").join(phrases)

    def _twice(self, category: str, separator: str, count: int) -> str:
        line = self._line(category, separator, count)
        return f"{line}\n{line}"

    # --- disguises ---

    def disguise(self, text: str, noise: str, separator: str) -> str:
        """Return ``text`` with a disguise of the given kind."""
        if noise == "none":
            return text
        return getattr(self, f"_noise_{noise}")(text, separator)  # type: ignore[no-any-return]

    def _each(self, text: str, share: float, change: Callable[[str], str]) -> str:
        return "".join(change(c) if self.chance(share) else c for c in text)

    def _noise_zero_width(self, text: str, separator: str) -> str:
        marks = self.characters["zero_width"]
        share = self.rng.choice([0.1, 0.3, 0.6, 1])
        return self._each(text, share, lambda c: c + self.rng.choice(marks))

    def _noise_full_width(self, text: str, separator: str) -> str:
        digits = self.chance(0.3)
        return "".join(
            chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and (c.isdigit() or not digits) else c
            for c in text
        )

    def _noise_inserted(self, text: str, separator: str) -> str:
        marks = [mark for mark in self.characters["inserted"] if mark not in separator]
        mark = self.rng.choice(marks)
        share = self.rng.choice([0.1, 0.2, 0.4, 1])
        mixed = self.chance(0.3)
        return self._each(
            text,
            share,
            lambda c: c + (self.rng.choice(marks) if mixed else mark) if c.isalnum() else c,
        )

    def _noise_spaced(self, text: str, separator: str) -> str:
        blank = self.rng.choice([" ", " ", "\u3000", "  "])
        if separator == " ":
            text = text.replace(" ", self.rng.choice([" | ", "  |  ", "   "]))
        return blank.join(text) if self.chance(0.6) else self._each(text, 0.3, lambda c: c + blank)

    def _noise_look_alike(self, text: str, separator: str) -> str:
        share = self.rng.choice([0.3, 0.7, 1])

        def swap(c: str) -> str:
            looks = self.look_alikes.get(c.lower())
            return self.rng.choice(looks) if looks else c

        return self._each(text, share, swap)

    def _noise_digits(self, text: str, separator: str) -> str:
        kinds = [
            "⓪①②③④⑤⑥⑦⑧⑨",
            "０１２３４５６７８９",
            "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
            "0❶❷❸❹❺❻❼❽❾",
            "〇一二三四五六七八九",
            "零壹贰叁四五六柒捌玖",
        ]
        digits = self.rng.choice(kinds)
        return "".join(digits[int(c)] if c in "0123456789" else c for c in text)

    def _noise_entities(self, text: str, separator: str) -> str:
        form = self.rng.choice(["&#x{:X};", "&#{};", "&#{};", "&#x{:x};", "#x{:x};"])
        share = self.rng.choice([0.3, 1, 1, 1])
        return self._each(text, share, lambda c: form.format(ord(c)) if ord(c) > 127 else c)

    def _noise_traditional(self, text: str, separator: str) -> str:
        share = self.rng.choice([0.3, 1, 1])
        return self._each(text, share, lambda c: self.traditional.get(c, c))

    def _noise_emoji(self, text: str, separator: str) -> str:
        share = self.rng.choice([0.1, 0.3, 0.5])
        return self._each(text, share, lambda c: c + self.rng.choice(self.characters["emoji"]))

    def _noise_latin(self, text: str, separator: str) -> str:
        letters = ["v", "h", "a", "l", "va", "he", "hd", "AV", "x"]
        return self._each(text, 0.08, lambda c: c + self.rng.choice(letters))

    def _noise_long_run(self, text: str, separator: str) -> str:
        text = text.replace("久久", "久" * self.rng.randint(4, 12), 1)
        return text + self.rng.choice(["", self.expansion("adult").phrase("YEAR"), "xxxx", "hd"])

    # --- legitimate hosts ---

    def host(self, text: str) -> str:
        """Return a passage of a legitimate document, some converted as cloners convert it."""
        text = text.strip("\n")
        lines = text.split("\n")
        if len(text) > _MAX_HOST or self.chance(0.25):
            first = self.rng.randrange(len(lines)) if self.chance(0.5) else 0
            wanted, size, last = self.rng.choice([150, 400, 800, _MAX_HOST]), 0, first
            while last < len(lines) and size < wanted:
                size += len(lines[last])
                last += 1
            text = "\n".join(lines[first:last]).strip("\n")[: 2 * _MAX_HOST]
        shares = self.layouts["host"]
        if self.chance(shares["to_traditional"]):
            text = "".join(self.traditional.get(c, c) for c in text)
            if self.chance(shares["glosses"]):
                share = self.rng.choice([0.2, 0.5, 1])
                text = self._each(
                    text, share, lambda c: f"{c}({self.pinyin[c]})" if c in self.pinyin else c
                )
            if self.chance(shares["mojibake"]):
                text = self._each(
                    text, 0.004, lambda _: self.rng.choice(["?", "\ue5e5", "仡", "\ufffd"])
                )
        return text

    def look_alike(self) -> str:
        """Return a small legitimate text that looks like spam: written, or from a grammar."""
        if self.lines and self.chance(self.layouts["written"]["look_alikes"]):
            text = self.rng.choice(self.lines)
        else:
            expansion = Expansion(self.legit, self.vocabulary.draw, self.rng)
            start = self.rng.choice([name for name in self.legit.rules if name.startswith("P_")])
            text = expansion.phrase(start).replace(LINE_END, "\n")
        if self.chance(self.layouts["host"]["to_traditional"]):
            text = "".join(self.traditional.get(c, c) for c in text)
        return text

    def legit_list(self, items: Sequence[str]) -> str:
        """Return legitimate ``items`` in the shape of a block: a negative."""
        separator = self.rng.choice(_LIST_SEPARATORS)
        count = int(self.pick("counts"))
        start = self.rng.randrange(max(1, len(items) - count))
        chosen = (
            list(items[start : start + count])
            if self.chance(0.6)
            else self.rng.sample(list(items), min(count, len(items)))
        )
        text = separator.join(chosen)
        noise = self.pick("noise") if self.chance(0.15) else "none"
        if noise in ("zero_width", "full_width", "spaced", "digits", "entities", "traditional"):
            text = self.disguise(text, noise, separator)
        return text

    def tags(self) -> str:
        """Return empty nested elements that share one random id."""
        name = "".join(self.rng.choices("abcdefghkmnpqrstuvwxyz0123456789", k=5))
        tags = self.rng.sample(_TAGS, self.rng.randint(1, 3))
        opened = "".join(f'<{tag} id="{name}">' for tag in tags)
        return opened + "".join(f"</{tag}>" for tag in reversed(tags))

    # --- pages ---

    def page(self, host: str, block: Block | None = None, place: str = "") -> Page:
        """Return ``host`` with a block set into it, at a drawn place, and the block's spans."""
        block = block or self.block()
        place = place or self.pick("places")
        if place.startswith("title") and self.chance(0.5):
            head = self.phrases(block.category, self.rng.choice([1, 1, 2]), "HEAD")
            block = block._replace(text="_".join(head), form="headline", noise="none")
        if place == "sentence":
            block = self._within_sentence(block)
        lines = host.split("\n")
        if self.chance(_TITLED if place.startswith("title") else _TITLED_ELSEWHERE):
            lines = self._titled(lines)
        parts = getattr(self, f"_place_{place}")(lines, block)
        text, spans = "", []
        for part, injected in parts:
            if injected and part:
                spans.append(Span(len(text), len(text) + len(part)))
            text += part
        facts = {
            "layout": place,
            "form": block.form,
            "separator": block.separator,
            "noise": block.noise,
        }
        return Page("", text, spans, [block.category], facts)

    def _within_sentence(self, block: Block) -> Block:
        """Return a few phrases of the category of ``block`` that stand within a sentence."""
        count = self.rng.choice([1, 1, 1, 1, 2, 3])
        phrases = self.phrases(block.category, count, self.rng.choice(["SENTW", "SENTW", "P"]))
        joined = self.rng.choice(["", " ", "，", block.separator]).join(phrases[:3])
        text = self.disguise(joined, block.noise, block.separator)
        before, after = self.rng.choice(_BESIDE), self.rng.choice(_BESIDE)
        return block._replace(text=before + text + after, form="sentence")

    def page_alone(self) -> Page:
        """Return a page that is nothing but a block."""
        weights = self.layouts["categories"]
        category = self.rng.choices(_OF_NO_PAGE, [weights[name] for name in _OF_NO_PAGE])[0]
        block = self.block(category, self.rng.choice(["line", "line", "line", "list", "twice"]))
        return Page("", block.text, [Span(0, len(block.text))], [category], {})

    def tiny(self, host: str) -> str:
        """Return a title made of words of ``host``, or its first line where that is one."""
        return self._titled(host.split("\n"))[0][: 2 * _LONGEST_TITLE]

    def _gap(self) -> str:
        return self.rng.choice(["\n\n", "\n\n", "\n", "\n\n\n"])

    def _place_head(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        lead = self.rng.choice([""] * 12 + ["    ", "\n", "• ", "\u3000\u3000"])
        before, text = lead, block.text
        if self.chance(_BROKEN):
            joint = self.rng.choice([" ", "\n"])
            before = self.rng.choice(_ERRORS) + joint.strip(" ")
            text = joint.strip("\n") + text
        if self.chance(self.layouts["host"]["tags"]):
            text = self.tags() + text
        elif self.chance(self.layouts["host"]["tags"]):
            text += self._gap() + "\n".join(self.tags() for _ in range(self.rng.randint(1, 3)))
        return [(before, False), (text, True), (self._gap() + "\n".join(lines), False)]

    def _place_second_line(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        return [
            (lines[0] + self._gap(), False),
            (block.text, True),
            (self._gap() + "\n".join(lines[1:]), False),
        ]

    def _place_tail(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        end = self.rng.choice(["", "", "\n"])
        return [("\n".join(lines) + self._gap(), False), (block.text, True), (end, False)]

    def _place_between(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        at = self.rng.randint(1, max(1, len(lines) - 1))
        return [
            ("\n".join(lines[:at]) + self._gap(), False),
            (block.text, True),
            (self._gap() + "\n".join(lines[at:]), False),
        ]

    def _joint(self, block: Block) -> str:
        own = block.separator if block.separator.strip() else " "
        return self.rng.choice([own, " ", "_", "-", "", " - ", "|", own])

    def _place_title_before(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        text = block.text.replace("\n", " ")
        return [(text + self._joint(block), True), ("\n".join(lines), False)]

    def _place_title_after(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        text = self._joint(block) + block.text.replace("\n", " ")
        rest = "\n".join(["", *lines[1:]])
        return [(lines[0], False), (text, True), (rest, False)]

    def _titled(self, lines: list[str]) -> list[str]:
        """Return ``lines`` under a title made of words of theirs, where the first is none."""
        if len(lines[0]) <= _LONGEST_TITLE:
            return lines
        clauses = _CLAUSE_ENDS.split("".join(lines)[:600])
        titles = [clause for clause in clauses if 5 <= len(clause) <= _LONGEST_TITLE]
        if not titles:
            return lines
        title = self.rng.choice(titles)
        if self.chance(0.4):  # titles say it in fewer words than the text
            at = self.rng.randrange(len(title) - 2)
            title = title[:at] + title[at + self.rng.choice([1, 2]) :]
        title += self.rng.choice(["", "", "", "", "（图）", "的通知", "怎么办", "？", "！"])
        return [title, *self.rng.choice([[], [""]]), *lines]

    def _place_title_around(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        """Two blocks of the same kind, one on each side of the title."""
        other = self.phrases(block.category, self.rng.choice([1, 1, 2, 3]))
        before = block.text.replace("\n", " ") + self._joint(block)
        after = self._joint(block) + block.separator.join(other)
        rest = "\n".join(["", *lines[1:]])
        return [(before, True), (lines[0], False), (after, True), (rest, False)]

    def _longest(self, lines: list[str]) -> int:
        if self.chance(0.25):  # dates, bread crumbs, headings
            some = [i for i, line in enumerate(lines) if line.strip()]
            return self.rng.choice(some or [0])
        long = [i for i, line in enumerate(lines) if len(line) > 20]
        return self.rng.choice(long) if long else self.rng.randrange(len(lines))

    def _place_glued_end(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        at = self._longest(lines)
        joint = self.rng.choice(["", "", " ", block.separator])
        return [
            ("\n".join(lines[: at + 1]), False),
            (joint + block.text.replace("\n", " "), True),
            ("\n".join(["", *lines[at + 1 :]]), False),
        ]

    def _place_glued_start(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        at = self._longest(lines)
        joint = self.rng.choice(["", "", " ", block.separator])
        before = "\n".join(lines[:at]) + ("\n" if at else "")
        return [
            (before, False),
            (block.text.replace("\n", " ") + joint, True),
            ("\n".join(lines[at:]), False),
        ]

    def _place_sentence(self, lines: list[str], block: Block) -> list[tuple[str, bool]]:
        at = self._longest(lines)
        line = lines[at]
        marks = [i + 1 for i, c in enumerate(line[:-1]) if c in "，。；、！？"]
        where = (
            self.rng.choice(marks)
            if marks and self.chance(0.6)
            else self.rng.randint(min(4, len(line)), len(line))
        )
        before = "\n".join([*lines[:at], line[:where]])
        return [
            (before, False),
            (block.text, True),
            ("\n".join([line[where:], *lines[at + 1 :]]), False),
        ]

    def with_legit(self, host: str, text: str) -> str:
        """Return ``host`` with another legitimate text at a place where blocks stand."""
        block = Block(text, "", "list", " ", "none")
        lines = host.split("\n")
        place = self.rng.choice(["head", "head", "tail", "between", "title_after", "second_line"])
        parts: list[tuple[str, bool]] = getattr(self, f"_place_{place}")(lines, block)
        return "".join(part for part, _ in parts)


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[:2] for line in lines[1:] if line]


def add_block(synthesis: Synthesis, page: Page) -> Page:
    """Return ``page`` with a second block at its other end."""
    block = synthesis.block()
    if page.spans and page.spans[0].start < len(page.text) // 2:
        start = len(page.text) + 2
        text = f"{page.text}\n\n{block.text}"
        spans = [*page.spans, Span(start, len(text))]
        categories = [*page.categories, block.category]
    else:
        text = f"{block.text}\n\n{page.text}"
        moved = len(block.text) + 2
        spans = [Span(0, len(block.text))]
        spans += [Span(start + moved, end + moved) for start, end in page.spans]
        categories = [block.category, *page.categories]
    return page._replace(text=text, spans=spans, categories=categories)
