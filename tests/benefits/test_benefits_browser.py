"""The page of a comparison in a real browser: it opens without a network and fits a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benefits_cases import compare_2014

from halfhour.reports.benefits import write_benefits_report

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


@pytest.mark.parametrize("width", [400, 1200])
def test_page_opens_offline_and_fits_its_width(browser: Any, tmp_path: Path, width: int) -> None:
    path = tmp_path / "report.html"
    write_benefits_report(path, [compare_2014(comparator="delivering")])
    page = browser.new_page(viewport={"width": width, "height": 900})
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: None if request.url.startswith("file:") else wrong.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("tr.best th").first.inner_text().startswith("OWN_RIGHT")
    # A bar for each open route, and a picture for each component that comes to something.
    assert page.locator(".bars li").count() == 3
    assert page.locator(".panels svg").count() == 3
    assert page.locator(".bars .owner").first.bounding_box()["width"] > 0
    assert wrong == []
    page.close()
