"""The report in a real browser: it opens, answers to pointer and keyboard, and shows the run's own figures."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from reports_builders import EXAMPLE_DAY, EXAMPLE_PERIOD, MISSING, write_two_sites

from halfhour.register import load_portfolio
from halfhour.reports import write_report
from halfhour.settlement.run import Run, settle

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = (
    "document.querySelector('#choice-table tbody tr') && document.querySelector('#day-chart .bars, #month-chart .bars')"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    portfolio = load_portfolio(write_two_sites(tmp_path_factory.mktemp("browser") / "two"))
    return settle(portfolio, finish=write_report)


def address(run: Run, **choice: object) -> str:
    said = "&".join(f"{name}={value}" for name, value in choice.items())
    return (run.folder / "report.html").absolute().as_uri() + (f"#{said}" if said else "")


def opened(browser: Any, url: str, width: int = 1280) -> tuple[Any, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith("file:") else wrong.append(request.url))
    page.goto(url)
    page.wait_for_function(READY)
    return page, wrong


def row(run: Run, site: str, day: object, period: int) -> dict[str, Any]:
    found: dict[str, Any] = run.site_periods.filter(
        (pl.col("site_id") == site) & (pl.col("settlement_date") == day) & (pl.col("settlement_period") == period)
    ).row(0, named=True)
    return found


def working_chargeable(page: Any) -> str:
    text: str = page.locator("#working-chargeable").get_attribute("data-wh")
    return text


def test_click_on_a_half_hour_shows_the_working_of_the_run(browser: Any, run: Run) -> None:
    page, wrong = opened(browser, address(run))
    page.select_option("#site", "works")
    page.fill("#day", EXAMPLE_DAY.isoformat())
    page.wait_for_selector("#working #steps li, #working .result")
    box = page.locator("#day-chart").bounding_box()
    inner = page.evaluate(
        "(() => { const l = document.getElementById('day-chart')._fullLayout; return [l._size.l, l._size.w]; })()"
    )
    page.mouse.click(box["x"] + inner[0] + inner[1] * (EXAMPLE_PERIOD - 0.5) / 48, box["y"] + 150)
    page.wait_for_function(f"document.getElementById('period').value === '{EXAMPLE_PERIOD}'")
    expected = row(run, "works", EXAMPLE_DAY, EXAMPLE_PERIOD)
    assert working_chargeable(page) == str(expected["chargeable_wh"]) == "2500000"
    explained = run.explain("works", EXAMPLE_DAY, EXAMPLE_PERIOD).working
    assert explained is not None
    shown = [
        (item.get_attribute("data-column"), re.sub(r"[,\s]", "", item.locator(".numbers").inner_text()))
        for item in page.locator("#steps > li").all()
    ]
    # Everything but the thousands' commas is what `halfhour explain` prints.
    assert shown == [(step.name, "=" + re.sub(r"[,\s]", "", step.numbers)) for step in explained.steps]
    assert wrong == []
    page.close()


def test_keyboard_alone_leads_from_the_chart_to_the_working_and_on_to_the_next_day(browser: Any, run: Run) -> None:
    page, wrong = opened(browser, address(run, site="works", day="2023-10-29", period=49))
    page.focus("#day-chart")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash.includes('period=50')")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash.includes('day=2023-10-30') && location.hash.includes('period=1')")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("location.hash.includes('day=2023-10-31')")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "working-heading"
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.activeElement.dataset.period === '2'")
    expected = row(run, "works", EXAMPLE_DAY.replace(month=10, day=31), 2)
    assert working_chargeable(page) == str(expected["chargeable_wh"])
    assert wrong == []
    page.close()


def test_link_opens_the_half_hour_that_it_names(browser: Any, run: Run) -> None:
    page, _ = opened(browser, address(run, site="works", day=EXAMPLE_DAY, period=EXAMPLE_PERIOD, span="day"))
    assert page.input_value("#period") == str(EXAMPLE_PERIOD)
    assert page.is_checked("input[name=span][value=day]")
    assert "period 25 (12:00 GMT)" in page.inner_text("#working-heading")
    page.close()


def test_missing_half_hour_is_marked_and_not_drawn_as_zero(browser: Any, run: Run) -> None:
    page, wrong = opened(browser, address(run, site="works", day=MISSING[0], period=MISSING[1]))
    drawn = page.evaluate(
        "document.getElementById('day-chart').data.filter((one) => one.type === 'bar')"
        f".map((one) => one.y[{MISSING[1] - 1}])"
    )
    assert drawn
    assert all(value is None for value in drawn)
    assert "missing" in page.inner_text("#day-legend")
    assert working_chargeable(page) == "null"
    assert "missing" in page.inner_text("#working")
    assert wrong == []
    page.close()


def test_phone_has_no_sideways_scrolling_of_the_page(browser: Any, run: Run) -> None:
    page, _ = opened(browser, address(run, site="works", day=EXAMPLE_DAY, period=EXAMPLE_PERIOD), width=360)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()


def test_hostile_site_name_is_inert_in_the_browser(browser: Any, run: Run) -> None:
    page, wrong = opened(browser, address(run, site="plain-home", day=EXAMPLE_DAY, period=3))
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert "<script>" in page.inner_text("#day-chart-heading")
    assert working_chargeable(page) == str(row(run, "plain-home", EXAMPLE_DAY, 3)["chargeable_wh"])
    assert wrong == []
    page.close()


def test_report_by_day_only_still_opens_and_says_what_is_not_in_it(browser: Any, tmp_path: Path) -> None:
    portfolio = load_portfolio(write_two_sites(tmp_path / "two"))
    made = settle(portfolio, detail="none", start=EXAMPLE_DAY, finish=write_report)
    page, wrong = opened(browser, address(made, site="works"))
    assert "halfhour explain" in page.inner_text("#working")
    total = made.site_days.filter(pl.col("site_id") == "works")["import_bp_wh"].sum()
    assert f"{total / 1e6:,.3f}" in page.inner_text("#choice-table")
    assert wrong == []
    page.close()
