"""MPAN cores, AMSIDs and supply numbers against the published examples, and against what people paste."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.errors import HalfhourError, codes
from halfhour.identifiers import Amsid, Mpan, SupplyNumber, check_digit, is_good

GOOD = ["1012345678903", "2000000000015", "1698765432103", "2300000000170", "2200000000422", "1000000000040"]
twelve_digits = st.text("0123456789", min_size=12, max_size=12).filter(lambda text: text[:2] not in ("88", "99"))


def refusal(action, *arguments) -> HalfhourError:
    with pytest.raises(HalfhourError) as caught:
        action(*arguments)
    return caught.value


@pytest.mark.parametrize("number", GOOD)
def test_published_numbers_are_good(number):
    assert str(Mpan(number)) == number
    assert is_good(number)


def test_the_worked_check_digits_of_the_handbook():
    assert check_digit("101234567890") == 3
    assert check_digit("100000000004") == 0, "remainder 10 becomes 0"
    assert check_digit("123456789012") == 6


def test_a_wrong_check_digit_is_refused_with_the_right_one():
    error = refusal(Mpan, "1234567890123")
    assert error.code == "ID-102"
    assert "should be 6" in error.next_step
    assert "1234567890126" in error.next_step


def test_the_lenient_reading_warns_of_a_wrong_check_digit_and_goes_on():
    mpan, finding = Mpan.lenient("1234567890123")
    assert mpan.core == "1234567890123"
    assert finding is not None
    assert (finding.code, finding.severity, finding.msid) == ("ID-102", "warning", "1234567890123")
    assert Mpan.lenient(GOOD[0]) == (Mpan(GOOD[0]), None)


def test_the_lenient_reading_is_not_lenient_about_the_form():
    assert refusal(Mpan.lenient, "123456789012").code == "ID-101"


def test_the_display_grouping_is_read_and_shown():
    mpan = Mpan("10 1234 5678 903")
    assert mpan == Mpan("1012345678903")
    assert mpan.grouped == "10 1234 5678 903"
    assert (mpan.distributor_id, mpan.check_digit) == ("10", 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "101234567890",
        "10123456789033",
        "10123456789O3",
        "101 2345 6789 03",
        "10  1234 5678 903",
        " 1012345678903",
        "1012345678903\n",
        "1012345678903\r\n",
        "\ufeff1012345678903",
        "10-1234-5678-903",
        "١٠١٢٣٤٥٦٧٨٩٠٣",
        "²012345678903",
        pytest.param("\ud800012345678903", id="lone surrogate"),
        pytest.param("1" * 100_000, id="huge"),
    ],
)
def test_anything_but_thirteen_digits_is_refused_in_one_short_line(text):
    error = refusal(Mpan, text)
    assert error.code == "ID-101"
    assert not is_good(text)
    assert len(str(error)) < 400
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    "value", [None, 2000000000015, pytest.param(10**5000, id="huge"), 2e12, float("nan"), b"2000000000015", ["2"]]
)
def test_a_number_that_is_not_text_is_refused(value):
    assert refusal(Mpan, value).code == "ID-101"
    assert not is_good(value)


@pytest.mark.parametrize("short_code", ["88", "99"])
def test_virtual_points_of_local_tools_are_no_msids(short_code):
    number = short_code + "0000000001"
    number += str(check_digit(number))
    assert refusal(Mpan, number).code == "ID-103"
    assert refusal(Mpan.lenient, number).code == "ID-103"
    assert not is_good(number)


@given(twelve_digits)
def test_exactly_one_last_digit_is_good(first_twelve):
    good = [digit for digit in "0123456789" if is_good(first_twelve + digit)]
    assert good == [str(check_digit(first_twelve))]


@given(twelve_digits, st.integers(0, 11), st.integers(1, 9))
def test_a_slip_in_one_digit_is_caught_unless_the_remainder_was_ten_or_nought(first_twelve, position, step):
    wrong = first_twelve[:position] + str((int(first_twelve[position]) + step) % 10) + first_twelve[position + 1 :]
    if check_digit(wrong) == check_digit(first_twelve):
        # 11 remainders share 10 digits: 0 stands for two of them.
        assert check_digit(wrong) == 0


@given(
    st.one_of(
        st.text(max_size=20), st.from_regex(r"[0-9 ]{13,16}", fullmatch=True), twelve_digits.map(lambda t: t + "3")
    )
)
def test_is_good_says_what_the_constructor_does(text):
    try:
        Mpan(text)
    except HalfhourError:
        assert not is_good(text)
    else:
        assert is_good(text)


def test_mpans_are_values():
    assert len({Mpan("2000000000015"), Mpan("20 0000 0000 015")}) == 1
    assert Mpan("1012345678903") < Mpan("2000000000015")
    with pytest.raises(AttributeError):
        Mpan("2000000000015").core = "x"


def test_the_form_with_meter_timeswitch_class_has_21_characters():
    supply = SupplyNumber.parse("00 845 932 1012345678903")
    assert (supply.profile_class, supply.mtc, supply.ssc, supply.llfc) == ("00", "845", None, "932")
    assert supply.mpan == Mpan("1012345678903")
    assert SupplyNumber.parse(str(supply)) == supply


def test_the_form_with_standard_settlement_configuration_has_22_characters():
    supply = SupplyNumber.parse("03 0393 H01 1012345678903")
    assert (supply.profile_class, supply.mtc, supply.ssc, supply.llfc) == ("03", None, "0393", "H01")


def test_a_supply_number_pasted_from_two_lines_of_a_bill_is_read():
    assert SupplyNumber.parse("00 845 932\n10 1234 5678\u00a0903").mpan == Mpan("1012345678903")


@pytest.mark.parametrize(
    "text",
    ["", "1012345678903", "0 845 932 1012345678903", "003 0393 H01 1012345678903", "A0 845 932 1012345678903",
     "09 845 932 1012345678903", "00 84X 932 1012345678903", "00 845 9/2 1012345678903", "00 845 932 10123456789O3",
     pytest.param("0" * 50_000, id="huge")],
)  # fmt: skip
def test_a_supply_number_of_another_length_or_make_up_is_refused(text):
    assert refusal(SupplyNumber.parse, text).code == "ID-104"


def test_small_letters_are_refused_with_what_was_meant():
    assert "H01" in refusal(SupplyNumber.parse, "03 0393 h01 1012345678903").next_step


def test_a_supply_number_with_a_dummy_core_is_read_leniently_only():
    assert refusal(SupplyNumber.parse, "00 845 932 1234567890123").code == "ID-102"
    supply, finding = SupplyNumber.lenient("00 845 932 1234567890123")
    assert supply.llfc == "932"
    assert finding is not None
    assert finding.severity == "warning"


def test_an_amsid_with_another_check_digit_is_used_with_a_warning():
    assert Amsid("7700000000010").digit_finding is None
    finding = Amsid("7700000000011").digit_finding
    assert finding is not None
    assert (finding.code, finding.severity) == ("ID-102", "warning")


def test_an_msid_is_not_taken_for_an_amsid():
    error = refusal(Amsid, "2000000000015")
    assert error.code == "ID-103"
    assert "77" in error.next_step
    assert refusal(Amsid, "770000000001").code == "ID-101"


def test_every_code_raised_here_is_in_the_catalogue():
    raised = {"ID-101", "ID-102", "ID-103", "ID-104", "ID-105", "ID-106", "ID-107", "ID-120"}
    assert raised <= codes().keys()
