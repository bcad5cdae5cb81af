"""The assessment: what follows for a whole plant, what stays open, both rulesets, the path and its picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.errors import HalfhourError, NotCovered
from halfhour.plant import Assessment, Plant, assess, plant_of_text
from halfhour.plant.conditions import table
from halfhour.plant.document import document
from halfhour.plant.picture import picture

DAY = date(2026, 11, 25)

DUMFRIES: dict[str, Any] = {
    "id": "dumfries",
    "technology": "wind",
    "connection": "embedded",
    "area": "SPT",
    "gsp_group": "_N",
    "registered_capacity_mw": 20,
    "power_provided_mw": 20,
    "declared_net_capacity_mw": 8.6,
    "host_network_connected": True,
    "tec_mw": 0,
}
PARTIES = {
    "owner": {"bsc_party": True, "licensed_generator": False},
    "supplier": {"cusc_signatory": True},
    "trading_party": {"cusc_signatory": True},
}


def toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def plant(facts: dict[str, Any], **tables: dict[str, Any]) -> Plant:
    """A plant from the facts of [plant] and of other tables; None leaves a key out."""
    lines = []
    for name, keys in {"plant": facts, **tables}.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {toml(value)}" for key, value in keys.items() if value is not None]
    return plant_of_text("\n".join(lines))


def stated(**facts: Any) -> dict[str, Any]:
    return {
        "id": "p",
        "connection": "embedded",
        "licence_status": "exemptible",
        "licence_reference": "given",
        "host_network_connected": True,
        **facts,
    }


def allowed(found: Assessment) -> list[str]:
    return [answer.route_id for answer in found.routes if answer.valid]


def traps(found: Assessment) -> set[str]:
    return {one.id for one in found.contradictions}


def test_a_20_mw_wind_farm_in_dumfries_is_exempt_small_and_has_three_routes() -> None:
    found = assess(plant(DUMFRIES, **PARTIES), on=DAY)
    assert found.licence.exemptable.passed == ("A50",)
    assert (found.size, found.station_class) == ("Small", "EESPS")
    assert allowed(found) == ["SVA_SUPPLIER", "CVA_PARTY", "OWN_RIGHT"]
    assert found.open_questions == ()
    assert found.generation_tnuos.value == "not liable"
    assert {answer.reject_codes for answer in found.routes if answer.valid is False} == {
        ("R01_BELLA_CLASS",),
        ("R11_DIRECT_AGREEMENT",),
        ("R18_ROUTE_CLASS",),
    }


def test_the_same_farm_fed_from_northern_scotland_is_large_and_needs_an_agreement() -> None:
    found = assess(plant(DUMFRIES | {"area": "SHETL"}, **PARTIES), on=DAY)
    assert found.station_class == "EELPS"
    assert allowed(found) == ["BEGA_OWNER", "BEGA_PARTY", "BELLA_SUPPLIER", "BELLA_PARTY"]
    assert found.route("SVA_SUPPLIER").reject_codes == ("R13_EELPS_NO_AGREEMENT",)


def test_a_battery_of_49_9_mw_in_kent_is_small_just_below_medium() -> None:
    facts = {"id": "kent", "connection": "embedded", "gsp_group": "_J", "technology": "battery"}
    facts |= {"power_provided_mw": 49.9, "declared_net_capacity_mw": 49.9}
    assert assess(plant(facts | {"registered_capacity_mw": 49.9}), on=DAY).station_class == "EESPS"
    assert assess(plant(facts | {"registered_capacity_mw": 50}), on=DAY).station_class == "EEMPS"


def test_licensable_plant_signs_a_bca_by_the_note_and_a_bega_by_the_codes() -> None:
    facts = stated(licence_status="licensable", registered_capacity_mw=120, area="NGET", tec_mw=100)
    found = assess(plant(facts, **PARTIES), "both", on=DAY)
    assert found.station_class == "Large"
    assert found.note is not None
    assert allowed(found) == allowed(found.note) == ["LIC_EMB"]
    assert (found.route("LIC_EMB").agreement, found.note.route("LIC_EMB").agreement) == ("BEGA", "BCA")
    assert ("route LIC_EMB", "T03") in {(one.what, one.trap) for one in found.differences}
    assert "T03" in traps(found)


def test_v09_generation_tnuos_by_tec_and_ruleset() -> None:
    def liable(tec: float, ruleset: Any) -> tuple[str | None, bool]:
        found = assess(plant(stated(registered_capacity_mw=150, area="NGET", tec_mw=tec)), ruleset, on=DAY)
        return found.generation_tnuos.value, "T16" in traps(found)

    assert liable(99.9, "codes") == liable(99.9, "note-v8") == ("not liable", False)
    assert liable(100, "note-v8") == ("not liable", True)
    assert liable(100, "codes") == ("liable", True)


def test_direct_plant_has_a_bca_whatever_its_licence_and_size() -> None:
    found = assess(plant({"id": "p", "connection": "direct"}), on=DAY)
    assert allowed(found) == ["DIRECT_BCA"]
    assert found.licence.status.value is None
    assert found.generation_tnuos.value == "liable"


def test_an_isolated_host_network_leaves_the_bega_and_flags_it() -> None:
    found = assess(
        plant(stated(registered_capacity_mw=45, area="SHETL", host_network_connected=False), **PARTIES), on=DAY
    )
    assert allowed(found) == ["BEGA_OWNER", "BEGA_PARTY"]
    assert found.route("BELLA_SUPPLIER").reject_codes == ("R03_BELLA_ISOLATED",)
    assert "T23" in traps(found)


def test_120_mw_exemptible_has_no_bella() -> None:
    found = assess(plant(stated(registered_capacity_mw=120, gsp_group="_L"), **PARTIES), on=DAY)
    assert allowed(found) == ["BEGA_OWNER", "BEGA_PARTY"]
    assert found.route("BELLA_PARTY").reject_codes == ("R02_BELLA_100MW",)
    assert "T06" in traps(found)


def test_an_unknown_area_gives_the_classes_that_remain_and_says_that_it_decides() -> None:
    found = assess(
        plant(DUMFRIES | {"area": "unknown", "gsp_group": None, "registered_capacity_mw": 35}, **PARTIES), on=DAY
    )
    assert found.station_class is None
    assert found.class_answer.values == ("EESPS", "EELPS")
    assert found.class_answer.decided_by == ("area",)
    [question] = found.open_questions
    assert question.keys == ("area",)
    assert {value: classes for value, classes, _ in question.answers} == {
        "NGET": ("EESPS",),
        "SPT": ("EELPS",),
        "SHETL": ("EELPS",),
        "offshore": ("EELPS",),
    }
    assert found.route("SVA_SUPPLIER").valid is None
    assert found.route("SVA_SUPPLIER").decided_by == ("area",)


def test_an_unknown_fact_that_changes_nothing_is_not_asked_for() -> None:
    found = assess(plant(DUMFRIES | {"area": "unknown", "registered_capacity_mw": 9}, **PARTIES), on=DAY)
    assert found.station_class == "EESPS"
    assert found.open_questions == ()


def test_an_unknown_capacity_is_not_below_tec_or_declared_net_capacity() -> None:
    facts = stated(area="NGET", declared_net_capacity_mw=60)
    assert assess(plant(facts), on=DAY).class_answer.values == ("EEMPS", "EELPS")
    assert assess(plant(facts | {"tec_mw": 100}), on=DAY).class_answer.values == ("EELPS",)
    assert assess(plant(stated(area="NGET")), on=DAY).class_answer.values == ("EESPS", "EEMPS", "EELPS")


def test_a_missing_declared_net_capacity_leaves_licence_class_and_routes_open() -> None:
    none = {"offshore_installation": False, "connected_2000_09_30": False, "individual_order": "none"}
    found = assess(plant(DUMFRIES | none | {"declared_net_capacity_mw": None}, **PARTIES), on=DAY)
    assert found.licence.exemptable.status == "MISSING_INPUT"
    assert found.class_answer.values == ("EESPS", "Small")
    [question] = found.open_questions
    assert (question.fact, question.keys) == ("licence", ("declared_net_capacity_mw",))
    assert [routes for _, _, routes in question.answers] == [("SVA_SUPPLIER", "CVA_PARTY", "OWN_RIGHT"), ("LIC_EMB",)]


def test_a_party_whose_signature_is_unknown_leaves_its_route_open_and_names_the_code() -> None:
    answer = assess(plant(DUMFRIES), on=DAY).route("CVA_PARTY")
    assert (answer.valid, answer.possible_reject_codes, answer.decided_by) == (
        None,
        ("R09_PARTY_CUSC",),
        ("trading_party.cusc_signatory",),
    )


def test_nothing_known_is_still_answered_with_every_route_open() -> None:
    found = assess(plant({"id": "p"}), "both", on=DAY)
    assert {answer.valid for answer in found.routes} == {None}
    assert {question.fact for question in found.open_questions} >= {
        *("licence", "area", "registered_capacity_mw", "connection", "host_network_connected")
    }


UNKNOWN = st.fixed_dictionaries(
    {},
    optional={
        "connection": st.sampled_from(["embedded", "direct"]),
        "area": st.sampled_from(["NGET", "SPT", "SHETL"]),
        "registered_capacity_mw": st.sampled_from([5, 10, 29, 30, 50, 99.5, 100]),
        "host_network_connected": st.booleans(),
        "licence": st.sampled_from(["exemptible", "licensable"]),
        "party": st.booleans(),
        "bsc": st.booleans(),
    },
)
KNOWN = {"connection": "embedded", "area": "SPT", "registered_capacity_mw": 30, "host_network_connected": True}


def from_facts(facts: dict[str, Any]) -> Plant:
    own = {"id": "p", **{key: value for key, value in facts.items() if key not in ("licence", "party", "bsc")}}
    if "licence" in facts:
        own |= {"licence_status": facts["licence"], "licence_reference": "given"}
    return plant(own, trading_party={"cusc_signatory": facts.get("party")}, owner={"bsc_party": facts.get("bsc")})


@settings(max_examples=40, deadline=None)
@given(UNKNOWN, st.data())
def test_learning_a_fact_never_brings_back_an_answer_that_was_excluded(
    facts: dict[str, Any], data: st.DataObject
) -> None:
    before = assess(from_facts(facts), on=DAY)
    missing = sorted({*KNOWN, "licence", "party", "bsc"} - set(facts))
    if not missing:
        return
    fact = data.draw(st.sampled_from(missing))
    value = {**KNOWN, "licence": "exemptible", "party": True, "bsc": False}[fact]
    after = assess(from_facts(facts | {fact: value}), on=DAY)
    assert set(after.class_answer.values) <= set(before.class_answer.values)
    for one, other in zip(before.routes, after.routes, strict=True):
        assert one.valid is None or one.valid == other.valid
        assert set(other.reject_codes) | set(other.possible_reject_codes) <= set(one.reject_codes) | set(
            one.possible_reject_codes
        )


def test_the_arrangement_is_one_route_or_every_code() -> None:
    chosen = {"agreement": "none", "registrant": "supplier", "system": "SVA"}
    found = assess(plant(DUMFRIES, **PARTIES, arrangement=chosen), on=DAY).arrangement
    assert found is not None
    assert (found.valid, found.route_ids) == (True, ("SVA_SUPPLIER",))
    wrong = assess(plant(DUMFRIES, **PARTIES, arrangement=chosen | {"agreement": "BEGA"}), on=DAY).arrangement
    assert wrong is not None
    assert (wrong.valid, wrong.reject_codes) == (False, ("R06_BEGA_SVA",))


def test_an_arrangement_with_an_open_point_names_what_decides() -> None:
    found = assess(plant(DUMFRIES, **PARTIES, arrangement={"agreement": "none", "system": "SVA"}), on=DAY).arrangement
    assert found is not None
    assert (found.valid, found.route_ids) == (None, ("SVA_SUPPLIER",))
    assert "arrangement.registrant" in found.decided_by


def test_an_exempt_export_unit_stays_in_its_gsp_group_and_a_secondary_unit_is_no_member() -> None:
    chosen = {"agreement": "none", "registrant": "party", "system": "CVA", "trading_unit": "class-4"}
    elsewhere = plant(DUMFRIES, **PARTIES, arrangement=chosen | {"trading_unit_gsp_group": "_A"})
    found = assess(elsewhere, on=DAY).arrangement
    assert found is not None
    assert found.reject_codes == ("R14_TU_GROUP",)
    found = assess(plant(DUMFRIES, **PARTIES, arrangement=chosen | {"bm_unit": "secondary"}), on=DAY).arrangement
    assert found is not None
    assert found.reject_codes == ("R15_TU_SECONDARY",)
    found = assess(plant(DUMFRIES, **PARTIES, arrangement=chosen | {"system": "both"}), on=DAY).arrangement
    assert found is not None
    assert found.reject_codes == ("R16_DOUBLE_REGISTRATION",)


def test_the_owner_as_supplier_is_the_rulesets_difference_t19() -> None:
    chosen = {"agreement": "BEGA", "registrant": "owner", "system": "CVA", "bm_unit": "supplier"}
    owner = {"owner": {"bsc_party": True, "role": "supplier"}}
    found = assess(plant(DUMFRIES, **PARTIES | owner, arrangement=chosen), "both", on=DAY)
    assert found.note is not None
    assert found.note.arrangement is not None
    assert found.note.arrangement.route_ids == ("OWN_RIGHT",)
    assert ("the arrangement", "T19") in {(one.what, one.trap) for one in found.differences}
    assert "T19" in traps(found)


TRAPS = [
    ("T01", {}, {}),
    ("T02", {}, {}),
    ("T03", {"licence_status": "licensable"}, {}),
    ("T04", {"connection": "direct"}, {}),
    ("T05", {}, {}),
    ("T06", {"registered_capacity_mw": 120}, {"registered_capacity_mw": 99.9}),
    ("T07", {"registered_capacity_mw": 99.5}, {"registered_capacity_mw": 98}),
    ("T08", {"power_provided_mw": 19}, {}),
    ("T09", {"area": None, "gsp_group": "_N"}, {"area": "SPT", "gsp_group": "_N"}),
    ("T10", {}, {"connection": "direct"}),
    ("T11", {}, {"licence_status": "licensable"}),
    ("T12", {}, {"licence_status": "licensable"}),
    ("T13", {}, {"connection": "direct"}),
    ("T14", {}, {"connection": "direct"}),
    ("T15", {}, {"connection": "direct"}),
    ("T16", {"registered_capacity_mw": 120, "tec_mw": 100}, {"registered_capacity_mw": 120, "tec_mw": 99.9}),
    ("T17", {}, {"registered_capacity_mw": 120}),
    ("T18", {}, {"licence_status": "licensable"}),
    ("T20", {"import_capacity_mw": 0.1}, {"import_capacity_mw": 0}),
    ("T22", {}, {"licence_status": "licensable"}),
    ("T23", {"area": "SHETL", "host_network_connected": False}, {"area": "NGET", "host_network_connected": False}),
    ("T24", {}, {"licence_status": "licensable"}),
    ("T25", {}, {"licence_status": "licensable"}),
    ("T26", {}, {"licence_status": "licensable"}),
    ("T27", {}, {"licence_status": "licensable"}),
    ("T29", {}, {"licence_status": "licensable"}),
]


@pytest.mark.parametrize(("trap", "with_it", "without_it"), TRAPS)
def test_a_contradiction_is_attached_where_it_applies(trap: str, with_it: Any, without_it: Any) -> None:
    base = stated(registered_capacity_mw=20, area="NGET")
    assert trap in traps(assess(plant(base | with_it), on=DAY))
    if without_it:
        assert trap not in traps(assess(plant(base | without_it), on=DAY))


@pytest.mark.parametrize(
    ("trap", "inside", "outside"),
    [
        ("T21", date(2021, 4, 1), date(2021, 3, 31)),
        ("T21", date(2023, 3, 31), date(2023, 4, 1)),
        ("T28", date(2010, 4, 1), date(2010, 3, 31)),
        ("T28", date(2011, 3, 31), date(2011, 4, 1)),
        ("T13", date(2018, 4, 1), date(2018, 3, 31)),
    ],
)
def test_a_contradiction_of_an_era_is_attached_on_its_days_only(trap: str, inside: date, outside: date) -> None:
    facts = plant(stated(registered_capacity_mw=20, area="NGET"))
    assert trap in traps(assess(facts, on=inside))
    assert trap not in traps(assess(facts, on=outside))


def test_every_contradiction_of_the_handbook_can_be_met() -> None:
    assert list(table("contradictions")) == [f"T{number:02}" for number in range(1, 30)]
    dated = {"T21", "T28"}
    assert {trap for trap, _, _ in TRAPS} | dated | {"T19"} == set(table("contradictions"))


def test_the_steps_of_each_route_are_in_the_order_of_the_handbook() -> None:
    order = list(table("steps"))
    for route in table("routes").values():
        places = [order.index(step) for step in route["steps"]]
        assert places == sorted(places)


def test_the_steps_name_the_agreement_of_the_ruleset_and_who_takes_them() -> None:
    facts = plant(stated(licence_status="licensable", registered_capacity_mw=120, area="NGET"), **PARTIES)
    for ruleset, agreement in (("codes", "BEGA"), ("note-v8", "BCA")):
        steps = assess(facts, ruleset, on=DAY).route("LIC_EMB").steps  # type: ignore[arg-type]
        assert [step.number for step in steps] == list(range(1, len(steps) + 1))
        assert agreement in {step.document for step in steps}
        assert not any("{" in step.title + step.document + step.evidence for step in steps)


def test_the_note_alone_refuses_an_offshore_plant_and_both_give_the_codes_with_the_reason() -> None:
    facts = plant(stated(registered_capacity_mw=20, area="offshore"), **PARTIES)
    with pytest.raises(NotCovered):
        assess(facts, "note-v8", on=DAY)
    found = assess(facts, "both", on=DAY)
    assert found.station_class == "EELPS"
    assert found.note is None
    assert found.refusal is not None
    assert found.refusal.code == "PL-012"


def test_a_day_before_the_rules_and_an_unknown_ruleset_are_refused() -> None:
    with pytest.raises(NotCovered) as early:
        assess(plant(DUMFRIES), on=date(2001, 9, 30))
    assert early.value.code == "PL-011"
    with pytest.raises(HalfhourError) as unknown:
        assess(plant(DUMFRIES), "note", on=DAY)  # type: ignore[arg-type]
    assert unknown.value.code == "PL-004"


def test_the_document_says_what_the_assessment_says() -> None:
    found = assess(plant(DUMFRIES, **PARTIES), "both", on=DAY)
    made = document(found)
    assert made["station_class"]["value"] == "EESPS"
    assert [route["route_id"] for route in made["routes"] if route["valid"]] == allowed(found)
    assert made["routes"][6]["recipients"]["tnuos"]["who"] == "supplier"
    assert made["note_v8"]["ruleset"] == "note-v8"
    assert made["size"]["rule"]["mark"] == "[doc]"
    assert {step["state"] for walk in made["path"] for step in walk["steps"]} <= {"taken", "open"}


def results(found: Assessment, figure: str) -> dict[str, str]:
    [walk] = [walk for walk in found.path if walk.figure == figure]
    return {node.id: node.state for node in walk.results}


def test_the_path_goes_to_the_class_that_passes_first_and_to_the_recipients_of_the_routes() -> None:
    found = assess(plant(DUMFRIES, **PARTIES), on=DAY)
    assert results(found, "licence") == {"A50-yes": "taken"}
    assert results(found, "tnuos") == {"gross-export": "open", "gross-import": "open"}
    assert results(found, "bsuos") == {"zero": "taken"}
    assert set(results(found, "recipients")) == {"small-supplier", "small-party", "small-owner"}


def test_the_path_of_a_chosen_arrangement_ends_at_one_recipient() -> None:
    chosen = {"agreement": "BEGA", "registrant": "party", "system": "CVA"}
    parties = PARTIES | {"trading_party": {"cusc_signatory": False}}
    found = assess(plant(DUMFRIES | {"area": "SHETL"}, **parties, arrangement=chosen), on=DAY)
    assert results(found, "recipients") == {"cusc-no": "taken"}


def test_a_supplier_that_registers_in_cva_brings_its_own_signature() -> None:
    chosen = {"agreement": "BEGA", "registrant": "supplier", "system": "CVA"}
    parties = PARTIES | {"trading_party": {"cusc_signatory": True}, "supplier": {"cusc_signatory": False}}
    found = assess(plant(DUMFRIES | {"area": "SHETL"}, **parties, arrangement=chosen), on=DAY)
    assert found.route("BEGA_PARTY").recipients["tnuos"].who == "owner"
    assert found.route("BELLA_PARTY").reject_codes == ("R05_BELLA_CUSC",)
    assert results(found, "recipients") == {"cusc-no": "taken"}


def test_the_path_of_the_note_nets_the_triads_and_goes_by_the_trading_unit() -> None:
    found = assess(plant(DUMFRIES, **PARTIES), "note-v8", on=DAY)
    assert set(results(found, "tnuos")) == {"net-export", "net-import"}
    assert set(results(found, "bsuos")) == {"off-export", "off-import", "del-export", "del-import"}


@pytest.mark.parametrize(("licence", "end"), [("licensable", "stated-licensable"), ("exemptible", "stated-exemptible")])
def test_a_stated_status_is_followed_and_licensable_plant_receives_nothing(licence: str, end: str) -> None:
    found = assess(plant(stated(licence_status=licence, registered_capacity_mw=20, area="NGET")), on=DAY)
    assert results(found, "licence") == {end: "taken"}
    assert ("none" in results(found, "recipients")) is (licence == "licensable")


def test_the_picture_is_one_self_contained_svg_that_marks_the_path_without_colour() -> None:
    drawn = picture(assess(plant(DUMFRIES | {"name": "<Wind> & Sons"}, **PARTIES), on=DAY))
    root = ElementTree.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "href" not in drawn
    assert "<Wind>" not in drawn
    grey = re.findall(r"#([0-9a-fA-F]{3,6})\b", drawn)
    assert all(len(set(value)) == 1 for value in grey), "a colour other than a grey"
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text") if text.get("class") == "state"]
    states = [node.state for walk in assess(plant(DUMFRIES, **PARTIES), on=DAY).path for node in walk.nodes]
    assert words.count("taken") == states.count("taken")
    assert words.count("open") == states.count("open")


def test_every_route_answer_carries_its_recipients_and_trading_unit() -> None:
    found = assess(plant(DUMFRIES, **PARTIES), on=DAY)
    for answer in found.routes:
        assert set(answer.recipients) == {"tnuos", "bsuos", "losses", "rcrc", "imbalance"}
        assert answer.trading_units[0] == ("sole" if answer.route_id in ("DIRECT_BCA", "LIC_EMB") else "base")
        assert (len(answer.trading_units) == 1) is (answer.system == "SVA")
