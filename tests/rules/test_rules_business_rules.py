"""The list of business rules in the docs: every rule has its clause, every test that it names exists."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
RULES: list[dict[str, Any]] = tomllib.loads((PROJECT / "docs" / "business-rules.toml").read_text(encoding="utf-8"))[
    "rule"
]


def exists(name: str) -> bool:
    place, _, test = name.partition("::")
    path = PROJECT / place
    if path.is_dir():
        return (path / test / "README.md").is_file() and any((path / test).glob("then_*/settle.toml"))
    functions = ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else iter(())
    return any(isinstance(node, ast.FunctionDef) and node.name == test for node in functions)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["clause"])
def test_every_test_of_a_business_rule_exists(rule: dict[str, Any]) -> None:
    assert rule.keys() == {"rule", "clause", "tests"}
    assert rule["rule"]
    assert rule["tests"]
    assert [name for name in rule["tests"] if not exists(name)] == []


def test_every_scenario_belongs_to_a_business_rule() -> None:
    named = {name for rule in RULES for name in rule["tests"]}
    scenarios = (PROJECT / "tests" / "scenarios").glob("given_*")
    assert [path.name for path in scenarios if f"tests/scenarios::{path.name}" not in named] == []
