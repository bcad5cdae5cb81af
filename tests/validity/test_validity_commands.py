"""`halfhour mpan`, `halfhour check` and `halfhour classes` with and without market data, as people type them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from validity_tables import load_market, whole_market

from halfhour.cli import main
from halfhour.cli.commands.classes import classes
from halfhour.errors import HalfhourError, NotCovered

EXPORT = "1012345678903"
IMPORT = "1000000000040"
NORTH_WEST = "1698765432103"

SITE = f"""\
[site]
id = "mill"
gsp_group = "_A"
voltage = "HV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "{IMPORT}"
bm_unit = "2__AALFA001"
import_llfc = "90"
import_mtc = "997"
from = 2024-06-01
"""

READINGS = "msid,measurement_quantity,settlement_date,settlement_period,kwh,status\n" + "".join(
    f"{IMPORT},AI,2024-06-01,{period},1.000,A\n" for period in range(1, 49)
)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return load_market(tmp_path_factory.mktemp("market"), whole_market())


@pytest.fixture
def portfolio(tmp_path: Path) -> Path:
    folder = tmp_path / "portfolio"
    (folder / "readings").mkdir(parents=True)
    (folder / "mill.toml").write_text(SITE, encoding="utf-8")
    (folder / "readings" / "readings.csv").write_text(READINGS, encoding="utf-8")
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    output = capsys.readouterr()
    return int(caught.value.code or 0), output.out, output.err


def only_number(capsys: pytest.CaptureFixture[str], *arguments: object, code: int) -> dict[str, Any]:
    found, out, err = run(capsys, "mpan", *arguments, "--json")
    assert found == code, err
    (number,) = json.loads(out)["numbers"]
    return dict(number)


# halfhour mpan


def test_a_supply_number_whose_classes_are_valid_is_good(capsys, store):
    given = ["--market-data", store, "--on", "2024-06-01"]
    number = only_number(capsys, f"00 845 090 {IMPORT}", *given, code=0)
    assert number["classes_checked_on"] == "2024-06-01"
    assert [(check["check"], check["verdict"]) for check in number["checks"]] == [
        ("LLFC", "pass"),
        ("MTC", "pass"),
        ("profile class", "pass"),
        ("MTC with LLFC", "pass"),
    ]


def test_a_supply_number_whose_classes_are_not_valid_is_bad_with_the_nearest_that_are(capsys, store):
    given = ["--market-data", store, "--on", "2024-06-01"]
    number = only_number(capsys, f"00 997 090 {IMPORT}", *given, code=2)
    assert number["good"] is False
    (fail,) = [check for check in number["checks"] if check["verdict"] == "fail"]
    assert (fail["code"], fail["severity"], fail["more"]) == ("ID-113", "error", 0)
    assert [(one["mtc"], one["llfc"], one["ssc"]) for one in fail["nearest"]] == [
        ("846", "090", None),
        ("845", "090", None),
        ("997", "091", None),
    ]
    code, out, _ = run(capsys, "mpan", f"00 997 090 {IMPORT}", *given)
    assert code == 2
    assert "nearest" in out
    assert "MTC 845, LLFC 090 (HH with communications; HV; general import)" in out


def test_a_supply_number_with_22_characters_is_checked_by_its_configuration(capsys, store):
    given = ["--market-data", store, "--on", "2024-06-01"]
    number = only_number(capsys, f"01 0393 101 {IMPORT}", *given, code=0)
    assert [check["check"] for check in number["checks"]] == ["LLFC", "SSC", "MTC with SSC"]
    number = only_number(capsys, f"01 0393 932 {EXPORT}", *given, code=2)
    assert "ID-112" in [check["code"] for check in number["checks"]]


def test_a_class_that_only_looks_unusual_leaves_the_number_good(capsys, store):
    number = only_number(capsys, f"03 845 090 {IMPORT}", "--market-data", store, "--on", "2024-06-01", code=0)
    (unusual,) = [check for check in number["checks"] if check["verdict"] == "fail"]
    assert (unusual["code"], unusual["severity"]) == ("ID-121", "warning")


def test_classes_are_those_of_the_day_asked_for_and_of_today_without_one(capsys, store):
    supply = f"00 846 090 {IMPORT}"
    assert only_number(capsys, supply, "--market-data", store, "--on", "2024-06-30", code=0)["good"]
    assert not only_number(capsys, supply, "--market-data", store, "--on", "2024-07-01", code=2)["good"]
    assert not only_number(capsys, supply, "--market-data", store, code=2)["good"]


def test_without_market_data_classes_are_said_not_to_be_checked_and_the_number_stays_good(capsys):
    number = only_number(capsys, f"00 997 090 {IMPORT}", code=0)
    assert (number["classes_checked_on"], number["checks"]) == (None, [])
    (remark,) = number["findings"]
    assert (remark["code"], remark["severity"]) == ("ID-116", "info")
    _, _, err = run(capsys, "mpan", f"00 997 090 {IMPORT}")
    assert "ID-116" in err


def test_a_core_has_no_classes_to_check(capsys, store):
    number = only_number(capsys, IMPORT, "--market-data", store, code=0)
    assert (number["checks"], number["findings"]) == ([], [])


def test_a_distributor_whose_short_code_has_ended_is_not_asked_about(capsys, store):
    number = only_number(capsys, "00 845 090 2812345678902", "--market-data", store, "--on", "2014-12-18", code=2)
    assert [finding["code"] for finding in number["findings"]] == ["ID-103"]
    assert number["checks"] == []


@pytest.mark.parametrize("arguments", [["mpan", IMPORT], ["check", "portfolio"]])
def test_a_store_that_is_named_and_not_there_is_refused(capsys, tmp_path, portfolio, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, *arguments, "--market-data", "absent.sqlite")
    assert (code, "MD-018" in err, "absent.sqlite" in err) == (2, True, True)


# halfhour check


def test_check_reports_classes_that_are_not_valid_as_warnings(capsys, portfolio, store):
    code, out, _ = run(capsys, "check", portfolio, "--market-data", store, "--json")
    assert code == 0
    found = [finding for finding in json.loads(out)["findings"] if finding["code"] == "ID-113"]
    assert [(one["severity"], one["site_id"], one["settlement_date"]) for one in found] == [
        ("warning", "mill", "2024-06-01")
    ]
    assert run(capsys, "check", portfolio, "--market-data", store, "--strict")[0] == 1


def test_check_without_market_data_says_so_once(capsys, portfolio):
    code, out, _ = run(capsys, "check", portfolio, "--strict")
    assert code == 0
    assert out.count("ID-116") == 1
    assert f"The classes of {IMPORT} were not checked: no Market Domain Data is loaded." in out


def test_check_of_a_portfolio_without_classes_says_nothing_of_market_data(capsys, portfolio):
    plain = "\n".join(line for line in SITE.splitlines() if not line.startswith("import_"))
    (portfolio / "mill.toml").write_text(plain, encoding="utf-8")
    assert "ID-116" not in run(capsys, "check", portfolio)[1]


# halfhour classes


def test_classes_lists_the_live_combinations(capsys, store):
    assert classes(distributor="_A", mtc="997", on="2024-06-01", market_data=store) == 0
    out = capsys.readouterr().out
    assert "MTC 997 (Private network) is enabled for distributor 10 (Eastern Power Networks) on 2024-06-01" in out
    assert "091" in out
    assert classes(distributor="EELC", mtc="997", on="2024-06-01", market_data=store, json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["llfc"] for one in found["combinations"]] == ["091"]
    assert found["answer"]["verdict"] == "pass"


def test_classes_refuses_a_class_that_is_not_enabled_with_the_reason(capsys, store):
    assert classes(distributor="16", mtc="997", on="2024-06-01", market_data=store) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "ID-111: MTC 997 is not enabled for distributor 16 (Electricity North West) on 2024-06-01." in output.err
    assert classes(distributor="16", mtc="997", on="2024-06-01", market_data=store, json=True) == 2
    assert json.loads(capsys.readouterr().out)["answer"]["code"] == "ID-111"


def test_classes_names_what_fits_an_export(capsys, store):
    asked = {"distributor": "10", "technology": "pv", "on": "2024-06-01", "market_data": store}
    given = {"import_profile_class": "1", "meter": "import-export"}
    assert classes(**asked, **given, json=True) == 0
    (only,) = json.loads(capsys.readouterr().out)["classes"]
    assert (only["mtc"], only["ssc"], only["tpr"], only["llfc_kinds"]) == ("870", "0482", "00378", ["C", "D"])
    assert {check["verdict"] for check in only["checks"]} == {"pass"}
    assert classes(**asked, **given) == 0
    assert "0482" in capsys.readouterr().out
    # The class for a Meter of its own is not enabled in this market.
    assert classes(**asked, import_profile_class="01") == 2


def test_without_market_data_what_fits_an_export_is_said_and_not_vouched_for(capsys):
    assert classes(distributor="10", technology="wind", on="2024-06-01", json=True) == 3
    found = json.loads(capsys.readouterr().out)["classes"]
    assert [(one["mtc"], one["ssc"]) for one in found] == [("868", "0941"), ("871", "0941")]
    with pytest.raises(NotCovered):
        classes(distributor="10", mtc="997", on="2024-06-01")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "CL-010"),
        ({"mtc": "997", "technology": "pv"}, "CL-010"),
        ({"technology": "pv", "import_profile_class": "1", "meter": "smart"}, "CL-010"),
        ({"technology": "pv"}, "ID-118"),
        ({"technology": "coal"}, "ID-118"),
        ({"technology": "pv", "import_profile_class": "9"}, "ID-108"),
        ({"mtc": "99X"}, "ID-108"),
    ],
)
def test_what_classes_cannot_answer_is_refused(store, arguments, code):
    with pytest.raises(HalfhourError) as caught:
        classes(distributor="10", market_data=store, **arguments)
    assert caught.value.code == code


def test_every_way_in_takes_the_same_store_by_environment(capsys, store, portfolio, monkeypatch):
    monkeypatch.setenv("HALFHOUR_MARKET_DATA", str(store))
    ways: list[Callable[[], tuple[int, str, str]]] = [
        lambda: run(capsys, "mpan", f"00 997 090 {IMPORT}", "--on", "2024-06-01"),
        lambda: run(capsys, "check", portfolio),
    ]
    for way in ways:
        assert "ID-113" in way()[1]
