"""What the tutorial, the how-to pages and the README tell a reader to type works, and shows what they say it shows."""

from __future__ import annotations

import contextlib
import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docs_pages import ROOT, Block, Ran, blocks, commands, run_command, without_padding

RUNNABLE = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*-*.md"))]


@dataclass(frozen=True, slots=True)
class Demo:
    """A folder in which `halfhour demo` was run, and what it said."""

    folder: Path
    ran: Ran


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The example portfolio as every page finds it; made once, since it takes some seconds."""
    folder = tmp_path_factory.mktemp("demo")
    with contextlib.chdir(folder):
        return Demo(folder, run_command("halfhour demo"))


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_of_the_page_does_what_the_page_shows(
    page: Path, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(demo.folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed: list[str] | None = None
    for block in blocks(page):
        if block.file is not None:
            target = tmp_path / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            _run_console(block, demo)
        elif block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(block.text, names)
            printed = output.getvalue().splitlines()
        elif block.language == "text" and printed:
            assert block.text.splitlines() == printed
            printed = None


def _run_console(block: Block, demo: Demo) -> None:
    for shown in commands(block):
        assert shown.command.startswith("halfhour "), f"'{shown.command}' is no command of ours"
        ran = demo.ran if shown.command == "halfhour demo" else run_command(shown.command)
        assert ran.exit_code == block.exit_code, f"{shown.command}: {ran.lines}"
        _assert_in_order(shown.command, shown.lines, ran)


def _assert_in_order(command: str, lines: tuple[str, ...], ran: Ran) -> None:
    left = iter([without_padding(line) for line in ran.lines])
    for line in lines:
        assert without_padding(line) in left, f"{command} does not show, in this order: {line}\n" + "\n".join(ran.lines)
