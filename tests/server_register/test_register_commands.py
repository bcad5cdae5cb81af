"""The register by command line: imported, recorded, shown as known, logged, exported and checked."""

from __future__ import annotations

import json

import pytest

from cli.cli_running import contract_portfolio
from halfhour.cli.app import main
from validity.validity_tables import load_market, whole_market

MSID = "1012345678903"


@pytest.fixture
def told(database, capsys):
    """Runs a command and gives its JSON document, or its error where another exit code is expected."""

    def run(*arguments, code=0):
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "--json"])
        out, err = capsys.readouterr()
        assert left.value.code == code, err
        return json.loads(out) if code in (0, 1) else err

    return run


def test_a_fact_is_recorded_shown_ended_and_logged(told):
    said = ("register", "record", "appointment", f"msid={MSID}", "role=M", "agent=HHMO", "--why", "D0011")
    assert told(*said, "--from-day", "2025-03-20", "--case", "ER000001")["recorded"] == 1
    assert told(*said, "--from-day", "2025-03-20")["new"] is False
    (shown,) = told("register", "show", MSID)["facts"]
    assert (shown["kind"], shown["agent"], shown["from"]) == ("appointment", "HHMO", "2025-03-20")
    ended = ("register", "end", "appointment", f"msid={MSID}", "role=M", "--on", "2025-06-01", "--why", "D0151")
    assert told(*ended)["recorded"] == 1
    assert told("register", "show", MSID, "--as-at", "2025-06-01")["facts"] == []
    assert len(told("register", "show", MSID, "--history")["facts"]) == 2
    changes = told("register", "log", "--subject", MSID)["changes"]
    assert [(one["why"], one["case"]) for one in changes] == [("D0151", ""), ("D0011", "ER000001")]
    assert changes[0]["before"][0]["to"] is None
    known = changes[1]["moment"]
    assert told("register", "show", MSID, "--as-known-at", known)["facts"][0]["to"] is None


def test_facts_of_a_file_are_recorded_all_or_none(told, tmp_path):
    file = tmp_path / "facts.csv"
    file.write_text(
        "kind,from,to,msid,role,agent,serial,measures\n"
        f"appointment,2025-01-01,,{MSID},M,HHMO,,\n"
        f"meter,2025-01-01,,{MSID},,,S1,AI\n",
        encoding="utf-8",
    )
    assert told("register", "load", file, "--why", "taken over")["recorded"] == 2
    file.write_text(f"kind,from,msid,role,agent\nappointment,2025-02-01,{MSID},M,UDMS\nappointment,,{MSID},Z,UDMS\n")
    assert "facts.csv:3" in told("register", "load", file, "--why", "slip", code=2)
    assert len(told("register", "show", MSID)["facts"]) == 2


def test_a_portfolio_goes_in_and_comes_out_and_is_checked(told, tmp_path):
    folder = contract_portfolio(tmp_path / "ridgeway")
    assert told("register", "import", folder, "--why", "first import")["sites"] == 1
    assert told("register", "import", folder, "--why", "again")["recorded"] == 0
    assert any(name.endswith("sites.csv") for name in told("register", "export", tmp_path / "out")["files"])
    exported = tmp_path / "exported.csv"
    exported.write_text("msid,settlement_date,kwh\n2000000000024,2024-01-15,12.5\n", encoding="utf-8")
    checked = ("register", "check", "--on", "2024-06-03", "--exported", exported, "--export-price", "0.10")
    problems = told(*checked)["problems"]
    (lost,) = [one for one in problems if one["code"] == "CK-101"]
    assert (lost["kwh"], lost["gbp"], lost["since"], lost["whose"]) == ("12.5", "1.250", "2024-01-15", "ABCD")
    assert "CK-108" in {one["code"] for one in problems}
    told(*checked, "--strict", code=1)
    exported.write_text("msid,settlement_date,kwh\n2000000000024,2024-01-15,much\n", encoding="utf-8")
    assert "RM-008" in told(*checked, code=2)


def test_what_entered_settlement_comes_from_a_run(told, tmp_path):
    folder = contract_portfolio(tmp_path / "ridgeway")
    told("register", "import", folder, "--why", "first import")
    run = told("settle", folder, "--register", "--out", tmp_path / "run")["run"]
    exported = tmp_path / "exported.csv"
    exported.write_text("msid,settlement_date,kwh\n2000000000024,2024-01-09,0.001\n", encoding="utf-8")
    codes = {one["code"] for one in told("register", "check", "--exported", exported, "--run", run)["problems"]}
    assert "CK-101" not in codes


def test_timetables_are_told_as_documents(told, tmp_path):
    ids = {one["id"] for one in told("timetable")["timetables"]}
    assert {"export-registration", "third-party-access"} <= ids
    picture = tmp_path / "backstop.svg"
    document = told("timetable", "microgeneration-backstop-1", "--picture", picture)
    assert [step["ref"] for step in document["steps"]][:2] == ["P1.1", "P1.2"]
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    assert "PT-005" in told("timetable", "no-such", code=2)


def test_a_check_of_a_past_day_sees_the_cases_that_were_open_then(told, tmp_path):
    told("register", "import", contract_portfolio(tmp_path / "ridgeway"), "--why", "first import")
    facts = ("--fact", f"import_mpan={MSID}", "--fact", "commissioning_date=2025-02-24", "--fact", "technology=pv")
    parties = ("--party", "ldso=LOND", "--party", "import_supplier=HHSP", "--party", "moa=HHMO")
    case = told("case", "open", "microgeneration-backstop-1", "--on", "2025-03-03", *facts, *parties)["case"]
    told("case", "record", case, "P1.2", "informed_by_hand", "--on", "2025-03-03")
    told("case", "record", case, "C1", "changed", "--on", "2025-04-10", "--data", "new_supplier=UDMS")

    def missed(day):
        problems = told("register", "check", "--on", day)["problems"]
        return [(one["since"], one["whose"]) for one in problems if (one["code"], one["case"]) == ("CK-110", case)]

    # The Supplier asks on the day on which it becomes aware; the case ends with the change of Supplier on 10 April.
    assert missed("2025-03-02") == missed("2025-03-03") == []
    assert missed("2025-03-04") == missed("2025-04-09") == [("2025-03-03", "HHSP")]
    assert missed("2025-04-10") == []


def test_classes_are_checked_daily_where_a_store_of_market_data_is_named(told, tmp_path):
    folder = tmp_path / "mill"
    folder.mkdir()
    (folder / "mill.toml").write_text(
        '[site]\nid = "mill"\ngsp_group = "_A"\nvoltage = "HV"\n\n[[metering]]\nname = "Meter 1"\nat = "boundary"\n'
        'import = "1000000000040"\nimport_llfc = "90"\nimport_mtc = "997"\nfrom = 2024-06-01\n',
        encoding="utf-8",
    )
    told("register", "import", folder, "--why", "first import")
    store = load_market(tmp_path, whole_market())
    assert told("register", "check", "--on", "2024-06-03")["problems"] == []
    problems = told("register", "check", "--on", "2024-06-03", "--market-data", store)["problems"]
    (wrong,) = [one for one in problems if one["code"] == "ID-113"]
    assert (wrong["msid"], wrong["site_id"], wrong["since"]) == ("1000000000040", "mill", "2024-06-01")
    assert "MD-018" in told("register", "check", "--market-data", tmp_path / "none", code=2)
