"""Broken files, the same ones every time: a good file and everything that befalls files on their way."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Callable, Iterator
from datetime import date

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

IMPORT, EXPORT = "2000000000015", "2000000000024"
DAYS = {date(2024, 3, 30): 48, date(2024, 3, 31): 46}
"""The day before the short day, and the short day."""

SITE = f"""\
[site]
id = "plain"
name = "Plain"
gsp_group = "_H"
voltage = "HV"
network = "licensed"
registered_in = "SMRS"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "{IMPORT}"
export = "{EXPORT}"
bm_unit = "2__HABCD001"
supplier = "ABCD"
from = 2024-01-01
to = 2025-01-01

[[metering]]
name = "Meter 2"
at = "storage"
licensed = true
import = "7700000000010"
export = "7700000000020"

[[declaration]]
kind = "emr-amsid"
metering = ["Meter 1", "Meter 2"]
by = "ABCD"
from = 2024-01-01
"""

TABLES = {
    "sites.csv": "id,name,gsp_group,voltage,network,registered_in\nplain,Plain,_H,HV,licensed,SMRS\n",
    "metering.csv": (
        "site,name,at,import,export,bm_unit,supplier,licensed,from,to\n"
        f"plain,Meter 1,boundary,{IMPORT},{EXPORT},2__HABCD001,ABCD,,2024-01-01,2025-01-01\n"
        "plain,Meter 2,storage,7700000000010,7700000000020,,,true,,\n"
    ),
    "declarations.csv": "site,kind,metering,by,from\nplain,emr-amsid,Meter 1;Meter 2,ABCD,2024-01-01\n",
}


def _rows() -> Iterator[tuple[str, str, str, int, str, str]]:
    for day, periods in DAYS.items():
        for period in range(1, periods + 1):
            for msid, quantity, scale in ((IMPORT, "AI", 1000), (EXPORT, "AE", 10)):
                status = "E" if period == 20 else "A"
                yield msid, quantity, day.isoformat(), period, f"{scale * period / 7:.3f}", status


def long_csv() -> bytes:
    lines = ["msid,measurement_quantity,settlement_date,settlement_period,kwh,status"]
    return "\n".join([*lines, *(",".join(map(str, row)) for row in _rows())]).encode() + b"\n"


def wide_csv() -> bytes:
    days: dict[tuple[str, str, str], list[str]] = {}
    for msid, quantity, day, _, kwh, _ in _rows():
        days.setdefault((msid, quantity, day), []).append(kwh)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["msid", "measurement_quantity", "settlement_date", *(f"p{n}" for n in range(1, 51)), "status"])
    for key, values in days.items():
        writer.writerow([*key, *values, *[""] * (50 - len(values)), "A"])
    return stream.getvalue().encode()


def long_csv_gz() -> bytes:
    return gzip.compress(long_csv(), mtime=0)


def parquet_of(text: bytes, types: dict[str, pa.DataType], **options: object) -> bytes:
    table = pyarrow.csv.read_csv(
        io.BytesIO(text),
        convert_options=pyarrow.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True),
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def long_parquet() -> bytes:
    return parquet_of(long_csv(), {"msid": pa.string(), "kwh": pa.float64()}, compression="none")


def wide_parquet() -> bytes:
    return parquet_of(wide_csv(), {"msid": pa.string()}, compression="zstd", write_page_checksum=True)


FORMATS: dict[str, Callable[[], bytes]] = {
    "long.csv": long_csv,
    "wide.csv": wide_csv,
    "long.csv.gz": long_csv_gz,
    "long.parquet": long_parquet,
    "wide.parquet": wide_parquet,
}

Befalls = Callable[[bytes, random.Random], bytes]


def truncated(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


def a_bit_flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def bytes_flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(8):
        changed[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(changed)


def a_hole_of_nul(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes(min(40, len(data) - at)) + data[at + 40 :]


def a_piece_lost(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randrange(1, 60) :]


def a_piece_twice(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[max(0, at - chance.randrange(1, 300)) :]


def garbage_inside(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(30) + data[at:]


ANY: tuple[Befalls, ...] = (
    truncated,
    a_bit_flipped,
    bytes_flipped,
    a_hole_of_nul,
    a_piece_lost,
    a_piece_twice,
    garbage_inside,
)


def _edit_line(data: bytes, chance: random.Random, edit: Callable[[list[str]], None]) -> bytes:
    lines = data.decode().split("\n")
    at = chance.randrange(1, len(lines) - 1)
    fields = lines[at].split(",")
    edit(fields)
    lines[at] = ",".join(fields)
    return "\n".join(lines).encode()


def fields_swapped(data: bytes, chance: random.Random) -> bytes:
    def swap(fields: list[str]) -> None:
        first, second = chance.sample(range(len(fields)), 2)
        fields[first], fields[second] = fields[second], fields[first]

    return _edit_line(data, chance, swap)


# fmt: off
NASTY = [
    "1e308", "1e400", "-1", "-0", "NaN", "inf", "-inf", "1e-400", "99999999999999999999999", "1,5", "1.5.5",
    "0x10", "١٢", "1e9", "1000000", "1000000.001", "None", "'", '"', "=1+1", "<NA>", "1_000", "+5", "5.",
    ".5", ".", "-", "e5", "1e", "2024-02-30", "2024-13-01", "0000-00-00", "9999-12-31", "47", "48", "49",
    "51", "0", "AI", "RI", "Z",
]
# fmt: on


def a_nasty_value(data: bytes, chance: random.Random) -> bytes:
    def put(fields: list[str]) -> None:
        fields[chance.randrange(len(fields))] = chance.choice([*NASTY, "", " ", "x" * 5000])

    return _edit_line(data, chance, put)


def nasty_values(data: bytes, chance: random.Random) -> bytes:
    for _ in range(12):
        data = a_nasty_value(data, chance)
    return data


def a_quote_astray(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(data.index(b"\n") + 1, len(data))
    return data[:at] + b'"' + data[at:]


def lines_in_another_order(data: bytes, chance: random.Random) -> bytes:
    first, *lines = data.decode().rstrip("\n").split("\n")
    chance.shuffle(lines)
    return "\n".join([first, *lines]).encode()


def a_line_twice_with_another_value(data: bytes, chance: random.Random) -> bytes:
    lines = data.decode().split("\n")
    at = chance.randrange(1, len(lines) - 1)
    lines.insert(at, lines[at].replace(".", "1."))
    return "\n".join(lines).encode()


def columns_in_another_order(data: bytes, chance: random.Random) -> bytes:
    rows = [line.split(",") for line in data.decode().rstrip("\n").split("\n")]
    order = list(range(len(rows[0])))
    chance.shuffle(order)
    return "\n".join(",".join(row[at] for at in order) for row in rows).encode()


TEXT: tuple[Befalls, ...] = (
    fields_swapped,
    a_nasty_value,
    nasty_values,
    a_quote_astray,
    lines_in_another_order,
    a_line_twice_with_another_value,
    columns_in_another_order,
)


def in_other_encodings(data: bytes) -> dict[str, bytes]:
    text = data.decode()
    return {
        "empty": b"",
        "blank lines": b"\n\r\n \n,,\n",
        "heading alone": text.split("\n")[0].encode(),
        "no line ends": text.replace("\n", " ").encode(),
        "old Mac line ends": text.replace("\n", "\r").encode(),
        "Windows": b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without mark": text.encode("utf-16-le"),
        "UTF-32": text.encode("utf-32"),
        "Latin-1": text.replace("AI", "Aí", 3).encode("latin-1"),
        "EBCDIC": text.encode("cp500"),
        "semicolons": text.replace(",", ";").encode(),
        "tabs": text.replace(",", "\t").encode(),
        "every field in quotes": "\n".join(
            ",".join(f'"{one}"' for one in line.split(",")) if line else "" for line in text.split("\n")
        ).encode(),
        "heading in capitals with spaces": (
            text.split("\n")[0].upper().replace(",", " , ") + "\n" + "\n".join(text.split("\n")[1:])
        ).encode(),
        "zip": b"PK\x03\x04" + data,
        "another gzip inside": gzip.compress(gzip.compress(data, mtime=0), mtime=0),
        "gzip with garbage after it": gzip.compress(data, mtime=0) + b"garbage",
        "Parquet begins and ends": b"PAR1" + data + b"PAR1",
        "Parquet mark alone": b"PAR1",
        "HTML": b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n",
        "JSON": b'{"msid": "2000000000015", "kwh": [1, 2, 3]}\n',
        "a million commas": text.split("\n")[0].encode() + b"\n" + b"," * 1_000_000 + b"\n",
    }


def readings_cases() -> list[tuple[str, str, bytes]]:
    """Name of the case, of the file, and its content."""
    cases = []
    for name, make in FORMATS.items():
        data = make()
        kinds = (*ANY, *TEXT) if name.endswith(".csv") else ANY
        for kind in kinds:
            for seed in range(4 if kind in (truncated, a_bit_flipped, a_nasty_value, a_quote_astray) else 2):
                chance = random.Random(f"{name} {kind.__name__} {seed}")
                cases.append((f"{name} {kind.__name__} {seed}", name, kind(data, chance)))
    for case, content in in_other_encodings(long_csv()).items():
        cases.append((f"long.csv {case}", "long.csv", content))
    return cases


def a_toml_line_lost(data: bytes, chance: random.Random) -> bytes:
    lines = data.decode().split("\n")
    del lines[chance.randrange(len(lines))]
    return "\n".join(lines).encode()


def toml_values_swapped(data: bytes, chance: random.Random) -> bytes:
    lines = data.decode().split("\n")
    places = [number for number, line in enumerate(lines) if " = " in line]
    first, second = chance.sample(places, 2)
    one, other = lines[first].partition(" = "), lines[second].partition(" = ")
    lines[first], lines[second] = f"{one[0]} = {other[2]}", f"{other[0]} = {one[2]}"
    return "\n".join(lines).encode()


# fmt: off
TOML_VALUES = [
    "1", "-1", "1e400", "nan", "inf", "true", "[]", "{}", '""', '"x"', "2024-02-30", "0001-01-01",
    "9999-12-31", '"HV"', "[[[]]]", '"\\u0000"', '"é"', "1979-05-27T07:32:00Z", "99999999999999999999999999",
    "0.1", '"""', '"2000000000016"', '"20000000000150"', '["Meter 1"]', '["Meter 9"]', "[1]", "07:32:00",
]
# fmt: on


