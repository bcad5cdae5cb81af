"""Writing to the register: one change at a time, each with who, when and why; beliefs of one subject never overlap.

The moment of a change is taken under a lock, so that the order of the moments is the order of committing: what was
known at a moment stays what was known at it, for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from halfhour.errors import HalfhourError
from halfhour.server.register.models import KINDS, Change, Fact

_WRITING = 0x52454749
"""Number of the advisory lock that a PostgreSQL transaction holds while it writes to the register."""

_MICROSECOND = timedelta(microseconds=1)
_IN_ONE_GO = 500
_FIRST, _LAST = date.min, date.max

EARLIEST = F("effective_from").asc(nulls_first=True)
"""The order of days, an open beginning first: SQLite and PostgreSQL differ where nothing is said."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A fact to be recorded: of a kind, of a subject, what it says, and when it holds (closed-open, None = open)."""

    kind: str
    key: tuple[Any, ...]
    values: Mapping[str, Any]
    effective_from: date | None = None
    effective_to: date | None = None

    def says(self) -> tuple[Any, ...]:
        """All of it, for comparing."""
        model = KINDS[self.kind]
        said = tuple(self.values.get(name) for name in model.VALUES)
        return (self.kind, self.key, said, self.effective_from, self.effective_to)


@dataclass(slots=True)
class Writing:
    """A change that is being made.

    Attributes:
        recorded, ended: how many facts it recorded, and how many beliefs it ended.
    """

    change: Change
    recorded: int = 0
    ended: int = 0
    _touched: dict[str, set[tuple[Any, ...]]] = field(default_factory=dict)

    def record(self, statement: Statement) -> bool:
        """Record what holds over a range of days, in place of whatever was believed of these days.

        What was believed of other days stays. What is believed already is not recorded again.

        Returns:
            whether anything was recorded.

        Raises:
            HalfhourError: RM-003 the days do not run forwards.
        """
        model = KINDS[statement.kind]
        start, end = statement.effective_from or _FIRST, statement.effective_to or _LAST
        if end <= start:
            raise HalfhourError(
                "RM-003",
                f"{_named(statement.kind, statement.key)} would hold from {statement.effective_from} to "
                f"{statement.effective_to}, which is no day.",
                "Give a `to` that is later: the first day on which it no longer holds.",
            )
        said = {name: statement.values.get(name) for name in model.VALUES}
        overlapping = [
            row
            for row in _present(model, statement.key)
            if (row.effective_from or _FIRST) < end and start < (row.effective_to or _LAST)
        ]
        if any(_covers(row, start, end) and row.values() == said for row in overlapping):
            return False
        remain = [piece for row in overlapping for piece in self._outside(statement.kind, row, start, end)]
        self.end(overlapping)
        self.add([*remain, statement])
        return True

    def _outside(self, kind: str, row: Fact, start: date, end: date) -> Iterator[Statement]:
        """What a belief says of the days outside a range."""
        first, last = row.effective_from or _FIRST, row.effective_to or _LAST
        if first < start:
            yield Statement(kind, row.key(), row.values(), row.effective_from, start)
        if end < last:
            yield Statement(kind, row.key(), row.values(), end, row.effective_to)

    def stop(self, kind: str, key: tuple[Any, ...], on: date) -> bool:
        """Record that a subject's fact no longer holds from a day on; whether any did."""
        model = KINDS[kind]
        rows = [row for row in _present(model, key) if (row.effective_to or _LAST) > on]
        kept = [
            Statement(kind, key, row.values(), row.effective_from, on)
            for row in rows
            if (row.effective_from or _FIRST) < on
        ]
        self.end(rows)
        self.add(kept)
        return bool(rows)

    def end(self, rows: Iterable[Fact]) -> None:
        """End beliefs: from this change on they are what was once believed."""
        by_model: dict[type[Fact], list[int]] = {}
        for row in rows:
            by_model.setdefault(type(row), []).append(row.pk)
        for model, ids in by_model.items():
            for start in range(0, len(ids), _IN_ONE_GO):
                found = model.objects.filter(pk__in=ids[start : start + _IN_ONE_GO])
                found.update(recorded_until=self.change.moment, ended_by=self.change)
            self.ended += len(ids)

    def add(self, statements: Iterable[Statement]) -> None:
        """Record facts as they stand; two of one subject that overlap are refused when the change is complete."""
        by_kind: dict[str, list[Fact]] = {}
        for one in statements:
            model = KINDS[one.kind]
            row = model(
                **dict(zip(model.KEY, one.key, strict=True)),
                **{name: one.values.get(name) for name in model.VALUES},
                effective_from=one.effective_from,
                effective_to=one.effective_to,
                recorded_at=self.change.moment,
                change=self.change,
            )
            by_kind.setdefault(one.kind, []).append(row)
            self._touched.setdefault(one.kind, set()).add(one.key)
        for kind, rows in by_kind.items():
            KINDS[kind].objects.bulk_create(rows, batch_size=_IN_ONE_GO)
            self.recorded += len(rows)

    def check(self) -> None:
        """Refuse two present beliefs of one subject that hold on one day.

        Raises:
            HalfhourError: RM-001, which names both.
        """
        for kind, keys in self._touched.items():
            model = KINDS[kind]
            rows: dict[tuple[Any, ...], list[Fact]] = {key: [] for key in keys}
            named = sorted({key[0] for key in keys})
            for start in range(0, len(named), _IN_ONE_GO):
                wanted = {f"{model.KEY[0]}__in": named[start : start + _IN_ONE_GO]}
                for row in model.objects.filter(recorded_until__isnull=True, **wanted):
                    if row.key() in rows:
                        rows[row.key()].append(row)
            for key, found in rows.items():
                found.sort(key=lambda row: row.effective_from or _FIRST)
                for one, other in pairwise(found):
                    if (other.effective_from or _FIRST) < (one.effective_to or _LAST):
                        raise _overlap(kind, key, one, other)


