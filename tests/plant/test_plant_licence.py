"""Licence exemption: handbook 2 and acceptance vector V02."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.errors import HalfhourError
from halfhour.plant import Person, Station, declared_net_capacity, exemptable, licence_exempt, plant_of_text
from halfhour.plant.model import NO_ORDER

NONE_OF_THESE = Station(offshore_installation=False, connected_2000_09_30=False, individual_order=NO_ORDER)
"""The dash of V02: not offshore, not connected on 30 September 2000, no individual order."""


def station(power: str | None = None, dnc: str | None = None, **facts: Any) -> Station:
    return replace(
        NONE_OF_THESE,
        power_provided_mw=None if power is None else Decimal(power),
        dnc_mw=None if dnc is None else Decimal(dnc),
        **facts,
    )


def old(then: str, now: str) -> dict[str, Any]:
    return {
        "connected_2000_09_30": True,
        "ever_centrally_despatched": False,
        "max_capacity_2000_mw": Decimal(then),
        "max_capacity_now_mw": Decimal(now),
        "export_capability_mw": Decimal(now),
    }


V02 = [
    (station("10.0", "140"), "A10"),
    (station("10.001", "99.999"), "A50"),
    (station("50.0", "99.999"), "A50"),
    (station("50.0", "100.0"), "licensable"),
    (station("48", "120"), "licensable"),
    (station("50.001", "60"), "licensable"),
    (station("47", "62"), "A50"),
    (station("110", "47.3"), "licensable"),
    (station("100", "100", connected_2000_09_30=True, export_capability_mw=Decimal(100)), "C"),
    (station("130", "130", **old("130", "130")), "D"),
    (station("131", "131", **old("130", "131")), "licensable"),
    (station("66.7", "66.7", individual_order="SI 2014/94"), "INDIVIDUAL"),
]


@pytest.mark.parametrize(("facts", "expected"), V02)
def test_v02(facts: Station, expected: str) -> None:
    answer = exemptable(facts)
    assert (answer.headline or answer.status) == expected
    assert answer.required() == ("licensable" if expected == "licensable" else "exemptible")


def test_v02_supply_on_the_same_site_is_taken_off_before_the_test() -> None:
    plant = plant_of_text(
        """
        [plant]
        id = "p"
        output_to_others_mw = 62
        same_site_supply_mw = 15
        declared_net_capacity_mw = 62
        """
    )
    assert plant.station.power_provided_mw == 47
    assert exemptable(plant.station).headline == "A50"
    assert "62 MW to others less 15 MW" in plant.remarks[0].message


def test_v02_without_declared_net_capacity_is_missing_input_and_names_it() -> None:
    answer = exemptable(station("48"))
    assert answer.status == "MISSING_INPUT"
    assert answer.missing == ("dnc_mw",)
    with pytest.raises(HalfhourError, match="declared net capacity") as refused:
        answer.required()
    assert refused.value.code == "PL-010"
    assert "declared_net_capacity_mw" in refused.value.next_step
    assert "MISSING_INPUT" in refused.value.message


def test_declared_net_capacity_of_wind_is_a_fraction_of_the_output_at_the_terminals() -> None:
    assert declared_net_capacity(Decimal(110), Decimal(0), "wind") == Decimal("47.30")
    assert declared_net_capacity(Decimal(110), Decimal(10), "tidal") == Decimal("33.00")
    assert declared_net_capacity(Decimal(100), Decimal(0), "solar") == Decimal("17.00")
    assert declared_net_capacity(Decimal(100), Decimal(0), "CCGT") == 100


BOUNDARIES = [
    ("A10", {"power_provided_mw": "10"}, {"power_provided_mw": "10.000001"}),
    ("A50", {"power_provided_mw": "50", "dnc_mw": "99"}, {"power_provided_mw": "50.000001", "dnc_mw": "99"}),
    ("A50", {"power_provided_mw": "50", "dnc_mw": "99.999999"}, {"power_provided_mw": "50", "dnc_mw": "100"}),
    ("C", {"export_capability_mw": "100"}, {"export_capability_mw": "100.000001"}),
    ("D", {"max_capacity_now_mw": "80"}, {"max_capacity_now_mw": "80.000001"}),
]


@pytest.mark.parametrize(("name", "inside", "outside"), BOUNDARIES)
def test_each_limit_is_on_its_own_side(name: str, inside: dict[str, str], outside: dict[str, str]) -> None:
    base = station(
        "200", "200", connected_2000_09_30=True, ever_centrally_despatched=False, max_capacity_2000_mw=Decimal(80)
    )
    for facts, expected in ((inside, "passed"), (outside, "failed")):
        found = exemptable(replace(base, **{key: Decimal(value) for key, value in facts.items()}))
        assert {answer.id: answer.outcome for answer in found.classes}[name] == expected


def test_a_class_whose_facts_are_not_given_is_not_evaluated_and_never_failed() -> None:
    answer = exemptable(Station())
    assert {one.outcome for one in answer.classes} == {"not evaluated"}
    assert answer.status == "MISSING_INPUT"
    assert answer.possible == ("exemptible", "licensable")


def test_a_class_that_fails_one_test_has_failed_whatever_is_not_given() -> None:
    answer = exemptable(replace(NONE_OF_THESE, power_provided_mw=Decimal(60)))
    assert answer.status == "licensable"
    second_limb = next(one for one in answer.classes if one.id == "A50")
    assert second_limb.outcome == "failed"
    assert [test.outcome for test in second_limb.tests] == ["failed", "not evaluated"]


def test_every_class_that_passes_is_reported() -> None:
    answer = exemptable(station("8", "8", **old("8", "8"), individual_order="SI 1/2"))
    assert answer.passed == ("A10", "A50", "C", "D", "INDIVIDUAL")


SOME = st.one_of(
    st.none(), st.sampled_from([Decimal(value) for value in ("0", "10", "10.1", "50", "50.1", "100", "100.1")])
)
FLAG = st.one_of(st.none(), st.booleans())
STATIONS = st.builds(
    Station,
    power_provided_mw=SOME,
    dnc_mw=SOME,
    offshore_installation=FLAG,
    connected_2000_09_30=FLAG,
    export_capability_mw=SOME,
    ever_centrally_despatched=FLAG,
    max_capacity_2000_mw=SOME,
    max_capacity_now_mw=SOME,
    individual_order=st.sampled_from([None, NO_ORDER, "SI 2014/94"]),
)


@given(STATIONS)
def test_what_is_decided_without_a_fact_stays_so_whatever_the_fact_is(facts: Station) -> None:
    answer = exemptable(facts)
    for fact in ("power_provided_mw", "dnc_mw", "connected_2000_09_30", "individual_order"):
        if getattr(facts, fact) is not None:
            continue
        values: list[Any] = [Decimal(0), Decimal(200)]
        if fact == "connected_2000_09_30":
            values = [True, False]
        if fact == "individual_order":
            values = [NO_ORDER, "SI 2014/94"]
        for value in values:
            later = exemptable(replace(facts, **{fact: value}))
            assert set(later.possible) <= set(answer.possible)


@given(STATIONS)
def test_a_person_with_one_station_and_no_licence_is_exempt_just_when_its_plant_is_exemptable(facts: Station) -> None:
    person = Person(stations=(facts,), licensed_generator=False)
    assert licence_exempt(person).status == exemptable(facts).status
    assert licence_exempt(person).passed == tuple(
        dict.fromkeys(one for one in ("A10", "A50", "B", "C", "D", "INDIVIDUAL") if one in _with_second_limb(facts))
    )


def _with_second_limb(facts: Station) -> set[str]:
    # A person whose stations all pass the first limb passes Class A by either.
    passed = set(exemptable(facts).passed)
    return passed | ({"A50"} if "A10" in passed else set())


def test_one_failing_station_fails_class_a_for_the_person_but_not_for_the_plant() -> None:
    small, large = station("8", "8"), station("60", "60")
    assert exemptable(small).status == "exemptible"
    assert licence_exempt(Person(stations=(small, large), licensed_generator=False)).status == "licensable"


def test_each_station_may_pass_its_own_limb_of_class_a() -> None:
    stations = (station("8", "140"), station("40", "40"))
    assert licence_exempt(Person(stations=stations, licensed_generator=False)).passed == ("A50",)


def test_a_licensed_generator_is_in_no_class_though_its_plant_is_exemptable() -> None:
    small = station("8", "8")
    assert licence_exempt(Person(stations=(small,), licensed_generator=True)).status == "licensable"
    assert exemptable(small).status == "exemptible"


def test_whether_the_owner_is_exempt_is_open_while_its_licence_is_unknown() -> None:
    answer = licence_exempt(Person(stations=(station("8", "8"),)))
    assert answer.status == "MISSING_INPUT"
    assert answer.missing == ("owner.licensed_generator",)


def test_classes_c_and_d_need_all_of_the_stations() -> None:
    facts = [station("100", "100", **old("90", "90")), station("100", "100", **old("90", "91"))]
    for first, second in product(facts, facts):
        passed = licence_exempt(Person(stations=(first, second), licensed_generator=False)).passed
        assert ("D" in passed) is (first is second is facts[0])
