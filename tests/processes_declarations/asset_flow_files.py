"""The flows of the asset metering scenarios, as a careful sender would write them.

`python tests/processes_declarations/asset_flow_files.py` writes them; a test sees that the committed files are these.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from halfhour.formats.flows.layouts import find_layout
from halfhour.formats.flows.records import Record, new_flow, write_flow

SCENARIOS = Path(__file__).parents[1] / "processes_scenarios" / "chargeable_imports"

AMVLP, SUPPLIER, SVAA, OPERATOR, COLLECTOR = ("7", "AMVL"), ("X", "IMPS"), ("G", "SVAA"), ("M", "METR"), ("C", "COLL")
IMPORT, SECOND_IMPORT, EXPORT = "2000000000015", "2000000000033", "2000000000024"
PAIR = {"import_amsid": "7700000000010", "export_amsid": "7700000000020"}
ASSET = {AMVLP: "AR00000001", SUPPLIER: "SR00000001"}
SECONDARY = "V__HAMVL001"
FIRST_DAY = "20240401"


def registration(action: str = "N", who: tuple[str, str] = AMVLP, **changes: str) -> Record:
    """P0297; a change carries its AMSID Pair, a new one does not."""
    items = {
        "registration_id": ASSET[who],
        "action_indicator": action,
        "registrant_id": who[1],
        "address_1": "RIDGEWAY BUSINESS PARK",
        "address_2": "LONG LANE",
        "postcode": "SO14 2AA",
        "gsp_group": "_H",
        "bm_unit_id": SECONDARY if who == AMVLP else "",
        "export_amsid_required": "T",
        "asset_type": "BATTERY",
        "asset_voltage": "11000",
        "measurement_transformer": "T",
        "asset_capacity": "2000",
        **(PAIR if action != "N" else {}),
        "pair_effective_from": FIRST_DAY,
        "measurement_class": "C",
        **changes,
    }
    pair = {"import_msid": IMPORT, "export_msid": EXPORT, "import_customer_consent": "T"}
    return Record("X01", items, groups=[Record("X02", pair)])


def confirmed(action: str = "N", who: tuple[str, str] = AMVLP, *, export: bool = True) -> Record:
    """P0299."""
    pair = PAIR if export else {"import_amsid": PAIR["import_amsid"]}
    items = {"registration_id": ASSET[who], "action_indicator": action, "registrant_id": who[1]}
    return Record("X01", {**items, **pair, "pair_effective_from": FIRST_DAY})


def rejected(why: str, action: str = "N") -> Record:
    """P0298."""
    items = {"registration_id": ASSET[AMVLP], "action_indicator": action, "registrant_id": AMVLP[1]}
    return Record("X01", items, groups=[Record("X02", {"rejection_reason": why})])


def appointed(agent: tuple[str, str], who: tuple[str, str] = AMVLP) -> Record:
    """P0300."""
    items = {"registration_id": ASSET[who], **PAIR, "registrant_id": who[1]}
    agent_items = {"agent_type": agent[0], "agent_id": agent[1], "agent_effective_from": FIRST_DAY}
    return Record("X01", {**items, **agent_items})


def meters(who: tuple[str, str] = AMVLP) -> Record:
    """P0303."""
    items = {"registration_id": ASSET[who], "action_indicator": "N", "registrant_id": who[1], **PAIR}
    meter = {
        "meter_serial": "S1000001",
        "outstation_type": "MOD",
        "make_and_model": "DUMMY AMS 2",
        "asset_metering_type": "3",
        "meter_effective_from": FIRST_DAY,
    }
    both = [Record("X02", {"measurement_quantity": quantity, **meter}) for quantity in ("AI", "AE")]
    return Record("X01", items, groups=both)


def meters_confirmed(who: tuple[str, str] = AMVLP) -> Record:
    """P0305."""
    return Record("X01", {"registration_id": ASSET[who], "action_indicator": "N", **PAIR})


def meters_rejected(why: str) -> Record:
    """P0304."""
    items = {"registration_id": ASSET[AMVLP], "action_indicator": "N", **PAIR}
    return Record("X01", items, groups=[Record("X02", {"rejection_reason": why})])


def allocation(action: str = "N", amsid: str = "F", msids: str = "A", last: str = "") -> Record:
    """P0306, with an indicator for each MSID Pair."""
    items = {**allocated(action, last).items, "amsid_pair_indicator": amsid}
    pairs = [
        Record("X02", {"import_msid": msid, "msid_pair_indicator": indicator})
        for msid, indicator in zip((IMPORT, SECOND_IMPORT), msids, strict=False)
    ]
    return Record("X01", items, groups=pairs)


def allocated(action: str = "N", last: str = "") -> Record:
    """P0307."""
    items = {"bm_unit_id": SECONDARY, "action_indicator": action, "registrant_id": AMVLP[1], **PAIR}
    return Record("X01", {**items, "allocation_effective_from": "20240415", "allocation_effective_to": last})


def allocation_rejected(why: str, action: str = "N") -> Record:
    """P0308."""
    items = {"bm_unit_id": SECONDARY, "action_indicator": action, "registrant_id": AMVLP[1], **PAIR}
    return Record("X01", items, groups=[Record("X02", {"rejection_reason": why})])


def missing(day: str) -> Record:
    """P0310."""
    return Record("X01", {"settlement_date": day, **PAIR})


def invalid(why: str) -> Record:
    """P0311."""
    return Record("X01", {**PAIR, "invalid_reason": why})


NEW = ("20240304", "p0297_registration", AMVLP, SVAA, registration())
CONFIRMED = ("20240308", "p0299_confirmation", SVAA, AMVLP, confirmed())
AGENTS = [
    ("20240311", "p0300_meter_operator", AMVLP, OPERATOR, appointed(OPERATOR)),
    ("20240311", "p0300_data_collector", AMVLP, COLLECTOR, appointed(COLLECTOR)),
]
METERED = [
    ("20240315", "p0303_meters", AMVLP, SVAA, meters()),
    ("20240320", "p0305_confirmation", SVAA, AMVLP, meters_confirmed()),
]
SUPPLIERS = [
    ("20240304", "p0297_registration", SUPPLIER, SVAA, registration(who=SUPPLIER)),
    ("20240308", "p0299_confirmation", SVAA, SUPPLIER, confirmed(who=SUPPLIER)),
]
ALLOCATED = [
    ("20240408", "p0306_allocation", AMVLP, SVAA, allocation()),
    ("20240412", "p0307_confirmation", SVAA, AMVLP, allocated()),
]

FILES = {
    "given_a_store_whose_asset_meters_are_registered_in_time": [NEW, CONFIRMED, *AGENTS, *METERED],
    "given_a_registration_and_meters_that_are_rejected_and_sent_again": [
        ("20240304", "p0297_registration", AMVLP, SVAA, registration(bm_unit_id="V__AAMVL001")),
        ("20240306", "p0298_rejection", SVAA, AMVLP, rejected("BM Unit is of another GSP Group")),
        ("20240307", "p0297_registration_again", AMVLP, SVAA, registration()),
        ("20240312", "p0299_confirmation", SVAA, AMVLP, confirmed()),
        ("20240313", "p0303_meters", AMVLP, SVAA, meters()),
        ("20240315", "p0304_rejection", SVAA, AMVLP, meters_rejected("asset metering type does not fit the meter")),
        ("20240318", "p0303_meters_again", AMVLP, SVAA, meters()),
        ("20240319", "p0305_confirmation", SVAA, AMVLP, meters_confirmed()),
    ],
    "given_a_registration_that_nobody_answers_in_time": [
        NEW,
        ("20240314", "p0299_confirmation", SVAA, AMVLP, confirmed()),
    ],
    "given_no_amsid_for_export_though_one_was_asked_for": [
        NEW,
        ("20240307", "p0299_import_only", SVAA, AMVLP, confirmed(export=False)),
        ("20240312", "p0299_both", SVAA, AMVLP, confirmed()),
    ],
    "given_an_asset_that_needs_no_amsid_for_export": [
        ("20240304", "p0297_registration", AMVLP, SVAA, registration(export_amsid_required="F")),
        ("20240307", "p0299_import_only", SVAA, AMVLP, confirmed(export=False)),
    ],
    "given_confirmed_meters_whose_data_do_not_come": [
        NEW,
        CONFIRMED,
        *METERED,
        ("20240409", "p0310_missing_data", SVAA, AMVLP, missing("20240404")),
        ("20240415", "p0311_invalid", SVAA, AMVLP, invalid("no Data Collector is appointed on the day")),
    ],
    "given_asset_data_that_go_missing_in_service": [
        NEW,
        CONFIRMED,
        *METERED,
        ("20240502", "p0310_missing_data", SVAA, AMVLP, missing("20240430")),
        ("20240603", "p0310_missing_again", SVAA, AMVLP, missing("20240531")),
    ],
    "given_an_update_a_refused_change_of_registrant_and_a_deletion": [
        NEW,
        CONFIRMED,
        *METERED,
        ("20240701", "p0297_update", AMVLP, SVAA, registration("U", asset_capacity="2500")),
        ("20240704", "p0299_update", SVAA, AMVLP, confirmed("U")),
        ("20240902", "p0297_change_of_registrant", AMVLP, SVAA, registration("C")),
        ("20240904", "p0298_change_refused", SVAA, AMVLP, rejected("the new registrant is not qualified", "C")),
        ("20241223", "p0297_deletion", AMVLP, SVAA, registration("D")),
        ("20250103", "p0299_deletion", SVAA, AMVLP, confirmed("D")),
    ],
    "given_another_lead_party_that_takes_the_asset_over": [
        NEW,
        CONFIRMED,
        *METERED,
        ("20240902", "p0297_change_of_registrant", AMVLP, SVAA, registration("C")),
        ("20240916", "p0299_change", SVAA, AMVLP, confirmed("C")),
    ],
    "given_an_agent_that_rejects_and_one_that_says_nothing": [NEW, CONFIRMED, *AGENTS],
    "given_a_registration_that_is_given_up": [NEW],
    "given_changes_that_are_refused_or_not_answered": [
        NEW,
        CONFIRMED,
        *METERED,
        ("20240701", "p0297_update", AMVLP, SVAA, registration("U")),
        ("20240711", "p0298_update_refused", SVAA, AMVLP, rejected("capacity is above the boundary's", "U")),
        ("20240902", "p0297_deletion", AMVLP, SVAA, registration("D")),
        ("20240905", "p0298_deletion_refused", SVAA, AMVLP, rejected("the pair is in a Secondary BM Unit", "D")),
        ("20241001", "p0311_invalid", SVAA, AMVLP, invalid("Measurement Class does not fit")),
    ],
    "given_meters_that_nobody_confirms_in_time_and_agents_the_other_way_round": [
        NEW,
        CONFIRMED,
        ("20240322", "p0303_meters", AMVLP, SVAA, meters()),
        ("20240410", "p0305_confirmation", SVAA, AMVLP, meters_confirmed()),
    ],
    "given_a_suppliers_asset_meter_for_an_emr_amsid_declaration": [
        *SUPPLIERS,
        ("20240311", "p0300_meter_operator", SUPPLIER, OPERATOR, appointed(OPERATOR, SUPPLIER)),
        ("20240311", "p0300_data_collector", SUPPLIER, COLLECTOR, appointed(COLLECTOR, SUPPLIER)),
        ("20240315", "p0303_meters", SUPPLIER, SVAA, meters(SUPPLIER)),
        ("20240320", "p0305_confirmation", SVAA, SUPPLIER, meters_confirmed(SUPPLIER)),
    ],
    "given_a_supplier_that_names_a_secondary_bm_unit": [
        ("20240304", "p0297_with_bm_unit", SUPPLIER, SVAA, registration(who=SUPPLIER, bm_unit_id=SECONDARY)),
    ],
    "given_a_supplier_whose_asset_meter_is_meant_for_a_bm_unit": SUPPLIERS[:1],
    "given_a_suppliers_asset_meter_whose_import_supplier_changes": SUPPLIERS,
    "given_a_suppliers_registration_that_does_not_say_what_for": [
        *SUPPLIERS,
        ("20240701", "p0297_deletion", SUPPLIER, SVAA, registration("D", SUPPLIER)),
        ("20240703", "p0299_deletion", SVAA, SUPPLIER, confirmed("D", SUPPLIER)),
    ],
    "given_a_pair_allocated_by_asset_metering_and_taken_out_again": [
        *ALLOCATED,
        ("20241001", "p0306_end", AMVLP, SVAA, allocation("D", last="20241031")),
        ("20241007", "p0307_end", SVAA, AMVLP, allocated("D", last="20241031")),
    ],
    "given_indicators_that_are_no_complementary_pair": [
        ("20240408", "p0306_f_with_d", AMVLP, SVAA, allocation(amsid="F", msids="D")),
        ("20240409", "p0306_t_with_a", AMVLP, SVAA, allocation(amsid="T", msids="A")),
        ("20240410", "p0306_two_msid_pairs_that_differ", AMVLP, SVAA, allocation(amsid="T", msids="DA")),
        ("20240411", "p0306_asset_differencing", AMVLP, SVAA, allocation(amsid="T", msids="DD")),
        (
            "20240415",
            "p0308_rejection",
            SVAA,
            AMVLP,
            allocation_rejected("an MSID Pair is in another Secondary BM Unit"),
        ),
        ("20240416", "p0306_asset_metering", AMVLP, SVAA, allocation()),
        ("20240418", "p0307_confirmation", SVAA, AMVLP, allocated()),
    ],
    "given_an_allocation_that_nobody_answers_and_a_pair_lost_to_another": [
        ALLOCATED[0],
        ("20240417", "p0307_confirmation", SVAA, AMVLP, allocated()),
        (
            "20240801",
            "p0309_used_by_another",
            SVAA,
            AMVLP,
            Record("X01", {**PAIR, "bm_unit_id": SECONDARY, "allocation_effective_to": "20240731"}),
        ),
    ],
    "given_an_end_of_an_allocation_that_is_late_and_refused": [
        *ALLOCATED,
        ("20241001", "p0306_end", AMVLP, SVAA, allocation("D", last="20240930")),
        ("20241010", "p0308_end_refused", SVAA, AMVLP, allocation_rejected("the last day lies in the past", "D")),
    ],
    "given_an_allocation_that_is_given_up": ALLOCATED[:1],
}


def written() -> dict[Path, bytes]:
    """Every file with its bytes; the flow is the first part of its name."""
    found = {}
    for scenario, rows in FILES.items():
        sent: Counter[tuple[tuple[str, str], tuple[str, str]]] = Counter()
        for day, name, sender, recipient, record in rows:
            # A sequence of its own for each pair of sender and recipient, without gaps (handbook file-formats 3).
            sent[sender, recipient] += 1
            header = {
                "message_role": "D",
                "created": f"{day}093000",
                "from_role": sender[0],
                "from_mpid": sender[1],
                "to_role": recipient[0],
                "to_mpid": recipient[1],
                "sequence": str(sent[sender, recipient]),
                "test_flag": "TR01",
            }
            layout = find_layout(f"{name[:5].upper()}001")
            assert layout is not None, name
            flow = new_flow(layout, header, [record])
            found[SCENARIOS / scenario / "flows" / f"{name}.txt"] = write_flow(flow)
    return found


if __name__ == "__main__":
    for path, content in written().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