def _present(model: type[Fact], key: tuple[Any, ...]) -> list[Fact]:
    subject = dict(zip(model.KEY, key, strict=True))
    return list(model.objects.filter(recorded_until__isnull=True, **subject).order_by(EARLIEST))


def _covers(row: Fact, start: date, end: date) -> bool:
    return (row.effective_from or _FIRST) <= start and end <= (row.effective_to or _LAST)


def _overlap(kind: str, key: tuple[Any, ...], one: Fact, other: Fact) -> HalfhourError:
    return HalfhourError(
        "RM-001",
        f"{_named(kind, key)} would hold twice at once: {_days(one)} and {_days(other)}.",
        "End the first before the second begins.",
    )


def _days(row: Fact) -> str:
    return f"from {row.effective_from or 'the beginning'} to {row.effective_to or 'no end'}"


def _named(kind: str, key: tuple[Any, ...]) -> str:
    return f"{kind.capitalize()} {', '.join(map(str, key))}"


@contextmanager
def writing(
    who: str, why: str, *, case: str = "", organisation: str = "", moment: datetime | None = None
) -> Iterator[Writing]:
    """Make a change to the register: all of it or nothing.

    A change that records and ends nothing leaves no trace.

    Args:
        who: the person or program.
        why: the reason, for whoever asks in two years.
        moment: of recording; None = now. It is put later where a change has been made since.

    Raises:
        HalfhourError: RM-001 facts would overlap, RM-002 there is no reason.
    """
    if not why.strip():
        raise HalfhourError("RM-002", "A change to the register has no reason.", "Say why it is made.")
    try:
        with transaction.atomic():
            _lock()
            last = Change.objects.order_by("-moment").values_list("moment", flat=True).first()
            now = moment or timezone.now()
            if last is not None and now <= last:
                now = last + _MICROSECOND
            change = Change.objects.create(moment=now, who=who, why=why.strip(), case=case, organisation=organisation)
            making = Writing(change)
            yield making
            making.check()
            if not making.recorded and not making.ended:
                change.delete()
    except IntegrityError as error:
        raise HalfhourError(
            "RM-001",
            f"Two facts of one subject would hold at once: {str(error).splitlines()[0]}.",
            "End the first before the second begins.",
        ) from None


def _lock() -> None:
    """Wait for whoever else writes; an SQLite transaction has the whole file already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITING])


def known(model: type[Fact], moment: datetime | None = None) -> Any:
    """The facts of a kind as they were believed at a moment; None = as they are believed now."""
    if moment is None:
        return model.objects.filter(recorded_until__isnull=True)
    return model.objects.filter(Q(recorded_until__isnull=True) | Q(recorded_until__gt=moment), recorded_at__lte=moment)


def holding(facts: Any, day: date) -> Any:
    """Those of the facts that hold on a day."""
    return facts.filter(
        Q(effective_from__isnull=True) | Q(effective_from__lte=day),
        Q(effective_to__isnull=True) | Q(effective_to__gt=day),
    )
