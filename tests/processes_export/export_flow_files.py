"""Flow files of the scenarios of export registration, made anew; a test holds the committed files to them."""

from __future__ import annotations

from halfhour.formats.flows.layouts import find_layout
from halfhour.formats.flows.records import Record, new_flow, write_flow
from numbered_files import numbered

IMPORT, EXPORT = "1012345678903", "1020000000015"
SCOTTISH_IMPORT, SCOTTISH_EXPORT = "1812345678900", "1820000000011"
SUPPLIER, LDSO, MOA, DC, DA = ("X", "GREN"), ("R", "LOND"), ("M", "HHMO"), ("C", "HHDC"), ("A", "HHDA")
SMRS = ("P", "LOND")


def flow_file(name, sender, recipient, created, *groups):
    """The bytes of a file."""
    header = {
        "file_id": "0000000001",
        "from_role": sender[0],
        "from_mpid": sender[1],
        "to_role": recipient[0],
        "to_mpid": recipient[1],
        "created": f"{created}090000",
    }
    return write_flow(new_flow(find_layout(f"{name}001"), header, list(groups)))


def d0168(day, capacity="4", settled_as="H", technology="pv"):
    """The request of an export MPAN."""
    items = {"settled_as": settled_as, "technology": technology, "capacity_kw": capacity}
    wanted = Record("X02", {"measurement_quantity": "AE", **items})
    site = Record("X01", {"request_reference": "GREN-1", "import_mpan_core": IMPORT}, groups=[wanted])
    return flow_file("D0168", SUPPLIER, LDSO, day, site)


def d0169(day, core=EXPORT, text=""):
    """The allocation, or a refusal with MPAN core 0."""
    items = {"mpan_core": core} | (
        {"line_loss_factor_class": "932", "measurement_quantity": "AE"} if core != "0" else {}
    )
    request = {"request_reference": "GREN-1"} | ({"additional_information": text} if text else {})
    return flow_file("D0169", LDSO, SUPPLIER, day, Record("X01", request, groups=[Record("X02", items)]))


def d0217(day, start, supplier=SUPPLIER, mpan=EXPORT):
    """The confirmation of a registration."""
    items = {"instruction_number": "1", "mpan_core": mpan, "supply_start_date": start}
    system = Record("754", {"file_reference": "1"}, groups=[Record("492", items)])
    return flow_file("D0217", SMRS, supplier, day, system)


def d0155(day, start, agent=MOA, supplier=SUPPLIER, mpan=EXPORT):
    """An appointment."""
    group = (
        Record("317", {"effective_from_meter_operator": start})
        if agent[0] == "M"
        else Record("316", {"effective_from_data_collector": start})
    )
    items = {
        "mpan_core": mpan,
        "effective_from_registration": start,
        "contract_reference": "GREN01",
        "agent_type": "H",
    }
    return flow_file("D0155", supplier, agent, day, Record("315", items, groups=[group]))


def d0153(day, start):
    """The appointment of an aggregator."""
    items = {"mpan_core": EXPORT, "effective_from_data_aggregator": start, "effective_from_registration": start}
    return flow_file("D0153", SUPPLIER, DA, day, Record("312", items))


def d0011(day, start, agent=MOA, supplier=SUPPLIER, mpan=EXPORT):
    """An acceptance."""
    group = (
        Record("036", {"effective_from_meter_operator": start})
        if agent[0] == "M"
        else Record("035", {"effective_from_agent_035": start})
    )
    items = {"mpan_core": mpan, "contract_reference": "GREN01", "effective_from_registration": start}
    return flow_file("D0011", agent, supplier, day, Record("034", items, groups=[group]))


def d0261(day, start, code, agent=MOA, supplier=SUPPLIER, mpan=EXPORT):
    """A rejection."""
    items = {"mpan_core": mpan, "effective_from_registration": start, "rejection_reason_code": code}
    return flow_file("D0261", agent, supplier, day, Record("761", items))


def d0148(day, start):
    """Telling the agents of one another."""
    operator = Record("274", {"meter_operator_id": MOA[1], "meter_operator_new_or_old": "N"})
    return flow_file(
        "D0148", SUPPLIER, MOA, day, Record("270", {"mpan_core": EXPORT, "supply_start_date": start}, groups=[operator])
    )


def d0268(day, start, agent=MOA, supplier=SUPPLIER):
    """Half-hourly Meter Technical Details with an AE register."""
    register = Record("04A", {"register_id": "1", "measurement_quantity": "AE"})
    meter = Record("03A", {"meter_id": "S95C000001"}, groups=[register])
    system = Record("01A", {"mpan_core": EXPORT, "effective_from_date": start, "complex_site": "F"}, groups=[meter])
    return flow_file("D0268", agent, supplier, day, system)


def d0150(day, start, agent=MOA, supplier=SUPPLIER, mpan=EXPORT, meter="S95C000001", removed=""):
    """Non-half-hourly Meter Technical Details, with a Meter that was taken out on their first day."""
    groups = [Record("289", {"standard_settlement_configuration": "0482"}), Record("290", {"meter_id": meter})]
    groups += [Record("08A", {"removed_meter_id": removed, "removal_date": start})] if removed else []
    items = {"mpan_core": mpan, "effective_from_date": start}
    return flow_file("D0150", agent, supplier, day, Record("288", items, groups=groups))


