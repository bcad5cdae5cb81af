"""The conditions of D/380 and its scope, each a function from a network and a day to what fails on that day.

Handbook private-networks 5.1: PN-401 losses, PN-402 agreement, PN-403 common agents, PN-404 visibility, PN-405
declaration, PN-406 scope. A condition holds where its function yields nothing; only MSIDs in use on the day count.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from halfhour.errors import Finding
from halfhour.processes.dated import on_day
from halfhour.processes.private_networks.network import (
    AGREEING,
    ROLES,
    Agreement,
    LossTerms,
    PrivateNetwork,
    Role,
    ThirdParty,
    UseDeclaration,
)
from halfhour.processes.private_networks.parameters import capacity_limit_mva, codes_of_practice
from halfhour.processes.private_networks.visibility import Visible, what_the_change_lacks


def _fails(
    network: PrivateNetwork, code: str, day: date, message: str, next_step: str, third_party: ThirdParty | None = None
) -> Finding:
    subject = f"Network {network.id}"
    if third_party is not None:
        subject += f", {third_party.name} ({third_party.msid})"
    msid = third_party.msid if third_party else ""
    return Finding(
        code, "error", f"{subject}: {message}", next_step, site_id=network.id, msid=msid, settlement_date=day
    )


# Condition 1


def losses(network: PrivateNetwork, day: date) -> Iterator[Finding]:
    """PN-401: every Third Party Meter has one loss option with what belongs to it and the evidence of it."""
    for third_party in network.third_parties_on(day):
        terms = on_day((one for one in network.loss_terms if one.msid == third_party.msid), day)
        if len(terms) == 1:
            lacking = list(_lacking(terms[0]))
        else:
            lacking = ["a loss option"] if not terms else ["one loss option only"]
        if lacking:
            message = f"losses are not accounted for: {', '.join(lacking)} is wanted."
            yield _fails(network, "PN-401", day, message, "Record it with its evidence.", third_party)


def _lacking(terms: LossTerms) -> Iterator[str]:
    if terms.option == "scaled":
        if terms.factor is None or terms.factor < 0:
            yield "a factor L of 0 or more"
        if terms.uplift_method != "MULTIPLY_ONE_PLUS_L":
            yield "a reading multiplied by 1 + L, which is what D/380 shows"
        if not terms.applied_in:
            yield "where the factor is applied, in the Meter or as a constant"
        if set(terms.applied_in) == {"meter", "constant"}:
            yield "scaling in one place only (PN-204)"
        if terms.effective_from is None:
            yield "the day from which the factor applies"
    elif terms.factor or terms.applied_in:
        yield "no factor, since the option is not to scale"
    if not terms.defined_metering_point:
        yield "the Defined Metering Point"
    if not terms.actual_metering_point:
        yield "the Actual Metering Point"
    if not terms.methodology:
        yield "the reference of the charging methodology that Ofgem approved"
    if not terms.evidence:
        yield "the loss study or agreement" if terms.option == "scaled" else "the statement that losses are not scaled"


# Condition 2


def agreement(network: PrivateNetwork, day: date) -> Iterator[Finding]:
    """PN-402: Boundary Point Supplier, owner and distributor have signed, by the use-from date, and it is held."""
    for third_party in network.third_parties_on(day):
        for party, title in AGREEING.items():
            signed = [
                one
                for one in network.agreements
                if one.party == party and (not one.msids or third_party.msid in one.msids)
            ]
            problems = [_wrong_with(one, third_party, day) for one in signed]
            if "" in problems:
                continue
            why = problems[-1] if problems else "there is none"
            message = f"no agreement of {title} counts: {why}."
            step = "Hold the signed agreement, with name, date and document; use may be declared from its date on."
            yield _fails(network, "PN-402", day, message, step, third_party)


def _wrong_with(one: Agreement, third_party: ThirdParty, day: date) -> str:
    """Why an agreement does not count on a day, empty where it does."""
    if not one.name:
        return "it names nobody"
    if one.signed_on is None:
        return "it is not signed"
    if not one.document_sha256:
        return "its document is not held"
    if third_party.use_from is None:
        return f"it was signed on {one.signed_on}, and the use-from date is not known"
    if one.signed_on > third_party.use_from:
        return f"it was signed on {one.signed_on}, after use began on {third_party.use_from}"
    if one.effective_to is not None and day >= one.effective_to:
        return f"it ended on {one.effective_to}"
    return ""


# Condition 3


def common_agents(network: PrivateNetwork, day: date) -> Iterator[Finding]:
    """PN-403: every Third Party MSID has the Meter Operator and the Data Collector of the boundary."""
    third_parties = network.third_parties_on(day)
    if not third_parties:
        return
    for role, title in ROLES.items():
        held = {msid: agent_of(network, msid, role, day) for msid in network.boundary_msids}
        of_boundary = set(held.values())
        if len(of_boundary) != 1 or None in of_boundary:
            told = ", ".join(f"{msid} has {mpid or 'none'}" for msid, mpid in held.items()) or "there is no boundary"
            message = f"the boundary has not one {title}: {told}."
            yield _fails(network, "PN-403", day, message, "Record the appointments of every boundary MSID.")
            continue
        wanted = of_boundary.pop()
        for third_party in third_parties:
            mpid = agent_of(network, third_party.msid, role, day)
            if mpid != wanted:
                message = f"its {title} is {mpid or 'not known'}, and that of the boundary is {wanted}."
                step = f"Appoint {wanted}, and record its acceptance (D0011)."
                yield _fails(network, "PN-403", day, message, step, third_party)


def agent_of(network: PrivateNetwork, msid: str, role: Role, day: date) -> str | None:
    """Who has accepted to be the agent of an MSID on a day; None where nobody has, or several."""
    held = (one for one in network.appointments if (one.msid, one.role, one.answer) == (msid, role, "accepted"))
    mpids = {one.mpid for one in on_day(held, day)}
    return mpids.pop() if len(mpids) == 1 else None


# Condition 4


def visibility(network: PrivateNetwork, day: date, visible: Visible) -> Iterator[Finding]:
    """PN-404: every Third Party MSID has 997 or the interim rule holds for it, and Elexon has the list of MSIDs.

    Args:
        visible: looks the classes up in Market Domain Data.

    Returns:
        Errors PN-404, and a remark RG-031 where the interim rule holds.
    """
    for third_party in network.third_parties_on(day):
        sent = [
            one.sent_on
            for one in network.declarations
            if third_party.msid in one.msids and one.sent_on is not None and one.sent_on <= day
        ]
        if not sent:
            message = "its MSID has not been sent to Elexon."
            yield _fails(network, "PN-404", day, message, "Send the declaration with the MSID.", third_party)
        held = on_day((one for one in network.classes if one.msid == third_party.msid), day)
        if len(held) != 1 or held[0].mtc is None or held[0].llfc is None:
            message = "its Meter Timeswitch Class and Line Loss Factor Class are not known."
            yield _fails(network, "PN-404", day, message, "Record the classes of its registration.", third_party)
            continue
        changes = [one for one in network.mdd_changes if one.msid == third_party.msid]
        pending = next((one for one in changes if not what_the_change_lacks(one, day)), None)
        found = visible(held[0], pending, day)
        if found.verdict == "pass":
            continue
        if found.verdict == "interim":
            yield Finding(
                "RG-031",
                "info",
                f"Network {network.id}, {third_party.name} ({third_party.msid}): {found.message}",
                found.next_step,
                site_id=network.id,
                msid=third_party.msid,
                settlement_date=day,
            )
            continue
        message = found.message
        if pending is None and changes:
            message += f" The recorded change {changes[-1].reference} lacks {what_the_change_lacks(changes[-1], day)}."
        yield _fails(network, "PN-404", day, message, found.next_step, third_party)


# Condition 5


def declaration(network: PrivateNetwork, day: date) -> Iterator[Finding]:
    """PN-405: the Registrant of every Third Party MSID has signed the declaration of compliance."""
    for third_party in network.third_parties_on(day):
        registrant = network.supplier_on(third_party.msid, day)
        held = [one for one in network.declarations if third_party.msid in one.msids]
        problems = [_wrong_with_declaration(one, registrant, day) for one in held]
        if "" in problems:
            continue
        why = problems[-1] if problems else "there is none"
        message = f"no declaration of compliance counts: {why}."
        yield _fails(network, "PN-405", day, message, "Have the Registrant sign it and send it to Elexon.", third_party)


def _wrong_with_declaration(one: UseDeclaration, registrant: str | None, day: date) -> str:
    """Why a declaration does not count on a day, empty where it does."""
    if registrant is None:
        return "who is Registrant of the MSID is not known"
    if one.registrant != registrant:
        return f"it is {one.registrant or 'nobody'}'s, and the Registrant is {registrant}"
    if not one.signatory or one.signed_on is None or one.signed_on > day:
        return "it is not signed"
    if not one.compliant_otherwise:
        return "it does not say that all but the location of the equipment complies"
    if one.effective_to is not None and day >= one.effective_to:
        return f"it lapsed on {one.effective_to}"
    return ""


# Scope


def scope(network: PrivateNetwork, day: date) -> Iterator[Finding]:
    """PN-406: Code of Practice, capacity, half-hourly metering and date of every Third Party Meter are D/380's.

    Half-hourly metering is asked of the boundary, too; Code of Practice and capacity of the Third Party Meter, whose
    equipment the dispensation is for.
    """
    third_parties = network.third_parties_on(day)
    step = "Apply for a site-specific dispensation (BSCP32), or correct the record."
    if third_parties:
        for msid in network.boundary_msids:
            equipment = on_day((one for one in network.equipment if one.msid == msid), day)
            if len(equipment) != 1 or equipment[0].half_hourly is None:
                yield _fails(network, "PN-406", day, f"whether boundary {msid} is half-hourly is not known.", step)
            elif not equipment[0].half_hourly:
                yield _fails(network, "PN-406", day, f"boundary {msid} is not half-hourly.", step)
    for third_party in third_parties:
        outside = list(_outside(network, third_party, day))
        if outside:
            yield _fails(network, "PN-406", day, f"it is outside D/380: {'; '.join(outside)}.", step, third_party)


def _outside(network: PrivateNetwork, third_party: ThirdParty, day: date) -> Iterator[str]:
    equipment = on_day((one for one in network.equipment if one.msid == third_party.msid), day)
    if len(equipment) != 1:
        yield "its Meter Technical Details are not known"
        return
    (one,) = equipment
    effective = codes_of_practice().get(one.code_of_practice)
    if not one.code_of_practice:
        yield "its Code of Practice is not known"
    elif effective is None:
        yield f"Code of Practice {one.code_of_practice} is not covered"
    elif third_party.use_from is None:
        yield "its use-from date is not known"
    elif third_party.use_from < effective:
        yield f"it is used from {third_party.use_from}, and Code of Practice {one.code_of_practice} from {effective}"
    if one.capacity_mva is None:
        yield "its circuit capacity is not known"
    elif one.capacity_mva > capacity_limit_mva():
        yield f"its circuit capacity of {one.capacity_mva} MVA is above {capacity_limit_mva()} MVA"
    if one.half_hourly is None:
        yield "whether it is half-hourly is not known"
    elif not one.half_hourly:
        yield "it is not half-hourly"
    if one.other_departures:
        yield f"it departs in another way: {one.other_departures}"
