"""The decision path as one self-contained SVG: the note's Figures 2, 4, 5 and 6 redrawn with the path taken.

The path is told by line, frame and a word in the box, never by colour alone, so that it reads in black and white.
"""

from __future__ import annotations

from html import escape
from textwrap import wrap

from halfhour.plant.answers import Assessment
from halfhour.plant.conditions import industry_day, megawatts
from halfhour.plant.figures import Edge, Node, State, Walk

BOX_WIDTH = 210
BOX_HEIGHT = 62
COLUMN_GAP = 128
ROW_GAP = 30
MARGIN = 24
LETTERS_IN_BOX = 29
LETTERS_BESIDE = 16
TITLE_HEIGHT = 62
HEAD_HEIGHT = 104
STEP = BOX_HEIGHT + ROW_GAP

WORDS: dict[State, str] = {"taken": "taken", "open": "open", "not taken": ""}
STYLE = """
text { font-family: "Liberation Sans", "DejaVu Sans", Arial, Helvetica, sans-serif; fill: #000; }
.box { fill: #fff; stroke: #777; stroke-width: 1; }
.box.taken { stroke: #000; stroke-width: 4; }
.box.open { stroke: #000; stroke-width: 2.5; stroke-dasharray: 8 4; }
.line { fill: none; stroke: #999; stroke-width: 1; }
.line.taken { stroke: #000; stroke-width: 4; }
.line.open { stroke: #000; stroke-width: 2.5; stroke-dasharray: 8 4; }
.words { font-size: 11.5px; }
.words.not { fill: #555; }
.label { font-size: 11px; paint-order: stroke; stroke: #fff; stroke-width: 4; }
.label.taken { font-weight: bold; }
.state { font-size: 10px; font-weight: bold; }
.title { font-size: 16px; font-weight: bold; }
.head { font-size: 20px; font-weight: bold; }
.small { font-size: 12px; }
"""


def picture(assessment: Assessment) -> str:
    """The SVG of one assessment; of both rulesets, that of the codes."""
    parts = []
    top = HEAD_HEIGHT
    for walk in assessment.path:
        notes = _tests(assessment, walk) if walk.figure == "licence" else ""
        parts.append(f'<g transform="translate({MARGIN} {top})">{_figure(walk)}{notes}</g>')
        top += _height(walk)
    width = max(_width(walk) for walk in assessment.path) + 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" viewBox="0 0 {width} {top}" '
        f'role="img" aria-labelledby="name what">\n'
        f'<title id="name">{escape(_heading(assessment))}</title>\n'
        f'<desc id="what">{escape(" ".join(_summary(assessment)))}</desc>\n'
        f"<style>{STYLE}</style>\n"
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" '
        'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>\n'
        f'<rect width="{width}" height="{top}" fill="#fff"/>\n' + _head(assessment) + "\n".join(parts) + "\n</svg>\n"
    )


def _heading(assessment: Assessment) -> str:
    return f"{assessment.plant.name}: what it is and who receives the benefits"


def _summary(assessment: Assessment) -> list[str]:
    capacity = assessment.plant.registered_capacity_mw
    what = "capacity unknown" if capacity is None else f"{megawatts(capacity)} MW"
    classes = " or ".join(assessment.class_answer.values)
    return [
        f"{what}, area {assessment.plant.area or 'unknown'}, ruleset {assessment.ruleset}, on "
        f"{industry_day(assessment.on)}: {' or '.join(assessment.licence.status.values)}, {classes}.",
    ]


def _head(assessment: Assessment) -> str:
    lines = [
        f'<text class="head" x="{MARGIN}" y="34">{escape(_heading(assessment))}</text>',
        f'<text class="small" x="{MARGIN}" y="56">{escape(_summary(assessment)[0])}</text>',
        f'<g transform="translate({MARGIN} 78)">',
        '<path class="line taken" d="M0 0H46"/><text class="small" x="54" y="4">taken</text>',
        '<path class="line open" d="M120 0H166"/>',
        '<text class="small" x="174" y="4">open: an unknown fact, a choice, or each half hour decides</text>',
        '<path class="line" d="M560 0H606"/><text class="small" x="614" y="4">not taken</text></g>',
    ]
    return "\n".join(lines) + "\n"


