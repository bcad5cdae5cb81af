"""Fuzzes every reader: valid small files, broken by chance, read under oracles; what fails is made small and kept.

    python tests/fuzz/fuzz_readers.py --seconds 1800 [--reader NAME] [--seed N]

A case that fails is written to `tests/fuzz/seeds/<reader>/`, where the suite replays it (test_fuzz_seeds.py).
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

os.environ["HALFHOUR_MARKET_DATA"] = str(Path(tempfile.gettempdir(), "halfhour-tests", "no-market-data.sqlite"))

from fuzz_corpus import CORPORA, Seed
from fuzz_mutations import mutated
from fuzz_oracles import ORACLES, BeliefError, Chance

SEEDS = Path(__file__).parent / "seeds"
MOST_SECONDS = 5.0
"""Of one case; longer is a hang."""

MOST_MEMORY = 600 << 20
"""By which one case may raise the peak of this process."""

MINIMISING_SECONDS = 20.0


class HangError(BaseException):
    """A case took too long. No reader catches it."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise `HangError` where what is inside takes longer."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise HangError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def failure(reader: str, seed: Seed, folder: Path, chance: Chance, seconds: float = MOST_SECONDS) -> str | None:
    """What fails when a reader reads a file, in a few words that are the same for the same fault; None = nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with bounded(seconds):
            ORACLES[reader](seed.data, seed.name, folder, chance)
    except BeliefError as error:
        return f"not so - {error.belief}"
    except (Exception, HangError, SystemExit) as error:
        return _told(error)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024
    return f"memory grew by {grown >> 20} MB" if grown > MOST_MEMORY else None


def _told(error: BaseException) -> str:
    """An error by its type and the last place of the program that it came through."""
    if isinstance(error, HangError):
        return "hang"
    frames = traceback.extract_tb(error.__traceback__)
    at = [frame for frame in frames if f"{os.sep}halfhour{os.sep}" in frame.filename] or frames
    return f"{type(error).__name__} in {Path(at[-1].filename).stem}.{at[-1].name}"


def minimised(data: bytes, fails: Callable[[bytes], bool], seconds: float) -> bytes:
    """The smallest file found that still fails: lines left out, then bytes, in ever smaller pieces."""
    until = time.monotonic() + seconds
    for separator in (b"\n", b"|", b",", b""):
        parts = data.split(separator) if separator else [data[at : at + 1] for at in range(len(data))]
        size = max(1, len(parts) // 2)
        while time.monotonic() < until:
            at, smaller = 0, False
            while at < len(parts) and time.monotonic() < until:
                tried = parts[:at] + parts[at + size :]
                if tried and fails(separator.join(tried)):
                    parts, smaller = tried, True
                else:
                    at += size
            if size == 1 and not smaller:
                break
            size = max(1, size // 2)
        data = separator.join(parts)
    return data


def kept(reader: str, name: str, data: bytes, what: str) -> Path:
    """The file that a failing case is kept in, under what failed and with the ending (and version) that it had."""
    ending = re.search(r"(_377|_2026-27|_2025-11)?(\.[a-z0-9]+)+$", name)
    short = re.sub(r"[^a-z0-9]+", "-", what.lower()).strip("-")[:60]
    begin = name[:8] + "-" if reader == "layouts" else ""
    path = SEEDS / reader / f"{begin}{short}{ending[0] if ending else ''}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def kept_seeds(reader: str) -> list[Seed]:
    """The files that failed once."""
    folder = SEEDS / reader
    return [Seed(path.name, path.read_bytes()) for path in sorted(folder.iterdir())] if folder.is_dir() else []


def fuzz(readers: list[str], seconds: float, number: int) -> tuple[Counter[str], dict[tuple[str, str], Path]]:
    """Read broken files until the time is over; the cases of each reader, and what was found."""
    rng = random.Random(number)
    corpora = {reader: CORPORA[reader](rng) + kept_seeds(reader) for reader in readers}
    cases: Counter[str] = Counter()
    found: dict[tuple[str, str], Path] = {}
    until = time.monotonic() + seconds
    told = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="halfhour-fuzz-") as temporary:
        folder = Path(temporary, "case")
        while time.monotonic() < until:
            reader = min(readers, key=lambda name: (cases[name], name)) if rng.random() < 0.5 else rng.choice(readers)
            corpus = corpora[reader]
            seed = rng.choice(corpus)
            others = [other.data for other in rng.sample(corpus, min(3, len(corpus)))]
            case = Seed(seed.name, mutated(seed.data, rng, others, text=seed.text))
            choices = rng.randrange(1 << 30)
            cases[reader] += 1
            what = failure(reader, case, folder, random.Random(choices))
            if what == "hang":
                # The machine may only have been busy.
                what = failure(reader, case, folder, random.Random(choices), 4 * MOST_SECONDS)
            if what and (reader, what) not in found:
                print(f"{reader}: {what} ({case.name}, {len(case.data)} bytes); making it small …", flush=True)

                def fails(data: bytes, reader: str = reader, case: Seed = case, what: str = what) -> bool:
                    tried = Seed(case.name, data)
                    return failure(reader, tried, folder, random.Random(choices)) == what  # noqa: B023

                small = minimised(case.data, fails, MINIMISING_SECONDS if what != "hang" else 0)
                found[reader, what] = kept(reader, case.name, small, what)
                print(f"  kept as {found[reader, what].name}, {len(small)} bytes", flush=True)
            if time.monotonic() > told + 60:
                told = time.monotonic()
                print(f"{sum(cases.values()):,} cases, {len(found)} findings", flush=True)
    return cases, found


def main() -> int:
    """Fuzz for as long as asked, and say how many cases there were."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--reader", choices=sorted(CORPORA), action="append")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    start = time.monotonic()
    cases, found = fuzz(given.reader or list(CORPORA), given.seconds, given.seed)
    for reader, count in sorted(cases.items()):
        print(f"{reader}: {count:,} cases")
    print(f"{sum(cases.values()):,} cases in {time.monotonic() - start:,.0f} s, {len(found)} findings")
    for (reader, what), path in found.items():
        print(f"  {reader}: {what}: {path.name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
