"""A finding about a file of records: what a row of the exceptions table says, and where in the file it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from halfhour.errors import Finding

Scope = Literal["file", "instance"]


@dataclass(frozen=True, slots=True)
class FlowFinding(Finding):
    """What is wrong with a file, a record or an item of it.

    Attributes:
        line: from 1; 0 where it is the file as a whole.
        group, item: names of the layout, empty where there is none.
        instance: number of the instance from 1, 0 where it is none's.
        scope: what an error rejects.
    """

    line: int = 0
    group: str = ""
    item: str = ""
    instance: int = 0
    scope: Scope = "file"

    def of_file(self, name: str) -> FlowFinding:
        """The same with the file's name and line in `where`."""
        return replace(self, where=f"{name}:{self.line}" if self.line else name)
