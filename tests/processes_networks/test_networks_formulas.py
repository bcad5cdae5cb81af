"""Formulas of Complex Sites: what they come to, and what is refused before anything is computed (handbook 3, 8, 9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from network_flow_files import BOUNDARY, THIRD_PARTY, mpan
from networks_builders import DAY, SECOND, USE, network, terms

from halfhour.errors import HalfhourError, Refused
from halfhour.processes.private_networks import ThirdParty
from halfhour.processes.private_networks.formulas import (
    Channel,
    Constant,
    Formula,
    Member,
    SupplementaryInformation,
    check_record,
    parse,
    standard_record,
    volumes,
)

LONG_DAY, SHORT_DAY = date(2025, 10, 26), date(2025, 3, 30)
Z, T = BOUNDARY, THIRD_PARTY


def record(*formulas: tuple[str, str], **changes) -> SupplementaryInformation:
    """A boundary with two third parties; formulas by MSID, all of them imports."""
    whole = SupplementaryInformation(
        "ridgeway-park",
        "Ridgeway Park",
        (Member(Z, "boundary"), Member(T, "third-party", Z), Member(SECOND, "third-party", Z)),
        (Channel("z", "AI"), Channel("y", "AI"), Channel("x", "AI")),
        tuple(Formula(msid, "AI", text) for msid, text in formulas),
    )
    return replace(whole, **changes)


def codes_of(*formulas, **changes):
    return [one.code for one in check_record(record(*formulas, **changes))]


def of_one(text, **readings):
    """What a formula of the boundary alone comes to in the first period."""
    got = volumes(record((Z, text)), {name: [value] * 48 for name, value in readings.items()}, DAY)
    return got.values[f"{Z}.AI"][0]


def test_v1_the_figures_of_the_guidance_come_out_of_a_formula():
    one = record((T, "1.02 * y"), (Z, f"z - {{{T}.AI}}"))
    got = volumes(one, {"z": [20_000] * 48, "y": [10_000] * 48}, DAY)
    assert got.values == {f"{T}.AI": (10_200,) * 48, f"{Z}.AI": (9_800,) * 48}
    assert got.findings == ()


def tree(losses=("0.02", "0.01", "0.03")):
    """V4: sub s below the root, leaf a below s, leaf b below the root."""
    s, a, b = (mpan("10", number) for number in (11, 12, 13))
    parties = (ThirdParty("s", s, USE), ThirdParty("a", a, USE, parent=s), ThirdParty("b", b, USE))
    held = tuple(terms(one.msid, factor=Decimal(loss)) for one, loss in zip(parties, losses, strict=True))
    return network(third_parties=parties, loss_terms=held), (s, a, b)


def test_v4_a_network_within_a_network_adds_up_to_the_boundary():
    whole, (s, a, b) = tree()
    one = standard_record(whole, DAY)
    assert check_record(one) == []
    readings = {f"CH_{Z}": 100_000, f"CH_{s}": 40_000, f"CH_{a}": 10_000, f"CH_{b}": 5_000}
    got = volumes(one, {name: [value] * 48 for name, value in readings.items()}, DAY).values
    first = {name: values[0] for name, values in got.items()}
    assert first == {f"{Z}.AI": 54_050, f"{s}.AI": 30_498, f"{a}.AI": 10_302, f"{b}.AI": 5_150}


@given(
    st.lists(st.integers(0, 10**6), min_size=3, max_size=3),
    st.lists(st.integers(0, 9999), min_size=3, max_size=3),
)
def test_whatever_the_losses_and_readings_the_volumes_add_up_to_the_boundarys_reading(below, losses):
    whole, (s, a, b) = tree([str(Decimal(one) / 100_000) for one in losses])
    readings = dict(zip((s, a, b), below, strict=True))
    total = 4 * sum(below) + 10
    # Each sub-meter measures what lies below it, too, so that nothing is negative.
    readings[s] += 2 * readings[a]
    channels = {f"CH_{Z}": [total] * 48} | {f"CH_{msid}": [value] * 48 for msid, value in readings.items()}
    got = volumes(standard_record(whole, DAY), channels, DAY)
    assert got.findings == ()
    assert sum(values[0] for values in got.values.values()) == total


def test_a_meter_that_scales_itself_is_not_scaled_again_by_the_formula():
    itself = network(loss_terms=(terms(applied_in=("meter",)),))
    assert {one.text for one in standard_record(itself, DAY).formulas} == {f"CH_{T}", f"CH_{Z} - {{{T}.AI}}"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("z - y * 1.5", 100 - 60),
        ("2 * (z - y) - (z - y)", 60),
        ("MAX(0, y - z) + MIN(0, y - z) + z", 40),
        ("max", None),
        ("z * -1 + 3 * y", 20),
        ("- y + z", 60),
        ("MAX(z - y, 0)", 60),
    ],
)
def test_a_formula_comes_to_what_it_says(text, wanted):
    if wanted is None:
        assert codes_of((Z, text)) == ["PN-205"]
    else:
        assert of_one(text, z=100, y=40) == wanted


@pytest.mark.parametrize(("reading", "wanted"), [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4)])
def test_a_result_is_rounded_once_and_half_to_even(reading, wanted):
    assert of_one("0.5 * z", z=reading) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z /",
        "z / 2",
        "z -",
        "(z",
        "z)",
        "z y",
        "MAX(z, y)",
        "MAX(0 z)",
        "MIN(0)",
        "z ** 2",
        "1.2.3 * z",
        "{123} - z",
        "z\x00",
        "½ * z",
        "(" * 40 + "z" + ")" * 40,
        "z" + " + z" * 3000,
        "__import__('os')",
    ],
)
def test_what_is_no_formula_is_refused_with_the_place(text):
    with pytest.raises(HalfhourError, match="PN-207"):
        parse(text)


@given(st.text(alphabet="zy01.2+-*(),{} MINAX", max_size=60))
def test_any_text_is_a_formula_or_refused(text):
    def refused():
        try:
            parse(text)
        except HalfhourError as error:
            return error.code
        return ""

    assert refused() in ("", "PN-207")


@pytest.mark.parametrize("text", ["z * y", "2 + 3", "z + 2", "MAX(0, 2)", "z * (y + 1)", "h + w * z"])
def test_what_comes_to_no_energy_is_refused(text):
    held = (Constant("h", Fraction(5), "Wh", "hut"), Constant("w", Fraction(5), "Wh", "hut"))
    assert codes_of((Z, text), constants=held) == ["PN-207"]


def test_a_constant_energy_counts_in_each_period():
    held = (Constant("hut", Fraction(5), "Wh", "unmetered hut"), Constant("u", Fraction("1.5"), "1", "losses"))
    got = volumes(record((Z, "u * z - hut"), constants=held), {"z": [10] * 50}, LONG_DAY)
    assert got.values[f"{Z}.AI"] == (10,) * 50


def test_formulas_that_need_one_another_are_refused_as_a_cycle():
    assert codes_of((Z, f"z - {{{T}.AI}}"), (T, f"y - {{{SECOND}.AI}}"), (SECOND, f"{{{T}.AI}} + x")) == ["PN-201"]
    assert codes_of((Z, f"z - {{{Z}.AI}}")) == ["PN-201"]


def test_parents_that_go_round_are_refused_as_a_cycle():
    round_about = (Member(Z, "boundary", T), Member(T, "third-party", Z))
    assert codes_of((Z, "z"), (T, "y"), members=round_about) == ["PN-201"]


def test_a_channel_for_two_msids_that_are_not_parent_and_child_is_refused():
    assert codes_of((T, "y"), (SECOND, "x + y"), (Z, f"z - {{{T}.AI}}")) == ["PN-202"]
    assert codes_of((T, "y"), (SECOND, "x - y")) == []
    assert codes_of((T, "y"), (Z, "z + y")) == []


def test_v5_a_child_subtracted_from_its_parent_and_again_further_up_is_refused():
    below = (Member(Z, "boundary"), Member(T, "sub", Z), Member(SECOND, "third-party", T))
    right = ((SECOND, "x"), (T, "y - x"), (Z, "z - y"))
    wrong = ((SECOND, "x"), (T, "y - x"), (Z, "z - y - x"))
    assert codes_of(*right, members=below) == []
    assert codes_of(*wrong, members=below) == ["PN-203"]
    # By results the boundary subtracts both: what the sub-meter settles leaves the leaf out.
    by_results = ((SECOND, "x"), (T, f"y - {{{SECOND}.AI}}"), (Z, f"z - {{{T}.AI}} - {{{SECOND}.AI}}"))
    assert codes_of(*by_results, members=below) == []


def test_unknown_channels_results_and_msids_are_refused_with_the_nearest_name():
    (found,) = check_record(record((Z, "z - zz")))
    assert found.code == "PN-205"
    assert "uses channel 'zz', which does not exist" in found.message
    assert "The nearest known is 'z'" in found.next_step
    assert codes_of((Z, f"z - {{{SECOND}.AI}}")) == ["PN-205"]
    assert codes_of((mpan("10", 77), "z")) == ["PN-205"]


def test_every_fault_of_a_record_is_told_and_nothing_is_computed():
    with pytest.raises(Refused) as refusal:
        volumes(record((Z, "z - q"), (T, "y /")), {"z": [1] * 48}, DAY)
    assert [one.code for one in refusal.value.findings] == ["PN-207", "PN-205"]


@pytest.mark.parametrize("day", [DAY, SHORT_DAY, LONG_DAY])
def test_v9_periods_that_differ_stop_the_day(day):
    one = record((T, "y"), (Z, f"z - {{{T}.AI}}"))
    counts = {SHORT_DAY: 46, DAY: 48, LONG_DAY: 50}
    wrong = 50 if day == DAY else 48
    got = volumes(one, {"z": [9] * counts[day], "y": [1] * wrong}, day)
    assert got.values == {}
    assert [one.code for one in got.findings] == ["PN-304"]
    assert f"y has {wrong}" in got.findings[0].message
    whole = volumes(one, {"z": [9] * counts[day], "y": [1] * counts[day]}, day)
    assert whole.values[f"{Z}.AI"] == (8,) * counts[day]


def test_a_missing_reading_never_counts_as_zero_and_the_rest_goes_on():
    one = record((T, "y"), (SECOND, "x"), (Z, f"z - {{{T}.AI}}"))
    got = volumes(one, {"z": [9] * 48, "y": [None, *[1] * 47], "x": [3] * 48}, DAY)
    assert got.values[f"{T}.AI"][:2] == (None, 1)
    assert got.values[f"{Z}.AI"][:2] == (None, 8)
    assert got.values[f"{SECOND}.AI"] == (3,) * 48
    assert {(found.code, found.settlement_period) for found in got.findings} == {("PN-302", 1)}
    absent = volumes(one, {"z": [9] * 48, "x": [3] * 48}, DAY)
    assert set(absent.values[f"{Z}.AI"]) == {None}


def test_v7_a_negative_result_is_held():
    one = record((T, "y"), (Z, f"z - {{{T}.AI}}"))
    got = volumes(one, {"z": [9_000] * 48, "y": [10_000] * 48}, DAY)
    assert got.values[f"{Z}.AI"] == (None,) * 48
    assert {found.code for found in got.findings} == {"PN-301"}
    assert "-1,000 Wh" in got.findings[0].message


def test_netting_that_a_rule_states_gives_one_side_or_the_other():
    whole = record(
        channels=(Channel("zi", "AI"), Channel("ze", "AE"), Channel("y", "AI")),
        formulas=(
            Formula(T, "AI", "y"),
            Formula(Z, "AI", "MAX(0, zi - ze - y)"),
            Formula(Z, "AE", "MAX(0, ze + y - zi)"),
        ),
    )
    assert check_record(whole) == []
    readings = {"zi": [0, 9] * 24, "ze": [5, 0] * 24, "y": [2, 2] * 24}
    got = volumes(whole, readings, DAY).values
    assert (got[f"{Z}.AI"][:2], got[f"{Z}.AE"][:2]) == ((0, 7), (7, 0))


def test_a_standard_record_wants_known_losses_one_boundary_and_a_tree():
    with pytest.raises(HalfhourError, match="PN-401"):
        standard_record(network(loss_terms=()), DAY)
    with pytest.raises(HalfhourError, match="PN-206"):
        standard_record(network(boundary_msids=(Z, SECOND)), DAY)
    with pytest.raises(HalfhourError, match="PN-205"):
        standard_record(network(third_parties=(ThirdParty("Unit 4", T, USE, parent=SECOND),)), DAY)
    ring = (ThirdParty("a", T, USE, parent=SECOND), ThirdParty("b", SECOND, USE, parent=T))
    with pytest.raises(HalfhourError, match="PN-201"):
        standard_record(network(third_parties=ring), DAY)


def test_a_deep_chain_of_networks_is_checked_in_reasonable_time():
    msids = [mpan("10", 100 + number) for number in range(40)]
    parties = tuple(
        ThirdParty(str(place), msid, USE, parent=msids[place - 1] if place else "") for place, msid in enumerate(msids)
    )
    deep = network(third_parties=parties, loss_terms=tuple(terms(msid) for msid in msids))
    assert check_record(standard_record(deep, DAY)) == []
