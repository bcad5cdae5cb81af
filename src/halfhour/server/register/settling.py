"""Settling from the register: a portfolio as known at a moment, with the readings of a folder, kept with its run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from halfhour.register import Portfolio, load_portfolio, with_readings_of, write_portfolio
from halfhour.server.register.portfolios import DEFAULT, portfolio_as_known
from halfhour.settlement.request import open_store
from halfhour.settlement.run import REGISTER


@dataclass(frozen=True, slots=True)
class FromRegister:
    """What a run from the register takes.

    Attributes:
        known_at: the moment of knowledge, of the register and of the readings.
        keep: puts the register's portfolio files into a run folder that is being made.
    """

    portfolio: Portfolio
    known_at: datetime
    keep: Callable[[Path], None]


@contextmanager
def from_register(folder: Path, known_at: datetime | None = None, name: str = DEFAULT) -> Iterator[FromRegister]:
    """The register's portfolio as known at a moment, with the readings of a folder.

    Args:
        folder: whose `readings/` are settled; what else lies there is not read.
        known_at: None = now, after every readings file has been taken in.

    Raises:
        HalfhourError: RM-005 the register held no site of it then, RG-002 there is no such folder.
        Refused: RG-001 what the register held fails the register's checks.
    """
    with TemporaryDirectory() as written:
        if known_at is None:
            # Readings that are taken in only now would otherwise be later than the moment of knowledge.
            open_store(with_readings_of(portfolio_as_known(None, name), folder))
            known_at = datetime.now(UTC)
        write_portfolio(portfolio_as_known(known_at, name), written)
        portfolio = with_readings_of(load_portfolio(written), folder)

        def keep(run: Path) -> None:
            shutil.copytree(written, run / REGISTER)

        yield FromRegister(portfolio, known_at, keep)