def d0010(day, collector=DC, supplier=SUPPLIER, mpan=EXPORT):
    """A reading."""
    reading = Record("030", {"register_id": "1", "register_reading": "0"})
    meter = Record("028", {"meter_id": "S95C000001"}, groups=[reading])
    return flow_file("D0010", collector, supplier, day, Record("026", {"mpan_core": mpan}, groups=[meter]))


def d0036(day, advances):
    """Half-hourly advances, so many a Settlement Day."""
    days = [
        Record(
            "102",
            {"settlement_date": date},
            groups=[Record("103", {"advance_indicator": "A", "advance_kwh": "0.125"}) for _ in range(number)],
        )
        for date, number in advances.items()
    ]
    system = Record("101", {"mpan_core": EXPORT, "measurement_quantity": "AE"}, groups=days)
    return flow_file("D0036", DC, SUPPLIER, day, system)


def scottish(files):
    """The same files about MPANs of the distributor in southern Scotland."""
    made = {}
    for name, content in files.items():
        text = content.decode().replace(IMPORT, SCOTTISH_IMPORT).replace(EXPORT, SCOTTISH_EXPORT)
        made[name] = text.replace("LOND", "SPOW").encode()
    return made


START = "20250320"
UP_TO_REGISTRATION = {
    "01-request.usr": d0168("20250304"),
    "02-allocation.usr": d0169("20250310"),
    "03-registration.usr": d0217("20250314", START),
}
APPOINTED = UP_TO_REGISTRATION | {
    "04-operator.usr": d0155("20250317", START),
    "05-collector.usr": d0155("20250317", START, DC),
    "06-aggregator.usr": d0153("20250317", START),
}
ACCEPTED = APPOINTED | {
    "07-operator_accepts.usr": d0011("20250320", START),
    "08-collector_accepts.usr": d0011("20250320", START, DC),
    "09-others.usr": d0148("20250321", START),
}

