"""Line loss factors: the real file of London with its counts, both forms, which file answers, what is refused."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_data_files import DATA, class_day, each_day, pool_transfer, shared_data, write_extract

from halfhour.calendar import settlement_periods
from halfhour.market_data import MarketDataStore
from halfhour.market_data.checking import check_store
from halfhour.market_data.loading import load_files
from halfhour.market_data.recognition import FileLoad

DAY = date(2026, 4, 1)
SHORT_DAY, LONG_DAY = date(2027, 3, 28), date(2026, 10, 25)
TODAY = date(2026, 7, 1)


def one(loads: list[FileLoad]) -> FileLoad:
    (found,) = loads
    return found


def refused(load: FileLoad) -> str:
    assert load.state == "refused"
    return " ".join(f"{finding.code}: {finding.message}" for finding in load.findings)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "market-data.sqlite"


def factor(store: Path, llfc: str, day: date, mpid: str = "LOND") -> list[int]:
    with MarketDataStore.open(store) as opened:
        found: list[int] = opened.line_loss_factors(mpid, llfc, day, date.fromordinal(day.toordinal() + 1))[0].tolist()
    return found


# The real file


class TestLondon:
    """The whole London file for 2026/27, loaded once."""

    pytestmark = shared_data

    @pytest.fixture(scope="class")
    @staticmethod
    def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FileLoad]:
        path = tmp_path_factory.mktemp("london") / "market-data.sqlite"
        return path, one(load_files([DATA / "llf" / "llflond20260401ptf.zip"], store=path))

    @pytest.fixture(scope="class")
    @staticmethod
    def opened(loaded: tuple[Path, FileLoad]) -> Iterator[MarketDataStore]:
        with MarketDataStore.open(loaded[0]) as found:
            yield found

    def test_every_class_day_and_factor_is_counted(self, loaded: tuple[Path, FileLoad]) -> None:
        load = loaded[1]
        assert (load.state, load.distributor) == ("loaded", "LOND")
        assert (load.classes, load.rows, load.factors) == (166, 60_590, 2_908_320)
        assert (load.first_day, load.last_day) == (date(2026, 4, 1), date(2027, 3, 31))
        assert (load.new, load.changed, load.same) == (60_590, 0, 0)

    def test_short_and_long_days_have_their_own_periods(self, opened: MarketDataStore) -> None:
        for llfc in opened.loss_factor_classes("LOND"):
            year = opened.line_loss_factors("LOND", llfc, date(2026, 4, 1), date(2027, 4, 1))
            assert year.shape == (365, 50)
            filled = (year > 0).sum(axis=1)
            expected = [settlement_periods(day) for day in each_day(date(2026, 4, 1), 365)]
            assert filled.tolist() == expected
            assert [filled[(day - DAY).days] for day in (LONG_DAY, SHORT_DAY)] == [50, 46]
            assert not ((year == 0) & (np.arange(50) < np.array(expected)[:, None])).any()  # none is lost within a day

    def test_factors_are_those_of_the_file(self, opened: MarketDataStore) -> None:
        with zipfile.ZipFile(DATA / "llf" / "llflond20260401ptf.zip") as archive:
            lines = archive.read(archive.namelist()[0]).decode().splitlines()
        llfc, day, factors = "", date.min, dict[tuple[str, date, int], int]()
        for record in lines:
            kind, *items = record.split("|")
            if kind == "LLF":
                llfc = items[0]
            elif kind == "SDT":
                day = date.fromisoformat(f"{items[0][:4]}-{items[0][4:6]}-{items[0][6:]}")
            elif kind == "SPL":
                factors[llfc, day, int(items[0])] = round(float(items[1]) * 1000)
        assert len(factors) == 2_908_320
        assert (min(factors.values()), max(factors.values())) == (984, 1123)
        held = {
            llfc: opened.line_loss_factors("LOND", llfc, date(2026, 4, 1), date(2027, 4, 1))
            for llfc in {name for name, _, _ in factors}
        }
        assert all(held[name][(on - DAY).days, number - 1] == value for (name, on, number), value in factors.items())
        assert sum(int((found > 0).sum()) for found in held.values()) == len(factors)

    def test_days_outside_the_file_are_not_held(self, opened: MarketDataStore) -> None:
        around = opened.line_loss_factors("LOND", "1", date(2026, 3, 31), date(2027, 4, 2))
        assert (around > 0).any(axis=1).tolist() == [False, *[True] * 365, False]
        assert not opened.line_loss_factors("LOND", "nope", DAY, date(2026, 4, 3)).any()
        assert not opened.line_loss_factors("EELC", "1", DAY, date(2026, 4, 3)).any()
        assert opened.line_loss_factors("LOND", "1", DAY, DAY).shape == (0, 50)
        assert opened.line_loss_factors("LOND", "1", DAY, date(2026, 3, 1)).shape == (0, 50)

    def test_class_is_found_padded_or_not(self, opened: MarketDataStore) -> None:
        week = DAY, date(2026, 4, 8)
        assert (opened.line_loss_factors("LOND", "1", *week) == opened.line_loss_factors("LOND", "001", *week)).all()
        assert opened.line_loss_factors("LOND", "1", *week)[0, 0] == 1078

    def test_excerpts_and_the_table_of_the_year_before_go_beside_it(self, loaded: tuple[Path, FileLoad]) -> None:
        path = loaded[0]
        loads = load_files([DATA / "llf"], store=path, distributor="LOND")
        found = {load.path.name: (load.state, load.new, load.changed, load.same) for load in loads}
        assert found == {
            "D0265_LLF_LOND_2026_clock_change_excerpt.ptf": ("loaded", 0, 0, 4),
            "D0265_LLF_LOND_2026_excerpt.ptf": ("loaded", 0, 0, 4),
            "llf_LOND_2025-26_extract.csv": ("loaded", 2_190, 0, 0),
            "llflond20260401ptf.zip": ("already loaded", 0, 0, 0),
        }
        assert factor(path, "70", date(2025, 4, 1))[:15] == [1077] * 14 + [1095]
        assert sum(value > 0 for value in factor(path, "70", date(2025, 10, 26))) == 50
        assert sum(value > 0 for value in factor(path, "70", date(2026, 3, 29))) == 46
        before = path.read_bytes()
        again = load_files([DATA / "llf"], store=path, distributor="LOND")
        assert {load.state for load in again} == {"already loaded"}
        assert path.read_bytes() == before
        with MarketDataStore.open(path) as opened:
            assert check_store(opened, TODAY) == []
            assert [load.row_count for load in opened.loss_factor_sources()] == [60_590, 4, 4, 2_190]


# Both forms, written here


def test_both_forms_give_the_same_factors(tmp_path: Path, store: Path) -> None:
    days = [SHORT_DAY, DAY, LONG_DAY]
    body = ["DIS|LOND"]
    for llfc in ("1", "10B"):
        body += [f"LLF|{llfc}", *(record for day in days for record in class_day(llfc, day, "1.078")[1:])]
    plain = tmp_path / "llf.ptf"
    plain.write_bytes(pool_transfer(body))
    assert one(load_files([plain], store=store)).factors == 2 * (46 + 48 + 50)
    table = write_extract(tmp_path / "llf.csv", [(llfc, day, "1.078") for day in days for llfc in ("1", "10B")])
    assert one(load_files([table], store=store, distributor="LOND")).state == "already loaded"
    packed = tmp_path / "packed.bin"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(tmp_path / "zipped.bin", "w") as archive:
        archive.write(plain, "llf.ptf")
    for path in (packed, tmp_path / "zipped.bin"):  # told by content
        assert one(load_files([path], store=store)).state == "already loaded"
    assert factor(store, "10B", SHORT_DAY) == [1078] * 46 + [0] * 4


def test_later_file_answers_and_the_earlier_is_kept(tmp_path: Path, store: Path) -> None:
    first = write_extract(tmp_path / "first.csv", [("1", day, "1.078") for day in each_day(DAY, 4)])
    second = write_extract(
        tmp_path / "second.csv", [("1", DAY, "1.078"), *(("1", day, "1.09") for day in each_day(DAY, 6)[1:])]
    )
    load_files([first], store=store, distributor="LOND")
    load = one(load_files([second], store=store, distributor="LOND"))
    assert (load.new, load.changed, load.same) == (2, 3, 1)
    assert [factor(store, "1", day)[0] for day in each_day(DAY, 7)] == [1078, 1090, 1090, 1090, 1090, 1090, 0]
    with MarketDataStore.open(store) as opened:
        assert opened.query("SELECT count(*) FROM line_loss_factors") == [(10,)]
        assert [source.file for source in opened.loss_factor_sources()] == ["first.csv", "second.csv"]
    # The first again changes nothing, and it is said that the second goes on answering.
    again = one(load_files([first], store=store, distributor="LOND"))
    assert (again.state, [finding.code for finding in again.findings]) == ("already loaded", ["MD-023"])
    assert factor(store, "1", each_day(DAY, 2)[1])[0] == 1090


def test_distributors_are_kept_apart(tmp_path: Path, store: Path) -> None:
    path = write_extract(tmp_path / "llf.csv", [("1", DAY, "1.078")])
    for mpid in ("LOND", "EELC"):
        assert one(load_files([path], store=store, distributor=mpid)).state == "loaded"
    assert factor(store, "1", DAY, "EELC") == factor(store, "1", DAY, "LOND") == [1078] * 48 + [0, 0]


def test_table_without_its_distributor_is_refused(tmp_path: Path, store: Path) -> None:
    path = write_extract(tmp_path / "llf.csv", [("1", DAY, "1.078")])
    assert "MD-022" in refused(one(load_files([path], store=store)))
    assert "'lond' is no participant id" in refused(one(load_files([path], store=store, distributor="lond")))
    assert not store.exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda text: text.replace(",48,", ",50,"), "n_periods is '50'", id="periods"),
        pytest.param(lambda text: text.replace(",48,1.078,", ",48,,", 1), "llf_sp1 '' is not a factor", id="hole"),
        pytest.param(lambda text: text.replace(",48,1.078,", ",48,0,", 1), "is not above 0", id="zero"),
        pytest.param(lambda text: text.replace(",48,1.078,", ",48,1.0785,", 1), "at most three decimals", id="finer"),
        pytest.param(lambda text: text.replace(",48,1.078,", ",48,-1.078,", 1), "is not a factor", id="negative"),
        pytest.param(lambda text: text.replace(",48,1.078,", ",48,70.1,", 1), "at most 65.535", id="too large"),
        pytest.param(lambda text: text.replace("1.078,,\n", "1.078,1.078,\n"), "llf_sp49 is filled", id="too many"),
        pytest.param(lambda text: text.replace("2026-04-01", "2026-04-31"), "day is out of range", id="no such day"),
        pytest.param(lambda text: text.replace("2026-04-01", "01/04/2026"), "YYYY-MM-DD", id="date of another style"),
        pytest.param(lambda text: text.replace("\n1,", "\n1 000,"), "llfc '1 000'", id="class"),
        pytest.param(lambda text: text + text.splitlines()[1] + "\n", "MD-005: Class 001 is given twice", id="twice"),
        pytest.param(lambda text: text.splitlines()[0] + "\n", "There is no factor", id="empty"),
        pytest.param(lambda text: text.rstrip()[:-9], "It has 5", id="cut off"),
    ],
)
def test_unusable_row_refuses_the_whole_table(tmp_path: Path, store: Path, change: object, expected: str) -> None:
    path = write_extract(tmp_path / "llf.csv", [("1", DAY, "1.078"), ("2", LONG_DAY, "1.078")])
    assert callable(change)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert expected in refused(one(load_files([path], store=store, distributor="LOND")))
    assert not store.exists()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(["DIS|EELC", *class_day("1", DAY, "1.078")], "MD-022", id="another distributor"),
        pytest.param(
            ["DIS|LOND", *class_day("1", DAY, "1.078"), "DIS|EELC", *class_day("2", DAY, "1.078")],
            "MD-022: two.ptf comes from LOND and holds factors of EELC",
            id="two distributors",
        ),
        pytest.param(["DIS|LOND", *class_day("1", DAY, "1.078")[:-1]], "FF-304", id="a period lost"),
        pytest.param(["DIS|LOND", *class_day("1", DAY, "0.000")], "FF-", id="zero"),
    ],
)
def test_pool_transfer_file_that_cannot_be_kept_is_refused(
    tmp_path: Path, store: Path, body: list[str], expected: str
) -> None:
    path = tmp_path / "two.ptf"
    path.write_bytes(pool_transfer(body))
    assert expected in refused(one(load_files([path], store=store)))
    assert not store.exists()


def test_damaged_pool_transfer_file_is_refused_and_leaves_the_store_as_it_was(tmp_path: Path, store: Path) -> None:
    good = tmp_path / "good.ptf"
    good.write_bytes(pool_transfer(["DIS|LOND", *class_day("1", DAY, "1.078")]))
    load_files([good], store=store)
    before = store.read_bytes()
    flipped = tmp_path / "flipped.ptf"
    flipped.write_bytes(good.read_bytes().replace(b"SPL|7|1.078", b"SPL|7|1.079"))
    assert "FF-302" in refused(one(load_files([flipped], store=store)))
    cut = tmp_path / "cut.ptf"
    cut.write_bytes(good.read_bytes()[:300])
    assert "FF-" in refused(one(load_files([cut], store=store)))
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(good, "llf.ptf")
    whole = (tmp_path / "whole.zip").read_bytes()
    broken = tmp_path / "broken.zip"
    broken.write_bytes(whole[: len(whole) // 2])
    assert "MD-003" in refused(one(load_files([broken], store=store)))
    garbled = tmp_path / "garbled.zip"
    middle = len(whole) // 3
    garbled.write_bytes(
        whole[:middle] + bytes(byte ^ 0xFF for byte in whole[middle : middle + 8]) + whole[middle + 8 :]
    )
    assert one(load_files([garbled], store=store)).state == "refused"
    assert "MD-022" in refused(one(load_files([good], store=store, distributor="EELC")))
    assert store.read_bytes() == before


def test_days_missing_between_others_are_reported(tmp_path: Path, store: Path) -> None:
    days = each_day(DAY, 10)
    kept = days[:3] + days[5:6] + days[7:]
    path = write_extract(tmp_path / "llf.csv", [(llfc, day, "1.078") for llfc in ("1", "2") for day in kept])
    load_files([path], store=store, distributor="LOND")
    with MarketDataStore.open(store) as opened:
        (finding,) = check_store(opened, TODAY)
    assert (finding.code, finding.severity) == ("MD-026", "warning")
    assert (
        "LOND: 2 classes (001 …) have no line loss factors for 2026-04-04 to 2026-04-05, 2026-04-07" in finding.message
    )


# A model: of all files that give a class-day, the last one counts

class_days = st.dictionaries(
    st.tuples(st.sampled_from(["1", "01", "2B"]), st.sampled_from(each_day(SHORT_DAY, 3))),
    st.sampled_from(["0.9", "1.078", "1.1"]),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(class_days, min_size=1, max_size=4))
def test_store_answers_as_the_files_in_their_order_would(
    tmp_path_factory: pytest.TempPathFactory, given_files: list[dict[tuple[str, date], str]]
) -> None:
    folder = tmp_path_factory.mktemp("model")
    store = folder / "store.sqlite"
    model: dict[tuple[str, date], int] = {}
    seen: list[dict[tuple[str, date], int]] = []
    for number, found in enumerate(given_files):
        content = {(llfc.rjust(3, "0"), day): round(float(text) * 1000) for (llfc, day), text in found.items()}
        path = write_extract(folder / f"{number}.csv", [(llfc, day, text) for (llfc, day), text in found.items()])
        load = one(load_files([path], store=store, distributor="LOND"))
        if len(content) < len(found):
            assert load.state == "refused"  # one class in two forms
        elif content in seen:
            assert load.state == "already loaded"
        else:
            changed = sum(key in model and model[key] != value for key, value in content.items())
            assert (load.state, load.changed, load.new) == ("loaded", changed, len(content.keys() - model.keys()))
            model |= content
            seen.append(content)
    with MarketDataStore.open(store) as opened:
        for llfc in ("001", "02B"):
            days = each_day(SHORT_DAY, 3)
            held = opened.line_loss_factors("LOND", llfc, days[0], date(2027, 3, 31))
            for at, day in enumerate(days):
                expected = model.get((llfc, day), 0)
                periods = settlement_periods(day)
                assert held[at].tolist() == [expected] * periods + [0] * (50 - periods)
        assert not [finding for finding in check_store(opened, TODAY) if finding.severity == "error"]
