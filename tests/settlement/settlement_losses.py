"""Small market data for tests of losses: factors and multipliers written as files, and loaded as a user would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfhour.calendar import settlement_periods
from halfhour.market_data.loading import load_files

if TYPE_CHECKING:
    from conftest import PortfolioFolder
    from halfhour.settlement.run import Run

DAY = date(2024, 1, 15)
BOUNDARY, EXPORT, THIRD, FOURTH = "1200000000011", "1200000000020", "1200000000030", "1200000000049"
"""MSIDs of London, short code 12."""

Factors = Mapping[tuple[str, date], "str | Sequence[str]"]
"""By class and day: one factor for every Settlement Period, or one for each."""


def one_site(*, llfc: str = "791", export_llfc: str | None = "797", settings: str = "", **more: str) -> dict[str, str]:
    """The files of a portfolio of one site in London with an import and an export MSID in one BM Unit."""
    classes = "".join(
        f'{name} = "{value}"\n' for name, value in (("import_llfc", llfc), ("export_llfc", export_llfc)) if value
    )
    return {
        "works.toml": f"""
[site]
id = "works"
gsp_group = "_C"
voltage = "HV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "{BOUNDARY}"
export = "{EXPORT}"
bm_unit = "2__CALFA001"
{classes}
""",
        "portfolio.toml": f"[settlement]\n{settings}\n",
        **more,
    }


def days_from(start: date, count: int) -> list[date]:
    return [start + timedelta(days=number) for number in range(count)]


def load_factors(store: Path, factors: Factors, *, distributor: str = "LOND", name: str = "llf.csv") -> Path:
    """Line loss factors into a store, from a table of days."""
    lines = [",".join(["llfc", "description", "settlement_date", "n_periods", *(f"llf_sp{n}" for n in range(1, 51))])]
    for (llfc, day), given in factors.items():
        periods = settlement_periods(day)
        cells = [given] * periods if isinstance(given, str) else list(given)
        lines.append(",".join([llfc, "", str(day), str(periods), *cells, *[""] * (50 - len(cells))]))
    return _load(store, name, lines, distributor=distributor)


def load_multipliers(
    store: Path,
    days: Iterable[date],
    offtaking: str,
    delivering: str,
    *,
    run: str = "SF",
    gsp_group: str = "",
    periods: range | None = None,
    name: str = "tlm.csv",
) -> Path:
    """Transmission loss multipliers into a store, the same for every half hour of the days."""
    lines = ["settlement_date,settlement_period,run,gsp_group,tlm_offtaking,tlm_delivering"]
    for day in days:
        for period in periods or range(1, settlement_periods(day) + 1):
            lines.append(f"{day},{period},{run},{gsp_group},{offtaking},{delivering}")
    return _load(store, name, lines)


def _load(store: Path, name: str, lines: list[str], **how: Any) -> Path:
    file = store.parent / "files" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    (loaded,) = load_files([file], store=store, **how)
    assert loaded.state == "loaded", loaded.findings
    return store


def write_files(folder: PortfolioFolder, files: Mapping[str, str]) -> PortfolioFolder:
    for name, text in files.items():
        folder.write(name, text)
    return folder


def volumes(run: Run, msid: str, *, period: int = 1) -> tuple[int | None, int | None, int | None]:
    """Settled volume of an MSID in a half hour of the first day at MSP, GSP and NBP."""
    rows = run.settled_volumes.filter(msid=msid, settlement_period=period).sort("settlement_date")
    return rows.select("settled_wh", "gsp_wh", "nbp_wh").row(0)


def of_unit(run: Run, quantity: str, *, period: int = 1, unit: str = "2__CALFA001") -> tuple[Any, ...]:
    """Volumes of a BM Unit in a half hour of the first day at MSP, GSP and NBP, and their quality."""
    rows = run.bm_unit_volumes.filter(bm_unit=unit, measurement_quantity=quantity, settlement_period=period)
    return rows.sort("settlement_date").select("msp_wh", "gsp_wh", "nbp_wh", "quality").row(0)


def codes(run: Run, *wanted: str) -> list[str]:
    """The codes of losses among a run's exceptions, one for each row."""
    named = wanted or ("ST-120", "ST-121", "ST-122", "ST-123", "ST-124", "ST-125")
    return [code for code in run.exceptions["code"].to_list() if code in named]
