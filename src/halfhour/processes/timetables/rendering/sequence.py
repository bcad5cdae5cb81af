"""A timetable as a sequence diagram in SVG: parties as lifelines, steps as arrows, what may come of each beside them.

Without script or fonts of its own; it follows the reader's light or dark colours. The same timetable gives the same
bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from xml.sax.saxutils import escape

from halfhour.processes.timetables.model import Step, Timetable
from halfhour.processes.timetables.rendering.words import clock_words, follows, when

WIDEST = 1060
"""Pixels of the widest picture: on a page of documentation it is shown as large as it is, so that it can be read."""
LIFELINE = 132
"""Pixels between lifelines, where there is room."""
MARGIN = 76
NARROW_MARGIN = 48
NOTES = 380
"""Width of the column that says what may come."""
CHARACTER = 6.1
"""Width of a character of the small text, as wide as the widest fonts have it."""
NAME_CHARACTER = 7.2
"""The same of the bold text."""
LINE = 14
HEAD = 120
"""Width of the box of a party's title, where there is room."""
HEAD_TOP = 10

_STYLE = (
    "svg{color-scheme:light dark;font:11px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;background:#fff}"
    "text{fill:#1b1f24}.quiet{fill:#57606a}.bad{fill:#b42318}.name{font-weight:600}"
    ".life{stroke:#afb8c1;stroke-dasharray:3 4}.act{stroke:#0b5cad;stroke-width:1.5;fill:none}"
    ".any{stroke:#57606a;stroke-dasharray:5 4;stroke-width:1.3;fill:none}.tip{fill:#0b5cad}.quiettip{fill:#57606a}"
    ".head{fill:#eef4fb;stroke:#0b5cad}.rule{stroke:#d8dee4}"
    "@media (prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.quiet{fill:#9aa4af}"
    ".bad{fill:#ff8b80}.act{stroke:#79b8ff}.tip{fill:#79b8ff}.head{fill:#16263a;stroke:#79b8ff}.life{stroke:#57606a}"
    ".rule{stroke:#30363d}}"
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand.

    Attributes:
        parties: in the order in which they appear.
        place: of each lifeline.
        words: where the words of an arrow end.
        beside: whether what may come stands in a column beside the arrows; below them where the parties need the room.
        head: width of the box of a title.
    """

    parties: tuple[str, ...]
    place: dict[str, int]
    width: int
    words: int
    beside: bool
    head: int

    @property
    def notes(self) -> tuple[int, int]:
        """Where what may come begins, and how wide it may be."""
        return (self.words + 6, NOTES - 20) if self.beside else (36, self.width - 60)


def _layout(timetable: Timetable) -> _Layout:
    named = (name for step in timetable.steps for name in (step.sender, *step.recipients))
    parties = tuple(dict.fromkeys(named))
    gaps = max(len(parties) - 1, 0)
    edge = MARGIN * 2 + gaps * LIFELINE
    if edge + NOTES <= WIDEST:
        place = {name: MARGIN + number * LIFELINE for number, name in enumerate(parties)}
        return _Layout(parties, place, edge + NOTES, edge, True, HEAD)
    apart = (WIDEST - 2 * NARROW_MARGIN) // gaps
    margin = (WIDEST - apart * gaps) // 2
    place = {name: margin + number * apart for number, name in enumerate(parties)}
    return _Layout(parties, place, WIDEST, WIDEST, False, min(HEAD, apart - 6, 2 * NARROW_MARGIN - 4))


def sequence_diagram(timetable: Timetable) -> str:
    """The diagram of a timetable as an SVG document, at most `WIDEST` pixels wide."""
    layout = _layout(timetable)
    width = layout.width
    titles = {name: _wrapped_title(timetable.parties[name].title, layout.head) for name in layout.parties}
    head_foot = HEAD_TOP + LINE * max(3, *map(len, titles.values())) + 6
    body: list[str] = []
    top = head_foot + 20
    for step in timetable.steps:
        drawn, height = _step(timetable, step, layout, top)
        body.append(f'<line class="rule" x1="8" y1="{top - 6}" x2="{width - 8}" y2="{top - 6}"/>')
        body.extend(drawn)
        top += height
    ends = [state for state in timetable.states.values() if state.kind == "ended"]
    foot = _wrapped("Ends: " + ", ".join(state.name for state in ends), (width - 24) / CHARACTER)
    height = top + LINE * len(foot) + 14
    place = layout.place
    lives = [f'<line class="life" x1="{x}" y1="{head_foot}" x2="{x}" y2="{top - 8}"/>' for x in place.values()]
    heads = [part for name in titles for part in _head(titles[name], place[name], layout.head, head_foot)]
    footer = [_text(line, 12, top + 8 + LINE * number, "quiet") for number, line in enumerate(foot)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{escape(timetable.title)}</title>',
            f'<desc id="desc">{escape(_description(timetable, layout.parties))}</desc>',
            f"<style>{_STYLE}</style>",
            *lives,
            *heads,
            *body,
            *footer,
            "</svg>",
            "",
        ]
    )


def _description(timetable: Timetable, parties: tuple[str, ...]) -> str:
    titles = ", ".join(timetable.parties[name].title for name in parties)
    steps = "; ".join(f"{step.ref} {step.action}" for step in timetable.steps)
    return f"Parties: {titles}. Steps: {steps}."


def _wrapped_title(title: str, head: int) -> list[str]:
    characters = int(head / NAME_CHARACTER)
    return wrap(title, characters, max_lines=5, placeholder="…", break_long_words=False)


def _head(lines: list[str], x: int, width: int, foot: int) -> list[str]:
    height = foot - HEAD_TOP
    left = f"{x - width / 2:g}"
    box = f'<rect class="head" x="{left}" y="{HEAD_TOP}" width="{width}" height="{height}" rx="5"/>'
    first = HEAD_TOP + height / 2 - (len(lines) - 1) * LINE / 2 + 4
    return [box, *(_text(line, x, first + number * LINE, "name", "middle") for number, line in enumerate(lines))]


def _step(timetable: Timetable, step: Step, layout: _Layout, top: int) -> tuple[list[str], int]:
    """A step's arrow with its words, what may come of it, and how high it is."""
    start = layout.place[step.sender]
    ends = [layout.place[name] for name in step.recipients if name != step.sender]
    # Farthest on either side; those that are passed on the way have a dot.
    far = [min(ends), max(ends)] if ends and min(ends) < start < max(ends) else [_farthest(start, ends)]
    label = f"{step.ref} {step.flow + ': ' if step.flow else ''}{step.action}"
    clock = when(timetable, step.when)
    if step.any_time and "at any time" not in clock:
        clock += " (counts at any time)"
    room = layout.words - 24
    words = _wrapped(label, room / CHARACTER)
    timing = _wrapped(clock, room / CHARACTER)
    notes_left, notes_width = layout.notes
    notes = _notes(timetable, step, notes_width)
    y = top + LINE * len(words) + 8
    drawn = [_text(line, 12, top + 8 + LINE * number, "name") for number, line in enumerate(words)]
    for end in far:
        drawn += _arrow(start, end, y, any_time=step.any_time)
    drawn += [f'<circle class="tip" cx="{x}" cy="{y}" r="3"/>' for x in ends if x not in far]
    drawn += [_text(line, 12, y + LINE + 2 + LINE * number, "quiet") for number, line in enumerate(timing)]
    high = LINE * (len(words) + len(timing)) + 22
    notes_top = top + 8 if layout.beside else top + high + 4
    drawn += [
        _text(line, notes_left, notes_top + LINE * number, "bad" if bad else "")
        for number, (line, bad) in enumerate(notes)
    ]
    beside, below = max(high, LINE * len(notes)), high + LINE * len(notes)
    return drawn, int((beside if layout.beside else below) + 16)


def _farthest(start: int, ends: list[int]) -> int:
    return max(ends, key=lambda x: abs(x - start), default=start)


def _notes(timetable: Timetable, step: Step, width: int) -> list[tuple[str, bool]]:
    lines: list[tuple[str, bool]] = []
    for name, brought_by, does in follows(timetable, step):
        bad = name in ("nothing", "half answered")
        flow = brought_by.split(",")[0]
        told = name if flow in ("recorded", "when the clock runs out", step.flow) else f"{name} [{flow}]"
        head = f"{told}: {does}" if does else told
        wrapped = _wrapped(head, width / CHARACTER)
        lines += [(line if number == 0 else f"  {line}", bad) for number, line in enumerate(wrapped)]
    if step.clock is not None:
        lines += [(line, False) for line in _wrapped(f"clock: {clock_words(timetable, step.clock)}", width / CHARACTER)]
    return lines


def _wrapped(text: str, characters: float) -> list[str]:
    return wrap(text, max(20, int(characters))) or [""]


def _arrow(start: int, end: int, y: int, *, any_time: bool) -> list[str]:
    line, tip = ("any", "quiettip") if any_time else ("act", "tip")
    if start == end:
        loop = f'<path class="{line}" d="M {start} {y - 9} h 22 v 12 h -18"/>'
        return [loop, f'<path class="{tip}" d="M {start + 1} {y + 3} l 7 -4 v 8 z"/>']
    back = -1 if end > start else 1
    return [
        f'<line class="{line}" x1="{start}" y1="{y}" x2="{end + back * 6}" y2="{y}"/>',
        f'<path class="{tip}" d="M {end} {y} l {back * 8} -4 v 8 z"/>',
    ]


def _text(line: str, x: float, y: float, kind: str = "", anchor: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{style}{where}>{escape(line)}</text>'