def _width(walk: Walk) -> int:
    columns = max(node.column for node in walk.nodes) + 1
    return columns * BOX_WIDTH + (columns - 1) * COLUMN_GAP


def _height(walk: Walk) -> int:
    return TITLE_HEIGHT + (max(node.row for node in walk.nodes) + 1) * STEP + ROW_GAP


def _figure(walk: Walk) -> str:
    nodes = {node.id: node for node in walk.nodes}
    # What is taken is drawn last, so that no other line crosses it.
    order: list[State] = ["not taken", "open", "taken"]
    edges = sorted(walk.edges, key=lambda edge: order.index(edge.state))
    return "\n".join(
        [
            f'<text class="title" x="0" y="18">{escape(walk.title)}</text>',
            *(_edge(edge, nodes[edge.start], nodes[edge.end]) for edge in edges),
            *(_node(node) for node in walk.nodes),
        ]
    )


def _tests(assessment: Assessment, walk: Walk) -> str:
    """Beside each class of exemption, what was compared and how it came out."""
    nodes = {node.id: node for node in walk.nodes}
    x = 2 * (BOX_WIDTH + COLUMN_GAP) - COLUMN_GAP + 24
    texts = []
    for answer in assessment.licence.exemptable.classes:
        y = _place(nodes[answer.id])[1] + BOX_HEIGHT / 2 - 8 * (len(answer.tests) - 1) + 4
        for number, test in enumerate(answer.tests):
            line = escape(f"{test.text}: {test.outcome}")
            texts.append(f'<text class="small" x="{x}" y="{y + 16 * number}">{line}</text>')
    return "\n".join(texts)


def _place(node: Node) -> tuple[int, int]:
    """The upper left corner of a node's box."""
    return node.column * (BOX_WIDTH + COLUMN_GAP), TITLE_HEIGHT + node.row * STEP


def _node(node: Node) -> str:
    x, y = _place(node)
    state = _class(node.state)
    corner = 0 if node.question else BOX_HEIGHT // 2
    lines = wrap(node.text, LETTERS_IN_BOX)
    first = y + BOX_HEIGHT / 2 - 7 * (len(lines) - 1) + 4
    texts = "".join(
        f'<text class="words {state}" x="{x + BOX_WIDTH / 2}" y="{first + 14 * number}" text-anchor="middle">'
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
    )
    word = WORDS[node.state]
    if word:
        # The word stands in a gap of the frame, so it needs no room beside the box.
        texts += (
            f'<rect x="{x + 16}" y="{y - 6}" width="{len(word) * 6 + 10}" height="12" fill="#fff"/>'
            f'<text class="state" x="{x + 21}" y="{y + 4}">{word}</text>'
        )
    return f'<rect class="box {state}" x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="{corner}"/>{texts}'


def _edge(edge: Edge, start: Node, end: Node) -> str:
    (x0, y0), (x1, y1) = _place(start), _place(end)
    middle = BOX_HEIGHT / 2
    state = _class(edge.state)
    if start.column == end.column:
        x = x0 + BOX_WIDTH / 2
        path = f"M{x} {y0 + BOX_HEIGHT}V{y1 - 2}"
        place = (x + 8, y0 + BOX_HEIGHT + ROW_GAP / 2 + 4, "start")
    elif edge.over:
        # Above the boxes that lie between.
        above = min(y0, y1) - 14
        into = x1 + BOX_WIDTH / 2
        path = f"M{x0 + BOX_WIDTH - 30} {y0}V{above}H{into}V{y1 - 2}"
        place = (x0 + BOX_WIDTH - 22, above - 4, "start")
    else:
        turn = x1 - COLUMN_GAP + 14
        path = f"M{x0 + BOX_WIDTH} {y0 + middle}H{turn}V{y1 + middle}H{x1 - 2}"
        place = (turn + 6, y1 + middle - 6, "start")
    x, y, anchor = place
    lines = wrap(edge.label, LETTERS_BESIDE)
    texts = "".join(
        f'<text class="label {state}" x="{x}" y="{y - 12 * (len(lines) - 1 - number)}" text-anchor="{anchor}">'
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
    )
    return f'<path class="line {state}" d="{path}" marker-end="url(#tip)"/>{texts}'


def _class(state: State) -> str:
    return "not" if state == "not taken" else state
