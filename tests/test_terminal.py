import json
import os
import subprocess
import sys

import pytest

from contentfilter import explain, terminal
from contentfilter.cleaner import Block
from contentfilter.cli import main
from tests.examples import BODY, SPAM, TITLE

PAGE = f"{SPAM}\n\n{TITLE}\n\n{BODY}\n"
BLOCK = Block(0, 4, 0.99999, "adult", ("久久", "first line of the page"))
NOTE = "[adult 0.9999: 久久, first line of the page]"


def shown(text, blocks=(BLOCK,), *, coloured=False):
    """Return what is shown below the heading."""
    return terminal.shown("page.txt", text, blocks, coloured=coloured).split("\n", 1)[1]


def test_a_block_stands_between_marks_with_its_reasons_beside_it():
    assert shown("甲乙\n\n标题\n") == f"⟦甲乙⟧ {NOTE}\n\n标题\n"


def test_in_colour_a_block_is_red_and_struck_through_line_by_line():
    first, second, rest = shown("甲\n乙\n标题\n", coloured=True).splitlines()
    assert first == "\x1b[31m\x1b[9m甲\x1b[0m"
    assert second == f"\x1b[31m\x1b[9m乙\x1b[0m\x1b[2m {NOTE}\x1b[0m"
    assert rest == "标题"


def test_the_heading_counts():
    text = terminal.shown("page.txt", "甲乙丙丁戊", [BLOCK], coloured=False)
    assert text.startswith("page.txt: 1 block, 4 of 5 characters\n")


def test_a_page_without_blocks_is_only_named():
    assert terminal.shown("page.txt", BODY, [], coloured=False) == "page.txt: nothing to cut\n"


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J",
        "\x1b]0;title\x07",
        "\x9b31m",
        "\x1b]8;;http://a.example\x1b\\",
        "\r",
        "\b",
        "\x00",
    ],
)
def test_nothing_in_a_page_commands_the_terminal(hostile, coloured):
    block = BLOCK._replace(end=4 + len(hostile), category=hostile, reasons=(hostile,))
    text = terminal.shown("p", f"甲{hostile}乙\n丙{hostile}", [block], coloured=coloured)
    ours = ["\x1b[1m", "\x1b[31m", "\x1b[9m", "\x1b[2m", "\x1b[0m", "\n"]
    for piece in ours:
        text = text.replace(piece, "")
    assert text.isprintable()


def test_text_that_turns_the_direction_of_writing_is_shown_as_such():
    assert "\\u202e" in shown("甲乙丙丁\u202e字")


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, True),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),  # as no-color.org has it
    ],
)
def test_colour_is_the_readers_choice(environment, coloured):
    assert terminal.takes_colour(environment) is coloured


# --- the command ---


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "page.txt"
    path.write_text(PAGE, encoding="utf-8")
    return str(path)


def test_in_a_pipe_explain_writes_json(file, capfdbinary):
    assert main(["explain", file]) == 0
    assert json.loads(capfdbinary.readouterr().out)["end"] == explain(PAGE).blocks[0].end


def test_text_can_be_asked_for_in_a_pipe(file, capfdbinary):
    assert main(["explain", "--format", "text", file]) == 0
    out = capfdbinary.readouterr().out.decode()
    assert f"⟦{SPAM}⟧ [adult 0.9" in out
    assert out.endswith(f"{TITLE}\n\n{BODY}\n")
    assert "\x1b" not in out


def on_a_terminal(*arguments, **environment):
    """Return what a command writes to a terminal."""
    pty = pytest.importorskip("pty", reason="needs a POSIX terminal")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "contentfilter", *arguments]
    settings = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    with subprocess.Popen(command, stdout=theirs, env=settings | environment) as process:
        os.close(theirs)
        written = b""
        try:
            while piece := os.read(ours, 65536):
                written += piece
        except OSError:  # how Linux tells that the other side is closed
            pass
        finally:
            os.close(ours)
    assert process.returncode == 0
    return written.decode().replace("\r\n", "\n")


def test_on_a_terminal_explain_shows_the_page_in_colour(file):
    assert f"\x1b[31m\x1b[9m{SPAM}\x1b[0m" in on_a_terminal("explain", file)


def test_no_color_is_heeded(file):
    written = on_a_terminal("explain", file, NO_COLOR="1")
    assert f"⟦{SPAM}⟧" in written
    assert "\x1b" not in written


def test_json_can_be_asked_for_on_a_terminal(file):
    assert json.loads(on_a_terminal("explain", "--format", "json", file))["category"] == "adult"
