"""Distributors, GSP Groups, participants and BM Units, against the handbook and Market Domain Data 377."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from halfhour.errors import HalfhourError
from halfhour.identifiers import (
    BmUnitId,
    distributor_on,
    distributors,
    gsp_group,
    gsp_group_of_distributor,
    gsp_groups,
    market_participant_id,
)

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
needs_shared_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the real market data is not beside the project")


def code_of(action, *arguments) -> str:
    with pytest.raises(HalfhourError) as caught:
        action(*arguments)
    return caught.value.code


def test_there_are_fourteen_gsp_groups_without_i_and_o():
    assert "".join(group.id[1] for group in gsp_groups()) == "ABCDEFGHJKLMNP"


def test_the_codes_of_the_fourteen_areas_stand_for_their_groups():
    assert gsp_group_of_distributor("20").id == "_H"
    assert gsp_group_of_distributor("17").id == "_P"
    assert sorted(group.short_code for group in gsp_groups()) == [str(code) for code in range(10, 24)]


@pytest.mark.parametrize("short_code", ["24", "39", "41", "52", "77", "99"])
def test_an_independent_distributors_code_gives_no_group(short_code):
    assert code_of(gsp_group_of_distributor, short_code) == "ID-105"


@pytest.mark.parametrize("short_code", ["09", "00", "", "H", "2", "200"])
def test_what_is_no_short_code_is_not_called_an_independent_distributor(short_code):
    assert code_of(gsp_group_of_distributor, short_code) == "ID-103"


def test_an_ended_distributor_is_live_to_its_last_day():
    assert distributor_on("28", date(2014, 12, 17)).mpid == "EDFI"
    assert code_of(distributor_on, "28", date(2014, 12, 18)) == "ID-103"


def test_a_future_distributor_is_not_live_before_its_first_day():
    assert code_of(distributor_on, "52", date(2026, 6, 21)) == "ID-103"
    assert distributor_on("52", date(2026, 6, 22)).mpid == "GLPN"


@pytest.mark.parametrize("short_code", ["41", "44", "49", "50", "88"])
def test_unused_short_codes_are_unknown(short_code):
    assert code_of(distributor_on, short_code, date(2026, 1, 1)) == "ID-103"


def test_a_group_without_its_underscore_is_refused_with_what_was_meant():
    with pytest.raises(HalfhourError, match="Did you mean '_H'") as caught:
        gsp_group("H")
    assert caught.value.code == "ID-106"
    assert gsp_group("_H").name == "Southern"


def test_a_participant_id_is_four_capitals_or_digits():
    assert market_participant_id("EELC") == "EELC"
    for text in ("EEL", "EELCX", "eelc", "EE C", "ÉELC", "EELC\n", ""):
        assert code_of(market_participant_id, text) == "ID-107"


@pytest.mark.parametrize(
    ("text", "kind", "group", "party", "number"),
    [
        ("T_ABRBO-1", "transmission", None, None, None),
        ("E_ABERDARE", "embedded", None, None, None),
        ("2__ALIME000", "supplier", "_A", "LIME", 0),
        ("2__AFLEX001", "supplier", "_A", "FLEX", 1),
        ("C__PSMAR001", "supplier-cfd", "_P", "SMAR", 1),
        ("V__KAXLE001", "secondary", "_K", "AXLE", 1),
        ("I_I2D-GASE1", "interconnector", None, None, None),
        ("M_NAME", "miscellaneous", None, None, None),
    ],
)
def test_the_prefix_of_a_bm_unit_says_its_kind(text, kind, group, party, number):
    unit = BmUnitId.parse(text)
    assert (str(unit), unit.kind, unit.gsp_group, unit.party, unit.number) == (text, kind, group, party, number)


def test_only_number_nought_of_a_supplier_is_its_base_bm_unit():
    assert BmUnitId.parse("2__ALIME000").is_base
    assert not BmUnitId.parse("2__AFLEX001").is_base
    assert not BmUnitId.parse("V__KAXLE000").is_base


def test_the_party_of_a_secondary_bm_unit_is_no_supplier():
    assert BmUnitId.parse("2__AFLEX001").supplier == "FLEX"
    assert BmUnitId.parse("V__KAXLE001").supplier is None


@pytest.mark.parametrize(
    "text",
    ["", "2__", "2__IABCD000", "2__OABCD000", "2_HABCD0000", "2__HABC001", "2__HABCD01", "2__HABCD0001", "2__habcd001",
     "T_", "T_ABCDEFGHIJ", "X_ABC", "AG-AFLX01", "2__HABCD00\u0661", "T_A B", "T_ABC\n", None, 7],
)  # fmt: skip
def test_a_malformed_bm_unit_id_is_refused(text):
    assert code_of(BmUnitId.parse, text) == "ID-120"


@pytest.mark.shared_data
@needs_shared_data
def test_every_bm_unit_of_the_register_is_read_and_agrees_on_the_kind_of_letter():
    rows = list(csv.DictReader((SHARED / "bmu" / "bmu_register_sample_2025-11.csv").open(encoding="utf-8")))
    assert rows
    for row in rows:
        assert str(BmUnitId.parse(row["elexon_bmu_id"])) == row["elexon_bmu_id"]


@pytest.mark.shared_data
@needs_shared_data
def test_the_distributors_are_those_of_market_domain_data():
    def day(text: str) -> date:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a civil date

    table = csv.reader((SHARED / "mdd" / "377" / "Market_Participant_Role_377.csv").open(encoding="utf-8"))
    published = {
        (row[14], row[0], day(row[2]), day(row[3]) + timedelta(days=1) if row[3] else None)
        for row in table
        if row[1] == "R"
    }
    ours = {(each.short_code, each.mpid, each.effective_from, each.effective_to) for each in distributors()}
    assert ours == published


@pytest.mark.shared_data
@needs_shared_data
def test_the_gsp_groups_are_those_of_market_domain_data():
    table = csv.reader((SHARED / "mdd" / "377" / "GSP_Group_377.csv").open(encoding="utf-8"))
    assert {(row[0], row[1]) for row in list(table)[1:]} == {(group.id, group.name) for group in gsp_groups()}