_FILES = {
    "given_a_half_hourly_export_and_everybody_in_time": ACCEPTED | {"10-details.usr": d0268("20250325", START)},
    "given_a_non_half_hourly_export_and_everybody_in_time": ACCEPTED
    | {"10-details.usr": d0150("20250325", START), "11-reading.usr": d0010("20250402")},
    "given_a_refusal_that_comes_as_mpan_0": {
        "01-request.usr": d0168("20250304"),
        "02-refusal.usr": d0169("20250310", "0", "NO G98 NOTIFICATION HELD"),
        "03-request.usr": d0168("20250312"),
        "04-allocation.usr": d0169("20250314"),
    },
    "given_a_meter_operator_that_says_nothing": APPOINTED | {"07-operator.usr": d0155("20250331", "20250414")},
    "given_a_meter_operator_without_a_contract": APPOINTED
    | {
        "07-rejection.usr": d0261("20250320", START, "NC"),
        "08-operator.usr": d0155("20250402", "20250409"),
        "09-operator_accepts.usr": d0011("20250404", "20250409"),
    },
    "given_a_rejection_for_wrong_data": APPOINTED
    | {
        "07-rejection.usr": d0261("20250320", START, "DE"),
        "08-operator.usr": d0155("20250321", "20250324"),
        "09-operator_accepts.usr": d0011("20250325", "20250324"),
    },
    "given_a_meter_operator_that_says_it_is_not_its_meter": APPOINTED
    | {"07-rejection.usr": d0261("20250320", START, "NM")},
    "given_a_d0148_before_the_collector_has_confirmed": APPOINTED
    | {
        "07-operator_accepts.usr": d0011("20250320", START),
        "08-others.usr": d0148("20250321", START),
        "09-collector_accepts.usr": d0011("20250324", START, DC),
        "10-others.usr": d0148("20250325", START),
    },
    "given_solution_c_and_a_refusal_against_the_rule": APPOINTED | {"07-rejection.usr": d0261("20250320", START, "NC")},
    "given_solution_c_and_silence_that_counts_as_acceptance": APPOINTED,
    "given_solution_c_and_45_kw": APPOINTED
    | {"01-request.usr": d0168("20250304", "45"), "07-rejection.usr": d0261("20250326", START, "NC")},
    "given_solution_c_without_a_number_of_days": APPOINTED | {"07-operator_accepts.usr": d0011("20250630", START)},
    "given_a_meter_operator_that_accepts_four_days_late": APPOINTED
    | {
        "07-collector_accepts.usr": d0011("20250320", START, DC),
        "08-operator_accepts.usr": d0011("20250328", START),
    },
    "given_details_that_do_not_pass_and_right_ones_after": ACCEPTED
    | {"10-details.usr": d0268("20250325", START), "11-details.usr": d0268("20250404", START)},
    "given_a_first_reading_that_comes_late": ACCEPTED
    | {"10-details.usr": d0150("20250325", START), "11-reading.usr": d0010("20250414")},
    "given_a_rejection_because_of_another_mpan": APPOINTED
    | {
        "07-rejection.usr": d0261("20250320", START, "WM"),
        "08-operator.usr": d0155("20250325", "20250401"),
        "09-operator_accepts.usr": d0011("20250327", "20250401"),
    },
    "given_easter_and_acts_in_time_late_and_not_at_all": {
        "01-request.usr": d0168("20250409"),
        "02-allocation.usr": d0169("20250416"),
        "03-registration.usr": d0217("20250417", "20250422"),
        "04-aggregator.usr": d0153("20250417", "20250422"),
        "05-operator.usr": d0155("20250422", "20250422"),
        "06-collector.usr": d0155("20250423", "20250422", DC),
        "07-collector_accepts.usr": d0011("20250430", "20250422", DC),
        "08-operator.usr": d0155("20250507", "20250521"),
        "09-operator_accepts.usr": d0011("20250514", "20250521"),
        "10-others.usr": d0148("20250516", "20250422"),
        "11-details.usr": d0268("20250521", "20250521"),
    },
    "given_a_clock_change_and_a_first_day_of_25_hours": {
        "01-request.usr": d0168("20251013"),
        "02-allocation.usr": d0169("20251016"),
        "03-registration.usr": d0217("20251017", "20251025"),
        "04-operator.usr": d0155("20251020", "20251025"),
        "05-collector.usr": d0155("20251020", "20251025", DC),
        "06-aggregator.usr": d0153("20251020", "20251025"),
        "07-operator_accepts.usr": d0011("20251027", "20251025"),
        "08-collector_accepts.usr": d0011("20251027", "20251025", DC),
        "09-others.usr": d0148("20251028", "20251025"),
        "10-details.usr": d0268("20251103", "20251025"),
        "11-advances.usr": d0036("20251117", {"20251025": 48, "20251026": 50, "20251027": 48}),
    },
    "given_a_scottish_site_over_st_andrews_day_and_2_january": scottish(
        {
            "01-request.usr": d0168("20251201"),
            "02-allocation.usr": d0169("20251210"),
            "03-registration.usr": d0217("20251217", "20251222"),
            "04-operator.usr": d0155("20251218", "20251222"),
            "05-collector.usr": d0155("20251218", "20251222", DC),
            "06-aggregator.usr": d0153("20251218", "20251222"),
            "07-operator_accepts.usr": d0011("20251229", "20251222"),
            "08-collector_accepts.usr": d0011("20260102", "20251222", DC),
            "09-others.usr": d0148("20260105", "20251222"),
            "10-details.usr": d0268("20260108", "20251222"),
        }
    ),
    "given_30_kw_that_are_to_be_non_half_hourly": {"01-request.usr": d0168("20250304", "30", "N")},
    "given_29_9_kw_that_are_to_be_non_half_hourly": {"01-request.usr": d0168("20250304", "29.9", "N")},
    "given_generation_older_than_the_guarantee": {"01-request.usr": d0168("20200106", "3.6")},
    "given_solution_a_and_everybody_in_time": {
        "01-request.usr": d0168("20250304"),
        "02-allocation.usr": d0169("20250310"),
        "03-operator.usr": d0155("20250311", START),
        "04-collector.usr": d0155("20250311", START, DC),
        "05-registration.usr": d0217("20250314", START),
        "06-aggregator.usr": d0153("20250317", START),
        "07-operator_accepts.usr": d0011("20250318", START),
        "08-collector_accepts.usr": d0011("20250318", START, DC),
        "09-others.usr": d0148("20250319", START),
        "10-details.usr": d0268("20250321", START),
        "11-advances.usr": d0036("20250324", {START: 48}),
    },
    "given_solution_b_and_a_meter_operator_without_a_contract": APPOINTED
    | {"07-rejection.usr": d0261("20250320", START, "NC")},
    "given_solutions_a_and_c_and_silence_that_counts_as_acceptance": {
        "01-request.usr": d0168("20250304"),
        "02-allocation.usr": d0169("20250310"),
        "03-operator.usr": d0155("20250311", START),
    },
    "given_solution_c_and_an_acceptance_on_the_last_day": APPOINTED
    | {"07-operator_accepts.usr": d0011("20250324", START)},
    "given_solution_c_and_a_meter_operator_that_serves_another_customer_there": APPOINTED
    | {
        "07-rejection.usr": d0261("20250320", START, "NC"),
        "08-operator.usr": d0155("20250324", "20250327"),
        "09-operator_accepts.usr": d0011("20250326", "20250327"),
    },
    "given_solution_c_and_a_meter_operator_that_serves_nobody_there": APPOINTED
    | {"07-rejection.usr": d0261("20250320", START, "NC")},
    "given_a_rejection_with_a_code_that_nobody_knows": APPOINTED | {"07-rejection.usr": d0261("20250320", START, "ZZ")},
}

FILES = {name: numbered(files) for name, files in _FILES.items()}
"""The files of each scenario folder, by name."""
