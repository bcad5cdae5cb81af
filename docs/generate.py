"""Writes the pages of the documentation that are taken from the program itself: the rulebook and the reference.

`python docs/generate.py` writes them; `python docs/generate.py --check` fails where one is not what it would write.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from generator.commands import commands
from generator.flow_layouts import flow_layouts
from generator.market_data import market_data_tables
from generator.permissions import permissions
from generator.plant import embedded_generation
from generator.portfolio import portfolio_keys
from generator.rulebook import rulebook
from generator.run_folder import run_folder
from generator.timetables import timetable_pages
from generator.words import business_rules, error_codes, nomenclature

DOCS = Path(__file__).parent


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` say which are stale; 0 where all is well."""
    made = pages()
    if "--check" not in arguments:
        for name, text in made.items():
            path = DOCS / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        return 0
    stale = [name for name, text in made.items() if not is_current(DOCS / name, text)]
    for name in stale:
        sys.stderr.write(f"docs/{name} is not what docs/generate.py writes. Run `make docs`.\n")
    return 1 if stale else 0


def is_current(path: Path, text: str) -> bool:
    """Whether a page is there and says exactly this."""
    return path.is_file() and path.read_text(encoding="utf-8") == text


def pages() -> dict[str, str]:
    """Every generated page by its path below docs/."""
    return {
        "rulebook.md": rulebook(),
        "reference/commands.md": commands(),
        "reference/portfolio-keys.md": portfolio_keys(),
        "reference/embedded-generation.md": embedded_generation(),
        "reference/market-data.md": market_data_tables(),
        "reference/run-folder.md": run_folder(),
        "reference/flow-layouts.md": flow_layouts(),
        "reference/error-codes.md": error_codes(),
        "reference/glossary.md": nomenclature(),
        "reference/business-rules.md": business_rules(),
        "reference/permissions.md": permissions(),
        **timetable_pages(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
