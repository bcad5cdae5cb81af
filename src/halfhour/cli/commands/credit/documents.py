"""The answers of `halfhour credit` as JSON objects: energy in whole Wh and exact in MWh, money as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from halfhour.cli.commands.credit.shared import energies

if TYPE_CHECKING:
    from halfhour.charges.credit.default_levels import Event, QueryPeriod, Refusal
    from halfhour.charges.credit.indebtedness import Day
    from halfhour.charges.credit.rules import Rule, Step
    from halfhour.charges.credit.treatments import Treated


def day_document(found: Day) -> dict[str, object]:
    """A day as a JSON object."""
    return {
        "date": found.day,
        "cei_days": list(found.window.cei),
        "mei_days": list(found.window.mei),
        "aei_days": list(found.window.aei),
        **energies(
            (
                ("cei", found.cei_mwh),
                ("mei", found.mei_mwh),
                ("aei", found.aei_mwh),
                ("ei", found.ei_mwh),
                ("highest_ei", found.highest.ei_mwh),
                ("ecc", found.ecc_mwh),
            )
        ),
        "highest_settlement_period": found.highest.period,
        "cap_gbp_per_mwh": found.cap.gbp_per_mwh,
        "cap_source": found.cap.source,
        "cap_mark": found.cap.mark,
        "exposure_gbp": found.exposure_gbp,
        "required_cover_gbp": found.required_cover_gbp,
        "cover_gbp": found.cover_gbp,
        "ccp": found.highest.ccp,
        "level": found.highest.level,
    }


def step_document(one: Step) -> dict[str, object]:
    """A step of a working as a JSON object."""
    return {
        "quantity": one.quantity,
        "formula": one.formula,
        "numbers": one.numbers,
        "value": one.value,
        "unit": one.unit,
        "rule": one.rule.id,
        "clause": one.rule.clause,
        "source": one.rule.source,
        "mark": one.mark,
    }


def rule_document(rule: Rule) -> dict[str, object]:
    """A rule as a JSON object."""
    return {
        "id": rule.id,
        "title": rule.title,
        "text": rule.text,
        "clause": rule.clause,
        "source": rule.source,
        "mark": rule.mark,
    }


def query_document(found: QueryPeriod) -> dict[str, object]:
    """A Query Period as a JSON object."""
    hours = found.business_hours
    return {
        "begins": found.begins,
        "ends": found.ends,
        "business_hours_from": hours and hours[0],
        "business_hours_to": hours and hours[1],
    }


def event_document(event: Event) -> dict[str, object]:
    """A Level 1 event as a JSON object."""
    return {
        "settlement_date": event.half_hour.day,
        "settlement_period": event.half_hour.period,
        "ccp": event.half_hour.ccp,
        **query_document(event.query_period),
        "outcome": event.outcome,
    }


def refusal_document(refusal: Refusal) -> dict[str, object]:
    """A stretch of refused notifications as a JSON object."""
    last = refusal.last
    return {
        "first_settlement_date": refusal.first.day,
        "first_settlement_period": refusal.first.period,
        "last_settlement_date": last and last.day,
        "last_settlement_period": last and last.period,
    }


def treated_document(one: Treated) -> dict[str, object]:
    """A treatment of a plant as a JSON object."""
    peak = one.peak
    return {
        "treatment": one.treatment,
        "title": one.title,
        "why_not": one.why_not or None,
        "date": peak and peak.day,
        "cei_days": None if peak is None else list(peak.window.cei),
        **energies(
            (
                ("seen", one.seen_mwh),
                ("cei", None if peak is None else peak.cei_mwh),
                ("highest_ei", None if peak is None else peak.highest.ei_mwh),
            )
        ),
        "cap_gbp_per_mwh": peak and peak.cap.gbp_per_mwh,
        "required_cover_gbp": peak and peak.required_cover_gbp,
        "seen_cover_gbp": one.seen_cover_gbp,
        "more_gbp": one.more_gbp,
        "rule": rule_document(one.rule),
    }
