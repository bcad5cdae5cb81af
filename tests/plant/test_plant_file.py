"""Plant files: what is refused and what the message says to do, what unknown means, what is worked out and said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.errors import Finding, HalfhourError, Refused
from halfhour.plant import Plant, plant_of_text, read_plant
from halfhour.plant.values import keys

HEAD = '[plant]\nid = "p"\n'


def findings(text: str) -> list[Finding]:
    with pytest.raises(Refused) as refused:
        plant_of_text(text)
    assert refused.value.code == "PL-009"
    return refused.value.findings


def only(text: str) -> Finding:
    [finding] = findings(text)
    return finding


WRONG = [
    ("registered_capacity_mw = -1", "PL-005", "0 or more"),
    ("registered_capacity_mw = 49900000", "PL-005", "not in kW"),
    ('registered_capacity_mw = "20 MW"', "PL-003", "plain digits"),
    ("registered_capacity_mw = nan", "PL-003", "plain digits"),
    ("registered_capacity_mw = inf", "PL-003", "plain digits"),
    ("registered_capacity_mw = true", "PL-003", "plain digits"),
    ("registered_capacity_mw = 1e5", "PL-003", "plain digits"),
    ("registered_capacity_mw = [20]", "PL-003", "plain digits"),
    ('area = "Scotland"', "PL-004", "SHETL"),
    ('area = "NGTE"', "PL-004", "'NGET'"),
    ('connection = "distribution"', "PL-004", "embedded"),
    ('gsp_group = "H"', "PL-004", "_H"),
    ('distributor = "24"', "PL-004", "GSP Group"),
    ("distributor = 18", "PL-003", "quotes"),
    ('registerd_capacity_mw = "20"', "PL-002", "'registered_capacity_mw'"),
    ('host_network_connected = "yes"', "PL-003", "true, false"),
    ('connected_on = "1998-01-01"', "PL-003", "without quotes"),
    ("connected_on = 1998-01-01T00:00:00", "PL-003", "year-month-day"),
    ("generation_zone = 28", "PL-005", "Correct it"),
    ("annual_load_factor = 1.01", "PL-005", "Correct it"),
    ("registered_capacity_mw = 20\ndeclared_net_capacity_mw = 20.001", "PL-006", "Registered Capacity"),
    ("registered_capacity_mw = 20\ntec_mw = 20.001", "PL-006", "tec_mw"),
    ("output_to_others_mw = 62\nsame_site_supply_mw = 15\npower_provided_mw = 48", "PL-006", "leave one out"),
    ("output_to_others_mw = 10\nsame_site_supply_mw = 15", "PL-006", "Correct the figures"),
    ('licence_status = "exemptible"', "PL-007", "licence_reference"),
    ('gsp_group = "_N"\ndistributor = "17"', "PL-008", "Correct one"),
    ("connected_on = 2005-01-01\nconnected_2000_09_30 = true", "PL-008", "Correct one"),
]


@pytest.mark.parametrize(("line", "code", "step"), WRONG, ids=[line for line, _, _ in WRONG])
def test_a_wrong_input_is_refused_with_what_to_do(line: str, code: str, step: str) -> None:
    finding = only(HEAD + line + "\n")
    assert finding.code == code
    assert finding.severity == "error"
    assert step in finding.message + finding.next_step


def test_every_error_is_found_at_once_each_with_its_line() -> None:
    found = findings(HEAD + 'area = "Scotland"\nregistered_capacity_mw = -3\n[owner]\nbsc_partty = true\n[suplier]\n')
    assert sorted((one.where, one.code) for one in found) == [
        ("plant.toml:3", "PL-004"),
        ("plant.toml:4", "PL-005"),
        ("plant.toml:6", "PL-002"),
        ("plant.toml:7", "PL-002"),
    ]
    assert "'bsc_party'" in next(one for one in found if one.where.endswith(":6")).next_step
    assert "'supplier'" in next(one for one in found if one.where.endswith(":7")).next_step


def test_the_line_is_that_of_the_right_other_station() -> None:
    other = "[[other_station]]\npower_provided_mw = 8\n[[other_station]]\npower_provided_mw = -8\n"
    assert only(HEAD + other).where == "plant.toml:6"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[plant",
        "plant = 1",
        "[[plant]]\nid = 'p'",
        "id = 'p'",
        "a = " + "[" * 3000,
        "[plant]\nid = 'p'\nid = 'q'",
        "[plant]\nregistered_capacity_mw = " + "9" * 5000,
        "[plant]\nconnected_on = 2024-13-01",
        "\x00",
    ],
    ids=range(10),
)
def test_hostile_toml_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(HalfhourError) as refused:
        plant_of_text(text)
    assert refused.value.code in ("PL-001", "PL-009")
    assert refused.value.next_step


def test_tables_where_values_belong_and_the_other_way_round_are_refused() -> None:
    assert {one.code for one in findings(HEAD + "[plant.area]\nx = 1\n")} == {"PL-003"}
    assert {one.code for one in findings("owner = 3\n" + HEAD)} == {"PL-003"}
    assert {one.code for one in findings("other_station = [1, 2]\n" + HEAD)} == {"PL-003"}
    assert {one.code for one in findings("costs = 1\npass_through = 2\n" + HEAD)} == {"PL-003"}


@pytest.mark.parametrize("id", ['"a b"', '""', '"unknown"', "3", '"' + "x" * 81 + '"'])
def test_a_plant_has_an_id(id: str) -> None:
    assert findings(f"[plant]\nid = {id}\n")
    assert only("[plant]\narea = 'NGET'\n").code == "PL-007"


def test_a_file_that_is_not_there_is_a_folder_or_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'[plant]\nid = "caf\xe9"\n')
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    for name in ("absent.toml", ".", "latin.toml", "large.toml"):
        with pytest.raises(HalfhourError) as refused:
            read_plant(tmp_path / name)
        assert refused.value.code == "PL-001"


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode())
    assert read_plant(tmp_path / "p.toml").id == "p"


def test_unknown_and_absent_are_the_same_for_every_key() -> None:
    absent = plant_of_text(HEAD)
    unknown = "".join(
        f"[{name}]\n"
        + "".join(f'{key} = "unknown"\n' for key in entries if key != "id")
        + ('id = "p"\n' * (name == "plant"))
        for name, entries in keys().items()
        if name != "arrangement"
    )
    assert plant_of_text(unknown) == absent
    assert absent == Plant(id="p", name="p", area_from="unknown", station=absent.station)


def test_the_area_comes_from_the_gsp_group_as_a_default_that_is_said() -> None:
    plant = plant_of_text(HEAD + 'distributor = "18"\n')
    assert (plant.gsp_group, plant.area, plant.area_from) == ("_N", "SPT", "gsp-group")
    [remark] = plant.remarks
    assert (remark.code, remark.severity) == ("PL-015", "info")
    assert "T09" in remark.message
    assert plant_of_text(HEAD + 'gsp_group = "_N"\narea = "NGET"\n').remarks == ()
    left_open = plant_of_text(HEAD + 'gsp_group = "_N"\narea = "unknown"\n')
    assert (left_open.area, left_open.area_from) == (None, "unknown")


def test_connection_of_2000_follows_from_the_date_for_england_and_wales_only() -> None:
    def connected(day: date, area: str) -> bool | None:
        return plant_of_text(f'{HEAD}connected_on = {day}\narea = "{area}"\n').station.connected_2000_09_30

    assert connected(date(2000, 9, 30), "NGET") is True
    assert connected(date(2000, 10, 1), "NGET") is False
    assert connected(date(1990, 1, 1), "SPT") is False
    assert connected(date(1990, 1, 1), "unknown") is None
    assert connected(date(2005, 1, 1), "unknown") is False


def test_declared_net_capacity_is_worked_out_only_where_it_is_not_given_and_says_how() -> None:
    facts = HEAD + 'technology = "wind"\nsustainable_output_mw = 110\nown_consumption_mw = 0\n'
    plant = plant_of_text(facts)
    assert plant.station.dnc_mw == Decimal("47.3")
    assert "x 0.43 for wind [inferred]" in plant.remarks[0].message
    assert plant_of_text(facts + "declared_net_capacity_mw = 50\n").station.dnc_mw == 50
    assert plant_of_text(facts.replace("wind", "unknown")).station.dnc_mw is None


def test_a_stated_status_against_the_tests_is_a_warning_and_is_used() -> None:
    plant = plant_of_text(
        HEAD + 'licence_status = "licensable"\nlicence_reference = "holds one"\npower_provided_mw = 8\n'
    )
    [remark] = plant.remarks
    assert (remark.code, remark.severity) == ("PL-014", "warning")
    assert "A10" in remark.message
    assert plant.licence_status == "licensable"


def test_shares_and_costs_are_read_by_route_and_refused_outside_their_range() -> None:
    money = "[pass_through.SVA_SUPPLIER]\ntnuos = 0.9\nbsuos = 0\n[costs]\nOWN_RIGHT = 30000\n"
    plant = plant_of_text(HEAD + money)
    assert plant.pass_through == {"SVA_SUPPLIER": {"tnuos": Decimal("0.9"), "bsuos": Decimal(0)}}
    assert plant.costs_gbp == {"OWN_RIGHT": Decimal(30000)}
    assert only(HEAD + money.replace("0.9", "90")).code == "PL-005"
    assert only(HEAD + money.replace("30000", "-1")).code == "PL-005"
    assert "'SVA_SUPPLIER'" in only(HEAD + money.replace("SVA_SUPPLIER", "SVA_SUPPLER")).next_step
    assert "'tnuos'" in only(HEAD + money.replace("tnuos", "tnous")).next_step


VALUES = st.one_of(
    st.none().map(lambda _: '"unknown"'),
    st.integers().map(str),
    st.floats().map(lambda value: f"{value}".replace("e+", "e")),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(st.characters(blacklist_characters='"\\', min_codepoint=32, max_codepoint=0x2FF), max_size=30).map(
        lambda text: f'"{text}"'
    ),
    st.dates().map(str),
    st.just("[]"),
    st.just("{}"),
)
KEYS = st.sampled_from([(name, key) for name, entries in keys().items() for key in entries])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(KEYS, VALUES), max_size=12, unique_by=lambda entry: entry[0]))
def test_any_file_is_either_read_or_refused_with_a_code_and_a_next_step(
    entries: list[tuple[tuple[str, str], str]],
) -> None:
    tables: dict[str, list[str]] = {"plant": []}
    for (name, key), value in entries:
        tables.setdefault(name, []).append(f"{key} = {value}")
    text = "\n".join(line for name, lines in tables.items() for line in (f"[{name}]", *lines))
    error: HalfhourError | None = None
    try:
        plant_of_text(text)
    except HalfhourError as problem:
        error = problem
    if isinstance(error, Refused):
        assert error.findings
        assert all(one.code.startswith("PL-0") and one.next_step and one.where for one in error.findings)
    elif error is not None:
        assert error.code == "PL-001"
