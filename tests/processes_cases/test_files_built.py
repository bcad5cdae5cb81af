"""Files built for every step of every timetable that has one: each fits an outcome of its step."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from halfhour.formats.flows.layouts import find_layout
from halfhour.processes.cases import CaseState, Opening, fold
from halfhour.processes.flows import messages_of
from halfhour.processes.flows.building import build, buildable, outgoing
from halfhour.processes.timetables import Fact, Timetable, Unknown, find_timetable, holds, timetables

DAY = date(2025, 6, 2)
OPENED = date(2025, 5, 20)
IMPORT, EXPORT = "1012345678903", "1020000000015"
OF_KIND: dict[str, Any] = {
    **{"date": DAY, "integer": 3, "decimal": "3.6", "yes-no": True, "mpid": "ABCD", "serial": "S1"},
}

BY_HAND: dict[str, dict[str, Any]] = {
    "P0297": {
        **{"address_1": "Mill", "postcode": "SE1 1AA", "asset_voltage": 400, "measurement_transformer": False},
        "measurement_class": "C",
    },
    "P0303": {
        **{"meter_serial": "S1", "outstation_type": "A1", "make_and_model": "AB 1", "asset_metering_type": "1"},
    },
    "P0306": {"import_msid": IMPORT},
    "D0261": {"rejection_code": "WRONG_MPAN"},
}
"""What neither case nor register has for a flow, and a person gives."""

OF_STEP: dict[tuple[str, str], dict[str, Any]] = {
    ("C7.4", "D0151"): {"effective_to": date(2025, 6, 6)},
    ("O1.4", "D0002"): {"additional_information": "BSTOP NO_ACCESS 20250602 MB000001"},
    ("O2.2", "D0002"): {"additional_information": "BSTOP NO_ACCESS 20250602 MB000001"},
    ("X1", "D0150"): {"meter_type": "S2A"},
    ("B1", "P0297"): {"action_indicator": "U"},
}


FACTS: dict[str, Any] = {
    **{"export_ssc": "0963", "gsp_group": "_C", "bm_unit_id": "2__ABCDE001", "settlement_mode": "NHH"},
    **{"amsid_pair_indicator": "F", "msid_pair_indicator": "A"},
}
"""Facts that their items take in one form only; E11 takes D0150 where settlement is not half-hourly."""


def fact(one: Fact) -> Any:
    """A value of a fact's kind."""
    if one.name in FACTS:
        return FACTS[one.name]
    if one.kind == "mpan":
        return EXPORT if "export" in one.name else IMPORT
    if one.kind == "choice":
        return one.choices[0]
    return one.name[:8] if one.kind == "text" else OF_KIND[one.kind]


def state_of(timetable: Timetable) -> CaseState:
    """A case that knows everything that it may know."""
    parties = {name: f"{name:X<4}"[:4].upper().replace("_", "X") for name in timetable.parties}
    facts = {name: fact(one) for name, one in timetable.facts.items()}
    return fold(timetable, Opening("XX000001", timetable.id, OPENED, parties, facts), (), OPENED)


WANTED = [
    (timetable_id, step.ref, flow)
    for timetable_id in timetables()
    for step in find_timetable(timetable_id).steps
    for flow in buildable(step)
]


@pytest.mark.parametrize(("timetable_id", "ref", "flow"), WANTED)
def test_a_file_fits_the_step_that_it_was_built_for(timetable_id, ref, flow):
    timetable = find_timetable(timetable_id)
    step, state = timetable.by_ref[ref], state_of(timetable)
    given = BY_HAND.get(flow, {}) | OF_STEP.get((ref, flow), {})
    moment = datetime(2025, 5, 20, 12, tzinfo=UTC)
    for one in build(timetable, state, ref, number=lambda *_: 1, created=moment, given=given, flow=flow):
        message = messages_of(one.file)[0]
        flows = [(item, {item.flow or (step.flow if not step.needs else ""), *step.needs}) for item in step.outcomes]
        carried = [item for item, carriers in flows if flow in carriers]
        fits = [item.name for item in carried if _holds(item.conditions, {**message.data, **one.data}, state)]
        assert fits or (flow in step.needs), f"{one.party}: none of {[item.name for item in step.outcomes]}"
        if message.mpan:
            assert message.mpan == state.facts[step.about]


def _holds(conditions, data, state):
    try:
        return holds(conditions, data, state.facts, state.parameters)
    except Unknown:
        return False


def test_every_file_about_a_metering_system_says_which():
    for timetable_id, ref, flow in WANTED:
        layout = find_layout(f"{flow}{outgoing()[flow]['version']}")
        subject = {item.name for group in layout.groups.values() for item in group.items} & {"mpan_core"}
        assert not subject or find_timetable(timetable_id).by_ref[ref].about, (timetable_id, ref, flow)


@pytest.mark.parametrize(("ref", "flow", "group"), [("E6", "D0155", "317"), ("E9", "D0155", "316")])
def test_an_appointment_has_the_group_of_the_agent_that_it_goes_to(ref, flow, group):
    timetable = find_timetable("export-registration")
    moment = datetime(2025, 5, 20, 12, tzinfo=UTC)
    (built,) = build(timetable, state_of(timetable), ref, number=lambda *_: 1, created=moment, flow=flow)
    assert [one.group for record in built.file.groups for one in record.records()] == ["315", group]


def test_the_old_meter_operator_ends_the_day_before_the_new_one_begins():
    timetable = find_timetable("meter-operator-change")
    moment = datetime(2025, 5, 20, 12, tzinfo=UTC)
    (built,) = build(timetable, state_of(timetable), "C3.4", number=lambda *_: 1, created=moment)
    assert built.file.groups[0].items["termination_date"] == "20250601"


def test_an_appointment_of_an_asset_names_the_agent_that_it_goes_to_also_for_the_volume_allocation_agent():
    timetable = find_timetable("asset-metering-registration")
    moment = datetime(2025, 5, 20, 12, tzinfo=UTC)
    for ref, party, role in (("A3m", "moa", "M"), ("A3c", "hhdc", "C")):
        state = state_of(timetable)
        told = build(timetable, state, ref, number=lambda *_: 1, created=moment)
        assert [one.party for one in told] == [party, "svaa"]
        for one in told:
            items = one.file.groups[0].items
            assert (items["agent_type"], items["agent_id"]) == (role, state.parties[party])
