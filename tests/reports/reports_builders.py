"""A portfolio of two sites for the tests of reports: ten days across the long day and the start of the methodology.

`works` has licensed generation and storage, one missing and one estimated half hour; `plain-home` has a boundary only,
and a name that is an attack.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from halfhour.calendar import settlement_periods

HOSTILE_NAME = '</script><script>window.hacked = 1</script><img src=x onerror=hacked=1> & "quoted"'
START, END = date(2023, 10, 28), date(2023, 11, 7)
EXAMPLE_DAY, EXAMPLE_PERIOD = date(2023, 11, 6), 25
MISSING = (date(2023, 11, 4), 12)
ESTIMATED = (date(2023, 11, 5), 30)

_WORKS = """
[site]
id = "works"
name = "The Works"
gsp_group = "_H"
voltage = "HV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000001028"
export = "2000000001037"
bm_unit = "2__HALFA001"
supplier = "ALFA"

[[metering]]
name = "Meter 2"
at = "generation"
export = "7700000001079"
licensed = true

[[metering]]
name = "Meter 3"
at = "storage"
import = "7700000001041"
export = "7700000001050"
licensed = true

[[declaration]]
kind = "emr-amsid"
metering = ["Meter 1", "Meter 2", "Meter 3"]
by = "ALFA"
from = 2023-11-02
"""

_HOME = """
[site]
id = "plain-home"
name = {name}
gsp_group = "_H"
voltage = "LV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000000015"
bm_unit = "2__HALFA001"
supplier = "ALFA"
"""


def write_two_sites(folder: Path) -> Path:
    """Write the portfolio; the half hour named EXAMPLE holds the published example of the proposal."""
    (folder / "readings").mkdir(parents=True)
    (folder / "works.toml").write_text(_WORKS, encoding="utf-8")
    quoted = "'''" + HOSTILE_NAME + "'''"
    (folder / "plain-home.toml").write_text(_HOME.format(name=quoted), encoding="utf-8")
    rows = ["msid,measurement_quantity,settlement_date,settlement_period,kwh,status,recorded_at"]
    day = START
    while day < END:
        for period in range(1, settlement_periods(day) + 1):
            for (msid, quantity), kwh in _half_hour(day, period).items():
                if (day, period) == MISSING and msid == "2000000001028":
                    continue
                status = "E" if (day, period) == ESTIMATED else "A"
                rows.append(f"{msid},{quantity},{day},{period},{kwh:.3f},{status},2024-02-05T08:00:00Z")
        day += timedelta(days=1)
    (folder / "readings" / "all.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def _half_hour(day: date, period: int) -> dict[tuple[str, str], float]:
    names = (
        ("2000000001028", "AI"),
        ("2000000001037", "AE"),
        ("7700000001041", "AI"),
        ("7700000001050", "AE"),
        ("7700000001079", "AE"),
        ("2000000000015", "AI"),
    )
    home = 0.2 + 0.013 * period
    if (day, period) == (EXAMPLE_DAY, EXAMPLE_PERIOD):
        return dict(zip(names, (2500, 300, 1300, 200, 1800, home), strict=True))
    wobble = (7 * day.toordinal() + 13 * period) % 11
    if period <= 8:  # the battery fills from the grid
        figures: tuple[float, ...] = (900 + wobble, 0, 500 + wobble, 0, 0, home)
    elif period <= 30:  # the sun serves the works
        figures = (40 + wobble, 5, 0, 0, 300 + wobble, home)
    else:  # the battery gives, partly to the grid
        figures = (10 + wobble, 60, 0, 180 + wobble, 0, home)
    return dict(zip(names, figures, strict=True))
