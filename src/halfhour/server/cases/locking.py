"""One writer at a time: transactions that are tried again, and what a writer takes hold of, always in one order.

First the subjects that it deals with, so that a message and the case that it belongs to cannot miss each other; then
the case. SQLite has one writer at a time as it is: its transactions take the lock when they begin.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import QuerySet

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import shown
from halfhour.server.cases.models import Case

Result = TypeVar("Result")

_TRIES = 8
_ANOTHER_WRITER = ("40001", "40P01", "23505")
"""States of SQL: cannot be serialised, deadlock, a unique value that another has just written."""

_ID = re.compile(r"[A-Z]{1,4}[0-9]{6,8}")

_SEED = 0x48616C66
"""Keeps the advisory locks of subjects apart from those of other programs."""


def in_one_go(work: Callable[[], Result]) -> Result:
    """Do work in a transaction, again where the database broke it off for the sake of another writer.

    Inside a transaction of the caller's it is a part of that, and the caller's to do again.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return work()
    for attempt in range(1, _TRIES):
        try:
            with transaction.atomic():
                return work()
        except DatabaseError as error:
            if not _for_another_writer(error):
                raise
            time.sleep(random.uniform(0, 0.02 * attempt))
    with transaction.atomic():
        return work()


def _for_another_writer(error: DatabaseError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _ANOTHER_WRITER or (isinstance(error, IntegrityError) and "UNIQUE" in str(error))


def lock_subjects(values: Iterable[str]) -> None:
    """Take hold of MPAN cores and references until the transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for value in sorted(set(values)):
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [value, _SEED])


def locked(case_id: str) -> Case:
    """A case, its row locked until the transaction ends.

    Raises:
        HalfhourError: CS-201 there is none.
    """
    return found(Case.objects.select_for_update(), case_id)


def found(cases: QuerySet[Case], case_id: str) -> Case:
    """The case that is meant, however its id is typed.

    Raises:
        HalfhourError: CS-201 there is none.
    """
    wanted = case_id.strip().upper()
    case = cases.filter(pk=wanted).first() if _ID.fullmatch(wanted) else None
    if case is None:
        raise HalfhourError("CS-201", f"There is no case {shown(case_id)}.", "`halfhour case list` lists them.")
    return case
