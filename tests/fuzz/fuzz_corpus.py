"""Valid small files of every format that Halfhour reads, made by chance from a number."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fuzz_counts import periods, repaired, shipped_layouts

from halfhour.formats.flows.layouts import Group, Item, Layout, shipped
from halfhour.formats.flows.records import read_flow, to_json
from halfhour.market_data.columns import Column, Table, mdd_tables
from halfhour.market_data.reference_tables import reference_tables

TESTS = Path(__file__).resolve().parents[1]
for room in ("formats_exchange", "market_data"):
    sys.path.append(str(TESTS / room))

import formats_exchange_writers as writers  # noqa: E402 - of another folder of tests
import market_data_files  # noqa: E402

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
TEXT = "".join(chr(code) for code in range(32, 127) if chr(code) != "|")
PRIMES = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
DAYS = [date(2024, 3, 31), date(2024, 10, 27), date(2024, 1, 15), date(2023, 7, 1), date(2025, 2, 28), date(2026, 4, 1)]


@dataclass(frozen=True)
class Seed:
    """A valid file.

    Attributes:
        name: as it would be called; its ending and, of market data, its version matter.
    """

    name: str
    data: bytes

    @property
    def text(self) -> bool:
        return not self.name.endswith((".parquet", ".gz", ".zip"))


def mpan(rng: random.Random) -> str:
    digits = f"20{rng.randrange(10**10):010}"
    return digits + str(sum(int(digit) * prime for digit, prime in zip(digits, PRIMES, strict=True)) % 11 % 10)


def value_of(item: Item, rng: random.Random) -> str:
    """A value of an item's type."""
    kind = item.type

    def letters(count: int, among: str = LETTERS) -> str:
        return "".join(rng.choice(among) for _ in range(count))

    moment = f"{rng.choice(DAYS):%Y%m%d}{rng.randrange(24):02}{rng.randrange(60):02}{rng.randrange(60):02}"
    match kind.kind:
        case "code":
            return rng.choice(kind.pattern.split("|"))
        case "decimal":
            return _decimal(item, rng)
        case "int":
            return str(rng.randrange(10 ** min(kind.most, 9)))
        case "char":
            return letters(kind.most)
        case "text" | "any":
            return letters(rng.randint(1, min(kind.most, 12)), TEXT)
    return {
        "date": moment[:8],
        "time": moment[8:],
        "datetime": moment,
        "bool": rng.choice("TF"),
        "mpan": mpan(rng),
        "mpid": letters(4),
        "role": rng.choice("XMCDR"),
        "gsp_group": "_" + rng.choice("ABCDEFGHJKLMNP"),
        "bm_unit": f"2__A{letters(4)}001",
        "llfc": letters(rng.randint(1, 3)),
        "mtc": str(rng.randrange(1_000)),
        "ssc": f"{rng.randrange(10_000):04}",
        "tpr": f"{rng.randrange(100_000):05}",
        "profile_class": rng.choice(["1", "01", "8", "0", "00"]),
        "measurement_class": rng.choice("ABCDEFG"),
        "quantity": rng.choice(["AI", "AE", "RI", "RE"]),
        "period": str(rng.randint(1, 50)),
    }[kind.kind]


def _decimal(item: Item, rng: random.Random) -> str:
    scale = item.type.scale
    whole = min(item.type.precision - scale, 6)
    unit = 10**scale
    least = -(10**whole) * unit + 1 if item.least is None else int(item.least * unit)
    most = 10**whole * unit - 1 if item.most is None else int(item.most * unit)
    number = rng.randint(least, most)
    before, after = divmod(abs(number), unit)
    return ("-" if number < 0 else "") + (f"{before}.{after:0{scale}}" if scale else str(before))


def _records(layout: Layout, group: Group, rng: random.Random, above: Mapping[str, str]) -> list[list[str]]:
    """The lines of one record of a group with everything below it."""
    items = {item.name: value_of(item, rng) if item.required or rng.random() < 0.5 else "" for item in group.items}
    return _with_below(layout, group, items, rng, above)


def _with_below(
    layout: Layout, group: Group, items: dict[str, str], rng: random.Random, above: Mapping[str, str]
) -> list[list[str]]:
    here = {**above, **{f"{group.id}.{name}": value for name, value in items.items()}}
    lines = [[group.id, *items.values()]]
    for child in layout.children(group.id):
        lines += _siblings(layout, child, rng, here)
    return lines


