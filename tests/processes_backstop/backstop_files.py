"""Flow files of the backstop's scenarios, made anew; a test holds the committed files to them."""

from __future__ import annotations

from halfhour.formats.flows.layouts import find_layout
from halfhour.formats.flows.records import Record, new_flow, write_flow
from numbered_files import numbered

MPAN, SCOTTISH_MPAN = "1012345678903", "1812345678900"
LDSO, SUPPLIER, MOA, NEW_SUPPLIER, NEW_MOA = ("R", "LOND"), ("X", "HHSP"), ("M", "HHMO"), ("X", "UDMS"), ("M", "EELM")


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


def d0001(sender, recipient, day, reference="L1", commissioned="20250303"):
    """A notice of the LDSO, or a request of the Supplier."""
    reason = Record("002", {"reason_code": "BSTOP", "additional_information": "MICROGENERATION, CHECK BACKSTOP"})
    plant = Record("003", {"technology": "pv", "capacity_kw": "3.6", "commissioning_date": commissioned})
    items = {"mpan_core": MPAN, "request_date": day, "case_reference": reference}
    return flow_file("D0001", sender, recipient, day, Record("001", items, groups=[reason, plant]))


def d0002(day, text, sender=MOA, recipient=SUPPLIER):
    """A finding."""
    meter = Record("005", {"meter_id": "K84A123456", "additional_information": text})
    items = {"mpan_core": MPAN, "resolution_code": "BSTOP", "action_date": day}
    return flow_file("D0002", sender, recipient, day, Record("004", items, groups=[meter]))


def d0142(day):
    """A request to replace, or to investigate and replace."""
    items = {"mpan_core": MPAN, "additional_information": "BACKSTOP REQUIRED"}
    return flow_file("D0142", SUPPLIER, MOA, day, Record("267", items))


def scottish(files):
    """The same files about an MPAN of the distributor in southern Scotland."""
    made = {name: content.decode().replace(MPAN, SCOTTISH_MPAN) for name, content in files.items()}
    return {name: text.replace("LOND", "SPOW").encode() for name, text in made.items()}


def d0150(day, text="", removed="", new="S95C000001", meter_type=""):
    """Meter Technical Details, with the finding as the text of a visit and the removed Meter where they are given."""
    groups = [Record("762", {"visit_date": day, "visit_text": text})] if text else []
    kind = {"meter_type": meter_type} if meter_type else {}
    groups.append(Record("290", {"meter_id": new if removed or not text else "K84A123456"} | kind))
    groups += [Record("08A", {"removed_meter_id": removed, "removal_date": day})] if removed else []
    items = {"mpan_core": MPAN, "effective_from_date": day}
    return flow_file("D0150", MOA, SUPPLIER, day, Record("288", items, groups=groups))


def d0221(day):
    """A failed visit."""
    items = {"mpan_core": MPAN, "visit_date": day, "failure_code": "NA", "additional_information": "NO ACCESS"}
    return flow_file("D0221", MOA, SUPPLIER, day, Record("X01", items))


