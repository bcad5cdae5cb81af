"""The run folder: written beside its final name and renamed into place, so that a run is there whole or not at all.

Files and columns: CONTRACT, "A run folder". The same inputs give the same bytes whatever the block size or the number
of threads: tables are cut into row groups of a fixed length, and nothing of the machine or the clock is written.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import glob
import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from halfhour.errors import Finding, HalfhourError

MANIFEST = "manifest.json"
_IN_A_MANIFEST = {"halfhour", "run", "settings", "portfolio", "counts", "inputs", "files"}
_IN_ITS_RUN = {"edition", "editions", "from", "to", "run_type", "known_at", "detail"}
ROWS_PER_GROUP = 262_144
EXCEPTION_COLUMNS = (
    "code",
    "severity",
    "site_id",
    "msid",
    "settlement_date",
    "settlement_period",
    "message",
    "next_step",
)

_ODD_NAMES = "backslashreplace"
"""A file's name may hold bytes that are no text; written so, it is still JSON, and read back it is that name."""


class TableWriter:
    """A Parquet file whose row groups have a fixed number of rows, however the rows arrive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._n_waiting = 0

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        self._waiting.append(table)
        self._n_waiting += table.num_rows
        self.rows += table.num_rows
        while self._n_waiting >= ROWS_PER_GROUP:
            self._flush(ROWS_PER_GROUP)

    def _flush(self, rows: int) -> None:
        table = pa.concat_tables(self._waiting)
        self._write_group(table.slice(0, rows))
        rest = table.slice(rows)
        self._waiting = [rest] if rest.num_rows else []
        self._n_waiting = rest.num_rows

    def _write_group(self, table: pa.Table) -> None:
        plain = pa.table(
            {
                name: column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
                for name, column in zip(table.column_names, table.columns, strict=True)
            }
        ).combine_chunks()
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, plain.schema, compression="zstd", compression_level=1)
        self._writer.write_table(plain, row_group_size=ROWS_PER_GROUP)

    def close(self) -> None:
        """Write what is left; a table of no rows is still a file, if its columns are known."""
        if self._waiting and (self._n_waiting or self._writer is None):
            self._flush(max(1, self._n_waiting))
        if self._writer is not None:
            self._writer.close()


@dataclass(slots=True)
class RunFolder:
    """A run in the making, beside its final place."""

    final: Path
    making: Path

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _remove(self.making)
        _in_hand.discard(self.making.name)
        if isinstance(error, OSError) and error.errno in _DISK_REFUSES:
            raise _cannot_write(self.final, error) from error

    def put_in_place(self) -> None:
        """Rename the finished run to its final name; a run that was there before goes.

        Raises:
            HalfhourError: ST-003 something that is not a run has come to stand there.
        """
        _sync_tree(self.making)
        before = self.making.with_name(self.making.name.replace(".making-", ".replaced-"))
        for _ in range(_ATTEMPTS):
            _refuse_what_is_no_run(self.final)
            with contextlib.suppress(FileNotFoundError):
                os.rename(self.final, before)
            try:
                os.rename(self.making, self.final)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    with contextlib.suppress(OSError):
                        os.rename(before, self.final)
                    raise
                # Another writer put its own there first: ours is the later one and takes the place.
                _remove(before)
                continue
            _remove(before)
            return
        raise HalfhourError(
            "ST-003",
            f"Other processes keep writing a run at '{self.final}'.",
            "Choose another --out, or wait for them.",
        )


_DISK_REFUSES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}
_ATTEMPTS = 20
_numbers = itertools.count()
_in_hand: set[str] = set()
"""Folders that this process is making, in whichever thread."""


def open_run_folder(final: Path) -> RunFolder:
    """Begin a run that will stand at `final`.

    Raises:
        HalfhourError: ST-003 something that is not a run stands there, or it cannot be written.
    """
    # Without its '..' a path means the same before and after the folders on its way are made.
    final = Path(os.path.abspath(final))
    _refuse_what_is_no_run(final)
    making = final.with_name(f".{final.name}.making-{os.getpid()}-{next(_numbers)}")
    _in_hand.add(making.name)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        _sweep(final)
        making.mkdir()
    except OSError as error:
        _in_hand.discard(making.name)
        raise _cannot_write(final, error) from None
    return RunFolder(final, making)


def _cannot_write(final: Path, error: OSError) -> HalfhourError:
    reason = error.strerror or str(error)
    return HalfhourError("ST-003", f"A run cannot be written at '{final}': {reason}.", "Choose another --out.")


def _refuse_what_is_no_run(final: Path) -> None:
    """Make sure that whatever a run replaces is itself a run, or nothing, and not the ground under the user's feet."""
    try:
        taken = os.path.lexists(final) and not is_run(final) and (not final.is_dir() or any(final.iterdir()))
    except OSError as error:
        raise _cannot_write(final, error) from None
    if taken:
        raise HalfhourError(
            "ST-003", f"'{final}' is there and is not a run folder.", "Choose another --out, or move it away."
        )
    if final.is_dir() and Path.cwd().is_relative_to(final.resolve()):
        raise HalfhourError(
            "ST-003",
            f"'{final}' is the folder that you are in, and would be replaced.",
            "Name a folder in it, or leave it first.",
        )


