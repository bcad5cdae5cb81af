"""A small portfolio for the NETA reports: every kind of declaration, gaps, estimates, both clock changes, losses."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from halfhour.calendar import settlement_periods
from halfhour.formats.flows.layouts import find_layout
from halfhour.formats.flows.records import Record, new_flow, write_flow
from halfhour.market_data.loading import load_files
from halfhour.reports.neta_files import NetaHeader

if TYPE_CHECKING:
    from conftest import Days, PortfolioFolder

SPRING = (date(2024, 3, 30), date(2024, 3, 31))
AUTUMN = (date(2024, 10, 26), date(2024, 10, 27))
"""An ordinary day and the clock change after it."""

WORKS = "2000000000015"
STORE = "2000000000024"
STORE_EXPORT = "2000000000033"
NETWORK = "1012345678903"
PLAIN = "2000000000051"
SECOND = "2000000000060"
BATTERY, BATTERY_EXPORT = "7700000000010", "7700000000020"
"""Works has an EMR AMSID Declaration, with two Import MSIDs; Store an EMR MSID Declaration; Network an NFD Declaration
only; Plain none."""

MISSING_AT_STORE = (SPRING[0], 5)
MISSING_ASSET = (SPRING[0], 7)
MISSING_AT_WORKS = (SPRING[1], 9)
SILENT_DAY_AT_PLAIN = SPRING[1]
ZERO_AT_STORE = (SPRING[0], 6)
ESTIMATED_AT_STORE = (SPRING[0], 8)

HEADER = NetaHeader("SV", "HALFHOUR", "SU", "", 41, datetime(2024, 5, 1, 9, 30, tzinfo=UTC))

SITES = (
    """
[site]
id = "works"
gsp_group = "_H"
voltage = "HV"
[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000000015"
import_llfc = "101"
measurement_class = "C"
bm_unit = "2__HALFA001"
supplier = "ALFA"
[[metering]]
name = "Meter 2"
at = "boundary"
import = "2000000000060"
import_llfc = "S01"
measurement_class = "E"
bm_unit = "2__HALFA000"
supplier = "ALFA"
[[metering]]
name = "Battery"
at = "storage"
licensed = true
import = "7700000000010"
export = "7700000000020"
[[declaration]]
kind = "emr-amsid"
metering = ["Meter 1", "Meter 2", "Battery"]
by = "ALFA"
from = 2024-01-01
""",
    """
[site]
id = "store"
gsp_group = "_H"
voltage = "HV"
[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000000024"
export = "2000000000033"
import_llfc = "101"
bm_unit = "2__HALFA001"
supplier = "ALFA"
[[declaration]]
kind = "emr-msid"
metering = ["Meter 1"]
by = "ALFA"
from = 2024-01-01
""",
    """
[site]
id = "network"
gsp_group = "_A"
voltage = "LV"
[[metering]]
name = "Meter 1"
at = "boundary"
import = "1012345678903"
measurement_class = "G"
bm_unit = "2__ABETA000"
supplier = "BETA"
[[declaration]]
kind = "nfd"
metering = ["Meter 1"]
by = "BETA"
from = 2024-01-01
""",
    """
[site]
id = "plain"
gsp_group = "_H"
voltage = "LV"
[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000000051"
import_llfc = "101"
bm_unit = "2__HBETA000"
supplier = "BETA"
""",
)


def write_portfolio(folder: PortfolioFolder, *, losses: bool = True) -> PortfolioFolder:
    """Its register, readings of four days and of the seven days before each pair, and its store of market data."""
    for text in SITES:
        site_id = text.split('"')[1]
        folder.write(f"{site_id}.toml", text)
    folder.write("portfolio.toml", '[settlement]\ndefault_ncsp = "0.6"\ntrading_unit = "offtaking"\n')
    folder.readings(_readings())
    if losses:
        _load_market_data(folder.path)
    return folder


def _readings() -> Days:
    r = random.Random(395)
    days: dict[tuple[str, str, date], list[int | tuple[int, str] | None]] = {}
    for day in (*SPRING, *AUTUMN):
        periods = range(1, settlement_periods(day) + 1)

        def wh(most: int, day: date = day, periods: range = periods) -> list[int | tuple[int, str] | None]:
            return [r.randint(0, most) for _ in periods]

        days[WORKS, "AI", day] = wh(900_000)
        days[SECOND, "AI", day] = wh(90_000)
        days[BATTERY, "AI", day] = wh(500_000)
        days[BATTERY_EXPORT, "AE", day] = wh(300_000)
        days[STORE, "AI", day] = wh(5_000_000)
        days[STORE_EXPORT, "AE", day] = wh(4_000_000)
        days[NETWORK, "AI", day] = wh(70_000)
        days[PLAIN, "AI", day] = wh(50_000)
    for msid, quantity, (day, period) in (
        (STORE, "AI", MISSING_AT_STORE),
        (BATTERY, "AI", MISSING_ASSET),
        (WORKS, "AI", MISSING_AT_WORKS),
    ):
        days[msid, quantity, day][period - 1] = None
    days[STORE, "AI", ZERO_AT_STORE[0]][ZERO_AT_STORE[1] - 1] = 0
    days[STORE, "AI", ESTIMATED_AT_STORE[0]][ESTIMATED_AT_STORE[1] - 1] = (123_450, "E")
    del days[PLAIN, "AI", SILENT_DAY_AT_PLAIN]
    return days


def _load_market_data(folder: Path) -> None:
    """Line loss factors of two classes, one of them site-specific, and multipliers that change by half hour."""
    files = folder / "files"
    files.mkdir()
    layout = find_layout("D0265001")
    assert layout is not None
    classes = []
    for llfc, first in (("101", 1050), ("S01", 985)):
        dates = []
        for day in (*SPRING, *AUTUMN):
            factors = [
                Record("SPL", {"settlement_period": str(n), "line_loss_factor": f"{(first + n) / 1000:.3f}"})
                for n in range(1, settlement_periods(day) + 1)
            ]
            dates.append(Record("SDT", {"settlement_date": f"{day:%Y%m%d}"}, groups=factors))
        classes.append(Record("LLF", {"line_loss_factor_class": llfc}, groups=dates))
    flow = new_flow(
        layout,
        {"from_role": "R", "from_mpid": "SOUT", "to_role": "G", "to_mpid": "CAPG", "created": "20240101000000"},
        [Record("DIS", {"distributor_id": "SOUT"}, groups=classes)],
    )
    (files / "factors.ptf").write_bytes(write_flow(flow))
    lines = ["settlement_date,settlement_period,run,gsp_group,tlm_offtaking,tlm_delivering"]
    for day in (*SPRING, *AUTUMN):
        for period in range(1, settlement_periods(day) + 1):
            lines.append(f"{day},{period},SF,_H,1.{90_000 + 31 * period:07},0.9912345")
    (files / "tlm.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    heading = (
        '"Market Participant ID","Market Participant Role Code","Effective From Date (MPR)",'
        '"Line Loss Factor Class ID","Effective From Settlement Date (LLFC)","Line Loss Factor Class Description",'
        '"MS Specific LLF Class Indicator","Effective To Settlement Date (LLFC)"'
    )
    rows = [
        f'"SOUT","R","01/04/1996","{llfc}","01/04/2010","","{kind}",""' for llfc, kind in (("101", "A"), ("S01", "B"))
    ]
    (files / "Line_Loss_Factor_Class_346.csv").write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
    loads = load_files([files], store=folder / "market-data.sqlite")
    assert [load.state for load in loads] == ["loaded"] * 3, [load.findings for load in loads]
