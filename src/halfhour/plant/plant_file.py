"""Reading a plant file (TOML): every key known, every value of its kind, and the facts in agreement with each other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from halfhour.errors import Finding, HalfhourError, Refused
from halfhour.errors.written_values import shown
from halfhour.identifiers import gsp_group_of_distributor
from halfhour.plant.conditions import industry_day, megawatts, table
from halfhour.plant.licence import declared_net_capacity, exemptable
from halfhour.plant.model import Arrangement, Plant, Station
from halfhour.plant.routes import COMPONENTS, ROUTES
from halfhour.plant.sizes import group_areas
from halfhour.plant.values import Key, Unreadable, keys, nearest_key, read_number, read_value

STATION_KEYS = (
    *("technology", "power_provided_mw", "output_to_others_mw", "same_site_supply_mw", "declared_net_capacity_mw"),
    *("sustainable_output_mw", "own_consumption_mw", "export_capability_mw", "offshore_installation", "connected_on"),
    *("connected_2000_09_30", "ever_centrally_despatched", "max_capacity_2000_mw", "max_capacity_now_mw"),
    "individual_order",
)
"""Keys of [plant] that the licence tests of another station of the owner need too, in [[other_station]]."""

MONEY_TABLES = ("pass_through", "costs")
_LARGEST_FILE = 1_000_000
_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")
_HEADER = re.compile(r"\s*\[\[?\s*[\"']?([A-Za-z0-9_.-]+)")


class _Reading:
    """One reading of one file: its findings, and where its keys stand."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = text.splitlines()
        self.findings: list[Finding] = []

    def where(self, table_name: str, key: str = "", occurrence: int = 0) -> str:
        """File and line of a key, of its table where the key is not found."""
        pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]") if key else None
        seen, inside, header = -1, not table_name, None
        for number, line in enumerate(self.lines, start=1):
            if found := _HEADER.match(line):
                inside = found[1] == table_name
                seen += inside
                if inside and seen == occurrence:
                    header = number
            elif pattern and inside and seen in (occurrence, -1) and pattern.match(line):
                return f"{self.name}:{number}"
        return f"{self.name}:{header}" if header else self.name

    def error(self, code: str, message: str, next_step: str, where: str) -> None:
        """Note an error of the file."""
        self.findings.append(Finding(code, "error", message, next_step, where or self.name))


def read_plant(path: Path | str) -> Plant:
    """Read a plant file.

    Raises:
        HalfhourError: PL-001 the file is not there, no text, no TOML, or has no table [plant].
        Refused: PL-009 with every finding: PL-002 unknown keys, PL-003 to PL-005 values, PL-006 capacities and PL-008
            facts that contradict, PL-007 a key that is missing.
    """
    place = Path(path)
    try:
        if place.stat().st_size > _LARGEST_FILE:
            raise HalfhourError("PL-001", f"{place} is too large for a plant file.", "Name the plant's TOML file.")
        text = place.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise HalfhourError(
            "PL-001", f"{place} cannot be read: {problem.strerror}.", "Check the path of the plant file."
        ) from None
    except UnicodeDecodeError as problem:
        raise HalfhourError(
            "PL-001", f"{place} is not text in UTF-8: byte {problem.start + 1}.", "Save the file as UTF-8."
        ) from None
    return plant_of_text(text, place.name)