def _siblings(layout: Layout, group: Group, rng: random.Random, above: Mapping[str, str]) -> list[list[str]]:
    """As many records of a group as a parent must have, or one or two more; no key twice."""
    at = layout.periods
    if at is not None and at.group == group.id:
        day = above[f"{at.date.group}.{at.date.item}"]
        lines: list[list[str]] = []
        for number in range(1, periods(date(int(day[:4]), int(day[4:6]), int(day[6:]))) + 1):
            items = {item.name: value_of(item, rng) if item.required else "" for item in group.items}
            if at.period is not None:
                items[at.period.item] = str(number)
            lines += _with_below(layout, group, items, rng, above)
        return lines
    least = group.least or (1 if not group.parent and group.position == 0 else 0)
    most = least + 2 if group.most is None else min(group.most, least + 1)
    keys: set[tuple[str, ...]] = set()
    lines = []
    for _ in range(rng.randint(least, max(most, least))):
        places = [place for place, item in enumerate(group.items, start=1) if item.key]
        for _again in range(100):
            made = _records(layout, group, rng, above)
            key = tuple(made[0][place] for place in places)
            if not places or key not in keys:
                keys.add(key)
                lines += made
                break
    return lines


def flow(flow_version: str, rng: random.Random) -> bytes:
    """A valid file of a flow."""
    layout = shipped()[flow_version]
    lines = [line for group in layout.children("") for line in _siblings(layout, group, rng, {})]
    sender, recipient = layout.routes[0].split("->") if layout.routes else ("X", "M")
    flag = rng.choice(["", "OPER", "TR01"])
    if layout.envelope == "user-file":
        head = ["ZHV", str(rng.randrange(10**10)), flow_version, sender, "HHSP", recipient, "HHMO", "20250303090000"]
        header = "|".join([*head, "", "", "", flag, ""])
    elif layout.envelope == "pool-transfer":
        distributor = next((items[1] for items in lines if items[0] == "DIS"), "LOND")
        header = f"ZHD||{flow_version}|{sender}|{distributor}|{recipient}|CAPG|20250303090000||||{flag}"
    else:
        header = f"AAA|{flow_version}|D|20250303090000|{sender}|HHSP|{recipient}|HHMO|7|{flag}|"
    pipe = "" if layout.envelope == "pool-transfer" else "|"
    trailer = "ZZZ|" if layout.envelope == "neta" else "ZPT|"
    text = "\n".join([header, *("|".join(items) + pipe for items in lines), trailer, ""])
    return repaired(text.encode("ascii"))


def flows(rng: random.Random) -> list[Seed]:
    """Two small files of every layout."""
    found = []
    for name in sorted(shipped_layouts()):
        made = sorted((flow(name, rng) for _ in range(6)), key=len)
        found += [Seed(f"{name}.txt", data) for data in made[:2] if len(data) < 40_000]
    return found


def layouts(_rng: random.Random) -> list[Seed]:
    """The layouts themselves."""
    found = []
    for name, layout in shipped().items():
        text = Path(__file__).parents[2] / "src" / "halfhour" / "formats" / "flows" / layout.origin
        found.append(Seed(f"{name}.toml", text.read_bytes()))
    return found


def flow_json(rng: random.Random) -> list[Seed]:
    """Files of records as JSON."""
    found = []
    for seed in flows(rng):
        if len(seed.data) < 3_000:
            document = json.dumps(to_json(read_flow(seed.data)), indent=1, ensure_ascii=False)
            found.append(Seed(seed.name.replace(".txt", ".json"), document.encode()))
    return found


def loss_factor_files(rng: random.Random) -> list[Seed]:
    """D0265 files."""
    found = []
    for count in (1, 2, 3):
        body = ["DIS|LOND"]
        for llfc in rng.sample(["1", "10B", "997", "A"], 2):
            body.append(f"LLF|{llfc}")
            for day in sorted(rng.sample(DAYS, count)):
                body.append(f"SDT|{day:%Y%m%d}")
                body += [f"SPL|{number}|{rng.randint(500, 2000) / 1000:.3f}" for number in range(1, periods(day) + 1)]
        found.append(Seed(f"LOND{count}.ptf", market_data_files.pool_transfer(body)))
    flag_left_out = market_data_files.pool_transfer(["DIS|LOND", *market_data_files.class_day("1", DAYS[2], "1.1")])
    return [*found, Seed("LOND.ptf", flag_left_out)]


def _half_hours(rng: random.Random) -> writers.Readings:
    """Some days of a few MSIDs, clock changes among them; Wh and status."""
    found = {}
    for msid, quantity in (("2000000000015", "AI"), ("2000000000024", "AE")):
        for day in sorted(rng.sample(DAYS, 2)):
            for period in range(1, periods(day) + 1):
                if rng.random() < 0.97:
                    status = "A" if rng.random() < 0.9 else "E"
                    found[msid, quantity, day, period] = (rng.randrange(3_000_000), status)
        if rng.random() < 0.2:
            found |= {("2000000000015", "RI", DAYS[2], 1): (5, "A")}
    return found


