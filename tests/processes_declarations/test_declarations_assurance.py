"""Assurance: which finding is which check, and a site with end use behind a declared meter from the data to the end."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

import halfhour.settlement.assurance
from halfhour.errors import Finding, codes
from halfhour.processes.cases import Event, Opening, check_opening, fold
from halfhour.processes.chargeable_imports.assurance import assurance_findings, checks
from halfhour.processes.timetables import find_timetable
from halfhour.register import load_portfolio
from halfhour.settlement.checking import check_readings
from processes_declarations.declarations_sites import EXPORT, IMPORT, IMPORT_AMSID

TODAY = date(2024, 5, 13)
HANDBOOK = {
    *("msid_not_hh_import", "declaration_overlap", "asset_over_capacity", "hidden_demand_simple", "storage_balance"),
    *("other_export", "licensee_over_boundary", "declared_msid_also_nfd"),
}
OWN = {"unreturned_energy", "standing_import"}


def finding(code, site_id="fen-battery", on=TODAY, msid=""):
    return Finding(code, "warning", "message", "step", "", site_id, msid, on)


def test_every_check_of_the_handbook_has_codes_that_are_known():
    assert set(checks()) == HANDBOOK | OWN
    said = [code for row in checks().values() for code in row["codes"]]
    assert len(said) == len(set(said))
    assert set(said) <= set(codes())


def test_every_assurance_finding_of_settlement_is_a_check():
    """The formulas are settlement's; a code that it adds must be named here."""
    source = Path(halfhour.settlement.assurance.__file__).read_text(encoding="utf-8")
    raised = set(re.findall(r'"(ST-\d{3})"', source))
    assert len(raised) == 5
    assert raised == {code for row in checks().values() for code in row["codes"] if code.startswith("ST")}


@pytest.mark.parametrize("name", sorted(HANDBOOK | OWN))
def test_the_title_of_a_code_bears_the_name_of_its_check(name):
    told = {code: codes()[code]["meaning"] + codes()[code]["title"] for code in checks()[name]["codes"]}
    assert any(name in text for text in told.values()), told


def test_checks_that_are_followed_up_have_a_query_and_are_words_of_the_timetable():
    followed = {name for name, row in checks().items() if row["case"]}
    assert followed == (HANDBOOK | OWN) - {"declared_msid_also_nfd"}
    assert all(checks()[name]["query"].endswith("?") for name in followed)
    assert set(find_timetable("declaration-assurance").facts["check"].choices) == followed


def test_findings_of_one_site_and_check_are_one_question_from_the_first_day_to_the_last():
    late, early = TODAY + timedelta(days=30), TODAY - timedelta(days=30)
    found = assurance_findings(
        [
            finding("ST-202", on=late),
            finding("ST-202", on=early),
            finding("ST-203", site_id="another"),
            finding("ST-110"),
            finding("RG-046", on=None),
            finding("DC-402", msid=IMPORT_AMSID),
        ],
        TODAY,
    )
    assert [(one.site_id, one.check, one.since, one.until) for one in found] == [
        ("another", "storage_balance", TODAY, TODAY),
        ("fen-battery", "declaration_overlap", TODAY, TODAY),
        ("fen-battery", "hidden_demand_simple", early, late),
        ("fen-battery", "standing_import", TODAY, TODAY),
    ]
    assert len(found[2].findings) == 2
    assert found[3].case_facts()["import_amsid"] == IMPORT_AMSID
    assert "import_msid" not in found[3].case_facts()


SITE = f"""
[site]
id = "fen-battery"
name = "Fen Battery"
gsp_group = "_H"
voltage = "HV"
network = "licensed"
registered_in = "SMRS"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "{IMPORT}"
export = "{EXPORT}"
bm_unit = "2__HIMPS001"
supplier = "IMPS"
from = 2024-01-01

[[declaration]]
kind = "emr-msid"
metering = ["Meter 1"]
by = "IMPS"
from = 2024-02-01
"""


def test_end_use_behind_a_declared_meter_is_found_in_the_data_queried_and_corrected(new_portfolio):
    """A declared battery alone imports 40 kWh in every half hour of May and exports nothing for a week."""
    days = {}
    for number in range(14):
        day = date(2024, 5, 1) + timedelta(days=number)
        rests = 5 <= number < 12
        days[IMPORT, "AI", day] = [40_000] * 48
        days[EXPORT, "AE", day] = [0 if rests else 30_000] * 48
    folder = new_portfolio().write("fen-battery.toml", SITE).readings(days)
    questions = assurance_findings(check_readings(load_portfolio(folder.path)), TODAY)
    (question,) = [one for one in questions if one.check == "hidden_demand_simple"]
    assert (question.site_id, question.since) == ("fen-battery", date(2024, 5, 12))
    assert question.opens_case
    assert "end use" in question.query

    timetable = find_timetable("declaration-assurance")
    opening = check_opening(
        timetable,
        Opening("AS000001", timetable.id, TODAY, {"declarant": "IMPS"}, question.case_facts(), {}),
    )
    events = [
        Event("e1", 1, date(2024, 5, 16), step="Q1", outcome="queried"),
        Event("e2", 2, date(2024, 5, 30), step="Q2", data={"cause": "end-use"}),
        Event("e3", 3, date(2024, 6, 12), step="Q4", data={"effective_from": "2024-07-01"}),
    ]
    state = fold(timetable, opening, events)
    assert (state.state, [one.timetable for one in state.follow_ons]) == ("CORRECTED", ["emr-amsid-declaration"])