def a_nasty_toml_value(data: bytes, chance: random.Random) -> bytes:
    lines = data.decode().split("\n")
    at = chance.choice([number for number, line in enumerate(lines) if " = " in line])
    lines[at] = lines[at].partition(" = ")[0] + " = " + chance.choice(TOML_VALUES)
    return "\n".join(lines).encode()


def site_file_cases() -> list[tuple[str, bytes]]:
    data = SITE.encode()
    cases = []
    for kind in (*ANY, a_toml_line_lost, toml_values_swapped, a_nasty_toml_value):
        for seed in range(6 if kind in (toml_values_swapped, a_nasty_toml_value, a_toml_line_lost) else 3):
            chance = random.Random(f"toml {kind.__name__} {seed}")
            cases.append((f"{kind.__name__} {seed}", kind(data, chance)))
    return [
        *cases,
        ("empty", b""),
        ("deep", b"a = " + b"[" * 20_000 + b"]" * 20_000),
        ("deep tables", b"[" + b"a." * 20_000 + b"b]\nc = 1"),
        ("a million digits", SITE.replace('"_H"', "1" * 1_000_000).encode()),
        ("UTF-16", SITE.encode("utf-16")),
        ("byte-order mark", b"\xef\xbb\xbf" + data),
        ("Windows", SITE.replace("\n", "\r\n").encode()),
        ("Latin-1", SITE.replace("Plain", "Café").encode("latin-1")),
        ("only metering", data[data.index(b"[[metering]]") :]),
        ("twice the same", data + data),
        ("site as a list", SITE.replace("[site]", "[[site]]").encode()),
        ("metering as a table", SITE.replace("[[metering]]", "[metering]", 1).encode()),
    ]


def table_cases() -> list[tuple[str, str, bytes]]:
    cases = []
    for name, text in TABLES.items():
        data = text.encode()
        for kind in (*ANY, fields_swapped, a_nasty_value, a_quote_astray, columns_in_another_order):
            chance = random.Random(f"{name} {kind.__name__}")
            cases.append((f"{name} {kind.__name__}", name, kind(data, chance)))
        cases.append((f"{name} empty", name, b""))
        cases.append((f"{name} UTF-16", name, text.encode("utf-16")))
    return cases
