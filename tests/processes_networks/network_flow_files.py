"""The files of the scenarios of private networks, as a careful sender would write them.

`python tests/processes_networks/network_flow_files.py` writes them; a test sees that the committed files are these.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from halfhour.calendar import settlement_periods
from halfhour.formats.flows.layouts import find_layout
from halfhour.formats.flows.records import FlowFile, Record, new_flow, write_flow
from halfhour.identifiers import check_digit
from numbered_files import numbered

SCENARIOS = Path(__file__).parents[1] / "processes_scenarios" / "private_networks"

SUPPLIER, DISTRIBUTOR, OPERATOR, COLLECTOR = "THRD", "EELC", "METR", "COLL"
BOUNDARY_SUPPLIER = "BNDY"
ROLES = {
    SUPPLIER: "X",
    BOUNDARY_SUPPLIER: "X",
    DISTRIBUTOR: "R",
    "SPOW": "R",
    OPERATOR: "M",
    COLLECTOR: "C",
}


def mpan(short_code: str, number: int) -> str:
    """An MPAN core with its check digit."""
    twelve = f"{short_code}{number:010}"
    return twelve + str(check_digit(twelve))


BOUNDARY, THIRD_PARTY, SCOTTISH = mpan("10", 1234567890), mpan("10", 2000000001), mpan("18", 2000000002)


def flow(name: str, sender: str, to: str, on: date, groups: list[Record], number: int = 1) -> FlowFile:
    """A file of one flow, made at nine o'clock on a day."""
    layout = find_layout(name)
    assert layout is not None
    header = {
        "file_id": f"{number:010}",
        "from_role": ROLES[sender],
        "from_mpid": sender,
        "to_role": ROLES[to],
        "to_mpid": to,
        "created": f"{on:%Y%m%d}090000",
        "test_flag": "TR01",
    }
    return new_flow(layout, header, groups)


def request(on: date, to: str = DISTRIBUTOR, reference: str = "TPA-1") -> FlowFile:
    """D0168: an MSID is asked for."""
    asked = Record(
        "X02",
        {
            "measurement_quantity": "AI",
            "settled_as": "H",
            "line_loss_factor_class_kind": "A",
            "line_loss_factor_class": "090",
            "meter_timeswitch_class": "997",
        },
    )
    site = {"request_reference": reference, "address_1": "Unit 4", "address_2": "Ridgeway Park", "postcode": "NR1 1AA"}
    return flow("D0168001", SUPPLIER, to, on, [Record("X01", site, groups=[asked])])


def allocation(on: date, core: str, text: str = "", sender: str = DISTRIBUTOR, reference: str = "TPA-1") -> FlowFile:
    """D0169: an MSID is allocated; core `0` with a text rejects the request."""
    given = {"mpan_core": core, "measurement_quantity": "AI"}
    if core != "0":
        given |= {"line_loss_factor_class": "090"}
    top = {"request_reference": reference, "additional_information": text}
    return flow("D0169001", sender, SUPPLIER, on, [Record("X01", top, groups=[Record("X02", given)])])


def appointment(on: date, to: str, use_from: date, core: str = THIRD_PARTY, number: int = 1) -> FlowFile:
    """D0155: an agent is appointed."""
    day = f"{use_from:%Y%m%d}"
    agent = {
        OPERATOR: Record("317", {"effective_from_meter_operator": day}),
        COLLECTOR: Record("316", {"effective_from_data_collector": day}),
    }[to]
    items = {
        "mpan_core": core,
        "effective_from_registration": day,
        "contract_reference": f"C-{to}",
        "agent_type": "H",
        "gsp_group": "_A" if core.startswith("10") else "_N",
    }
    return flow("D0155001", SUPPLIER, to, on, [Record("315", items, groups=[agent])], number)


def acceptance(on: date, sender: str, use_from: date, core: str = THIRD_PARTY) -> FlowFile:
    """D0011: an agent accepts."""
    day = f"{use_from:%Y%m%d}"
    agent = {
        OPERATOR: Record("036", {"effective_from_meter_operator": day}),
        COLLECTOR: Record("035", {"effective_from_agent_035": day}),
    }[sender]
    items = {"mpan_core": core, "contract_reference": f"C-{sender}", "effective_from_registration": day}
    return flow("D0011001", sender, SUPPLIER, on, [Record("034", items, groups=[agent])])


