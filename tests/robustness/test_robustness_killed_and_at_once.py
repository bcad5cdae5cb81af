"""Killed at any moment, or several at once: a run is there whole or not at all, and the next settle makes it right."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from halfhour.cli import main
from halfhour.demo import write_portfolio
from halfhour.errors import HalfhourError
from halfhour.register import load_portfolio
from halfhour.settlement.run import settle

Files = dict[str, bytes]


def contents(folder: Path) -> Files:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def is_whole(run: Path) -> bool:
    """Whether the manifest's hashes are those of exactly the files that are there."""
    found = contents(run)
    listed = json.loads(found.pop("manifest.json"))["files"]
    return {name: entry["sha256"] for name, entry in listed.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in found.items()
    }


@dataclass
class Bench:
    """A portfolio that can be put back as it was, the run it makes undisturbed, and how long that takes."""

    portfolio: Path
    out: Path
    undisturbed: Files
    before: Files
    seconds: float

    def command(self, out: Path | None = None) -> list[str]:
        where = str(out or self.out)
        return [sys.executable, "-m", "halfhour", "settle", str(self.portfolio), "--no-report", "--out", where]

    def start_afresh(self) -> None:
        """No readings taken in, no run."""
        shutil.rmtree(self.portfolio / ".halfhour", ignore_errors=True)
        for path in self.out.parent.iterdir():
            if path != self.portfolio:
                shutil.rmtree(path)

    def start_with_a_run(self) -> None:
        """No readings taken in, and a run of other days at the place."""
        self.start_afresh()
        self.out.mkdir()
        for name, content in self.before.items():
            (self.out / name).write_bytes(content)

    def settle_in_this_process(self, out: Path | None = None) -> None:
        settle(load_portfolio(self.portfolio), out=out or self.out)

    def leftovers(self) -> list[str]:
        return [path.name for path in self.out.parent.iterdir() if path.name.startswith(".")]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    here = tmp_path_factory.mktemp("killed")
    portfolio, out = here / "portfolio", here / "out"
    write_portfolio(portfolio, 15, 1, date(2024, 3, 26), date(2024, 4, 2), "long-csv")
    for number, path in enumerate(sorted((portfolio / "readings").iterdir())):
        os.utime(path, (1_711_900_000 + number, 1_711_900_000 + number))
    made = Bench(portfolio, out, {}, {}, 0.0)
    settle(load_portfolio(portfolio), out=out, start=date(2024, 3, 27), end=date(2024, 3, 28))
    made.before = contents(out)
    made.start_afresh()
    began = time.monotonic()
    subprocess.run(made.command(), check=True, capture_output=True)
    made.seconds = time.monotonic() - began
    made.undisturbed = contents(out)
    assert made.undisturbed != made.before
    yield made
    made.start_afresh()


def check_after_a_kill(bench: Bench, had_a_run: bool) -> None:
    allowed = [bench.undisturbed, bench.before] if had_a_run else [bench.undisturbed]
    if bench.out.exists():
        assert is_whole(bench.out)
        assert contents(bench.out) in allowed
    bench.settle_in_this_process()
    assert contents(bench.out) == bench.undisturbed
    assert bench.leftovers() == []


@pytest.mark.parametrize("number", range(16))
def test_killed_at_any_moment_nothing_half_written_stands_at_the_place_of_the_run(bench, number):
    had_a_run = number % 2 == 1
    if had_a_run:
        bench.start_with_a_run()
    else:
        bench.start_afresh()
    # The first third of the time goes into starting Python, where nothing can be hurt.
    share = 0.3 + 0.75 * (number + random.Random(number).random()) / 16
    process = subprocess.Popen(bench.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        process.wait(bench.seconds * share)
    except subprocess.TimeoutExpired:
        process.kill()
    _, err = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL)
    assert "Traceback" not in err
    check_after_a_kill(bench, had_a_run)


KILLED_AT = """
import os, shutil, signal, sys
from halfhour.cli import main

where, when, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
module, name = (shutil, "rmtree") if where == "rmtree" else (os, where)
real, seen = getattr(module, name), 0

def counted(*arguments, **named):
    global seen
    seen += 1
    if seen == number and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*arguments, **named)
    if seen == number and when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(module, name, counted)
main(sys.argv[4:])
"""