def plant_of_text(text: str, name: str = "plant.toml") -> Plant:
    """The plant of a file's text; errors as `read_plant`."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as problem:
        position = _POSITION.search(str(problem))
        reason = _POSITION.sub("", str(problem)).strip() or type(problem).__name__
        where = f"{name}:{position[1]}" if position else name
        raise HalfhourError(
            "PL-001", f"{where} is not valid TOML: {reason}.", "Text stands in quotes, numbers and dates do not."
        ) from None
    reading = _Reading(name, text)
    known = (*keys(), "other_station", *MONEY_TABLES)
    for found in document:
        if found not in known:
            step = f"Use the tables {', '.join(known)}. {nearest_key(found, known)}".rstrip()
            reading.error("PL-002", f"{shown(found)} is no table of a plant file.", step, reading.where(found))
    if not isinstance(document.get("plant"), dict):
        raise HalfhourError("PL-001", f"{name} has no table [plant].", "Head the plant's facts with [plant].")
    values = {title: _read_table(reading, title, document.get(title, {}), entries) for title, entries in keys().items()}
    others = _other_stations(reading, document.get("other_station", []))
    pass_through = _pass_through(reading, document.get("pass_through", {}))
    costs = _costs(reading, document.get("costs", {}))
    facts = values["plant"]
    if facts.get("id") is None and not reading.findings:
        reading.error("PL-007", "id is missing.", "Add it: letters, digits and '-'.", reading.where("plant"))
    remarks: list[Finding] = []
    if not reading.findings:
        _gsp_group_and_area(reading, facts, remarks)
        station = _station(reading, "plant", 0, facts, remarks)
        _check_capacities(reading, facts, station)
        if facts.get("licence_status") and not facts.get("licence_reference"):
            step = "Say what it rests on in licence_reference, or leave licence_status out and give the facts."
            reading.error("PL-007", "licence_status has no licence_reference.", step, reading.where("plant"))
    if reading.findings:
        count = len(reading.findings)
        raise Refused(
            "PL-009",
            f"The plant file {name} has {count} {'error' if count == 1 else 'errors'}.",
            "Correct what is listed.",
            reading.findings,
        )
    if facts.get("licence_status"):
        remarks.extend(_stated_against_tests(facts["licence_status"], facts["licence_reference"], station))
    owner, supplier, party = values["owner"], values["supplier"], values["trading_party"]
    own = {"name", "technology", "connection", "gsp_group", "host_network_connected", "registered_capacity_mw"}
    own |= {"export_capacity_mw", "import_capacity_mw", "tec_mw", "connected_on", "licence_status"}
    own |= {"licence_reference", "generation_zone", "annual_load_factor", "area", "area_from"}
    return Plant(
        id=facts["id"],
        **{"name": facts["id"]} | {key: value for key, value in facts.items() if key in own and value is not None},
        station=station,
        owner_name=owner.get("name"),
        owner_licensed_generator=owner.get("licensed_generator"),
        owner_bsc_party=owner.get("bsc_party"),
        owner_cusc_signatory=owner.get("cusc_signatory"),
        owner_role=owner.get("role"),
        supplier_name=supplier.get("name"),
        supplier_cusc_signatory=supplier.get("cusc_signatory"),
        party_name=party.get("name"),
        party_cusc_signatory=party.get("cusc_signatory"),
        arrangement=Arrangement(**values["arrangement"]) if values["arrangement"] else None,
        other_stations=others,
        pass_through=pass_through,
        costs_gbp=costs,
        remarks=tuple(remarks),
    )


def _read_table(
    reading: _Reading, title: str, written: object, known: Mapping[str, Key], occurrence: int = 0
) -> dict[str, Any]:
    if not isinstance(written, dict):
        reading.error("PL-003", f"{title} is not a table.", f"Head it with [{title}].", reading.where("", title))
        return {}
    values: dict[str, Any] = {}
    for name, value in written.items():
        where = reading.where(title, name, occurrence)
        if name not in known:
            step = f"Remove it, or write the key meant. {nearest_key(name, known)}".rstrip()
            reading.error("PL-002", f"{shown(name)} is no key of [{title}].", step, where)
            continue
        try:
            values[name] = read_value(known[name], value)
        except Unreadable as problem:
            reading.error(problem.code, f"{name} is {shown(value)}, {problem.reason}.", problem.next_step, where)
    return values


def _other_stations(reading: _Reading, written: object) -> tuple[Station, ...]:
    if not isinstance(written, list) or not all(isinstance(entry, dict) for entry in written):
        step = "Head each of the owner's other stations with [[other_station]]."
        reading.error("PL-003", "other_station is not a list of tables.", step, reading.where("other_station"))
        return ()
    known = {name: keys()["plant"][name] for name in ("id", "area", *STATION_KEYS)}
    stations = []
    for position, entry in enumerate(written):
        facts = _read_table(reading, "other_station", entry, known, position)
        stations.append(_station(reading, "other_station", position, facts, []))
    return tuple(stations)


def _pass_through(reading: _Reading, written: object) -> dict[str, dict[str, Decimal]]:
    """The owner's contractual share by route and component, each from 0 to 1."""
    if not isinstance(written, dict):
        reading.error("PL-003", "pass_through is not a table.", "Head it with [pass_through.ROUTE].", "")
        return {}
    shares: dict[str, dict[str, Decimal]] = {}
    for route, entry in written.items():
        where = reading.where(f"pass_through.{route}")
        if route not in ROUTES:
            step = f"The routes are {', '.join(ROUTES)}. {nearest_key(route, ROUTES)}".rstrip()
            reading.error("PL-002", f"{shown(route)} is no route.", step, where)
            continue
        known = {
            name: Key("pass_through", name, "number", (), Decimal(0), Decimal(1), "The owner's share, from 0 to 1.")
            for name in COMPONENTS
        }
        found = _read_table(reading, f"pass_through.{route}", entry, known)
        shares[route] = {name: share for name, share in found.items() if share is not None}
    return shares


