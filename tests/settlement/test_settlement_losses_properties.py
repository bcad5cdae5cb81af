"""Properties of volumes at GSP and NBP over random small portfolios, and a second, slower way of finding them."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from settlement_losses import days_from, load_factors, load_multipliers
from settlement_sites import Made, made

from halfhour.calendar import settlement_periods
from halfhour.settlement.run import Run

if TYPE_CHECKING:
    from conftest import PortfolioFolder

New = Callable[[], "PortfolioFolder"]
Test = TypeVar("Test", bound=Callable[..., Any])
seeds = st.integers(0, 1_000_000)
KEY = ["settlement_date", "settlement_period"]
TABLES = ("settled_volumes", "bm_unit_volumes", "bm_unit_periods", "site_periods")
LLFCS = ("001", "002", "H03")
GROUP, DISTRIBUTOR = "_H", "SOUT"
"""Of every site that `settlement_sites` makes."""


@pytest.fixture(scope="module", autouse=True)
def _no_market_data_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is loaded on the machine that runs the tests is not part of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HALFHOUR_MARKET_DATA", str(tmp_path_factory.mktemp("nobody") / "market-data.sqlite"))
        yield


def examples(number: int) -> Callable[[Test], Test]:
    return settings(max_examples=number, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class WithLosses:
    """A made portfolio whose MSIDs have classes, most of them, and factors for most of these on most days."""

    one: Made
    class_of: dict[tuple[str, str], str] = field(default_factory=dict)
    factors: dict[tuple[str, date], list[str]] = field(default_factory=dict)
    multiplier_days: list[date] = field(default_factory=list)
    offtaking: str = ""

    def settle(self, folder: PortfolioFolder, name: str = "run", **how: Any) -> Run:
        days = {"start": self.one.start, "end": self.one.end}
        return folder.settle("in-force", name, **(days | how))

    def write(self, folder: PortfolioFolder) -> PortfolioFolder:
        store = self.one.write(folder).path / "market-data.sqlite"
        if self.factors:
            load_factors(store, self.factors, distributor=DISTRIBUTOR)
        if self.multiplier_days:
            load_multipliers(store, self.multiplier_days, self.offtaking, "0.99", gsp_group=GROUP)
        return folder


def with_losses(seed: int, n_sites: int = 2, **how: Any) -> WithLosses:
    r = random.Random(seed)
    found = WithLosses(made(seed, n_sites=n_sites, **how))
    found.one.settings += 'trading_unit = "offtaking"\n'
    all_there = r.random() < 0.4
    for site_id, lines in found.one.sites.items():
        written: list[str] = []
        for line in lines:
            written.append(line)
            key, _, value = line.partition(" = ")
            if key in ("import", "export") and value.startswith('"20') and (all_there or r.random() < 0.8):
                llfc = r.choice(LLFCS)
                found.class_of[value.strip('"'), "AI" if key == "import" else "AE"] = llfc
                written.append(f'{key}_llfc = "{llfc}"')
        found.one.sites[site_id] = written
    for day in days_from(found.one.start, 3):
        for llfc in LLFCS:
            if all_there or r.random() < 0.8:
                found.factors[llfc, day] = [f"{r.choice([0.984, 0.998, 1, 1.001, 1.097, 1.123]):.3f}"] * 16 + [
                    f"1.0{r.randint(0, 99):02}" for _ in range(settlement_periods(day) - 16)
                ]
        if all_there or r.random() < 0.6:
            found.multiplier_days.append(day)
    found.offtaking = r.choice(["1.0130469", "0.9812080", "1.0000500"])
    return found


def sorted_tables(run: Run) -> dict[str, pl.DataFrame]:
    found = {name: getattr(run, name) for name in TABLES}
    found["exceptions"] = run.exceptions.filter(pl.col("code").str.starts_with("ST-12"))  # others name lines of files
    return {name: frame.sort(frame.columns) for name, frame in found.items()}


@examples(25)
@given(seeds)
def test_every_volume_is_that_of_exact_fractions_rounded_once_a_level(new_portfolio: New, seed: int) -> None:
    case = with_losses(seed)
    run = case.settle(case.write(new_portfolio()))
    if not case.class_of:
        assert not run.has_bm_unit_volumes
        return
    sums: dict[tuple[Any, ...], list[tuple[int | None, int | None, int | None]]] = defaultdict(list)
    unit_of = units(case.one)
    for row in run.settled_volumes.iter_rows(named=True):
        settled, day, period = row["settled_wh"], row["settlement_date"], row["settlement_period"]
        llfc = case.class_of.get((row["msid"], row["measurement_quantity"]))
        factor = case.factors.get((llfc or "", day))
        gsp = nbp = None
        if settled is not None and factor is not None:
            gsp = round(settled * Fraction(factor[period - 1]))
            if day in case.multiplier_days:
                nbp = round(gsp * Fraction(case.offtaking))
        assert (row["gsp_wh"], row["nbp_wh"]) == (gsp, nbp), row
        if row["msid"] in unit_of:
            key = (unit_of[row["msid"]], row["measurement_quantity"], day, period)
            sums[key].append((settled, gsp, nbp))
    assert run.bm_unit_volumes.height == len(sums)
    for row in run.bm_unit_volumes.iter_rows(named=True):
        held = sums[row["bm_unit"], row["measurement_quantity"], row["settlement_date"], row["settlement_period"]]
        there = [one for one in held if one[0] is not None]
        for place, name in enumerate(("msp_wh", "gsp_wh", "nbp_wh")):
            level = [one[place] for one in there]
            known = [one for one in level if one is not None]
            assert row[name] == (sum(known) if there and len(known) == len(level) else None), (name, row)
        assert (row["quality"] == "missing") == (len(there) < len(held))


def units(one: Made) -> dict[str, str]:
    """BM Unit by MSID, read from the text of the sites."""
    found: dict[str, str] = {}
    for lines in one.sites.values():
        unit = ""
        for line in lines:
            key, _, value = line.partition(" = ")
            if line == "[[metering]]":
                unit = ""
            elif key == "bm_unit":
                unit = value.strip('"')
            elif key in ("import", "export") and unit:
                found[value.strip('"')] = unit
    return found


@examples(20)
@given(seeds)
def test_import_at_the_meter_is_the_gross_demand_of_the_bm_unit(new_portfolio: New, seed: int) -> None:
    case = with_losses(seed, one_bm_unit=True)
    run = case.settle(case.write(new_portfolio()))
    if run.has_bm_unit_volumes:
        # Demand is also estimated where an asset's reading is, which the import at the meter does not hang on.
        missing = (pl.col("quality") == "missing").alias("missing")
        imports = run.bm_unit_volumes.filter(measurement_quantity="AI").select("bm_unit", *KEY, "msp_wh", missing)
        gross = run.bm_unit_periods.select("bm_unit", *KEY, pl.col("gross_demand_wh").alias("msp_wh"), missing)
        assert imports.equals(gross)


@examples(10)
@given(seeds, st.integers(1, 2))
def test_volumes_of_two_runs_joined_are_those_of_the_run_of_all_their_days(
    new_portfolio: New, seed: int, cut: int
) -> None:
    case = with_losses(seed)
    folder = case.write(new_portfolio())
    middle = case.one.start + timedelta(days=cut)
    whole = case.settle(folder, "whole")
    parts = [case.settle(folder, "first", end=middle), case.settle(folder, "second", start=middle)]
    for name in ("settled_volumes", "bm_unit_volumes") if whole.has_bm_unit_volumes else ("settled_volumes",):
        frame = getattr(whole, name)
        joined = pl.concat([getattr(part, name) for part in parts])
        assert joined.sort(frame.columns).equals(frame.sort(frame.columns))


@examples(10)
@given(seeds)
def test_order_of_sites_meters_and_factors_changes_no_volume(new_portfolio: New, seed: int) -> None:
    case = with_losses(seed, one_bm_unit=True)
    before = case.settle(case.write(new_portfolio()))
    if not before.has_bm_unit_volumes:
        return
    r = random.Random(seed)
    for site_id in case.one.sites:
        head, *tables = case.one.site_text(site_id).split("\n\n")
        r.shuffle(tables)
        case.one.sites[site_id] = ["\n\n".join([head, *tables])]
    items = list(case.factors.items())
    r.shuffle(items)
    case.factors = dict(items)
    after = sorted_tables(case.settle(case.write(new_portfolio())))
    for name, frame in sorted_tables(before).items():
        assert frame.equals(after[name]), name


@examples(10)
@given(seeds)
def test_a_thousandfold_reading_has_exactly_the_volume_that_its_factor_says(new_portfolio: New, seed: int) -> None:
    """In whole kWh three decimals of a factor leave no rounding; the watt-hour is at most half a one off."""
    case = with_losses(seed)
    small = case.settle(case.write(new_portfolio()))
    for lines in (case.one.lines, case.one.corrections):
        lines[:] = [scaled(line, 1000) for line in lines]
    large = case.settle(case.write(new_portfolio()))
    # A third party's reading is scaled for its network's losses, and rounded, before: leave private networks out.
    public = ~pl.col("site_id").is_in(list(case.one.private))
    columns = ["msid", "measurement_quantity", *KEY, "settled_wh", "gsp_wh"]
    one, thousand = (run.settled_volumes.filter(public).select(columns).sort(columns[:4]) for run in (small, large))
    assert (one["settled_wh"] * 1000).equals(thousand["settled_wh"])
    known = thousand["gsp_wh"].is_not_null()
    difference = (one["gsp_wh"] * 1000 - thousand["gsp_wh"]).filter(known)
    assert difference.is_empty() or int(difference.abs().max()) <= 500  # type: ignore[arg-type]


def scaled(line: str, by: int) -> str:
    *before, kwh, status = line.split(",")
    return ",".join([*before, f"{float(Fraction(kwh) * by):.3f}", status])


@examples(25)
@given(seeds, st.integers(900, 1200))
def test_private_network_at_one_class_loses_at_most_half_a_watt_hour_a_meter(
    new_portfolio: New, seed: int, factor: int
) -> None:
    """Invariant 8 of private-networks 3.5: the sum over the tree is the boundary's reading at that factor."""
    case = with_losses(seed, n_sites=3)
    for site_id, lines in case.one.sites.items():
        text = "\n".join(line for line in lines if "_llfc" not in line)
        case.one.sites[site_id] = text.replace('\nimport = "20', '\nimport_llfc = "001"\nimport = "20').split("\n")
    case.factors = {
        ("001", day): [f"{factor // 1000}.{factor % 1000:03}"] * settlement_periods(day)
        for day in days_from(case.one.start, 3)
    }
    run = case.settle(case.write(new_portfolio()))
    networks = run.settled_volumes.filter(pl.col("site_id").is_in(list(case.one.private))).filter(
        measurement_quantity="AI"
    )
    by_network = networks.group_by("site_id", *KEY).agg(
        pl.col("settled_wh").sum(), pl.col("gsp_wh").sum(), pl.len(), pl.col("settled_wh").is_null().any().alias("gap")
    )
    for row in by_network.filter(~pl.col("gap")).iter_rows(named=True):
        assert abs(1000 * row["gsp_wh"] - factor * row["settled_wh"]) <= 500 * row["len"]


