"""Case files with something wrong in them: everything is told at once, and nothing unreadable is taken for a number."""

from __future__ import annotations

import re

import pytest
from credit_cases import CAP, DEMAND_UNIT, SECALF_UNIT, account, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfhour.charges.credit import Account, read_case
from halfhour.errors import HalfhourError, Refused, codes


def refusal(folder, text: str) -> Refused:
    with pytest.raises(Refused) as refused:
        read(folder, text)
    assert refused.value.exit_code == 2
    return refused.value


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ('[[cover]]\ngbp = "-1"\n', "EB-204", "`gbp` is -1, and must not be negative"),
        (DEMAND_UNIT.replace('gc = "0"', 'gc = "-3"'), "EB-204", "`gc` is -3, and must not be negative"),
        (DEMAND_UNIT.replace('dc = "-5"', 'dc = "5"'), "EB-204", "Demand Capacity is not above zero"),
        (DEMAND_UNIT.replace('dc = "-5"', ""), "EB-203", "`dc` is missing"),
        (DEMAND_UNIT.replace('"0.4970"', '"49.70"'), "EB-204", "a load factor lies between 0 and 1"),
        (DEMAND_UNIT.replace('"0.4970"', '"NaN"'), "EB-204", "is not a number of at most 12 digits"),
        (DEMAND_UNIT.replace('"0.4970"', "nan"), "EB-204", "is not a number"),
        (DEMAND_UNIT.replace('"0.4970"', "inf"), "EB-204", "is not a number"),
        (DEMAND_UNIT.replace('"0.4970"', '"1e-2"'), "EB-204", "is not a number"),
        (DEMAND_UNIT.replace('"0.4970"', "true"), "EB-204", "is not a number"),
        (DEMAND_UNIT.replace('"0.4970"', '"٠.٤"'), "EB-204", "is not a number"),
        (DEMAND_UNIT.replace('dc = "-5"', f"dc = -{'9' * 400}"), "EB-204", "more than 12 digits"),
        (DEMAND_UNIT.replace("2__CMRCY002", "2__XMRCY002"), "EB-204", "GSP Group _X"),
        (DEMAND_UNIT.replace("calf_wd", "calf_dw"), "EB-202", "Did you mean 'calf_wd'?"),
        (DEMAND_UNIT + DEMAND_UNIT, "EB-205", "given twice for the same days"),
        ("[[bm_units]]\n", "EB-202", "Did you mean 'bm_unit'?"),
        ("[bm_unit]\n", "EB-202", "not written as [[bm_unit]]"),
        ("[[plant]]\n", "EB-202", "not written as [plant]"),
        (SECALF_UNIT.replace('dc = "0"', 'dc = "-1"'), "EB-206", "Demand Capacity is -1 MW and must be zero"),
        (SECALF_UNIT.replace('gc = "49"', 'gc = "0"'), "EB-206", "Generation Capacity is 0 MW"),
        (SECALF_UNIT.replace("2__AFLEX001", "E_PLANT") + 'flag = "C"\n', "EB-206", "it is no Supplier BM Unit"),
        (SECALF_UNIT + 'flag = "P"\nfpn = true\n', "EB-206", "it is credit-qualifying"),
        (SECALF_UNIT + "exempt_export = true\n", "EB-206", "cannot be an Exempt Export BM Unit"),
        ('[[bm_unit]]\nid = "E_PLANT"\ngc = "1"\ndc = "0"\n', "EB-203", "`flag` of E_PLANT is missing"),
        ('[[contract]]\nbought_mwh = "1"\nsold_mwh = "1"\n', "EB-203", "either bought or sold"),
        ("[[contract]]\n", "EB-203", "either bought or sold"),
        ('[[contract]]\nbought_mwh = "1"\nperiods = "47-51"\n', "EB-204", "beyond 1 to 50"),
        ('[[contract]]\nbought_mwh = "1"\nperiods = "9-3"\n', "EB-204", "backwards"),
        ('[[contract]]\nbought_mwh = "1"\nperiods = "a-b"\n', "EB-204", "no list of Settlement Periods"),
        ('[[contract]]\nbought_mwh = "1"\ndays = "weekdays"\n', "EB-204", "is none of all, working, non-working"),
        ('[[contract]]\nbought_mwh = "1"\nfrom = 2026-01-01\nto = 2026-01-01\n', "EB-205", "It has no day"),
        ('[[contract]]\nbought_mwh = "1"\nfrom = "2026-01-01"\n', "EB-204", "is not a date"),
        ('[[contract]]\nbought_mwh = "1"\nfrom = 2026-01-01T00:00:00\n', "EB-204", "is not a date"),
        ('[[fpn]]\nbm_unit = "E_PLANT"\nmwh = "1"\n', "EB-207", "neither in [[bm_unit]] nor in [plant]"),
        ('[[cover]]\ngbp = "1"\n[[cover]]\ngbp = "2"\n', "EB-205", "begin on the same day"),
        ('[plant]\nid = "2__CMRCY002"\ngc = "1"\n' + DEMAND_UNIT, "EB-207", "also a BM Unit of the account"),
        ("[boundaries]\npayment_calendar_days = 0\n", "EB-204", "whole number from 1 to 120"),
        ("[boundaries]\npayment_calendar_days = 1000000000\n", "EB-204", "whole number from 1 to 120"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_the_next_step(tmp_path, text, code, words):
    found = refusal(tmp_path, account(text)).findings
    assert code in {one.code for one in found}
    told = " ".join(f"{one.where} {one.message} {one.next_step}" for one in found)
    assert words in told
    assert all(one.next_step and one.where.startswith("case.toml") for one in found)


def test_everything_wrong_is_told_at_once(tmp_path):
    text = account('[[cover]]\ngbp = "-1"\n[[contract]]\n' + DEMAND_UNIT.replace('dc = "-5"', 'dc = "5"'))
    assert len(refusal(tmp_path, text).findings) == 3


def test_an_account_is_needed_and_its_day_is_not_before_it_traded(tmp_path):
    assert "EB-203" in {one.code for one in refusal(tmp_path, CAP).findings}
    assert "EB-203" in {one.code for one in refusal(tmp_path, "[account]\n").findings}
    late = account(keys="first_day = 2026-01-01")
    assert {one.code for one in refusal(tmp_path, late).findings} == {"EB-205"}


def test_a_price_needs_its_source(tmp_path):
    found = refusal(tmp_path, account(cap='[[cap]]\ngbp_per_mwh = "54"\n')).findings
    assert "`source` is missing" in found[0].message
    zero = refusal(tmp_path, account(cap='[[cap]]\ngbp_per_mwh = "0"\nsource = "x"\n')).findings
    assert "must be above zero" in zero[0].message


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"a = ",
        b"[account]\nname = 'a'\n[account]\n",
        b"a = " + b"[" * 5000,
        b"a = 1" + b"0" * 5000,
        b"\x00",
    ],
)
def test_what_is_no_toml_is_refused_in_words(tmp_path, content):
    path = tmp_path / "case.toml"
    path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        read_case(path)
    assert refused.value.code == "EB-201"


