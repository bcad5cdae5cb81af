"""File ids of the flow files that scenarios are made of: a sender uses each number once to each recipient."""

from __future__ import annotations

from collections.abc import Mapping


def numbered(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a scenario, each sender's to each recipient numbered from 1 in the order in which they were made."""
    counts: dict[tuple[bytes, ...], int] = {}
    made = {}
    for name, content in sorted(files.items(), key=lambda one: (one[1].split(b"|")[7], one[0])):
        header = content.split(b"\n", 1)[0].split(b"|")
        pair = tuple(header[3:7])
        counts[pair] = counts.get(pair, 0) + 1
        made[name] = content.replace(b"|" + header[1] + b"|", b"|%010d|" % counts[pair])
    return made
