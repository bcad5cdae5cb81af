"""Asking the register: facts as at a day and as known at a moment, a subject's history, and the log of changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import nearest, shown
from halfhour.server.register.models import KINDS, Change, Fact
from halfhour.server.register.recording import EARLIEST, holding, known

_SUBJECTS = ("site", "msid", "serial", "mpid", "import_msid", "export_msid", "portfolio", "supplier", "agent")
"""Fields by which a fact is found from the word that a person types."""


def kind_of(name: str) -> type[Fact]:
    """The model of a kind of fact.

    Raises:
        HalfhourError: RM-006 there is no such kind.
    """
    if name not in KINDS:
        step = f"The kinds are {', '.join(KINDS)}. {nearest(name, KINDS)}".rstrip()
        raise HalfhourError("RM-006", f"There is no kind of fact {shown(name)}.", step)
    return KINDS[name]


def facts(kind: str, *, as_at: date | None = None, known_at: datetime | None = None, **equals: Any) -> list[Fact]:
    """Facts of a kind, in order of subject and day.

    Args:
        as_at: only those that hold on this day; None = all days.
        known_at: as believed at this moment; None = now.
    """
    model = kind_of(kind)
    found = known(model, known_at).filter(**equals)
    if as_at is not None:
        found = holding(found, as_at)
    return list(found.order_by(*model.KEY, EARLIEST, "recorded_at"))


def about(subject: str, *, as_at: date | None = None, known_at: datetime | None = None) -> dict[str, list[Fact]]:
    """Every fact that names a site, MSID, serial number or MPID, by kind; kinds without one are left out."""
    found = {}
    for kind, model in KINDS.items():
        rows = known(model, known_at).filter(_naming(model, subject))
        if as_at is not None:
            rows = holding(rows, as_at)
        if listed := list(rows.order_by(*model.KEY, EARLIEST)):
            found[kind] = listed
    return found


def ever(subject: str) -> dict[str, list[Fact]]:
    """Every fact that was ever believed of a site, MSID, serial number or MPID, in the order of recording, by kind."""
    found = {}
    for kind, model in KINDS.items():
        if rows := list(model.objects.filter(_naming(model, subject)).order_by("recorded_at", *model.KEY)):
            found[kind] = rows
    return found


def _naming(model: type[Fact], subject: str) -> Q:
    names = {field.name for field in model._meta.get_fields()} & set(_SUBJECTS)
    wanted = Q(pk__in=[])
    for name in sorted(names):
        wanted |= Q(**{name: subject})
    return wanted


def log(
    *, subject: str = "", case: str = "", since: datetime | None = None, limit: int = 100
) -> Iterator[tuple[Change, list[tuple[str, Fact]], list[tuple[str, Fact]]]]:
    """Changes, the latest first, each with the facts that it recorded and the beliefs that it ended."""
    changes = Change.objects.order_by("-moment")
    if case:
        changes = changes.filter(case=case)
    if since is not None:
        changes = changes.filter(moment__gte=since)
    given = 0
    for change in changes.iterator():
        recorded = _of_change(subject, change=change)
        ended = _of_change(subject, ended_by=change)
        if subject and not recorded and not ended:
            continue
        yield change, recorded, ended
        given += 1
        if given >= limit:
            return


def _of_change(subject: str, **which: Change) -> list[tuple[str, Fact]]:
    return [
        (kind, row)
        for kind, model in KINDS.items()
        for row in model.objects.filter(_naming(model, subject) if subject else Q(), **which).order_by(*model.KEY)
    ]


def document(kind: str, row: Fact) -> dict[str, Any]:
    """A fact as a document, both its times among it."""
    return {
        "kind": kind,
        **dict(zip(row.KEY, row.key(), strict=True)),
        **row.values(),
        "from": row.effective_from,
        "to": row.effective_to,
        "recorded_at": row.recorded_at,
        "recorded_until": row.recorded_until,
    }