def test_a_file_that_is_not_there_or_is_a_folder_or_is_vast_is_refused(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(Refused) as refused:
            read_case(path)
        assert refused.value.code == "EB-201"
    vast = tmp_path / "vast.toml"
    vast.write_bytes(b"#" * 10_000_001)
    with pytest.raises(Refused, match="larger than 10 MB"):
        read_case(vast)


TABLE = "quantity,bm_unit,settlement_date,settlement_period,mwh\n"


def test_half_hours_from_a_table_are_the_same_as_from_blocks(tmp_path):
    rows = [f"contract,,2025-12-31,{period},-1.0" for period in range(1, 49)]
    (tmp_path / "half-hours.csv").write_text(TABLE + "\n".join(rows) + "\n", encoding="utf-8")
    keys = 'half_hours = "half-hours.csv"\nmei_mwh = "0"\naei_mwh = "0"'
    case = read(tmp_path, account(DEMAND_UNIT, keys=keys))
    block = '[[contract]]\nbought_mwh = "1.0"\nfrom = 2025-12-31\n'
    assert Account(case).on(case.as_of) == Account(read(tmp_path, account(DEMAND_UNIT + block))).on(case.as_of)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("contract,,2025-12-31,49,1", "2025-12-31 has 48 Settlement Periods"),
        ("contract,,2026-03-29,47,1", "2026-03-29 has 46 Settlement Periods"),
        ("contract,,2025-12-31,x,1", "BAD_PERIOD"),
        ("contract,,31/12/2025,1,1", "did not"),
        ("contract,,2025-12-31,1,", "is not a number"),
        ("contract,,2025-12-31,1,inf", "is not a number"),
        ("contract,E_X,2025-12-31,1,1", "leave bm_unit empty"),
        ("fpn,,2025-12-31,1,1", "needs its bm_unit"),
        ("sale,,2025-12-31,1,1", "is none of contract, fpn, metered"),
        ("contract,,2025-12-31,1,1\ncontract,,2025-12-31,1,1", "given twice"),
        ("contract,,2025-12-31", "one cell per column"),
        ("contract,,2025-12-31,1,1,1", "one cell per column"),
    ],
)
def test_an_unusable_row_refuses_the_table(tmp_path, row, words):
    (tmp_path / "half-hours.csv").write_text(TABLE + row + "\n", encoding="utf-8")
    found = refusal(tmp_path, account(keys='half_hours = "half-hours.csv"'))
    assert found.code == "EB-220"
    assert {one.code for one in found.findings} == {"EB-221"}
    if words != "did not":
        assert words in found.findings[0].message


