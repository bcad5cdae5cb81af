"""Files out: what the case knows comes first, then the register as believed now; one of two values is never chosen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from halfhour.errors import HalfhourError
from halfhour.formats.flows.records import read_flow
from halfhour.processes.cases import Event, Opening
from halfhour.processes.flows.building import without_file
from halfhour.processes.timetables import find_timetable

IMPORT, EXPORT = "1012345678903", "1020000000015"
EXCHANGED, OPENED = date(2025, 6, 2), date(2025, 5, 20)
NOON = datetime(2025, 6, 3, 12, tzinfo=UTC)
_SITE = {
    **{"portfolio": "default", "name": "Mill", "gsp_group": "_C", "voltage": "LV", "network": "public"},
    **{"registered_in": "SMRS", "settlement_option": "boundary", "netting": "forbidden", "negative_result": "hold"},
    "customer_supplier_licensed": True,
}
_METERING = {
    **{"portfolio": "default", "place": 0, "at": "boundary", "import_msid": IMPORT, "export_msid": EXPORT},
    **{"voltage": "LV", "licensed": True, "compensated_in_meter": False},
    **{"import_ssc": "0393", "export_ssc": "0963", "import_profile_class": "01", "export_profile_class": "08"},
    **{"import_mtc": "801", "export_mtc": "500", "import_llfc": "001", "export_llfc": "932"},
}


@pytest.fixture
def register(database):
    """A register with a shared Meter that was exchanged, and a way to say more."""
    from halfhour.server.register.recording import Statement, writing  # noqa: PLC0415 - the database sets Django up

    moments = count(1)

    def say(*facts):
        with writing("test", "as it is", moment=datetime(2025, 1, next(moments), tzinfo=UTC)) as making:
            for kind, key, values, *days in facts:
                making.record(Statement(kind, key, values, *days))

    say(
        ("site", ("mill",), _SITE),
        ("metering", ("mill", "Meter"), _METERING),
        ("registration", (IMPORT,), {"supplier": "IMPS", "contract_reference": "secret of the import"}),
        ("registration", (EXPORT,), {"supplier": "EXPS", "contract_reference": "secret of the export"}),
        *[("appointment", (msid, "M"), {"agent": "MOAA"}) for msid in (IMPORT, EXPORT)],
        ("appointment", (EXPORT, "C"), {"agent": "DCOL"}),
        ("party-role", ("LOND", "R"), {"distributor_id": "10"}),
        *[("meter", ("OLD1", msid), {"measures": "AI,AE"}, None, EXCHANGED) for msid in (IMPORT, EXPORT)],
        *[("meter", ("NEW1", msid), {"measures": "AI,AE"}, EXCHANGED) for msid in (IMPORT, EXPORT)],
    )
    return say


def opened(timetable, parties=None, facts=None, on=OPENED):
    from halfhour.server.cases.writing import open_case  # noqa: PLC0415

    known = {"import_mpan": IMPORT, "export_mpan": EXPORT, "effective_from": EXCHANGED}
    return open_case(Opening("", timetable, on, parties or {}, facts or known), "tester", moment=NOON).case.id


def sent(case, step, on=date(2025, 6, 3), **more):
    from halfhour.server.files.sending import send  # noqa: PLC0415

    return [(one, read_flow(one.content)) for one in send(case, step, "tester", on=on, moment=NOON, **more)]


def items(file):
    return {name: value for group in file.groups for one in group.records() for name, value in one.items.items()}


def test_details_of_an_exchanged_meter_are_those_of_the_side_that_the_step_is_about(register):
    case = opened("meter-exchange")
    told = sent(case, "C6.1")
    assert {file.header["to_mpid"] for _, file in told} == {"IMPS", "DCOL"}
    assert all(file.header["from_mpid"] == "MOAA" for _, file in told)
    assert {file.header["to_role"] for _, file in told} == {"X", "D"}, "details that are not half-hourly go to role D"
    of_import = items(told[0][1])
    assert (of_import["mpan_core"], of_import["meter_id"]) == (IMPORT, "NEW1"), "the Meter of the day of the exchange"
    assert of_import["standard_settlement_configuration"] == "0393"
    assert (of_import["removed_meter_id"], of_import["removal_date"]) == ("OLD1", "20250602")
    of_export = items(sent(case, "C6.2")[0][1])
    assert (of_export["mpan_core"], of_export["meter_id"]) == (EXPORT, "NEW1")
    assert of_export["standard_settlement_configuration"] == "0963"
    instance = told[0][0].row.instances.get()
    assert "From the register:" in instance.because
    assert "meter_id" in instance.because
    assert "secret" not in str(told[0][0].content)
    groups = [one.group for one in told[0][1].groups[0].records()]
    assert groups == ["288", "289", "290", "08A"], "no group that says nothing"


def test_whom_the_register_has_is_recorded_as_a_party_of_the_case_with_its_source(register):
    from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415

    case = opened("meter-exchange", {"import_supplier": "OTHR"})
    told = sent(case, "C6.1")
    assert {file.header["to_mpid"] for _, file in told} == {"OTHR", "DCOL"}, "what the case knows comes first"
    event = CaseEvent.objects.get(case=case, kind="party")
    assert (event.data, event.source) == ({"moa": "MOAA", "dc": "DCOL"}, "the register")
    assert told[0][0].recorded.state.parties["moa"] == "MOAA"


def test_what_is_given_comes_before_the_case_and_the_case_before_the_register(register):
    from halfhour.server.cases.writing import record  # noqa: PLC0415

    case = opened("meter-exchange")
    record(case, Event("", 0, EXCHANGED, "fact", data={"meter_serial_new": "CASE1"}), "tester", moment=NOON)
    assert items(sent(case, "C6.1")[0][1])["meter_id"] == "CASE1"
    assert items(sent(case, "C6.2", given={"meter_id": "GIVEN1"})[0][1])["meter_id"] == "GIVEN1"


def test_of_two_values_in_the_register_none_is_chosen_and_both_are_named(register):
    register(("meter", ("NEW2", IMPORT), {"measures": "AI"}, EXCHANGED))
    case = opened("meter-exchange")
    with pytest.raises(HalfhourError, match="meter_id, of which the register has NEW1 and NEW2") as refused:
        sent(case, "C6.1")
    assert refused.value.code == "CS-302"
    assert items(sent(case, "C6.1", given={"meter_id": "NEW2"})[0][1])["meter_id"] == "NEW2"


def test_two_meterings_of_one_mpan_are_named_with_what_they_say(register):
    register(("metering", ("mill", "Another"), {**_METERING, "export_msid": None, "import_ssc": "0151"}))
    with pytest.raises(
        HalfhourError, match="standard_settlement_configuration, of which the register has 0151 and 0393"
    ):
        sent(opened("meter-exchange"), "C6.1")


def test_a_text_that_no_record_can_carry_is_refused_and_not_cut(register):
    case = opened("meter-exchange", {"import_supplier": "IMPS"})
    with pytest.raises(HalfhourError, match="FF-110"):
        sent(case, "C6.1", given={"meter_id": "S95C000001-AND-MORE"})


def test_of_two_players_none_is_chosen_and_nothing_is_recorded(register):
    from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415

    register(*[("party-role", (mpid, "P"), {"distributor_id": "10"}) for mpid in ("EELC", "LOND")])
    case = opened("de-energisation")
    with pytest.raises(HalfhourError, match="EELC and LOND for the registration service") as refused:
        sent(case, "C7.1")
    assert refused.value.code == "CS-303"
    assert not CaseEvent.objects.filter(case=case).exists()


def test_a_party_is_not_recorded_where_the_file_cannot_be_built(register):
    from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415

    case = opened("de-energisation")
    with pytest.raises(HalfhourError, match=r"CS-303: D0205 of step C7\.1 needs an MPID of: registration service"):
        sent(case, "C7.1")
    assert not CaseEvent.objects.filter(case=case).exists()


def test_a_step_that_is_not_awaited_or_not_there_is_said_before_anything_that_is_lacking(register):
    case = opened("de-energisation")
    with pytest.raises(HalfhourError, match="CS-304"):
        sent(case, "C7.4")
    with pytest.raises(HalfhourError, match=r"CS-104.*nearest known"):
        sent(case, "C7.44")


def test_an_import_that_is_de_energised_is_told_of_the_import(register):
    case = opened("de-energisation", {"registration_service": "LOND"})
    ((one, file),) = sent(case, "C7.1", on=EXCHANGED)
    assert (file.header["to_role"], items(file)["mpan_core"], items(file)["energisation_status"]) == ("P", IMPORT, "D")
    assert items(file)["meter_timeswitch_class"] == "801"
    told = without_file(find_timetable("de-energisation"), one.recorded.state, "C7.1", {"LOND"})
    assert told == {"Meter Operator": "its flow does not go there"}


def test_what_the_sender_may_not_read_is_not_in_its_file(register):
    from django.db.models import Q  # noqa: PLC0415

    case = opened("meter-exchange", {"moa": "MOAA", "import_supplier": "IMPS"})
    blind = sent(case, "C6.1", seen=lambda _: Q(pk__in=[]))
    assert [file.header["to_mpid"] for _, file in blind] == ["IMPS"]
    timetable, state = find_timetable("meter-exchange"), blind[0][0].recorded.state
    told = without_file(timetable, state, "C6.1", {"IMPS"})
    assert told == {"Data Collector of the export": "nobody is recorded as it"}
    assert "meter_id" not in items(blind[0][1])


def test_files_of_a_sender_are_numbered_one_after_another_and_a_refused_one_takes_no_number(register):
    case = opened("meter-exchange")
    assert [file.header["file_id"] for _, file in sent(case, "C6.1")] == ["0000000001", "0000000002"]
    with pytest.raises(HalfhourError, match="CS-304"):
        sent(case, "C6.1")
    assert [file.header["file_id"] for _, file in sent(case, "C6.2")] == ["0000000003", "0000000004"]


def test_neta_files_are_numbered_to_each_recipient_on_its_own(register):
    facts = {"registration_id": "R1", "site_id": "mill", "import_msid": IMPORT, "import_amsid": "7700000000010"}
    parties = {"registrant": "VLPA", "svaa": "SVAA", "moa": "MOAA", "hhdc": "DCOL"}
    case = opened("asset-metering-registration", parties, {**facts, "pair_effective_from": EXCHANGED})
    from halfhour.server.cases.writing import record  # noqa: PLC0415

    for step, outcome in (("A1", "sent"), ("A2", "confirmed_import_only")):
        record(case, Event("", 0, EXCHANGED, "act", step, outcome), "tester", moment=NOON)
    numbers = {}
    for step in ("A3m", "A3c"):
        for one, file in sent(case, step):
            numbers.setdefault(one.to_mpid, []).append(file.header["sequence"])
    assert {name: list(map(int, told)) for name, told in numbers.items()} == {
        "MOAA": [1],
        "SVAA": [1, 2],
        "DCOL": [1],
    }


def test_senders_at_once_share_no_number_and_send_no_file_twice(register):
    from django.db import connection  # noqa: PLC0415

    first = {"import_mpan": IMPORT, "export_mpan": EXPORT}
    cases = [opened("meter-exchange", facts={**first, "effective_from": EXCHANGED + timedelta(n)}) for n in range(6)]

    def send_one(case):
        try:
            return [file.header["file_id"] for _, file in sent(case, "C6.1", on=date(2025, 6, 16))]
        except HalfhourError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(send_one, [*cases, *cases]))
    assert sorted(one for one in told if isinstance(one, str)) == ["CS-304"] * 6
    numbers = sorted(int(number) for one in told if isinstance(one, list) for number in one)
    assert numbers == list(range(1, 13)), "two recipients each, numbered without a gap"
