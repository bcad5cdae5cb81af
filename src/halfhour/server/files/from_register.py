"""What the register knows that a file needs: the Metering System that it is about, and who plays the parties.

Values go by the names that files and cases use. Where the register has several, all are given, and whoever builds the
file takes none of them. Facts are those believed now of the day from which the case counts, else of the day of sending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import Q

from halfhour.processes.cases import CaseState
from halfhour.processes.timetables import Party, Step, Timetable
from halfhour.server.register.models import Appointment, Fact, Meter, Metering, PartyRole, Registration, Site
from halfhour.server.register.recording import holding, known

Seen = Callable[[type[Fact]], Q]
"""Which facts of a model may be used for a file: those that its sender may read."""

_COUNTS_FROM = ("supply_start_date", "effective_from", "use_from", "pair_effective_from")
_OF_SIDE = {
    "line_loss_factor_class": "llfc",
    "meter_timeswitch_class": "mtc",
    "standard_settlement_configuration": "ssc",
    "profile_class": "profile_class",
}
_OF_METERING = {
    "measurement_class": "measurement_class",
    "technology": "technology",
    "capacity_kw": "capacity_kw",
    "bm_unit_id": "bm_unit",
}
_OF_AGENT = {"meter_operator_id": "M", "data_collector_id": "CD", "data_aggregator_id": "AB"}


def any_fact(_model: type[Fact]) -> Q:
    """Every fact, for whoever runs the server."""
    return Q()


def values_of(step: Step, state: CaseState, sent_on: date, seen: Seen = any_fact) -> dict[str, tuple[Any, ...]]:
    """Every value that the register has of the Metering System that a step's files are about, by name.

    Only its own side of a Metering System is told: an import MPAN's classes are not those of its export.
    """
    msid = str(state.facts.get(step.about) or "")
    if not msid:
        return {}
    day = day_of(state, sent_on)
    found: dict[str, set[Any]] = {}
    for name, value in [*_of_meterings(msid, day, seen), *_of_agents(msid, day, seen), *_of_meters(msid, day, seen)]:
        if value is not None:
            found.setdefault(name, set()).add(value)
    return {name: tuple(sorted(values)) for name, values in found.items()}


def players_of(
    timetable: Timetable, step: Step, state: CaseState, sent_on: date, seen: Seen = any_fact
) -> dict[str, tuple[str, ...]]:
    """Whom the register has for parties of a step that the case does not know, by party: MPIDs, usually one."""
    day = day_of(state, sent_on)
    unknown = [one for one in (step.sender, *step.recipients) if not state.parties.get(one)]
    found = {name: _players(timetable.parties[name], state.facts, day, seen) for name in unknown}
    return {name: players for name, players in found.items() if players}


def day_of(state: CaseState, sent_on: date) -> date:
    """The day that a case's files speak of."""
    days = (state.facts.get(name) for name in _COUNTS_FROM)
    return next((day for day in days if isinstance(day, date)), sent_on)


def _players(party: Party, facts: Mapping[str, Any], day: date, seen: Seen) -> tuple[str, ...]:
    msid = str(facts.get(party.of) or "")
    if not msid:
        return ()
    if party.market_role == "X":
        found = _holding(Registration, day, seen).filter(msid=msid).values_list("supplier", flat=True)
    elif party.market_role in ("R", "P"):
        area = {"role": party.market_role, "distributor_id": msid[:2]}
        found = _holding(PartyRole, day, seen).filter(**area).values_list("mpid", flat=True)
    else:
        roles = next((roles for roles in _OF_AGENT.values() if party.market_role in roles), party.market_role)
        found = _holding(Appointment, day, seen).filter(msid=msid, role__in=roles).values_list("agent", flat=True)
    return tuple(sorted(set(found)))


def _of_meterings(msid: str, day: date, seen: Seen) -> Iterator[tuple[str, Any]]:
    rows = _holding(Metering, day, seen).filter(Q(import_msid=msid) | Q(export_msid=msid))
    for row in rows:
        side = "import" if row.import_msid == msid else "export"
        yield from ((name, getattr(row, f"{side}_{column}")) for name, column in _OF_SIDE.items())
        yield from ((name, getattr(row, column)) for name, column in _OF_METERING.items())
    sites = _holding(Site, day, seen).filter(site__in=[row.site for row in rows])
    yield from (("gsp_group", group) for group in sites.values_list("gsp_group", flat=True))


def _of_agents(msid: str, day: date, seen: Seen) -> Iterator[tuple[str, Any]]:
    for role, agent in _holding(Appointment, day, seen).filter(msid=msid).values_list("role", "agent"):
        yield from ((name, agent) for name, roles in _OF_AGENT.items() if role in roles)


def _of_meters(msid: str, day: date, seen: Seen) -> Iterator[tuple[str, Any]]:
    """The Meter of the day, and one that was taken out on it."""
    meters = known(Meter).filter(seen(Meter), msid=msid)
    yield from (("meter_serial", serial) for serial in holding(meters, day).values_list("serial", flat=True))
    removed = meters.filter(effective_to=day).values_list("serial", flat=True)
    yield from (("meter_serial_removed", serial) for serial in removed)


def _holding(model: type[Fact], day: date, seen: Seen) -> Any:
    return holding(known(model), day).filter(seen(model))
