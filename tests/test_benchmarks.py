import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_speed_benchmark_prints_the_rows_that_are_asked_for():
    command = [sys.executable, "benchmarks/speed", "--documents", "10"]
    command += ["--only", "single", "--only", "regex"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, encoding="utf-8")
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    titles, goals, figures, met = zip(*rows[2:], strict=True)
    assert ["document by document" in titles[0], "regular expression" in titles[1]] == [True] * 2
    assert goals == ("at least Y/2", "ahead")
    assert all("Y/" in figure and "MB/s" in figure for figure in figures)
    assert {answer.strip(" |") for answer in met} <= {"yes", "NO"}
