"""Loading Market Domain Data: what is told by content, refused, passed over, kept by version, and never twice."""

from __future__ import annotations

import random
import re
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from market_data_files import LLFC_1, LLFC_10B, mdd_text, write_mdd

import halfhour.market_data
from halfhour.errors import HalfhourError, NotCovered, codes
from halfhour.market_data import MarketDataStore
from halfhour.market_data.columns import mdd_tables
from halfhour.market_data.database import default_store_path
from halfhour.market_data.loading import load_files
from halfhour.market_data.recognition import FileLoad

GROUPS = [("_A", "Eastern"), ("_B", "East Midlands")]


def one(loads: list[FileLoad]) -> FileLoad:
    (found,) = loads
    return found


def problems(load: FileLoad) -> list[str]:
    assert load.state == "refused"
    assert {finding.severity for finding in load.findings} == {"error"}
    return [f"{finding.code} {finding.where}: {finding.message}" for finding in load.findings]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store" / "market-data.sqlite"


def held(store: Path, table: str, version: int) -> list[dict[str, object]]:
    with MarketDataStore.open(store) as opened:
        return opened.select(table, version)


def test_file_is_told_by_its_header_and_not_by_its_name(tmp_path: Path, store: Path) -> None:
    path = write_mdd(tmp_path, "gsp_group", 377, GROUPS)
    renamed = path.rename(tmp_path / "Clock_Interval_377.csv")
    assert (one(load_files([renamed], store=store)).table, len(held(store, "gsp_group", 377))) == ("gsp_group", 2)


def test_version_comes_from_the_name_or_is_given_and_never_both(tmp_path: Path, store: Path) -> None:
    nameless = write_mdd(tmp_path, "gsp_group", None, GROUPS)
    assert "MD-015" in problems(one(load_files([nameless], store=store)))[0]
    assert not store.exists()  # nothing is written for what is refused
    assert one(load_files([nameless], store=store, version=378)).version == 378
    named = write_mdd(tmp_path, "gsp_group", 377, GROUPS)
    assert "says version 377, and version 378" in problems(one(load_files([named], store=store, version=378)))[0]
    assert one(load_files([named], store=store, version=377)).state == "loaded"
    assert "MD-015" in problems(one(load_files([nameless], store=store, version=0)))[0]


def test_line_ends_quotes_and_order_make_no_other_content(tmp_path: Path, store: Path) -> None:
    rows = [LLFC_1, LLFC_10B]
    load_files([write_mdd(tmp_path / "a", "line_loss_factor_class", 377, rows)], store=store)
    before = store.read_bytes()
    other = write_mdd(tmp_path / "b", "line_loss_factor_class", 377, rows[::-1], end="\r\n", quoted=False)
    other.write_bytes(other.read_bytes() + b"\r\n\r\n")  # empty lines at the end are no rows
    assert one(load_files([other], store=store)).state == "already loaded"
    assert store.read_bytes() == before


def test_version_is_immutable(tmp_path: Path, store: Path) -> None:
    load_files([write_mdd(tmp_path / "a", "gsp_group", 377, GROUPS)], store=store)
    before = store.read_bytes()
    other = write_mdd(tmp_path / "b", "gsp_group", 377, [*GROUPS, ("_C", "London")])
    assert "MD-014" in problems(one(load_files([other], store=store)))[0]
    assert store.read_bytes() == before


