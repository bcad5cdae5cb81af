"""Differencing on private networks (handbook private-networks.md 3 and 9) and losses to the boundary's voltage."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.errors import Finding
from halfhour.metering.difference import Readings, Series, settled_volumes, uplift
from halfhour.metering.losses import at_boundary_voltage, factors_by_day
from halfhour.register.model import LossFactor, Metering, Site

DAY = date(2024, 1, 15)
ABSENT, ACTUAL, ESTIMATED = 0, 1, 2
PERIODS = np.array([48])
quick = settings(max_examples=100, deadline=None)

ROOT = Metering("Meter 1", "boundary", "2000000000015", None, "HV")
Value = int | tuple[int, int]


def leaf(name: str, parent: str = "Meter 1", losses: str | None = None, **fields: object) -> Metering:
    return Metering(name, "third-party", name, parent=parent, losses=losses and Decimal(losses), **fields)  # type: ignore[arg-type]


def network(*meterings: Metering, **fields: object) -> Site:
    return Site("park", "Park", "_H", "HV", network="private", metering=meterings, **fields)  # type: ignore[arg-type]


def series(value: Value) -> Series:
    """One reading, in the first half hour of one day: actual, or with its mark."""
    wh, mark = value if isinstance(value, tuple) else (value, ACTUAL)
    values, marks = np.zeros((1, 50), dtype=np.int64), np.zeros((1, 50), dtype=np.uint8)
    values[0, 0], marks[0, 0] = wh, mark
    return Series(values, marks)


def settle(
    site: Site, imports: list[Value], exports: dict[int, Value] | None = None
) -> tuple[dict[str, int | None], str, list[Finding]]:
    """What each meter settles to in the first half hour, the marks as letters in order of meter, and the findings."""
    readings: Readings = {(number, "AI"): series(value) for number, value in enumerate(imports)}
    readings |= {(number, "AE"): series(value) for number, value in (exports or {}).items()}
    settled, findings = settled_volumes(site, readings, [DAY], 0)
    volumes: dict[str, int | None] = {}
    marks = ""
    for (number, quantity), one in sorted(settled.items(), key=lambda item: (item[0][1] == "AE", item[0][0])):
        name = site.metering[number].name + (" AE" if quantity == "AE" else "")
        mark = int(one.marks[0, 0])
        volumes[name] = int(one.values[0, 0]) if mark else None
        marks += "-AE"[mark]
    return volumes, marks, findings


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def test_scaled_third_party_takes_its_losses_from_the_owner() -> None:  # V1
    assert settle(network(ROOT, leaf("T", losses="0.02")), [20_000, 10_000])[0] == {"Meter 1": 9_800, "T": 10_200}


def test_unscaled_third_party_leaves_the_losses_with_the_owner() -> None:  # V2
    assert settle(network(ROOT, leaf("T")), [20_000, 10_000])[0] == {"Meter 1": 10_000, "T": 10_000}


def test_meter_that_compensates_itself_is_not_scaled_again() -> None:
    assert uplift(leaf("T", losses="0.02", compensated_in_meter=True)) == 1
    assert uplift(leaf("T", losses="0.02")) == Fraction(51, 50)


def test_nested_networks_multiply_their_losses_and_each_is_subtracted_from_its_parent_only() -> None:  # V4, V5
    site = network(ROOT, leaf("s", losses="0.02"), leaf("a", "s", "0.01"), leaf("b", losses="0.03"))
    volumes, marks, _ = settle(site, [100_000, 40_000, 10_000, 5_000])
    assert volumes == {"Meter 1": 54_050, "s": 30_498, "a": 10_302, "b": 5_150}
    assert sum(filter(None, volumes.values())) == 100_000
    assert marks == "AAAA"


def test_common_line_loss_factor_conserves_the_boundary() -> None:  # V6
    volumes, _, _ = settle(network(ROOT, leaf("T", losses="0.02")), [20_000, 10_000])
    factor = Fraction(1097, 1000)
    assert [(volumes[name] or 0) * factor for name in ("T", "Meter 1")] == [Fraction("11189.4"), Fraction("10750.6")]


def test_negative_result_is_held_for_the_whole_network() -> None:  # V7
    volumes, _, findings = settle(network(ROOT, leaf("T"), leaf("U")), [9_000, 10_000, 0])
    assert volumes == {"Meter 1": None, "T": None, "U": None}
    assert codes(findings) == ["PN-301"]
    assert "-1000 Wh" in findings[0].message
    assert (findings[0].settlement_date, findings[0].settlement_period) == (DAY, 1)


def test_negative_result_becomes_export_where_an_export_msid_is_live() -> None:  # V7
    root = replace(ROOT, export_msid="2000000000024")
    volumes, _, findings = settle(network(root, leaf("T"), negative_result="to-export-msid"), [9_000, 10_000], {0: 250})
    assert volumes == {"Meter 1": 0, "T": 10_000, "Meter 1 AE": 1_250}
    assert codes(findings) == ["PN-301"]


def test_negative_result_without_an_export_msid_is_held_after_all() -> None:
    volumes, _, findings = settle(network(ROOT, leaf("T"), negative_result="to-export-msid"), [9_000, 10_000])
    assert volumes == {"Meter 1": None, "T": None}
    assert "held" in findings[0].message


def test_negative_result_made_of_an_estimate_makes_the_export_an_estimate() -> None:
    """Handbook 3.4: a residual of an estimate is an estimate, in whichever direction it is settled."""
    root = replace(ROOT, export_msid="2000000000024")
    site = network(root, leaf("T"), negative_result="to-export-msid")
    volumes, marks, _ = settle(site, [9_000, (10_000, ESTIMATED)], {0: 0})
    assert volumes["Meter 1 AE"] == 1_000
    assert marks == "EEE"


def test_clipped_deficit_is_reported_as_unallocated() -> None:  # V7
    volumes, _, findings = settle(network(ROOT, leaf("T"), negative_result="clip-zero"), [9_000, 10_000])
    assert volumes == {"Meter 1": 0, "T": 10_000}
    assert codes(findings) == ["PN-301"]
    assert "1000 Wh are unallocated" in findings[0].message


def test_residual_of_an_estimate_is_an_estimate() -> None:  # V8
    assert settle(network(ROOT, leaf("T")), [20_000, (10_000, ESTIMATED)])[1] == "EE"


def test_estimated_parent_leaves_its_child_actual() -> None:
    assert settle(network(ROOT, leaf("T")), [(20_000, ESTIMATED), 10_000])[1] == "EA"


def test_missing_child_is_never_zero() -> None:
    volumes, _, findings = settle(network(ROOT, leaf("T"), leaf("U")), [20_000, (0, ABSENT), 3_000])
    assert volumes == {"Meter 1": None, "T": None, "U": 3_000}
    assert codes(findings) == ["PN-302"]


def test_missing_parent_leaves_its_child_as_it_is() -> None:
    volumes, marks, findings = settle(network(ROOT, leaf("T", losses="0.02")), [(0, ABSENT), 10_000])
    assert (volumes, marks, codes(findings)) == ({"Meter 1": None, "T": 10_200}, "-A", [])


def test_estimate_of_the_boundary_below_its_children_is_raised_to_them() -> None:
    volumes, marks, findings = settle(network(ROOT, leaf("T")), [(9_000, ESTIMATED), 10_000])
    assert (volumes, marks, codes(findings)) == ({"Meter 1": 0, "T": 10_000}, "EA", ["PN-303"])


def test_full_settlement_subtracts_nothing_and_leaves_the_boundary_out() -> None:
    site = network(ROOT, leaf("T", losses="0.02"), leaf("U"), settlement_option="full-settlement")
    volumes, marks, findings = settle(site, [20_000, 10_000, 5_000])
    assert volumes == {"Meter 1": None, "T": 10_200, "U": 5_000}
    assert (marks, [finding.code for finding in findings]) == ("-AA", ["PN-111"])
    assert "4,800 Wh more" in findings[0].message


def test_full_settlement_behind_two_boundaries_still_scales_by_the_losses() -> None:
    second = Metering("Meter 2", "boundary", "2000000000033", None, "HV")
    third_party = Metering("T", "third-party", "T", losses=Decimal("0.02"))
    site = network(ROOT, second, third_party, settlement_option="full-settlement")
    assert settle(site, [20_000, 20_000, 10_000])[0]["T"] == 10_200


def test_import_and_export_are_netted_where_a_rule_states_it() -> None:
    root = replace(ROOT, export_msid="2000000000024")
    member = replace(leaf("T"), export_msid="T AE")
    site = network(root, member, netting="within-half-hour")
    assert settle(site, [0, 1_000], {0: 2_000, 1: 4_000})[0] == {
        "Meter 1": 1_000,  # net of boundary -2,000 less net of T -3,000
        "Meter 1 AE": 0,
        "T": 0,
        "T AE": 3_000,
    }


def test_tree_changes_at_midnight_and_not_within_a_day() -> None:
    days = [DAY, DAY + timedelta(days=1)]
    site = network(ROOT, leaf("T", effective_to=days[1]), leaf("U", effective_from=days[1]))
    two_days = {
        (number, "AI"): Series(np.full((2, 50), wh), np.full((2, 50), ACTUAL, dtype=np.uint8))
        for number, wh in enumerate((10_000, 1_000, 200))
    }
    settled, _ = settled_volumes(site, two_days, days, 0)
    assert settled[0, "AI"].values[:, [0, 47]].tolist() == [[9_000, 9_000], [9_800, 9_800]]


def test_findings_of_the_reference_period_are_not_those_of_the_run() -> None:
    days = [DAY, DAY + timedelta(days=1)]
    both = {
        (number, "AI"): Series(np.full((2, 50), wh), np.full((2, 50), ACTUAL, dtype=np.uint8))
        for number, wh in enumerate((1, 2))
    }
    _, findings = settled_volumes(network(ROOT, leaf("T")), both, days, 1)
    assert {finding.settlement_date for finding in findings} == {days[1]}


def test_uplift_with_many_decimals_is_exact() -> None:
    fine = "0.0123456789012345"
    volumes, _, _ = settle(network(ROOT, leaf("T", losses=fine)), [10**9, 900_000_000])
    assert volumes["T"] == round(900_000_000 * (1 + Fraction(fine)))
    assert (volumes["T"] or 0) + (volumes["Meter 1"] or 0) == 10**9


losses = st.sampled_from([None, "0", "0.01", "0.02", "0.003", "0.125", "0.5"])


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[int | None], list[str | None], list[int]]:
    """Parents (0 is the root), losses of the edges and readings; the root's reading is what is left of 10^9."""
    n = draw(st.integers(1, 6))
    parents = [draw(st.integers(0, number)) for number in range(n)]
    return (
        list(parents),
        draw(st.lists(losses, min_size=n, max_size=n)),
        draw(st.lists(st.integers(0, 1_000_000), min_size=n, max_size=n)),
    )


