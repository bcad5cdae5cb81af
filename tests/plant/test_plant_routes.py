"""Agreements and routes: handbook 4.2, 4.3, 10.1 and acceptance vector V03; every combination has one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from halfhour.errors import HalfhourError
from halfhour.plant import COMPONENTS, ROUTES, Combination, decide, judge, recipients
from halfhour.plant.routes import AGREEMENTS, BM_UNITS, CLASSES, REGISTRANTS, SYSTEMS, rejects, routes


def combination(station_class: str, agreement: str, registrant: str, system: str, **facts: Any) -> Combination:
    return Combination(station_class=station_class, agreement=agreement, registrant=registrant, system=system, **facts)


V03 = [
    (combination("EESPS", "none", "supplier", "SVA"), "SVA_SUPPLIER"),
    (combination("EESPS", "none", "party", "CVA", cusc="yes"), "CVA_PARTY"),
    (combination("EESPS", "none", "party", "CVA", cusc="no"), ["R09"]),
    (combination("EEMPS", "BEGA", "owner", "CVA", bsc_party="yes"), "OWN_RIGHT"),
    (combination("EEMPS", "none", "owner", "CVA"), ["R10"]),
    (combination("EEMPS", "BELLA", "supplier", "SVA", cusc="yes"), ["R01"]),
    (combination("EELPS", "BELLA", "supplier", "SVA", cusc="yes"), "BELLA_SUPPLIER"),
    (combination("EELPS", "BELLA", "owner", "CVA", cusc="yes"), ["R04"]),
    (combination("EELPS", "BELLA", "party", "CVA", cusc="no"), ["R05"]),
    (combination("EELPS", "BELLA", "supplier", "SVA", cusc="yes", host="isolated"), ["R03"]),
    (combination("EELPS", "BELLA", "party", "CVA", cusc="yes", side="from 100"), ["R02"]),
    (combination("EELPS", "BEGA", "party", "CVA", cusc="no"), "BEGA_PARTY"),
    (combination("EELPS", "BEGA", "supplier", "SVA"), ["R06"]),
    (combination("EELPS", "none", "supplier", "SVA"), ["R13"]),
    (combination("EESPS", "none", "party", "SVA", cusc="yes"), ["R07"]),
    (
        combination("EESPS", "BELLA", "owner", "SVA", cusc="no", host="isolated"),
        ["R01", "R03", "R04", "R05", "R07"],
    ),
]

BY_RULESET = [
    (combination("LICENSABLE", "BCA", "owner", "CVA", side="from 100"), "LIC_EMB", ["R12"]),
    (combination("LICENSABLE", "BEGA", "owner", "CVA", side="from 100"), ["R12"], "LIC_EMB"),
]


def answer(given: Combination) -> str | list[str]:
    decision = decide(given)
    return decision.route_id or [name[:3] for name in decision.reject_codes]


@pytest.mark.parametrize("ruleset", ["codes", "note-v8"])
@pytest.mark.parametrize(("given", "expected"), V03)
def test_v03(given: Combination, expected: str | list[str], ruleset: Any) -> None:
    assert answer(replace(given, ruleset=ruleset)) == expected


@pytest.mark.parametrize(("given", "note", "codes"), BY_RULESET)
def test_v03_licensable_embedded_has_the_agreement_of_its_ruleset(given: Combination, note: Any, codes: Any) -> None:
    assert answer(replace(given, ruleset="note-v8")) == note
    assert answer(replace(given, ruleset="codes")) == codes


def test_v03_a_bega_party_that_is_no_cusc_signatory_leaves_tnuos_and_bsuos_with_the_owner() -> None:
    for component in ("tnuos", "bsuos"):
        assert recipients("BEGA_PARTY", component, cusc=False).who == "owner"
        assert recipients("BEGA_PARTY", component, cusc=True).who == "party"
        assert recipients("BEGA_PARTY", component).who == "party or owner"
    assert recipients("BEGA_PARTY", "losses", cusc=False).who == "account"


def every_combination() -> Iterator[Combination]:
    """Every value of every fact of the decision table."""
    for ruleset, station_class, agreement, registrant, system in product(
        ("codes", "note-v8"), CLASSES, AGREEMENTS, REGISTRANTS, SYSTEMS
    ):
        for cusc, bsc, host, side in product(
            ("yes", "no"), ("yes", "no"), ("connected", "isolated"), ("below 100", "from 100")
        ):
            for supplier, bm_unit in product(("yes", "no") if registrant == "owner" else (None,), (None, *BM_UNITS)):
                # Only an Exempt Export BM Unit can be in the Trading Unit of another GSP Group against a rule.
                for group in ("same", "other") if bm_unit in (None, "exempt-export") else ("same",):
                    yield Combination(
                        ruleset=ruleset,  # type: ignore[arg-type]
                        station_class=station_class,
                        agreement=agreement,
                        registrant=registrant,
                        system=system,
                        cusc=cusc,  # type: ignore[arg-type]
                        bsc_party=bsc,  # type: ignore[arg-type]
                        qualified_supplier=supplier,  # type: ignore[arg-type]
                        host=host,  # type: ignore[arg-type]
                        side=side,  # type: ignore[arg-type]
                        bm_unit=bm_unit,
                        trading_unit="base",
                        trading_unit_group=group,
                    )


def stated(c: Combination) -> list[str]:
    """The reject codes by the words of handbook 4.3, written again without the tables."""
    small = c.station_class in ("EESPS", "EEMPS")
    exemptible = small or c.station_class == "EELPS"
    bella = c.agreement == "BELLA"
    unit = c.facts()["bm_unit"]
    supplier = c.registrant == "supplier" if c.qualified_supplier is None else c.qualified_supplier == "yes"
    said = {
        "R01": bella and c.station_class != "EELPS",
        "R02": bella and c.side == "from 100",
        "R03": bella and c.host == "isolated",
        "R04": bella and c.registrant == "owner",
        "R05": bella and c.cusc == "no",
        "R06": c.agreement == "BEGA" and c.system == "SVA",
        "R07": c.system == "SVA" and not supplier,
        "R08": unit == "exempt-export" and c.station_class == "LICENSABLE",
        "R09": small and c.agreement == "none" and c.system == "CVA" and c.registrant != "owner" and c.cusc == "no",
        "R10": small
        and c.registrant == "owner"
        and (c.agreement == "none" or (c.agreement == "BEGA" and c.bsc_party == "no")),
        "R11": (c.station_class == "DIRECT" and c.agreement != "BCA") or (exemptible and c.agreement == "BCA"),
        "R12": c.station_class == "LICENSABLE" and c.agreement != ("BCA" if c.ruleset == "note-v8" else "BEGA"),
        "R13": c.station_class == "EELPS" and c.agreement == "none",
        "R14": unit == "exempt-export" and c.trading_unit == "base" and c.trading_unit_group == "other",
        "R15": unit == "secondary",
        "R16": c.system == "both",
        "R17": c.ruleset == "codes" and unit == "supplier" and c.system == "CVA",
    }
    return [code for code, applies in said.items() if applies]


def test_no_combination_falls_through_and_every_one_says_what_the_handbook_says() -> None:
    met: Counter[str] = Counter()
    for given in every_combination():
        decision = decide(given)
        # One route, or at least one code, never both and never neither.
        assert (decision.route_id is None) is bool(decision.reject_codes), given
        assert list(decision.reject_codes) == sorted(decision.reject_codes)
        found = [name[:3] for name in decision.reject_codes]
        assert found == (stated(given) or ([] if decision.route_id else ["R18"])), given
        met.update(decision.reject_codes)
        met.update([decision.route_id] if decision.route_id else [])
    assert set(met) == {*ROUTES, *rejects()}
    assert sum(met[route] for route in ROUTES) > 0


def test_r18_is_met_only_where_no_row_of_the_table_describes_the_combination() -> None:
    """With the BM Unit that goes with class and system, these and no others: each is described by neither ruleset."""
    found = {
        (given.ruleset, given.station_class, given.agreement, given.registrant, given.system)
        for given in every_combination()
        if given.bm_unit is None and decide(given).reject_codes == ("R18_ROUTE_CLASS",)
    }
    both = ("codes", "note-v8")
    assert found == {
        *(
            (ruleset, size, "BEGA", who, "CVA")
            for ruleset, size, who in product(both, ("EESPS", "EEMPS"), ("supplier", "party"))
        ),
        # Only who generates registers licensable plant.
        *(("codes", "LICENSABLE", "BEGA", who, "CVA") for who in ("supplier", "party")),
        *(("note-v8", "LICENSABLE", "BCA", who, "CVA") for who in ("supplier", "party")),
        # A BCA goes with CVA.
        *((ruleset, "DIRECT", "BCA", who, "SVA") for ruleset, who in product(both, ("owner", "supplier"))),
        *(("note-v8", "LICENSABLE", "BCA", who, "SVA") for who in ("owner", "supplier")),
    }


def test_a_supplier_bm_unit_with_cva_metering_is_the_notes_way_only() -> None:
    given = combination("EELPS", "BEGA", "owner", "CVA", bm_unit="supplier", qualified_supplier="yes")
    assert answer(given) == ["R17"]
    assert answer(replace(given, ruleset="note-v8")) == "BEGA_OWNER"
    assert answer(replace(given, bm_unit="exempt-export")) == "BEGA_OWNER"


def test_a_supplier_that_registers_in_cva_does_so_as_a_trading_party() -> None:
    assert answer(combination("EESPS", "none", "supplier", "CVA")) == "CVA_PARTY"
    assert answer(combination("EESPS", "none", "supplier", "CVA", cusc="no")) == ["R09"]


V19_ROUTES = [
    ("EESPS", {"SVA_SUPPLIER": [], "CVA_PARTY": [], "OWN_RIGHT": [], "BEGA_OWNER": ["R18"], "BEGA_PARTY": ["R18"]}),
    ("EESPS", {"BELLA_SUPPLIER": ["R01"], "BELLA_PARTY": ["R01"], "DIRECT_BCA": ["R11"]}),
    (
        "EELPS",
        {"SVA_SUPPLIER": ["R13"], "CVA_PARTY": ["R13"], "OWN_RIGHT": ["R18"], "BEGA_OWNER": [], "BELLA_PARTY": []},
    ),
    ("LICENSABLE", {"LIC_EMB": [], "BEGA_OWNER": ["R08"], "CVA_PARTY": ["R08", "R12"], "DIRECT_BCA": ["R12"]}),
    ("DIRECT", {"DIRECT_BCA": [], "BELLA_PARTY": ["R01", "R11"], "SVA_SUPPLIER": ["R11"], "LIC_EMB": ["R11"]}),
]


@pytest.mark.parametrize(("station_class", "expected"), V19_ROUTES)
def test_each_route_is_judged_for_a_plant(station_class: str, expected: dict[str, list[str]]) -> None:
    for route_id, codes in expected.items():
        route = routes()[route_id]
        given = combination(station_class, "none", route.registrant, route.system)
        assert [name[:3] for name in judge(route_id, given)] == codes, route_id


def test_a_route_is_allowed_for_just_the_classes_of_its_row() -> None:
    for ruleset, route_id, station_class in product(("codes", "note-v8"), ROUTES, CLASSES):
        route = routes()[route_id]
        given = combination(station_class, "none", route.registrant, route.system, ruleset=ruleset)
        assert (judge(route_id, given) == ()) is (station_class in route.classes), (ruleset, route_id, station_class)


# Handbook 10.1, row by row: TNUoS, BSUoS, losses, RCRC, imbalance and credit.
RECIPIENTS = [
    ("BEGA_OWNER", None, ["owner", "owner", "account", "account", "owner"]),
    ("BEGA_PARTY", True, ["party", "party", "account", "account", "party"]),
    ("BEGA_PARTY", False, ["owner", "owner", "account", "account", "party"]),
    ("BELLA_SUPPLIER", True, ["supplier"] * 5),
    ("BELLA_PARTY", True, ["party", "party", "account", "account", "party"]),
    ("SVA_SUPPLIER", None, ["supplier"] * 5),
    ("SVA_SUPPLIER", False, ["supplier"] * 5),
    ("CVA_PARTY", True, ["party", "party", "account", "account", "party"]),
    ("OWN_RIGHT", None, ["owner", "owner", "account", "account", "owner"]),
]


@pytest.mark.parametrize(("route_id", "cusc", "expected"), RECIPIENTS)
def test_who_receives_each_component(route_id: str, cusc: bool | None, expected: list[str]) -> None:
    assert [recipients(route_id, component, cusc=cusc).who for component in COMPONENTS] == expected


def test_direct_and_licensable_plant_receives_no_embedded_benefit() -> None:
    for route_id in ("DIRECT_BCA", "LIC_EMB"):
        assert [recipients(route_id, one).who for one in ("tnuos", "bsuos", "losses")] == ["none"] * 3


def test_a_refused_combination_raises_with_every_code() -> None:
    given = combination("EESPS", "BELLA", "owner", "SVA", cusc="no", host="isolated")
    with pytest.raises(HalfhourError) as refused:
        decide(given).required()
    assert refused.value.code == "PL-013"
    for name in ("INVALID_COMBINATION", "R01_BELLA_CLASS", "R03", "R04", "R05", "R07_SVA_NOT_SUPPLIER"):
        assert name in refused.value.message


@pytest.mark.parametrize(
    "fault", [{"station_class": "ELPS"}, {"agreement": "bega"}, {"system": "SMRS"}, {"cusc": "maybe"}]
)
def test_a_word_that_is_not_known_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(HalfhourError) as refused:
        decide(replace(combination("EESPS", "none", "supplier", "SVA"), **fault))
    assert refused.value.code == "PL-004"


def test_a_route_or_component_that_is_not_known_is_refused() -> None:
    for arguments in (("SVA", "tnuos"), ("OWN_RIGHT", "triads")):
        with pytest.raises(HalfhourError) as refused:
            recipients(*arguments)
        assert refused.value.code == "PL-004"
