"""The acceptance vectors of handbook chargeable-imports.md, sections 8.1 to 8.4 and the trap of 3.4, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from halfhour.rules import default, interim_difference, osam_1_0, p395_proposed
from halfhour.rules.group_correction import (
    FACTOR,
    WEIGHT,
    corrected_component,
    non_chargeable_component,
    period_bm_unit_demand,
)
from halfhour.rules.metering import (
    adjust_to_boundary_voltage,
    refer_to_boundary,
    residual,
    volume_at_gsp,
    volume_at_nbp,
)
from halfhour.rules.registry import INPUTS, editions
from halfhour.settlement.working import working

MWH = 1_000_000
PARTS = 100_000
FIGURE_1 = (2.5, 0.3, 1.3, 0.2, 0, 1.8)


def half_hour(edition: str, inputs: Sequence[float], factor: int = 0, unit: int = 1) -> dict[str, int]:
    """Every result of an edition by name; inputs in the handbook's order and in the unit given [Wh]."""
    series = [round(value * unit) for value in inputs]
    parameter = 1 if edition == "interim-difference" else factor
    rule = editions()[edition]
    return dict(zip(rule.outputs, rule.half_hour(*series, parameter), strict=True))


def mwh(edition: str, inputs: Sequence[float], factor: int = 0) -> dict[str, int]:
    return half_hour(edition, inputs, factor, MWH)


def wh(**expected: float) -> dict[str, int]:
    return {name: round(value * MWH) for name, value in expected.items()}


def assert_flows(found: Mapping[str, int], expected: Mapping[str, int]) -> None:
    """The named quantities are as expected and every flow that is not named is 0."""
    flows = {name: value for name, value in found.items() if "_to_" in name and value}
    wanted = {name: value for name, value in expected.items() if "_to_" in name and value}
    assert flows == wanted
    assert {name: found[name] for name in expected} == expected


def test_figure_1_has_the_net_flows_of_table_5() -> None:
    found = mwh("p395-proposed", FIGURE_1)
    expected = wh(
        net_bp=2.2,
        net_gen=-1.8,
        net_stor=1.1,
        net_other=2.9,
        net_import_gen=0,
        net_import_stor=1.1,
        net_import_other=2.9,
        net_export_gen=1.8,
        net_export_stor=0,
        net_export_other=0,
    )
    assert {name: found[name] for name in expected} == expected
    assert found["net_import_stor"] * 1000 // found["net_imports"] == 275
    assert found["net_import_other"] * 1000 // found["net_imports"] == 725


def test_figure_1_has_the_boundary_flows_of_table_6_and_the_site_flows_of_table_7() -> None:
    found = mwh("p395-proposed", FIGURE_1)
    assert_flows(
        found,
        wh(
            bp_to_stor=0.6875,
            bp_to_other=1.8125,
            gen_to_bp=0.3,
            gen_to_stor=0.4125,
            gen_to_other=1.0875,
            site_import_gen=0,
            site_import_stor=0.4125,
            site_import_other=1.0875,
            site_export_gen=1.5,
            site_export_stor=0,
            site_export_other=0,
            through_flow=0,
            unattributed_import=0,
            unattributed_export=0,
        ),
    )


@pytest.mark.parametrize(
    ("factor", "chargeable", "non_chargeable", "proportion"),
    [
        (0, 1.8125, 0.6875, 27_500),
        (30_000, 2.01875, 0.48125, 19_250),
        (35_000, 2.053125, 0.446875, 17_875),
        (100_000, 2.5, 0, 0),
    ],
)
def test_figure_1_is_charged_as_table_8_says_for_each_usage_factor(
    factor: int, chargeable: float, non_chargeable: float, proportion: int
) -> None:
    found = mwh("p395-proposed", FIGURE_1, factor)
    assert (found["chargeable"], found["non_chargeable"]) == (
        round(chargeable * MWH),
        round(non_chargeable * MWH),
    )
    assert found["proportion"] == proportion


@pytest.mark.parametrize("ncsp", [0, 25_000, 100_000])
def test_figure_1_is_wholly_chargeable_under_osam_whatever_the_ncsp(ncsp: int) -> None:
    found = mwh("osam-1.0", FIGURE_1, ncsp)
    assert_flows(
        found,
        wh(
            net_other=2.9,
            surplus=1.7,
            gen_to_stor=1.3,
            remaining=0.4,
            gen_to_other=0.4,
            gen_to_bp=0.1,
            stor_to_bp=0.2,
            bp_to_other=2.5,
            chargeable=2.5,
            non_chargeable=0,
            proportion=0,
        ),
    )


