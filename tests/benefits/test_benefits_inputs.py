"""What a person may give: tables, readings files and terms, good and hostile; nothing is lost or guessed silently."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from benefits_cases import V19C, D, market_2026, rows, small_plant
from hypothesis import given
from hypothesis import strategies as st

from halfhour.charges.benefits import Market, compare_routes, half_hours
from halfhour.charges.benefits.exact import as_decimal, each, rate_digits, total
from halfhour.charges.benefits.reading import read_readings
from halfhour.charges.benefits.tables import HALF_HOUR_SCHEMA, SUMMARY_SCHEMA, YEAR_SCHEMA
from halfhour.charges.benefits.terms import read_terms
from halfhour.errors import HalfhourError, Refused
from halfhour.terms import glossary

HEADER = "settlement_date,settlement_period,export_mwh,llf_export\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@given(
    st.lists(
        st.tuples(
            st.integers(0, (2**31 - 1) * 999_999),
            st.integers(-(4 * 10**10), 4 * 10**10),
            st.integers(-(10**12), 10**12),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_wide_products_are_those_of_python_up_to_the_stated_bounds(drawn: list[tuple[int, int, int]]) -> None:
    qm, factor, price = (np.array(column, dtype=np.int64) for column in zip(*drawn, strict=True))
    rate = rate_digits(factor, price)
    products = [a * b * c for a, b, c in drawn]
    assert total(qm, rate) == sum(products)
    assert [as_decimal(one, 28) for one in products] == each(qm, rate, 28).to_pylist()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2026-12-03,35,1e3,1", "EB-312"),
        ("2026-12-03,35,nan,1", "EB-312"),
        ("2026-12-03,35,inf,1", "EB-312"),
        ("2026-12-03,35,-1,1", "EB-312"),
        ("2026-12-03,35,99999999999999999999,1", "EB-312"),
        ("2026-12-03,35,1.0000001,1", "EB-312"),
        ("2026-12-03,35,2148,1", "EB-312"),
        ("2026-12-03,35,1,0", "EB-312"),
        ("2026-12-03,35,1,10", "EB-312"),
        ("2026-12-03,35,1,1.000001", "EB-312"),
        ("03/12/2026,35,1,1", "EB-312"),
        ("2026-02-30,35,1,1", "EB-312"),
        ("1889-12-03,35,1,1", "EB-312"),
        ("2026-12-03,49,1,1", "EB-121"),
        ("2026-12-03,0,1,1", "EB-121"),
        ("2026-03-29,47,1,1", "EB-121"),
        ("2026-12-03,x,1,1", "EB-121"),
        ("2026-12-03,35,2147.483647,9.99999", None),
        ("2026-10-25,50,1,1", None),
        ("2026-12-03,35,.5,1", None),
    ],
)
def test_cells_that_cannot_be_reckoned_with_are_named_by_their_row(tmp_path: Path, line: str, code: str | None) -> None:
    path = write(tmp_path / "hours.csv", HEADER + "2026-12-01,1,1,1\n" + line + "\n")
    if code is None:
        assert len(read_readings(path).half_hours.keys) == 2
        return
    with pytest.raises(Refused) as refused:
        read_readings(path)
    assert refused.value.code == code
    assert [finding.where for finding in refused.value.findings] == ["hours.csv:3"]


def test_floats_are_refused_since_their_digits_are_not_meant() -> None:
    with pytest.raises(HalfhourError, match="EB-312"):
        half_hours(pl.DataFrame({"settlement_date": ["2026-12-03"], "settlement_period": [35], "export_mwh": [0.1]}))
    with pytest.raises(HalfhourError, match="EB-312"):
        half_hours([{"settlement_date": date(2026, 12, 3), "settlement_period": 35, "export_mwh": 0.1}])


def test_half_hour_twice_counts_once_if_equal_and_is_refused_if_not(tmp_path: Path) -> None:
    twice = HEADER + "2026-12-03,35,1.5,1\n2026-12-03,35,1.50,1.0\n"
    assert read_readings(write(tmp_path / "a.csv", twice)).half_hours.export_wh.tolist() == [1_500_000]
    with pytest.raises(HalfhourError, match=r"EB-313.*2026-12-03 SP 35 stands twice"):
        read_readings(write(tmp_path / "b.csv", twice + "2026-12-03,35,1.6,1\n"))


def test_empty_and_missing_volumes_are_absent_and_counted() -> None:
    table = rows(V19C)
    table[1]["export_mwh"] = None
    read = half_hours(table)
    assert (len(read.keys), len(read.missing)) == (2, 1)
    made = compare_routes(small_plant(), read, market_2026(), "2026/27")
    assert {found.component: found.name for found in made.lacking} == {"tnuos": "DATA_GAP"}
    assert made.coverage.absent == 365 * 48 - 2


def test_line_loss_factor_has_no_default() -> None:
    table = [{name: cell for name, cell in row.items() if name != "llf_export"} for row in rows(V19C)]
    made = compare_routes(small_plant(), table, market_2026(), "2026/27")
    assert {found.name for found in made.lacking} == {"MISSING_INPUT"}
    assert "Line Loss Factor" in made.lacking[0].error.message
    given_one = half_hours(table).with_loss_factors(D("1.025"), None)
    found = compare_routes(small_plant(), given_one, market_2026(), "2026/27", components=("losses",))
    assert found.route("OWN_RIGHT").gross_gbp == D("60.48") * D("1.025")


def test_base_trading_unit_has_no_default() -> None:
    market = market_2026()
    del market.held["base_tu_delivering", ""]
    made = compare_routes(small_plant(), rows(V19C), market, "2026/27")
    assert {found.component: found.error.code for found in made.lacking} == {"losses": "EB-301", "rcrc": "EB-301"}
    assert "--base-tu" in made.lacking[0].error.next_step


def test_net_volume_of_zero_is_off_taking() -> None:
    at = list(V19C)
    market = market_2026()
    del market.held["base_tu_delivering", ""]
    market.table(
        [
            {"settlement_date": day, "settlement_period": period, "base_tu_net_mwh": net}
            for (day, period), net in zip(at, ("0", "0.001", "-5"), strict=True)
        ]
    )
    made = compare_routes(small_plant(), rows(V19C), market, "2026/27", components=("losses",))
    # Only the second half hour delivers: its 8 MWh gain nothing.
    assert made.route("OWN_RIGHT").gross_gbp == D(19) * D("0.028") * 80


def test_value_of_a_group_goes_before_that_of_all_and_a_half_hour_before_a_constant() -> None:
    day, period = next(iter(V19C))
    market = (
        market_2026()
        .constant("reference_price", D(100), gsp_group="_L")
        .constant("reference_price", D(7), gsp_group="_H")
    )
    market.table([{"settlement_date": day, "settlement_period": period, "gsp_group": "_L", "reference_price": "10"}])
    made = compare_routes(small_plant(), rows(V19C), market, "2026/27", components=("losses",))
    assert made.route("OWN_RIGHT").gross_gbp == D("0.028") * (9 * 10 + 18 * 100)


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("settlement_date,settlement_period,system_prize\n2026-12-03,35,5\n", "EB-315"),
        ("settlement_date,system_price\n2026-12-03,5\n", "EB-315"),
        ("settlement_date,settlement_period,system_price\n2026-12-03,35,1e5\n", "EB-312"),
        ("settlement_date,settlement_period,system_price\n2026-12-03,35,5\n2026-12-03,35,6\n", "EB-314"),
        ("settlement_date,settlement_period,base_tu_delivering\n2026-12-03,35,maybe\n", "EB-312"),
        ("settlement_date,settlement_period,tlf,gsp_group\n2026-12-03,35,0.1,_Z\n", "EB-125"),
        ("settlement_date,settlement_period,tlf,status\n2026-12-03,35,0.1,sure\n", "EB-312"),
        ("settlement_date,settlement_period,tlf\n2026-12-03,35,0.1,7\n", "EB-316"),
        ("", "EB-316"),
        ("\x00\x01\x02", "EB-315"),
    ],
)
def test_market_file_that_cannot_be_used_is_refused(tmp_path: Path, table: str, code: str) -> None:
    with pytest.raises(HalfhourError) as refused:
        Market().read(write(tmp_path / "market.csv", table))
    assert refused.value.code == code
    assert refused.value.next_step


def test_multiplier_that_is_none_is_refused() -> None:
    market = market_2026().constant("tlf", D("-1.5"))
    made = compare_routes(small_plant(), rows(V19C), market, "2026/27", components=("losses",))
    assert [found.error.code for found in made.lacking] == ["EB-312"]


@pytest.mark.parametrize(("gone", "given_instead"), [("tlmo_del", {}), ("tlf", {"tlm_off": D("1.01")})])
def test_one_of_two_adjustments_is_refused(gone: str, given_instead: dict[str, Decimal]) -> None:
    market = market_2026()
    del market.held[gone, ""]
    for name, value in given_instead.items():
        market.constant(name, value)
    market.estimated_losses = True
    made = compare_routes(small_plant(), rows(V19C), market, "2026/27", components=("losses",))
    assert [found.error.code for found in made.lacking] == ["EB-123"]


def test_loss_factor_before_there_were_zones_is_refused() -> None:
    market = market_2026()
    made = compare_routes(
        small_plant(), rows({(date(2014, 7, 15), 24): "6"}), market, "2014/15", components=("losses",)
    )
    assert [found.name for found in made.lacking] == ["TLF_BEFORE_ZONES"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"routes": ["OWN_RIGT"]}, "OWN_RIGT"),
        ({"components": ("tnous",)}, "tnous"),
        ({"components": ()}, "No component"),
        ({"loss_baseline": "meter"}, "meter"),
        ({"comparator": "sole"}, "sole"),
        ({"days": (date(2020, 1, 1), date(2021, 1, 1))}, "No day lies"),
        ({"component_dates": {"bsuos": (date(2026, 7, 1), date(2026, 7, 1))}}, "No day lies"),
        ({"pass_through": {"OWN_RIGHT": {"tnuos": D("1.01")}}}, "pass_through"),
        ({"pass_through": {"OWN_RIGHT": {"tnuos": D("NaN")}}}, "pass_through"),
        ({"costs": {"OWN_RIGHT": D("Infinity")}}, "costs"),
    ],
)
def test_argument_that_is_not_known_is_refused_with_what_is(how: dict[str, object], said: str) -> None:
    with pytest.raises(HalfhourError, match=said) as refused:
        compare_routes(small_plant(), rows(V19C), market_2026(), "2026/27", **how)  # type: ignore[arg-type]
    assert refused.value.code == "EB-302"


def test_share_or_costs_that_are_not_stated_leave_gross_but_no_net() -> None:
    made = compare_routes(
        small_plant(), rows(V19C), market_2026(), "2026/27", pass_through={}, costs={"OWN_RIGHT": Decimal(30000)}
    )
    assert made.route("SVA_SUPPLIER").gross_gbp == made.route("OWN_RIGHT").gross_gbp
    assert made.route("SVA_SUPPLIER").owner_net_gbp is None
    assert "pass_through of tnuos, bsuos, losses, rcrc" in made.route("SVA_SUPPLIER").missing[0]
    assert (made.route("OWN_RIGHT").rank, made.route("SVA_SUPPLIER").rank) == (1, None)


READINGS = "msid,measurement_quantity,settlement_date,settlement_period,kwh,status\n"


def test_any_readings_file_will_do_and_a_half_hour_without_one_meter_has_no_sum(tmp_path: Path) -> None:
    path = write(
        tmp_path / "readings.csv",
        READINGS
        + "2000000001037,AE,2026-12-03,35,1500.000,A\n2000000002030,AE,2026-12-03,35,500.250,E\n"
        + "2000000001037,AE,2026-12-03,36,1500.000,A\n2000000001028,AI,2026-12-03,35,2.000,A\n",
    )
    read = read_readings(path).half_hours
    assert (read.export_wh.tolist(), read.import_wh.tolist()) == ([2_000_250], [2_000])
    assert (read.status.tolist(), len(read.missing), read.has_import) == ([1], 1, True)


def test_readings_file_without_export_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "readings.csv", READINGS + "2000000001028,AI,2026-12-03,35,2.000,A\n")
    with pytest.raises(HalfhourError, match="EB-305"):
        read_readings(path)


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe binary", b"PAR1 and nothing", b"a,b\n1,2\n"])
def test_file_that_is_no_readings_is_refused_with_a_code(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing.csv"
    path.write_bytes(content)
    with pytest.raises(HalfhourError) as refused:
        read_readings(path)
    assert refused.value.next_step


@pytest.mark.parametrize(
    "text",
    [
        "[markt]\ntlf = 0.1\n",
        "[market]\ntlff = 0.1\n",
        '[market]\ntlf = "x"\n',
        "[market]\nbase_tu_delivering = 1\n",
        "[market._L]\nprice = 1\n",
        "[market]\ntlf = nan\n",
        '[triads]\n"2026/27" = ["2026-12-03"]\n',
        "[component_dates]\nbsuos = 3\n",
        "[import]\nresidual_band = 3\n",
        "tlf = ",
    ],
)
def test_terms_that_are_not_known_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(HalfhourError) as refused:
        read_terms(write(tmp_path / "terms.toml", text))
    assert refused.value.code == "EB-307"


@pytest.mark.parametrize(
    ("half_hours_given", "code"),
    [
        ([(date(2026, 12, 3), 49), (date(2027, 1, 12), 35), (date(2027, 2, 9), 36)], "EB-121"),
        ([(date(2026, 7, 3), 35), (date(2027, 1, 12), 35), (date(2027, 2, 9), 36)], "EB-123"),
        ([(date(2027, 1, 12), 35), (date(2027, 1, 12), 35), (date(2027, 2, 9), 36)], "EB-123"),
    ],
)
def test_triads_that_cannot_be_are_refused(half_hours_given: list[tuple[date, int]], code: str) -> None:
    market = market_2026()
    market.triads["2026/27"] = (tuple(half_hours_given), "provisional")
    made = compare_routes(small_plant(), rows(V19C), market, "2026/27", components=("tnuos",))
    assert [found.error.code for found in made.lacking] == [code]


def test_every_column_of_the_tables_is_in_the_glossary() -> None:
    for schema in (HALF_HOUR_SCHEMA, YEAR_SCHEMA, SUMMARY_SCHEMA):
        assert set(schema) - set(glossary()) == set()
