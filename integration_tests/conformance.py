"""The rows that every adapter is given, and what has to come of them: what `explain` says.

Nothing here knows an adapter: the truth is that of `contentfilter.explain`.
"""

from functools import cache
from typing import Any

from contentfilter import Block, Cleaner, Explanation
from contentfilter import explain as _explain

SPAM = "国产精品久久_亚洲综合一区二区_日韩无码在线_免费视频观看"
BETS = "云泽湾娱乐城官网,真人百家乐开户,澳门线上投注平台,云泽湾体育app下载,注册送彩金"
TITLE = "河道治理工程通过验收"
BODY = "昨日上午，市水利局组织专家对河道治理工程进行了验收，各项指标均符合设计要求。"
EMOJI = f"{SPAM}\r\n\r\n河道治理工程🚧通过验收👍🏽\r\n\r\n{BODY}👨‍👩‍👧\r\n"
GLOSSED = (
    "欧美性视频丨国产丝袜在线精品丨亚洲综合在线一区丨午夜视频免费观看丨"
    "久久久久亚洲精品成人网丨青青草视频在线\n\n公司新聞\n\n"
    "本廠生產的臥式離心泵(bèng)已通過(guò)驗收，機(jī)組運(yùn)行平穩(wěn)，"
    "噪聲低於(yú)標準。用戶單位對(duì)安裝調試表示滿意。"
)
_MEGABYTE = 1_000_000  # bytes of UTF-8


@cache
def long_page() -> str:
    """Return a page of a megabyte: a block, an article, and another block at its end."""
    lines = [f"{SPAM}\n\n{TITLE}\n"]
    size = 0
    while size < _MEGABYTE:
        lines.append(f"第{len(lines)}段。{BODY}")
        size += len(lines[-1].encode()) + 1
    return "\n".join([*lines, "", BETS])


TEXTS: dict[str, str | None] = {
    "dirty": f"{SPAM}\n\n{TITLE}\n\n{BODY}\n{BODY}",
    "clean": f"{TITLE}\n\n{BODY}\n{BODY}",
    "empty": "",
    "null": None,
    "emoji": EMOJI,
    "glossed": GLOSSED,
    "long": long_page(),
    "all of it": SPAM,
    "two blocks": f"{BETS}\n\n{TITLE}\n\n{BODY}\n\n{SPAM}",
    "no Chinese": "\ufeffA plain page.\tIt says <b>nothing</b> &amp; stays.\u2028\x0b\r",
}

# For hosts whose rows have no types. Each passes through as the very value it was.
NOT_TEXT: dict[str, Any] = {
    "bytes": b"\xff\xfe",
    "int": 3,
    "float": 2.5,
    "bool": True,
    "list": ["text"],
    "dict": {"text": SPAM},
}

# What every adapter has to hand on to its cleaner; without any of them rows come out differently.
OPTIONS: dict[str, Any] = {
    "categories": ["gambling"],
    "allow": ["澳门线上投注平台"],
    "deny": [TITLE, "no such term"],
}

# Large enough that a detour over floating point would show.
NUMBERS = [2**53 + 1 + n if n % 3 else None for n in range(len(TEXTS))]


@cache
def explain(text: str) -> Explanation:
    """Return the truth; each is asked for once."""
    return _explain(text)


def rows(not_text: bool = False) -> list[dict[str, Any]]:
    """Return the rows: ``id``, ``text``, and two fields that no adapter may touch."""
    texts = TEXTS | NOT_TEXT if not_text else TEXTS
    return [
        {"id": name, "text": text, "url": f"https://{n}.example/", "number": 2**53 + 1 + n}
        for n, (name, text) in enumerate(texts.items())
    ]


def cleaned(value: object) -> Any:
    """Return what has to stand in the place of ``value``."""
    return explain(value).text if isinstance(value, str) else value


def blocks(value: object) -> list[Block]:
    """Return the blocks that have to be recorded for ``value``."""
    return explain(value).blocks if isinstance(value, str) else []


def records(value: object) -> list[dict[str, Any]]:
    """Return the same as plain data."""
    return [block._asdict() | {"reasons": list(block.reasons)} for block in blocks(value)]


def expected(not_text: bool = False) -> list[dict[str, Any]]:
    """Return the rows as they have to come back."""
    return [row | {"text": cleaned(row["text"])} for row in rows(not_text)]


@cache
def by_options(text: str) -> str:
    """Return what a cleaner with `OPTIONS` makes of ``text``."""
    return Cleaner(**OPTIONS).clean(text)


def expected_by_options(not_text: bool = False) -> list[dict[str, Any]]:
    """Return the rows as they have to come back from an adapter with `OPTIONS`."""
    return [
        row | {"text": by_options(row["text"])} if isinstance(row["text"], str) else row
        for row in rows(not_text)
    ]


def expected_counts(not_text: bool = False) -> dict[str, int]:
    """Return the counts that have to stand in the statistics, zeros left out."""
    given = [row["text"] for row in rows(not_text)]
    texts = [text for text in given if isinstance(text, str)]
    found = [explain(text) for text in texts]
    counts = {
        "rows": len(given),
        "rows_changed": sum(bool(one.blocks) for one in found),
        "rows_null": sum(text is None for text in given),
        "rows_not_text": sum(text is not None and not isinstance(text, str) for text in given),
        "blocks_cut": sum(len(one.blocks) for one in found),
        "characters_cut": sum(
            len(text) - len(one.text) for text, one in zip(texts, found, strict=True)
        ),
    }
    return {name: count for name, count in counts.items() if count}