OLD = "K84A123456"
_FILES = {
    "given_option_1_and_no_backstop_everything_at_its_limit": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
        "3-finding.usr": d0002("20250317", "BSTOP ABSENT_NOT_REPLACED 20250317 MB000001"),
        "4-replace.usr": d0142("20250317"),
        "5-details.usr": d0150("20250331", removed=OLD),
    },
    "given_option_2_and_no_backstop_everything_at_its_limit": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0142("20250303"),
        "3-details.usr": d0150("20250317", "BSTOP ABSENT_REPLACED 20250317 MB000001", removed=OLD),
    },
    "given_option_3_and_no_backstop_everything_at_its_limit": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
        "3-finding.usr": d0002("20250317", "BSTOP ABSENT_REPLACED 20250317 MB000001"),
        "4-details.usr": d0150("20250317", removed=OLD),
    },
    "given_option_3_and_details_a_day_later_than_the_finding": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250307"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250307", "MB000001"),
        "3-finding.usr": d0002("20250321", "BSTOP PRESENT 20250321 MB000001"),
        "4-details.usr": d0150("20250324", "BSTOP PRESENT 20250321 MB000001"),
    },
    "given_option_1_and_a_backstop_and_details_that_nobody_asked_for": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
        "3-finding.usr": d0002("20250310", "BSTOP PRESENT 20250310 MB000001"),
        "4-details.usr": d0150("20250312", "BSTOP PRESENT 20250310 MB000001"),
    },
    "given_option_2_and_details_that_say_nothing": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0142("20250303"),
        "3-details.usr": d0150("20250310", new=OLD),
    },
    "given_option_2_and_a_replacement_that_names_no_removed_meter": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0142("20250303"),
        "3-details.usr": d0150("20250310", "BSTOP ABSENT_REPLACED 20250310 MB000001"),
        "4-details.usr": d0150("20250312", "BSTOP ABSENT_REPLACED 20250310 MB000001", removed=OLD),
    },
    "given_option_1_and_a_meter_operator_that_says_nothing": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
        "3-request.usr": d0001(SUPPLIER, MOA, "20250325", "MB000001"),
    },
    "given_option_1_and_nobody_is_let_in": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
        "3-failed.usr": d0221("20250310"),
        "4-failed.usr": d0221("20250320"),
        "5-failed.usr": d0221("20250402"),
    },
    "given_option_1_and_a_change_of_supplier_on_the_sixth_working_day": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
    },
    "given_option_1_and_every_stage_at_its_limit": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250317", "MB000001"),
        "3-finding.usr": d0002("20250331", "BSTOP ABSENT_NOT_REPLACED 20250331 MB000001"),
        "4-replace.usr": d0142("20250414"),
        "5-details.usr": d0150("20250430", removed=OLD),
    },
    "given_option_1_and_answers_that_come_late_over_easter": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250414", commissioned="20250414"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250414", "MB000001", commissioned="20250414"),
        "3-finding.usr": d0002("20250502", "BSTOP ABSENT_NOT_REPLACED 20250502 MB000001"),
        "4-replace.usr": d0142("20250502"),
        "5-details.usr": d0150("20250520", removed=OLD),
    },
    "given_option_1_and_an_electronic_meter_that_needs_no_backstop": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
        "3-finding.usr": d0002("20250317", "BSTOP NOT_REQUIRED 20250317 MB000001"),
    },
    "given_option_1_and_the_same_notice_again_and_again": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-notice.usr": d0001(LDSO, SUPPLIER, "20250305"),
        "3-request.usr": d0001(SUPPLIER, MOA, "20250306", "MB000001"),
        "4-notice.usr": d0001(LDSO, SUPPLIER, "20250310"),
    },
    "given_option_1_and_the_notice_sent_again_to_the_new_supplier": {
        "1-notice.usr": d0001(LDSO, NEW_SUPPLIER, "20250312", "L1-2"),
        "2-request.usr": d0001(NEW_SUPPLIER, MOA, "20250312", "MB000002"),
        "3-finding.usr": d0002("20250326", "BSTOP PRESENT 20250326 MB000002", recipient=NEW_SUPPLIER),
    },
    "given_option_1_and_a_notice_to_another_than_the_registered_supplier": {
        "1-notice.usr": d0001(LDSO, NEW_SUPPLIER, "20250303")
    },
    "given_option_1_and_a_notice_sent_to_the_supplier_found_later": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250306", "L1-2")
    },
    "given_option_1_and_a_meter_operator_that_changes_under_way": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
        "3-request.usr": d0001(SUPPLIER, NEW_MOA, "20250310", "MB000001"),
        "4-finding.usr": d0002("20250324", "BSTOP PRESENT 20250324 MB000001", sender=NEW_MOA),
    },
    "given_option_1_and_a_smart_exchange_that_overtakes_it": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
        "3-details.usr": d0150("20250312", removed=OLD, meter_type="S2"),
    },
    "given_option_1_and_an_ldso_that_says_nothing": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250325"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250325", "MB000001"),
    },
    "given_option_1_and_a_supplier_that_says_nothing": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250319", "MB000001"),
    },
    "given_option_2_and_a_generator_that_tells_on_the_last_day": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303", commissioned="20250203"),
        "2-request.usr": d0142("20250303"),
        "3-details.usr": d0150("20250317", "BSTOP ABSENT_REPLACED 20250317 MB000001", removed=OLD),
    },
    "given_option_2_and_a_generator_that_tells_a_day_late": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303", commissioned="20250202"),
        "2-request.usr": d0142("20250303"),
        "3-details.usr": d0150("20250317", "BSTOP ABSENT_REPLACED 20250317 MB000001", removed=OLD),
    },
    "given_option_2_and_every_stage_at_its_limit": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0142("20250317"),
        "3-details.usr": d0150("20250331", "BSTOP NOT_REQUIRED 20250331 MB000001"),
    },
    "given_option_2_and_a_scottish_site_over_st_andrews_day": scottish(
        {
            "1-notice.usr": d0001(LDSO, SUPPLIER, "20251124", commissioned="20251121"),
            "2-request.usr": d0142("20251124"),
            "3-details.usr": d0150("20251209", "BSTOP PRESENT 20251209 MB000001"),
        }
    ),
    "given_option_2_and_a_meter_operator_that_says_nothing": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0142("20250303"),
        "3-request.usr": d0142("20250325"),
    },
    "given_option_3_and_a_meter_operator_that_answers_only_when_asked_again": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20250303", "MB000001"),
        "3-request.usr": d0001(SUPPLIER, MOA, "20250325", "MB000001"),
        "4-finding.usr": d0002("20250409", "BSTOP NOT_REQUIRED 20250409 MB000001"),
        "5-details.usr": d0150("20250409", "BSTOP NOT_REQUIRED 20250409 MB000001"),
    },
    "given_option_2_and_a_finding_that_cannot_be_read": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20250303"),
        "2-request.usr": d0142("20250303"),
        "3-details.usr": d0150("20250310", "BSTOP PERHAPS 20250310 MB000001"),
    },
    "given_option_3_and_a_notice_just_before_christmas": {
        "1-notice.usr": d0001(LDSO, SUPPLIER, "20241219", commissioned="20241216"),
        "2-request.usr": d0001(SUPPLIER, MOA, "20241219", "MB000001", commissioned="20241216"),
        "3-finding.usr": d0002("20250106", "BSTOP NOT_REQUIRED 20250106 MB000001"),
        "4-details.usr": d0150("20250106", "BSTOP NOT_REQUIRED 20250106 MB000001"),
    },
}

FILES = {name: numbered(files) for name, files in _FILES.items()}
"""The files of each scenario folder, by name."""
