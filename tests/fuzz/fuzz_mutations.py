"""Changes to a valid file such as transport, spreadsheets, editors and people make, several to a case."""

from __future__ import annotations

import gzip
import io
import random
import re
import zipfile
from collections.abc import Callable, Sequence

from fuzz_counts import repaired

MOST_BYTES = 200_000

VALUES = [
    *("", "0", "00", "-0", "-1", "1", "46", "47", "48", "49", "50", "51", "64", "99", "100", "0.0", "1.", ".5", "-.5"),
    *("1e5", "1E400", "1e-400", "NaN", "inf", "-inf", "1_000", "1,5", "+1", "0x10", "٣", "１２", "²", "9" * 19),
    *("9" * 39, "9" * 5_000, "2147483648", "4294967296", "9223372036854775808", "0.0005", "1.0005", "1000000.0004"),
    *("20240331", "20241027", "20240230", "00000000", "00010101", "18991231", "19000229", "99991231", "20991231"),
    *("2024-03-31", "2024-10-27", "2024-02-30", "0001-01-01", "9999-12-31", "2024-1-1", "31/03/2024", "31/12/9999"),
    *("29/02/2023", "01/01/0001", "240000", "235959", "20240331013000", "99991231235959", "24:00", "00:00", "23:30"),
    *("T", "F", "A", "E", "C", "AI", "AE", "RI", "RE", "a", " ", "  A ", "\t", '"', '""', '"x"', "'", "=1+1", "-x"),
    *("@x", "é", "£", "\u2028", "\ufeff", "\x00", "\x85", "\x1f", "\r", "x" * 40, "x" * 300, "y" * 5_000, "None"),
    *("2000000000015", "2000000000024", "2000000000016", "ZPT", "ZZZ", "ZHV", "#S 1", "#O 2000000000015-A", "[b]"),
]

Change = Callable[[bytes, random.Random, Sequence[bytes]], bytes]


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def _separator(data: bytes) -> bytes:
    return b"|" if data[:3] in (b"ZHV", b"ZHD", b"AAA") else b","