def readings(rng: random.Random) -> list[Seed]:
    """Half-hourly readings in every format."""
    found = []
    for name, write in writers.FORMATS.values():
        content = write(_half_hours(rng))
        found.append(Seed(name, content.encode() if isinstance(content, str) else content))
    found.append(Seed("a.csv.gz", gzip.compress(found[0].data, mtime=0)))
    for name in ("D0036001", "D0275001"):
        made = sorted((flow(name, rng) for _ in range(4)), key=len)
        found += [Seed(f"{name}.txt", data) for data in made[:2]]
    small = "msid,measurement_quantity,settlement_date,settlement_period,kwh,status\n"
    rows = [f"2000000000015,AI,2024-10-27,{number},{number}.0625,A" for number in range(1, 51)]
    found.append(Seed("long.csv", (small + "\n".join(rows) + "\n").encode()))
    return found


def _cell(column: Column, rng: random.Random, number: int, *, iso: bool) -> str:
    day = date(2000, 1, 1) + timedelta(days=400 * number)
    match column.kind:
        case "date" | "date_from":
            return f"{day:%Y-%m-%d}" if iso else f"{day:%d/%m/%Y}"
        case "date_to":
            end = day + timedelta(days=rng.randint(0, 300))
            return f"{end:%Y-%m-%d}" if iso else f"{end:%d/%m/%Y}"
        case "bool":
            return rng.choice("TF")
        case "int":
            return str((column.least or 1) + number % (column.most or 9))
        case "period":
            return str(rng.randint(1, 46))
        case "decimal" if column.decimals is not None:
            return f"{rng.uniform(0.9, 1.1):.{column.decimals}f}"
        case "decimal":
            return f"{rng.uniform(-9, 90):.{rng.randrange(5)}f}"
        case "charging_year":
            return f"{2010 + number}/{(11 + number) % 100:02}"
        case "code":
            return f"{number + 1}" if rng.random() < 0.5 else f"{chr(65 + number)}{number}"
    return rng.choice(["some text", "text, with a comma", 'a "word"', *([] if column.required else [""])])


def _table(table: Table, rng: random.Random, *, iso: bool) -> bytes:
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if rng.random() < 0.5 else csv.QUOTE_MINIMAL
    writer = csv.writer(text, quoting=quoting, lineterminator=rng.choice(["\n", "\r\n"]))
    columns = [column for column in table.columns if not column.optional or (iso and rng.random() < 0.5)]
    writer.writerow([column.name if iso else column.header for column in columns])
    for number in range(4):
        writer.writerow([_cell(column, rng, number, iso=iso) for column in columns])
    return text.getvalue().encode()


def market_data(rng: random.Random) -> list[Seed]:
    """Tables of Market Domain Data, tables of the catalogue, loss factors in both forms."""
    found = [Seed(f"{table.file}_377.csv", _table(table, rng, iso=False)) for table in mdd_tables().values()]
    endings: dict[Any, str] = {"named_year": "_2026-27", "named_month": "_2025-11"}
    for table in reference_tables().values():
        name = f"{table.name}{endings.get(table.facts['days'], '')}.csv"
        found.append(Seed(name, _table(table, rng, iso=True)))
    head = "llfc,description,settlement_date,n_periods," + ",".join(f"llf_sp{number}" for number in range(1, 51))
    lines = [head]
    for llfc in ("1", "10B"):
        for day in DAYS:
            cells = [f"{rng.randint(500, 2000) / 1000:.3f}" for _ in range(periods(day))]
            lines.append(",".join([llfc, "some class", str(day), str(len(cells)), *cells, *[""] * (50 - len(cells))]))
    found.append(Seed("llf_LOND.csv", "\n".join([*lines, ""]).encode()))
    return [*found, *loss_factor_files(rng)]


def command_line(rng: random.Random) -> list[Seed]:
    """Some of everything."""
    return [
        *rng.sample(flows(rng), 30),
        *rng.sample(flow_json(rng), 10),
        *loss_factor_files(rng)[-2:],
        *readings(rng),
        *rng.sample(market_data(rng), 12),
    ]


CORPORA: dict[str, Callable[[random.Random], list[Seed]]] = {
    "flows": flows,
    "layouts": layouts,
    "flow_json": flow_json,
    "line_loss_factors": loss_factor_files,
    "readings": readings,
    "market_data": market_data,
    "command_line": command_line,
}