MOMENTS = [
    ("replace", "before", 1),
    ("replace", "after", 1),
    ("rename", "before", 1),
    ("rename", "after", 1),
    ("rename", "before", 2),
    ("rename", "after", 2),
    ("rmtree", "before", 1),
    ("fsync", "before", 1),
    ("fsync", "after", 6),
]


@pytest.mark.parametrize(("where", "when", "number"), MOMENTS, ids=[" ".join(map(str, one)) for one in MOMENTS])
def test_killed_at_the_moments_that_matter_the_next_settle_makes_it_right(bench, where, when, number):
    bench.start_with_a_run()
    arguments = [sys.executable, "-c", KILLED_AT, where, when, str(number), *bench.command()[3:]]
    done = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    check_after_a_kill(bench, had_a_run=True)


def test_a_run_put_aside_by_a_killed_process_comes_back_when_the_next_settle_is_refused(bench, capsys):
    bench.start_with_a_run()
    arguments = [sys.executable, "-c", KILLED_AT, "rename", "after", "1", *bench.command()[3:]]
    subprocess.run(arguments, check=False, capture_output=True)
    assert not bench.out.exists(), "killed between putting the old run aside and putting the new one in place"
    broken = bench.portfolio / "readings" / "gone.csv"
    with pytest.raises(SystemExit) as caught:
        main(["settle", str(bench.portfolio), "--no-report", "--out", str(bench.out), "--known-at", "run-date"])
    assert caught.value.code == 0
    assert is_whole(bench.out)
    assert not broken.exists()


@pytest.mark.parametrize("attempt", range(2))
def test_two_at_once_to_the_same_place_leave_one_whole_run(bench, attempt):
    bench.start_afresh() if attempt == 0 else bench.start_with_a_run()
    both = [
        subprocess.Popen(bench.command(), stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL) for _ in "ab"
    ]
    errors = [process.communicate()[1] for process in both]
    codes = [process.returncode for process in both]
    assert 0 in codes
    assert set(codes) <= {0, 2}
    assert not any("Traceback" in error for error in errors)
    assert contents(bench.out) == bench.undisturbed
    assert is_whole(bench.out)
    assert bench.leftovers() == []


def test_two_at_once_to_different_places_make_the_same_run(bench):
    bench.start_afresh()
    places = [bench.out.with_name("one"), bench.out.with_name("other")]
    both = [
        subprocess.Popen(bench.command(place), stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL)
        for place in places
    ]
    errors = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    assert contents(places[0]) == contents(places[1]) == bench.undisturbed


def test_threads_of_one_process_settling_to_the_same_place_leave_one_whole_run(bench):
    bench.start_afresh()
    with ThreadPoolExecutor(4) as pool:
        outcomes = [pool.submit(bench.settle_in_this_process) for _ in range(6)]
    errors = [outcome.exception() for outcome in outcomes]
    assert None in errors
    assert all(error is None or isinstance(error, HalfhourError) for error in errors), errors
    assert contents(bench.out) == bench.undisturbed
    assert bench.leftovers() == []


def test_a_store_of_an_ingest_that_was_killed_keeps_nothing_of_it(bench):
    bench.start_afresh()
    arguments = [sys.executable, "-c", KILLED_AT, "replace", "before", "1", *bench.command()[3:]]
    assert subprocess.run(arguments, check=False, capture_output=True).returncode == -signal.SIGKILL
    store = bench.portfolio / ".halfhour" / "readings"
    assert any((store / "segments").iterdir()), "it was killed after its segments were written"
    assert not (store / "catalogue.json").exists()
    bench.settle_in_this_process()
    named = json.loads((store / "catalogue.json").read_text(encoding="utf-8"))
    files = {entry[name] for entry in named["segments"] for name in ("file", "series_file")} | set(named["findings"])
    assert {path.name for path in (store / "segments").iterdir()} == files


