"""Files in: recognised, acknowledged, matched to a case or opening one, or left for a person; twice the same is one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from halfhour.errors import HalfhourError
from halfhour.formats.flows.layouts import find_layout
from halfhour.formats.flows.records import Record, new_flow, write_flow
from halfhour.processes.cases import Opening

MOMENT = datetime(2025, 3, 3, 9, tzinfo=UTC)
IMPORT = "1012345678903"


def flow_file(name, sender, recipient, *groups, created="20250303090000", file_id="0000000001"):
    layout = find_layout(f"{name}001")
    header = {
        "file_id": file_id,
        "from_role": sender[0],
        "from_mpid": sender[1],
        "to_role": recipient[0],
        "to_mpid": recipient[1],
        "created": created,
    }
    return write_flow(new_flow(layout, header, list(groups)))


def notice(mpan=IMPORT, **rest):
    reason = Record("002", {"reason_code": "BSTOP"})
    generator = Record("003", {"technology": "pv", "capacity_kw": "3.6", "commissioning_date": "20250224"})
    system = Record(
        "001", {"mpan_core": mpan, "request_date": "20250303", "case_reference": "R1"}, groups=[reason, generator]
    )
    return flow_file("D0001", ("R", "LOND"), ("X", "HHSP"), system, **rest)


@pytest.fixture
def files(database):
    from halfhour.server.files import receiving  # noqa: PLC0415 - Django is set up by the database

    return receiving


def test_a_notice_opens_a_case_once_however_often_it_comes(files):
    from halfhour.server.cases.models import Case  # noqa: PLC0415

    first = files.receive(notice(), "notice.usr", "tester", moment=MOMENT)
    again = files.receive(notice(), "another name.usr", "tester", moment=MOMENT)
    sent_again = files.receive(notice(file_id="0000000002"), "notice-2.usr", "tester", moment=MOMENT)
    assert (first.new, again.new, sent_again.new) == (True, False, True)
    case = Case.objects.get()
    assert case.timetable.startswith("microgeneration-backstop")
    assert [one.state for one in first.file.instances.all()] == ["OPENED"]
    assert sent_again.file.instances.get().case_id == case.id


def test_a_file_that_is_broken_is_refused_with_its_faults_and_kept(files):
    broken = notice().replace(b"ZPT|0000000001|3", b"ZPT|0000000001|9")
    received = files.receive(broken, "broken.usr", "tester", moment=MOMENT)
    assert received.file.state == "REJECTED"
    assert received.file.findings[0]["code"].startswith("FF-")
    assert received.file.instances.count() == 0
    nothing = files.receive(b"not a flow at all", "letter.txt", "tester", moment=MOMENT)
    assert (nothing.file.state, nothing.file.findings[0]["code"]) == ("REJECTED", "FF-100")
    with pytest.raises(HalfhourError, match="CS-210"):
        files.receive(b"", "empty.usr", "tester")


def test_an_answer_without_a_case_waits_for_a_person_and_says_why(files):
    answer = flow_file(
        "D0011",
        ("M", "HHMO"),
        ("X", "HHSP"),
        Record("034", {"mpan_core": IMPORT, "contract_reference": "K1", "effective_from_registration": "20250301"}),
    )
    received = files.receive(answer, "answer.usr", "tester", moment=MOMENT)
    instance = received.file.instances.get()
    assert (received.file.state, instance.state) == ("ACKNOWLEDGED", "UNMATCHED")
    assert IMPORT in instance.because
    with pytest.raises(HalfhourError, match="CS-201"):
        files.assign(instance.pk, "XX999999", "tester")
    with pytest.raises(HalfhourError, match="CS-211"):
        files.assign(instance.pk + 1, "XX999999", "tester")


def test_what_waits_is_given_to_a_case_by_a_person(files):
    from halfhour.server.cases.writing import open_case  # noqa: PLC0415

    answer = flow_file(
        "D0011",
        ("M", "HHMO"),
        ("X", "HHSP"),
        Record("034", {"mpan_core": IMPORT, "effective_from_registration": "20250301"}),
    )
    instance = files.receive(answer, "answer.usr", "tester", moment=MOMENT).file.instances.get()
    facts = {"network": "ridgeway-park", "premises": "Unit 4"}
    case = open_case(Opening("", "third-party-access", date(2025, 3, 3), {}, facts), "tester", moment=MOMENT).case
    assigned = files.assign(instance.pk, case.id, "tester", moment=MOMENT)
    # It comes before the step that it answers is open, and is held for it.
    assert (assigned.state, assigned.case_id) == ("HELD", case.id)
    assert case.events.get().id == assigned.message_id
    with pytest.raises(HalfhourError, match="CS-212"):
        files.assign(instance.pk, case.id, "tester")


def test_one_faulty_instance_does_not_hold_up_the_others(files):
    systems = []
    for mpan in (IMPORT, "1012345678904"):
        reason = Record("002", {"reason_code": "BSTOP"})
        generator = Record("003", {"technology": "pv", "capacity_kw": "3.6", "commissioning_date": "20250224"})
        systems.append(Record("001", {"mpan_core": mpan, "request_date": "20250303"}, groups=[reason, generator]))
    good = flow_file("D0001", ("R", "LOND"), ("X", "HHSP"), systems[0])
    systems[1].items["mpan_core"] = IMPORT
    both = flow_file("D0001", ("R", "LOND"), ("X", "HHSP"), systems[0], systems[1], file_id="0000000007")
    head, _, tail = both.rpartition(IMPORT.encode())
    received = files.receive(head + b"1012345678904" + tail, "two.usr", "tester", moment=MOMENT)
    assert received.file.state == "ACKNOWLEDGED"
    assert [one.state for one in received.file.instances.order_by("number")] == ["OPENED", "REJECTED"]
    assert good != both
