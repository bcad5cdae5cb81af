"""Asset registrations and asset meters from flows and to flows (P0297, P0303), every field looked at.

The formats of the fields are the types of the items in the layouts; what stands against another field is checked here
(handbook chargeable-imports 6.1 and 6.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import cast

from halfhour.errors import Finding, HalfhourError
from halfhour.formats.flows.envelopes import value_fault
from halfhour.formats.flows.layouts import find_layout
from halfhour.formats.flows.records import Record
from halfhour.identifiers import Amsid, BmUnitId
from halfhour.processes.chargeable_imports.entities import (
    Action,
    AmsidPair,
    AssetMeter,
    AssetMeters,
    AssetRegistration,
    MsidPair,
)

SUPPLIER = "X"
"""Market Participant Role Code of a Supplier (Market Domain Data)."""

_ONE_DAY = timedelta(days=1)
_ADDRESS = tuple(f"address_{line}" for line in range(1, 7))


def read_registration(record: Record, registrant_role: str = "") -> tuple[AssetRegistration | None, list[Finding]]:
    """An asset registration from an instance of P0297, and what is wrong with it.

    Args:
        record: its top group with the groups below.
        registrant_role: role code of who sends it, `7` or `X`; empty where it is not known.

    Returns:
        The registration, None where an error stands in its way, and every finding, warnings among them.
    """
    subject = f"Asset registration {record.items.get('registration_id') or 'without an id'}"
    findings = list(_value_findings("P0297001", record, subject))
    if findings:
        return None, findings
    items = record.items
    pair, pair_findings = _pair(items, subject)
    findings += pair_findings
    registration = AssetRegistration(
        id=items["registration_id"],
        action=cast(Action, items["action_indicator"]),
        registrant=items["registrant_id"],
        address=tuple(line for name in _ADDRESS if (line := items.get(name, ""))),
        postcode=items["postcode"],
        gsp_group=items["gsp_group"],
        bm_unit=items.get("bm_unit_id") or None,
        export_amsid_required=items["export_amsid_required"] == "T",
        asset_type=items["asset_type"],
        voltage_v=int(items["asset_voltage"]),
        measurement_transformer=items["measurement_transformer"] == "T",
        capacity_kw=int(items["asset_capacity"]),
        amsids=pair,
        measurement_class=items["measurement_class"],
        effective_from=_first_day(items["pair_effective_from"]),
        effective_to=_day_after(items.get("pair_effective_to", "")),
        msid_pairs=tuple(_msid_pair(below) for below in record.all("X02")),
    )
    findings += registration_findings(registration, registrant_role)
    return (None if _has_error(findings) else registration), findings


def registration_findings(registration: AssetRegistration, registrant_role: str = "") -> Iterator[Finding]:
    """What stands against itself, or against the rules, in a registration whose fields are each well formed."""
    subject = f"Asset registration {registration.id}"
    if registration.action == "N" and registration.amsids is not None:
        yield _finding(
            "DC-002",
            f"{subject} is new and has AMSIDs already.",
            "Leave them out: the Supplier Volume Allocation Agent allocates them. Use action U for a change.",
        )
    if registration.action != "N" and registration.amsids is None:
        yield _finding(
            "DC-002",
            f"{subject} has action {registration.action} and no AMSID.",
            "Give the AMSID Pair that P0299 confirmed.",
        )
    if registration.amsids and bool(registration.amsids.export_amsid) != registration.export_amsid_required:
        said = "is asked for and not given" if registration.export_amsid_required else "is given and not asked for"
        yield _finding("DC-002", f"{subject}: an AMSID for export {said}.", "Set 'export AMSID required' as it is.")
    if registration.effective_to is not None and registration.effective_to <= registration.effective_from:
        last = registration.effective_to - _ONE_DAY
        yield _finding(
            "DC-004", f"{subject} ends on {last}, before its first day {registration.effective_from}.", "Correct one."
        )
    if registrant_role == SUPPLIER:
        if registration.bm_unit is not None:
            yield _finding(
                "DC-003",
                f"{subject} is a Supplier's ({registration.registrant}) and names BM Unit {registration.bm_unit}.",
                "Leave the BM Unit out: a Supplier registers an asset for an EMR AMSID Declaration only.",
            )
        if registration.action == "C":
            yield _finding(
                "DC-003",
                f"{subject} is a Supplier's ({registration.registrant}) and changes the registrant.",
                "Use action U or D: a change of registrant is for Asset Metering Virtual Lead Parties.",
            )
    if registration.bm_unit is not None:
        yield from _bm_unit_findings(subject, registration.bm_unit, registration.gsp_group)


def registration_record(registration: AssetRegistration) -> Record:
    """The instance of P0297 that says the registration; `new_flow` makes the file of it."""
    pair = registration.amsids
    items = {
        "registration_id": registration.id,
        "action_indicator": registration.action,
        "registrant_id": registration.registrant,
        **dict(zip(_ADDRESS, registration.address, strict=False)),
        "postcode": registration.postcode,
        "gsp_group": registration.gsp_group,
        "bm_unit_id": registration.bm_unit or "",
        "export_amsid_required": _flag(registration.export_amsid_required),
        "asset_type": registration.asset_type,
        "asset_voltage": str(registration.voltage_v),
        "measurement_transformer": _flag(registration.measurement_transformer),
        "asset_capacity": str(registration.capacity_kw),
        "import_amsid": pair.import_amsid if pair else "",
        "export_amsid": (pair.export_amsid or "") if pair else "",
        "measurement_class": registration.measurement_class,
        "pair_effective_from": f"{registration.effective_from:%Y%m%d}",
        "pair_effective_to": _last_day(registration.effective_to),
    }
    return Record("X01", items, groups=[_msid_pair_record(one) for one in registration.msid_pairs])


def read_meters(record: Record) -> tuple[AssetMeters | None, list[Finding]]:
    """The meters of an AMSID Pair from an instance of P0303, and what is wrong with them; as `read_registration`."""
    subject = f"Meters of asset registration {record.items.get('registration_id') or 'without an id'}"
    findings = list(_value_findings("P0303001", record, subject))
    if findings:
        return None, findings
    pair, pair_findings = _pair(record.items, subject)
    findings += pair_findings
    if pair is None:
        return None, findings
    meters = AssetMeters(
        registration_id=record.items["registration_id"],
        action=cast(Action, record.items["action_indicator"]),
        registrant=record.items["registrant_id"],
        amsids=pair,
        meters=tuple(_meter(below.items) for below in record.all("X02")),
    )
    findings += meter_findings(meters)
    return (None if _has_error(findings) else meters), findings


def meter_findings(meters: AssetMeters) -> Iterator[Finding]:
    """Whether each AMSID has its meter and each meter its AMSID, and the dates of each."""
    subject = f"Meters of asset registration {meters.registration_id}"
    measured = {meter.measurement_quantity for meter in meters.meters}
    if "AI" not in measured:
        yield _finding("DC-005", f"{subject}: no meter measures import.", "Name the import meter.")
    if ("AE" in measured) != (meters.amsids.export_amsid is not None):
        what = "an export meter and no AMSID for export" if "AE" in measured else "an AMSID for export and no meter"
        yield _finding("DC-005", f"{subject}: there is {what}.", "Name both, or neither.")
    for meter in meters.meters:
        if meter.effective_to is not None and meter.effective_to <= meter.effective_from:
            yield _finding(
                "DC-004",
                f"{subject}: meter {meter.serial} ends on {meter.effective_to - _ONE_DAY}, before its first day "
                f"{meter.effective_from}.",
                "Correct one of the dates.",
            )


def meters_record(meters: AssetMeters) -> Record:
    """The instance of P0303 that says the meters."""
    items = {
        "registration_id": meters.registration_id,
        "action_indicator": meters.action,
        "registrant_id": meters.registrant,
        "import_amsid": meters.amsids.import_amsid,
        "export_amsid": meters.amsids.export_amsid or "",
    }
    below = [
        Record(
            "X02",
            {
                "measurement_quantity": meter.measurement_quantity,
                "meter_serial": meter.serial,
                "outstation_type": meter.outstation_type,
                "make_and_model": meter.make_and_model,
                "asset_metering_type": str(meter.metering_type),
                "meter_effective_from": f"{meter.effective_from:%Y%m%d}",
                "meter_effective_to": _last_day(meter.effective_to),
            },
        )
        for meter in meters.meters
    ]
    return Record("X01", items, groups=below)


def _value_findings(flow_version: str, record: Record, subject: str) -> Iterator[Finding]:
    """Every item that is missing or malformed, by the layout."""
    layout = find_layout(flow_version)
    assert layout is not None, flow_version
    for one in [record, *record.groups]:
        group = layout.groups.get(one.group)
        if group is None:
            yield _finding(
                "DC-001", f"{subject}: there is no group {one.group}.", f"It has {', '.join(layout.groups)}."
            )
            continue
        for item in group.items:
            if fault := value_fault(item, one.items.get(item.name, "")):
                yield _finding("DC-001", f"{subject}: {item.name} {fault}.", f"Give {item.type.says}.")


def _pair(items: Mapping[str, str], subject: str) -> tuple[AmsidPair | None, list[Finding]]:
    """The AMSID Pair; a check digit that the MPAN's rule does not give is a warning, since the rule is open."""
    findings: list[Finding] = []
    numbers = [items.get("import_amsid", ""), items.get("export_amsid", "")]
    for number in filter(None, numbers):
        try:
            if warning := Amsid(number).digit_finding:
                findings.append(warning)
        except HalfhourError as error:
            findings.append(_finding("DC-002", f"{subject}: {error.message}", error.next_step))
    if numbers[1] and not numbers[0]:
        findings.append(
            _finding("DC-002", f"{subject}: there is an AMSID for export and none for import.", "Give both.")
        )
    if not numbers[0] or _has_error(findings):
        return None, findings
    return AmsidPair(numbers[0], numbers[1] or None), findings


