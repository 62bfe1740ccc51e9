"""Runs the programs that stand in the docs, so that the docs cannot be wrong."""

import re
import subprocess
import sys
from pathlib import Path

PAGES = Path(__file__).parents[1] / "docs" / "integrations"
_PROGRAM = re.compile(r"^```python\n(.*?)^```", flags=re.M | re.S)


def run(page: str, number: int, directory: Path) -> str:
    """Run a program of a page in ``directory``, where its files are; return what it printed."""
    programs = _PROGRAM.findall((PAGES / f"{page}.md").read_text(encoding="utf-8"))
    script = directory / "program.py"
    script.write_text(programs[number], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script], cwd=directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
