"""The kinds of value that addresses, queries and bodies are made of, each with the shape that it must have."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from ninja import Field, Path, Query
from pydantic import AfterValidator, AwareDatetime

_EARLIEST, _LATEST = date(1990, 1, 1), date(2100, 1, 1)


def _day_in_reach(day: date) -> date:
    if not _EARLIEST <= day < _LATEST:
        message = f"a day from {_EARLIEST} to {_LATEST}, the last not included"
        raise ValueError(message)
    return day


def _moment_in_reach(moment: datetime) -> datetime:
    _day_in_reach(moment.date())
    return moment.astimezone(UTC)


Day = Annotated[date, AfterValidator(_day_in_reach)]
Moment = Annotated[AwareDatetime, AfterValidator(_moment_in_reach)]

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
"""An id in an address."""

RowId = Annotated[int, Path(ge=1, le=2**53)]
"""A number in an address."""

On = Annotated[Day | None, Query(None, description="The day for which it is told; absent = today.")]
AsAt = Annotated[Day | None, Query(None, description="The day on which the facts must hold; absent = today.")]
KnownAt = Annotated[
    Moment | None, Query(None, description="Only what had been recorded by this moment; absent = everything.")
]

Word = Annotated[str, Field(max_length=60)]
Text = Annotated[str, Field(max_length=2_000)]
