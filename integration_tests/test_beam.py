"""Apache Beam, by the recipe of its page in the docs: two worker processes."""

import json

from integration_tests.conformance import expected, expected_counts, records, rows
from integration_tests.recipes import run


def lines(paths):
    return [
        json.loads(line)
        for path in sorted(paths)
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]


def test_the_recipe(tmp_path):
    given = "".join(json.dumps(row) + "\n" for row in rows())
    (tmp_path / "pages.jsonl").write_text(given, encoding="utf-8")
    printed = run("beam", 0, tmp_path)
    assert sorted(lines(tmp_path.glob("cleaned-*")), key=str) == sorted(expected(), key=str)
    assert sorted(lines(tmp_path.glob("cut-*")), key=str) == sorted(
        ({"id": row["id"], "cut": records(row["text"])} for row in rows() if records(row["text"])),
        key=str,
    )
    counts = dict(line.split() for line in printed.splitlines())
    assert {name: int(count) for name, count in counts.items()} == expected_counts()
