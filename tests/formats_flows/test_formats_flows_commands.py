"""`halfhour file check, show, convert` as their users run them: exit codes, documents, files left behind or not."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import openpyxl
import polars as pl
import pytest

from halfhour.cli.app import main

EXAMPLE = """\
ZHV|0000000017|D0155001|X|HHSP|M|HHMO|20250303090000||||TR01|
315|1012345678903|20250317|=1+1||||||||LONDON|SE1 1AA|HHSPHHMO01|H|_C|
317|20250317|
318|0001|0001|
ZPT|0000000017|3||1|20250303090000|
"""


def advances(days: list[tuple[str, int]], file_id: str = "0000000001") -> str:
    body = ["101|1012345678903|AI|HHSP|"]
    for day, count in days:
        body += [f"102|{day}|", *(f"103|{'AE'[period % 2]}|{period}.125|" for period in range(1, count + 1))]
    head = f"ZHV|{file_id}|D0036001|C|HHDC|X|HHSP|20251103090000||||TR01|"
    return "\n".join([head, *body, f"ZPT|{file_id}|{len(body)}||1|20251103090000|", ""])


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def halfhour(*arguments: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
            main(["file", *arguments])
        return Ran(int(left.value.code), out.getvalue(), err.getvalue())

    return halfhour


@pytest.fixture
def flow(tmp_path):
    def write(content: str, name: str = "flow.txt"):
        path = tmp_path / name
        path.write_bytes(content.encode("latin-1"))
        return path.name

    return write


def test_a_good_file_is_accepted_and_says_what_it_is(run, flow):
    ran = run("check", flow(EXAMPLE))
    assert ran.code == 0
    assert "DTC user file D0155001" in ran.out
    assert "from HHSP (X) to HHMO (M), created 2025-03-03 09:00:00, test flag TR01" in ran.out
    assert "working layout" in ran.out
    assert "Accepted: 5 records with header and trailer, 1 instance." in ran.out
    # Nothing could be looked up, and that is said.
    assert "FF-209" in ran.err


def test_a_rejected_file_leaves_with_two_and_names_the_line(run, flow):
    ran = run("check", flow(EXAMPLE.replace("318|0001|0001|\n", "")))
    assert ran.code == 2
    assert "flow.txt:4: error FF-203" in ran.err
    assert "Rejected" in ran.out


def test_a_rejected_instance_leaves_with_one_only_under_strict(run, flow):
    name = flow(EXAMPLE.replace("1012345678903", "1012345678904"))
    assert run("check", name).code == 0
    assert run("check", name, "--strict").code == 1
    document = run("check", name, "--json").document
    assert document["accepted"] is True
    assert document["rejected_instances"] == [1]
    (finding,) = [one for one in document["findings"] if one["severity"] == "error"]
    assert (finding["code"], finding["line"], finding["group"], finding["item"], finding["scope"]) == (
        "FF-212",
        2,
        "315",
        "mpan_core",
        "instance",
    )
    assert finding["next_step"]


def test_a_table_of_each_group_is_shown_with_the_keys_of_the_groups_above(run, flow):
    ran = run("show", flow(EXAMPLE))
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "317 Appointment of a Meter Operator" in lines
    assert "3 1 1012345678903 2025-03-17" in lines
    one = run("show", flow(EXAMPLE), "--group", "318")
    assert "317 Appointment" not in one.out
    assert run("show", flow(EXAMPLE), "--group", "999").code == 2
    document = run("show", flow(EXAMPLE), "--json").document
    assert document["groups"]["318"]["rows"][0]["mpan_core"] == "1012345678903"


def test_csv_has_a_table_for_each_group_and_no_formula(run, flow, tmp_path):
    ran = run("convert", flow(EXAMPLE), "--to", "csv")
    assert ran.code == 0
    assert "Written: flow-csv" in ran.out
    folder = tmp_path / "flow-csv"
    assert sorted(path.name for path in folder.glob("*.csv")) == ["315.csv", "317.csv", "318.csv", "header.csv"]
    (row,) = csv.DictReader((folder / "315.csv").open())
    assert row["effective_from_registration"] == "2025-03-17"
    assert row["address_1"] == "'=1+1"
    assert row["address_2"] == ""
    (row,) = csv.DictReader((folder / "318.csv").open())
    assert row["mpan_core"] == "1012345678903"
    assert row["line"] == "4"


def test_parquet_has_types_and_periods(run, flow, tmp_path):
    ran = run("convert", flow(advances([("20251026", 50), ("20251027", 48)])), "--to", "parquet")
    assert ran.code == 0
    frame = pl.read_parquet(tmp_path / "flow-parquet" / "103.parquet")
    assert frame.height == 98
    assert frame["settlement_date"].unique().sort().to_list() == [date(2025, 10, 26), date(2025, 10, 27)]
    assert frame["settlement_period"].to_list() == [*range(1, 51), *range(1, 49)]
    assert frame["advance_kwh"][49] == Decimal("50.125")
    assert frame["mpan_core"].cast(pl.String).unique().to_list() == ["1012345678903"]


def test_a_workbook_has_a_sheet_for_each_group_with_dates_and_text(run, flow, tmp_path):
    assert run("convert", flow(EXAMPLE), "--to", "xlsx").code == 0
    first = (tmp_path / "flow.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "flow.xlsx")
    assert book.sheetnames == ["header", "315", "317", "318"]
    rows = list(book["315"].iter_rows(values_only=True))
    row = dict(zip(rows[0], rows[1], strict=True))
    assert row["mpan_core"] == "1012345678903"
    assert row["effective_from_registration"].date() == date(2025, 3, 17)
    assert row["address_1"] == "=1+1"
    assert book["315"].cell(2, 6).data_type == "s"
    assert run("convert", flow(EXAMPLE), "--to", "xlsx").code == 0
    assert (tmp_path / "flow.xlsx").read_bytes() == first


def test_json_goes_there_and_back_to_the_same_bytes(run, flow, tmp_path):
    name = flow(EXAMPLE)
    assert run("convert", name, "--to", "json").code == 0
    assert run("convert", "flow.json", "--to", "file", "--out", "again.txt").code == 0
    assert (tmp_path / "again.txt").read_text() == EXAMPLE
    document = json.loads((tmp_path / "flow.json").read_text())
    document["groups"][0]["groups"].pop()
    (tmp_path / "flow.json").write_text(json.dumps(document))
    ran = run("convert", "flow.json", "--to", "file", "--out", "again.txt")
    assert ran.code == 0
    assert "FF-113" in ran.err
    assert "ZPT|0000000017|2||1|" in (tmp_path / "again.txt").read_text()
    assert run("check", "again.txt").code == 0


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("", "not JSON"),
        ("[]", "not an object"),
        ("{}", "envelope"),
        ('{"envelope": "user-file", "header": {}}', "groups"),
        ('{"envelope": "user-file", "header": {"x": "1"}, "groups": []}', "'x'"),
        ('{"envelope": "user-file", "header": {"file_id": 1}, "groups": []}', "not text"),
        ('{"envelope": "user-file", "header": {}, "groups": [{"group": "315", "items": {"a|b": "1"}}]}', ""),
        ('{"envelope": "user-file", "header": {}, "groups": [{"group": "315", "items": {"a": "1|2"}}]}', "pipes"),
        ('{"envelope": "user-file", "header": {}, "groups": [{"items": {}}]}', "groups[0]"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_document_that_is_no_file_is_refused_and_leaves_nothing(run, flow, tmp_path, document, says):
    ran = run("convert", flow(document, "flow.json"), "--to", "file", "--out", "again.txt")
    if ran.code == 0:
        assert (tmp_path / "again.txt").is_file()
        return
    assert ran.code == 2
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "again.txt").exists()


def test_a_rejected_file_is_not_converted_unless_asked_and_nothing_is_left(run, flow, tmp_path):
    name = flow(EXAMPLE.replace("318|0001|0001|\n", ""))
    for form in ("csv", "parquet", "xlsx", "json"):
        ran = run("convert", name, "--to", form)
        assert ran.code == 2
        assert "FF-203" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["flow.txt"]
    ran = run("convert", name, "--to", "csv", "--even-rejected")
    assert ran.code == 0
    assert run("convert", name, "--to", "csv", "--even-rejected", "--strict").code == 1
    (row,) = csv.DictReader((tmp_path / "flow-csv" / "findings.csv").open())
    assert row["code"] == "FF-203"


def test_an_unknown_flow_is_rejected_by_the_check_and_still_shown_and_converted(run, flow, tmp_path):
    name = flow(EXAMPLE.replace("D0155001", "D9999001"))
    assert run("check", name).code == 2
    assert "1012345678903" in run("show", name).out
    assert run("convert", name, "--to", "csv").code == 0
    (row,) = csv.DictReader((tmp_path / "flow-csv" / "315.csv").open())
    assert row["item_1"] == "1012345678903"


def test_secrets_are_hidden_in_tables_and_kept_in_json(run, flow, tmp_path):
    head, *_ = EXAMPLE.splitlines()
    values = [f"S{number}CRET" for number in range(40)]
    layout_line = "02A|" + "|".join(values[:12]) + "|"
    text = "\n".join(
        [
            head.replace("D0155001|X|HHSP|M|HHMO", "D0268001|M|HHMO|X|HHSP"),
            "01A|1012345678903|20250317|||T||||||",
            layout_line,
            "ZPT|0000000017|2||1|20250303090000|",
            "",
        ]
    )
    name = flow(text)
    from halfhour.formats.flows.layouts import shipped  # noqa: PLC0415

    items = shipped()["D0268001"].groups["02A"].items
    secret = [values[place] for place, item in enumerate(items[:12]) if item.secret]
    assert secret
    shown = run("show", name)
    run("convert", name, "--to", "csv", "--even-rejected")
    written = "".join(path.read_text() for path in (tmp_path / "flow-csv").glob("*.csv"))
    checked = run("check", name, "--json")
    for value in secret:
        assert value not in shown.out + shown.err
        assert value not in written
        assert value not in checked.out + checked.err
    with_them = run("show", name, "--secrets")
    assert all(value in with_them.out for value in secret)
    ran = run("convert", name, "--to", "json", "--even-rejected")
    assert all(value in (tmp_path / "flow.json").read_text() for value in secret)
    assert "passwords" in ran.err


def test_a_folder_that_no_conversion_made_is_left_alone(run, flow, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious.csv").write_text("x")
    ran = run("convert", flow(EXAMPLE), "--to", "csv", "--out", "mine")
    assert ran.code == 2
    assert "FF-121" in ran.err
    assert (tmp_path / "mine" / "precious.csv").read_text() == "x"
    assert run("convert", flow(EXAMPLE), "--to", "json", "--out", "flow.txt").code == 2
    assert (tmp_path / "flow.txt").read_text() == EXAMPLE


def test_readings_are_checked_and_converted_like_any_file(run, flow, tmp_path):
    df2 = "#F2\n#O 1012345678903-A\n#S 1\n16/04/2024,00:30,0.77,A\n16/04/2024,01:00,1.5,E\n"
    name = flow(df2, "meter.df2")
    ran = run("check", name)
    assert ran.code == 0, ran.err
    assert "2 readings" in ran.out or "1 MSID without a direction" in ran.out
    refused = run("convert", name, "--to", "csv", "--out", "long.csv")
    assert refused.code == 2
    assert "--quantity" in refused.err
    assert run("convert", name, "--to", "csv", "--out", "long.csv", "--quantity", "AI").code == 0
    # 00:30 GMT is the end of the half hour that begins at 01:00 British Summer Time: Settlement Period 3.
    assert (tmp_path / "long.csv").read_text().splitlines()[1:] == [
        "1012345678903,AI,2024-04-16,3,0.770,A",
        "1012345678903,AI,2024-04-16,4,1.500,E",
    ]
    assert "16" in run("show", name).out
    junk = run("check", flow("a;b\n1;2\n", "junk.csv"))
    assert junk.code == 2
    assert run("convert", "junk.csv", "--to", "csv", "--out", "x.csv").code == 2
    assert not (tmp_path / "x.csv").exists()


def test_advances_convert_to_the_long_table_that_settle_takes(run, flow, tmp_path):
    from halfhour.metering.store.one_file import read_one  # noqa: PLC0415

    name = flow(advances([("20251026", 50)]))
    with read_one(tmp_path / name) as taken:
        (table,) = taken.long_tables()
        rows = table.to_pylist()
    assert len(rows) == 50
    assert rows[0] == {
        "msid": "1012345678903",
        "measurement_quantity": "AI",
        "settlement_date": date(2025, 10, 26),
        "settlement_period": 1,
        "kwh": Decimal("1.125"),
        "status": "E",
    }
    assert rows[49]["kwh"] == Decimal("50.125")


def test_a_file_that_is_not_there_is_refused(run):
    assert run("check", "absent.txt").code == 2
