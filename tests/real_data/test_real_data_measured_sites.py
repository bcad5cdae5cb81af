"""Measured half hours of a home, a river hydro plant and a park made of them, settled under every edition.

What the runs give is compared with totals worked out here another way: energy handed from sources to takers in the
order of priority that the handbook names, shares as fractions, no rule of the package.
"""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not (DATA / "readings").is_dir(), reason=f"the shared data are not at {DATA}"),
]


def example() -> ModuleType:
    """`examples/measured_home.py`, which holds the building of the portfolios."""
    found = importlib.util.spec_from_file_location("measured_home", ROOT / "examples" / "measured_home.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["measured_home"] = module
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def home() -> ModuleType:
    return example()


@pytest.fixture(scope="module")
def measured(home) -> list[Any]:
    return list(home.read_home(DATA))


@pytest.fixture(scope="module")
def licensed(home, tmp_path_factory) -> dict[str, Any]:
    folder = home.write_measured_home(tmp_path_factory.mktemp("home") / "licensed", DATA, licensed=True)
    return dict(home.settle_under_every_edition(folder, folder / "runs"))


@pytest.fixture(scope="module")
def exempt(home, tmp_path_factory) -> dict[str, Any]:
    folder = home.write_measured_home(tmp_path_factory.mktemp("home") / "exempt", DATA, licensed=False)
    return dict(home.settle_under_every_edition(folder, folder / "runs"))


@pytest.fixture(scope="module")
def park(home, tmp_path_factory) -> dict[str, Any]:
    folder = home.write_river_park(tmp_path_factory.mktemp("park") / "portfolio", DATA)
    return dict(home.settle_under_every_edition(folder, folder / "runs"))


def totals(run: Any) -> tuple[int, int, int]:
    days = run.site_days
    return tuple(int(days[name].sum()) for name in ("import_bp_wh", "chargeable_wh", "non_chargeable_wh"))


def energy_on_gb_days(measured: Iterable[Any]) -> list[tuple[int, int]]:
    """Consumption and generation of every GB half hour of the year, counted from the measured days alone.

    On 25 March 2012 the clock skips the hour from 01:00; on 30 October 2011 it shows it twice.
    """
    found = []
    for one in measured:
        hour_from_one = one.start.hour == 1
        if one.start.date() == date(2012, 3, 25) and hour_from_one:
            continue
        found.append(one.wh)
        if one.start.date() == date(2011, 10, 30) and hour_from_one:
            found.append(one.wh)
    return found


def test_the_home_is_a_whole_year_of_48_half_hours_a_day(measured):
    assert len(measured) == 366 * 48
    assert [one.start for one in measured] == [
        datetime.fromisoformat("2011-07-01") + timedelta(minutes=30 * number) for number in range(366 * 48)
    ]
    assert sum(one.wh[0] for one in measured) == 11_876_738
    assert sum(one.wh[1] for one in measured) == 2_592_808


def test_on_the_short_day_the_two_skipped_labels_are_dropped_and_the_rest_keep_their_clock_time(home, measured):
    laid = home.by_clock_label(measured, date(2012, 3, 25), date(2012, 3, 26))
    assert [period for _, period, _, _ in laid] == list(range(1, 47))
    assert [one.start.strftime("%H:%M") for _, _, one, _ in laid[:4]] == ["00:00", "00:30", "02:00", "02:30"]
    assert {status for *_, status in laid} == {"A"}


def test_on_the_long_day_the_repeated_hour_is_a_copy_marked_estimated(home, measured):
    laid = home.by_clock_label(measured, date(2011, 10, 30), date(2011, 10, 31))
    assert [period for _, period, _, _ in laid] == list(range(1, 51))
    assert [one.start.strftime("%H:%M") for _, _, one, _ in laid[:8]] == [
        *("00:00", "00:30", "01:00", "01:30", "01:00", "01:30", "02:00", "02:30")
    ]
    assert [period for _, period, _, status in laid if status == "E"] == [5, 6]


@pytest.mark.parametrize("which", ["licensed", "exempt"])
def test_under_every_edition_the_whole_year_of_the_home_is_there_and_adds_up(licensed, exempt, measured, which):
    year = energy_on_gb_days(measured)
    assert len(year) == 366 * 48
    imported = sum(max(0, consumed - generated) for consumed, generated in year)
    for edition, run in {"licensed": licensed, "exempt": exempt}[which].items():
        boundary, chargeable, non_chargeable = totals(run)
        assert boundary == imported, edition
        assert chargeable + non_chargeable == imported
        assert run.site_periods.height == len(year)
        assert int(run.site_days["half_hours_missing"].sum()) == 0
        units = run.bm_unit_periods
        assert int(units["gross_demand_wh"].sum()) == imported


def test_a_home_without_storage_is_chargeable_on_its_import_except_under_the_interim_difference(
    licensed, exempt, measured
):
    year = energy_on_gb_days(measured)
    imported = sum(max(0, consumed - generated) for consumed, generated in year)
    consumed_in_all = sum(consumed for consumed, _ in year)
    assert {edition: totals(run)[1] for edition, run in exempt.items()} == dict.fromkeys(exempt, imported)
    # Differencing makes generation used on site look exported and bought again: scenario 5 of the proposal.
    assert {edition: totals(run)[1] for edition, run in licensed.items()} == {
        **dict.fromkeys(licensed, imported),
        "interim-difference": consumed_in_all,
    }


def test_in_2011_what_is_in_force_is_the_default(licensed):
    assert set(licensed["in-force"].site_periods["edition"]) == {"default"}
    assert (
        licensed["in-force"]
        .bm_unit_periods["chargeable_wh"]
        .equals(licensed["default"].bm_unit_periods["chargeable_wh"])
    )


def test_exactly_the_two_copied_half_hours_are_estimated(licensed):
    for run in licensed.values():
        estimated = run.site_periods.filter(pl.col("quality") == "estimated")
        assert estimated.select("settlement_date", "settlement_period").rows() == [
            (date(2011, 10, 30), 5),
            (date(2011, 10, 30), 6),
        ]


def test_the_home_takes_its_own_sun_first(licensed, measured):
    year = energy_on_gb_days(measured)
    frame = licensed["osam-1.0"].site_periods
    used_on_site = sum(min(consumed, generated) for consumed, generated in year)
    assert frame["gen_to_other_wh"].sum() == used_on_site
    assert frame["gen_to_bp_wh"].sum() == sum(generated for _, generated in year) - used_on_site


def test_the_hydro_plants_repeated_half_hours_are_counted_once(home):
    hydro = home.read_hydro(DATA)
    assert len(hydro) == 16_568
    assert {later.start - earlier.start for earlier, later in itertools.pairwise(hydro)} == {timedelta(minutes=30)}


class HalfHour:
    """A half hour of the park by quantity [Wh]."""

    def __init__(self, day: date, wh: dict[str, int]) -> None:
        self.day = day
        self.imported, self.exported = wh["import"], wh["export"]
        self.into, self.out, self.water = wh["into"], wh["out"], wh["water"]
        self.load = self.imported - self.exported - self.into + self.out + self.water


@pytest.fixture(scope="module")
def half_hours(home) -> list[HalfHour]:
    names = {
        ("2000000002021", "AI"): "import",
        ("2000000002030", "AE"): "export",
        ("7700000002045", "AI"): "into",
        ("7700000002054", "AE"): "out",
        ("7700000002072", "AE"): "water",
    }
    found: dict[tuple[date, int], dict[str, int]] = defaultdict(dict)
    for one in home.park_readings(home.read_home(DATA), home.read_hydro(DATA)):
        found[one.settlement_date, one.settlement_period][names[one.msid, one.measurement_quantity]] = one.wh
    return [HalfHour(day, wh) for (day, _), wh in found.items()]


def test_the_park_is_a_quarter_with_a_short_day_in_which_everything_happens(half_hours, measured):
    assert len(half_hours) == 91 * 48 - 2
    assert [half_hour.load for half_hour in half_hours] == [200 * one.wh[0] for one in measured[: len(half_hours)]]
    for name in ("imported", "exported", "into", "out", "water"):
        assert sum(getattr(half_hour, name) > 0 for half_hour in half_hours) > 100
    assert not any(half_hour.into and half_hour.out for half_hour in half_hours)


def test_the_battery_gives_no_more_than_it_took_less_its_losses(half_hours):
    stored = Fraction(0)
    for half_hour in half_hours:
        stored += half_hour.into * Fraction(88, 100) - half_hour.out
        assert -1 * len(half_hours) <= stored <= 800_000 + len(half_hours)  # a Wh of rounding in each half hour
    assert sum(half_hour.out for half_hour in half_hours) < sum(half_hour.into for half_hour in half_hours)


def handed_out(sources: dict[str, int], takers: dict[str, int], order: list[tuple[str, str]]) -> dict[str, int]:
    """Energy handed from sources to takers pair by pair, each as much as is left of both."""
    left, wanted, flows = dict(sources), dict(takers), {}
    for source, taker in order:
        flows[f"{source}_to_{taker}"] = moved = min(left[source], wanted[taker])
        left[source] -= moved
        wanted[taker] -= moved
    return flows


def methodology_flows(one: HalfHour) -> dict[str, int]:
    """The On-Site Energy Allocation Methodology as an order of priority (handbook 3.1)."""
    return handed_out(
        {"gen": one.water, "stor": one.out, "bp": one.imported},
        {"stor": one.into, "other": one.load, "bp": one.exported},
        [
            *(("gen", "stor"), ("gen", "other"), ("gen", "bp")),
            *(("stor", "bp"), ("stor", "other")),
            *(("bp", "stor"), ("bp", "other")),
        ],
    )


def test_under_the_methodology_the_park_pays_what_handing_out_by_priority_gives(park, half_hours):
    given: dict[date, int] = defaultdict(int)
    to_other: dict[date, int] = defaultdict(int)
    flows = [methodology_flows(one) for one in half_hours]
    for one, flow in zip(half_hours, flows, strict=True):
        given[one.day] += one.out
        to_other[one.day] += flow["stor_to_other"]
    chargeable = 0
    factors = {}
    for one, flow in zip(half_hours, flows, strict=True):
        week = [one.day - timedelta(days=number) for number in range(1, 8)]
        present = [day for day in week if day in given]
        out, used = sum(given[day] for day in present), sum(to_other[day] for day in present)
        # A day without data counts with the default proportion, which is 0.
        share = Fraction(len(present) * (out - used), 7 * out) if out else Fraction(0)
        factors[one.day] = round(100_000 * share)
        chargeable += one.imported - round(Fraction(factors[one.day] * flow["bp_to_stor"], 100_000))
    run = park["osam-1.0"]
    assert totals(run) == (
        sum(one.imported for one in half_hours),
        chargeable,
        sum(o.imported for o in half_hours) - chargeable,
    )
    assert dict(run.factors.select("settlement_date", "factor_per_100000").iter_rows()) == factors
    assert 0 < totals(run)[2] < totals(run)[0]
    for name in (
        "gen_to_stor",
        "gen_to_other",
        "gen_to_bp",
        "stor_to_bp",
        "stor_to_other",
        "bp_to_stor",
        "bp_to_other",
    ):
        assert run.site_periods[f"{name}_wh"].to_list() == [flow[name] for flow in flows], name


def shared(total: int, weights: list[int]) -> list[int]:
    """In proportion, whole, what is left over to the last that has a weight."""
    whole = [int(Fraction(total * weight, sum(weights))) if weight else 0 for weight in weights]
    last = max(number for number, weight in enumerate(weights) if weight)
    whole[last] += total - sum(whole)
    return whole


def test_under_the_proposal_the_park_pays_in_proportion_with_last_months_factor(park, half_hours):
    def month_before(day: date) -> tuple[int, int]:
        last = day.replace(day=1) - timedelta(days=1)
        return last.year, last.month

    taken: dict[tuple[int, int], int] = defaultdict(int)
    to_other: dict[tuple[int, int], int] = defaultdict(int)
    flows = []
    for one in half_hours:
        to_stor, bp_to_other = shared(one.imported, [one.into, one.load]) if one.imported else (0, 0)
        _, stor_to_bp = shared(one.exported, [one.water, one.out]) if one.exported else (0, 0)
        taken[one.day.year, one.day.month] += one.into
        to_other[one.day.year, one.day.month] += one.out - stor_to_bp
        flows.append((to_stor, bp_to_other))
    chargeable = 0
    for one, (to_stor, bp_to_other) in zip(half_hours, flows, strict=True):
        month = month_before(one.day)
        factor = round(Fraction(100_000 * to_other[month], taken[month])) if taken[month] else 100_000
        chargeable += bp_to_other + round(Fraction(factor * to_stor, 100_000))
    assert totals(park["p395-proposed"])[1] == chargeable
    bases = dict(park["p395-proposed"].factors.select("settlement_date", "basis").iter_rows())
    assert bases[date(2024, 1, 31)] == "default"
    assert bases[date(2024, 2, 1)] == bases[date(2024, 3, 31)] == "measured"


def test_the_default_charges_the_boundary_and_differencing_charges_the_load(park, half_hours):
    imported = sum(one.imported for one in half_hours)
    assert totals(park["default"]) == (imported, imported, 0)
    load = sum(one.load for one in half_hours)
    assert totals(park["interim-difference"]) == (imported, load, imported - load)


def test_in_2024_what_is_in_force_is_the_methodology(park):
    assert set(park["in-force"].site_periods["edition"]) == {"osam-1.0"}
    assert totals(park["in-force"]) == totals(park["osam-1.0"])
    assert (park["in-force"].folder / "site_periods.parquet").read_bytes() == (
        park["osam-1.0"].folder / "site_periods.parquet"
    ).read_bytes()


@pytest.mark.parametrize("edition", ["osam-1.0", "p395-proposed"])
def test_every_flow_of_the_park_is_conserved(park, edition):
    frame = park[edition].site_periods

    def total(*names: str) -> pl.Series:
        return frame.select(pl.sum_horizontal(f"{name}_wh" for name in names)).to_series()

    assert set(frame["quality"]) == {"actual"}
    assert total("bp_to_stor", "bp_to_gen", "bp_to_other").equals(frame["import_bp_wh"], check_names=False)
    assert total("gen_to_bp", "stor_to_bp", "other_to_bp").equals(frame["export_bp_wh"], check_names=False)
    assert total("gen_to_bp", "gen_to_stor", "gen_to_other").equals(frame["export_gen_wh"], check_names=False)
    assert total("bp_to_stor", "gen_to_stor", "other_to_stor").equals(frame["import_stor_wh"], check_names=False)
    assert total("stor_to_bp", "stor_to_gen", "stor_to_other").equals(frame["export_stor_wh"], check_names=False)
    assert total("chargeable", "non_chargeable").equals(frame["import_bp_wh"], check_names=False)
    flows = [name for name in frame.columns if "_to_" in name]
    assert frame.select(pl.min_horizontal(flows).min()).item() >= 0


def test_explain_agrees_with_the_run_on_the_short_day(park):
    run = park["osam-1.0"]
    rows = {
        row["settlement_period"]: row for row in run.site_periods.filter(settlement_date=date(2024, 3, 31)).to_dicts()
    }
    assert sorted(rows) == list(range(1, 47))
    for period in (1, 3, 36, 46):
        made = run.explain(site="river-park", on=date(2024, 3, 31), period=period)
        assert made.values["chargeable_wh"] == rows[period]["chargeable_wh"]


def test_the_example_prints_a_table_and_writes_a_report_beside_every_run(home, park, capsys):
    home.print_totals("Park", park)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 + len(park)
    assert lines[-1].startswith("osam-1.0")
    for run in park.values():
        assert (run.folder / "report.html").stat().st_size > 10_000