def test_figure_1_under_the_default_and_the_interim_treatment() -> None:
    assert mwh("default", FIGURE_1) == wh(chargeable=2.5, non_chargeable=0)
    found = mwh("interim-difference", FIGURE_1)
    assert (found["chargeable"], found["non_chargeable"]) == (2_900_000, -400_000)


FIVE_SCENARIOS: list[tuple[str, tuple[float, ...], int, int, tuple[float, ...], dict[str, float], dict[str, float]]] = [
    # name, inputs, f, NCSP, chargeable under default, interim, proposed, osam, flows proposed, flows osam
    ("S1 own use", (2, 0, 0, 0, 2, 0), 0, 0, (2, 0, 0, 0), {"bp_to_gen": 2}, {"bp_to_gen": 2}),
    ("S2 customer", (2, 0, 0, 0, 0, 0), 0, 0, (2, 2, 2, 2), {"bp_to_other": 2}, {"bp_to_other": 2}),
    ("S3 in", (5, 0, 5, 0, 0, 0), 0, PARTS, (5, 0, 0, 0), {"bp_to_stor": 5}, {"bp_to_stor": 5}),
    ("S3 back", (0, 4, 0, 4, 0, 0), 0, PARTS, (0, 0, 0, 0), {"stor_to_bp": 4}, {"stor_to_bp": 4}),
    ("S4 in", (5, 0, 5, 0, 0, 0), 80_000, 0, (5, 0, 4, 5), {"bp_to_stor": 5}, {"bp_to_stor": 5}),
    ("S4 use", (0, 0, 0, 4, 0, 0), 80_000, 0, (0, 4, 0, 0), {"stor_to_other": 4}, {"stor_to_other": 4}),
    ("S5", (0, 0, 0, 0, 0, 3), 0, 0, (0, 3, 0, 0), {"gen_to_other": 3}, {"gen_to_other": 3}),
]


@pytest.mark.parametrize(
    ("inputs", "factor", "ncsp", "chargeable", "proposed", "osam"),
    [row[1:] for row in FIVE_SCENARIOS],
    ids=[row[0] for row in FIVE_SCENARIOS],
)
def test_five_scenarios_are_charged_by_each_edition_as_the_table_says(
    inputs: tuple[float, ...],
    factor: int,
    ncsp: int,
    chargeable: tuple[float, ...],
    proposed: dict[str, float],
    osam: dict[str, float],
) -> None:
    results = [
        mwh("default", inputs),
        mwh("interim-difference", inputs),
        mwh("p395-proposed", inputs, factor),
        mwh("osam-1.0", inputs, ncsp),
    ]
    assert [found["chargeable"] for found in results] == [round(value * MWH) for value in chargeable]
    assert_flows(results[2], wh(**proposed))
    assert_flows(results[3], wh(**osam))


def test_scenario_5_is_not_charged_where_the_registrant_is_no_licensed_supplier() -> None:
    *_, chargeable, non_chargeable = interim_difference.half_hour(0, 0, 0, 0, 0, 3 * MWH, 0)
    assert (chargeable, non_chargeable) == (0, 0)
    *_, chargeable, non_chargeable = interim_difference.half_hour(2 * MWH, 0, 0, 0, 0, 3 * MWH, 0)
    assert (chargeable, non_chargeable) == (0, 2 * MWH)


def test_storage_that_feeds_generation_and_the_customer_on_site() -> None:  # F8
    inputs = (0, 0, 0, 3, 1, 0)
    found = mwh("p395-proposed", inputs, 50_000)
    assert_flows(found, wh(net_gen=1, net_stor=-3, net_other=2, stor_to_gen=1, stor_to_other=2, chargeable=0))
    assert_flows(mwh("osam-1.0", inputs, 50_000), wh(stor_to_gen=1, stor_to_other=2, chargeable=0))


def test_import_to_generation_storage_and_customer_at_once() -> None:  # F10
    inputs = (10, 0, 6, 0, 1, 0)
    flows = {"bp_to_gen": 1, "bp_to_stor": 6, "bp_to_other": 3}
    assert_flows(mwh("p395-proposed", inputs, 60_000), wh(**flows, chargeable=6.6, non_chargeable=3.4))
    found = mwh("osam-1.0", inputs, 25_000)
    assert_flows(found, wh(**flows, chargeable=7.5, non_chargeable=2.5))
    assert found["proportion"] == 25_000


