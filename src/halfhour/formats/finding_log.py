"""Findings of one file: at most a thousand of a code in full, the rest counted.

A file can be wrong in every one of its millions of rows: the reader of the exceptions needs examples and the number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from halfhour.errors import Finding, Severity

MOST_OF_A_CODE = 1_000


class FindingLog:
    """The findings of a file, or of a stretch of it.

    Args:
        file: name of the file in messages.

    Attributes:
        tallies: how often something happened that gets one row for the whole file, by its name.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.tallies: Counter[str] = Counter()
        self._kept: dict[tuple[str, Severity], list[Finding]] = {}
        self._hidden: Counter[tuple[str, Severity]] = Counter()

    def add(self, finding: Finding) -> None:
        """Record one finding."""
        kind = finding.code, finding.severity
        kept = self._kept.setdefault(kind, [])
        if len(kept) < MOST_OF_A_CODE:
            kept.append(finding)
        else:
            self._hidden[kind] += 1

    def add_rows(
        self, code: str, rows: NDArray[np.int64], describe: Callable[[int], Finding], severity: Severity = "error"
    ) -> None:
        """Record a finding of this code for each row (or cell, or pair), describing only those to be shown."""
        if len(rows) == 0:
            return
        kept = self._kept.setdefault((code, severity), [])
        room = MOST_OF_A_CODE - len(kept)
        kept += [describe(row) for row in rows[:room].tolist()]
        self._hidden[code, severity] += max(0, len(rows) - room)

    def extend(self, later: FindingLog) -> None:
        """Add what was found in a later stretch of the same file."""
        for kind, findings in later._kept.items():
            for finding in findings:
                self.add(finding)
            self._hidden[kind] += later._hidden[kind]
        self.tallies += later.tallies

    def errors(self) -> int:
        """How many data were not used."""
        return sum(
            len(kept) + self._hidden[kind] for kind, kept in self._kept.items() if kept and kept[0].severity == "error"
        )

    def findings(self) -> list[Finding]:
        """All findings, by code and in order of the file, each code closed by how many more there are."""
        rows: list[Finding] = []
        for kind, kept in sorted(self._kept.items()):
            rows += kept
            if hidden := self._hidden[kind]:
                message = f"{self.file} has {hidden:,} more findings of {kind[0]}, which are not listed."
                rows.append(Finding(kind[0], kept[0].severity, message, kept[0].next_step, self.file))
        return rows