def _costs(reading: _Reading, written: object) -> dict[str, Decimal]:
    """Costs of a year by route [£]."""
    if not isinstance(written, dict):
        reading.error("PL-003", "costs is not a table.", "Head it with [costs].", "")
        return {}
    costs: dict[str, Decimal] = {}
    for route, value in written.items():
        where = reading.where("costs", route)
        if route not in ROUTES:
            step = f"The routes are {', '.join(ROUTES)}. {nearest_key(route, ROUTES)}".rstrip()
            reading.error("PL-002", f"{shown(route)} is no route.", step, where)
            continue
        try:
            costs[route] = read_number(value)
        except Unreadable as problem:
            reading.error(problem.code, f"{route} is {shown(value)}, {problem.reason}.", problem.next_step, where)
            continue
        if costs[route] < 0:
            reading.error("PL-005", f"{route} costs {costs[route]}, which is negative.", "Give £ a year.", where)
    return costs


def _gsp_group_and_area(reading: _Reading, facts: dict[str, Any], remarks: list[Finding]) -> None:
    """Complete GSP Group and area, each from what is given, and say so."""
    if facts.get("distributor"):
        group = gsp_group_of_distributor(facts["distributor"]).id
        if facts.get("gsp_group") not in (None, group):
            reading.error(
                "PL-008",
                f"Distributor {facts['distributor']} is of GSP Group {group}, and gsp_group is {facts['gsp_group']}.",
                "Correct one of them, or leave the distributor out.",
                reading.where("plant", "distributor"),
            )
        facts["gsp_group"] = group
    facts["area_from"] = "given" if facts.get("area") else "unknown"
    # "unknown" written down is an answer: then no default is taken either.
    if facts.get("gsp_group") and "area" not in facts:
        group = facts["gsp_group"]
        entry = group_areas()[group]
        facts["area"], facts["area_from"] = entry.default_area, "gsp-group"
        remarks.append(
            Finding(
                "PL-015",
                "info",
                f"area: {entry.default_area}, the default of GSP Group {group} ({entry.name}) {entry.mark}; a host "
                f"network near a border may be fed from the other side (T09).",
                'Give the area where it is known, or area = "unknown" to see what it would change.',
            )
        )


def _station(reading: _Reading, title: str, occurrence: int, facts: dict[str, Any], remarks: list[Finding]) -> Station:
    """The facts of the licence tests, with those that are worked out from others."""
    power = _derived_power(reading, title, occurrence, facts, remarks)
    dnc = _derived_dnc(reading, title, occurrence, facts, remarks)
    return Station(
        id=facts.get("id") or "",
        power_provided_mw=power,
        dnc_mw=dnc,
        offshore_installation=facts.get("offshore_installation"),
        connected_2000_09_30=_connected_2000(reading, title, occurrence, facts, remarks),
        export_capability_mw=facts.get("export_capability_mw"),
        ever_centrally_despatched=facts.get("ever_centrally_despatched"),
        max_capacity_2000_mw=facts.get("max_capacity_2000_mw"),
        max_capacity_now_mw=facts.get("max_capacity_now_mw"),
        individual_order=facts.get("individual_order"),
    )


def _agreed(
    reading: _Reading,
    where: str,
    key: str,
    given: Decimal | None,
    worked_out: Decimal,
    how: str,
    remarks: list[Finding],
) -> Decimal:
    """The figure given where it agrees with the one worked out, else an error; without one, the one worked out."""
    if worked_out < 0:
        reading.error("PL-006", f"{key} would be {how} = {megawatts(worked_out)} MW.", "Correct the figures.", where)
    elif given is None:
        message = f"{key}: {megawatts(worked_out)} MW, worked out: {how}."
        remarks.append(Finding("PL-015", "info", message, "Give it where another figure holds."))
    elif given != worked_out:
        message = f"{key} is {megawatts(given)} MW, but {how} = {megawatts(worked_out)} MW."
        reading.error("PL-006", message, "Correct one of them, or leave one out.", where)
    return worked_out if given is None else given