def line_lost(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    at = rng.randrange(len(lines))
    del lines[at : at + rng.choice([1, 1, 1, 2, 5, 47])]
    return b"\n".join(lines)


def line_doubled(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    at = rng.randrange(len(lines))
    piece = lines[at : at + rng.choice([1, 1, 1, 2, 5, 50])]
    to = rng.choice([at, rng.randrange(len(lines) + 1)])
    lines[to:to] = piece * rng.choice([1, 1, 1, 3])
    return b"\n".join(lines)


def lines_swapped(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def line_cut(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    at = rng.randrange(len(lines))
    lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    return b"\n".join(lines)


def line_joined(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    at = rng.randrange(len(lines))
    return b"\n".join([*lines[:at], b"".join(lines[at : at + 2]), *lines[at + 2 :]])


def line_of_another(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    lines, strange = _lines(data), _lines(rng.choice(others))
    at, start = rng.randrange(len(lines) + 1), rng.randrange(len(strange))
    lines[at:at] = strange[start : start + rng.choice([1, 1, 3, 50])]
    return b"\n".join(lines)


def lines_blank(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    at = rng.choice([0, len(lines), rng.randrange(len(lines) + 1)])
    lines[at:at] = [rng.choice([b"", b"", b" ", b",", b"\t", b"|", b"\r"])] * rng.choice([1, 1, 2, 200])
    return b"\n".join(lines)


def _field_changed(change: Callable[[list[bytes], int, random.Random], None]) -> Change:
    def changed(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
        lines, separator = _lines(data), _separator(data)
        place = rng.randrange(len(lines)) if rng.random() < 0.7 else rng.choice([0, 1, len(lines) - 1, -2])
        at = place % len(lines)
        fields = lines[at].split(separator)
        change(fields, rng.randrange(len(fields)), rng)
        lines[at] = separator.join(fields)
        return b"\n".join(lines)

    return changed


def _set(fields: list[bytes], at: int, rng: random.Random) -> None:
    fields[at] = rng.choice(VALUES).encode("utf-8" if rng.random() < 0.8 else "utf-16-le")


def _empty(fields: list[bytes], at: int, _: random.Random) -> None:
    fields[at] = b""


def _lengthen(fields: list[bytes], at: int, rng: random.Random) -> None:
    fields[at] = (fields[at] or b"7") * rng.choice([2, 3, 50, 500, 2_000])


def _swap(fields: list[bytes], at: int, rng: random.Random) -> None:
    other = rng.randrange(len(fields))
    fields[at], fields[other] = fields[other], fields[at]


def _drop(fields: list[bytes], at: int, _: random.Random) -> None:
    del fields[at]


def _add(fields: list[bytes], at: int, rng: random.Random) -> None:
    fields[at:at] = [rng.choice(VALUES).encode("utf-8")] * rng.choice([1, 1, 2, 60])


def _around(fields: list[bytes], at: int, rng: random.Random) -> None:
    fields[at] = rng.choice([b'"%s"', b" %s", b"%s ", b'"%s', b'%s"', b"'%s'", b'"%s" ', b"\xc2\xa0%s"]) % fields[at]


def _number(fields: list[bytes], at: int, rng: random.Random) -> None:
    numbers = [place for place, field in enumerate(fields) if re.fullmatch(rb"[0-9]{1,18}", field)]
    if numbers:
        at = rng.choice(numbers)
        value = int(fields[at]) + rng.choice([1, -1, 1, -1, 2, 10, -48, 10**9])
        fields[at] = rng.choice([b"%d", b"%d", b"0%d", b"+%d", b"%d.0", b"%d "]) % value


def _case(fields: list[bytes], at: int, rng: random.Random) -> None:
    fields[at] = rng.choice([bytes.lower, bytes.upper, bytes.swapcase])(fields[at])


def bytes_changed(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _again in range(rng.choice([1, 1, 1, 2, 8])):
        if changed:
            at = rng.randrange(len(changed))
            changed[at] = rng.choice(
                [changed[at] ^ (1 << rng.randrange(8)), rng.randrange(256), 0, 13, 10, 34, 124, 44]
            )
    return bytes(changed)


def bytes_added(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    piece = rng.choice(
        [b"\0", b"\r", b"\xff", b"\xc3\xa9", b"\n", b"\r\n", b'"', b"|", b",", b"\x1a", rng.randbytes(4)]
    )
    return data[:at] + piece * rng.choice([1, 1, 1, 3, 5_000]) + data[at:]


def bytes_lost(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice([1, 1, 2, 10, 1_000]) :]


def cut_short(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    return data[: rng.choice([rng.randrange(len(data) + 1), len(data) - 1, rng.randrange(12)])]


def begun_late(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    return data[rng.choice([1, 2, 3, rng.randrange(len(data) + 1)]) :]


def joined(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    return data + rng.choice([b"", b"\n"]) + rng.choice([data, rng.choice(others)])


def emptied(_data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    return rng.choice([b"", b"\n", b"\r\n", b"\0", b" ", b"\xef\xbb\xbf", b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"#F2"])


def line_ends(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    plain = data.replace(b"\r\n", b"\n")
    kind = rng.randrange(5)
    if kind == 0:
        return plain.replace(b"\n", b"\r\n")
    if kind == 1:
        return plain.replace(b"\n", b"\r")
    if kind == 2:
        return b"\n".join(line + rng.choice([b"", b"\r"]) for line in plain.split(b"\n"))
    if kind == 3:
        return plain.rstrip(b"\n")
    return data + b"\n" * rng.choice([1, 3])


def marked(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    if rng.random() < 0.7:
        return b"\xef\xbb\xbf" + data
    return data.decode("latin-1").encode(rng.choice(["utf-16", "utf-16-be", "utf-7"]))


def put_right(data: bytes, _rng: random.Random, _: Sequence[bytes]) -> bytes:
    return repaired(data)


def packed(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    """Gzipped or zipped, and then, more often than not, damaged."""
    if rng.random() < 0.5:
        pack = gzip.compress(data, mtime=0)
        if rng.random() < 0.2:
            pack += rng.choice([gzip.compress(data, mtime=0), b"rest", b"\0" * 512])
    else:
        stream = io.BytesIO()
        kind = rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, 14])
        with zipfile.ZipFile(stream, "w", kind) as archive:
            names = rng.choice([["a.ptf"], ["a.ptf"], ["a.csv"], ["d/", "d/a.txt"], ["a.ptf", "b.ptf"], [], ["é.ptf"]])
            for name in names:
                archive.writestr(zipfile.ZipInfo(name), b"" if name.endswith("/") else data, kind)
        pack = stream.getvalue()
        if rng.random() < 0.1:
            pack = pack.replace(b"PK\x01\x02", b"PK\x01\x03", 1)
    damage = rng.randrange(6)
    if damage == 0:
        return pack[: rng.randrange(len(pack) + 1)]
    if damage == 1:
        return bytes_changed(pack, rng, others)
    if damage == 2:
        at = rng.randrange(min(len(pack), 40)) if rng.random() < 0.5 else max(0, len(pack) - 1 - rng.randrange(70))
        return pack[:at] + bytes([rng.randrange(256)]) + pack[at + 1 :]
    return pack


TEXT: list[Change] = [
    *(line_lost, line_doubled, lines_swapped, line_cut, line_joined, line_of_another, lines_blank),
    *(_field_changed(change) for change in (_set, _set, _set, _empty, _lengthen, _swap, _drop, _add, _around)),
    *(_field_changed(change) for change in (_number, _number, _number, _case)),
    *(bytes_changed, bytes_changed, bytes_added, bytes_lost, cut_short, begun_late, joined, emptied, line_ends, marked),
]
BINARY: list[Change] = [bytes_changed, bytes_changed, bytes_added, bytes_lost, cut_short, begun_late, joined]


def mutated(data: bytes, rng: random.Random, others: Sequence[bytes], *, text: bool = True) -> bytes:
    """A file changed once or several times; one in three is then put right again as far as its trailer goes."""
    if rng.random() < 0.02:
        return data
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 5])):
        data = rng.choice(TEXT if text else BINARY)(data, rng, others)[:MOST_BYTES]
    if rng.random() < 0.4 and data[:3] in (b"ZHV", b"ZHD", b"AAA"):
        data = repaired(data)
        if rng.random() < 0.15:
            data = rng.choice(TEXT)(data, rng, others)
    if rng.random() < 0.12:
        data = packed(data, rng, others)
    elif rng.random() < 0.005:
        data = gzip.compress(data + rng.choice([b"\0", b"x", b"\n", b"1,", b"|"]) * 500_000, 9, mtime=0)
    return data[:MOST_BYTES]
