"""A rule read as a document: its results by name, and each of its steps with formula, numbers and clause.

Everything here is taken from the rule's own source, so that what is shown cannot differ from what is computed.
"""

from __future__ import annotations

import ast
import inspect
import io
import textwrap
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any

Rule = Callable[..., Any]
_CLASSES = ("gen", "stor", "other")


@dataclass(frozen=True, slots=True)
class Step:
    """One assignment of a rule, carried out.

    Attributes:
        name: the quantity, as the rule names it.
        formula: the right-hand side.
        numbers: the same with every quantity replaced by its value.
        value: the result.
        clause: the document and step that it follows, with a reason where the rule gives one.
    """

    name: str
    formula: str
    numbers: str
    value: int
    clause: str


@dataclass(frozen=True, slots=True)
class _Line:
    targets: tuple[str, ...]
    expression: ast.expr
    code: CodeType
    clause: str


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule's source says: its parameters, its lines, the names that it returns, and the text itself."""

    parameters: tuple[str, ...]
    lines: tuple[_Line, ...]
    returns: tuple[str, ...]
    text: str
    clauses: Mapping[str, str]


@cache
def rule_text(rule: Rule) -> RuleText:
    """Read a rule: straight-line assignments under a docstring, ended by a return of names or of one expression."""
    text = textwrap.dedent(inspect.getsource(rule))
    comments = {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    lines: list[_Line] = []
    returns: tuple[str, ...] = ()
    for statement in function.body:
        names: tuple[str, ...] = ()
        if isinstance(statement, ast.Assign):
            target = statement.targets[0]
            elements = target.elts if isinstance(target, ast.Tuple) else [target]
            names = tuple(element.id for element in elements if isinstance(element, ast.Name))
        elif isinstance(statement, ast.Return) and isinstance(statement.value, ast.Tuple):
            returns = tuple(element.id for element in statement.value.elts if isinstance(element, ast.Name))
            continue
        elif isinstance(statement, ast.Return):
            names = returns = (function.name,)
        if names and isinstance(statement, ast.Assign | ast.Return) and statement.value is not None:
            last = statement.end_lineno or statement.lineno
            clause = next((comments[line] for line in range(statement.lineno, last + 1) if line in comments), "")
            code = compile(ast.Expression(statement.value), f"<{rule.__module__}.{rule.__name__}>", "eval")
            lines.append(_Line(names, statement.value, code, clause))
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            message = f"{rule.__module__}.{rule.__name__} holds a {type(statement).__name__}; a rule only assigns"
            raise TypeError(message)
    parameters = tuple(argument.arg for argument in function.args.args)
    clauses = {name: line.clause for line in lines for name in line.targets if name != "_"}
    return RuleText(parameters, tuple(lines), returns, text, clauses)


def output_names(rule: Rule) -> tuple[str, ...]:
    """The names of a rule's results, in the order in which it returns them."""
    return rule_text(rule).returns


def trace(rule: Rule, arguments: Mapping[str, int]) -> list[Step]:
    """Carry out a rule line by line.

    Args:
        rule: a rule function.
        arguments: its parameters by name.

    Returns:
        A step for every quantity that the rule assigns, in its order.
    """
    values: dict[str, Any] = dict(arguments)
    steps: list[Step] = []
    for line in rule_text(rule).lines:
        result = eval(line.code, rule.__globals__, values)
        if len(line.targets) == 1:
            shares = [(line.targets[0], int(result), "")]
        else:
            shares = [
                (name, int(share), f", share of {whose}")
                for name, share, whose in zip(line.targets, result, _CLASSES, strict=True)
            ]
        formula = _pretty(ast.unparse(line.expression))
        numbers = _pretty(ast.unparse(_Numbers(values).visit(_copy(line.expression))))
        for name, value, whose in shares:
            if name != "_":
                values[name] = value
                steps.append(Step(name, formula + whose, numbers + whose, value, line.clause))
    return steps


class _Numbers(ast.NodeTransformer):
    """Replaces the names of quantities by their values; names of helpers and constants stay."""

    def __init__(self, values: Mapping[str, int]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.values:
            return node
        value = self.values[node.id]
        return ast.Name(f"(−{-value})") if value < 0 else ast.Constant(value)


def _copy(expression: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(expression), mode="eval").body


def _pretty(formula: str) -> str:
    return formula.replace(" * ", " × ").replace(" - ", " − ").replace("PARTS", "100000")
