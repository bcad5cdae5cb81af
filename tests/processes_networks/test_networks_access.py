"""Who may have third-party access, by which day what is due, and which option a network has (handbook 2, 6 and 9)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.calendar import due
from halfhour.errors import HalfhourError
from halfhour.processes.cases import Event, Opening, fold, project
from halfhour.processes.flows.building import build
from halfhour.processes.private_networks import (
    Customer,
    Expression,
    Holding,
    MsidHeld,
    assess,
    option,
    option_changes,
    option_spans,
    related_to,
    switch_due_by,
    working_days_left,
)
from halfhour.processes.timetables import find_timetable

DAY = date(2025, 3, 3)
HALF = Fraction(1, 2)


def kind(supplier, holder, *holdings, day=DAY):
    found = related_to(supplier, holder, holdings, day)
    return found.kind if found else None


# Related


def test_v19_a_subsidiary_of_the_holder_is_no_third_party_supplier():
    held = [Holding("Estates", "Estates Energy", Fraction(1))]
    expression = Expression(DAY, "Estates", "Estates Energy", "letter of 1 March", "Estates")
    found = assess(expression, held)
    assert (found.invalid, found.because) == ("supplier_related", "Estates Energy is a subsidiary of Estates.")
    opening = Opening("TPA1", "third-party-access", DAY, facts={"network": "n", "premises": "p", **found.facts})
    state = fold(find_timetable("third-party-access"), opening, [Event("e1", 1, DAY, step="6.1")])
    assert (state.state, state.ended_on) == ("INVALID_EXPRESSION", DAY)


def test_the_four_relations_of_the_statute_are_told_apart():
    majority, fifth = Fraction(51, 100), Fraction(1, 5)
    assert kind("S", "H", Holding("H", "S", majority)) == "subsidiary"
    assert kind("S", "H", Holding("S", "H", majority)) == "holding company"
    assert kind("S", "H", Holding("P", "S", majority), Holding("P", "H", majority)) == "fellow subsidiary"
    assert kind("S", "H", Holding("H", "S", fifth)) == "participating interest"
    assert kind("S", "H", Holding("S", "H", fifth)) == "participating interest"
    assert kind("S", "S") == "same undertaking"


def test_half_the_votes_are_a_participating_interest_and_less_than_a_fifth_is_nothing():
    assert kind("S", "H", Holding("H", "S", HALF)) == "participating interest"
    assert kind("S", "H", Holding("H", "S", Fraction(199, 1000))) is None
    assert kind("S", "H", Holding("H", "S", Fraction(0), controls=True)) == "subsidiary"


def test_relations_go_through_others_and_a_group_holds_together():
    chain = (Holding("H", "M", Fraction(1)), Holding("M", "S", Fraction(3, 5)))
    assert related_to("S", "H", chain, DAY).because == "S is a subsidiary of H (through M)."
    spread = (Holding("H", "M", Fraction(1)), Holding("M", "S", Fraction(3, 10)), Holding("H", "S", Fraction(3, 10)))
    assert kind("S", "H", *spread) == "subsidiary"
    through = (Holding("H", "M", Fraction(1)), Holding("M", "S", Fraction(1, 4)))
    assert kind("S", "H", *through) == "participating interest"
    assert kind("S", "H", Holding("H", "M", HALF), Holding("M", "S", HALF)) is None


def test_a_relation_holds_on_its_days_only():
    sold = Holding("H", "S", Fraction(1), effective_to=DAY)
    assert kind("S", "H", sold) is None
    assert kind("S", "H", sold, day=DAY - timedelta(1)) == "subsidiary"


@given(
    st.lists(
        st.builds(
            Holding,
            st.sampled_from("ABCD"),
            st.sampled_from("ABCD"),
            st.sampled_from([HALF, Fraction(1), Fraction(1, 4)]),
        ),
        max_size=8,
    )
)
def test_a_relation_is_mutual_whatever_the_holdings_and_even_in_circles(holdings):
    turned = {"subsidiary": "holding company", "holding company": "subsidiary"}
    one, other = kind("A", "B", *holdings), kind("B", "A", *holdings)
    assert (one is None) == (other is None)
    assert one == other or turned.get(one) == other or {one, other} <= {"subsidiary", "holding company"}


def test_a_share_above_the_whole_is_refused():
    with pytest.raises(HalfhourError, match="PN-120"):
        Holding("H", "S", Fraction(11, 10))


@pytest.mark.parametrize(
    ("named", "willing", "present", "invalid"),
    [
        (None, "letter", "Estates", "no_named_supplier"),
        ("THRD", None, "Estates", "no_willing_supplier"),
        ("THRD", "letter", "Somebody Else", "not_supplied_by_holder"),
        ("THRD", "letter", "Estates", None),
        ("THRD", "letter", "Estates Energy", None),
    ],
)
def test_an_expression_is_one_under_the_statute_or_says_why_not(named, willing, present, invalid):
    held = [Holding("Estates", "Estates Energy", Fraction(1))]
    assert assess(Expression(DAY, "Estates", named, willing, present), held).invalid == invalid


# Clocks


def dues(timetable, received, nation):
    facts = {
        "network": "n",
        "premises": "p",
        "named_supplier": "THRD",
        "supplier_willing": True,
        "supplier_related": False,
        "present_supply": "related",
        "charges_proposed": True,
    }
    opening = Opening("TPA1", timetable, received, facts=facts, nation=nation)
    state = fold(find_timetable(timetable), opening, [Event("e1", 1, received, step="6.1")])
    return {one.ref: one.due for one in state.waiting}


@pytest.mark.parametrize(
    ("timetable", "received", "nation", "wanted"),
    [
        ("third-party-access", date(2024, 12, 23), "E&W", [date(2024, 12, 31), date(2025, 1, 8), date(2025, 1, 22)]),
        ("third-party-access", date(2024, 12, 23), "SCT", [date(2024, 12, 31), date(2025, 1, 9), date(2025, 1, 23)]),
        (
            "third-party-access-within",
            date(2024, 12, 23),
            "E&W",
            [date(2025, 1, 2), date(2025, 1, 9), date(2025, 1, 23)],
        ),
        ("third-party-access", date(2024, 12, 25), "E&W", [date(2025, 1, 3), date(2025, 1, 10), date(2025, 1, 24)]),
    ],
    ids=["V15", "V16", "V17", "V18"],
)
def test_the_holders_clocks_are_those_of_the_handbook(timetable, received, nation, wanted):
    found = dues(timetable, received, nation)
    assert [found["6.2"], found["6.3"], found["6.4"]] == wanted
    assert found["6.5"] == found["6.4"]


@given(st.dates(date(2015, 1, 1), date(2029, 6, 30)), st.sampled_from(["E&W", "SCT"]))
def test_counted_within_the_clocks_never_run_out_earlier(received, nation):
    statute, code = dues("third-party-access", received, nation), dues("third-party-access-within", received, nation)
    for ref in ("6.2", "6.3", "6.4", "6.5"):
        assert statute[ref] <= code[ref]
    assert statute["6.2"] < statute["6.3"] < statute["6.4"]


def test_answered_at_once_the_case_comes_to_both_kinds_of_access():
    timetable = find_timetable("third-party-access")
    facts = {"network": "n", "premises": "p", "charges_proposed": False, "present_supply": "holder"}
    facts |= {"use_from": date(2025, 5, 12), "every_customer_has_msid": True}
    opening = Opening("TPA1", "third-party-access", DAY, facts=facts)
    _, difference = project(timetable, opening, timing="at_once")
    _, full = project(timetable, opening, answers={"6.4": "full_settlement"}, timing="at_once")
    assert (difference.state, full.state) == ("ACCESS_GIVEN_DIFFERENCE", "ACCESS_GIVEN_ADS")
    assert [one.timetable for one in difference.follow_ons] == ["mtc-997-change"]
    assert full.follow_ons == ()


def test_the_request_for_an_msid_is_built_from_the_case():
    timetable = find_timetable("third-party-access")
    facts = {"network": "n", "premises": "p", "charges_proposed": False, "present_supply": "holder"}
    opening = Opening("TPA1", "third-party-access", DAY, {"third_party_supplier": "THRD", "ldso": "EELC"}, facts)
    _, state = project(timetable, opening, answers={"6.9": "silent"}, timing="at_once")
    assert "6.9" in {one.ref for one in state.waiting}
    moment = datetime(2025, 4, 1, 9, tzinfo=UTC)
    (built,) = build(timetable, state, "6.9", number=lambda *_: 1, created=moment)
    (site,) = built.file.groups
    assert (built.flow, built.mpid, site["request_reference"]) == ("D0168", "EELC", "TPA1")
    assert {name: site.groups[0][name] for name in ("measurement_quantity", "settled_as")} == {
        "measurement_quantity": "AI",
        "settled_as": "H",
    }


def test_every_ending_of_the_handbook_is_a_state_of_the_timetable():
    states = find_timetable("third-party-access").states
    ended = {name for name, state in states.items() if state.kind == "ended"}
    assert ended == {
        "ACCESS_GIVEN_DIFFERENCE",
        "ACCESS_GIVEN_ADS",
        "REFUSED_CAPACITY",
        "INVALID_EXPRESSION",
        "WITHDRAWN",
    }
    assert states["OVERDUE"].kind == "blocked"


def test_working_days_left_count_both_ends():
    assert working_days_left(date(2025, 3, 28), date(2025, 3, 14), "E&W") == 11
    assert working_days_left(date(2025, 3, 28), date(2025, 3, 28), "E&W") == 1
    assert working_days_left(date(2025, 3, 28), date(2025, 3, 29), "E&W") == 0
    assert working_days_left(date(2025, 1, 3), date(2024, 12, 25), "SCT") == 4


def test_a_request_with_ten_working_days_left_is_due_on_the_same_day_by_either_clock():
    end = due(DAY, 20, "beginning_with", "electricity-act", calendar="E&W").due
    asked = date(2025, 3, 17)
    assert working_days_left(end, asked, "E&W") == 10
    assert due(asked, 10, "beginning_with", "electricity-act", calendar="E&W").due == end


def test_without_grace_the_switch_to_997_is_due_on_the_first_valid_day():
    assert switch_due_by(date(2021, 10, 20)) == date(2021, 10, 20)


# Options


def held(msid, start=None, end=None):
    return MsidHeld(msid, start, end)


def test_the_option_follows_from_how_many_customers_hold_an_msid():
    assert option([Customer("a"), Customer("b")], DAY) == "NONE"
    assert option([Customer("a", (held("1"),)), Customer("b")], DAY) == "A"
    assert option([Customer("a", (held("1"),)), Customer("b", (held("2"),))], DAY) == "B"
    assert option([], DAY) == "NONE"


def test_a_customer_counts_while_it_is_connected():
    gone = Customer("b", connected_to=DAY)
    assert option([Customer("a", (held("1"),)), gone], DAY - timedelta(1)) == "A"
    assert option([Customer("a", (held("1"),)), gone], DAY) == "B"


def test_a_customer_that_leaves_competitive_supply_needs_a_live_boundary_first():
    customers = [Customer("a", (held("1"),)), Customer("b", (held("2", None, DAY),))]
    period = (date(2025, 1, 1), date(2026, 1, 1))
    assert [one.option for one in option_spans(customers, *period)] == ["B", "A"]
    (error,) = option_changes("ridgeway-park", customers, [], *period)
    assert (error.code, error.severity, error.settlement_date) == ("PN-110", "error", DAY)
    assert "b holds no MSID" in error.message
    (remark,) = option_changes("ridgeway-park", customers, [(DAY, date.max)], *period)
    assert remark.severity == "info"


def test_a_customer_whose_connection_ends_changes_no_option():
    customers = [Customer("a", (held("1"),)), Customer("b", (held("2", None, DAY),), connected_to=DAY)]
    assert option_changes("n", customers, [], date(2025, 1, 1), date(2026, 1, 1)) == []
