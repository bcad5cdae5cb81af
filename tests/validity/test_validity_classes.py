"""Whether classes are valid, alone and together, in a small made-up market where every answer can be read off."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from validity_tables import DAY, LATER, VERSION, asked, load_market, the, verdicts, whole_market, without

from halfhour.errors import HalfhourError, NotCovered
from halfhour.market_data.store import MarketDataStore
from halfhour.market_data.validity import (
    QUESTIONS,
    MsidClasses,
    answers,
    find_distributor,
    live_combinations,
    related_has_another_import,
    role_is_live,
    role_meaning,
    third_party_is_visible,
)
from halfhour.market_data.validity.nearest import combinations


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    with MarketDataStore.open(load_market(tmp_path_factory.mktemp("market"), whole_market())) as store:
        yield store


def only(folder: Path, *without_tables: str) -> MarketDataStore:
    return MarketDataStore.open(load_market(folder, without(*without_tables)))


# The Line Loss Factor Class


def test_a_class_is_known_by_its_distributor_and_day(market):
    assert verdicts(market, asked("10", llfc="090")) == {"LLFC": "pass"}
    assert verdicts(market, asked("10", llfc="940", day=date(2024, 3, 31))) == {"LLFC": "pass"}
    assert verdicts(market, asked("10", llfc="940", day=date(2024, 4, 1))) == {"LLFC": "ID-110"}
    assert verdicts(market, asked("16", llfc="101")) == {"LLFC": "ID-110"}


def test_an_unknown_class_is_named_with_its_distributor_day_and_version(market):
    answer = the(market, "LLFC", asked("10", llfc="940"))
    assert answer.message == (
        "LLFC 940 is not known for distributor 10 (Eastern Power Networks) on 2024-06-01: its last day was 2024-03-31 "
        f"in Market Domain Data {VERSION}."
    )
    assert answer.refused


def test_the_nearest_classes_differ_in_the_fewest_characters_and_are_of_the_direction(market):
    answer = the(market, "LLFC", asked("10", "export", llfc="934"))
    assert [combination.llfc for combination in answer.nearest] == ["933", "932"]
    assert {combination.kind for combination in answer.nearest} == {"general export"}


def test_one_id_means_another_class_at_another_distributor(market):
    assert verdicts(market, asked("10", "import", llfc="090"))["direction"] == "pass"
    assert verdicts(market, asked("16", "import", llfc="090"))["direction"] == "ID-117"


@pytest.mark.parametrize(
    ("llfc", "right"), [("090", "import"), ("330", "import"), ("932", "export"), ("940", "export")]
)
def test_the_indicator_says_the_direction_whatever_the_description_says(market, llfc, right):
    day = date(2024, 3, 1)
    wrong = "export" if right == "import" else "import"
    assert verdicts(market, asked("10", right, day=day, llfc=llfc))["direction"] == "pass"
    assert verdicts(market, asked("10", wrong, day=day, llfc=llfc))["direction"] == "ID-117"


# The Meter Timeswitch Class


def test_a_class_that_is_not_enabled_is_refused_with_the_distributors_that_have_it(market):
    answer = the(market, "MTC", asked("16", mtc="997"))
    assert answer.code == "ID-111"
    assert answer.message == (
        "MTC 997 is not enabled for distributor 16 (Electricity North West) on 2024-06-01. "
        f"Market Domain Data {VERSION} enables it for 1 other distributor: EELC."
    )
    assert answer.next_step == "Use another valid combination and record the pending entity 53 change (RG-031)."


def test_what_is_valid_with_the_same_line_loss_factor_class_stands_by_the_refusal(market):
    answer = the(market, "MTC", asked("16", mtc="997", llfc="100"))
    assert [combination.mtc for combination in answer.nearest] == ["996", "845"]


def test_an_area_that_had_the_class_says_until_when(market):
    assert verdicts(market, asked("10", mtc="846")) == {"MTC": "pass"}
    answer = the(market, "MTC", asked("10", mtc="846", day=LATER))
    assert answer.code == "ID-111"
    assert "its last day was 2024-06-30" in answer.message


def test_a_class_that_does_not_exist_is_not_said_to_be_elsewhere(market):
    answer = the(market, "MTC", asked("10", mtc="400"))
    assert (answer.code, "There is no such class" in answer.message) == ("ID-111", True)


def test_own_codes_have_their_attributes_from_the_area_and_common_codes_from_the_class(market):
    assert "Own code" in the(market, "MTC", asked("10", mtc="001")).message
    assert "HH with communications" in the(market, "MTC", asked("10", mtc="845")).message
    # That 001 is not half-hourly stands in the table of areas only.
    assert verdicts(market, asked("10", mtc="001", profile_class="00"))["profile class"] == "ID-121"


# Two together


def test_a_half_hourly_class_is_checked_with_the_line_loss_factor_class_alone(market):
    assert verdicts(market, asked("10", llfc="090", mtc="845", profile_class="00")) == {
        "LLFC": "pass",
        "MTC": "pass",
        "profile class": "pass",
        "MTC with LLFC": "pass",
    }


def test_a_combination_holds_from_its_first_day_to_its_last(market):
    def on(day: date) -> str:
        return verdicts(market, asked("10", day=day, llfc="092", mtc="997"))["MTC with LLFC"]

    assert [on(date(2021, 10, 19)), on(date(2021, 10, 20))] == ["ID-113", "pass"]
    assert [on(date(2023, 12, 31)), on(date(2024, 1, 1))] == ["pass", "ID-113"]


def test_a_short_code_and_one_with_letters_meet_their_padded_forms(market):
    assert verdicts(market, asked("10", llfc="1AH", mtc="845"))["MTC with LLFC"] == "pass"
    assert verdicts(market, asked("10", llfc="090", mtc="846"))["MTC with LLFC"] == "pass"


def test_nearest_is_the_same_line_loss_factor_class_first_then_the_same_meter_timeswitch_class(market):
    answer = the(market, "MTC with LLFC", asked("10", "import", llfc="090", mtc="997"))
    assert answer.code == "ID-113"
    assert [(one.llfc, one.mtc) for one in answer.nearest] == [("090", "846"), ("090", "845"), ("091", "997")]
    assert "MTC 997, LLFC 091 (Private network; HV private; general import)" in answer.nearest_in_words


def test_combinations_of_the_other_direction_are_not_offered(market):
    answer = the(market, "MTC with LLFC", asked("10", "import", llfc="091", mtc="846"))
    assert [one.llfc for one in answer.nearest] == ["091", "090"]
    answer = the(market, "direction", asked("10", "export", llfc="090", mtc="846"))
    assert [(one.mtc, one.llfc) for one in answer.nearest] == [("846", "933")]


def test_a_combination_whose_class_has_ended_is_not_offered(market):
    answer = the(market, "MTC with LLFC", asked("10", day=LATER, llfc="090", mtc="997"))
    assert "846" not in [one.mtc for one in answer.nearest]


def test_more_than_six_nearest_are_counted_not_listed(tmp_path):
    tables = whole_market()
    for number in range(200, 210):
        tables["line_loss_factor_class"].append(("EELC", "R", "01/04/1996", str(number), "01/04/1996", "", "A", ""))
        tables["valid_mtc_llfc_combination"].append(
            ("997", "01/04/1996", "EELC", "14/11/2012", str(number), "01/04/2010", "")
        )
    with MarketDataStore.open(load_market(tmp_path, tables)) as store:
        answer = the(store, "MTC with LLFC", asked("10", llfc="090", mtc="997"))
        assert (len(answer.nearest), answer.more) == (6, 7)
        assert answer.nearest_in_words.endswith("and 7 more.")


def test_what_another_question_refuses_already_is_not_asked(market):
    assert "MTC with LLFC" not in verdicts(market, asked("16", llfc="100", mtc="997"))
    assert "MTC with LLFC" not in verdicts(market, asked("10", llfc="555", mtc="845"))


# Configurations


def test_a_configuration_is_of_one_direction(market):
    assert verdicts(market, asked("10", "export", ssc="0482", mtc="870")) == {
        "MTC": "pass",
        "SSC": "pass",
        "MTC with SSC": "pass",
    }
    answer = the(market, "SSC", asked("10", "export", ssc="0393", mtc="870"))
    assert answer.code == "ID-112"
    assert [one.ssc for one in answer.nearest] == ["0483", "0482"]
    assert verdicts(market, asked("10", "import", ssc="0482", mtc="870"))["SSC"] == "ID-112"
    assert verdicts(market, asked("10", ssc="0555"))["SSC"] == "ID-112"


def test_without_a_direction_that_of_the_line_loss_factor_class_counts(market):
    assert verdicts(market, asked("10", llfc="932", ssc="0393"))["SSC"] == "ID-112"
    assert verdicts(market, asked("10", llfc="101", ssc="0393"))["SSC"] == "pass"


def test_a_meter_timeswitch_class_has_its_own_configurations(market):
    answer = the(market, "MTC with SSC", asked("10", "export", ssc="0490", mtc="870"))
    assert answer.code == "ID-114"
    assert [(one.mtc, one.ssc) for one in answer.nearest] == [("870", "0483"), ("870", "0482"), ("869", "0490")]


def test_without_a_meter_timeswitch_class_any_that_takes_the_configuration_will_do(market):
    assert "with MTC 801" in the(market, "MTC with SSC", asked("10", ssc="0393")).message
    assert verdicts(market, asked("16", ssc="0393"))["MTC with SSC"] == "ID-114"


def test_all_classes_must_go_together(market):
    whole = {"llfc": "932", "mtc": "870", "ssc": "0482"}
    last = "MTC, LLFC, SSC, profile class"
    assert verdicts(market, asked("10", "export", **whole))[last] == "pass"
    assert verdicts(market, asked("10", "export", **whole, profile_class="08"))[last] == "pass"
    assert verdicts(market, asked("10", "export", **whole, profile_class="01"))[last] == "ID-115"
    assert verdicts(market, asked("10", "export", **whole | {"llfc": "933"}))[last] == "ID-115"


@pytest.mark.parametrize(
    ("mtc", "profile_class", "ssc", "expected"),
    [
        ("845", "00", None, "pass"),
        ("845", "03", None, "ID-121"),
        ("845", None, "0393", "ID-121"),
        ("801", "01", "0393", "pass"),
        ("801", "00", None, "ID-121"),
    ],
)
def test_profile_class_and_configuration_belong_to_classes_that_are_not_half_hourly(
    market, mtc, profile_class, ssc, expected
):
    about = MsidClasses(asked("10").distributor, DAY, None, None, mtc, ssc, profile_class)
    assert verdicts(market, about)["profile class"] == expected
    assert not the(market, "profile class", about).refused


def test_related_links_no_export_to_an_import(market):
    assert verdicts(market, asked("10", "export", mtc="570"))["related"] == "ID-130"
    assert "related" not in verdicts(market, asked("10", "import", mtc="570"))
    alone = related_has_another_import(market, asked("10", "import", mtc="570"), 0)
    assert alone is not None
    assert alone.code == "ID-130"
    assert related_has_another_import(market, asked("10", "import", mtc="570"), 1) is None
    assert related_has_another_import(market, asked("10", "import", mtc="801"), 0) is None


# What is not loaded is never a pass


@pytest.mark.parametrize(
    ("absent", "question"),
    [
        ("line_loss_factor_class", "LLFC"),
        ("mtc_in_pes_area", "MTC"),
        ("valid_mtc_llfc_ssc_combination", "MTC with LLFC"),
        ("standard_settlement_configuration", "SSC"),
        ("valid_mtc_ssc_combination", "MTC with SSC"),
        ("valid_mtc_llfc_ssc_combination", "MTC, LLFC, SSC, profile class"),
        ("valid_mtc_llfc_ssc_pc_combination", "MTC, LLFC, SSC, profile class"),
    ],
)
def test_a_question_whose_table_is_not_loaded_is_unknown(tmp_path, absent, question):
    whole = asked("10", "export", llfc="932", mtc="870", ssc="0482", profile_class="08")
    with only(tmp_path, absent) as store:
        answer = the(store, question, whole)
        assert (answer.verdict, answer.code, answer.severity) == ("unknown", "ID-116", "info")
        assert "not checked" in answer.message
        assert answer.reason


def test_what_a_loaded_table_refuses_stays_refused_though_another_is_not_loaded(tmp_path):
    with only(tmp_path, "valid_mtc_llfc_ssc_pc_combination") as store:
        about = asked("10", "export", llfc="933", mtc="870", ssc="0482", profile_class="08")
        assert verdicts(store, about)["MTC, LLFC, SSC, profile class"] == "ID-115"


def test_without_any_market_data_every_question_is_unknown(tmp_path):
    with MarketDataStore.open(tmp_path / "absent.sqlite") as store:
        found = answers(store, asked("10", "export", llfc="932", mtc="870", ssc="0482", profile_class="08"))
        assert {answer.verdict for answer in found} == {"unknown"}
        assert {answer.question for answer in found} <= QUESTIONS.keys()


def test_combinations_loaded_without_the_classes_they_are_of_stand_without_descriptions(tmp_path):
    with only(tmp_path, "meter_timeswitch_class", "line_loss_factor_class") as store:
        (found,) = combinations(store, "valid_mtc_llfc_combination", "EELC", DAY, mtc="997")
        assert (found.llfc, found.description, found.kind) == ("091", "", "")
        with pytest.raises(NotCovered):
            live_combinations(store, asked("10").distributor, "997", DAY)


def test_an_answer_long_after_the_publication_says_that_the_data_may_be_out_of_date(market):
    assert "may be out of date" not in the(market, "LLFC", asked("10", llfc="090")).message
    assert (
        "(published 2024-06-01, may be out of date)"
        in the(market, "LLFC", asked("10", llfc="090", day=date(2025, 1, 1))).message
    )


# Which combinations are live


def test_live_combinations_are_those_of_the_day(market):
    eastern = asked("10").distributor
    answer, found = live_combinations(market, eastern, "997", date(2023, 6, 1))
    assert (answer.verdict, [one.llfc for one in found]) == ("pass", ["091", "092"])
    answer, found = live_combinations(market, eastern, "997", DAY)
    assert (answer.verdict, [one.llfc for one in found]) == ("pass", ["091"])


def test_a_class_that_is_enabled_without_any_combination_names_the_interim_rule(market):
    answer, found = live_combinations(market, asked("10").distributor, "997", date(2013, 1, 1))
    assert (answer.code, answer.severity, found) == ("ID-113", "warning", [])
    assert "is enabled" in answer.message
    assert "interim rule" in answer.next_step


def test_a_class_that_is_not_enabled_has_no_combinations(market):
    answer, found = live_combinations(market, asked("16").distributor, "997", DAY)
    assert (answer.code, answer.refused, found) == ("ID-111", True, [])


def test_classes_that_are_not_half_hourly_are_combined_with_configurations(market):
    _, found = live_combinations(market, asked("10").distributor, "870", DAY)
    assert [one.ssc for one in found] == ["0482", "0483"]


# Private networks


@pytest.mark.parametrize(
    ("llfc", "mtc", "change", "expected"),
    [
        ("091", "997", None, ("pass", "")),
        ("091", "845", None, ("fail", "PN-404")),
        ("091", "845", "MDD-123", ("fail", "PN-404")),
        ("090", "845", "MDD-123", ("pass", "RG-031")),
        ("090", "845", None, ("fail", "PN-404")),
        ("090", "997", "MDD-123", ("fail", "PN-404")),
    ],
)
def test_a_third_party_has_997_or_another_valid_combination_with_a_recorded_change(market, llfc, mtc, change, expected):
    answer = third_party_is_visible(market, asked("10", "import", llfc=llfc, mtc=mtc), change)
    assert answer is not None
    assert (answer.verdict, answer.code) == expected


def test_where_997_is_valid_the_switch_is_due_since_its_first_day(market):
    answer = third_party_is_visible(market, asked("10", "import", llfc="091", mtc="845"), "MDD-123")
    assert answer is not None
    assert "since 2021-10-20: the switch is due" in answer.message


# Roles and distributors


def test_a_role_is_read_with_its_date(market):
    assert role_is_live(market, "ALFA", "X", DAY).verdict == "pass"
    assert role_is_live(market, "BRVO", "X", date(2023, 12, 31)).verdict == "pass"
    ended = role_is_live(market, "BRVO", "X", DAY)
    assert (ended.code, "its last day in it was 2023-12-31" in ended.message) == ("ID-140", True)
    assert role_is_live(market, "EELC", "X", DAY).message.endswith("It holds R.")
    assert "no such participant" in role_is_live(market, "ZZZZ", "X", DAY).message


def test_a_code_used_again_has_the_meaning_of_its_day(market):
    assert role_meaning(market, "S", date(2019, 6, 1)) == "Settlement Administration Agent"
    assert role_meaning(market, "S", DAY) == "Smart Meter Equipment Manager"
    assert "Settlement Administration Agent" in role_is_live(market, "SAAG", "S", date(2019, 6, 1)).message


def test_a_role_without_its_table_is_unknown(tmp_path):
    with only(tmp_path, "market_participant_role") as store:
        assert role_is_live(store, "ALFA", "X", DAY).code == "ID-116"


@pytest.mark.parametrize("name", ["10", "EELC", "_A", "eelc", " 10 "])
def test_a_distributor_is_named_by_code_participant_or_group(market, name):
    assert find_distributor(market, name, DAY).mpid == "EELC"


def test_a_distributor_newer_than_the_program_is_found_in_the_market_data(market):
    assert find_distributor(market, "57", DAY).name == "New Networks"
    assert find_distributor(market, "NEWN", DAY).short_code == "57"
    with pytest.raises(HalfhourError, match="names no distributor"):
        find_distributor(market, "57", date(2023, 12, 31))


@pytest.mark.parametrize(("name", "code"), [("_I", "ID-106"), ("41", "ID-103"), ("Eastern", "ID-103"), ("", "ID-103")])
def test_what_names_no_distributor_is_refused(market, name, code):
    with pytest.raises(HalfhourError) as caught:
        find_distributor(market, name, DAY)
    assert caught.value.code == code
