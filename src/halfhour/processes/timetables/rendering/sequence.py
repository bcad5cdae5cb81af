"""A timetable as a sequence diagram in SVG: parties as lifelines, steps as arrows, what may come of each beside them.

Without script or fonts of its own; it follows the reader's light or dark colours. The same timetable gives the same
bytes.
"""

from __future__ import annotations

from textwrap import wrap
from xml.sax.saxutils import escape

from halfhour.processes.timetables.model import Step, Timetable
from halfhour.processes.timetables.rendering.words import clock_words, follows, when

LIFELINE = 132
"""Pixels between lifelines."""
MARGIN = 76
NOTES = 380
"""Width of the column that says what may come."""
CHARACTER = 6.1
"""Width of a character of the small text, as wide as the widest fonts have it."""
LINE = 14
TITLE_CHARACTERS = 17

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


def sequence_diagram(timetable: Timetable) -> str:
    """The diagram of a timetable as an SVG document."""
    parties = _parties(timetable)
    place = {name: MARGIN + number * LIFELINE for number, name in enumerate(parties)}
    edge = MARGIN * 2 + max(len(parties) - 1, 0) * LIFELINE
    width = edge + NOTES
    body: list[str] = []
    top = 78
    for step in timetable.steps:
        drawn, height = _step(timetable, step, place, edge, top)
        body.append(f'<line class="rule" x1="8" y1="{top - 6}" x2="{width - 8}" y2="{top - 6}"/>')
        body.extend(drawn)
        top += height
    ends = [state for state in timetable.states.values() if state.kind == "ended"]
    foot = _wrapped("Ends: " + ", ".join(state.name for state in ends), (width - 24) / CHARACTER)
    height = top + LINE * len(foot) + 14
    lives = [f'<line class="life" x1="{x}" y1="58" x2="{x}" y2="{top - 8}"/>' for x in place.values()]
    heads = [part for name in parties for part in _head(timetable.parties[name].title, place[name])]
    footer = [_text(line, 12, top + 8 + LINE * number, "quiet") for number, line in enumerate(foot)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{escape(timetable.title)}</title>',
            f'<desc id="desc">{escape(_description(timetable, parties))}</desc>',
            f"<style>{_STYLE}</style>",
            *lives,
            *heads,
            *body,
            *footer,
            "</svg>",
            "",
        ]
    )


def _parties(timetable: Timetable) -> list[str]:
    """The parties in the order in which they appear."""
    named = [name for step in timetable.steps for name in (step.sender, *step.recipients)]
    return list(dict.fromkeys(named))


def _description(timetable: Timetable, parties: list[str]) -> str:
    titles = ", ".join(timetable.parties[name].title for name in parties)
    steps = "; ".join(f"{step.ref} {step.action}" for step in timetable.steps)
    return f"Parties: {titles}. Steps: {steps}."


def _head(title: str, x: int) -> list[str]:
    lines = wrap(title, TITLE_CHARACTERS, max_lines=3, placeholder="…")
    box = f'<rect class="head" x="{x - 60}" y="10" width="120" height="48" rx="5"/>'
    first = 34 - (len(lines) - 1) * LINE / 2 + 4
    return [box, *(_text(line, x, first + number * LINE, "name", "middle") for number, line in enumerate(lines))]


def _step(timetable: Timetable, step: Step, place: dict[str, int], edge: int, top: int) -> tuple[list[str], int]:
    """A step's arrow with its words, what may come of it, and how high it is."""
    start = place[step.sender]
    ends = [place[name] for name in step.recipients if name != step.sender]
    far = max(ends, key=lambda x: abs(x - start)) if ends else start
    label = f"{step.ref} {step.flow + ': ' if step.flow else ''}{step.action}"
    clock = "at any time" if step.any_time else when(timetable, step.when)
    room = edge - 24
    words = _wrapped(label, room / CHARACTER)
    timing = _wrapped(clock, room / CHARACTER)
    notes = _notes(timetable, step)
    y = top + LINE * len(words) + 8
    drawn = [_text(line, 12, top + 8 + LINE * number, "name") for number, line in enumerate(words)]
    drawn += _arrow(start, far, y, any_time=step.any_time)
    drawn += [f'<circle class="tip" cx="{x}" cy="{y}" r="3"/>' for x in ends if x != far]
    drawn += [_text(line, 12, y + LINE + 2 + LINE * number, "quiet") for number, line in enumerate(timing)]
    drawn += [
        _text(line, edge + 6, top + 8 + LINE * number, "bad" if bad else "") for number, (line, bad) in enumerate(notes)
    ]
    left = LINE * (len(words) + len(timing)) + 22
    return drawn, int(max(left, LINE * len(notes)) + 16)


def _notes(timetable: Timetable, step: Step) -> list[tuple[str, bool]]:
    lines: list[tuple[str, bool]] = []
    for name, brought_by, does in follows(timetable, step):
        bad = name in ("nothing", "half answered")
        head = f"{name}: {does}" if does else name
        if brought_by not in ("recorded", "when the clock runs out") and brought_by != step.flow:
            head = f"{name} [{brought_by.split(',')[0]}]" + (f": {does}" if does else "")
        wrapped = _wrapped(head, (NOTES - 20) / CHARACTER)
        lines += [(line if number == 0 else f"  {line}", bad) for number, line in enumerate(wrapped)]
    if step.clock is not None:
        lines += [
            (line, False) for line in _wrapped(f"clock: {clock_words(timetable, step.clock)}", (NOTES - 20) / CHARACTER)
        ]
    return lines


def _wrapped(text: str, characters: float) -> list[str]:
    return wrap(text, max(20, int(characters))) or [""]


def _arrow(start: int, end: int, y: int, *, any_time: bool) -> list[str]:
    line, tip = ("any", "quiettip") if any_time else ("act", "tip")
    if start == end:
        loop = f'<path class="{line}" d="M {start} {y - 6} h 22 v 12 h -18"/>'
        return [loop, f'<path class="{tip}" d="M {start + 1} {y + 6} l 7 -4 v 8 z"/>']
    back = -1 if end > start else 1
    return [
        f'<line class="{line}" x1="{start}" y1="{y}" x2="{end + back * 6}" y2="{y}"/>',
        f'<path class="{tip}" d="M {end} {y} l {back * 8} -4 v 8 z"/>',
    ]


def _text(line: str, x: float, y: float, kind: str = "", anchor: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{style}{where}>{escape(line)}</text>'
