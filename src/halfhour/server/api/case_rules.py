"""What a party may record of its case: its own acts, and what was addressed to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.processes.cases import Event
from halfhour.processes.timetables import Step, Timetable
from halfhour.server.accounts.case_access import Standing
from halfhour.server.api.callers import Caller
from halfhour.server.cases.models import CaseEvent


def check_present(standing: Standing) -> None:
    """Refuse a former party.

    Raises:
        HalfhourError: SV-103.
    """
    if standing.until is not None:
        raise _not_yours("The organisation is no party of this case any longer", "Its present party records it.")


def check_event(
    timetable: Timetable, parties: Mapping[str, str], event: Event, caller: Caller, standing: Standing
) -> None:
    """Refuse an event that is not the caller's to record.

    Args:
        parties: of the case now, by name.

    Raises:
        HalfhourError: SV-103 with the reason.
    """
    hidden = standing.hidden(timetable) & set(event.data)
    if hidden:
        raise _not_yours(f"{', '.join(sorted(hidden))} is secret to the organisation", "Leave it out.")
    match event.kind:
        case "act" | "flow":
            _check_act(timetable, event, standing)
        case "party":
            _check_parties(parties, event.data, caller)
        case "correction" | "withdrawal":
            _check_correction(timetable, parties, event, caller, standing)


def steps_of(timetable: Timetable, event: Event) -> list[Step]:
    """The steps that an event may be of: the one that it names, or those that its flow may complete."""
    if event.step:
        step = timetable.by_ref.get(event.step)
        return [] if step is None else [step]
    return [step for step in timetable.steps if event.flow in step.flows]


def done_by(timetable: Timetable, parties: Mapping[str, str], event: Event, caller: Caller) -> str:
    """Who did what is recorded: the caller where it may have, else who plays the step's sender."""
    senders = [parties.get(step.sender, "") for step in steps_of(timetable, event)]
    if not senders or caller.organisation in senders:
        return caller.organisation
    return next((one for one in senders if one), caller.organisation)


def _check_act(timetable: Timetable, event: Event, standing: Standing) -> None:
    steps = steps_of(timetable, event)
    # A step that is not there is for the case engine to refuse, in its own words.
    if steps and not any(standing.parties & {step.sender, *step.recipients} for step in steps):
        what = event.step or event.flow
        raise _not_yours(
            f"{what} is neither from nor to a party that the organisation plays", "Those who act or receive record it."
        )


def _check_parties(parties: Mapping[str, str], named: Mapping[str, Any], caller: Caller) -> None:
    for party, written in named.items():
        holder, new = parties.get(party, ""), str(written).strip()
        if holder and holder not in (caller.organisation, new):
            raise _not_yours(f"{party} is played by {holder}", "Only who plays a party hands it on.")
        if not holder and new == caller.organisation:
            raise _not_yours(f"An organisation does not name itself {party}", "Another party of the case names it.")


def _check_correction(
    timetable: Timetable, parties: Mapping[str, str], event: Event, caller: Caller, standing: Standing
) -> None:
    row = CaseEvent.objects.filter(pk=event.corrects).first()
    if row is None:
        # The case engine says that there is nothing to correct.
        return
    if row.by != caller.organisation and row.who.partition("/")[0] != caller.organisation:
        raise _not_yours(f"Event {event.corrects} was recorded by another", "Whoever recorded it corrects it.")
    if row.kind == "party":
        _check_parties(parties, event.data, caller)
    elif event.step:
        _check_act(timetable, event, standing)


def _not_yours(why: str, next_step: str) -> HalfhourError:
    return HalfhourError("SV-103", f"{why}.", next_step)
