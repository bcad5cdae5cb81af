"""Queued files written into their folder or fetched: each whole or not at all, none recorded that is never written.

What a process that was killed left queued is written by the next one that sends into the folder.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from halfhour.server.cases.reading import case_as_known, find_case
from halfhour.server.cases.writing import Recorded
from halfhour.server.files.models import FileState, FlowFileRow
from halfhour.server.files.sending import Sent, send


def send_to_folder(case_id: str, ref: str, who: str, folder: Path, **how: Any) -> list[Sent]:
    """Build, record and write the file that a step needs; what was left queued of it is written and not built again.

    Args:
        how: as `send`.

    Raises:
        HalfhourError: as `send`.
        OSError: the file is recorded and queued, and cannot be written; sending it again writes it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sent = _left(case_id, ref, folder) or send(case_id, ref, who, folder=folder, **how)
    paths = {row.pk: path for row, path in write_queued(folder)}
    return [replace(one, path=paths.get(one.row.pk)) for one in sent]


def _left(case_id: str, ref: str, folder: Path) -> list[Sent]:
    rows = FlowFileRow.objects.filter(
        state=FileState.QUEUED, folder=str(folder.absolute()), instances__case=case_id, instances__step=ref
    )
    found = list(rows.distinct().order_by("pk"))
    if not found:
        return []
    known = case_as_known(find_case(case_id))
    event_id = found[0].instances.order_by("number")[0].message_id
    recorded = Recorded(known.case, event_id, False, known.state)
    return [Sent(row, row.name, bytes(row.content), row.to_mpid, recorded) for row in found]


def write_queued(folder: Path) -> list[tuple[FlowFileRow, Path]]:
    """Write the files that are queued for a folder; which were written, and where.

    Raises:
        OSError: a file cannot be written; it stays queued.
    """
    written = []
    for row in FlowFileRow.objects.filter(state=FileState.QUEUED, folder=str(folder.absolute())).order_by("pk"):
        path = folder / row.name
        _write_whole(path, bytes(row.content))
        delivered(row.pk)
        written.append((row, path))
    return written


def delivered(row_id: int) -> None:
    """Say that a queued file has been written or fetched."""
    FlowFileRow.objects.filter(pk=row_id, state=FileState.QUEUED).update(state=FileState.SENT)


def _write_whole(path: Path, content: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as part:
        try:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).chmod(0o644)
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