@examples(4)
@given(seed=seeds)
def test_blocks_threads_and_compiler_leave_the_same_bytes(new_portfolio: New, seed: int) -> None:
    case = with_losses(seed, n_sites=5)
    folder = case.write(new_portfolio())
    first = hashes(case.settle(folder, "first", plain=True, block_sites=5, threads=1))
    assert first == hashes(case.settle(folder, "singly", plain=True, block_sites=1, threads=2))
    assert first == hashes(case.settle(folder, "compiled", plain=False, block_sites=2, threads=2))
    totals = hashes(case.settle(folder, "plain-totals", plain=True, block_sites=5, detail="totals"))
    assert totals == hashes(case.settle(folder, "totals", plain=False, block_sites=1, threads=2, detail="totals"))
    assert totals.get("bm_unit_volumes.parquet") == first.get("bm_unit_volumes.parquet")


def hashes(run: Run) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(run.folder).iterdir())}


@examples(10)
@given(seeds)
def test_explanation_ends_in_the_volumes_of_the_run(new_portfolio: New, seed: int) -> None:
    case = with_losses(seed)
    run = case.settle(case.write(new_portfolio()))
    for site_id, day, period in run.site_periods.select("site_id", *KEY).sample(3, seed=seed).iter_rows():
        made_ = run.explain(site_id, day, period)
        rows = run.settled_volumes.filter(site_id=site_id, settlement_date=day, settlement_period=period)
        told = {(one.msid, one.measurement_quantity): (one.gsp_wh, one.nbp_wh) for one in made_.inputs}
        assert told == {
            row[:2]: row[2:] for row in rows.select("msid", "measurement_quantity", "gsp_wh", "nbp_wh").rows()
        }
        values = [step.value for step in made_.loss_steps]
        assert values == [value for one in made_.inputs for value in (one.gsp_wh, one.nbp_wh) if value is not None]


@pytest.mark.parametrize("wanted", ["ST-120", "ST-121", "ST-122"])
def test_made_losses_cover_what_they_are_for(new_portfolio: New, wanted: str) -> None:
    """Guards the tests above against a generator that leaves nothing out."""
    found = 0
    for seed in range(12):
        case = with_losses(seed)
        run = case.settle(case.write(new_portfolio()))
        found += wanted in run.exceptions["code"].to_list()
        if run.has_bm_unit_volumes:
            assert run.bm_unit_volumes.height > 0
    assert found > 1
