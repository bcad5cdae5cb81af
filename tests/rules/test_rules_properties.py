"""Properties of the rules (handbook chargeable-imports.md 8.7, private-networks.md 3.5) and of their arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.rules import osam_1_0, p395_proposed
from halfhour.rules.arithmetic import PARTS, apportion, round_half_even
from halfhour.rules.registry import editions
from halfhour.settlement.compiled import divide_by_reciprocal

LIMIT = 1_000_000_000
CLASSES = ("gen", "stor", "other")
Six = tuple[int, int, int, int, int, int]

# Small figures meet ties and empty flows, large ones the bound of 64 bits.
watt_hours = st.one_of(st.integers(0, 6), st.integers(0, LIMIT), st.sampled_from([0, LIMIT]))
six = st.tuples(*[watt_hours] * 6)
one_way = six.flatmap(lambda figures: st.sampled_from([(*figures[:4], figures[4], 0), (*figures[:4], 0, figures[5])]))
factors = st.one_of(st.integers(0, PARTS), st.sampled_from([0, 1, 50_000, PARTS - 1, PARTS]))
quick = settings(max_examples=100, deadline=None)


def carried_out(edition: str, figures: Six, parameter: int) -> dict[str, int]:
    rule = editions()[edition]
    return dict(zip(rule.outputs, rule.half_hour(*figures, parameter), strict=True))


@quick
@given(six, factors)
def test_proposed_flows_balance_whatever_is_metered(figures: Six, factor: int) -> None:
    import_bp, export_bp, *_ = figures
    q = carried_out("p395-proposed", figures, factor)
    assert q["net_gen"] + q["net_stor"] + q["net_other"] == q["net_bp"]
    assert q["bp_to_gen"] + q["bp_to_stor"] + q["bp_to_other"] == import_bp
    assert q["gen_to_bp"] + q["stor_to_bp"] + q["other_to_bp"] == export_bp
    assert q["chargeable"] + q["non_chargeable"] == import_bp
    assert q["chargeable"] >= 0
    assert q["non_chargeable"] >= 0
    assert 0 <= q["proportion"] <= PARTS
    assert import_bp - q["net_imports"] == export_bp - q["net_exports"]
    assert all(value >= 0 for name, value in q.items() if not name.startswith("net_"))


@quick
@given(six)
def test_proposed_transfers_add_up_by_exporter_and_by_importer(figures: Six) -> None:
    q = carried_out("p395-proposed", figures, 0)
    for one in CLASSES:
        others = [other for other in CLASSES if other != one]
        assert sum(q[f"{one}_to_{other}"] for other in others) == q[f"site_export_{one}"]
        assert sum(q[f"{other}_to_{one}"] for other in others) == q[f"site_import_{one}"]
    assert sum(q[f"site_import_{one}"] for one in CLASSES) == sum(q[f"site_export_{one}"] for one in CLASSES)
    if q["through_flow"] > 0:
        assert not any(q[f"site_import_{one}"] or q[f"site_export_{one}"] for one in CLASSES)


@quick
@given(six)
def test_proposed_transfers_are_pro_rata_shares_of_each_export(figures: Six) -> None:
    """Handbook 2.3 spreads each on-site export over the on-site imports by `apportion`; the rule writes it shorter."""
    q = carried_out("p395-proposed", figures, 0)
    for one in CLASSES:
        shares = apportion(q[f"site_export_{one}"], *(q[f"site_import_{other}"] for other in CLASSES))
        for other, share in zip(CLASSES, shares, strict=True):
            assert share == (q[f"{one}_to_{other}"] if one != other else 0)


@quick
@given(six, factors, factors)
def test_proposed_chargeable_does_not_fall_when_the_usage_factor_rises(figures: Six, one: int, other: int) -> None:
    low, high = sorted((one, other))
    chargeable = [carried_out("p395-proposed", figures, factor)["chargeable"] for factor in (low, high)]
    assert chargeable == sorted(chargeable)


def balances_but_of_generation_import(figures: Six, q: dict[str, int]) -> None:
    import_bp, export_bp, import_stor, export_stor, _, export_gen = figures
    assert import_bp == q["bp_to_stor"] + q["bp_to_gen"] + q["bp_to_other"]
    assert export_bp == q["gen_to_bp"] + q["stor_to_bp"] + q["other_to_bp"]
    assert import_stor == q["gen_to_stor"] + q["bp_to_stor"] + q["other_to_stor"]
    assert export_stor == q["stor_to_bp"] + q["stor_to_gen"] + q["stor_to_other"]
    assert export_gen == q["gen_to_stor"] + q["gen_to_other"] + q["gen_to_bp"]
    assert q["chargeable"] + q["non_chargeable"] == import_bp
    assert q["non_chargeable_stor"] >= 0
    assert q["chargeable"] >= 0
    assert 0 <= q["proportion"] <= PARTS


@quick
@given(one_way, factors)
def test_osam_flows_balance_where_generation_goes_one_way(figures: Six, ncsp: int) -> None:
    q = carried_out("osam-1.0", figures, ncsp)
    balances_but_of_generation_import(figures, q)
    assert figures[4] == q["stor_to_gen"] + q["bp_to_gen"] + q["other_to_gen"]
    from_outside_other = q["gen_to_other"] + q["stor_to_other"] + q["bp_to_other"]
    assert q["net_other"] == from_outside_other - (q["other_to_stor"] + q["other_to_gen"] + q["other_to_bp"])
    assert all(value >= 0 for name, value in q.items() if name != "net_other")
    assert q["generation_both_ways"] == 0


@quick
@given(six, factors)
def test_osam_boundary_and_storage_balance_even_with_generation_both_ways(figures: Six, ncsp: int) -> None:
    q = carried_out("osam-1.0", figures, ncsp)
    balances_but_of_generation_import(figures, q)
    assert q["bp_to_gen"] >= 0
    assert q["bp_to_stor"] >= 0
    assert q["bp_to_other"] >= 0
    assert q["generation_both_ways"] == min(figures[4], figures[5])


@quick
@given(st.tuples(*[st.integers(0, 50_000)] * 6), st.integers(1, 10_000))
def test_osam_flows_grow_with_their_inputs(figures: Six, times: int) -> None:
    once = carried_out("osam-1.0", figures, 0)
    scaled = tuple(value * times for value in figures)
    many = carried_out("osam-1.0", scaled, 0)  # type: ignore[arg-type]
    assert {name: value * times for name, value in once.items() if name != "proportion"} == {
        name: value for name, value in many.items() if name != "proportion"
    }


@quick
@given(six, st.integers(0, 1))
def test_default_charges_the_import_and_interim_is_signed(figures: Six, licensed: int) -> None:
    found = carried_out("default", figures, 0)
    assert (found["chargeable"], found["non_chargeable"]) == (figures[0], 0)
    q = carried_out("interim-difference", figures, licensed)
    assert q["chargeable"] + q["non_chargeable"] == figures[0]
    assert q["chargeable"] == (q["customer_import"] if licensed else 0)
    assert q["customer_import"] - q["customer_export"] == q["net_other"]
    assert min(q["customer_import"], q["customer_export"]) == 0


@quick
@given(st.integers(0, 7), st.integers(0, 336 * LIMIT), st.integers(0, 336 * LIMIT), factors)
def test_ncsp_lies_between_none_and_all(days: int, export: int, to_other: int, default_ncsp: int) -> None:
    to_other = min(to_other, export)
    for rule in (osam_1_0.non_chargeable_storage_proportion, osam_1_0.ncsp_available_only):
        kept, measured, factor = rule(days, export, to_other, default_ncsp)
        assert 0 <= factor <= PARTS
        assert factor == measured
        assert kept == export - to_other


@quick
@given(st.integers(1, 336 * LIMIT), st.integers(0, 336 * LIMIT), factors)
def test_with_all_seven_days_present_both_readings_of_missing_days_agree(
    export: int, to_other: int, default_ncsp: int
) -> None:
    sums = (7, export, min(to_other, export), default_ncsp)
    assert osam_1_0.non_chargeable_storage_proportion(*sums) == osam_1_0.ncsp_available_only(*sums)


@quick
@given(st.integers(0, 1488 * LIMIT), st.integers(0, 1488 * LIMIT), factors)
def test_usage_factor_is_the_rounded_ratio_held_between_none_and_all(imported: int, to_other: int, given_: int) -> None:
    measured, factor = p395_proposed.usage_factor(31, imported, to_other, given_)
    assert measured == (round(Fraction(PARTS * to_other, imported)) if imported else given_)
    assert factor == min(PARTS, measured)


@quick
@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_rounding_is_that_of_exact_fractions(numerator: int, denominator: int) -> None:
    assert round_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@quick
@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_ties_go_to_the_even_number(quotient: int, half: int) -> None:
    assert round_half_even(quotient * 2 * half + half, 2 * half) == quotient + quotient % 2


@quick
@given(st.lists(st.tuples(st.integers(0, 10**15), st.integers(1, 2_000)), min_size=1, max_size=8))
def test_rounding_of_arrays_is_that_of_each_number(pairs: list[tuple[int, int]]) -> None:
    numerators, denominators = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    found = round_half_even(numerators, denominators)  # type: ignore[arg-type]
    assert list(found) == [round_half_even(*pair) for pair in pairs]  # type: ignore[call-overload]


@quick
@given(st.integers(0, LIMIT), st.tuples(*[st.one_of(st.integers(0, 3), st.integers(0, 3 * LIMIT))] * 3))
def test_shares_add_up_and_the_remainder_is_the_last_claimants(total: int, weights: tuple[int, int, int]) -> None:
    shares = apportion(total, *weights)
    assert sum(shares) == total
    assert min(shares) >= 0
    claimants = [number for number, weight in enumerate(weights) if weight > 0]
    if not claimants:
        assert shares == (0, 0, total)
        return
    for number, weight in enumerate(weights):
        if number != claimants[-1]:
            assert shares[number] == total * weight // sum(weights)


@quick
@given(st.integers(1, 3 * LIMIT), st.integers(0, LIMIT), st.integers(-2, 2))
def test_division_by_the_reciprocal_is_exact_near_multiples(denominator: int, quotient: int, offset: int) -> None:
    numerator = max(0, quotient * denominator + offset)
    assert divide_by_reciprocal(numerator, denominator) == numerator // denominator


@quick
@given(st.integers(0, LIMIT), st.integers(0, 3 * LIMIT), st.integers(1, 9 * LIMIT))
def test_division_by_the_reciprocal_is_exact_for_shares(total: int, weight: int, more: int) -> None:
    weights = min(9 * LIMIT, weight + more)
    assert divide_by_reciprocal(total * weight, weights) == total * weight // weights
