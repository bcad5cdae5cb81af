"""The reference of a run folder: its files and columns, read from runs of a portfolio of one site and one day."""

from __future__ import annotations

import csv
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from generator.markdown import as_code, as_table, page
from halfhour.register import load_portfolio
from halfhour.rules.registry import editions
from halfhour.settlement.run import settle
from halfhour.terms import Term, glossary

RUN_FILES = {
    "manifest.json": "What the run was made of: input files and the files of market data with their SHA-256, the "
    "editions with documents, clauses and parameters, the settings, program versions, counts and the moment of "
    "knowledge.",
    "settled_volumes.parquet": "Every registered meter and direction by half hour, metered, and settled at the three "
    "levels of losses. Absent under `--detail totals`.",
    "site_periods.parquet": "Every quantity of the rule by site and half hour. Absent under `--detail none` and "
    "`--detail totals`; `explain` and `diff` compute it again from the readings. The quantities are those of "
    "the edition.",
    "site_days.parquet": "Each site's day in sums, with how many half hours they rest on.",
    "factors.parquet": "The usage factor or Non-Chargeable Storage Proportion of each site and day on which the "
    "rule used one.",
    "bm_unit_periods.parquet": "Demand of each BM Unit by half hour.",
    "bm_unit_chargeable_demand.csv": "The same in MWh, four decimals. A layout of Halfhour's own: that of the BM Unit "
    "Chargeable Demand Report is not public.",
    "bm_unit_volumes.parquet": "Volumes of each BM Unit by direction and half hour at the three levels of losses: at "
    "the Metering System (MSP), the Grid Supply Point (GSP) and the notional balancing point (NBP). Only where a "
    "settled MSID of the portfolio has a Line Loss Factor Class.",
    "exceptions.csv": "Everything wrong or noteworthy in the data. Nothing is left out of a run without a row here.",
    "report.html": "One page to read, complete in itself. Absent under `--no-report`.",
}


def run_folder() -> str:
    """Every file of a run folder with its columns, read from runs of a portfolio of one site and one day."""
    columns = run_columns()
    shared = set.intersection(*(set(names) for (file, _), names in columns.items() if file == "site_periods.parquet"))
    parts = [
        """
`halfhour settle` writes one folder for each run. It is written beside its final name and renamed when complete, so a
run is there whole or not at all. The same inputs give the same bytes. An empty cell is a value that is missing or does
not apply; it never stands for zero.
"""
    ]
    for file, meaning in RUN_FILES.items():
        parts += [f"## {file}", meaning]
        by_edition = {edition: names for (name, edition), names in columns.items() if name == file}
        if file == "site_periods.parquet":
            every = by_edition["osam-1.0"]
            parts.append(_columns_table([name for name in every if name in shared]))
            for edition, names in by_edition.items():
                own = [name for name in names if name not in shared]
                if own:
                    parts += [f"### Further columns under {edition}", _columns_table(own)]
        elif by_edition:
            parts.append(_columns_table(by_edition["osam-1.0"]))
    return page("The run folder", *parts)


def run_columns() -> dict[tuple[str, str], list[str]]:
    """The columns of every table of a run folder, by file and edition."""
    found: dict[tuple[str, str], list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        write_one_site(Path(folder))
        portfolio = load_portfolio(folder)
        for edition in editions():
            run = settle(portfolio, edition=edition)
            for path in sorted(run.folder.iterdir()):
                if path.suffix == ".parquet":
                    found[path.name, edition] = pq.read_schema(path).names
                elif path.suffix == ".csv":
                    with path.open(encoding="utf-8", newline="") as stream:
                        found[path.name, edition] = next(csv.reader(stream))
    return found


def write_one_site(folder: Path) -> None:
    """A portfolio of one declared site with storage, and its readings for one day."""
    (folder / "site.toml").write_text(
        textwrap.dedent("""\
            [site]
            id = "one"
            gsp_group = "_H"
            voltage = "HV"
            [[metering]]
            name = "Boundary"
            at = "boundary"
            import = "2000000001028"
            export = "2000000001037"
            bm_unit = "2__HALFA001"
            supplier = "ALFA"
            import_llfc = "001"
            export_llfc = "901"
            [[metering]]
            name = "Battery"
            at = "storage"
            licensed = true
            import = "7700000001041"
            export = "7700000001050"
            [[declaration]]
            kind = "emr-amsid"
            metering = ["Boundary", "Battery"]
            by = "ALFA"
            from = 2023-11-02
            """),
        encoding="utf-8",
    )
    rows = [
        f"{msid},{quantity},2024-01-15,{period},{kwh}"
        for msid, quantity, kwh in (
            ("2000000001028", "AI", 10),
            ("2000000001037", "AE", 0),
            ("7700000001041", "AI", 4),
            ("7700000001050", "AE", 1),
        )
        for period in range(1, 49)
    ]
    (folder / "readings").mkdir()
    (folder / "readings" / "readings.csv").write_text(
        "\n".join(["msid,measurement_quantity,settlement_date,settlement_period,kwh", *rows]) + "\n", encoding="utf-8"
    )


def _columns_table(names: Sequence[str]) -> str:
    unknown = Term(column="", name="", unit="", meaning="(not in the glossary)", source="")
    return as_table(
        ("column", "unit", "meaning"),
        ((as_code(name), (term := glossary().get(name, unknown)).unit, term.meaning) for name in names),
    )
