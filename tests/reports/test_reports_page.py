"""What the report holds, before any browser: the same bytes, the run's own figures, nothing that text could break."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import zlib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest
from reports_builders import END, EXAMPLE_DAY, HOSTILE_NAME, MISSING, START, write_two_sites

from halfhour.errors import HalfhourError
from halfhour.register import load_portfolio
from halfhour.register.model import Portfolio
from halfhour.reports import comparing, half_hours, rule_pages, summary, words, write_report
from halfhour.rules.registry import INPUTS, editions
from halfhour.rules.source import trace
from halfhour.settlement.run import Run, settle
from halfhour.terms import column


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    return load_portfolio(write_two_sites(tmp_path_factory.mktemp("portfolio") / "two"))


@pytest.fixture(scope="module")
def run(portfolio: Portfolio) -> Run:
    return settle(portfolio, finish=write_report)


@pytest.fixture(scope="module")
def text(run: Run) -> str:
    return (run.folder / "report.html").read_text(encoding="utf-8")


def page_of(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="page">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    document: dict[str, Any] = json.loads(found[1])
    return document


def packed(text: str, name: str) -> dict[str, Any]:
    found = re.search(rf'id="packed-{name}">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    document: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(found[1])))
    return document


def values(table: dict[str, Any], name: str, rows: int) -> list[int | None]:
    held = table["columns"].get(name)
    if isinstance(held, str):
        held = table["columns"][held]
    return held if isinstance(held, list) else [held] * rows


def test_report_of_a_finished_run_is_the_same_to_the_byte(run: Run, portfolio: Portfolio, tmp_path: Path) -> None:
    again = tmp_path / "another name"
    shutil.copytree(run.folder, again)
    (again / "report.html").unlink()
    write_report(again, portfolio)
    assert (again / "report.html").read_bytes() == (run.folder / "report.html").read_bytes()


def test_report_names_no_place_on_the_machine(text: str, portfolio: Portfolio) -> None:
    assert str(portfolio.path) not in text


def test_report_asks_the_network_for_nothing(text: str) -> None:
    before_plotly = text[: text.index("plotly.js v")]
    assert not re.search(r'(src|href)="(?!#)', before_plotly)
    assert "default-src 'none'" in before_plotly


def test_hostile_site_name_is_text_wherever_it_stands(text: str) -> None:
    assert HOSTILE_NAME not in text
    assert "<img src=x" not in text
    assert html.escape(HOSTILE_NAME, quote=False).split("&amp;")[0] in text.replace("&#34;", '"')
    assert HOSTILE_NAME in [site[1] for site in page_of(text)["sites"]]


def test_half_hours_in_the_page_are_the_runs_own(run: Run, text: str) -> None:
    table = packed(text, str(page_of(text)["held"]["works"]))
    own = run.site_periods.filter(pl.col("site_id") == "works")
    for name in half_hours.quantities_of(own.columns):
        assert values(table, name, own.height) == own[name].to_list(), name
    assert [int(digit) for digit in table["quality"]] == [
        half_hours.QUALITIES.index(quality) for quality in own["quality"]
    ]


def test_missing_import_is_empty_in_the_page_never_zero(text: str) -> None:
    page = page_of(text)
    table = packed(text, str(page["held"]["works"]))
    day = page["calendar"]["days"].index(MISSING[0].isoformat())
    row = sum(page["calendar"]["periods"][:day]) + MISSING[1] - 1
    assert table["columns"]["import_bp_wh"][row] is None
    assert table["quality"][row] == "2"
    everything = packed(text, "all")
    assert everything["columns"]["missing"][row] == 1
    assert everything["columns"]["import_bp_wh"][row] is not None


def test_all_sites_together_are_the_sum_of_the_sites(run: Run, text: str) -> None:
    everything = packed(text, "all")
    rows = sum(page_of(text)["calendar"]["periods"])
    for name in ("import_bp_wh", "chargeable_wh", "bp_to_stor_wh"):
        expected = run.site_periods[name].sum()
        assert sum(value or 0 for value in values(everything, name, rows)) == expected


def test_second_hour_of_the_long_day_has_labels_of_its_own(text: str) -> None:
    calendar = page_of(text)["calendar"]
    day = calendar["days"].index("2023-10-29")
    labels = calendar["labels"][calendar["labels_of_day"][day]]
    assert calendar["periods"][day] == len(labels) == 50
    assert labels[2:6] == ["01:00 BST", "01:30 BST", "01:00 GMT", "01:30 GMT"]


@pytest.mark.parametrize("edition", editions().values(), ids=lambda one: one.id)
def test_steps_with_numbers_in_their_places_are_the_rules_own_working(edition: Any) -> None:
    figures = dict(zip(INPUTS, (2_500_000, 300_000, 1_300_000, 200_000, 0, 1_800_000), strict=True))
    figures[edition.parameter] = 1
    for rule in (edition.half_hour, edition.factor):
        if rule is None:
            continue
        if rule is edition.factor:
            figures = dict.fromkeys(rule.__code__.co_varnames[: rule.__code__.co_argcount], 7)
        steps = trace(rule, figures)
        known = {column(name): value for name, value in figures.items()} | {
            column(step.name): step.value for step in steps
        }
        for step, shown in zip(steps, rule_pages.page_steps(rule), strict=True):
            parts = [
                part if at % 2 == 0 else (f"(−{-known[part]})" if known[part] < 0 else str(known[part]))
                for at, part in enumerate(shown["formula"])
            ]
            # Unparsing drops the brackets where a minus already stands before the name.
            assert re.sub(r"[()−-]", "", "".join(parts)) == re.sub(r"[()−-]", "", step.numbers)
            assert (shown["column"], shown["clause"]) == (column(step.name), step.clause)


def test_only_steps_that_rest_on_the_parameter_are_marked_so() -> None:
    marked = {step["column"] for step in rule_pages.page_steps(editions()["osam-1.0"].half_hour) if step["parameter"]}
    assert marked == {"non_chargeable_stor_wh", "non_chargeable_wh", "chargeable_wh", "proportion_per_100000"}


def test_every_clause_stands_beside_its_line() -> None:
    lines = rule_pages.source_lines(editions()["osam-1.0"].half_hour)
    beside = {line.code.strip(): line.clause for line in lines}
    assert beside["remaining = surplus - gen_to_stor"] == "OSAM Remaining"
    assert not any("#" in line.code for line in lines)


def test_treatment_of_each_day_follows_the_declaration(text: str) -> None:
    page = page_of(text)
    table = packed(text, str(page["held"]["works"]))
    first = page["calendar"]["days"].index("2023-11-02")
    assert table["treatment"] == "0" * first + "2" * (len(page["calendar"]["days"]) - first)
    assert packed(text, str(page["held"]["plain-home"]))["treatment"] == "0" * len(page["calendar"]["days"])


@pytest.mark.parametrize("edition", ["default", "interim-difference", "p395-proposed", "osam-1.0"])
def test_every_edition_makes_a_report(portfolio: Portfolio, tmp_path: Path, edition: str) -> None:
    made = settle(portfolio, edition=edition, start=EXAMPLE_DAY, end=END, out=tmp_path / "run", finish=write_report)
    page = page_of((made.folder / "report.html").read_text(encoding="utf-8"))
    assert page["compared"]["chart"][0]["edition"] == edition
    assert edition in page["editions"]


@pytest.mark.parametrize("detail", ["none", "totals"])
def test_report_without_half_hours_says_so_and_keeps_the_days(
    portfolio: Portfolio, tmp_path: Path, detail: str
) -> None:
    made = settle(portfolio, start=EXAMPLE_DAY, end=END, detail=detail, out=tmp_path / "run", finish=write_report)
    text = (made.folder / "report.html").read_text(encoding="utf-8")
    assert f"settled with --detail {detail}" in text
    assert 'id="packed-all"' not in text
    others = packed(text, "others")
    assert (
        others["works"]["columns"]["import_bp_wh"]
        == made.site_days.filter(pl.col("site_id") == "works")["import_bp_wh"].item()
    )


def test_site_beyond_the_budget_is_there_by_day_only(
    portfolio: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(half_hours, "HALF_HOURS_HELD", 50)
    made = settle(portfolio, start=EXAMPLE_DAY, end=END, out=tmp_path / "run", finish=write_report)
    text = (made.folder / "report.html").read_text(encoding="utf-8")
    assert page_of(text)["held"] == {"works": 0}
    assert set(packed(text, "others")) == {"plain-home"}


def test_all_sites_by_day_are_there_without_half_hours(run: Run) -> None:
    days = half_hours.days_of(run.request)
    table = half_hours.days_of_all(run.site_days, days)
    assert table["days"] == list(range(len(days.days)))
    assert sum(table["columns"]["import_bp_wh"]) == run.site_days["import_bp_wh"].sum()


def test_large_portfolio_is_not_settled_again_for_its_report() -> None:
    assert comparing.small_enough(45, 123 * 48)
    assert not comparing.small_enough(2_001, 48)
    assert not comparing.small_enough(2_000, 365 * 48)


def test_report_of_another_register_is_refused(run: Run, portfolio: Portfolio, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    write_two_sites(changed)
    with (changed / "works.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    with pytest.raises(HalfhourError, match="RP-001"):
        write_report(run.folder, load_portfolio(changed))


def test_text_cannot_leave_a_script_element() -> None:
    from halfhour.reports.page import json_for_script  # noqa: PLC0415

    made = str(json_for_script({"name": "</script><!-- <script>\u2028"}))
    assert "<" not in made
    assert json.loads(made) == {"name": "</script><!-- <script>\u2028"}


def test_packed_columns_say_the_same_as_the_frame() -> None:
    frame = pl.DataFrame(
        {"a": [1, 2, None], "b": [5, 5, 5], "c": [None, None, None], "d": [1, 2, None], "e": [0, None, 0]},
        schema=dict.fromkeys("abcde", pl.Int64),
    )
    assert half_hours.pack_columns(frame, list("abcde")) == {"a": [1, 2, None], "b": 5, "d": "a", "e": [0, None, 0]}


def test_figures_are_rounded_half_to_even_and_days_are_named_with_both_ends() -> None:
    assert [words.mwh(wh) for wh in (2_500, 3_500, -2_500, 0)] == ["0.002", "0.004", "−0.002", "0.000"]
    assert words.span(START, END) == "28 October 2023 to 6 November 2023"


def test_days_without_a_rate_are_named_not_priced() -> None:
    class Days:
        site_days = pl.DataFrame(
            {"settlement_date": [date(2023, 12, 31), date(2024, 1, 1)], "chargeable_wh": [1_000_000, 1_000_000]}
        )

    charge = summary.levies(cast(Run, Days))
    assert charge.total_gbp == Decimal("5.8974")
    assert words.spans(charge.not_covered) == "1 January 2024"


def test_key_figures_are_those_of_the_site_days(run: Run, text: str) -> None:
    total = int(run.site_days["import_bp_wh"].sum())
    assert words.mwh(total) in text
    assert "Lacks 1 half hour of sites without a boundary reading." in text
