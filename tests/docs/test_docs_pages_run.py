"""What the tutorial, the how-to pages and the README tell a reader to type works, and shows what they say it shows."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docs_pages import ROOT, Block, Ran, blocks, commands, free_port, is_shown, run_command, run_line, served

from server_running import sqlite_database  # noqa: F401 - a fixture

RUNNABLE = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*-*.md"))]

PORT = "8000"
"""At which the pages let the server listen."""

_KEPT = re.compile(r"(?P<name>[A-Z]+)=\$\((?P<command>halfhour [^()]*)\)")
"""What a command prints, kept under a name for the lines after it."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A folder in which `halfhour demo` was run, and what it said."""

    folder: Path
    ran: Ran


@dataclass(frozen=True, slots=True)
class Shell:
    """What the commands of a page share: the server's port, servers that run meanwhile, values that were kept."""

    demo: Demo
    port: str
    while_read: contextlib.ExitStack
    monkeypatch: pytest.MonkeyPatch

    def with_port(self, text: str) -> str:
        """The text with a free port in place of the one that the page names."""
        return text.replace(f":{PORT}", f":{self.port}").replace(f"--port {PORT}", f"--port {self.port}")

    def run(self, command: str) -> Ran:
        """Run a command of ours in this process; a server, and a call of it, in processes of their own."""
        if command == "halfhour demo":
            return self.demo.ran
        command = self.with_port(command)
        if command.startswith("halfhour serve") and command.endswith(" &"):
            return self.while_read.enter_context(served(command.removesuffix(" &")))
        if command.startswith("curl "):
            return run_line(command)
        kept = _KEPT.fullmatch(command)
        if kept:
            ran = run_command(kept["command"])
            self.monkeypatch.setenv(kept["name"], ran.lines[0])
            return ran
        assert command.startswith("halfhour "), f"'{command}' is no command of ours"
        return run_command(command)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The example portfolio as every page finds it; made once, since it takes some seconds."""
    folder = tmp_path_factory.mktemp("demo")
    with contextlib.chdir(folder):
        return Demo(folder, run_command("halfhour demo"))


@pytest.mark.usefixtures("sqlite_database")
@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_of_the_page_does_what_the_page_shows(
    page: Path, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(demo.folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed: list[str] | None = None
    with contextlib.ExitStack() as while_read:
        shell = Shell(demo, free_port(), while_read, monkeypatch)
        for block in blocks(page):
            if block.file is not None:
                target = tmp_path / block.file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block.text, encoding="utf-8")
            elif block.language == "console":
                _run_console(block, shell)
            elif block.language == "python":
                with contextlib.redirect_stdout(io.StringIO()) as output:
                    exec(block.text, names)
                printed = output.getvalue().splitlines()
            elif block.language == "text" and printed:
                assert block.text.splitlines() == printed
                printed = None


def _run_console(block: Block, shell: Shell) -> None:
    for shown in commands(block):
        ran = shell.run(shown.command)
        assert ran.exit_code == block.exit_code, f"{shown.command}: {ran.lines}"
        _assert_in_order(shown.command, tuple(shell.with_port(line) for line in shown.lines), ran)


def _assert_in_order(command: str, lines: tuple[str, ...], ran: Ran) -> None:
    left = iter(ran.lines)
    for line in lines:
        assert any(is_shown(line, output) for output in left), (
            f"{command} does not show, in this order: {line}\n" + "\n".join(ran.lines)
        )
