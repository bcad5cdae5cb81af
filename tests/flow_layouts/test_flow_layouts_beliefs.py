"""The layouts that come with the program: complete, honest about where they come from, and true to the handbook."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

import halfhour.formats.flows
from halfhour.formats.flows.checking import check_file
from halfhour.formats.flows.layouts import Layout, find_layout, shipped
from halfhour.formats.flows.reading import Options
from halfhour.formats.flows.records import read_flow, write_flow

ASKED_FOR = {
    *("D0001", "D0002", "D0010", "D0011", "D0036", "D0052", "D0055", "D0142", "D0148", "D0149", "D0150", "D0151"),
    *("D0153", "D0155", "D0168", "D0169", "D0170", "D0205", "D0217", "D0261", "D0265", "D0268", "D0275", "D0304"),
    *("P0342", "S0581"),
}

READ_OFF_ONE_EXAMPLE = {"E0041001"}

KNOWN_REFERENCES = {
    *("J0003", "J0012", "J0024", "J0084", "J0103", "J0107", "J0483", "J1253", "J1837", "J1839", "J2256"),
}
"""Item references known from public text (handbook file-formats 4)."""

EXAMPLE = """\
ZHV|0000000017|D0155001|X|HHSP|M|HHMO|20250303090000||||TR01|
315|1012345678903|20250317|1 TEST STREET||||||||LONDON|SE1 1AA|HHSPHHMO01|H|_C|
317|20250317|
318|0001|0001|
ZPT|0000000017|3||1|20250303090000|
"""

every_layout = pytest.mark.parametrize("name", sorted(shipped()))


def source_of(name: str) -> str:
    return files(halfhour.formats.flows).joinpath("layouts", f"{name}.toml").read_text(encoding="utf-8")


def checked(content: str, folder: Path, layouts: tuple[Path, ...] = ()) -> list[str]:
    path = folder / "flow.usr"
    path.write_text(content, encoding="ascii", newline="")
    _, verdict = check_file(path, options=Options(layouts=layouts))
    return [finding.code for finding in verdict.findings]


def test_every_flow_that_was_asked_for_has_a_layout() -> None:
    assert {name[:5] for name in shipped()} >= ASKED_FOR


@every_layout
def test_layout_begins_with_where_it_stands_and_where_it_comes_from(name: str) -> None:
    head = source_of(name).split("\n\n")[0].replace("\n# ", " ")
    assert head.startswith("# ")
    assert "handbook" in head
    layout = shipped()[name]
    assert layout.standing
    assert layout.source.startswith("handbook ")


@every_layout
def test_every_item_says_what_it_means(name: str) -> None:
    for group in shipped()[name].groups.values():
        for item in group.items:
            assert item.meaning, f"{name} {group.id} {item.name}"
            assert not item.meaning.endswith("."), f"{name} {group.id} {item.name}"


@every_layout
def test_no_reference_that_public_text_does_not_know(name: str) -> None:
    assert set(re.findall(r"J\d{4}", source_of(name))) <= KNOWN_REFERENCES


@every_layout
def test_uncertain_item_bears_its_place_as_its_name(name: str) -> None:
    for group in shipped()[name].groups.values():
        for place, item in enumerate(group.items, start=1):
            if item.name.startswith("unknown_"):
                assert item.name.split("_")[1] == str(place)
                assert (item.type.written, item.required) == ("any", False)


@every_layout
def test_names_do_not_collide_where_keys_are_carried_down(name: str) -> None:
    layout = shipped()[name]
    for group in layout.groups.values():
        above = [item.name for one in layout.ancestors(group.id) for item in one.items]
        names = [*above, *(item.name for item in group.items)]
        assert len(names) == len(set(names)), f"{name} {group.id}"


@every_layout
def test_open_layout_says_that_it_is_halfhours_own(name: str) -> None:
    layout = shipped()[name]
    if layout.open and name not in READ_OFF_ONE_EXAMPLE:
        assert "Halfhour" in layout.standing
        assert "not a published layout" in layout.standing or "replace" in layout.standing
    own = [group.id for group in layout.groups.values() if group.id.startswith("X")]
    assert not own or layout.open, "group ids that begin with X are Halfhour's own"


def test_nothing_but_the_open_ones_is_open() -> None:
    """Marked open in the handbook, or without items there; and the stand-in."""
    assert {name for name, layout in shipped().items() if layout.open} == {
        *("D0001001", "D0003001", "D0022001", "D0040001", "D0168001", "D0169001", "D0205001", "D0209001", "D0215001"),
        *("D0221001", "D0225002", "D0275001", "D0303001", "D0311001", "D0312001", "D0313002", "D0382001", "D0386001"),
        *("P0297001", "P0298001", "P0299001", "P0300001", "P0303001", "P0304001", "P0305001"),
        *("P0306001", "P0307001", "P0308001", "P0309001", "P0310001", "P0311001"),
        "X0042001",
        *READ_OFF_ONE_EXAMPLE,
    }


def test_example_of_the_handbook_is_valid(tmp_path: Path) -> None:
    assert checked(EXAMPLE, tmp_path) == []
    flow = read_flow(EXAMPLE.encode())
    (point,) = flow.groups
    assert (point["address_1"], point["address_9"], point["postcode"]) == ("1 TEST STREET", "LONDON", "SE1 1AA")
    assert (point["contract_reference"], point["agent_type"], point["gsp_group"]) == ("HHSPHHMO01", "H", "_C")
    assert [group.group for group in point.groups] == ["317", "318"]
    assert write_flow(flow) == EXAMPLE.encode()


def test_appointment_groups_come_in_the_handbooks_order() -> None:
    assert list(shipped()["D0155001"].groups) == ["315", "320", "316", "317", "318", "22L"]


def test_secrets_of_an_outstation_are_marked_and_nothing_else() -> None:
    secret = {
        (name, group.id, item.name)
        for name, layout in shipped().items()
        for group in layout.groups.values()
        for item in group.items
        if item.secret
    }
    assert secret == {("D0268001", "02A", item) for item in ("pin", "user_1", "user_2", "password_1", "password_2")}


def test_both_versions_of_d0150_say_the_same() -> None:
    first, second = (source_of(f"D0150{version}") for version in ("001", "002"))
    assert first.replace('version = "001"', "") == second.replace('version = "002"', "")


def test_rejection_as_mpan_core_0_is_read_with_its_reason(tmp_path: Path) -> None:
    content = (
        "ZHV|1|D0169001|R|LOND|X|ABCD|20250303090000||||TR01|\nX01|REF1|NO CAPACITY AT THE SITE|\nX02|0||||\n"
        "ZPT|1|2||1|20250303090000|\n"
    )
    assert checked(content, tmp_path) == []


@pytest.mark.parametrize(("day", "periods"), [("20250330", 46), ("20250331", 48), ("20251026", 50)])
def test_advances_are_as_many_as_the_day_has_periods(tmp_path: Path, day: str, periods: int) -> None:
    def content(rows: int) -> str:
        body = [f"101|1012345678903|AI|ABCD|\n102|{day}|\n", *["103|A|12.5|\n"] * rows]
        trailer = f"ZPT|1|{rows + 2}||1|20260101000000|\n"
        return "".join(["ZHV|1|D0036001|C|HHDC|X|ABCD|20260101000000||||TR01|\n", *body, trailer])

    assert checked(content(periods), tmp_path) == []
    assert "FF-211" in checked(content(periods - 2 if periods > 46 else 48), tmp_path)


def test_layout_of_ones_own_goes_before_the_programs(tmp_path: Path) -> None:
    own = source_of("D0155001").replace('"code(N,H)"', '"code(Q)"')
    (tmp_path / "D0155001.toml").write_text(own, encoding="utf-8")
    found = find_layout("D0155001", [tmp_path])
    assert isinstance(found, Layout)
    assert found.origin == str(tmp_path / "D0155001.toml")
    assert checked(EXAMPLE, tmp_path, (tmp_path,)) == ["FF-211"]


def test_stand_in_cannot_be_taken_for_a_flow_of_the_industry() -> None:
    layout = shipped()["X0042001"]
    assert layout.standing == "Halfhour stand-in, not a published layout"
    assert "NOT a published layout" in source_of("X0042001")
    assert [name for name in shipped() if name.startswith("X")] == ["X0042001"]