def tree_site(parents: list[int | None], edge_losses: list[str | None], **fields: object) -> Site:
    names = ["Meter 1", *(f"N{number}" for number in range(1, len(parents) + 1))]
    members = [
        leaf(names[number + 1], names[parent or 0], loss)
        for number, (parent, loss) in enumerate(zip(parents, edge_losses, strict=True))
    ]
    return network(ROOT, *members, **fields)


def raw(site: Site, values: list[int]) -> dict[str, int]:
    """Settled volumes with negative results let through, which the policies would otherwise change."""
    volumes, _, findings = settle(site, list(values))
    if findings:
        volumes, _, _ = settle(replace(site, negative_result="clip-zero"), list(values))
    return {name: value or 0 for name, value in volumes.items()}


@quick
@given(trees(), st.integers(0, 10**9))
def test_settled_volumes_add_up_to_the_boundary_or_the_deficit_is_named(
    tree: tuple[list[int | None], list[str | None], list[int]], reading: int
) -> None:
    parents, edge_losses, values = tree
    site = tree_site(parents, edge_losses, negative_result="clip-zero")
    volumes, _, findings = settle(site, [reading, *values])
    deficit = sum(int(finding.message.rpartition("and ")[2].split()[0]) for finding in findings)
    assert sum(filter(None, volumes.values())) - deficit == reading


