"""Arguments that several commands share: days, moments, portfolios, progress."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from halfhour.calendar import LONDON, parse_day
from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore
    from halfhour.register.model import Portfolio

Progress = Callable[[int, int], None]
_PATIENCE_S = 2.0
_PLACES = 15


def day(text: str | None) -> date | None:
    """An ISO date, or None where none was given."""
    return None if text is None else parse_day(text)


def today() -> date:
    """The civil date in Great Britain."""
    return datetime.now(LONDON).date()


def moment(text: str | None) -> datetime | str | None:
    """A moment of knowledge: an ISO date and time (taken as UTC where it names no offset), or `run-date`.

    Raises:
        HalfhourError: CL-001 it is neither.
    """
    if text is None or text == "run-date":
        return text
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise HalfhourError(
            "CL-001",
            f"'{text}' is no moment.",
            "Write a date and time such as 2024-02-10T12:00:00+00:00, or run-date for each day's planned run.",
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def decimal(text: str, name: str) -> Decimal:
    """A decimal number typed in.

    Raises:
        HalfhourError: CL-002 it is none.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    # Nothing typed in has a use for more places, and arithmetic with a million of them overflows or rounds.
    if not number.is_finite() or (number and not -_PLACES <= number.adjusted() <= _PLACES):
        raise HalfhourError("CL-002", f"{name} '{text}' is not a number.", "Write a decimal number such as 2500.000.")
    return number


def watt_hours(text: str | None, name: str) -> int:
    """Energy typed in kWh with at most three decimals, as whole Wh; absent = 0.

    Raises:
        HalfhourError: CL-002 not a number, CL-003 finer than a Wh.
    """
    if text is None:
        return 0
    scaled = decimal(text, name) * 1000
    if scaled != scaled.to_integral_value():
        raise HalfhourError(
            "CL-003", f"{name} '{text}' is finer than a watt-hour.", "Give kWh with at most three decimals."
        )
    return int(scaled)


def portfolio(path: Path) -> Portfolio:
    """A checked portfolio."""
    from halfhour.register import load_portfolio  # noqa: PLC0415 - loads only for commands that need it

    return load_portfolio(path)


def market_data(path: Path | None) -> MarketDataStore:
    """The store of market data to be read: the one named, else the user's own, which is empty where it is not there.

    Raises:
        HalfhourError: MD-018 there is no such file, MD-020 it is no store.
    """
    from halfhour.market_data.store import MarketDataStore  # noqa: PLC0415 - loads only for commands that need it

    check_store(path)
    return MarketDataStore.open(path)


def check_store(path: Path | None) -> None:
    """Refuse a store of market data that is named and not there.

    Raises:
        HalfhourError: MD-018.
    """
    if path is not None and not path.is_file():
        step = "Check the path, or make the store with `halfhour market-data load PATH --store FILE`."
        raise HalfhourError("MD-018", f"There is no store of market data {path}.", step)


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """A progress bar on standard error for work that has taken over two seconds; nothing for less."""
    started = time.monotonic()
    shown: list[Callable[[int, int], None]] = []

    with ExitStack() as stack:

        def tell(done: int, total: int) -> None:
            if not shown and time.monotonic() - started > _PATIENCE_S:
                shown.append(_bar(stack, what, total))
            if shown:
                shown[0](done, total)

        yield tell


def _bar(stack: ExitStack, what: str, total: int) -> Progress:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    bar = stack.enter_context(Bar(console=Console(file=sys.stderr), transient=True))
    task = bar.add_task(what, total=total)
    return lambda done, of: bar.update(task, completed=done, total=of)
