"""A file as it came or went, and what became of each of its instances.

Receipt is not acceptance: a file is acknowledged by what it is, an instance by the case that it belongs to.
"""

from __future__ import annotations

from enum import StrEnum

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class FileState(StrEnum):
    """What became of a file.

    ACCEPTED: acknowledged, its instances have states of their own. REJECTED: refused as a whole, with its faults. SENT:
    built here and sent.
    """

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    SENT = "SENT"


class InstanceState(StrEnum):
    """What became of an instance of a file.

    WAITING: not looked at yet. MATCHED: an answer that a case waited for. OPENED: opened a case. HELD: of a case whose
    step is not open yet. REFUSED: of a case, and too early to count. ATTACHED: of a case, and changes nothing.
    UNMATCHED: no case waits for it, a person says which it is. REJECTED: not valid, with its faults. SENT: built here
    from a case.
    """

    WAITING = "WAITING"
    MATCHED = "MATCHED"
    OPENED = "OPENED"
    HELD = "HELD"
    REFUSED = "REFUSED"
    ATTACHED = "ATTACHED"
    UNMATCHED = "UNMATCHED"
    REJECTED = "REJECTED"
    SENT = "SENT"


class FlowFileRow(models.Model):
    """A file, whole.

    Attributes:
        sha256: of its bytes; the same bytes twice are one file.
        flow: flow and version, `D0155001`; empty where it cannot be told.
        created: the header's moment as it stands.
        organisation: in whose name it was given; empty for whoever runs the server. It reaches no case of others.
        findings: faults as lists of code, severity, message, next step and place.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    content = models.BinaryField()
    flow = models.CharField(max_length=8, blank=True, db_index=True)
    from_role = models.CharField(max_length=1, blank=True)
    from_mpid = models.CharField(max_length=4, blank=True, db_index=True)
    to_role = models.CharField(max_length=1, blank=True)
    to_mpid = models.CharField(max_length=4, blank=True, db_index=True)
    file_id = models.CharField(max_length=10, blank=True)
    created = models.CharField(max_length=14, blank=True)
    organisation = models.CharField(max_length=40, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=[(one, one) for one in FileState])
    findings = models.JSONField(encoder=DjangoJSONEncoder, default=list)
    who = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()


class FileInstance(models.Model):
    """An instance of a file.

    Attributes:
        message_id: the event's id in its case.
        because: why it is where it is, in words.
    """

    file = models.ForeignKey(FlowFileRow, on_delete=models.PROTECT, related_name="instances")
    number = models.PositiveIntegerField()
    message_id = models.CharField(max_length=64, db_index=True)
    flow = models.CharField(max_length=5)
    mpan = models.CharField(max_length=13, blank=True, db_index=True)
    on = models.DateField()
    state = models.CharField(max_length=10, choices=[(one, one) for one in InstanceState])
    because = models.CharField(max_length=500, blank=True)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="file_instances")

    class Meta:
        """Each number once in a file; what waits for a person is found by its state."""

        constraints = [models.UniqueConstraint(fields=["file", "number"], name="files_one_instance_of_a_number")]
        indexes = [models.Index(fields=["state"], name="files_by_state")]


class InstanceSubject(models.Model):
    """An MPAN core or reference that an instance names."""

    instance = models.ForeignKey(FileInstance, on_delete=models.CASCADE, related_name="subject_rows")
    value = models.CharField(max_length=60, db_index=True)


class FileNumber(models.Model):
    """The last number given to a sender's files."""

    mpid = models.CharField(max_length=4, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)
