"""A case and its events as they are stored, and the rows that say how it stands now.

Openings and events are the record: they are added and never changed, which the database itself enforces. State,
parties, subjects and waiting acts are worked out from them in the same transaction, and can be at any time again.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from halfhour.errors import HalfhourError
from halfhour.server.cases.encoding import ExactDecoder, ExactEncoder


class ExactJSONField(models.JSONField):
    """JSON that gives dates and decimal numbers back as they went in."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**{"encoder": ExactEncoder, "decoder": ExactDecoder, **named})

    def deconstruct(self) -> Any:
        """For migrations: the encoding belongs to the field."""
        name, path, arguments, named = super().deconstruct()
        return name, path, arguments, {key: value for key, value in named.items() if key not in ("encoder", "decoder")}


class CaseNumber(models.Model):
    """The last number given to cases of one prefix."""

    prefix = models.CharField(max_length=4, primary_key=True)
    last = models.PositiveIntegerField(default=0)


class Case(models.Model):
    """A case: how it was opened, and how it stands.

    Attributes:
        follows: the case that this one was opened because of.
        last_sequence: of its events; the row is locked while one is added.
        key: what tells it from others; at most one open case has it.
        subject: what it is about, for people.
        folded_on: the day on which it was last worked out how it stands.
        changed_on, refold_on: it stands so from the one day until the day before the other, on which time alone or an
            event dated ahead changes it; None where nothing will.
    """

    id = models.CharField(max_length=12, primary_key=True)
    timetable = models.CharField(max_length=60, db_index=True)
    opened_on = models.DateField()
    nation = models.CharField(max_length=3)
    parties = ExactJSONField()
    facts = ExactJSONField()
    parameters = ExactJSONField()
    follows = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
    opened_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()
    last_sequence = models.PositiveIntegerField(default=0)
    key = models.CharField(max_length=400)
    subject = models.CharField(max_length=200)
    state = models.CharField(max_length=40)
    kind = models.CharField(max_length=8)
    ended_on = models.DateField(null=True)
    folded_on = models.DateField()
    changed_on = models.DateField()
    refold_on = models.DateField(null=True)

    class Meta:
        """One open case of a key; what changes by itself is found by its day."""

        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(ended_on__isnull=True) & ~models.Q(key=""),
                name="cases_one_open_case_of_a_key",
            )
        ]
        indexes = [
            models.Index(
                fields=["refold_on"], condition=models.Q(ended_on__isnull=True), name="cases_changing_by_themselves"
            ),
            models.Index(fields=["state"], name="cases_by_state"),
        ]


class CaseEvent(models.Model):
    """An event as recorded; its id is unique over all cases, so that recording it twice changes nothing.

    Attributes:
        by: MPID or name of who did it; `who` recorded it.
    """

    id = models.CharField(max_length=64, primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    on = models.DateField()
    recorded_at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=12)
    step = models.CharField(max_length=20, blank=True)
    outcome = models.CharField(max_length=60, blank=True)
    flow = models.CharField(max_length=5, blank=True)
    data = ExactJSONField()
    by = models.CharField(max_length=80, blank=True)
    who = models.CharField(max_length=80)
    source = models.CharField(max_length=300, blank=True)
    corrects = models.CharField(max_length=64, blank=True)

    class Meta:
        """A case's events are numbered without gaps, each number once."""

        constraints = [models.UniqueConstraint(fields=["case", "sequence"], name="cases_one_event_of_a_number")]
        ordering = ["sequence"]

    def save(self, **named: Any) -> None:
        """Add the event; one that stands is not changed.

        Raises:
            HalfhourError: CS-208 it stands already.
        """
        if not self._state.adding:
            raise _never("changed", self.pk)
        super().save(**{**named, "force_insert": True})

    def delete(self, *_: Any, **__: Any) -> Any:
        """Refuse.

        Raises:
            HalfhourError: CS-208 always.
        """
        raise _never("removed", self.pk)


def _never(what: str, event_id: str) -> HalfhourError:
    return HalfhourError(
        "CS-208", f"Event {event_id} is recorded, and is never {what}.", "Record a correction or a withdrawal of it."
    )


class CaseParty(models.Model):
    """Who plays a party of a case now, by MPID or name."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="party_rows")
    party = models.CharField(max_length=40)
    mpid = models.CharField(max_length=80, db_index=True)

    class Meta:
        """A party is played by one."""

        constraints = [models.UniqueConstraint(fields=["case", "party"], name="cases_one_holder_of_a_party")]


class CaseSubject(models.Model):
    """An MPAN core or a reference by which messages find the case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="subject_rows")
    value = models.CharField(max_length=60, db_index=True)

    class Meta:
        """Each value once."""

        constraints = [models.UniqueConstraint(fields=["case", "value"], name="cases_one_row_of_a_subject")]


class CaseWaiting(models.Model):
    """An act that a case waits for, as it stands.

    Attributes:
        counted: how the due day was counted, in words.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="waiting_rows")
    ref = models.CharField(max_length=20)
    attempt = models.PositiveIntegerField()
    party = models.CharField(max_length=40)
    mpid = models.CharField(max_length=80, blank=True)
    flow = models.CharField(max_length=5, blank=True)
    since = models.DateField()
    due = models.DateField(null=True)
    counted = models.CharField(max_length=200, blank=True)

    class Meta:
        """Found by the day on which it is due, of everybody or of one party."""

        indexes = [
            models.Index(fields=["due", "case"], name="cases_due"),
            models.Index(fields=["mpid", "due"], name="cases_due_of_a_party"),
        ]


class FollowOnCase(models.Model):
    """A case that must be opened because of another, and the one that was.

    Attributes:
        number: of several that the same step calls for, from 1.
        opened: None where it could not be opened; `problem` says why, and it is tried again when the case changes.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="follow_on_rows")
    timetable = models.CharField(max_length=60)
    ref = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    on = models.DateField()
    because = models.CharField(max_length=500, blank=True)
    opened = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="opened_for")
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        """Each is opened once."""

        constraints = [
            models.UniqueConstraint(
                fields=["case", "timetable", "ref", "number"], name="cases_one_case_follows_from_a_cause"
            )
        ]


class FoldedWith(models.Model):
    """The timetables by which all cases were last worked out; others mean that they are worked out anew."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    timetables = models.CharField(max_length=64)