def test_byte_order_mark_is_left_out_and_said(tmp_path: Path, store: Path) -> None:
    path = tmp_path / "GSP_Group_377.csv"
    path.write_bytes(b"\xef\xbb\xbf" + mdd_text("gsp_group", GROUPS).encode())
    load = one(load_files([path], store=store))
    assert load.state == "loaded"
    assert [(finding.code, finding.severity) for finding in load.findings] == [("MD-017", "warning")]
    assert [row["id"] for row in held(store, "gsp_group", 377)] == ["_A", "_B"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([LLFC_1[:-1]], "It has 7 values; the header has 8.", id="truncated row"),
        pytest.param([(*LLFC_1, "x")], "It has 9 values", id="a value too much"),
        pytest.param([(*LLFC_1[:4], "31/04/1996", *LLFC_1[5:])], "is no date: day is out of range", id="no such day"),
        pytest.param([(*LLFC_1[:4], "1996-04-01", *LLFC_1[5:])], "is not a date written dd/mm/yyyy", id="ISO date"),
        pytest.param([(*LLFC_1[:4], "1/4/1996", *LLFC_1[5:])], "is not a date written dd/mm/yyyy", id="short date"),
        pytest.param([(*LLFC_1[:4], "", *LLFC_1[5:])], "is empty", id="no start"),
        pytest.param([("", *LLFC_1[1:])], "Market Participant ID is empty", id="no distributor"),
        pytest.param([(*LLFC_1[:-1], "31/03/1996")], "It ends before it begins", id="ends before it begins"),
        pytest.param([(*LLFC_1[:-1], "31/12/9999")], "an open end is an empty cell", id="end of the calendar"),
        pytest.param([LLFC_1, LLFC_1], "It has the key of line", id="twice"),
        pytest.param(
            [LLFC_1, (*LLFC_1[:4], "01/04/2020", *LLFC_1[5:])], "still holds", id="overlaps one without an end"
        ),
        pytest.param(
            [(*LLFC_1[:-1], "01/04/2020"), (*LLFC_1[:4], "01/04/2020", *LLFC_1[5:])],
            "holds from 2020-04-01 while that of line",
            id="overlaps by its last day",
        ),
        pytest.param([LLFC_1, (*LLFC_1[:3], "001", *LLFC_1[4:])], "It has the key of line", id="padded twice"),
        pytest.param([], "There is no row after the header.", id="empty"),
    ],
)
def test_unusable_row_refuses_its_table_whole(
    tmp_path: Path, store: Path, rows: list[tuple[str, ...]], expected: str
) -> None:
    bad = write_mdd(tmp_path, "line_loss_factor_class", 377, [*rows, LLFC_10B][: len(rows) + bool(rows)])
    good = write_mdd(tmp_path, "gsp_group", 377, GROUPS)
    loads = {load.table: load for load in load_files([tmp_path], store=store)}
    found = problems(loads["line_loss_factor_class"])
    assert any(expected in problem for problem in found), found
    assert all(problem.split()[1].startswith(f"{bad.name}:") for problem in found)
    assert (loads["gsp_group"].state, loads["gsp_group"].path) == ("loaded", good)
    with MarketDataStore.open(store) as opened:
        assert set(opened.versions()[0].tables) == {"gsp_group"}
        assert opened.query("SELECT count(*) FROM mdd_line_loss_factor_class") == [(0,)]


def test_every_problem_is_listed_with_its_line(tmp_path: Path, store: Path) -> None:
    rows = [LLFC_10B, LLFC_1[:5], (*LLFC_1[:2], "99/99/9999", "1", "soon", *LLFC_1[5:]), LLFC_1]
    path = write_mdd(tmp_path, "line_loss_factor_class", 377, rows)
    assert [problem.split(" ", 2)[1] for problem in problems(one(load_files([path], store=store)))] == [
        f"{path.name}:3:",
        f"{path.name}:4:",
        f"{path.name}:4:",
    ]


