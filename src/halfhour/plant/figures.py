"""The note's figures as questions and answers, and the walk of a plant through each: handbook 2 and 10.

The figures are data, in `data/figures.toml`. A walk follows every edge that the facts allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from halfhour.plant.conditions import Possible, table

State = Literal["taken", "open", "not taken"]
"""`open`: an unknown fact, a choice, or each half hour decides whether it is taken."""


@dataclass(frozen=True, slots=True)
class Node:
    """A question or a result, its place on the grid, and whether the walk reaches it."""

    id: str
    text: str
    question: bool
    column: int
    row: int
    state: State


@dataclass(frozen=True, slots=True)
class Edge:
    """An answer that leads from a question to the next node; `over` = drawn above the boxes between."""

    start: str
    end: str
    label: str
    state: State
    over: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """The walk of one plant through one figure."""

    figure: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def results(self) -> tuple[Node, ...]:
        """The results that are reached."""
        return tuple(node for node in self.nodes if not node.question and node.state != "not taken")


def walk_figures(facts: Possible) -> tuple[Walk, ...]:
    """The walk through every figure.

    Args:
        facts: of the plant, each with the values that it could have.
    """
    return tuple(_walk(name, figure, facts) for name, figure in table("figures").items())


def _walk(name: str, figure: Mapping[str, Any], facts: Possible) -> Walk:
    nodes: dict[str, State] = {}
    edges: dict[tuple[str, str], State] = {}
    asked = {node["id"]: node.get("fact", "") for node in figure["nodes"]}

    def visit(node: str, state: State, known: Possible) -> None:
        nodes[node] = state
        fact = asked[node]
        held = known.get(fact, frozenset())
        for edge in figure["edges"]:
            values = frozenset(edge["values"])
            if edge["from"] == node and held & values:
                reached: State = state if held <= values else "open"
                edges[edge["from"], edge["to"]] = reached
                visit(edge["to"], reached, {**known, fact: held & values})

    visit(figure["nodes"][0]["id"], "taken", facts)
    return Walk(
        name,
        figure["title"],
        tuple(
            Node(
                node["id"],
                node["text"],
                "fact" in node,
                node["column"],
                node["row"],
                nodes.get(node["id"], "not taken"),
            )
            for node in figure["nodes"]
        ),
        tuple(
            Edge(
                edge["from"],
                edge["to"],
                edge["label"],
                edges.get((edge["from"], edge["to"]), "not taken"),
                edge.get("over", False),
            )
            for edge in figure["edges"]
        ),
    )
