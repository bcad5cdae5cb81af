"""The D/380 declaration of use and compliance, rendered from what is known; what is missing is named, never guessed.

Handbook private-networks 7. The published form's field list is open: these fields are carried over to whatever it asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from halfhour.errors import HalfhourError
from halfhour.processes.dated import on_day
from halfhour.processes.private_networks.conditions import agent_of
from halfhour.processes.private_networks.network import (
    ROLES,
    LossTerms,
    Party,
    PrivateNetwork,
    ThirdParty,
    UseDeclaration,
)
from halfhour.processes.private_networks.parameters import mail
from halfhour.processes.private_networks.visibility import PRIVATE

STATEMENT = (
    "The Metering Systems named here comply with the Balancing and Settlement Code and with the Code of Practice in "
    "every respect except the location of the Metering Equipment."
)


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the form: its label and its lines; a line that is not known is None."""

    label: str
    lines: tuple[tuple[str, str | None], ...]
    """Subject (an MSID; empty where the field has one value) and value."""


@dataclass(frozen=True, slots=True)
class DeclarationForm:
    """A declaration as a form.

    Attributes:
        effective_from: the day for which it is made.
        missing: what must be known before it can be sent, in the order of the fields.
    """

    registrant: str
    effective_from: date
    fields: tuple[FormField, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Email:
    """A message to be sent: to whom, subject, and the text with the form."""

    to: str
    subject: str
    body: str


def declaration_form(network: PrivateNetwork, registrant: str, effective_from: date) -> DeclarationForm:
    """The declaration of a Registrant for its Third Party MSIDs in use on a day.

    Args:
        registrant: MPID of the Third Party Supplier.

    Raises:
        HalfhourError: PN-405 it has no Third Party MSID in the network on that day.
    """
    day = effective_from
    own = [one for one in network.third_parties_on(day) if network.supplier_on(one.msid, day) == registrant]
    if not own:
        raise HalfhourError(
            "PN-405",
            f"{registrant} is Registrant of no Third Party MSID in use in network {network.id} on {day}.",
            "Record its registrations and the use-from date, or name another Registrant.",
        )
    fields = (
        *_parties(network, registrant, own, day),
        *_equipment(network, own, day),
        *_classes(network, own, day),
        *_agents(network, own, day),
        *_losses(network, own, day),
        FormField("Effective from", (("", day.isoformat()),)),
    )
    missing = tuple(
        f"{one.label}{f' of {subject}' if subject else ''}"
        for one in fields
        for subject, value in one.lines
        if not value
    )
    return DeclarationForm(registrant, day, fields, missing)


def as_markdown(form: DeclarationForm) -> str:
    """The form as Markdown; what is not known stands there as missing."""
    lines = [f"# {mail()[1]}", "", "| field | value |", "|---|---|"]
    for one in form.fields:
        values = [f"{subject}: {_shown(value)}" if subject else _shown(value) for subject, value in one.lines]
        lines.append(f"| {one.label} | {'<br>'.join(map(_cell, values))} |")
    lines += ["", STATEMENT, ""]
    if form.missing:
        lines += ["Missing:", "", *(f"- {name}" for name in form.missing), ""]
    return "\n".join(lines)


def as_text(form: DeclarationForm) -> str:
    """The form as plain text, one line to a value; what is not known stands there as missing."""
    lines = []
    for one in form.fields:
        for subject, value in one.lines:
            lines.append(f"{one.label}{f' ({subject})' if subject else ''}: {_shown(value)}")
    lines += ["", STATEMENT]
    return "\n".join(lines) + "\n"


def email(form: DeclarationForm) -> Email:
    """The message with which a complete declaration is sent.

    Raises:
        HalfhourError: PN-405 a field is missing; the message names every one.
    """
    if form.missing:
        raise HalfhourError(
            "PN-405",
            f"The declaration of {form.registrant} for {form.effective_from} cannot be sent: it lacks "
            f"{'; '.join(form.missing)}.",
            "Record what is missing; nothing is filled in by itself.",
        )
    to, subject = mail()
    return Email(to, subject, as_text(form))


def _shown(value: str | None) -> str:
    return value or "MISSING"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _one(label: str, value: str | None) -> FormField:
    return FormField(label, (("", value),))


def _parties(network: PrivateNetwork, registrant: str, own: list[ThirdParty], day: date) -> Iterable[FormField]:
    party = next((one for one in network.parties if one.mpid == registrant), Party())
    signed = _signed(network, registrant, own)
    yield _one("Registrant (Supplier) name", party.name)
    yield _one("Registrant MPID", registrant)
    yield _one("Contact", party.contact)
    yield _one("Signatory", signed.signatory if signed else None)
    yield _one("Date of signature", signed.signed_on.isoformat() if signed and signed.signed_on else None)
    boundary = [(msid, network.supplier_on(msid, day)) for msid in network.boundary_msids]
    yield _one("Boundary MSID", ", ".join(network.boundary_msids))
    yield FormField("Boundary Point Supplier MPID", tuple(boundary) or (("", None),))
    yield _one("Third Party MSID", ", ".join(one.msid for one in own))
    yield _one("Site name", network.name)
    yield _one("Site address", network.address)
    yield _one("Network owner name", network.owner.name)
    yield _one("Network owner address", network.owner.address)
    yield _one("GSP Group", network.gsp_group)
    yield _one("LDSO", network.ldso)


def _signed(network: PrivateNetwork, registrant: str, own: list[ThirdParty]) -> UseDeclaration | None:
    """The Registrant's latest declaration that lists all its MSIDs."""
    msids = {one.msid for one in own}
    held = [one for one in network.declarations if one.registrant == registrant and msids <= set(one.msids)]
    return max(held, key=lambda one: one.signed_on or date.min, default=None)


def _equipment(network: PrivateNetwork, own: list[ThirdParty], day: date) -> Iterable[FormField]:
    practice, capacity = [], []
    for msid in (*network.boundary_msids, *(one.msid for one in own)):
        held = on_day((one for one in network.equipment if one.msid == msid), day)
        known = held[0] if len(held) == 1 else None
        practice.append((msid, known.code_of_practice if known else None))
        capacity.append((msid, f"{known.capacity_mva} MVA" if known and known.capacity_mva is not None else None))
    yield FormField("Code of Practice", tuple(practice))
    yield FormField("Circuit capacity", tuple(capacity))


def _classes(network: PrivateNetwork, own: list[ThirdParty], day: date) -> Iterable[FormField]:
    mtc: list[tuple[str, str | None]] = []
    change: list[tuple[str, str | None]] = []
    llfc: list[tuple[str, str | None]] = []
    for msid in (*network.boundary_msids, *(one.msid for one in own)):
        held = on_day((one for one in network.classes if one.msid == msid), day)
        known = held[0] if len(held) == 1 else None
        llfc.append((msid, known.llfc if known else None))
        if msid in network.boundary_msids:
            continue
        mtc.append((msid, known.mtc if known else None))
        if known is not None and known.mtc is not None and known.mtc != PRIVATE:
            pending = [one for one in network.mdd_changes if one.msid == msid and one.reference]
            change.append((msid, pending[-1].reference if pending else None))
    yield FormField("Meter Timeswitch Class in use", tuple(mtc))
    if change:
        yield FormField("Market Domain Data change towards 997", tuple(change))
    yield FormField("Line Loss Factor Class", tuple(llfc))


def _agents(network: PrivateNetwork, own: list[ThirdParty], day: date) -> Iterable[FormField]:
    msids = (*network.boundary_msids, *(one.msid for one in own))
    for role, title in ROLES.items():
        held = {msid: agent_of(network, msid, role, day) for msid in msids}
        mpids = set(held.values())
        mpid = mpids.pop() if len(mpids) == 1 else None
        label = f"{title}, common to boundary and Third Party MSIDs"
        yield _one(label, f"{mpid}, common to {', '.join(msids)}" if mpid else None)


def _losses(network: PrivateNetwork, own: list[ThirdParty], day: date) -> Iterable[FormField]:
    option: list[tuple[str, str | None]] = []
    methodology: list[tuple[str, str | None]] = []
    for one in own:
        held = on_day((terms for terms in network.loss_terms if terms.msid == one.msid), day)
        terms = held[0] if len(held) == 1 else None
        option.append((one.msid, _loss_option(terms)))
        methodology.append((one.msid, terms.methodology if terms else None))
    yield FormField("Loss option and factor", tuple(option))
    yield FormField("Charging methodology reference", tuple(methodology))


def _loss_option(terms: LossTerms | None) -> str | None:
    if terms is None or (terms.option == "scaled" and terms.factor is None):
        return None
    if terms.option == "unscaled":
        return "2, not scaled: losses stay with the Boundary Point Supplier"
    return f"1, scaled by 1 + L, L = {terms.factor} ({' and '.join(terms.applied_in) or 'place not stated'})"