def test_storage_and_boundary_serve_the_customer_together() -> None:  # F12
    inputs = (2, 0, 0, 1, 0, 0)
    flows = {"bp_to_other": 2, "stor_to_other": 1}
    assert_flows(mwh("p395-proposed", inputs), wh(**flows, net_stor=-1, net_other=3, chargeable=2))
    assert_flows(mwh("osam-1.0", inputs), wh(**flows, chargeable=2))


def test_import_into_storage_is_split_by_the_factor_of_either_edition() -> None:
    inputs = (5, 0, 5, 0, 0, 0)
    assert mwh("p395-proposed", inputs, 80_000)["chargeable"] == 4 * MWH
    found = mwh("osam-1.0", inputs, 20_000)
    assert (found["chargeable"], found["proportion"]) == (4 * MWH, 20_000)


def test_division_remainder_goes_to_the_last_claimant() -> None:
    found = half_hour("p395-proposed", (5, 0, 0, 2, 4, 0))
    assert_flows(
        found,
        {
            "bp_to_gen": 2,
            "bp_to_other": 3,
            "stor_to_gen": 2,
            "site_import_gen": 2,
            "net_import_gen": 4,
            "net_import_other": 3,
            "chargeable": 3,
        },
    )


def test_boundary_flow_both_ways_that_nobody_claims_is_the_customers() -> None:
    assert_flows(
        half_hour("p395-proposed", (1, 1, 0, 0, 0, 0)),
        {
            "bp_to_other": 1,
            "other_to_bp": 1,
            "through_flow": 1,
            "unattributed_import": 1,
            "unattributed_export": 1,
            "chargeable": 1,
        },
    )


def test_import_without_a_net_importer_is_chargeable() -> None:
    assert_flows(
        half_hour("p395-proposed", (1, 3, 0, 0, 0, 2)),
        {
            "bp_to_other": 1,
            "gen_to_bp": 3,
            "through_flow": 1,
            "unattributed_import": 1,
            "unattributed_export": 0,
            "chargeable": 1,
        },
    )


def test_through_flow_leaves_no_flow_inside_the_site() -> None:
    assert_flows(
        half_hour("p395-proposed", (3, 2, 2, 0, 0, 0)),
        {"net_stor": 2, "net_other": -1, "bp_to_stor": 3, "other_to_bp": 2, "through_flow": 1},
    )


@pytest.mark.parametrize(("storage_share", "chargeable"), [(5, 2), (7, 4)])
def test_storage_share_is_rounded_half_to_even(storage_share: int, chargeable: int) -> None:
    found = half_hour("p395-proposed", (storage_share, 0, storage_share, 0, 0, 0), 50_000)
    assert (found["bp_to_stor"], found["chargeable_stor"]) == (storage_share, chargeable)


def test_an_asset_reading_is_rounded_once_at_the_boundary_voltage() -> None:
    assert adjust_to_boundary_voltage(1_000_000, 1081, 1043) == 1_036_433


def test_equal_line_loss_factors_change_nothing() -> None:
    assert adjust_to_boundary_voltage(999_999_999, 1043, 1043) == 999_999_999


def test_third_party_reading_is_multiplied_by_one_plus_losses_not_divided() -> None:
    assert refer_to_boundary(10_000, 102, 100) == 10_200  # D/380: 10 at 2 % gives 10.2
    assert refer_to_boundary(10_000, 100, 98) == 10_204  # what a division by 0.98 would give (vector V3)
    assert residual(20_000, 10_200) == 9_800


def test_network_at_one_line_loss_factor_has_its_boundarys_volume() -> None:
    """Vector V6 of private-networks, in kWh: 11,189.4 + 10,750.6 = 21,940.0 = 20,000 × 1.097."""
    assert volume_at_gsp(10_200_000, 1097) == 11_189_400
    assert volume_at_gsp(9_800_000, 1097) == 10_750_600
    assert volume_at_gsp(20_000_000, 1097) == 11_189_400 + 10_750_600


def test_site_export_of_4_mwh_at_1_025_is_4_1_mwh() -> None:
    """Vector V18 of embedded-generation; a factor below 1 takes away."""
    assert volume_at_gsp(4 * MWH, 1025) == 4_100_000
    assert volume_at_gsp(4 * MWH, 998) == 3_992_000
    assert volume_at_gsp(4 * MWH, 1000) == 4 * MWH


def test_published_multipliers_take_10_mwh_to_the_notional_balancing_point() -> None:
    """Vector V12 of embedded-generation: uplift 0.130469 MWh, and 0.238195 MWh more than delivering, to 1e-6."""
    offtaking = volume_at_nbp(10 * MWH, 10_130_469)
    delivering = volume_at_nbp(10 * MWH, 9_892_274)
    assert offtaking - 10 * MWH == 130_469
    assert offtaking - delivering == 238_195


