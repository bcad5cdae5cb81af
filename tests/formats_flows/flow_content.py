"""Makes valid content for any layout: what a careful sender could have sent."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from halfhour.calendar import settlement_periods
from halfhour.formats.flows.item_types import ItemType
from halfhour.formats.flows.layouts import Group, Item, Layout
from halfhour.formats.flows.records import FlowFile, Record, new_flow
from halfhour.identifiers import check_digit

TEXT = "".join(chr(code) for code in range(32, 127) if chr(code) != "|")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
GSP_GROUPS = ["_A", "_B", "_C", "_D", "_E", "_F", "_G", "_H", "_J", "_K", "_L", "_M", "_N", "_P"]
MOST_SIBLINGS = 3
DAYS = st.dates(date(1996, 4, 1), date(2035, 12, 31)) | st.sampled_from(
    [date(2024, 3, 31), date(2024, 10, 27), date(2025, 10, 26)]
)


def with_check_digit(twelve: str) -> str:
    """An MPAN core of twelve digits and the thirteenth that follows from them."""
    return twelve + str(check_digit(twelve))


def _decimals(item: Item) -> st.SearchStrategy[str]:
    kind = item.type
    whole = min(kind.precision - kind.scale, 6)
    least = 0 if item.least is not None else -(10**whole - 1)
    most = 1 if item.most is not None else 10**whole - 1
    numbers = st.integers(least * 10**kind.scale, most * 10**kind.scale)
    if item.least:
        numbers = st.integers(int(item.least * 10**kind.scale), int(item.most * 10**kind.scale))
    return numbers.map(lambda number: _written(number, kind.scale))


def _written(number: int, scale: int) -> str:
    whole, rest = divmod(abs(number), 10**scale)
    text = f"{whole}.{rest:0{scale}}" if scale else str(whole)
    return f"-{text}" if number < 0 else text


def values(item: Item) -> st.SearchStrategy[str]:
    """Values of an item, none of them empty."""
    kind: ItemType = item.type
    digits = "0123456789"
    made = {
        "date": DAYS.map(lambda day: f"{day:%Y%m%d}"),
        "time": st.times().map(lambda time: f"{time:%H%M%S}"),
        "datetime": st.datetimes(min_value=__import__("datetime").datetime(1996, 4, 1)).map(
            lambda moment: f"{moment:%Y%m%d%H%M%S}"
        ),
        "bool": st.sampled_from("TF"),
        "mpan": st.integers(0, 10**10 - 1).map(lambda number: with_check_digit(f"20{number:010}")),
        "mpid": st.text(LETTERS, min_size=4, max_size=4),
        "role": st.sampled_from("XMCDR"),
        "gsp_group": st.sampled_from(GSP_GROUPS),
        "bm_unit": st.text(LETTERS, min_size=4, max_size=4).map(lambda name: f"2__A{name}001"),
        "llfc": st.text(LETTERS, min_size=1, max_size=3),
        "mtc": st.text(digits, min_size=1, max_size=3),
        "ssc": st.text(digits, min_size=4, max_size=4),
        "tpr": st.text(digits, min_size=5, max_size=5),
        "profile_class": st.sampled_from(["1", "01", "8", "0", "00"]),
        "measurement_class": st.sampled_from("ABCDEFG"),
        "quantity": st.sampled_from(["AI", "AE", "RI", "RE"]),
        "period": st.integers(1, 50).map(str),
        "any": st.text(TEXT, min_size=1, max_size=12),
        "int": st.text(digits, min_size=1, max_size=min(kind.most, 9)),
        "text": st.text(TEXT, min_size=1, max_size=min(kind.most, 12)),
        "char": st.text(LETTERS, min_size=kind.most, max_size=kind.most),
    }
    if kind.kind == "code":
        return st.sampled_from(kind.pattern.split("|"))
    return _decimals(item) if kind.kind == "decimal" else made[kind.kind]


@st.composite
def records(draw: st.DrawFn, layout: Layout, group: Group, above: dict[str, str]) -> Record:
    """A record of a group with everything below it; `above` has the dates of the groups above, by place."""
    items = {}
    for item in group.items:
        if item.required or draw(st.booleans()):
            items[item.name] = draw(values(item))
        else:
            items[item.name] = ""
    here = above | {f"{group.id}.{item.name}": items[item.name] for item in group.items}
    below: list[Record] = []
    for child in layout.children(group.id):
        below += draw(siblings(layout, child, here))
    return Record(group.id, items, groups=below)


@st.composite
def siblings(draw: st.DrawFn, layout: Layout, group: Group, above: dict[str, str]) -> list[Record]:
    """Some records of a group in one parent: as many as the layout wants, no key twice."""
    periods = layout.periods
    if periods is not None and periods.group == group.id:
        day = above[f"{periods.date.group}.{periods.date.item}"]
        count = settlement_periods(date(int(day[:4]), int(day[4:6]), int(day[6:])))
        one = draw(records(layout, group, above))
        found = []
        for number in range(1, count + 1):
            items = dict(one.items)
            if periods.period is not None:
                items[periods.period.item] = str(number)
            found.append(Record(group.id, items, groups=one.groups))
        return found
    most = group.least + MOST_SIBLINGS if group.most is None else min(group.most, max(group.least, 1) + 1)
    least = group.least or (1 if not group.parent and group.position == 0 else 0)
    count = draw(st.integers(least, max(most, least)))
    if group.most is not None and group.least > MOST_SIBLINGS:
        count = group.least
    found, seen = [], set()
    for number in range(count):
        record = draw(records(layout, group, above))
        for item in group.keys:
            # Told apart by their number where chance has not done it.
            if item.type.kind == "period":
                record.items[item.name] = str(number + 1)
        key = tuple(record.items[item.name] for item in group.keys)
        if group.keys and group.parent and key in seen:
            if len(found) >= group.least:
                continue
            number_of = {item.type.kind: item for item in group.keys}
            if "int" in number_of:
                taken = {one.items[number_of["int"].name] for one in found}
                free = next(str(candidate) for candidate in range(100) if str(candidate) not in taken)
                record.items[number_of["int"].name] = free
        seen.add(key)
        found.append(record)
    return found


@st.composite
def flow_files(draw: st.DrawFn, layout: Layout) -> FlowFile:
    """A valid file of the flow."""
    groups: list[Record] = []
    for group in layout.children(""):
        groups += draw(siblings(layout, group, {}))
    route = layout.routes[0].split("->") if layout.routes else ["X", "M"]
    header = {
        "from_role": route[0],
        "from_mpid": "HHSP",
        "to_role": route[1],
        "to_mpid": "HHMO",
        "created": "20250303090000",
        "test_flag": draw(st.sampled_from(["", "OPER", "TR01"])),
    }
    if layout.envelope == "user-file":
        header["file_id"] = draw(st.integers(0, 10**10 - 1).map(str))
    if layout.envelope == "neta":
        header |= {"message_role": "D", "sequence": "7"}
    return new_flow(layout, header, groups)
