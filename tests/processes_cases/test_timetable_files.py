"""A timetable that cannot run is refused with its place; every shipped one can."""

from __future__ import annotations

from datetime import date

import pytest
from small_timetables import appointment, with_step, written

from halfhour.errors import HalfhourError
from halfhour.processes.timetables import find_timetable, in_words, read_timetable, timetables


@pytest.mark.parametrize("timetable_id", timetables())
def test_every_shipped_timetable_can_be_read_and_says_where_it_is_from(timetable_id):
    timetable = find_timetable(timetable_id)
    assert timetable.id == timetable_id
    assert timetable.source
    for parameter in timetable.parameters.values():
        assert all(
            value.mark in ("doc", "data", "secondary", "inferred", "open", "decision") for value in parameter.values
        )


@pytest.mark.parametrize("timetable_id", timetables())
def test_every_step_of_a_shipped_timetable_has_what_people_read(timetable_id):
    for step in find_timetable(timetable_id).steps:
        assert step.when
        assert step.action
        assert step.recipients or step.method, step.ref


def test_there_is_a_timetable_for_every_process_that_the_handbook_names():
    families = {find_timetable(one).extends or one for one in timetables()}
    assert {"export-registration", "third-party-access"} <= families
    assert {"microgeneration-backstop-1", "microgeneration-backstop-2", "microgeneration-backstop-3"} <= set(
        timetables()
    )


def test_a_name_near_a_timetables_is_offered():
    with pytest.raises(HalfhourError, match="'export-registration'") as refused:
        find_timetable("export-registraton")
    assert refused.value.code == "PT-005"


def broken(**changes):
    return lambda: read_timetable({**written(), **changes})


@pytest.mark.parametrize(
    ("make", "code", "names"),
    [
        (broken(titel="x"), "PT-002", "titel"),
        (broken(title=7), "PT-003", "title"),
        (broken(key=["mpam"]), "PT-004", "mpam"),
        (broken(first_state="ASKD"), "PT-004", "ASKD"),
        (lambda: with_step("A2", clock={"anchor": "A9", "days": 1}), "PT-004", "A9"),
        (lambda: with_step("A2", clock={"days": "t_anser"}), "PT-004", "t_anser"),
        (lambda: with_step("A2", about="import_mpam"), "PT-004", "import_mpam"),
        (lambda: with_step("A2", says={"termination_date": "day_before:efd"}), "PT-004", "efd"),
        (lambda: with_step("A2", clock={"days": 1, "mode": "sometime"}), "PT-003", "sometime"),
        (lambda: with_step("A2", clock={"days": 1, "regime": "moon"}), "PT-003", "moon"),
        (lambda: with_step("A2", clock=None), "PT-008", "A2"),
        (lambda: with_step("A2", after_any=["A1.sentt"]), "PT-004", "A1.sentt"),
        (lambda: with_step("A2", **{"from": "operator"}), "PT-004", "operator"),
        (lambda: with_step("A5", outcome=[]), "PT-008", "A5"),
        (lambda: with_step("A5", outcome=[{"name": "a"}, {"name": "a"}]), "PT-008", "A5"),
        (lambda: with_step("A5", outcome=[{"name": "a", "state": "NOWHERE"}]), "PT-004", "NOWHERE"),
        (lambda: with_step("A5", outcome=[{"name": "a", "reopens": ["A9"]}]), "PT-004", "A9"),
        (lambda: with_step("A5", outcome=[{"name": "a", "learns": {"x": "y"}}]), "PT-004", "x"),
        (lambda: with_step("A5", outcome=[{"name": "a", "opens_case": {"timetable": "no-such"}}]), "PT-004", "no-such"),
        (lambda: with_step("A5", outcome=[{"name": "a", "if": {"b": {"nearly": 1}}}]), "PT-003", "nearly"),
        (lambda: with_step("A6", half={"state": "HALVE"}), "PT-004", "HALVE"),
        (broken(state=[*written()["state"], {"name": "LOST", "kind": "open", "meaning": "x"}]), "PT-008", "LOST"),
        (broken(step=[*written()["step"], written()["step"][0]]), "PT-008", "same ref"),
        (broken(parameter=[{**written()["parameter"][0], "values": []}]), "PT-003", "t_answer"),
    ],
)
def test_a_timetable_that_cannot_run_is_refused_with_its_place(make, code, names):
    with pytest.raises(HalfhourError) as refused:
        make()
    assert refused.value.code == code
    assert names in str(refused.value)


def test_a_variant_says_only_what_differs():
    variant = {
        "id": "appointment-quick",
        "extends": "appointment",
        "parameter": [
            {"name": "t_answer", "values": [{"from": date(2020, 1, 1), "value": 2, "source": "s", "mark": "open"}]}
        ],
        "step": [{"ref": "A3", "action": "remind twice"}],
        "remove": ["A7"],
    }
    timetable = read_timetable(variant, lambda _: written())
    assert timetable.parameter_values(date(2025, 1, 1))["t_answer"] == 2
    assert timetable.by_ref["A3"].action == "remind twice"
    assert timetable.by_ref["A3"].after == appointment().by_ref["A3"].after
    assert "A7" not in timetable.by_ref
    with pytest.raises(HalfhourError, match="A99"):
        read_timetable({**variant, "remove": ["A99"]}, lambda _: written())


@pytest.mark.parametrize("timetable_id", timetables())
def test_every_number_that_a_text_names_in_braces_is_a_parameter_and_is_told(timetable_id):
    timetable = find_timetable(timetable_id)
    values = {name: one.values[-1].value for name, one in timetable.parameters.items()}
    for step in timetable.steps:
        texts = [step.when, *(one.meaning for one in step.outcomes), step.silent.meaning if step.silent else ""]
        for text in texts:
            assert "{" not in in_words(text, values), (step.ref, text)
        assert "{" not in step.action + step.information + step.method