@pytest.mark.parametrize(
    ("wh", "factor", "expected"), [(500, 1001, 500), (1500, 1001, 1502), (1, 1500, 2), (3, 1500, 4)]
)
def test_tie_at_the_grid_supply_point_goes_to_the_even_watt_hour(wh: int, factor: int, expected: int) -> None:
    assert volume_at_gsp(wh, factor) == expected


@pytest.mark.parametrize(("wh", "expected"), [(10_000, 10_000), (30_000, 30_002), (50_000, 50_002)])
def test_tie_at_the_notional_balancing_point_goes_to_the_even_watt_hour(wh: int, expected: int) -> None:
    assert volume_at_nbp(wh, 10_000_500) == expected


def test_largest_volume_and_factors_fit_in_64_bits() -> None:
    largest = np.array([1_000_000_000], dtype=np.int64)
    at_gsp = volume_at_gsp(largest, 65_535)  # type: ignore[arg-type]
    at_nbp = volume_at_nbp(at_gsp, 11_000_000)
    assert int(at_gsp[0]) == 65_535_000_000  # type: ignore[index]
    assert int(at_nbp[0]) == 72_088_500_000  # type: ignore[index]


def test_corrected_demand_of_a_bm_unit_is_that_of_the_handbooks_example() -> None:
    """Vector 8.6: proportion 0.25, 10.0000 and 0.8000 MWh, CF 1.01, WT 1: 2.7270, 10.9080, 8.1810 MWh."""
    components = [corrected_component(wh, 1_010_000_000, WEIGHT) for wh in (10_000_000, 800_000)]
    non_chargeable = [non_chargeable_component(component, 25_000) for component in components]
    assert period_bm_unit_demand(sum(components), sum(non_chargeable)) == (109_080, 27_270, 81_810)


