"""Files of a folder, in the order in which they were made; a broken one is refused and the others go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from halfhour.errors import HalfhourError
from halfhour.formats.flows.envelopes import envelope_of
from halfhour.formats.flows.lines import BrokenFileError, opened, read
from halfhour.server.files.receiving import Receipt, receive
from halfhour.server.files.verdicts import MOST_BYTES

_HEAD = 4_096
_LAST = "99999999999999"


@dataclass(frozen=True, slots=True)
class FromFolder:
    """What became of a file of a folder: its receipt, or why it cannot even be stored."""

    path: Path
    receipt: Receipt | None
    problem: HalfhourError | None


def files_of(paths: Iterable[Path]) -> list[Path]:
    """Every file named or lying in a folder named, by the moment in its header, then by name; hidden ones left out.

    Raises:
        OSError: a path is not there.
    """
    found = []
    for path in paths:
        inside = (
            [one for one in path.iterdir() if one.is_file() and not one.name.startswith(".")]
            if path.is_dir()
            else [path]
        )
        found.extend(inside)
    return sorted(dict.fromkeys(found), key=lambda one: (_made(one), one.name))


def _made(path: Path) -> str:
    """The moment in a file's header; files without one come last."""
    try:
        with opened(path) as stream:
            head = read(stream, _HEAD)
    except BrokenFileError:
        return _LAST
    envelope = envelope_of(head)
    if envelope is None:
        return _LAST
    items = envelope.items_of(head.split(b"\n", 1)[0].decode("latin-1").rstrip("\r"))
    place = [item.name for item in envelope.header_items].index("created")
    return items[place] if len(items) > place else _LAST


def receive_all(
    paths: Iterable[Path], who: str, *, organisation: str = "", on: date | None = None
) -> Iterator[FromFolder]:
    """Take in files and everything that lies in folders, one after another.

    Raises:
        OSError: a file cannot be read.
    """
    for path in files_of(paths):
        try:
            if path.stat().st_size > MOST_BYTES:
                raise HalfhourError("CS-213", f"{path.name} has more than {MOST_BYTES:,} bytes.", "Give it in pieces.")
            receipt = receive(path.read_bytes(), path.name, who, organisation=organisation, on=on)
        except HalfhourError as problem:
            yield FromFolder(path, None, problem)
        else:
            yield FromFolder(path, receipt, None)