def is_run(folder: Path) -> bool:
    """Whether a folder holds the manifest of a run; programs of other kinds have a file of that name too."""
    try:
        read_manifest(folder)
    except (OSError, ValueError):
        return False
    return True


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run.

    Raises:
        OSError, ValueError: it cannot be read, or is not one.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("it is nested without end") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("run"), dict):
        raise ValueError("no run in it")
    missing = [*(_IN_A_MANIFEST - manifest.keys()), *(_IN_ITS_RUN - manifest["run"].keys())]
    if missing:
        raise ValueError(f"no {', '.join(sorted(missing))} in it")
    return manifest


def _sweep(final: Path) -> None:
    """Remove what killed processes left beside the run's place; a folder whose process still runs is left alone.

    A run that had been put aside when its process was killed goes back to its place.
    """
    for kind in ("making", "replaced"):
        beginning = f".{final.name}.{kind}-"
        for leftover in final.parent.glob(f"{glob.escape(beginning)}*"):
            pid = leftover.name.removeprefix(beginning).partition("-")[0]
            if not pid.isdigit() or (_alive(int(pid)) and int(pid) != os.getpid()):
                continue
            if leftover.name.replace(".replaced-", ".making-") in _in_hand:
                continue
            if kind == "replaced" and not final.exists():
                with contextlib.suppress(OSError):
                    os.rename(leftover, final)
                continue
            _remove(leftover)


def _remove(folder: Path) -> None:
    """Remove a folder with what is in it, or a link and not what it points to; nothing where nothing is there."""
    if folder.is_symlink():
        folder.unlink(missing_ok=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sync_tree(folder: Path) -> None:
    for path in [*sorted(folder.rglob("*")), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_exceptions(path: Path, findings: Iterable[Finding]) -> int:
    """Write `exceptions.csv`, in an order that depends on the findings only, and count its rows."""
    rows = sorted(
        {_exception_row(finding) for finding in findings},
        key=lambda row: (row[2], row[3], row[4], row[5].zfill(2), row),
    )
    with path.open("w", encoding="utf-8", errors=_ODD_NAMES, newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(EXCEPTION_COLUMNS)
        writer.writerows(rows)
    return len(rows)


def _exception_row(finding: Finding) -> tuple[str, ...]:
    return (
        finding.code,
        finding.severity,
        finding.site_id,
        finding.msid,
        "" if finding.settlement_date is None else finding.settlement_date.isoformat(),
        "" if finding.settlement_period is None else str(finding.settlement_period),
        f"{finding.where}: {finding.message}" if finding.where else finding.message,
        finding.next_step,
    )


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write `manifest.json`, with the hash of every other file of the run."""
    _write(folder, manifest | {"files": _hashes(folder, {})})


def add_to_manifest(folder: Path) -> None:
    """Add the hashes of files written beside the tables since the manifest was; the tables are not read again."""
    manifest = read_manifest(folder)
    _write(folder, manifest | {"files": _hashes(folder, manifest["files"])})


def _write(folder: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", errors=_ODD_NAMES)


def _hashes(folder: Path, known: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The hash of every file of a run but the manifest, by name; those known already are taken as they are."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name in known:
            found[name] = known[name]
        elif name != MANIFEST:
            with path.open("rb") as stream:
                found[name] = {"sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
    return found
