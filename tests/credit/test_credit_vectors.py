"""The handbook's vectors of credit (V17), to the last digit, and the register's own factors."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from credit_cases import DEMAND_UNIT, SECALF_UNIT, account, read

from halfhour.calendar import is_working_day
from halfhour.charges.credit import (
    Account,
    BmUnit,
    basis,
    cap_on,
    cap_points,
    capability_mw,
    caqce_mwh,
    credit_cover_percentage,
    credit_qualifying,
    days_without_interim_run,
    level_of,
    required_cover_gbp,
)
from halfhour.errors import NotCovered
from halfhour.identifiers import BmUnitId

LAST_DAY = date(2025, 12, 31)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def test_days_without_an_interim_run_at_christmas_2025_are_five_working_days_and_the_four_among_them():
    days = days_without_interim_run(LAST_DAY)
    assert days == tuple(date(2025, 12, day) for day in range(23, 32))
    assert [day.day for day in days if is_working_day(day)] == [23, 24, 29, 30, 31]


def test_v17a_demand_without_contracts_is_owed_by_the_load_factor_of_each_day_type(tmp_path):
    case = read(tmp_path, account(DEMAND_UNIT))
    unit = case.units[0]
    assert capability_mw(unit, LAST_DAY) == Decimal("-2.485")
    assert capability_mw(unit, date(2025, 12, 25)) == Decimal("-2.193")
    assert caqce_mwh(unit, LAST_DAY) == Decimal("-1.2425")
    assert caqce_mwh(unit, date(2025, 12, 25)) == Decimal("-1.0965")
    assert Account(case).on(LAST_DAY).cei_mwh == Decimal("508.728")


def test_v17a_a_purchase_in_every_half_hour_is_taken_off(tmp_path):
    case = read(tmp_path, account(DEMAND_UNIT + '[[contract]]\nbought_mwh = "1.0"\n'))
    assert Account(case).on(LAST_DAY).cei_mwh == Decimal("76.728")


@pytest.mark.parametrize(
    ("cover", "ccp", "level"), [("35000", "0.784895", 0), ("32000", "0.858479", 1), ("30000", "0.915710", 2)]
)
def test_v17b_exposure_cover_and_levels(tmp_path, cover, ccp, level):
    case = read(tmp_path, account(DEMAND_UNIT + f'[[cover]]\ngbp = "{cover}"\n'))
    found = Account(case).on(LAST_DAY)
    assert found.exposure_gbp.quantize(Decimal("0.01")) == Decimal("27471.31")
    assert found.required_cover_gbp.quantize(Decimal("0.01")) == Decimal("34339.14")
    assert found.highest.ccp is not None
    assert found.highest.ccp.quantize(Decimal("0.000001"), ROUND_HALF_UP) == Decimal(ccp)
    assert found.highest.level == level


def test_v17c_secalf_makes_generation_of_a_supplier_unit_count_and_without_it_adds_nothing(tmp_path):
    with_factor = read(tmp_path, account(SECALF_UNIT)).units[0]
    without = read(tmp_path, account(SECALF_UNIT.replace('secalf = "0.21"', ""))).units[0]
    assert caqce_mwh(with_factor, LAST_DAY) == Decimal("5.145")
    assert sum(Account(read(tmp_path, account(SECALF_UNIT))).caqce_of(with_factor, LAST_DAY)) == Decimal("246.96")
    assert caqce_mwh(without, LAST_DAY) == 0


def test_v17d_a_price_between_known_points_is_refused():
    with pytest.raises(NotCovered, match="MISSING_CAP") as refused:
        cap_on(date(2024, 1, 1))
    assert refused.value.code == "EB-210"
    assert "£85 from 2023-06-13" in refused.value.message


def test_a_confirmed_price_answers_for_its_own_day_and_for_no_other():
    assert cap_on(date(2021, 3, 23)).gbp_per_mwh == 54
    for day in (date(2021, 3, 22), date(2021, 3, 24), date(2020, 12, 21), date(2022, 9, 1)):
        with pytest.raises(NotCovered, match="MISSING_CAP"):
            cap_on(day)


def test_exactly_80_percent_is_no_default_and_exactly_90_percent_is_level_1():
    cap, cover = Decimal(54), Decimal("27000")
    for ei, level in (("400", 0), ("400.000001", 1), ("450", 1), ("450.000001", 2), ("0", 0), ("-900", 0)):
        assert level_of(Decimal(ei), cap, cover, LAST_DAY) == level
    assert credit_cover_percentage(Decimal(400), cap, cover) == Decimal("0.8")


def test_a_threshold_is_not_lost_in_a_quotient_that_does_not_end():
    # The cover at this price is no finite number of MWh, and the percentage is 80 % exactly.
    ei, cap = Decimal("26.4"), Decimal("3.7")
    cover = ei * cap / Decimal("0.80")
    assert level_of(ei, cap, cover, LAST_DAY) == 0
    assert level_of(ei, cap, cover - Decimal("1e-20"), LAST_DAY) == 1
    assert required_cover_gbp(ei, cap, LAST_DAY) == cover


def test_without_cover_whatever_is_owed_is_level_2_and_there_is_no_percentage():
    assert level_of(Decimal("0.001"), Decimal(54), Decimal(0), LAST_DAY) == 2
    assert level_of(Decimal(0), Decimal(54), Decimal(0), LAST_DAY) == 0
    assert credit_cover_percentage(Decimal(1), Decimal(54), Decimal(0)) is None


@pytest.mark.shared_data
def test_credit_qualifying_status_of_every_unit_of_the_register_sample_follows_from_the_rule():
    checked = 0
    for row in _register():
        unit = _unit(row)
        assert credit_qualifying(unit) == (row["credit_qualifying"] == "True"), row["elexon_bmu_id"]
        checked += 1
    assert checked == 30


@pytest.mark.shared_data
def test_the_factor_of_a_supplier_units_export_gives_its_import_of_the_register_too():
    days = {"wd": date(2025, 11, 25), "nwd": date(2025, 11, 23)}
    checked = 0
    for row in _register():
        unit = _unit(row)
        if not (unit.is_supplier and unit.gc_mw and unit.dc_mw):
            continue
        for kind, day in days.items():
            factors = _factors(row, kind)
            found = [capability_mw(replace(unit, calf_wd=one, calf_nwd=one), day) for one in factors]
            assert Decimal(row[f"{kind}_bmcaic_mw"]) in [_three_places(one) for one in found], (
                row["elexon_bmu_id"],
                kind,
            )
        checked += 1
    assert checked == 8


@pytest.mark.shared_data
def test_one_secalf_gives_the_registers_export_of_both_day_types():
    checked = 0
    for row in _register():
        unit = _unit(row)
        if basis(unit, LAST_DAY) != "secalf":
            continue
        for day, kind in ((date(2025, 11, 25), "wd"), (date(2025, 11, 23), "nwd")):
            found = [_three_places(capability_mw(replace(unit, secalf=one), day)) for one in _factors(row, "wd")]
            assert Decimal(row[f"{kind}_bmcaec_mw"]) in found, row["elexon_bmu_id"]
        checked += 1
    assert checked == 8


@pytest.mark.shared_data
def test_the_prices_held_are_those_of_the_data_set_and_confirmed_where_it_says_so():
    path = SHARED / "credit" / "cap_history.csv"
    if not path.exists():
        pytest.skip("the shared data are not beside the project")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [(str(one.day), str(one.gbp_per_mwh), one.start_confirmed) for one in cap_points()] == [
        (row["date"], row["cap_gbp_per_mwh"], row["usable_as_effective_date"] == "yes") for row in rows
    ]


def _register() -> list[dict[str, str]]:
    path = SHARED / "bmu" / "bmu_register_sample_2025-11.csv"
    if not path.exists():
        pytest.skip("the shared data are not beside the project")
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _factors(row: dict[str, str], kind: str) -> list[Decimal]:
    """The factors of four decimals, as they are published, that give the register's export capability."""
    gc, export = Decimal(row["generation_capacity_mw"]), Decimal(row[f"{kind}_bmcaec_mw"])
    near = round(export / gc, 4)
    candidates = (near - Decimal("0.0001"), near, near + Decimal("0.0001"))
    return [one for one in candidates if _three_places(one * gc) == export]


def _three_places(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.001"), ROUND_HALF_UP)


def _unit(row: dict[str, str]) -> BmUnit:
    supplier = row["elexon_bmu_id"].startswith(("2__", "C__"))
    gc, dc = Decimal(row["generation_capacity_mw"]), Decimal(row["demand_capacity_mw"])
    return BmUnit(
        id=BmUnitId.parse(row["elexon_bmu_id"]),
        gc_mw=gc,
        dc_mw=dc,
        flag="P" if row["p_c_flag"] == "P" else "C",
        exempt_export=row["elexon_bmu_id"].startswith("E_"),
        submits_fpn=row["fpn_flag"] == "True",
        secalf=Decimal("0.5") if supplier and gc and not dc else None,
    )