def rejection(on: date, sender: str, use_from: date, core: str = THIRD_PARTY) -> FlowFile:
    """D0261: an agent rejects."""
    items = {
        "mpan_core": core,
        "contract_reference": f"C-{sender}",
        "effective_from_registration": f"{use_from:%Y%m%d}",
        "rejection_reason_code": "NC",
    }
    return flow("D0261001", sender, SUPPLIER, on, [Record("761", items)])


def details(on: date, use_from: date, core: str = THIRD_PARTY, complex_site: str = "T", number: int = 1) -> FlowFile:
    """D0268: Meter Technical Details of a half-hourly meter."""
    day = f"{use_from:%Y%m%d}"
    register = {
        "register_id": "1",
        "register_outstation_id": "OUT4",
        "channel": "1",
        "pulse_multiplier": "1",
        "register_multiplier": "1",
        "measurement_quantity": "AI",
        "number_of_digits": "8",
    }
    meter = {"meter_id": "E17X00004", "make_and_type": "ACME HH5", "installation_date": day}
    outstation = {"outstation_id": "OUT4", "number_of_channels": "2"}
    items = {
        "mpan_core": core,
        "effective_from_date": day,
        "code_of_practice": "5",
        "code_of_practice_issue": "6",
        "complex_site": complex_site,
        "location": "Switch room of Unit 4",
    }
    groups = [Record("02A", outstation), Record("03A", meter, groups=[Record("04A", register)])]
    return flow("D0268001", OPERATOR, COLLECTOR, on, [Record("01A", items, groups=groups)], number)


def advances(on: date, day: date, volumes: dict[str, int], to: str = SUPPLIER) -> FlowFile:
    """D0036: half-hourly advances of a Settlement Day, the same kWh in each period of an MSID."""
    instances = []
    for core, kwh in volumes.items():
        periods = [Record("103", {"advance_indicator": "A", "advance_kwh": f"{kwh}.0"})] * settlement_periods(day)
        whole_day = Record("102", {"settlement_date": f"{day:%Y%m%d}"}, groups=list(periods))
        instances.append(Record("101", {"mpan_core": core, "measurement_quantity": "AI"}, groups=[whole_day]))
    return flow("D0036001", COLLECTOR, to, on, instances)


def _ordinary() -> dict[str, FlowFile]:
    use = date(2025, 5, 12)
    return {
        "request.usr": request(date(2025, 4, 1)),
        "allocation.usr": allocation(date(2025, 4, 4), THIRD_PARTY),
        "appointment_of_the_operator.usr": appointment(date(2025, 4, 8), OPERATOR, use),
        "appointment_of_the_collector.usr": appointment(date(2025, 4, 8), COLLECTOR, use, number=2),
        "operator_accepts.usr": acceptance(date(2025, 4, 10), OPERATOR, use),
        "collector_accepts.usr": acceptance(date(2025, 4, 11), COLLECTOR, use),
        "details.usr": details(date(2025, 4, 14), use),
        "advances.usr": advances(date(2025, 5, 14), use, {THIRD_PARTY: 10}),
        "advances_of_the_boundary.usr": advances(date(2025, 5, 14), use, {BOUNDARY: 10}, BOUNDARY_SUPPLIER),
    }


def _scottish_clock_change() -> dict[str, FlowFile]:
    use = date(2025, 10, 26)
    core = SCOTTISH
    return {
        "request.usr": request(date(2025, 9, 12), "SPOW", "TPA-2"),
        "allocation.usr": allocation(date(2025, 9, 19), core, sender="SPOW", reference="TPA-2"),
        "appointment_of_the_operator.usr": appointment(date(2025, 9, 23), OPERATOR, use, core),
        "appointment_of_the_collector.usr": appointment(date(2025, 9, 23), COLLECTOR, use, core, 2),
        "operator_accepts.usr": acceptance(date(2025, 9, 25), OPERATOR, use, core),
        "collector_accepts.usr": acceptance(date(2025, 9, 26), COLLECTOR, use, core),
        "details.usr": details(date(2025, 10, 1), use, core),
        "advances_of_50_periods.usr": advances(date(2025, 10, 28), use, {core: 7}),
    }


