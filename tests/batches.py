"""Inputs of batch runs, and runs as the command line starts them."""

import csv
import gzip
import io
import json
from pathlib import Path

from contentfilter.cli import main
from tests.examples import BETS, BODY, SPAM, TITLE

ARTICLE = f"{TITLE}\n\n{BODY}"
HACKED = f"{SPAM}\n\n{ARTICLE}"


def record(number: int, text: str, **more: object) -> dict[str, object]:
    """Return a crawled record."""
    url = f"https://www{number % 3}.water.example/page/{number}"
    return {"id": number, "url": url, "text": text, "n": 1.50, "list": [1, {"text": "x"}], **more}


def crawl(count: int) -> list[dict[str, object]]:
    """Return records of which every third was hacked, in several ways."""
    texts = [ARTICLE, f"{HACKED}\r\n", ARTICLE, ARTICLE, f"{ARTICLE}\n\n{BETS}\n", "短"]
    return [record(i, texts[i % 6] + f"\n第{i}页。" * (i % 6 != 4)) for i in range(count)]


def jsonl(records, **options) -> str:
    """Return records as JSON Lines."""
    return "".join(json.dumps(value, **options) + "\n" for value in records)


def table(records, delimiter=",") -> str:
    """Return records as a table."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow(["id", "text", "n"])
    writer.writerows([value["id"], value["text"], value["n"]] for value in records)
    return stream.getvalue()


def tree(folder: Path) -> None:
    """Fill a folder with pages in all formats that need no extra, good and bad ones."""
    (folder / "sub" / "deep").mkdir(parents=True)
    records = crawl(60)
    for i, value in enumerate(records[:12]):
        (folder / f"page{i:02}.txt").write_bytes(str(value["text"]).encode())
    (folder / "gbk.txt").write_bytes(HACKED.encode("gbk"))
    (folder / "bad.txt").write_bytes(b"\xff\xfe\xfd" * 3)
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n")
    lines = jsonl(records, ensure_ascii=False)
    broken = '{"id": 1, "text": \n' + '{"text": null}\n\n[1, 2]\n'
    (folder / "pages.jsonl").write_bytes((lines + broken + lines).encode())
    (folder / "gbk.jsonl").write_bytes(lines.encode("gbk") + b'{"text": "\xff\xff"}\n')
    (folder / "table.csv").write_bytes(table(records).encode())
    content = gzip.compress(jsonl(records * 4).encode(), mtime=0)
    (folder / "sub" / "pages.jsonl.gz").write_bytes(content)
    (folder / "sub" / "cut_off.jsonl.gz").write_bytes(content[: len(content) // 2])
    (folder / "sub" / "deep" / "empty.jsonl").write_bytes(b"")


def clean(*arguments: object) -> int:
    """Run the command `clean`."""
    return main(["clean", *map(str, arguments)])


def contents(folder: Path) -> dict[str, bytes]:
    """Return what all files of a tree hold, by name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lines_of(path: Path) -> list[dict]:
    """Return the objects of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]
