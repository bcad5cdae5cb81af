"""The reference of flow layouts: every flow that comes with the program, its groups with their nesting, its items."""

from __future__ import annotations

from generator.markdown import as_code, as_table, page
from halfhour.formats.flows.envelopes import ENVELOPES
from halfhour.formats.flows.item_types import item_type
from halfhour.formats.flows.layouts import FOLDERS_VARIABLE, Group, Item, Layout, shipped

KEYS_OF_A_LAYOUT = (
    ("flow", "five characters, such as `D0155`"),
    ("version", "three digits; flow and version are also the name of the file, `D0155001.toml`"),
    ("title", "in words"),
    ("envelope", "`user-file`, `pool-transfer` or `neta`"),
    ("routes", "from role to role, such as `X->M`; an empty list is not checked"),
    ("standing, source", "how far the layout may be relied on, and where it comes from"),
    ("ordered", "`true`: groups beside each other come in the order of the file; `false`: in any order"),
    ("open", "`true`: the sources do not give the layout, and this is the smallest that carries what is needed"),
    ("[[group]]", "`id` (one to three characters), `name`, `parent` (empty at the top), `occurs`, `items`"),
    ("occurs", "least and most within one parent: `1`, `0-1`, `46-50`, `1-*`"),
    (
        "items",
        "`name`, `type`, `required`, `key` (carried down to the tables of the groups below), `secret` (never shown), "
        "`least` and `most` (of a number, as text), `meaning`",
    ),
    ("[periods]", "a group that stands once for each Settlement Period: `group`, `date`, `period`"),
    (
        "[advances]",
        "where half-hourly advances stand: `group`, `mpan`, `quantity`, `date`, `indicator`, `kwh`; one record for "
        "each Settlement Period, in order",
    ),
)

TYPES = (
    *("text(40)", "char(7)", "int(7)", "decimal(14,4)", "code(A,E,C)", "bool", "date", "time", "datetime", "period"),
    *("mpan", "mpid", "role", "gsp_group", "bm_unit", "quantity", "llfc", "mtc", "ssc", "tpr", "profile_class"),
    *("measurement_class", "any"),
)

ROLES = {
    "X": "Supplier",
    "R": "distributor",
    "M": "Meter Operator",
    "C": "half-hourly Data Collector",
    "D": "non-half-hourly Data Collector",
    "A": "half-hourly Data Aggregator",
    "B": "non-half-hourly Data Aggregator",
    "P": "registration service",
    "G": "settlement agent",
    "8": "Meter Asset Provider",
}
"""The roles of Market Domain Data that a route of a layout names."""


def flow_layouts() -> str:
    """Every layout that comes with the program."""
    layouts = shipped()
    return page(
        "Flow layouts",
        """
A layout says which groups a flow has, how they nest, and which items each of them holds. These are **working
layouts, to be replaced from the licensed data specification**, of which Halfhour ships no text. The names of groups and
items are Halfhour's own. Where no source gives a length, the length is generous; where a position or a meaning is
uncertain, the item is called `unknown_` with its place in the group; where a layout is marked open, its group ids,
items and their order are Halfhour's own choice, and it need not fit a real file.
""",
        f"""
## Replacing and adding layouts

Put a file of the same form, such as `D0155001.toml`, into a folder of your own, and name the folder with
`--layouts DIR` or in the environment variable `{FOLDERS_VARIABLE}` (several folders apart by `:`, on Windows by `;`).
The first folder that has the flow in that version wins: those of the command line, then those of the environment, then
what comes with the program. A flow or group that no layout knows is still read, shown and written back unchanged.

The files that come with the program lie in `src/halfhour/formats/flows/layouts/` and are a pattern to start from.
""",
        as_table(("key", "what it says"), ((_codes(key), says) for key, says in KEYS_OF_A_LAYOUT)),
        as_table(("type of item", "a value is"), ((as_code(written), item_type(written).says) for written in TYPES)),
        "## Flows",
        f"Roles: {', '.join(f'`{role}` {name}' for role, name in ROLES.items())}.",
        as_table(
            ("flow", "title", "route", "envelope", "layout"),
            (
                (f"[`{name}`](#{name.lower()})", one.title, _route(one), ENVELOPES[one.envelope].title, _openness(one))
                for name, one in layouts.items()
            ),
        ),
        *(part for name, one in layouts.items() for part in _flow(name, one)),
    )


def _flow(name: str, layout: Layout) -> list[str]:
    facts = [
        f"**{layout.title}.** {ENVELOPES[layout.envelope].title}. Route: {_route(layout) or 'not known, not checked'}.",
        f"Standing: {layout.standing}. Source: {layout.source}.",
    ]
    if not layout.ordered:
        facts.append("Groups beside each other may come in any order.")
    rows = [row for group in layout.groups.values() for row in _rows(group)]
    return [
        f"### {name}",
        "\n".join(facts),
        "```text\n" + "\n".join(_tree(layout, "")) + "\n```",
        as_table(("group", "item", "type", "", "meaning"), rows),
    ]


def _tree(layout: Layout, parent: str) -> list[str]:
    """The groups below one, each a line, indented by its depth."""
    lines = []
    for group in layout.children(parent):
        lines.append(f"{'    ' * group.depth}{group.id:<3}  {_occurs(group):<6} {group.name}")
        lines += _tree(layout, group.id)
    return lines


def _rows(group: Group) -> list[tuple[str, ...]]:
    return [
        (
            "" if number else as_code(group.id),
            as_code(item.name),
            _value(item),
            _marks(item),
            item.meaning,
        )
        for number, item in enumerate(group.items)
    ]


def _value(item: Item) -> str:
    bounds = [word + str(bound) for word, bound in (("from ", item.least), ("to ", item.most)) if bound is not None]
    return as_code(item.type.written) + (f", {' '.join(bounds)}" if bounds else "")


def _marks(item: Item) -> str:
    marks = {"required": item.required, "key": item.key, "secret": item.secret}
    return ", ".join(name for name, holds in marks.items() if holds)


def _occurs(group: Group) -> str:
    most = "*" if group.most is None else str(group.most)
    return most if str(group.least) == most else f"{group.least}-{most}"


def _route(layout: Layout) -> str:
    """The routes, receivers of one sender together: `M to X, D, R`."""
    receivers: dict[str, list[str]] = {}
    for route in layout.routes:
        sender, receiver = route.split("->")
        receivers.setdefault(sender, []).append(receiver)
    return "; ".join(f"{sender} to {', '.join(found)}" for sender, found in receivers.items())


def _openness(layout: Layout) -> str:
    return "open, Halfhour's own" if layout.open else "working"


def _codes(text: str) -> str:
    return ", ".join(as_code(part) for part in text.split(", "))
