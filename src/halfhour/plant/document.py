"""An assessment as one JSON document: what was decided, by which rule, and what is still open."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from halfhour.errors import Finding
from halfhour.plant.answers import Assessment, RouteAnswer
from halfhour.plant.conditions import table
from halfhour.plant.figures import Walk
from halfhour.plant.licence import LicenceAnswer
from halfhour.plant.routes import rejects
from halfhour.plant.worlds import Possible


def document(assessment: Assessment) -> dict[str, Any]:
    """The assessment as plain values; dates and decimals are left for the writer of JSON."""
    plant, licence, row = assessment.plant, assessment.licence, assessment.size_row
    arrangement = assessment.arrangement
    return {
        "plant": {
            "id": plant.id,
            "name": plant.name,
            "technology": plant.technology,
            "connection": plant.connection,
            "area": plant.area,
            "area_from": plant.area_from,
            "gsp_group": plant.gsp_group,
            "host_network_connected": plant.host_network_connected,
            "registered_capacity_mw": plant.registered_capacity_mw,
            "export_capacity_mw": plant.export_capacity_mw,
            "import_capacity_mw": plant.import_capacity_mw,
            "tec_mw": plant.tec_mw,
            **{key: value for key, value in asdict(plant.station).items() if key != "id"},
        },
        "on": assessment.on,
        "ruleset": assessment.ruleset,
        "licence": {
            "status": _possible(licence.status),
            "stated": licence.stated,
            "reference": licence.reference,
            "exemptable": _licence(licence.exemptable),
            "owner_exempt": _licence(licence.owner_exempt),
        },
        "size": {
            **_possible(assessment.size_answer),
            "rule": row
            and {
                "area": row.area,
                "band": row.band,
                "effective_from": row.effective_from,
                "effective_to": row.effective_to,
                "mark": row.mark,
                "source": row.source,
            },
        },
        "station_class": _possible(assessment.class_answer),
        "routes": [_route(answer) for answer in assessment.routes],
        "arrangement": arrangement
        and {
            **asdict(arrangement.arrangement),
            "valid": arrangement.valid,
            "routes": arrangement.route_ids,
            "reject_codes": _codes(arrangement.reject_codes),
            "possible_reject_codes": _codes(arrangement.possible_reject_codes),
            "decided_by": arrangement.decided_by,
        },
        "generation_tnuos": _possible(assessment.generation_tnuos),
        "contradictions": [asdict(one) for one in assessment.contradictions],
        "open_questions": [
            {
                "fact": question.fact,
                "keys": question.keys,
                "answers": [
                    {"value": value, "classes": classes, "routes": route_ids}
                    for value, classes, route_ids in question.answers
                ],
            }
            for question in assessment.open_questions
        ],
        "remarks": [_finding(finding) for finding in assessment.remarks],
        "path": [_walk(walk) for walk in assessment.path],
        "differences": [asdict(difference) for difference in assessment.differences],
        "note_v8": assessment.note and document(assessment.note),
        "note_v8_refused": assessment.refusal
        and {
            "code": assessment.refusal.code,
            "message": assessment.refusal.message,
            "next_step": assessment.refusal.next_step,
        },
    }


def _possible(answer: Possible[str]) -> dict[str, Any]:
    return {"value": answer.value, "possible": answer.values, "decided_by": answer.decided_by}


def _licence(answer: LicenceAnswer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "passed": answer.passed,
        "headline": answer.headline,
        "missing": answer.missing,
        "classes": [asdict(one) | {"missing": one.missing} for one in answer.classes],
    }


def _codes(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "code": rejects()[name].code,
            "text": rejects()[name].text,
            "mark": rejects()[name].mark,
            "source": rejects()[name].source,
        }
        for name in names
    ]


def _route(answer: RouteAnswer) -> dict[str, Any]:
    return {
        "route_id": answer.route_id,
        "title": answer.title,
        "valid": answer.valid,
        "reject_codes": _codes(answer.reject_codes),
        "possible_reject_codes": _codes(answer.possible_reject_codes),
        "decided_by": answer.decided_by,
        "agreement": answer.agreement,
        "registrant": answer.registrant,
        "lead_party": answer.lead_party,
        "system": answer.system,
        "bm_unit": answer.bm_unit,
        "trading_units": [
            {"class": name, "title": table("trading_units")[name]["title"], "default": position == 0}
            for position, name in enumerate(answer.trading_units)
        ],
        "conditions": answer.conditions,
        "steps": [asdict(step) for step in answer.steps],
        "recipients": {
            component: {"who": recipient.who, "mark": recipient.mark, "source": recipient.source}
            for component, recipient in answer.recipients.items()
        },
        "mark": answer.mark,
        "source": answer.source,
    }


def _walk(walk: Walk) -> dict[str, Any]:
    reached = {node.id: node for node in walk.nodes}
    return {
        "figure": walk.figure,
        "title": walk.title,
        "steps": [
            {
                "question": reached[edge.start].text,
                "answer": edge.label,
                "leads_to": reached[edge.end].text,
                "state": edge.state,
            }
            for edge in walk.edges
            if edge.state != "not taken"
        ],
        "results": [{"text": node.text, "state": node.state} for node in walk.results],
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "next_step": finding.next_step,
    }
