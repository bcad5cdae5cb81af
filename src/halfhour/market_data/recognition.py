"""What a file of market data is, by its content: its first bytes or its header row, never by its name alone."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from halfhour.errors import Finding, HalfhourError, Refused
from halfhour.market_data.columns import Table
from halfhour.market_data.loss_factor_files import is_extract, is_pool_transfer
from halfhour.market_data.table_files import header_of, mdd_table_of, nearest_reference_table, reference_table_of
from halfhour.market_data.version_changes import TableChanges

State = Literal["found", "loaded", "already loaded", "refused", "skipped"]
Kind = Literal["", "mdd", "line_loss_factors", "reference"]

HEAD = 65536
LOSS_FACTORS = "line_loss_factors"
LEVY_COLUMNS = ["effective_from", "last_day"]


@dataclass(slots=True)
class FileLoad:
    """A file and what became of it.

    Attributes:
        path: as it was found.
        state: `found` until it is dealt with; `loaded`, `already loaded` (the store has its content), `refused` or
            `skipped` (not known).
        kind, table: what it holds, empty where not known.
        layout: the table's columns, None for line loss factors.
        version: of Market Domain Data.
        distributor: MPID of line loss factors.
        sha256: of the file.
        rows: read from it; of line loss factors the class-days.
        classes, factors: of line loss factors, how many, and how many half hours.
        first_day, last_day: of its rows, the last included.
        changes: against the version before, of a table of Market Domain Data.
        new, changed, same: rows (class-days) that the store did not hold, held otherwise, and held alike.
        findings: everything to be said of it.
    """

    path: Path
    state: State = "found"
    kind: Kind = ""
    table: str = ""
    layout: Table | None = None
    version: int | None = None
    distributor: str = ""
    sha256: str = ""
    rows: int = 0
    classes: int = 0
    factors: int = 0
    first_day: date | None = None
    last_day: date | None = None
    changes: TableChanges | None = None
    new: int = 0
    changed: int = 0
    same: int = 0
    findings: list[Finding] = field(default_factory=list)

    def refuse(self, error: HalfhourError) -> None:
        """Nothing of it is loaded, and this is why."""
        self.state = "refused"
        found = error.findings if isinstance(error, Refused) else []
        self.findings += found or [Finding(error.code, "error", error.message, error.next_step, where=self.path.name)]


def walk(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file once, folders in order of path, and whether it was named itself.

    Raises:
        OSError: a folder cannot be read.
    """
    seen: set[Path] = set()
    for path in paths:
        inside = [(path, True)]
        if path.is_dir():
            inside = [
                (Path(folder, name), False)
                for folder, _, names in sorted(os.walk(path, onerror=_raise))
                for name in sorted(names)
            ]
        for file, given in inside:
            real = file.resolve()
            if real not in seen:
                seen.add(real)
                yield file, given


def _raise(error: OSError) -> None:
    raise error


def told(path: Path, *, given: bool) -> FileLoad:
    """What a file is; one that is not known is refused if it was named itself (`given`), otherwise skipped."""
    load = FileLoad(path)
    if not path.is_file():
        return _unknown(load, given, "It is no ordinary file.")
    try:
        with path.open("rb") as content:
            head = content.read(HEAD)
    except OSError as error:
        load.refuse(unreadable(error))
        return load
    header = header_of(head.decode("utf-8-sig", errors="replace"))
    try:
        if head.startswith(b"PK") and not zipfile.is_zipfile(path):
            load.refuse(HalfhourError("MD-003", "The archive is not whole.", "Fetch the file again."))
        elif is_pool_transfer(path, head) or is_extract(header):
            load.kind, load.table = "line_loss_factors", LOSS_FACTORS
        elif (layout := mdd_table_of(header, path.name)) is not None:
            load.kind, load.table, load.layout = "mdd", layout.name, layout
        elif (layout := reference_table_of(header)) is not None:
            load.kind, load.table, load.layout = "reference", layout.name, layout
        elif header[: len(LEVY_COLUMNS)] == LEVY_COLUMNS:
            _unknown(load, given, "It holds the rates of a levy, which come with the program and not from the store.")
        else:
            _unknown(load, given, f"Its content is no market data that is known. {nearest_reference_table(header)}")
    except Refused as error:
        load.refuse(error)
    return load


def unreadable(error: OSError) -> HalfhourError:
    """A file that the operating system does not give."""
    return HalfhourError("MD-003", f"It cannot be read: {error.strerror or error}.", "Check the file and the disk.")


def _unknown(load: FileLoad, given: bool, reason: str) -> FileLoad:
    load.state = "refused" if given else "skipped"
    severity: Literal["error", "warning"] = "error" if given else "warning"
    step = "`halfhour market-data load --help` says which files are taken." if given else ""
    load.findings.append(Finding("MD-018", severity, f"Not loaded. {reason.strip()}", step, where=load.path.name))
    return load
