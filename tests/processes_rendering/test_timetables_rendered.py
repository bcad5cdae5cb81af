"""Timetables as people read them: every step in the table and in the picture, and no words over one another."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from halfhour.processes.timetables import find_timetable, timetables
from halfhour.processes.timetables.rendering import (
    HEADINGS,
    clock_words,
    differences,
    follows,
    opened_by,
    rows,
    sequence_diagram,
)
from halfhour.processes.timetables.rendering.sequence import CHARACTER, WIDEST

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("timetable_id", timetables())
def test_the_table_has_a_row_of_seven_columns_for_every_step(timetable_id):
    timetable = find_timetable(timetable_id)
    table = rows(timetable)
    assert [row[0] for row in table] == [step.ref for step in timetable.steps]
    assert all(len(row) == len(HEADINGS) for row in table)
    assert not any("{" in cell for row in table for cell in row)


@pytest.mark.parametrize("timetable_id", timetables())
def test_every_outcome_and_silence_says_what_brings_it_and_what_follows(timetable_id):
    timetable = find_timetable(timetable_id)
    for step in timetable.steps:
        told = follows(timetable, step)
        assert len(told) == len(step.outcomes) + bool(step.half) + (step.silent is not None)
        assert all(brought_by for _, brought_by, _ in told)
        assert opened_by(step)
        assert step.clock is None or clock_words(timetable, step.clock)


@pytest.mark.parametrize("timetable_id", timetables())
def test_the_picture_has_every_step_and_party_and_can_be_read_aloud(timetable_id):
    timetable = find_timetable(timetable_id)
    written = sequence_diagram(timetable)
    assert written == sequence_diagram(timetable)
    root = ElementTree.fromstring(written)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == timetable.title
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    for step in timetable.steps:
        assert any(text.startswith(f"{step.ref} ") for text in texts)
        assert step.action in root.find(f"{SVG}desc").text


@pytest.mark.parametrize("timetable_id", timetables())
def test_no_words_of_a_picture_lie_over_others_or_outside(timetable_id):
    root = ElementTree.fromstring(sequence_diagram(find_timetable(timetable_id)))
    width, height = float(root.get("width")), float(root.get("height"))
    assert width <= WIDEST, "a page would show it smaller than it can be read"
    boxes = []
    for text in root.iter(f"{SVG}text"):
        wide = len(text.text or "") * CHARACTER
        left = float(text.get("x")) - (wide / 2 if text.get("text-anchor") == "middle" else 0)
        bottom = float(text.get("y"))
        assert left >= 0
        assert left + wide <= width + 30, text.text
        assert bottom <= height
        boxes.append((left, bottom - 10, left + wide, bottom + 2, text.text))
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one[4], other[4])


def test_an_arrow_reaches_the_recipients_on_either_side_of_its_sender():
    timetable = find_timetable("export-registration")
    step = timetable.by_ref["E3"]
    assert (step.sender, step.recipients) == ("ldso", ("export_supplier", "registration_service"))
    root = ElementTree.fromstring(sequence_diagram(timetable))
    parts = list(root)
    words = next(number for number, one in enumerate(parts) if (one.text or "").startswith("E3 "))
    lines = [
        (float(one.get("x1")), float(one.get("x2"))) for one in parts[words : words + 5] if one.tag == f"{SVG}line"
    ]
    assert len(lines) == 2
    assert len({start for start, _ in lines}) == 1
    assert lines[0][1] < lines[0][0] < lines[1][1]


def test_a_clock_whose_parameter_has_no_days_is_said_to_be_none():
    timetable = find_timetable("third-party-access")
    told = clock_words(timetable, timetable.by_ref["6.7a"].clock)
    assert told == "none, unless t_agreement says how many working days (bsc)"
    timetable = find_timetable("export-registration")
    assert clock_words(timetable, timetable.by_ref["E9"].clock) == "within t_dc = 1 working day of what opens it (bsc)"


def test_a_variant_says_what_it_changes():
    told = differences(find_timetable("microgeneration-backstop-2"), find_timetable("microgeneration-backstop-1"))
    assert "O1.1 is taken out." in told
    assert any(one.startswith("O2.1 is added") for one in told)
