"""A portfolio folder written and settled by a test: the site files as text, the readings as whole watt-hours."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from halfhour.register import load_portfolio
from halfhour.settlement.run import Run, settle

# A check of a change gives the same answer twice; at a developer's desk every run looks for something new.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# No test reads the market data of whoever runs it.
os.environ["HALFHOUR_MARKET_DATA"] = str(Path(tempfile.gettempdir(), "halfhour-tests", "no-market-data.sqlite"))

Reading = int | tuple[int, str] | None
Days = Mapping[tuple[str, str, date], Sequence[Reading]]
"""By MSID, measurement quantity and day: watt-hours, or watt-hours and status, or None where there is no reading."""

_HEADER = "msid,measurement_quantity,settlement_date,settlement_period,kwh,status"


def lines_of(days: Days) -> list[str]:
    """The rows of a long readings file."""
    lines = []
    for (msid, quantity, day), readings in days.items():
        for number, reading in enumerate(readings, start=1):
            if reading is not None:
                wh, status = reading if isinstance(reading, tuple) else (reading, "A")
                lines.append(f"{msid},{quantity},{day},{number},{wh // 1000}.{wh % 1000:03},{status}")
    return lines


class PortfolioFolder:
    """A portfolio below a temporary folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "readings").mkdir(parents=True)

    def write(self, name: str, text: str) -> PortfolioFolder:
        """Write a file of the register or of readings."""
        (self.path / name).write_text(text, encoding="utf-8", newline="")
        return self

    def readings(self, days: Days, name: str = "readings.csv") -> PortfolioFolder:
        """Write a long readings file."""
        return self.lines(lines_of(days), name)

    def lines(self, lines: Iterable[str], name: str = "readings.csv") -> PortfolioFolder:
        """Write a long readings file of these rows."""
        return self.write(f"readings/{name}", "\n".join([_HEADER, *lines, ""]))

    def settle(self, edition: str = "in-force", name: str = "run", **how: Any) -> Run:
        """Settle it into a run folder of that name beside the portfolio."""
        return settle(load_portfolio(self.path), edition=edition, out=self.path.parent / name, **how)


@pytest.fixture(scope="session")
def new_portfolio(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], PortfolioFolder]:
    """Makes an empty portfolio folder, as often as a test (or an example of Hypothesis) wants one."""
    return lambda: PortfolioFolder(tmp_path_factory.mktemp("portfolio") / "portfolio")