def _full_settlement() -> dict[str, FlowFile]:
    use = date(2025, 5, 12)
    return {
        "request.usr": request(date(2025, 3, 24)),
        "allocation.usr": allocation(date(2025, 3, 27), THIRD_PARTY),
        "appointment_of_the_operator.usr": appointment(date(2025, 4, 1), OPERATOR, use),
        "appointment_of_the_collector.usr": appointment(date(2025, 4, 1), COLLECTOR, use, number=2),
        "operator_accepts.usr": acceptance(date(2025, 4, 3), OPERATOR, use),
        "collector_accepts.usr": acceptance(date(2025, 4, 4), COLLECTOR, use),
        "details.usr": details(date(2025, 4, 7), use, complex_site="F"),
        "advances.usr": advances(date(2025, 5, 14), use, {THIRD_PARTY: 10}),
    }


def _troubled_agents() -> dict[str, FlowFile]:
    use = date(2025, 6, 30)
    return {
        "request.usr": request(date(2025, 4, 1)),
        "no_allocation.usr": allocation(date(2025, 4, 3), "0", "LLFC 090 IS NOT FOR THIS SITE"),
        "request_again.usr": request(date(2025, 4, 7), reference="TPA-1B"),
        "allocation.usr": allocation(date(2025, 4, 15), THIRD_PARTY, reference="TPA-1B"),
        "appointment_of_the_operator.usr": appointment(date(2025, 4, 22), OPERATOR, use),
        "appointment_of_the_collector.usr": appointment(date(2025, 4, 22), COLLECTOR, use, number=2),
        "operator_rejects.usr": rejection(date(2025, 4, 24), OPERATOR, use),
        "appointment_of_the_operator_again.usr": appointment(date(2025, 4, 28), OPERATOR, use, number=3),
        "operator_accepts.usr": acceptance(date(2025, 4, 30), OPERATOR, use),
        "appointment_of_the_collector_again.usr": appointment(date(2025, 5, 1), COLLECTOR, use, number=4),
        "collector_accepts.usr": acceptance(date(2025, 5, 12), COLLECTOR, use),
        "details_of_no_complex_site.usr": details(date(2025, 5, 14), use, complex_site="F"),
        "details.usr": details(date(2025, 5, 19), use, number=2),
    }


def _shared_meter() -> dict[str, FlowFile]:
    start = date(2025, 6, 2)
    return {
        "appointment_of_the_operator.usr": appointment(date(2025, 5, 9), OPERATOR, start),
        "appointment_of_the_collector.usr": appointment(date(2025, 5, 9), COLLECTOR, start, number=2),
        "collector_rejects.usr": rejection(date(2025, 5, 13), COLLECTOR, start),
        "appointment_of_the_collector_again.usr": appointment(date(2025, 5, 14), COLLECTOR, start, number=3),
        "collector_accepts.usr": acceptance(date(2025, 5, 16), COLLECTOR, start),
        "operator_accepts.usr": acceptance(date(2025, 5, 20), OPERATOR, start),
    }


def files() -> dict[Path, bytes]:
    """Every file of the scenarios by its path."""
    of_folder = {
        "given_a_customer_who_gets_access_through_difference_metering": _ordinary(),
        "given_a_scottish_network_whose_use_begins_on_the_long_day_of_october": _scottish_clock_change(),
        "given_a_network_in_which_every_customer_has_an_msid": _full_settlement(),
        "given_an_msid_refused_and_agents_that_reject_and_say_nothing": _troubled_agents(),
        "given_a_shared_meter_whose_collector_rejects_and_whose_operator_is_late": _shared_meter(),
    }
    return {
        SCENARIOS / folder / "flows" / name: content
        for folder, made in of_folder.items()
        for name, content in numbered({name: write_flow(file) for name, file in made.items()}).items()
    }


if __name__ == "__main__":
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
