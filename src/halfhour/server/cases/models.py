"""A case and its events as they are stored, and the rows that say how it stands now.

Openings and events are the record: they are added and never changed, which the database itself enforces. State,
parties, subjects and waiting acts are worked out from them in the same transaction, and can be at any time again.
"""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class CaseNumber(models.Model):
    """The last number given to cases of one prefix."""

    prefix = models.CharField(max_length=4, primary_key=True)
    last = models.PositiveIntegerField(default=0)


class Case(models.Model):
    """A case: how it was opened, and how it stands.

    Attributes:
        key: what tells it from others; at most one open case has it.
        follows: the case that this one was opened because of.
        last_sequence: of its events; the row is locked while one is added.
        folded_on: the day for which state, waiting acts and `refold_on` were worked out.
        refold_on: first day on which they change by themselves; None where never.
    """

    id = models.CharField(max_length=12, primary_key=True)
    timetable = models.CharField(max_length=60, db_index=True)
    opened_on = models.DateField()
    nation = models.CharField(max_length=3)
    parties = models.JSONField(encoder=DjangoJSONEncoder)
    facts = models.JSONField(encoder=DjangoJSONEncoder)
    parameters = models.JSONField(encoder=DjangoJSONEncoder)
    key = models.CharField(max_length=400)
    follows = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
    opened_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()
    last_sequence = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=40)
    kind = models.CharField(max_length=8)
    ended_on = models.DateField(null=True)
    folded_on = models.DateField()
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
    """An event as recorded; its id is unique over all cases, so that recording it twice changes nothing."""

    id = models.CharField(max_length=64, primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    on = models.DateField()
    recorded_at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    step = models.CharField(max_length=20, blank=True)
    outcome = models.CharField(max_length=60, blank=True)
    flow = models.CharField(max_length=5, blank=True)
    data = models.JSONField(encoder=DjangoJSONEncoder)
    by = models.CharField(max_length=80, blank=True)
    who = models.CharField(max_length=80)
    source = models.CharField(max_length=300, blank=True)
    corrects = models.CharField(max_length=64, blank=True)

    class Meta:
        """A case's events are numbered without gaps, each number once."""

        constraints = [models.UniqueConstraint(fields=["case", "sequence"], name="cases_one_event_of_a_number")]


class CaseParty(models.Model):
    """Who plays a party of a case now, by MPID."""

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
    """An act that an open case waits for, as of its `folded_on`."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="waiting_rows")
    ref = models.CharField(max_length=20)
    attempt = models.PositiveIntegerField()
    party = models.CharField(max_length=40)
    mpid = models.CharField(max_length=80, blank=True)
    flow = models.CharField(max_length=5, blank=True)
    since = models.DateField()
    due = models.DateField(null=True)

    class Meta:
        """Found by the day on which it is due, of everybody or of one party."""

        indexes = [
            models.Index(fields=["due", "case"], name="cases_due"),
            models.Index(fields=["mpid", "due"], name="cases_due_of_a_party"),
        ]
