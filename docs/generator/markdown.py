"""The little Markdown that the generated pages need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

GENERATED = "<!-- Written by docs/generate.py from the program itself. Change the program, then run `make docs`. -->"


BAR = "\\|"
"""A bar that does not end its cell, also inside code."""


def page(title: str, *parts: str) -> str:
    """A page under a title, its parts set apart."""
    return "\n\n".join([f"# {title}", GENERATED, *(part.strip("\n") for part in parts if part)]) + "\n"


def as_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar inside a cell does not end it."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', BAR) for cell in line)} |" for line in lines)


def as_code(text: str) -> str:
    """Text set as code, nothing where there is none."""
    return f"`{text}`" if text else ""


def industry_date(day: date) -> str:
    """A date as the industry writes it: 2 November 2023."""
    return f"{day.day} {day:%B %Y}"
