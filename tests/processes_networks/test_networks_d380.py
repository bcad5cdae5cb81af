"""Dispensation D/380 day by day: its five conditions, its scope and the status that follows (handbook 5.1 and 9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from network_flow_files import BOUNDARY, THIRD_PARTY
from networks_builders import (
    DAY,
    SECOND,
    USE,
    agreements,
    appointments,
    change,
    interim,
    network,
    terms,
    visible,
)

from halfhour.errors import HalfhourError
from halfhour.processes.private_networks import (
    Appointment,
    Classes,
    Equipment,
    ThirdParty,
    d380_status,
    holds,
    not_looked_up,
    status_spans,
    what_the_change_lacks,
)


def failing(changed, day=DAY, look=visible):
    return d380_status(changed, day, look).failing


def test_a_network_that_has_everything_is_compliant():
    assert d380_status(network(), DAY, visible).status == "COMPLIANT"
    assert d380_status(network(), DAY, visible).findings == ()


def test_before_its_first_use_there_is_nothing_to_dispense_with():
    assert d380_status(network(), date(2025, 4, 30), visible).status == "NOT_IN_USE"


def test_without_market_data_nothing_passes_unseen():
    status = d380_status(network(), DAY, not_looked_up)
    assert (status.status, status.failing) == ("NOT_COMPLIANT", ("PN-404",))
    assert "not looked up" in status.findings[0].message


# Condition 1: losses


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"factor": None}, "a factor L"),
        ({"factor": Decimal("-0.01")}, "a factor L"),
        ({"applied_in": ()}, "where the factor is applied"),
        ({"applied_in": ("meter", "constant")}, "PN-204"),
        ({"uplift_method": "DIVIDE_ONE_MINUS_L"}, "multiplied by 1 \\+ L"),
        ({"effective_from": None}, "the day from which"),
        ({"defined_metering_point": ""}, "the Defined Metering Point"),
        ({"actual_metering_point": ""}, "the Actual Metering Point"),
        ({"methodology": ""}, "charging methodology"),
        ({"evidence": ""}, "the loss study"),
        ({"option": "unscaled"}, "no factor"),
        ({"option": "unscaled", "factor": None, "applied_in": (), "evidence": ""}, "the statement that losses"),
    ],
)
def test_condition_1_names_what_a_loss_option_lacks(changes, wanted):
    status = d380_status(network(loss_terms=(terms(**changes),)), DAY, visible)
    assert (status.status, status.failing) == ("NOT_COMPLIANT", ("PN-401",))
    with pytest.raises(AssertionError, match=wanted):
        raise AssertionError(status.findings[0].message)


def test_condition_1_takes_the_unscaled_option_with_its_statement_and_losses_of_nothing():
    unscaled = terms(option="unscaled", factor=None, applied_in=(), effective_from=None)
    assert failing(network(loss_terms=(unscaled,))) == ()
    assert failing(network(loss_terms=(terms(factor=Decimal(0)),))) == ()


def test_condition_1_wants_one_loss_option_on_the_day_and_no_two():
    assert failing(network(loss_terms=())) == ("PN-401",)
    assert failing(network(loss_terms=(terms(), terms(effective_from=DAY)))) == ("PN-401",)
    turned = (terms(effective_to=DAY), terms(effective_from=DAY, factor=Decimal("0.03")))
    assert failing(network(loss_terms=turned)) == ()


# Condition 2: agreement


@pytest.mark.parametrize("party", ["boundary-supplier", "owner", "ldso"])
def test_condition_2_wants_each_of_the_three_agreements(party):
    held = tuple(one for one in agreements() if one.party != party)
    assert failing(network(agreements=held)) == ("PN-402",)


@pytest.mark.parametrize(
    "changes", [{"signed_on": None}, {"document_sha256": ""}, {"effective_to": DAY}, {"msids": (SECOND,)}]
)
def test_condition_2_counts_what_is_signed_held_in_force_and_about_the_msid(changes):
    assert failing(network(agreements=agreements(**changes))) == ("PN-402",)


def test_condition_2_wants_the_agreement_on_or_before_the_use_from_date():
    assert failing(network(agreements=agreements(signed_on=USE))) == ()
    assert failing(network(agreements=agreements(signed_on=USE + timedelta(1)))) == ("PN-402",)


# Condition 3: common agents


def test_v10_an_operator_that_differs_for_three_days_fails_on_exactly_these_days():
    elsewhere = (date(2025, 5, 12), date(2025, 5, 15))
    mixed = (
        *appointments(BOUNDARY),
        Appointment(THIRD_PARTY, "hhdc", "COLL", USE),
        Appointment(THIRD_PARTY, "moa", "METR", USE, elsewhere[0]),
        Appointment(THIRD_PARTY, "moa", "OTHR", *elsewhere),
        Appointment(THIRD_PARTY, "moa", "METR", elsewhere[1]),
    )
    broken = network(appointments=mixed)
    spans = status_spans(broken, date(2025, 5, 1), date(2025, 6, 1), visible)
    assert [(one.first, one.until, one.status, one.failing) for one in spans] == [
        (date(2025, 5, 1), date(2025, 5, 12), "COMPLIANT", ()),
        (date(2025, 5, 12), date(2025, 5, 15), "NOT_COMPLIANT", ("PN-403",)),
        (date(2025, 5, 15), date(2025, 6, 1), "COMPLIANT", ()),
    ]
    assert "its Meter Operator is OTHR, and that of the boundary is METR" in spans[1].findings[0].message
    (hold,) = holds(broken, date(2025, 5, 1), date(2025, 6, 1))
    assert (hold.code, hold.settlement_date) == ("PN-305", date(2025, 5, 12))
    assert "from 2025-05-12 to 2025-05-14 inclusive is held" in hold.message


def test_condition_3_breaks_from_the_side_that_changes_even_if_it_is_the_boundary():
    moved = (
        *appointments(THIRD_PARTY),
        Appointment(BOUNDARY, "moa", "METR", USE),
        Appointment(BOUNDARY, "hhdc", "COLL", USE, DAY),
        Appointment(BOUNDARY, "hhdc", "NEWC", DAY),
    )
    assert failing(network(appointments=moved), DAY - timedelta(1)) == ()
    assert failing(network(appointments=moved), DAY) == ("PN-403",)


@pytest.mark.parametrize("answer", ["none", "rejected"])
def test_condition_3_counts_only_what_an_agent_accepted(answer):
    held = tuple(
        replace(one, answer=answer) if (one.msid, one.role) == (THIRD_PARTY, "hhdc") else one
        for one in appointments(BOUNDARY, THIRD_PARTY)
    )
    assert failing(network(appointments=held)) == ("PN-403",)


def test_condition_3_wants_one_agent_for_every_boundary_msid():
    twice = network(boundary_msids=(BOUNDARY, SECOND))
    assert "PN-403" in failing(twice)
    whole = (*twice.equipment, Equipment(SECOND, "3", True, Decimal(1)))
    both = replace(twice, appointments=appointments(BOUNDARY, SECOND, THIRD_PARTY), equipment=whole)
    assert failing(both) == ()


# Condition 4: visibility


def test_condition_4_by_the_interim_rule_makes_the_status_interim():
    standing_in = network(classes=(Classes(THIRD_PARTY, "090", "845"),), mdd_changes=(change(),))
    status = d380_status(standing_in, DAY, interim)
    assert (status.status, status.failing) == ("INTERIM", ())
    assert [one.code for one in status.findings] == ["RG-031"]


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"form_date": None}, "a form sent by that day"),
        ({"form_date": DAY + timedelta(1)}, "a form sent by that day"),
        ({"ldso_agreed_on": None}, "the distributor's agreement"),
        ({"ldso_agreed_on": date(2025, 4, 8)}, "the distributor's agreement before the form"),
        ({"entities": ()}, "its entities"),
        ({"entities": (53, 99)}, "its entities"),
        ({"reference": ""}, "a reference"),
        ({"closed_on": DAY}, "progress: it was closed on 2025-05-12"),
    ],
)
def test_a_change_that_is_not_in_progress_is_no_evidence_of_the_interim_rule(changes, lacks):
    assert lacks in what_the_change_lacks(change(**changes), DAY)
    held = network(classes=(Classes(THIRD_PARTY, "090", "845"),), mdd_changes=(change(**changes),))
    status = d380_status(held, DAY, interim)
    assert status.failing == ("PN-404",)
    assert lacks in status.findings[0].message


def test_a_change_needs_no_target_release_yet():
    assert what_the_change_lacks(change(target_release=""), DAY) == ""


def test_condition_4_wants_the_msid_sent_to_elexon_by_the_day():
    (sent,) = network().declarations
    assert failing(network(declarations=(replace(sent, sent_on=None),))) == ("PN-404",)
    assert failing(network(declarations=(replace(sent, sent_on=DAY + timedelta(1)),))) == ("PN-404",)


def test_condition_4_does_not_pass_an_msid_whose_classes_are_not_known():
    assert failing(network(classes=())) == ("PN-404",)
    assert failing(network(classes=(Classes(THIRD_PARTY, None, "997"),))) == ("PN-404",)


# Condition 5: declaration


def test_condition_5_wants_the_registrants_own_signed_declaration():
    (held,) = network().declarations
    for changed in (
        replace(held, signed_on=None),
        replace(held, signatory=""),
        replace(held, registrant="OTHR"),
        replace(held, compliant_otherwise=False),
        replace(held, effective_to=DAY),
    ):
        assert failing(network(declarations=(changed,))) == ("PN-405",)


def test_condition_5_fails_from_the_day_on_which_the_supplier_changes():
    first, second = network().registrations
    moved = network(
        registrations=(first, replace(second, effective_to=DAY), replace(second, supplier="NEWS", effective_from=DAY))
    )
    spans = status_spans(moved, USE, date(2025, 6, 1), visible)
    assert [(one.first, one.failing) for one in spans] == [(USE, ()), (DAY, ("PN-405",))]


# Scope


def equipped(**changes):
    boundary, inside = network().equipment
    return network(equipment=(boundary, replace(inside, **changes)))


@pytest.mark.parametrize(
    ("practice", "use_from", "status"),
    [
        ("5", date(2012, 9, 3), "SITE_SPECIFIC_NEEDED"),
        ("5", date(2012, 9, 4), "COMPLIANT"),
        ("3", date(2012, 9, 24), "SITE_SPECIFIC_NEEDED"),
        ("3", date(2012, 9, 25), "COMPLIANT"),
    ],
)
def test_v13_each_code_of_practice_has_its_first_day(practice, use_from, status):
    old = equipped(code_of_practice=practice)
    early = date(2012, 8, 1)
    old = replace(
        old,
        third_parties=(ThirdParty("Unit 4", THIRD_PARTY, use_from),),
        registrations=tuple(replace(one, effective_from=None) for one in old.registrations),
        loss_terms=(terms(effective_from=early),),
        agreements=agreements(signed_on=early),
        appointments=tuple(replace(one, effective_from=early) for one in old.appointments),
        classes=tuple(replace(one, effective_from=None) for one in old.classes),
        declarations=tuple(replace(one, signed_on=early, sent_on=early) for one in old.declarations),
    )
    assert d380_status(old, use_from, visible).status == status


@pytest.mark.parametrize(("capacity", "status"), [("10.0", "COMPLIANT"), ("10.1", "SITE_SPECIFIC_NEEDED")])
def test_v14_ten_mva_are_inside_and_more_is_not(capacity, status):
    assert d380_status(equipped(capacity_mva=Decimal(capacity)), DAY, visible).status == status


@pytest.mark.parametrize(
    "changes",
    [
        {"code_of_practice": "10"},
        {"code_of_practice": "6"},
        {"code_of_practice": ""},
        {"capacity_mva": None},
        {"half_hourly": False},
        {"half_hourly": None},
        {"other_departures": "non-standard current transformers"},
    ],
)
def test_what_lies_outside_the_scope_or_is_not_known_needs_a_site_specific_dispensation(changes):
    status = d380_status(equipped(**changes), DAY, visible)
    assert (status.status, status.failing) == ("SITE_SPECIFIC_NEEDED", ("PN-406",))


def test_a_boundary_that_is_not_half_hourly_is_outside_the_scope():
    boundary, inside = network().equipment
    assert failing(network(equipment=(replace(boundary, half_hourly=False), inside))) == ("PN-406",)


def test_every_failing_condition_is_named_and_the_scope_decides_the_status():
    bare = network(
        loss_terms=(), agreements=(), appointments=(), classes=(), declarations=(), equipment=(), registrations=()
    )
    status = d380_status(bare, DAY, visible)
    assert status.status == "SITE_SPECIFIC_NEEDED"
    assert status.failing == ("PN-401", "PN-402", "PN-403", "PN-404", "PN-405", "PN-406")
    assert all("ridgeway-park" in one.message and one.next_step for one in status.findings)


def test_a_good_third_party_goes_on_beside_a_bad_one():
    second = ThirdParty("Unit 5", SECOND, USE)
    both = network(third_parties=(*network().third_parties, second))
    status = d380_status(both, DAY, visible)
    assert {one.msid for one in status.findings} == {SECOND}


# Over days


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 70))
def test_spans_of_a_period_are_those_of_its_parts_joined(first, second, moves_after):
    moved = USE + timedelta(moves_after)
    mixed = (
        *appointments(BOUNDARY),
        Appointment(THIRD_PARTY, "hhdc", "COLL", USE),
        Appointment(THIRD_PARTY, "moa", "METR", USE, moved),
        Appointment(THIRD_PARTY, "moa", "OTHR", moved),
    )
    one = network(appointments=mixed)
    middle, end = USE + timedelta(first), USE + timedelta(first + second)
    whole = status_spans(one, USE, end, visible)
    parts = [*status_spans(one, USE, middle, visible), *status_spans(one, middle, end, visible)]

    def by_day(spans):
        return [
            (span.first + timedelta(n), span.failing) for span in spans for n in range((span.until - span.first).days)
        ]

    assert by_day(whole) == by_day(parts)
    assert [span.until for span in whole[:-1]] == [span.first for span in whole[1:]]
    assert (whole[0].first, whole[-1].until) == (USE, end)


def test_a_period_that_runs_backwards_is_refused():
    for ask in (lambda: status_spans(network(), DAY, DAY, visible), lambda: holds(network(), DAY, USE)):
        with pytest.raises(HalfhourError, match="PN-120"):
            ask()