def run_in_this_process(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    portfolio = tmp_path / "a portfolio, ñ and ☂"
    write_portfolio(portfolio, 2, 1, date(2024, 3, 1), date(2024, 3, 3), "long-csv")
    return portfolio


def test_whatever_is_not_a_run_is_not_replaced(small, tmp_path, capsys, monkeypatch):
    web = tmp_path / "web"
    web.mkdir()
    (web / "manifest.json").write_text('{"name": "My web app", "start_url": "/"}', encoding="utf-8")
    (web / "index.html").write_text("precious", encoding="utf-8")
    (tmp_path / "file").write_text("precious", encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("precious", encoding="utf-8")
    odd = tmp_path / "missing" / ".." / "file"
    for out in (
        web,
        tmp_path / "file",
        tmp_path / "data",
        small,
        tmp_path,
        odd,
        tmp_path / "file" / "below",
        "/dev/null",
    ):
        assert run_in_this_process("settle", small, "--no-report", "--out", out) == 2
        assert "ST-003" in capsys.readouterr().err
    assert (web / "index.html").read_text(encoding="utf-8") == "precious"
    assert (tmp_path / "file").read_text(encoding="utf-8") == "precious"
    assert (tmp_path / "data" / "thesis.txt").read_text(encoding="utf-8") == "precious"
    standing = tmp_path / "standing"
    standing.mkdir()
    monkeypatch.chdir(standing)
    assert run_in_this_process("settle", small, "--no-report", "--out", ".") == 2


def test_a_portfolio_may_lie_in_a_folder_with_brackets_in_its_name(tmp_path):
    portfolio = tmp_path / "readings [2024] of what?"
    write_portfolio(portfolio, 2, 1, date(2024, 3, 1), date(2024, 3, 3), "long-csv")
    assert run_in_this_process("settle", portfolio, "--no-report", "--out", tmp_path / "out") == 0


def test_an_empty_folder_a_link_to_a_run_and_an_odd_name_are_places_for_a_run(small, tmp_path):
    (tmp_path / "empty").mkdir()
    assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / "empty") == 0
    assert is_whole(tmp_path / "empty")
    (tmp_path / "latest").symlink_to("empty")
    assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / "latest") == 0
    assert is_whole(tmp_path / "latest")
    assert is_whole(tmp_path / "empty")
    for name in ("[run] *?", "ü ☂", "-rf", "a" * 200, ".hidden", "x.making-1"):
        for _ in range(2):
            assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / name) == 0
        assert is_whole(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == [".hidden"]


def test_leftovers_of_another_run_with_a_similar_name_are_left_alone(small, tmp_path):
    other = tmp_path / ".run1.replaced-999999999-0"
    other.mkdir()
    (other / "manifest.json").write_text("{}", encoding="utf-8")
    assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / "run*") == 0
    assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / "run?") == 0
    assert other.is_dir()


def test_settling_twice_gives_the_same_bytes_and_takes_the_place_of_the_first(small, tmp_path):
    for _ in range(2):
        assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / "out") == 0
    first = contents(tmp_path / "out")
    shutil.rmtree(small / ".halfhour")
    assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / "out") == 0
    assert contents(tmp_path / "out") == first


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder_is_refused_with_a_code(small, tmp_path, capsys):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    assert run_in_this_process("settle", small, "--no-report", "--out", locked / "out") == 2
    assert "ST-003" in capsys.readouterr().err
    small.chmod(0o500)
    shutil.rmtree(small / ".halfhour", ignore_errors=True)
    assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / "out") == 2
    assert "RD-035" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ENOSPC", "EROFS", "EACCES", "EIO"])
def test_a_disk_that_refuses_while_a_run_is_written_is_said_with_a_code(small, tmp_path, capsys, monkeypatch, name):
    import errno  # noqa: PLC0415

    assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / "out") == 0
    before = contents(tmp_path / "out")
    capsys.readouterr()

    def refuse(*_: object) -> None:
        raise OSError(getattr(errno, name), os.strerror(getattr(errno, name)))

    monkeypatch.setattr("halfhour.settlement.run_writing.write_exceptions", refuse)
    assert run_in_this_process("settle", small, "--no-report", "--out", tmp_path / "out") == 2
    assert "ST-003" in capsys.readouterr().err
    assert contents(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