def test_class_of_weight_zero_is_not_corrected_and_one_of_half_a_weight_by_half() -> None:
    whole = FACTOR * WEIGHT
    assert corrected_component(1_000, 1_010_000_000, 0) == 1_000 * whole
    assert corrected_component(1_000, 1_010_000_000, WEIGHT // 2) == 1_005 * whole
    assert corrected_component(1_000, 990_000_000, WEIGHT) == 990 * whole


def test_demand_of_a_bm_unit_is_rounded_once_over_all_its_components() -> None:
    """Six components of 25 Wh are one and a half units of the report, a tie; one by one they would be nothing."""
    quarter = corrected_component(25, FACTOR, WEIGHT)
    assert period_bm_unit_demand(quarter, 0)[0] == 0
    assert period_bm_unit_demand(6 * quarter, 0)[0] == 2


WINDOW = [
    # id, Σ export_stor, Σ stor_to_other, Σ net_import_stor [kWh], NCSP, f
    ("a", 5, 0, 5, 100_000, 0),
    ("b", 5, 4, 5, 20_000, 80_000),
    ("c", 5, 5, 5, 0, 100_000),
    ("d", 10, 5, 10, 50_000, 50_000),
    ("P5", 4, 3, 5, 25_000, 60_000),
]


@pytest.mark.parametrize(
    ("export", "to_other", "imported", "ncsp", "f"), [row[1:] for row in WINDOW], ids=[row[0] for row in WINDOW]
)
def test_factors_over_a_window_of_seven_present_days(
    export: int, to_other: int, imported: int, ncsp: int, f: int
) -> None:
    assert osam_1_0.non_chargeable_storage_proportion(7, export * 1000, to_other * 1000, 0)[-1] == ncsp
    assert p395_proposed.usage_factor(7, imported * 1000, to_other * 1000, PARTS)[-1] == f


PERIODS_OF_WINDOW = {
    "a": [(5, 0, 5, 0, 0, 0), (0, 5, 0, 5, 0, 0)],
    "b": [(5, 0, 5, 0, 0, 0), (0, 1, 0, 5, 0, 0)],
    "c": [(0, 0, 5, 0, 0, 5), (0, 0, 0, 5, 0, 0)],
    "d": [(5, 0, 5, 0, 0, 0), (0, 5, 0, 5, 0, 0), (0, 0, 5, 0, 0, 5), (0, 0, 0, 5, 0, 0)],
    "P5": [(5, 0, 5, 0, 0, 0), (0, 1, 0, 1, 0, 0), (0, 0, 0, 3, 0, 0)],
}


@pytest.mark.parametrize("row", WINDOW, ids=[row[0] for row in WINDOW])
def test_flows_of_the_window_cases_add_up_to_their_sums(row: tuple[Any, ...]) -> None:
    name, export, to_other, imported, _, _ = row
    osam = [half_hour("osam-1.0", period, unit=1000) for period in PERIODS_OF_WINDOW[name]]
    assert sum(period[3] for period in PERIODS_OF_WINDOW[name]) == export
    assert sum(found["stor_to_other"] for found in osam) == to_other * 1000
    proposed = [half_hour("p395-proposed", period, unit=1000) for period in PERIODS_OF_WINDOW[name]]
    assert sum(found["stor_to_other"] for found in proposed) == to_other * 1000
    assert sum(found["net_import_stor"] for found in proposed) == imported * 1000


@pytest.mark.parametrize(
    ("default_ncsp", "fill_default", "available_only"), [(0, 28_571, 40_000), (50_000, 42_857, 40_000)]
)
def test_missing_days_are_filled_with_the_default_or_left_out(
    default_ncsp: int, fill_default: int, available_only: int
) -> None:
    sums = (5, 5 * 10, 5 * 6, default_ncsp)
    assert osam_1_0.non_chargeable_storage_proportion(*sums)[-1] == fill_default
    assert osam_1_0.ncsp_available_only(*sums)[-1] == available_only


@pytest.mark.parametrize("rule", [osam_1_0.non_chargeable_storage_proportion, osam_1_0.ncsp_available_only])
@pytest.mark.parametrize("days_present", [0, 3, 7])
def test_without_storage_export_the_ncsp_is_the_default(rule: Any, days_present: int) -> None:
    assert rule(days_present, 0, 0, 12_345)[-1] == 12_345


def test_without_storage_import_the_usage_factor_is_the_sites_default() -> None:
    assert p395_proposed.usage_factor(30, 0, 0, 12_345) == (12_345, 12_345)


def test_usage_factor_above_one_is_clamped_and_shows_what_was_measured() -> None:
    assert p395_proposed.usage_factor(30, 2, 3, 0) == (150_000, PARTS)


def test_surplus_caps_what_generation_gives_to_storage() -> None:
    """The trap of 3.4: with `numpy.minimum(a, b, c)` the third operand is lost and 5 would go to storage, not 1."""
    found = half_hour("osam-1.0", (4, 4, 5, 0, 0, 5))
    assert (found["surplus"], found["gen_to_stor"], found["bp_to_stor"]) == (1, 1, 4)


def test_generation_both_ways_is_flagged_and_not_corrected() -> None:
    found = half_hour("osam-1.0", (1, 0, 0, 0, 3, 7))
    assert (found["generation_both_ways"], found["other_to_bp"]) == (3, -2)
    assert found["chargeable"] + found["non_chargeable"] == 1


def test_other_to_gen_is_fed_by_what_other_exports() -> None:
    """Handbook 3.1: with ImpOther, as the transcription has it, the balance of import_gen fails here."""
    found = half_hour("osam-1.0", (0, 0, 0, 0, 2, 0))
    assert (found["export_other"], found["import_other"], found["other_to_gen"]) == (2, 0, 2)


def test_proportion_is_zero_where_nothing_is_imported() -> None:
    for edition in ("p395-proposed", "osam-1.0"):
        assert half_hour(edition, (0, 4, 0, 4, 0, 0))["proportion"] == 0


def test_default_edition_looks_at_nothing_but_the_boundary_import() -> None:
    assert default.half_hour(7, 1, 2, 3, 4, 5, 6) == (7, 0)


@pytest.mark.parametrize(
    ("edition", "chargeable"),
    [("p395-proposed", 5_000), ("osam-1.0", 5_000), ("interim-difference", 0), ("default", 5_000)],
)
def test_working_without_a_factor_takes_the_editions_default(edition: str, chargeable: int) -> None:
    """Usage factor 1 and NCSP 0 both leave storage import wholly chargeable, the safe side."""
    made = working(edition, import_bp=5_000, import_stor=5_000)
    assert made.values["chargeable_wh"] == chargeable
    assert [name.removesuffix("_wh") for name in list(made.values)[:6]] == list(INPUTS)


def test_working_with_a_factor_is_the_contracts_example() -> None:
    made = working(
        "p395-proposed",
        import_bp=2_500_000,
        export_bp=300_000,
        import_stor=1_300_000,
        export_stor=200_000,
        export_gen=1_800_000,
        factor=Decimal("0.30"),
    )
    assert made.values["bp_to_stor_wh"] == 687_500
    assert made.values["chargeable_wh"] == 2_018_750
