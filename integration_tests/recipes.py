"""Runs the programs that stand in the docs, so that the docs cannot be wrong."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PAGES = Path(__file__).parents[1] / "docs" / "integrations"
_TIMEOUT = 200  # seconds: a program that hangs is a failure of its page
_PROGRAM = re.compile(r"^```python\n(.*?)^```", flags=re.M | re.S)


def lines(path: Path) -> list[Any]:
    """Return what a file of JSON Lines holds; only a line feed ends a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def run(page: str, number: int, directory: Path) -> str:
    """Run a program of a page in ``directory``, where its files are; return what it printed."""
    programs = _PROGRAM.findall((PAGES / f"{page}.md").read_text(encoding="utf-8"))
    script = directory / "program.py"
    script.write_text(programs[number], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        cwd=directory,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=_TIMEOUT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