@quick
@given(trees(), st.randoms(use_true_random=False))
def test_order_of_children_and_children_of_zero_change_nothing(
    tree: tuple[list[int | None], list[str | None], list[int]], random: object
) -> None:
    parents, edge_losses, values = tree
    site = tree_site(parents, edge_losses)
    before = raw(site, [10**9, *values])
    order = list(range(1, len(site.metering)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = replace(site, metering=(site.metering[0], *(site.metering[number] for number in order)))
    assert raw(shuffled, [10**9, *([0, *values][number] for number in order)]) == before
    grown = replace(site, metering=(*site.metering, leaf("nothing", site.metering[-1].name, "0.02")))
    after = raw(grown, [10**9, *values, 0])
    assert after.pop("nothing") == 0
    assert after == before


@quick
@given(trees(), st.sampled_from(["0.04", "0.2"]))
def test_losses_of_a_leaf_move_energy_between_it_and_its_parent_only(
    tree: tuple[list[int | None], list[str | None], list[int]], new: str
) -> None:
    parents, edge_losses, values = tree
    last = len(parents)  # the last node can have no child
    before = raw(tree_site(parents, edge_losses), [10**9, *values])
    after = raw(tree_site(parents, [*edge_losses[:-1], new]), [10**9, *values])
    parent = "Meter 1" if parents[-1] == 0 else f"N{parents[-1]}"
    moved = {name for name in before if before[name] != after[name]}
    if before[parent] and after[parent]:
        assert moved <= {f"N{last}", parent}
        assert after[f"N{last}"] - before[f"N{last}"] == before[parent] - after[parent]


@quick
@given(trees())
def test_without_losses_scaled_and_unscaled_are_the_same(
    tree: tuple[list[int | None], list[str | None], list[int]],
) -> None:
    parents, _, values = tree
    scaled = raw(tree_site(parents, ["0"] * len(parents)), [10**9, *values])
    assert scaled == raw(tree_site(parents, [None] * len(parents)), [10**9, *values])


def loss_factor(thousandths: int, voltage: str = "HV", **fields: object) -> LossFactor:
    return LossFactor("_H", voltage, "AI", thousandths, **fields)  # type: ignore[arg-type]


def test_loss_factors_hold_by_period_and_closed_open_dates() -> None:
    days = [DAY, DAY + timedelta(days=1)]
    look_up = factors_by_day(
        [
            loss_factor(1081, last_period=32, effective_to=days[1]),
            loss_factor(1095, first_period=33, effective_to=days[1]),
            loss_factor(1090, effective_from=days[1]),
        ],
        days,
    )
    found = look_up("_H", "HV", "AI")
    assert (found[0, 31], found[0, 32], found[1, 0], found[1, 49]) == (1081, 1095, 1090, 1090)
    assert not look_up("_H", "HV", "AE").any()
    assert not look_up("_A", "HV", "AI").any()


def test_reading_without_a_loss_factor_is_absent_and_never_unadjusted() -> None:
    readings = np.full((1, 50), 1_000_000, dtype=np.int64)
    marks = np.full((1, 50), ESTIMATED, dtype=np.uint8)
    marks[0, 2] = ABSENT
    asset = np.full((1, 50), 1081, dtype=np.int64)
    boundary = np.full((1, 50), 1043, dtype=np.int64)
    asset[0, 1] = 0
    adjusted, found, wanting = at_boundary_voltage(readings, marks, asset, boundary)
    assert (adjusted[0, :3].tolist(), found[0, :3].tolist()) == ([1_036_433, 0, 0], [ESTIMATED, ABSENT, ABSENT])
    assert wanting.tolist() == [True]


def test_a_factor_that_lacks_where_no_reading_is_does_not_matter() -> None:
    nothing = np.zeros((1, 50), dtype=np.int64)
    _, _, wanting = at_boundary_voltage(nothing, nothing.astype(np.uint8), nothing, nothing)
    assert wanting.tolist() == [False]


@quick
@given(trees(), st.lists(st.integers(0, 1_000_000), min_size=7, max_size=7), st.integers(0, 10**7))
def test_netted_volumes_add_up_to_the_net_of_the_boundary(
    tree: tuple[list[int | None], list[str | None], list[int]], exports: list[int], reading: int
) -> None:
    parents, edge_losses, values = tree
    site = tree_site(parents, edge_losses, netting="within-half-hour")
    both_ways = tuple(replace(one, export_msid=f"{one.name} AE") for one in site.metering)
    given_exports: dict[int, Value] = dict(enumerate(exports[: len(both_ways)]))
    volumes, _, findings = settle(replace(site, metering=both_ways), [reading, *values], given_exports)
    imported = sum(value or 0 for name, value in volumes.items() if not name.endswith("AE"))
    exported = sum(value or 0 for name, value in volumes.items() if name.endswith("AE"))
    assert imported - exported == reading - exports[0]
    assert min(value or 0 for value in volumes.values()) >= 0
    assert findings == []
