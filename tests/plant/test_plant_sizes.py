"""Sizes of Power Stations: handbook 3 and acceptance vector V01; every cell, and both sides of every boundary."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise, product

import pytest

from halfhour.errors import HalfhourError, NotCovered
from halfhour.plant import plant_of_text, size
from halfhour.plant.assessment import assess
from halfhour.plant.sizes import AREAS, rules_began, sizes

DAY = date(2026, 11, 25)
LEAST = Decimal("0.001")

V01 = {
    "0": ("Small", "Small", "Small"),
    "9.999": ("Small", "Small", "Small"),
    "10": ("Small", "Small", "Large"),
    "29.999": ("Small", "Small", "Large"),
    "30": ("Small", "Large", "Large"),
    "49.999": ("Small", "Large", "Large"),
    "50": ("Medium", "Large", "Large"),
    "99.5": ("Medium", "Large", "Large"),
    "99.999": ("Medium", "Large", "Large"),
    "100": ("Large", "Large", "Large"),
}

# Handbook 1.2: the note's Figure 3, row by row: low, high, then NGC, Scottish Power, Scottish Hydro when exemptible.
FIGURE_3 = [
    (0, 10, "EESPS", "EESPS", "EESPS"),
    (10, 30, "EESPS", "EESPS", "EELPS"),
    (30, 50, "EESPS", "EELPS", "EELPS"),
    (50, 100, "EEMPS", "EELPS", "EELPS"),
]


@pytest.mark.parametrize("ruleset", ["codes", "note-v8"])
@pytest.mark.parametrize(("capacity", "expected"), V01.items())
def test_v01_every_capacity_has_its_size_in_every_area(capacity: str, expected: tuple[str, ...], ruleset: str) -> None:
    found = tuple(size(Decimal(capacity), area, DAY, ruleset).name for area in ("NGET", "SPT", "SHETL"))
    assert found == expected


@pytest.mark.parametrize("ruleset", ["codes", "note-v8"])
@pytest.mark.parametrize("row", FIGURE_3)
def test_figure_3_holds_on_both_sides_of_each_of_its_boundaries(
    row: tuple[int, int, str, str, str], ruleset: str
) -> None:
    names = {"Small": "EESPS", "Medium": "EEMPS", "Large": "EELPS"}
    low, high, *classes = row
    for capacity in (Decimal(low), Decimal(low + high) / 2, Decimal(high) - LEAST):
        found = [names[size(capacity, area, DAY, ruleset).name] for area in ("NGET", "SPT", "SHETL")]
        assert found == classes, capacity


def test_every_boundary_value_belongs_to_the_upper_band() -> None:
    for row in sizes():
        if row.high_mw is None:
            continue
        below = size(row.high_mw - LEAST, row.area, DAY)
        above = size(row.high_mw, row.area, DAY)
        assert (below.name, above.low_mw) == (row.name, row.high_mw)
        assert above.name != row.name


def test_the_bands_of_an_area_leave_no_gap_and_do_not_overlap() -> None:
    for area, ruleset in product(AREAS, ("codes", "note-v8")):
        bands = [row for row in sizes() if row.area == area and ruleset in row.rulesets]
        if not bands:
            assert (area, ruleset) == ("offshore", "note-v8")
            continue
        assert bands[0].low_mw == 0
        assert bands[-1].high_mw is None
        for lower, upper in pairwise(bands):
            assert lower.high_mw == upper.low_mw


def test_scotland_and_offshore_have_no_medium() -> None:
    assert {row.area for row in sizes() if row.name == "Medium"} == {"NGET"}


def test_the_note_has_no_offshore_column_and_says_what_to_ask_instead() -> None:
    with pytest.raises(NotCovered) as refused:
        size(Decimal(20), "offshore", DAY, "note-v8")
    assert refused.value.code == "PL-012"
    assert "codes" in refused.value.next_step
    assert size(Decimal(20), "offshore", DAY).name == "Large"


def test_a_day_before_the_rules_began_is_refused_and_the_first_day_is_not() -> None:
    assert rules_began() == date(2001, 10, 1)
    assert size(Decimal(20), "NGET", rules_began()).name == "Small"
    with pytest.raises(NotCovered) as refused:
        size(Decimal(20), "NGET", rules_began() - timedelta(days=1))
    assert refused.value.code == "PL-011"
    assert "2001-10-01" in refused.value.next_step


@pytest.mark.parametrize("capacity", ["-0.001", "NaN", "Infinity"])
def test_a_capacity_that_cannot_be_is_refused(capacity: str) -> None:
    with pytest.raises(HalfhourError) as refused:
        size(Decimal(capacity), "NGET", DAY)
    assert refused.value.code == "PL-005"


def test_an_unknown_area_is_refused_with_the_words_that_are_known() -> None:
    with pytest.raises(HalfhourError) as refused:
        size(Decimal(20), "Scotland", DAY)
    assert refused.value.code == "PL-004"
    assert "SPT" in refused.value.next_step


REAL_PLANTS = [
    ("E_ABERDARE", "15.4", "_K", "EESPS", False),
    ("E_ABRTW-1", "36", "_N", "EELPS", False),
    ("Berry Burn", "66.7", "_P", "EELPS", False),
    ("Galawhistle", "66", "_N", "EELPS", False),
    ("Harburnhead", "51.7", "_N", "EELPS", False),
    ("the same in Eastern", "51.7", "_A", "EEMPS", False),
    ("Class D plant", "120", "_L", "EELPS", True),
]


@pytest.mark.parametrize("ruleset", ["codes", "note-v8"])
@pytest.mark.parametrize(("name", "capacity", "group", "expected", "t06"), REAL_PLANTS)
def test_v01_real_plants(name: str, capacity: str, group: str, expected: str, t06: bool, ruleset: str) -> None:
    plant = plant_of_text(
        f"""
        [plant]
        id = "p"
        name = "{name}"
        gsp_group = "{group}"
        connection = "embedded"
        registered_capacity_mw = {capacity}
        licence_status = "exemptible"
        licence_reference = "given"
        """
    )
    found = assess(plant, ruleset, on=DAY)
    assert found.station_class == expected
    assert ("T06" in {one.id for one in found.contradictions}) is t06
