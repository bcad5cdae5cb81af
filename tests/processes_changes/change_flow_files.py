"""Flow files of the scenarios of changes at a shared Meter, made anew; a test holds the committed files to them."""

from __future__ import annotations

from halfhour.formats.flows.records import Record
from numbered_files import numbered
from processes_export.export_flow_files import (
    DC,
    EXPORT,
    IMPORT,
    MOA,
    SMRS,
    SUPPLIER,
    d0010,
    d0011,
    d0150,
    d0155,
    d0217,
    d0261,
    d0268,
    flow_file,
)

IMPORTING, NEW_IMPORTING, EXPORTING, NEW_EXPORTING = ("X", "HHSP"), ("X", "DLTA"), SUPPLIER, ("X", "BRVO")
NEW_MOA, NEW_DC = ("M", "NUMO"), ("C", "NUDC")
EXCHANGED = {"meter": "S95C000002", "removed": "S95C000001"}


def ended(day, last, supplier, agent, mpan=EXPORT):
    """D0151: an appointment ends."""
    return flow_file("D0151", supplier, agent, day, Record("297", {"mpan_core": mpan, "termination_date": last}))


def particulars(day, start, supplier, mpan=EXPORT, **items):
    """D0205: the registration's particulars change."""
    update = Record("X01", {"instruction_number": "1", "mpan_core": mpan, "effective_from_date": start, **items})
    return flow_file("D0205", supplier, SMRS, day, Record("752", {"file_sequence_number": "1"}, groups=[update]))


def both_agents(day, start):
    """C4: the import's Meter Operator and a Data Collector of its own, appointed by the new export Supplier."""
    return {
        "02-operator.usr": d0155(day, start, MOA, NEW_EXPORTING),
        "03-collector.usr": d0155(day, start, NEW_DC, NEW_EXPORTING),
    }


