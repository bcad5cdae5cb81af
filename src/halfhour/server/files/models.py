"""A file as it came or went, and what became of each of its instances.

Receipt is not acceptance: a file is acknowledged by what it is, an instance by the case that it belongs to.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from halfhour.server.cases.models import ExactJSONField


class FileState(StrEnum):
    """What became of a file.

    RECEIVED: stored, and not looked at yet. HELD: of a NETA sequence, waiting for the number before its own.
    ACKNOWLEDGED: what it says it is; its instances have states of their own. REJECTED: refused as a whole, with its
    faults. QUEUED: built here, recorded with its case, and not written or fetched yet. SENT: written or fetched.
    """

    RECEIVED = "RECEIVED"
    HELD = "HELD"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REJECTED = "REJECTED"
    QUEUED = "QUEUED"
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
        file_id: of a NETA file its sequence number.
        created: the header's moment as it stands.
        came_on: day on which it came, where whoever gave it said so.
        findings: faults as objects of code, severity, message, next step and place.
        response: code that answers a NETA file; None of others.
        organisation: in whose name it was given; empty for whoever runs the server. It reaches no case of others.
        folder: into which a file of ours is to be written; empty where it is fetched.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    content = models.BinaryField()
    envelope = models.CharField(max_length=20, blank=True)
    flow = models.CharField(max_length=8, blank=True, db_index=True)
    from_role = models.CharField(max_length=2, blank=True)
    from_mpid = models.CharField(max_length=8, blank=True, db_index=True)
    to_role = models.CharField(max_length=2, blank=True)
    to_mpid = models.CharField(max_length=8, blank=True, db_index=True)
    file_id = models.CharField(max_length=10, blank=True)
    created = models.CharField(max_length=14, blank=True)
    came_on = models.DateField(null=True)
    state = models.CharField(max_length=12, choices=[(one, one) for one in FileState], db_index=True)
    findings = ExactJSONField(default=list)
    response = models.PositiveSmallIntegerField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    organisation = models.CharField(max_length=40, blank=True, db_index=True)
    folder = models.CharField(max_length=1000, blank=True)
    who = models.CharField(max_length=80)
    recorded_at = models.DateTimeField(db_index=True)

    class Meta:
        """A sender uses a file id once to a recipient; numbers of NETA files are kept by `NetaSequence`."""

        constraints = [
            models.UniqueConstraint(
                fields=["from_role", "from_mpid", "to_role", "to_mpid", "file_id"],
                condition=models.Q(state="ACKNOWLEDGED") & ~models.Q(file_id="") & ~models.Q(envelope="neta"),
                name="files_one_file_of_an_id",
            )
        ]

    @property
    def acknowledgement(self) -> dict[str, Any]:
        """What its sender is told of the file as a whole; nothing of whether a case takes what it says."""
        return {
            "state": self.state,
            "accepted": self.state == FileState.ACKNOWLEDGED,
            "codes": sorted({one["code"] for one in self.findings if one["severity"] == "error"}),
            "response": self.response,
            "at": self.acknowledged_at,
        }


class FileInstance(models.Model):
    """An instance of a file.

    Attributes:
        message_id: the event's id in its case.
        on: day on which it came.
        data: what it says to a case.
        because: why it is where it is, in words.
        step: of the case, that it was built for.
    """

    file = models.ForeignKey(FlowFileRow, on_delete=models.PROTECT, related_name="instances")
    number = models.PositiveIntegerField()
    message_id = models.CharField(max_length=64, db_index=True)
    flow = models.CharField(max_length=5)
    mpan = models.CharField(max_length=13, blank=True, db_index=True)
    on = models.DateField()
    data = ExactJSONField()
    state = models.CharField(max_length=10, choices=[(one, one) for one in InstanceState])
    because = models.CharField(max_length=500, blank=True)
    step = models.CharField(max_length=20, blank=True)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="file_instances")
    taken_by = models.CharField(max_length=80, blank=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        """Each number once in a file; what waits for a person is found by its state."""

        constraints = [models.UniqueConstraint(fields=["file", "number"], name="files_one_instance_of_a_number")]
        indexes = [
            models.Index(
                fields=["state", "on"],
                condition=models.Q(state__in=["WAITING", "UNMATCHED"]),
                name="files_that_wait",
            )
        ]


class InstanceSubject(models.Model):
    """An MPAN core or reference that an instance names."""

    instance = models.ForeignKey(FileInstance, on_delete=models.CASCADE, related_name="subject_rows")
    value = models.CharField(max_length=60, db_index=True)


class NetaSequence(models.Model):
    """The last sequence number used up between two parties in their roles (handbook file-formats 3)."""

    from_role = models.CharField(max_length=2)
    from_mpid = models.CharField(max_length=8)
    to_role = models.CharField(max_length=2)
    to_mpid = models.CharField(max_length=8)
    last = models.PositiveBigIntegerField()

    class Meta:
        """One for each direction."""

        constraints = [
            models.UniqueConstraint(
                fields=["from_role", "from_mpid", "to_role", "to_mpid"], name="files_one_sequence_of_a_direction"
            )
        ]


class FileNumber(models.Model):
    """The last number given to a sender's files."""

    mpid = models.CharField(max_length=8, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)
