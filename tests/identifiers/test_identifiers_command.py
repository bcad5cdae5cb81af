"""`halfhour mpan` as people type it."""

from __future__ import annotations

import json

import pytest

from halfhour.cli import main


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["mpan", *arguments])
    output = capsys.readouterr()
    return int(caught.value.code or 0), output.out, output.err


def test_a_number_is_read_in_quotes_in_parts_and_joined(capsys):
    code, out, err = run(capsys, "10 1234 5678 903", "10", "1234", "5678", "903", "1012345678903", "--json")
    assert (code, err) == (0, "")
    numbers = json.loads(out)["numbers"]
    assert [number["number"] for number in numbers] == ["1012345678903"] * 3


def test_supply_numbers_in_parts_are_joined_and_do_not_swallow_their_neighbour(capsys):
    arguments = ["03", "0393", "H01", "10", "1234", "5678", "903", "00", "845", "932", "1012345678903", "2000000000015"]
    code, out, _ = run(capsys, *arguments, "--json")
    assert code == 0
    numbers = json.loads(out)["numbers"]
    assert [number["kind"] for number in numbers] == ["supply number", "supply number", "MPAN core"]
    assert [(number["ssc"], number["mtc"]) for number in numbers] == [("0393", None), (None, "845"), (None, None)]


def test_a_bad_number_is_refused_and_the_good_ones_beside_it_are_shown(capsys):
    code, out, err = run(capsys, "1234567890123", "1012345678903")
    assert code == 2
    assert "10 1234 5678 903" in out
    assert "_A Eastern" in out
    assert "ID-102" in err
    assert "should be 6" in err


def test_a_wrong_digit_of_an_amsid_is_a_warning_only(capsys):
    code, out, err = run(capsys, "7700000000011", "--json")
    assert code == 0
    assert err == ""
    assert json.loads(out)["numbers"][0]["findings"][0]["severity"] == "warning"


@pytest.mark.parametrize(("day", "expected"), [("2014-12-17", 0), ("2014-12-18", 2)])
def test_the_short_code_must_be_live_on_the_day_asked_for(capsys, day, expected):
    assert run(capsys, "2812345678902", "--on", day)[0] == expected


def test_the_group_of_an_independent_distributors_number_is_left_open(capsys):
    _, out, _ = run(capsys, "2812345678902", "--json")
    assert json.loads(out)["numbers"][0]["gsp_group"] is None


def test_nothing_to_check_is_a_usage_error(capsys):
    assert run(capsys)[0] == 2
    assert run(capsys, "")[0] == 2
