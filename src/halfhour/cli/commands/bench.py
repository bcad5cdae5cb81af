"""`halfhour bench`: the engine beside plain alternatives, as ratios."""

from __future__ import annotations

import json as json_text
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from cyclopts import Parameter

from halfhour.cli.bench_tables import show_cases, show_files, show_plants, show_sites
from halfhour.cli.output import print_json, print_line, say
from halfhour.errors import HalfhourError

ALTERNATIVES = ("polars", "duckdb", "pandas")
NEEDED = {"polars": "polars", "duckdb": "duckdb", "pandas": "pandas"}


def bench(
    *,
    sites: int = 2000,
    passes: int = 5,
    ingest_sites: int = 500,
    mpan_days: int = 10_000,
    plants: int = 50,
    open_cases: int = 2000,
    alternatives: str = ",".join(ALTERNATIVES),
    folder: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Measure the engine beside a bare decode, Polars, DuckDB, pandas and a Decimal loop, on the same readings.

    Example: halfhour bench --sites 10000

    Makes readings of N sites for one month, then settles them under p395-proposed in each way, each in a process of
    its own, and checks that all agree to the watt-hour. Take the ratios, not the seconds.

    Parameters
    ----------
    sites
        Sites of the engine's comparison; each has five series; 0 leaves it out.
    passes
        Timed passes of engine and decode, after one that is not counted.
    ingest_sites
        Sites for the command as a whole, phase by phase; 0 leaves it out.
    mpan_days
        MPAN-days of a D0036 that is read, checked and written as Parquet beside a plain csv loop; 0 leaves it out.
    plants
        Plants whose embedded benefits of a year are compared under every route, beside a plain Decimal loop; 0 leaves
        it out.
    open_cases
        Open cases of a market process among which it is asked what is due today, beside a bare query of the same
        index; 0 leaves it out. On SQLite, and on PostgreSQL where HALFHOUR_DATABASE names one, in a database of its
        own that is dropped again.
    alternatives
        Which of polars, duckdb, pandas; empty leaves them out.
    folder
        Where to make the readings; default: a temporary folder.
    json
        One JSON document on standard output.
    """
    wanted = [name for name in alternatives.split(",") if name]
    for name in wanted:
        if name not in NEEDED:
            raise HalfhourError("ST-006", f"There is no alternative '{name}'.", f"Choose from {', '.join(NEEDED)}.")
        if find_spec(NEEDED[name]) is None:
            raise HalfhourError(
                "CL-005", f"The alternative '{name}' is not installed.", "Install halfhour[bench], or leave it out."
            )
    if open_cases and find_spec("django") is None:
        raise HalfhourError(
            "CL-005",
            "Cases are kept by Django, which is not installed.",
            "Install halfhour[server], or give --open-cases 0.",
        )
    with _folder(folder) as place:
        found: dict[str, Any] = {"agree": True}
        if sites:
            found = _measure(place, sites, passes, wanted, ingest_sites)
        if mpan_days:
            found["files"] = _measure_files(place, mpan_days)
            found["agree"] = found["agree"] and len({one["kwh"] for one in found["files"] if one["whole"]}) == 1
        if plants:
            found["plants"] = _measure_plants(place, plants)
            found["agree"] = found["agree"] and len({str(one["gross"]) for one in found["plants"]}) == 1
        if open_cases:
            found["cases"] = _measure_cases(place, open_cases)
            found["agree"] = found["agree"] and all(one["agree"] for one in found["cases"])
    if json:
        print_json(found)
    else:
        if sites:
            show_sites(found, sites)
        if mpan_days:
            show_files(found["files"])
        if plants:
            show_plants(found["plants"])
        if open_cases:
            show_cases(found["cases"])
        print_line("All agree to the watt-hour." if found["agree"] else "THEY DO NOT AGREE.")
    return 0 if found["agree"] else 1


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with TemporaryDirectory(prefix="halfhour-bench-") as made:
        yield Path(made)


def _measure(place: Path, sites: int, passes: int, wanted: list[str], ingest_sites: int) -> dict[str, Any]:
    from halfhour.benchmark import data  # noqa: PLC0415
    from halfhour.benchmark.measure import LONG, STORE  # noqa: PLC0415
    from halfhour.benchmark.phases import whole_command  # noqa: PLC0415

    if not (place / STORE).is_dir():
        say(f"Making readings of {sites:,} sites …")
        data.write_store(place / STORE, sites)
    if wanted and not (place / LONG).is_file():
        data.write_long(place / LONG, sites)
    found: dict[str, Any] = {"sites": sites, "half_hours": sites * data.DAYS * data.PERIODS, "contestants": {}}
    for name in ("engine", *wanted, "decimal"):
        say(f"Measuring {name} …")
        found["contestants"][name] = _contestant(name, place, sites, passes if name == "engine" else 2)
    found["agree"] = (
        len({one["digest"] for one in found["contestants"].values() if "digest" in one}) == 1
        and found["contestants"]["decimal"]["agrees"]
    )
    if ingest_sites:
        say(f"The whole command, {ingest_sites:,} sites …")
        found["whole"] = [
            whole_command(place / f"portfolio-{form}", ingest_sites, form) for form in ("long-csv", "long-parquet")
        ]
    return found


def _measure_files(place: Path, mpan_days: int) -> list[dict[str, Any]]:
    from halfhour.benchmark import files  # noqa: PLC0415

    found = []
    for size in files.pieces(mpan_days):
        file = place / f"D0036-{size}.txt"
        say(f"Writing a D0036 of {size:,} MPAN-days …")
        files.write_advances(file, size)
        for name in files.CONTESTANTS if size == mpan_days else files.CONTESTANTS[:1]:
            say(f"Measuring {name} …")
            one = _process(name, "halfhour.benchmark.files", name, str(file), str(place))
            found.append(
                one | {"name": name, "mpan_days": size, "bytes": file.stat().st_size, "whole": size == mpan_days}
            )
    return found


def _measure_plants(place: Path, plants: int) -> list[dict[str, Any]]:
    from halfhour.benchmark import benefits  # noqa: PLC0415

    module, folder = "halfhour.benchmark.benefits", place / f"plants-{plants}"
    say(f"Writing a year of {plants:,} plants …")
    _process("write", module, "write", str(plants), str(folder))
    found = []
    for name in benefits.CONTESTANTS:
        say(f"Measuring {name} …")
        found.append(_process(name, module, name, str(plants), str(folder)) | {"name": name})
    return found


def _measure_cases(place: Path, number: int) -> list[dict[str, Any]]:
    from halfhour.server.cases.measuring import database_of_its_own  # noqa: PLC0415 - an extra
    from halfhour.server.project.database import VARIABLE  # noqa: PLC0415

    module, named = "halfhour.server.cases.measuring", os.environ.get(VARIABLE, "").strip()
    file = place / f"cases-{number}.sqlite"
    file.unlink(missing_ok=True)
    found = []
    with ExitStack() as stack:
        databases = {"sqlite": str(file)}
        if named.startswith(("postgresql://", "postgres://")):
            databases["postgresql"] = stack.enter_context(database_of_its_own(named))
        for name, database in databases.items():
            say(f"Writing {number:,} open cases ({name}) …")
            written = _process(name, module, "write", str(number), database)
            say(f"Measuring what is due ({name}) …")
            found.append(written | _process(name, module, "measure", str(number), database))
    return found


def _contestant(name: str, place: Path, sites: int, passes: int) -> dict[str, Any]:
    return _process(name, "halfhour.benchmark.measure", name, str(place), str(sites), str(passes))


def _process(name: str, module: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HalfhourError(
            "CL-006", f"The contestant '{name}' failed: {done.stderr.strip().splitlines()[-1]}", "See the message."
        )
    found: dict[str, Any] = json_text.loads(done.stdout)
    return found