def _derived_power(
    reading: _Reading, title: str, occurrence: int, facts: Mapping[str, Any], remarks: list[Finding]
) -> Decimal | None:
    given: Decimal | None = facts.get("power_provided_mw")
    gross, same_site = facts.get("output_to_others_mw"), facts.get("same_site_supply_mw")
    if gross is None or same_site is None:
        return given
    how = f"{megawatts(gross)} MW to others less {megawatts(same_site)} MW on the same site"
    where = reading.where(title, "power_provided_mw", occurrence)
    return _agreed(reading, where, "power_provided_mw", given, gross - same_site, how, remarks)


def _derived_dnc(
    reading: _Reading, title: str, occurrence: int, facts: Mapping[str, Any], remarks: list[Finding]
) -> Decimal | None:
    given: Decimal | None = facts.get("declared_net_capacity_mw")
    output, own = facts.get("sustainable_output_mw"), facts.get("own_consumption_mw")
    technology = facts.get("technology")
    if given is not None or output is None or own is None or technology is None:
        return given
    worked_out = declared_net_capacity(output, own, technology)
    factor = table("licence")["declared_net_capacity"].get(technology.lower(), "1")
    how = f"({megawatts(output)} MW - {megawatts(own)} MW) x {factor} for {technology} [inferred]"
    where = reading.where(title, "sustainable_output_mw", occurrence)
    return _agreed(reading, where, "declared_net_capacity_mw", None, worked_out, how, remarks)


def _connected_2000(
    reading: _Reading, title: str, occurrence: int, facts: Mapping[str, Any], remarks: list[Finding]
) -> bool | None:
    """Connected to the total system of England and Wales on 30 September 2000: as given, else from date and area."""
    given: bool | None = facts.get("connected_2000_09_30")
    since, area = facts.get("connected_on"), facts.get("area")
    if since is None:
        return given
    before = since < table("licence")["connected_before"]
    if given is True and not before:
        reading.error(
            "PL-008",
            f"connected_on is {since}, and connected_2000_09_30 is true.",
            "Correct one of them.",
            reading.where(title, "connected_2000_09_30", occurrence),
        )
    if given is not None or "connected_2000_09_30" in facts or (before and area is None):
        return given
    held = before and area not in ("SPT", "SHETL")
    why = f"connected on {industry_day(since)}" + (f", area {area}" if before else "")
    remarks.append(
        Finding(
            "PL-015",
            "info",
            f"connected_2000_09_30: {'true' if held else 'false'}, from: {why}. Classes C and D mean the total system "
            "of England and Wales.",
            "Give connected_2000_09_30 where that is not so.",
        )
    )
    return held


def _check_capacities(reading: _Reading, facts: Mapping[str, Any], station: Station) -> None:
    """Refuse a Registered Capacity below what it cannot be below."""
    capacity: Decimal | None = facts.get("registered_capacity_mw")
    if capacity is None:
        return
    where = reading.where("plant", "registered_capacity_mw")
    dnc, tec = station.dnc_mw, facts.get("tec_mw")
    if dnc is not None and capacity < dnc:
        reading.error(
            "PL-006",
            f"registered_capacity_mw is {megawatts(capacity)} MW, below the declared net capacity of "
            f"{megawatts(dnc)} MW, which is what is left of it after own consumption.",
            "Give the Registered Capacity of the whole Power Station, or correct the declared net capacity.",
            where,
        )
    if tec is not None and capacity < tec:
        reading.error(
            "PL-006",
            f"registered_capacity_mw is {megawatts(capacity)} MW, below the TEC of {megawatts(tec)} MW.",
            "Give the Registered Capacity of the whole Power Station, or correct tec_mw.",
            where,
        )


def _stated_against_tests(status: str, reference: str, station: Station) -> list[Finding]:
    answer = exemptable(station)
    if answer.status in (status, "MISSING_INPUT"):
        return []
    found = f"classes {', '.join(answer.passed)} pass" if answer.passed else "no class passes"
    return [
        Finding(
            "PL-014",
            "warning",
            f"licence_status is {status} ({reference}), but by the facts given the plant is {answer.status}: {found}. "
            "The stated status is used.",
            "Check both, or leave licence_status out.",
        )
    ]