_FILES = {
    "given_c1_a_change_of_import_supplier_with_the_same_meter_operator": {
        "1-registered.usr": d0217("20250417", "20250417", NEW_IMPORTING, IMPORT),
    },
    "given_c1_and_a_new_import_supplier_that_is_told_too_late": {
        "1-registered.usr": d0217("20251215", "20251215", NEW_IMPORTING, IMPORT),
    },
    "given_c2_a_change_of_import_supplier_and_meter_operator_that_the_export_follows": {
        "1-registered.usr": d0217("20250602", "20250602", NEW_IMPORTING, IMPORT),
        "2-appointed.usr": d0155("20250605", "20250602", NEW_MOA, EXPORTING),
        "3-accepted.usr": d0011("20250610", "20250602", NEW_MOA, EXPORTING),
        "4-ended.usr": ended("20250610", "20250601", EXPORTING, MOA),
        "5-details.usr": d0268("20250616", "20250602", NEW_MOA, EXPORTING),
    },
    "given_c2_and_a_new_meter_operator_that_first_rejects_the_export": {
        "1-registered.usr": d0217("20250501", "20250501", NEW_IMPORTING, IMPORT),
        "2-appointed.usr": d0155("20250506", "20250501", NEW_MOA, EXPORTING),
        "3-rejected.usr": d0261("20250512", "20250501", "NC", NEW_MOA, EXPORTING),
        "4-appointed_again.usr": d0155("20250513", "20250501", NEW_MOA, EXPORTING),
        "5-accepted.usr": d0011("20250519", "20250501", NEW_MOA, EXPORTING),
        "6-ended.usr": ended("20250520", "20250430", EXPORTING, MOA),
        "7-details.usr": d0150("20250527", "20250501", NEW_MOA, EXPORTING),
    },
    "given_c2_and_an_export_supplier_that_nobody_tells": {
        "1-registered.usr": d0217("20250602", "20250602", NEW_IMPORTING, IMPORT),
    },
    "given_c3_a_change_of_meter_operator_that_the_export_follows": {
        "1-import_appointed.usr": d0155("20250402", "20250407", NEW_MOA, IMPORTING, IMPORT),
        "2-import_accepted.usr": d0011("20250404", "20250407", NEW_MOA, IMPORTING, IMPORT),
        "3-export_appointed.usr": d0155("20250411", "20250407", NEW_MOA, EXPORTING),
        "4-export_accepted.usr": d0011("20250422", "20250407", NEW_MOA, EXPORTING),
        "5-ended.usr": ended("20250423", "20250406", EXPORTING, MOA),
        "6-details.usr": d0268("20250429", "20250407", NEW_MOA, EXPORTING),
    },
    "given_c3_and_a_new_meter_operator_silent_on_the_export": {
        "1-import_appointed.usr": d0155("20251013", "20251016", NEW_MOA, IMPORTING, IMPORT),
        "2-import_accepted.usr": d0011("20251015", "20251016", NEW_MOA, IMPORTING, IMPORT),
        "3-export_appointed.usr": d0155("20251020", "20251016", NEW_MOA, EXPORTING),
        "4-export_accepted.usr": d0011("20251030", "20251016", NEW_MOA, EXPORTING),
    },
    "given_c3_and_a_new_meter_operator_that_rejects_both_and_then_accepts": {
        "1-import_appointed.usr": d0155("20250815", "20250901", NEW_MOA, IMPORTING, IMPORT),
        "2-import_rejected.usr": d0261("20250819", "20250901", "NC", NEW_MOA, IMPORTING, IMPORT),
        "3-import_again.usr": d0155("20250820", "20250901", NEW_MOA, IMPORTING, IMPORT),
        "4-import_accepted.usr": d0011("20250821", "20250901", NEW_MOA, IMPORTING, IMPORT),
        "5-export_appointed.usr": d0155("20250826", "20250901", NEW_MOA, EXPORTING),
        "6-export_rejected.usr": d0261("20250829", "20250901", "NC", NEW_MOA, EXPORTING),
        "7-export_again.usr": d0155("20250901", "20250901", NEW_MOA, EXPORTING),
        "8-export_accepted.usr": d0011("20250903", "20250901", NEW_MOA, EXPORTING),
    },
    "given_c4_a_change_of_export_supplier_with_its_own_reading": {
        "01-registered.usr": d0217("20250327", "20250327", NEW_EXPORTING, EXPORT),
        **both_agents("20250328", "20250327"),
        "04-operator_accepts.usr": d0011("20250402", "20250327", MOA, NEW_EXPORTING),
        "05-collector_accepts.usr": d0011("20250403", "20250327", NEW_DC, NEW_EXPORTING),
        "06-reading.usr": d0010("20250403", NEW_DC, NEW_EXPORTING),
    },
    "given_c4_a_change_of_export_supplier_read_on_the_wrong_register": {
        "01-registered.usr": d0217("20250602", "20250602", NEW_EXPORTING, EXPORT),
        **both_agents("20250603", "20250602"),
        "04-operator_accepts.usr": d0011("20250605", "20250602", MOA, NEW_EXPORTING),
        "05-collector_accepts.usr": d0011("20250605", "20250602", NEW_DC, NEW_EXPORTING),
        "06-reading_of_the_import.usr": d0010("20250606", NEW_DC, NEW_EXPORTING, IMPORT),
        "07-reading.usr": d0010("20250610", NEW_DC, NEW_EXPORTING),
    },
    "given_c4_and_a_meter_operator_that_refuses_and_then_says_nothing": {
        "01-registered.usr": d0217("20251204", "20251204", NEW_EXPORTING, EXPORT),
        **both_agents("20251205", "20251204"),
        "04-operator_rejects.usr": d0261("20251212", "20251204", "NC", MOA, NEW_EXPORTING),
        "05-operator_again.usr": d0155("20251215", "20251204", MOA, NEW_EXPORTING),
    },
    "given_c4_and_a_change_of_supplier_reading_that_comes_late": {
        "01-registered.usr": d0217("20250602", "20250602", NEW_EXPORTING, EXPORT),
        **both_agents("20250603", "20250602"),
        "04-operator_accepts.usr": d0011("20250605", "20250602", MOA, NEW_EXPORTING),
        "05-collector_accepts.usr": d0011("20250605", "20250602", NEW_DC, NEW_EXPORTING),
        "06-reading.usr": d0010("20250612", NEW_DC, NEW_EXPORTING),
    },
    "given_c5_both_sides_to_one_supplier_on_one_day": {
        "01-registered.usr": d0217("20250602", "20250602", NEW_EXPORTING, EXPORT),
        **both_agents("20250603", "20250602"),
        "04-operator_accepts.usr": d0011("20250605", "20250602", MOA, NEW_EXPORTING),
        "05-collector_accepts.usr": d0011("20250605", "20250602", NEW_DC, NEW_EXPORTING),
        "06-reading.usr": d0010("20250609", NEW_DC, NEW_EXPORTING),
    },
    "given_c5_both_sides_to_one_supplier_with_two_first_days": {
        "01-registered.usr": d0217("20250602", "20250602", NEW_EXPORTING, EXPORT),
    },
    "given_c6_a_meter_exchange_told_for_both": {
        "1-import.usr": d0150("20251224", "20251222", MOA, IMPORTING, IMPORT, **EXCHANGED),
        "2-export.usr": d0150("20251231", "20251222", MOA, EXPORTING, **EXCHANGED),
        "3-reading.usr": d0010("20251231", DC, EXPORTING),
    },
    "given_c6_a_meter_exchange_told_for_the_import_only": {
        "1-import.usr": d0150("20250605", "20250602", MOA, IMPORTING, IMPORT, **EXCHANGED),
        "2-import_again.usr": d0150("20250609", "20250602", MOA, IMPORTING, IMPORT, **EXCHANGED),
        "3-export.usr": d0150("20250617", "20250602", MOA, EXPORTING, **EXCHANGED),
        "4-reading.usr": d0010("20250618", DC, EXPORTING),
    },
    "given_c7_an_import_that_is_disconnected_and_an_export_that_ends": {
        "1-import.usr": particulars("20250602", "20250602", IMPORTING, IMPORT, energisation_status="D"),
        "2-export.usr": particulars("20250611", "20250611", EXPORTING, energisation_status="D"),
        "3-ended.usr": ended("20250613", "20250611", EXPORTING, MOA),
    },
    "given_c7_an_import_that_is_disconnected_and_nobody_ends_the_export": {
        "1-import.usr": particulars("20250602", "20250602", IMPORTING, IMPORT, energisation_status="D"),
        "2-export.usr": particulars("20250620", "20250620", EXPORTING, energisation_status="D"),
    },
    "given_c7_an_import_that_is_energised_again": {
        "1-import.usr": particulars("20250602", "20250602", IMPORTING, IMPORT, energisation_status="D"),
    },
    "given_c8_a_meter_that_no_longer_communicates_read_by_hand_in_time": {
        "1-particulars.usr": particulars("20250506", "20250506", EXPORTING, measurement_class="A"),
    },
    "given_c8_a_meter_that_no_longer_communicates_and_half_hours_with_gaps": {
        "1-particulars.usr": particulars("20250514", "20250514", EXPORTING, measurement_class="A"),
    },
    "given_c9_a_change_of_half_hourly_mode_of_the_export_only": {
        "1-particulars.usr": particulars("20251027", "20251101", EXPORTING, measurement_class="F"),
    },
    "given_c9_a_change_of_half_hourly_mode_made_to_the_import": {
        "1-of_the_import.usr": particulars("20251024", "20251101", EXPORTING, IMPORT, measurement_class="F"),
        "2-of_the_export.usr": particulars("20251029", "20251101", EXPORTING, measurement_class="F"),
    },
    "given_c10_a_battery_that_takes_the_plant_to_30_kw": {
        "1-particulars.usr": particulars("20250519", "20250519", EXPORTING, measurement_class="F"),
    },
    "given_c11_a_new_profile_class_of_the_import_that_the_export_follows": {
        "1-particulars.usr": particulars("20260105", "20260105", EXPORTING, standard_settlement_configuration="0485"),
    },
}

FILES = {name: numbered(files) for name, files in _FILES.items()}
"""The files of each scenario folder, by name."""
