"""The hand-written pages as their tests see them: blocks of code, what precedes them, links; and a command run."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from halfhour.cli.app import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]

_BLOCK = re.compile(
    r"(?P<notes>(?:^<!-- (?:file|exit): [^\n]* -->\n)*)^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its lines, and what the comments before it ask for."""

    language: str
    text: str
    file: str | None
    exit_code: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A command and the lines that the page shows of its output; `...` among them stands for any."""

    command: str
    lines: tuple[str, ...]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = []
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        notes = dict(re.findall(r"<!-- (file|exit): (.*) -->", match["notes"]))
        found.append(Block(match["language"], match["text"], notes.get("file"), int(notes.get("exit", "0"))))
    return found


def commands(block: Block) -> list[Shown]:
    """The `$` commands of a console block, each with the output shown below it; a backslash carries a command on."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if found and found[-1][0].endswith("\\"):
            found[-1] = (f"{found[-1][0][:-1].rstrip()} {line.strip()}", [])
        elif line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip() and line.strip() != "...":
            found[-1][1].append(line)
    return [Shown(command, tuple(lines)) for command, lines in found]


def without_padding(line: str) -> str:
    """A line of output whatever the width of its columns and the kind of its spaces."""
    return " ".join(line.split())


def is_shown(line: str, output: str) -> bool:
    """Whether a line of a page stands for a line of output; an ellipsis within it stands for anything."""
    pattern = ".*".join(re.escape(part) for part in without_padding(line).split("…"))
    return re.fullmatch(pattern, without_padding(output)) is not None


def links(page: Path) -> list[str]:
    """The links of a page that point inside the project."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [link for link in _LINK.findall(text) if "://" not in link]


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be linked by."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind: exit code, and both outputs line by line."""

    exit_code: int
    lines: list[str]


def run_line(line: str) -> Ran:
    """Run a line of a shell in the present folder."""
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    return Ran(done.returncode, [*done.stdout.splitlines(), *done.stderr.splitlines()])


@contextlib.contextmanager
def served(command: str) -> Iterator[Ran]:
    """`halfhour serve` in a process of its own, for a while, with the lines that it prints when it is ready."""
    arguments = [sys.executable, "-m", *shlex.split(command)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield Ran(0, [server.stdout.readline().rstrip()])
        finally:
            server.terminate()


def free_port() -> str:
    """A port that nothing listens at."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])


def run_command(command: str) -> Ran:
    """Run a `halfhour` command in the present folder, in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        pytest.raises(SystemExit) as left,
    ):
        main(shlex.split(command)[1:])
    code = left.value.code
    assert isinstance(code, int)
    return Ran(code, [*output.getvalue().splitlines(), *errors.getvalue().splitlines()])
