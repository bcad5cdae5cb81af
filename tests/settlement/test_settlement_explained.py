"""The working of a half hour of a run: it says what the run says, for the reason that the run had."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import PortfolioFolder
    from halfhour.settlement.run import Run

New = Callable[[], "PortfolioFolder"]
DAY = date(2024, 1, 15)
BOUNDARY, EXPORT, UNIT, UNIT_EXPORT = "2000000000015", "2000000000024", "2000000000033", "2000000000042"
BATTERY, BATTERY_EXPORT, SOLAR = "7700000000010", "7700000000020", "7700000000039"

SITE = f"""
[site]
id = "park"
gsp_group = "_H"
voltage = "HV"
# more
[[metering]]
name = "Meter 1"
at = "boundary"
import = "{BOUNDARY}"
export = "{EXPORT}"
bm_unit = "2__HABCD001"
"""
SOLAR_AND_BATTERY = f"""
[[metering]]
name = "Solar"
at = "generation"
licensed = true
import = "{SOLAR}"
[[metering]]
name = "Battery"
at = "storage"
licensed = true
import = "{BATTERY}"
export = "{BATTERY_EXPORT}"
"""


def declared(kind: str, *names: str, dates: str = "") -> str:
    named = ", ".join(f'"{name}"' for name in names)
    return f'\n[[declaration]]\nkind = "{kind}"\nmetering = [{named}]\n{dates}\n'


def flat(day: date = DAY, **watt_hours: int) -> dict[Any, Any]:
    """The same reading in all 48 half hours, by name of the series."""
    names = {
        "import_bp": (BOUNDARY, "AI"),
        "export_bp": (EXPORT, "AE"),
        "import_gen": (SOLAR, "AI"),
        "import_stor": (BATTERY, "AI"),
        "export_stor": (BATTERY_EXPORT, "AE"),
        "unit": (UNIT, "AI"),
        "unit_export": (UNIT_EXPORT, "AE"),
    }
    return {(*names[name], day): [wh] * 48 for name, wh in watt_hours.items()}


DIFFERENT = flat(import_bp=1_000, export_bp=10, import_gen=300, import_stor=500, export_stor=0)


def run_of(new_portfolio: New, text: str, readings: dict[Any, Any], edition: str = "in-force") -> Run:
    return new_portfolio().write("park.toml", text).readings(readings).settle(edition)


def assert_same_values(run: Run, day: date = DAY, period: int = 5) -> None:
    """Every figure of the run's row is in the explanation, and with the same value."""
    (row,) = run.site_periods.filter(settlement_date=day, settlement_period=period).to_dicts()
    figures = {name: value for name, value in row.items() if isinstance(value, int) and name != "settlement_period"}
    values = run.explain("park", day, period).values
    assert {name: values.get(name) for name in figures} == figures


@pytest.mark.parametrize("edition", ["default", "interim-difference", "p395-proposed", "osam-1.0"])
def test_explanation_of_a_declared_site_holds_every_figure(new_portfolio: New, edition: str) -> None:
    text = SITE + SOLAR_AND_BATTERY + declared("emr-amsid", "Meter 1", "Solar", "Battery")
    assert_same_values(run_of(new_portfolio, text, DIFFERENT, edition))


@pytest.mark.parametrize("edition", ["p395-proposed", "osam-1.0"])
def test_explanation_of_an_undeclared_site_holds_every_figure(new_portfolio: New, edition: str) -> None:
    assert_same_values(run_of(new_portfolio, SITE + SOLAR_AND_BATTERY, DIFFERENT, edition))


def test_explanation_of_a_site_left_out_whole_holds_every_figure(new_portfolio: New) -> None:
    text = SITE + declared("emr-msid", "Meter 1")
    assert_same_values(run_of(new_portfolio, text, flat(import_bp=1_000, export_bp=0)))


def test_explanation_names_the_edition_that_the_run_names(new_portfolio: New) -> None:
    day = date(2023, 11, 1)
    run = run_of(new_portfolio, SITE + declared("interim", "Meter 1"), flat(day, import_bp=1_000, export_bp=0))
    assert run.site_periods["edition"].unique().to_list() == ["interim-difference"]
    assert run.explain("park", day, 5).edition == "interim-difference"


def network(extra: str = "", unit_export: str = "") -> str:
    third_party = f'\n[[metering]]\nname = "Unit 4"\nat = "third-party"\nimport = "{UNIT}"\nbm_unit = "2__HEFGH001"\n'
    return SITE.replace("# more", f'network = "private"\n{extra}') + third_party + unit_export


def settled_step(run: Run) -> int | None:
    """What the working says is left at the boundary's import after differencing."""
    steps = run.explain("park", DAY, 5).metering_steps
    return next((step.value for step in steps if step.name.startswith("Meter 1 AI, settled")), None)


def test_explanation_of_a_difference_ends_in_what_was_settled(new_portfolio: New) -> None:
    run = run_of(new_portfolio, network(), flat(import_bp=1_000, export_bp=0, unit=300))
    assert settled_step(run) == 700


def test_explanation_of_a_netted_network_ends_in_what_was_settled(new_portfolio: New) -> None:
    text = network('netting = "within-half-hour"\n', f'export = "{UNIT_EXPORT}"\n')
    run = run_of(new_portfolio, text, flat(import_bp=0, export_bp=200, unit=100, unit_export=500))
    (settled,) = run.settled_volumes.filter(msid=BOUNDARY, settlement_period=5)["settled_wh"]
    assert settled == 200  # net of the boundary -200, less net of the unit -400
    assert settled_step(run) == settled


def test_explanation_does_not_take_a_missing_third_party_for_zero(new_portfolio: New) -> None:
    second = f'\n[[metering]]\nname = "Unit 5"\nat = "third-party"\nimport = "{UNIT_EXPORT}"\nbm_unit = "2__HEFGH001"\n'
    run = run_of(new_portfolio, network() + second, flat(import_bp=1_000, export_bp=0, unit=300))
    (settled,) = run.settled_volumes.filter(msid=BOUNDARY, settlement_period=5)["settled_wh"]
    assert settled is None
    assert settled_step(run) is None


def test_explanation_shows_each_record_and_which_one_counted(new_portfolio: New) -> None:
    folder = new_portfolio().write("park.toml", SITE).readings(flat(import_bp=1_000, export_bp=0))
    header = "msid,measurement_quantity,settlement_date,settlement_period,kwh,status,recorded_at\n"
    early, late = (
        f"{BOUNDARY},AI,{DAY},5,{kwh},A,{at}\n" for kwh, at in ((7, "2024-01-20T00:00Z"), (8, "2024-01-21T00:00Z"))
    )
    folder.write("readings/early.csv", header + early).write("readings/late.csv", header + late)
    run = folder.settle()
    (reading,) = [one for one in run.explain("park", DAY, 5).inputs if one.msid == BOUNDARY]
    counted = [record["wh"] for record in reading.records if record["used"]]
    assert len(reading.records) == 3
    assert counted == [reading.metered_wh] == run.site_periods.filter(settlement_period=5)["import_bp_wh"].to_list()