def test_rows_that_touch_or_that_differ_in_role_do_not_overlap(tmp_path: Path, store: Path) -> None:
    rows = [(*LLFC_1[:-1], "31/03/2020"), (*LLFC_1[:4], "01/04/2020", *LLFC_1[5:]), ("EELC", *LLFC_1[1:])]
    assert one(load_files([write_mdd(tmp_path, "line_loss_factor_class", 377, rows)], store=store)).rows == 3
    with MarketDataStore.open(store) as opened:
        for day, start in ((date(2020, 3, 31), date(1996, 4, 1)), (date(2020, 4, 1), date(2020, 4, 1))):
            (row,) = opened.live("line_loss_factor_class", day, mpid="LOND", llfc="1")
            assert row["effective_from"] == start


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text.replace('"Gsp Group ID"', '"Group"'), "MD-019.*column 1 is 'Group', not 'Gsp Group ID'"),
        (lambda text: text.split("\n", 1)[1], "MD-019"),
        (lambda text: text.replace('Name"\n', 'Name","More"\n'), "MD-019.*has 3 columns, not 2"),
    ],
)
def test_table_named_so_without_its_header_is_refused(
    tmp_path: Path, store: Path, change: object, expected: str
) -> None:
    path = tmp_path / "GSP_Group_377.csv"
    path.write_text(change(mdd_text("gsp_group", GROUPS)), encoding="utf-8")
    (problem,) = problems(one(load_files([path], store=store)))
    assert re.search(expected, problem), problem


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(mdd_text("gsp_group", GROUPS).replace("Eastern", "East\0ern").encode(), id="NUL"),
        pytest.param(mdd_text("gsp_group", GROUPS).replace("Eastern", "Est\xe9").encode("latin-1"), id="not UTF-8"),
        pytest.param(mdd_text("gsp_group", GROUPS).replace('"Eastern"', '"East"ern"').encode(), id="quotes"),
        pytest.param(mdd_text("gsp_group", GROUPS).rstrip()[:-1].encode(), id="cut off in a quoted value"),
        pytest.param(mdd_text("gsp_group", GROUPS).replace('"_B"', '"' + "B" * 300_000 + '"').encode(), id="huge"),
        pytest.param(mdd_text("gsp_group", GROUPS).replace('"_A","', '\n"_A","').encode(), id="empty line within"),
    ],
)
def test_damaged_text_is_refused_with_the_place(tmp_path: Path, store: Path, content: bytes) -> None:
    path = tmp_path / "GSP_Group_377.csv"
    path.write_bytes(content)
    found = problems(one(load_files([path], store=store)))
    assert all(problem.startswith("MD-004 GSP_Group_377.csv:") for problem in found)
    assert not store.exists()


def test_unknown_file_is_passed_over_below_a_folder_and_refused_when_named(tmp_path: Path, store: Path) -> None:
    write_mdd(tmp_path / "in", "gsp_group", 377, GROUPS)
    (tmp_path / "in" / "deeper").mkdir()
    (tmp_path / "in" / "deeper" / "notes.txt").write_text("nothing of the market", encoding="utf-8")
    (tmp_path / "in" / "picture.csv").write_bytes(bytes(range(256)))
    (tmp_path / "in" / "empty.csv").write_bytes(b"")
    loads = load_files([tmp_path / "in"], store=store)
    assert sorted((load.path.name, load.state) for load in loads) == [
        ("GSP_Group_377.csv", "loaded"),
        ("empty.csv", "skipped"),
        ("notes.txt", "skipped"),
        ("picture.csv", "skipped"),
    ]
    assert all([finding.code for finding in load.findings] == ["MD-018"] for load in loads if load.state == "skipped")
    assert "MD-018" in problems(one(load_files([tmp_path / "in" / "empty.csv"], store=store)))[0]
    with pytest.raises(HalfhourError, match=r"MD-018.*no file or folder"):
        load_files([tmp_path / "in", tmp_path / "out"], store=store)


def test_levy_rates_are_not_taken_into_the_store(tmp_path: Path, store: Path) -> None:
    path = tmp_path / "cfd_interim_levy_rate.csv"
    path.write_text("effective_from,last_day,interim_levy_rate_gbp_per_mwh,source\n", encoding="utf-8")
    assert "rates of a levy" in problems(one(load_files([path], store=store)))[0]


