"""Asset registrations and meters from flows and to flows: what is well formed, and what stands against itself (6.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.errors import HalfhourError
from halfhour.formats.flows.layouts import find_layout
from halfhour.formats.flows.records import Record, new_flow, read_flow, write_flow
from halfhour.processes.chargeable_imports.entities import (
    AmsidPair,
    AssetMeter,
    AssetMeters,
    AssetRegistration,
    MsidPair,
)
from halfhour.processes.chargeable_imports.flow_records import (
    meters_record,
    read_meters,
    read_registration,
    registration_record,
)
from halfhour.processes.flows import messages_of
from processes_declarations.asset_flow_files import SCENARIOS, written
from processes_declarations.declarations_sites import EXPORT, EXPORT_AMSID, IMPORT, IMPORT_AMSID

PAIR = AmsidPair(IMPORT_AMSID, EXPORT_AMSID)
NEW = AssetRegistration(
    id="AR00000001",
    action="N",
    registrant="AMVL",
    address=("RIDGEWAY BUSINESS PARK", "LONG LANE"),
    postcode="SO14 2AA",
    gsp_group="_H",
    bm_unit="V__HAMVL001",
    export_amsid_required=True,
    asset_type="BATTERY",
    voltage_v=11_000,
    measurement_transformer=True,
    capacity_kw=2_000,
    amsids=None,
    measurement_class="C",
    effective_from=date(2024, 4, 1),
    msid_pairs=(MsidPair(IMPORT, EXPORT, None, True, None),),
)
METER = AssetMeter("AI", "S1000001", "MOD", "DUMMY AMS 2", 3, date(2024, 4, 1))
METERS = AssetMeters("AR00000001", "N", "AMVL", PAIR, (METER, replace(METER, measurement_quantity="AE")))


def told(registration, role=""):
    return [finding.code for finding in read_registration(registration_record(registration), role)[1]]


def told_of(meters):
    return [finding.code for finding in read_meters(meters_record(meters))[1]]


def header(**changes):
    return {
        "message_role": "D",
        "created": "20240304093000",
        "from_role": "7",
        "from_mpid": "AMVL",
        "to_role": "G",
        "to_mpid": "SVAA",
        "sequence": "1",
        **changes,
    }


days = st.dates(date(2022, 7, 1), date(2030, 12, 31))
texts = st.text(st.sampled_from("ABCDEFGHIJ 0123456789"), min_size=1, max_size=10).map(str.strip).filter(bool)
registrations = st.builds(
    replace,
    st.just(NEW),
    id=texts,
    address=st.lists(texts, min_size=1, max_size=6).map(tuple),
    voltage_v=st.integers(0, 999_999),
    capacity_kw=st.integers(0, 999_999),
    measurement_transformer=st.booleans(),
    effective_from=days,
    effective_to=st.one_of(st.none(), st.just(date(2031, 1, 1))),
    bm_unit=st.sampled_from([None, "V__HAMVL001"]),
    msid_pairs=st.sampled_from([(), NEW.msid_pairs, (MsidPair(IMPORT), MsidPair("2000000000033", None, "P" * 18))]),
)


@given(registrations)
def test_a_registration_goes_through_its_file_and_comes_back(registration):
    layout = find_layout("P0297001")
    data = write_flow(new_flow(layout, header(), [registration_record(registration)]))
    (record,) = read_flow(data).groups
    assert read_registration(record) == (registration, [])


def test_meters_go_through_their_file_and_come_back():
    ended = replace(METERS.meters[0], effective_to=date(2025, 1, 1))
    meters = replace(METERS, meters=(ended, METERS.meters[1]))
    data = write_flow(new_flow(find_layout("P0303001"), header(), [meters_record(meters)]))
    assert b"|20241231|" in data
    (record,) = read_flow(data).groups
    assert read_meters(record) == (meters, [])


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("registration_id", ""),
        ("registration_id", "AR000000001"),
        ("action_indicator", "X"),
        ("registrant_id", "amvl"),
        ("address_1", ""),
        ("address_2", "X" * 41),
        ("gsp_group", "_Q"),
        ("asset_type", "X" * 21),
        ("asset_voltage", "1000000"),
        ("asset_voltage", "11kV"),
        ("asset_capacity", "-1"),
        ("measurement_transformer", "Y"),
        ("pair_effective_from", "20240230"),
        ("measurement_class", "H"),
    ],
)
def test_a_field_of_the_wrong_form_leaves_the_registration_out_and_is_named(item, value):
    record = registration_record(NEW)
    record.items[item] = value
    registration, findings = read_registration(record)
    assert registration is None
    assert [(one.code, item in one.message) for one in findings] == [("DC-001", True)]


def test_every_wrong_field_is_told_at_once_and_those_of_the_msid_pairs_too():
    record = registration_record(NEW)
    record.items |= {"postcode": "", "asset_capacity": "many"}
    record.groups[0].items["import_msid"] = "2000000000016"
    _, findings = read_registration(record)
    assert [one.message.split()[3] for one in findings] == ["postcode", "asset_capacity", "import_msid"]


def test_a_group_that_the_flow_has_not_is_told():
    record = registration_record(NEW)
    record.groups.append(Record("X09", {}))
    assert read_registration(record)[0] is None


def test_a_new_registration_has_no_amsids_yet_and_a_change_has():
    assert told(replace(NEW, amsids=PAIR)) == ["DC-002"]
    assert told(replace(NEW, action="U")) == ["DC-002"]
    assert told(replace(NEW, action="U", amsids=PAIR)) == []


def test_the_pair_is_what_export_amsid_required_says():
    assert told(replace(NEW, action="U", amsids=AmsidPair(IMPORT_AMSID))) == ["DC-002"]
    assert told(replace(NEW, action="U", amsids=PAIR, export_amsid_required=False)) == ["DC-002"]
    assert told(replace(NEW, action="U", amsids=AmsidPair(IMPORT_AMSID), export_amsid_required=False)) == []


def test_an_amsid_has_13_digits_of_an_asset_metering_network_and_its_check_digit_is_a_warning_only():
    record = registration_record(replace(NEW, action="U", amsids=PAIR))
    record.items["import_amsid"] = "7700000000015"
    registration, findings = read_registration(record)
    assert registration is not None
    assert [(one.code, one.severity) for one in findings] == [("ID-102", "warning")]
    record.items["import_amsid"] = IMPORT
    assert [one.code for one in read_registration(record)[1]] == ["DC-002", "DC-002"]
    with pytest.raises(HalfhourError, match="ID-103"):
        AmsidPair(IMPORT)


def test_an_export_amsid_does_not_stand_alone():
    record = registration_record(replace(NEW, action="D", amsids=PAIR))
    record.items["import_amsid"] = ""
    assert read_registration(record)[0] is None


def test_a_supplier_names_no_bm_unit_and_changes_no_registrant():
    assert told(NEW, "X") == ["DC-003"]
    assert told(replace(NEW, bm_unit=None), "X") == []
    assert told(replace(NEW, bm_unit=None, action="C", amsids=PAIR), "X") == ["DC-003"]
    assert told(NEW, "7") == []


@pytest.mark.parametrize("bm_unit", ["V__AAMVL001", "2__HAMVL001", "T_FENBAT-1", "Q__HAMVL001"])
def test_the_bm_unit_is_a_secondary_one_of_the_same_gsp_group(bm_unit):
    assert told(replace(NEW, bm_unit=bm_unit)) == ["DC-006"]


@given(days, st.integers(-400, 0))
def test_a_pair_does_not_end_before_it_begins(first, shift):
    assert told(replace(NEW, effective_from=first, effective_to=first + timedelta(days=shift))) == ["DC-004"]
    assert told(replace(NEW, effective_from=first, effective_to=first + timedelta(days=1))) == []


def test_every_amsid_has_its_meter_and_every_meter_its_amsid():
    assert told_of(METERS) == []
    assert told_of(replace(METERS, meters=METERS.meters[1:])) == ["DC-005"]
    assert told_of(replace(METERS, meters=METERS.meters[:1])) == ["DC-005"]
    assert told_of(replace(METERS, amsids=AmsidPair(IMPORT_AMSID))) == ["DC-005"]
    assert told_of(replace(METERS, amsids=AmsidPair(IMPORT_AMSID), meters=METERS.meters[:1])) == []
    ended = replace(METER, effective_to=METER.effective_from)
    assert told_of(replace(METERS, meters=(ended, METERS.meters[1]))) == ["DC-004"]


@pytest.mark.parametrize(("item", "value"), [("asset_metering_type", "6"), ("outstation_type", "LONG")])
def test_a_meter_of_the_wrong_form_is_told(item, value):
    record = meters_record(METERS)
    record.groups[0].items[item] = value
    meters, findings = read_meters(record)
    assert meters is None
    assert [one.code for one in findings] == ["DC-001"]


def test_meters_without_an_import_amsid_are_told_and_not_read():
    record = meters_record(METERS)
    record.items["import_amsid"] = "1234567890123"
    assert read_meters(record)[0] is None


def test_a_message_says_flags_as_yes_or_no_and_whether_msid_pairs_agree():
    flow = new_flow(find_layout("P0297001"), header(), [registration_record(NEW)])
    (message,) = messages_of(flow)
    assert message.data["export_amsid_required"] is True
    assert message.data["import_customer_consent"] is True
    assert "export_customer_consent" not in message.data


@pytest.mark.parametrize(("indicators", "said"), [("A", "A"), ("AA", "A"), ("AD", "mixed"), ("DA", "mixed")])
def test_msid_pairs_with_different_indicators_are_mixed(indicators, said):
    below = [
        Record("X02", {"import_msid": msid, "msid_pair_indicator": indicator})
        for msid, indicator in zip([IMPORT, "2000000000033"], indicators, strict=False)
    ]
    items = {
        "bm_unit_id": "V__HAMVL001",
        "action_indicator": "N",
        "registrant_id": "AMVL",
        "import_amsid": IMPORT_AMSID,
        "allocation_effective_from": "20240401",
        "amsid_pair_indicator": "F",
    }
    flow = new_flow(find_layout("P0306001"), header(), [Record("X01", items, groups=below)])
    (message,) = messages_of(flow)
    assert message.data["msid_pair_indicator"] == said


def test_the_files_of_the_scenarios_are_those_that_are_written():
    made = written()
    assert {path: path.read_bytes() for path in SCENARIOS.glob("*/flows/*")} == made
    assert {path.name[:5] for path in made} >= {"p0297", "p0298", "p0299", "p0300", "p0303", "p0304", "p0305"}
    assert {path.name[:5] for path in made} >= {"p0306", "p0307", "p0308", "p0309", "p0310", "p0311"}
