"""The generated pages say what the program says now, and leave out nothing that it has."""

from __future__ import annotations

import re

import generate
import pytest
from docs_pages import PAGES, ROOT, anchors, links
from generator.run_folder import run_columns
from generator.words import raised_codes

from halfhour.cli.app import LINES
from halfhour.errors import codes
from halfhour.rules.registry import editions
from halfhour.terms import glossary

REFERENCE = ROOT / "docs" / "reference"

RESERVED: set[str] = set()
"""Codes of the handbook that nothing raises yet."""


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """Every generated page as it would be written now."""
    return generate.pages()


def test_generated_pages_are_current(made: dict[str, str]) -> None:
    stale = [name for name, text in made.items() if not generate.is_current(ROOT / "docs" / name, text)]
    assert not stale, "run `make docs`"


def test_every_command_has_its_entry(made: dict[str, str]) -> None:
    headings = re.findall(r"^## halfhour (\S+)$", made["reference/commands.md"], re.MULTILINE)
    assert headings == list(LINES)


def test_every_edition_is_in_the_rulebook_with_each_of_its_quantities(made: dict[str, str]) -> None:
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", made["rulebook.md"], re.MULTILINE | re.DOTALL))
    for edition in editions().values():
        for quantity in edition.outputs:
            assert re.search(rf"`(?:\w+, )*{quantity}(?:, \w+)* = ", sections[edition.id]), (edition.id, quantity)


def test_every_column_of_a_run_folder_is_in_the_glossary() -> None:
    columns = {name for names in run_columns().values() for name in names}
    assert columns - set(glossary()) == set()


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    assert raised_codes() - set(codes()) == set()


def test_every_code_of_the_catalogue_is_raised_or_known_to_be_reserved() -> None:
    assert set(codes()) - raised_codes() <= RESERVED


def test_every_link_inside_the_project_leads_somewhere() -> None:
    broken = []
    for page in PAGES:
        for link in links(page):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                broken.append(f"{page.relative_to(ROOT)}: {link}")
    assert not broken


def test_every_page_can_be_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    reached, waiting = {index}, [index]
    while waiting:
        page = waiting.pop()
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target not in reached:
                reached.add(target)
                waiting.append(target)
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} <= reached