def test_who_waits_is_told_how_far_it_is(tmp_path: Path, store: Path) -> None:
    write_mdd(tmp_path, "gsp_group", 377, [(f"{number:05}", "Eastern") for number in range(25_000)])
    write_mdd(tmp_path, "gsp_group", 378, GROUPS)
    told: list[tuple[int, int]] = []
    load_files([tmp_path], store=store, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert (told[0], told[-1], told.count((0, 2)) >= 4) == ((0, 2), (2, 2), True)


def test_same_file_reached_twice_is_taken_once(tmp_path: Path, store: Path) -> None:
    path = write_mdd(tmp_path / "in", "gsp_group", 377, GROUPS)
    (tmp_path / "in" / "link.csv").symlink_to(path)
    assert len(load_files([path, tmp_path / "in", path], store=store)) == 1


def test_new_version_is_compared_with_the_one_before(tmp_path: Path, store: Path) -> None:
    ended = (*LLFC_1[:-1], "31/03/2024")
    described = (*LLFC_10B[:5], "Band 4", *LLFC_10B[6:])
    gone = ("EELC", *LLFC_1[1:])
    new = ("EELC", *LLFC_10B[1:])
    write_mdd(tmp_path, "line_loss_factor_class", 346, [LLFC_1, LLFC_10B, gone])
    write_mdd(tmp_path, "line_loss_factor_class", 377, [ended, described, new])
    first, second = load_files([tmp_path], store=store)
    assert first.changes is None
    assert second.changes is not None
    assert (second.changes.older, second.changes.newer) == (346, 377)
    found = {row.manner: row for row in second.changes.rows}
    assert len(second.changes.rows) == 4
    assert (found["ended"].before, found["ended"].after) == (
        {"effective_to": None},
        {"effective_to": date(2024, 4, 1)},
    )
    assert found["ended"].key == {"mpid": "LOND", "llfc": "001", "role": "R", "effective_from": date(1996, 4, 1)}
    assert (found["changed"].before, found["changed"].after) == ({"description": "Band 3"}, {"description": "Band 4"})
    assert (found["added"].key["mpid"], found["removed"].key["llfc"]) == ("EELC", "001")


def test_version_loaded_late_is_compared_with_the_nearest_below_it(tmp_path: Path, store: Path) -> None:
    compared = {}
    for number, name in ((346, "Old"), (377, "New"), (360, "Between"), (370, "After")):
        load = one(load_files([write_mdd(tmp_path, "gsp_group", number, [("_A", name)])], store=store))
        compared[number] = load.changes and load.changes.older
    assert compared == {346: None, 377: 346, 360: 346, 370: 360}
    with MarketDataStore.open(store) as opened:
        assert opened.mdd_version("gsp_group", date(2024, 1, 1)).number == 377
        assert [version.number for version in opened.versions()] == [346, 360, 370, 377]


def test_unknown_publication_is_said_and_can_be_given(tmp_path: Path, store: Path) -> None:
    path = write_mdd(tmp_path, "gsp_group", 360, GROUPS)
    assert [finding.code for finding in one(load_files([path], store=store)).findings] == ["MD-016"]
    with MarketDataStore.open(store) as opened:
        assert opened.versions()[0].published is None
        assert opened.versions()[0].stale(date(1996, 4, 1))
    load = one(load_files([path], store=store, published=date(2025, 3, 4)))
    assert (load.state, load.findings) == ("already loaded", [])
    before = store.read_bytes()
    for published in (None, date(2025, 3, 4)):
        assert one(load_files([path], store=store, published=published)).findings == []
    assert store.read_bytes() == before
    (said,) = one(load_files([path], store=store, published=date(2025, 3, 5))).findings
    assert (said.code, said.severity) == ("MD-016", "info")
    with MarketDataStore.open(store) as opened:
        version = opened.versions()[0]
        assert (version.published, version.published_source) == (date(2025, 3, 5), "given when it was loaded")
        assert version.stale(date(2025, 3, 5) + timedelta(93))
        assert not version.stale(date(2025, 3, 5) + timedelta(92))


def test_publication_that_cannot_be_is_refused_before_anything_is_written(tmp_path: Path, store: Path) -> None:
    write_mdd(tmp_path, "gsp_group", 346, GROUPS)
    write_mdd(tmp_path, "gsp_group", 377, GROUPS)
    with pytest.raises(HalfhourError, match=r"MD-015.*346, 377 cannot all"):
        load_files([tmp_path], store=store, published=date(2024, 3, 19))
    with pytest.raises(HalfhourError, match=r"MD-015.*not published yet"):
        load_files([tmp_path / "GSP_Group_377.csv"], store=store, published=date(2999, 1, 1))
    assert not store.exists()


def test_table_of_an_older_version_of_unknown_publication_does_not_answer(tmp_path: Path, store: Path) -> None:
    write_mdd(tmp_path, "gsp_group", 360, GROUPS)
    write_mdd(tmp_path, "market_role", 377, [("X", "Supplier")])
    load_files([tmp_path], store=store)
    with MarketDataStore.open(store) as opened, pytest.raises(NotCovered, match="publication day is not known"):
        opened.mdd_version("gsp_group", date(2020, 1, 1))


def test_store_that_is_not_there_is_empty_and_is_not_made_by_reading(tmp_path: Path) -> None:
    path = tmp_path / "no" / "store.sqlite"
    with MarketDataStore.open(path) as store:
        assert (store.versions(), store.loads()) == ([], [])
        assert store.identity() == {"market_domain_data": [], "line_loss_factors": [], "reference": []}
        with pytest.raises(NotCovered, match=r"MD-010.*No Market Domain Data is loaded.*halfhour market-data load"):
            store.mdd_version("gsp_group", date(2024, 1, 1))
        with pytest.raises(NotCovered, match=r"MD-001.*held nearest: nothing"):
            store.reference("bsuos_fixed_tariff", date(2024, 1, 1))
        assert not store.line_loss_factors("LOND", "1", date(2024, 1, 1), date(2024, 1, 3)).any()
    assert not path.parent.exists()


def test_what_is_no_store_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    good = write_mdd(tmp_path, "gsp_group", 377, GROUPS)
    text = tmp_path / "text.sqlite"
    text.write_text("this is no database, and it is long enough to be taken for none" * 20, encoding="utf-8")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE things (name TEXT)")
    database.close()
    newer = tmp_path / "newer.sqlite"
    load_files([good], store=newer)
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    for path, words in ((text, "no store"), (other, "another program"), (newer, "layout 99"), (tmp_path, "cannot be")):
        before = path.read_bytes() if path.is_file() else b""
        for attempt in (lambda at=path: MarketDataStore.open(at), lambda at=path: load_files([good], store=at)):
            with pytest.raises(HalfhourError, match=rf"MD-020.*{words}"):
                attempt()
        assert (path.read_bytes() if path.is_file() else b"") == before


def test_store_on_a_read_only_place_is_read(tmp_path: Path, store: Path) -> None:
    load_files([write_mdd(tmp_path, "gsp_group", 377, GROUPS)], store=store)
    store.chmod(0o444)
    store.parent.chmod(0o555)
    try:
        assert len(held(store, "gsp_group", 377)) == 2
        assert list(store.parent.iterdir()) == [store]
    finally:
        store.parent.chmod(0o755)


def test_place_of_the_store_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HALFHOUR_MARKET_DATA", str(tmp_path / "named.sqlite"))
    assert default_store_path() == tmp_path / "named.sqlite"
    monkeypatch.delenv("HALFHOUR_MARKET_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_store_path() == tmp_path / "data" / "halfhour" / "market-data.sqlite"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_store_path() == tmp_path / "home" / ".local" / "share" / "halfhour" / "market-data.sqlite"


def test_version_being_read_is_seen_whole_while_another_is_loaded(tmp_path: Path, store: Path) -> None:
    load_files([write_mdd(tmp_path, "gsp_group", 346, GROUPS)], store=store)
    with MarketDataStore.open(store) as opened:
        assert [version.number for version in opened.versions()] == [346]
        load_files([write_mdd(tmp_path, "gsp_group", 377, GROUPS)], store=store)
        assert [version.number for version in opened.versions()] == [346, 377]  # nothing is remembered too long


def test_columns_that_a_version_may_leave_out_are_empty(tmp_path: Path, store: Path) -> None:
    table = mdd_tables()["valid_mtc_llfc_ssc_pc_combination"]
    row = ("845", "01/04/1996", "LOND", "01/04/1996", "0393", "01/04/1996", "1", "01/04/1996", "3", "01/04/1996", "")
    load_files([write_mdd(tmp_path, table.name, 377, [row])], store=store)
    whole = tmp_path / "whole" / f"{table.file}_378.csv"
    whole.parent.mkdir()
    text = mdd_text(table.name, [(*row, "T")])
    whole.write_text(text.replace('(VMTCLSPC)"\n', '(VMTCLSPC)","Preserved Tariff Indicator"\n'), encoding="utf-8")
    assert one(load_files([whole], store=store)).state == "loaded"
    assert [held(store, table.name, version)[0]["preserved_tariff"] for version in (377, 378)] == ["", "T"]
    assert held(store, table.name, 377)[0]["profile_class"] == "03"


def test_every_code_that_market_data_raise_is_explained() -> None:
    used = set()
    for path in Path(halfhour.market_data.__path__[0]).glob("*.py"):
        used |= set(re.findall(r'"(MD-[0-9]{3})"', path.read_text(encoding="utf-8")))
    assert used - set(codes()) == set()


# Properties

codes_of_classes = st.text(st.sampled_from("0123456789AB"), min_size=1, max_size=3)
days = st.dates(date(1996, 4, 1), date(2030, 12, 31))


@st.composite
def classes(draw: st.DrawFn) -> list[tuple[str, ...]]:
    """Rows of the class table that do not overlap: for each distributor and class, dates in order, taken in pairs."""
    rows = []
    names = draw(
        st.lists(st.tuples(st.sampled_from(["LOND", "EELC"]), codes_of_classes), max_size=6, unique_by=padded_pair)
    )
    for mpid, llfc in names:
        edges = sorted(draw(st.sets(days, min_size=1, max_size=5)))
        for number, start in enumerate(edges[::2]):
            later = edges[2 * number + 1 : 2 * number + 2]
            end = f"{later[0]:%d/%m/%Y}" if later else ""
            if later and later[0] == start:
                continue
            rows.append((mpid, "R", "01/04/1996", llfc, f"{start:%d/%m/%Y}", 'words, "and" more', "A", end))
    return rows


def padded_pair(name: tuple[str, str]) -> tuple[str, str]:
    return name[0], name[1].rjust(3, "0")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=classes(), quoted=st.booleans(), end=st.sampled_from(["\n", "\r\n"]), seed=st.integers(0, 99))
def test_rows_come_back_as_they_were_given_whatever_the_file_looks_like(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], quoted: bool, end: str, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("round")
    store = folder / "store.sqlite"
    shuffled = random.Random(seed).sample(rows, len(rows))
    path = write_mdd(folder, "line_loss_factor_class", 377, shuffled, end=end, quoted=quoted)
    load = one(load_files([path], store=store))
    if not rows:
        assert load.state == "refused"
        return
    assert load.state == "loaded", load.findings

    def written(row: dict[str, object]) -> tuple[object, ...]:
        start, after = row["effective_from"], row["effective_to"]
        assert isinstance(start, date)
        last = f"{after - timedelta(1):%d/%m/%Y}" if isinstance(after, date) else ""
        return (row["mpid"], "R", "01/04/1996", row["llfc"], f"{start:%d/%m/%Y}", row["description"], "A", last)

    assert sorted(map(written, held(store, "line_loss_factor_class", 377)), key=str) == sorted(
        ((*row[:3], row[3].rjust(3, "0"), *row[4:]) for row in rows), key=str
    )
    again = write_mdd(folder / "again", "line_loss_factor_class", 377, rows, quoted=not quoted)
    assert one(load_files([again], store=store)).state == "already loaded"
