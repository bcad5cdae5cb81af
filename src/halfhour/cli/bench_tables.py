"""What `halfhour bench` prints: a table for each thing that was measured."""

from __future__ import annotations

import statistics
from typing import Any

from halfhour.cli.output import print_line, print_table


def show_sites(found: dict[str, Any], sites: int) -> None:
    """The engine beside its alternatives, and the command as a whole phase by phase."""
    contestants = found["contestants"]
    engine = contestants["engine"]
    half_hours = found["half_hours"]
    decode = statistics.median(engine["decode_s"])
    base = statistics.median(engine["engine_s"])
    print_line(f"{sites:,} sites, {half_hours:,} site half hours, {5 * half_hours:,} readings; p395-proposed.")
    rows = [
        ("bare decode of the same columns", f"{decode:.3f}", f"{decode / base:.2f}", "1.0", "", ""),
        (
            "halfhour engine, later pass",
            f"{base:.3f}",
            "1.0",
            f"{base / decode:.2f}",
            f"{base / half_hours * 1e9:.1f}",
            f"{engine['peak_mb']:.0f}",
        ),
        ("halfhour engine, first pass", f"{engine['first_s']:.3f}", f"{engine['first_s'] / base:.1f}", "", "", ""),
        (
            "  laying the register out, once",
            f"{engine['prepare_s']:.3f}",
            f"{engine['prepare_s'] / base:.1f}",
            "",
            "",
            "",
        ),
    ]
    for name, one in contestants.items():
        if name == "engine":
            continue
        took = min(one["engine_s"])
        count = one.get("half_hours", half_hours)
        each = took / count
        label = f"Decimal loop ({count:,} half hours)" if name == "decimal" else name
        rows.append(
            (
                label,
                f"{took:.3f}",
                f"{each / (base / half_hours):,.1f}",
                f"{each / (decode / half_hours):,.1f}",
                f"{each * 1e9:,.1f}",
                f"{one['peak_mb']:.0f}",
            )
        )
    print_table(
        "",
        ("", "s", "× engine", "× decode", "ns a half hour", "peak MB"),
        rows,
        numeric=(1, 2, 3, 4, 5),
    )
    for one in found.get("whole", []):
        rate = one["readings"] / one["ingest_s"] / 1e6
        print_table(
            f"The command as a whole, from {one['format']}: {one['readings']:,} readings, "
            f"{one['half_hours']:,} half hours",
            ("phase", "s"),
            [
                ("register read and checked", f"{one['register_s']:.2f}"),
                (f"readings taken in ({rate:.1f} million a second)", f"{one['ingest_s']:.2f}"),
                ("settled, totals written (--detail totals)", f"{one['settle_totals_s']:.2f}"),
                ("settled, meters' volumes too (--detail none)", f"{one['settle_none_s']:.2f}"),
                ("settled, every half hour written (--detail all)", f"{one['settle_all_s']:.2f}"),
            ],
            numeric=(1,),
        )


def show_files(files: list[dict[str, Any]]) -> None:
    """Industry files beside a plain csv loop."""
    ours = next(one for one in files if one["whole"] and one["name"] == "halfhour")
    rows = [
        (
            f"{one['name']}, {one['mpan_days']:,} MPAN-days",
            f"{one['bytes'] / 1e6:,.0f}",
            f"{one['s']:.2f}",
            f"{one['advances'] / one['s'] / 1e6:.2f}",
            f"{one['s'] / one['advances'] / (ours['s'] / ours['advances']):.1f}",
            f"{one['peak_mb']:.0f}",
        )
        for one in files
    ]
    print_table(
        "A D0036 read, checked and written as Parquet (the csv loop checks nothing)",
        ("", "MB", "s", "million advances a second", "× halfhour", "peak MB"),
        rows,
        numeric=(1, 2, 3, 4, 5),
    )


def show_plants(plants: list[dict[str, Any]]) -> None:
    """Embedded benefits beside a plain loop over decimals."""
    ours = plants[0]
    rows = [
        (
            one["name"],
            f"{one['s']:.2f}",
            f"{one['ms_per_plant_year']:.1f}",
            f"{one['ms_per_plant_year'] / ours['ms_per_plant_year']:.1f}",
            f"{one['peak_mb']:.0f}",
        )
        for one in plants
    ]
    print_table(
        f"Embedded benefits of {ours['plants']:,} plants, a year, every route (the loop writes nothing)",
        ("", "s", "ms a plant-year", "× halfhour", "peak MB"),
        rows,
        numeric=(1, 2, 3, 4),
    )


def show_cases(cases: list[dict[str, Any]]) -> None:
    """What is due among open cases beside a bare query of the same index."""
    rows = [
        (
            one["database"],
            f"{one['due']:,}",
            f"{one['queries']}",
            f"{one['due_s']:.3f}",
            f"{one['bare_s']:.3f}",
            f"{one['ratio']:.1f}",
            f"{one['grown_mb']:.0f}",
            f"{one['peak_mb']:.0f}",
        )
        for one in cases
    ]
    print_table(
        f"What is due today among {cases[0]['cases']:,} open cases (the bare query reads the same rows of one index)",
        ("", "due", "queries", "s", "bare query s", "× bare", "MB by asking", "peak MB"),
        rows,
        numeric=(1, 2, 3, 4, 5, 6, 7),
    )