def _bm_unit_findings(subject: str, bm_unit: str, gsp_group: str) -> Iterator[Finding]:
    try:
        unit = BmUnitId.parse(bm_unit)
    except HalfhourError as error:
        yield _finding("DC-006", f"{subject}: {error.message}", error.next_step)
        return
    if unit.kind != "secondary":
        yield _finding(
            "DC-006", f"{subject}: BM Unit {bm_unit} is no Secondary BM Unit.", "Name one that begins with V__."
        )
    elif unit.gsp_group != gsp_group:
        yield _finding(
            "DC-006",
            f"{subject}: BM Unit {bm_unit} is of GSP Group {unit.gsp_group}, the asset of {gsp_group}.",
            "Name a Secondary BM Unit of the same GSP Group.",
        )


def _msid_pair(record: Record) -> MsidPair:
    items = record.items
    flags = {"T": True, "F": False}
    return MsidPair(
        items["import_msid"],
        items.get("export_msid") or None,
        items.get("msid_pair_id") or None,
        flags.get(items.get("import_customer_consent", "")),
        flags.get(items.get("export_customer_consent", "")),
    )


def _msid_pair_record(pair: MsidPair) -> Record:
    return Record(
        "X02",
        {
            "import_msid": pair.import_msid,
            "export_msid": pair.export_msid or "",
            "msid_pair_id": pair.pair_id or "",
            "import_customer_consent": _flag(pair.import_consent),
            "export_customer_consent": _flag(pair.export_consent),
        },
    )


def _meter(items: Mapping[str, str]) -> AssetMeter:
    return AssetMeter(
        "AI" if items["measurement_quantity"] == "AI" else "AE",
        items["meter_serial"],
        items["outstation_type"],
        items["make_and_model"],
        int(items["asset_metering_type"]),
        _first_day(items["meter_effective_from"]),
        _day_after(items.get("meter_effective_to", "")),
    )


def _first_day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _day_after(text: str) -> date | None:
    """The first day no longer included, from the last day included as flows write it."""
    return _first_day(text) + _ONE_DAY if text else None


def _last_day(effective_to: date | None) -> str:
    return f"{effective_to - _ONE_DAY:%Y%m%d}" if effective_to else ""


def _flag(value: bool | None) -> str:
    return "" if value is None else "T" if value else "F"


def _has_error(findings: list[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _finding(code: str, message: str, next_step: str) -> Finding:
    return Finding(code, "error", message, next_step)