def test_a_table_that_is_not_there_or_lacks_a_column_or_names_a_strange_unit_is_refused(tmp_path):
    keys = 'half_hours = "half-hours.csv"'
    assert refusal(tmp_path, account(keys=keys)).code == "EB-220"
    table = tmp_path / "half-hours.csv"
    table.write_text("quantity,mwh\n", encoding="utf-8")
    assert "has no column bm_unit, settlement_date, settlement_period" in refusal(tmp_path, account(keys=keys)).message
    table.write_bytes(b"\xff\xfe\x00")
    assert refusal(tmp_path, account(keys=keys)).code == "EB-220"
    table.write_text(TABLE + "fpn,E_PLANT,2025-12-31,1,1\n", encoding="utf-8")
    assert {one.code for one in refusal(tmp_path, account(keys=keys)).findings} == {"EB-207"}


def test_every_code_of_this_room_has_its_entry():
    assert {code for code in codes() if code.startswith("EB-2")} >= {f"EB-{number}" for number in range(201, 208)}


scalars = st.one_of(
    st.integers(-(10**15), 10**15).map(str),
    st.sampled_from(["nan", "inf", "true", "2025-12-31", "07:30:00", "[]", "{}", '""', '"x"', "-0.0", "1e400", "0x1F"]),
    st.text("abc-_.0123456789", max_size=12).map(lambda text: f'"{text}"'),
)
keys_known = st.sampled_from(
    [
        "id",
        "gc",
        "dc",
        "flag",
        "calf_wd",
        "secalf",
        "mwh",
        "from",
        "to",
        "periods",
        "gbp",
        "bm_unit",
        "name",
        "as_of",
        "zz",
    ]
)
sections = st.sampled_from(
    ["[account]", "[[bm_unit]]", "[[contract]]", "[[fpn]]", "[[cover]]", "[[cap]]", "[plant]", "[boundaries]", "[[zz]]"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.lists(st.tuples(sections, st.dictionaries(keys_known, scalars, max_size=5)), max_size=5))
def test_no_case_file_makes_the_program_fall(tmp_path, tables):
    lines = [line for head, keys in tables for line in (head, *(f"{key} = {value}" for key, value in keys.items()))]
    refused = None
    try:
        case = read(tmp_path, "\n".join(lines))
        assert Account(case).on(case.as_of).required_cover_gbp >= 0
    except HalfhourError as error:
        refused = error
    if refused is not None:
        assert re.fullmatch(r"(EB|CA)-\d{3}", refused.code)
        assert refused.next_step
