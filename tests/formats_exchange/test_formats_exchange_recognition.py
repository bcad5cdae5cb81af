"""Which format a file is of is told by its content, and a file that is nearly of one is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from formats_exchange_stores import IMPORT_MSID, bg_row, codes_of, df2_of, edf_of, edf_row, only, simple_of, take

DF2_ROW = "15/01/2024,00:30,1,A"
SIMPLE_ROW = f"{IMPORT_MSID},ACTIVE,2024-01-15 00:00,1.5,A"
LONG_HEADER = "msid,measurement_quantity,settlement_date,settlement_period,kwh,status"


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        (df2_of(DF2_ROW), "Stark DF2"),
        (df2_of(DF2_ROW).lower(), "Stark DF2"),
        ("\n \n" + df2_of(DF2_ROW), "Stark DF2"),
        (simple_of(SIMPLE_ROW), "simple CSV"),
        (SIMPLE_ROW + "\n", "simple CSV"),
        (simple_of(SIMPLE_ROW.replace("ACTIVE", "AI")), "simple CSV"),
        ("msid,channel,start,kwh,status\n" + SIMPLE_ROW, "simple CSV"),
        (bg_row("15/01/2024"), "bg CSV"),
        ("MPAN,Ref,Date,Values\n" + bg_row("15/01/2024"), "bg CSV"),
        (edf_of(edf_row("15-01-2024", ["1"] * 48)), "EDF portal CSV"),
        (edf_row("15-01-2024", ["1"] * 48), "EDF portal CSV"),
        (f"{LONG_HEADER}\n{IMPORT_MSID},AI,2024-01-15,1,1.5,A\n", "long CSV"),
    ],
)
def test_the_name_of_a_file_does_not_matter(tmp_path: Path, content: str, format_: str) -> None:
    for number, name in enumerate(("a.csv", "a.df2", "a.csv.gz")):
        store = take(tmp_path / str(number), content, name, bg_clock="utc")
        assert store.sources[0].format == ("gzipped " if name.endswith(".gz") else "") + format_
        assert store.sources[0].readings > 0
        assert codes_of(store) == []


@pytest.mark.parametrize(
    "content",
    [
        # The contract's own tables, with a mistake in them, keep the messages that know their columns.
        f"msid,measurement_quantity,date,settlement_period,kwh\n{IMPORT_MSID},AI,2024-01-15 00:00,1,1.5\n",
        f"msid,measurement_quantity,settlement_date,kwh,status\n{IMPORT_MSID},ACTIVE,2024-01-15 00:00,1.5,A\n",
        "msid,measurement_quantity,settlement_date,q1\n" + bg_row("15/01/2024"),
    ],
)
def test_a_table_with_the_contracts_columns_is_left_to_their_reader(tmp_path: Path, content: str) -> None:
    only(take(tmp_path, content), "RD-002")


@pytest.mark.parametrize(
    "content",
    [
        f"{IMPORT_MSID},AI,2024-01-15,1,1.5,A\n",
        f"{IMPORT_MSID},AI,2024-01-15," + ",".join(["1"] * 48) + "\n",
        "day;value\n1;2\n",
        "# a remark\nday,value\n1,2\n",
        "name,amount\nx,1\n",
    ],
)
def test_another_table_is_no_exchange_file(tmp_path: Path, content: str) -> None:
    only(take(tmp_path, content), "RD-001")


@pytest.mark.parametrize(
    ("content", "format_", "wrong"),
    [
        (df2_of(DF2_ROW).replace("#F2", "#F1"), "Stark DF2", "first line is '#F1' instead of '#F2'"),
        (df2_of(DF2_ROW).removeprefix("#F2\n"), "Stark DF2", f"first line is '#O {IMPORT_MSID}-A plant'"),
        (DF2_ROW + "\n", "Stark DF2", "begins with a row"),
        (df2_of("15/01/2024,00:30,1"), "Stark DF2", "line 4 has 3 fields; each line has 4 fields"),
        (df2_of(DF2_ROW + ",x"), "Stark DF2", "line 4 has 5 fields"),
        (df2_of(DF2_ROW, sensor=5), "Stark DF2", "line 3 is of sensor '5'"),
        (df2_of(DF2_ROW, sensor=0), "Stark DF2", "line 3 is of sensor '0'"),
        (df2_of(DF2_ROW, msid=""), "Stark DF2", "line 2, '#O -A plant', names no MPAN"),
        (f"#F2\n#O {IMPORT_MSID}\n{DF2_ROW}\n", "Stark DF2", "line 3 stands before any heading '#S'"),
        (f"#F2\n#S 1\n{DF2_ROW}\n", "Stark DF2", "line 3 stands before any heading '#O'"),
        (df2_of(DF2_ROW, "#X 1"), "Stark DF2", "line 5, '#X 1', is none of the headings"),
        (simple_of(f"{IMPORT_MSID},ACTIVE,2024-01-15 00:00,1.5"), "simple CSV", "line 2 has 4 fields"),
        (simple_of(SIMPLE_ROW, SIMPLE_ROW + ",B", "x"), "simple CSV", "line 3 has 6 fields, line 4 has 1 field;"),
        (simple_of(SIMPLE_ROW, *["x"] * 7), "simple CSV", "and 2 more lines are wrong; each line has 5 fields"),
        (bg_row("15/01/2024").replace("1.5,", "", 1), "bg CSV", "line 1 has 50 fields; each line has 51 fields"),
        (bg_row("15/01/2024").strip() + ",1.5,1.5\n", "bg CSV", "line 1 has 53 fields"),
        (edf_of(edf_row("15-01-2024", ["1"] * 48).strip() + ",-,-\n"), "EDF portal CSV", "line 2 has 106 fields"),
        (edf_of("Mar-24\n"), "EDF portal CSV", "line 2 has 1 field; each line has 104 fields"),
    ],
)
def test_a_file_that_is_nearly_of_a_format_is_told_so(tmp_path: Path, content: str, format_: str, wrong: str) -> None:
    store = take(tmp_path, content, bg_clock="utc")
    finding = only(store, "HH-501")
    assert f"readings/a.csv is nearly {format_}, but " in finding.message
    assert wrong in finding.message
    assert "nothing of it was used" in finding.next_step
    assert store.segments == []
    assert (store.sources[0].format, store.sources[0].rows) == ("", 0)


def test_lines_that_end_in_one_more_comma_are_of_the_format_if_all_do(tmp_path: Path) -> None:
    row = edf_row("15-01-2024", ["1"] * 48).strip()
    store = take(tmp_path / "all", edf_of(row + ",\n", row.replace("15-01", "16-01") + ",\n"))
    assert codes_of(store) == []
    assert store.sources[0].readings == 96
    only(take(tmp_path / "one", edf_of(row + ",\n", row + ",x\n")), "HH-501")
    only(take(tmp_path / "first", edf_of(row + ",\n", row + "\n")), "HH-501")
