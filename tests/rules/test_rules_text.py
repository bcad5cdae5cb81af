"""A rule read as a document: what is shown is what is computed, every line has its clause and every name its entry."""

from __future__ import annotations

import ast
import inspect
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.rules import (
    arithmetic,
    default,
    group_correction,
    interim_difference,
    metering,
    osam_1_0,
    p395_proposed,
)
from halfhour.rules.registry import INPUTS, edition_in_force, editions
from halfhour.rules.source import Rule, output_names, rule_text, trace
from halfhour.settlement.compiled import compiled_rule, factor_function
from halfhour.terms import column, glossary

MODULES = (arithmetic, default, group_correction, interim_difference, metering, osam_1_0, p395_proposed)
HALF_HOURS: list[Rule] = [edition.half_hour for edition in editions().values()]
FACTORS: list[Rule] = [
    p395_proposed.usage_factor,
    osam_1_0.non_chargeable_storage_proportion,
    osam_1_0.ncsp_available_only,
]
LOSSES: list[Rule] = [metering.volume_at_gsp, metering.volume_at_nbp]
METERING: list[Rule] = [
    metering.adjust_to_boundary_voltage,
    metering.refer_to_boundary,
    metering.residual,
    *LOSSES,
    group_correction.corrected_component,
    group_correction.non_chargeable_component,
]
quick = settings(max_examples=50, deadline=None)
watt_hours = st.one_of(st.integers(0, 9), st.integers(0, 1_000_000_000))


def named(rule: Any) -> str:
    return f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"


def figures_of(rule: Any, numbers: list[int]) -> dict[str, int]:
    """Arguments of a rule: energies, a factor or a flag where it wants one."""
    figures = dict(zip(rule_text(rule).parameters, numbers, strict=False))
    for name, number in figures.items():
        if name in ("usage_factor", "ncsp", "default_ncsp", "default_factor"):
            figures[name] = number % 100_001
        elif name == "days_present":
            figures[name] = number % 8
        elif name == "customer_supplier_licensed":
            figures[name] = number % 2
        elif name.startswith(("line_loss_factor", "uplift", "transmission_loss_multiplier")):
            figures[name] = number % 2_000 + 1
    return figures


@pytest.mark.parametrize("rule", HALF_HOURS + FACTORS, ids=named)
@quick
@given(numbers=st.lists(watt_hours, min_size=7, max_size=7))
def test_last_value_of_every_name_in_the_working_is_what_the_rule_returns(rule: Any, numbers: list[int]) -> None:
    figures = figures_of(rule, numbers)
    shown = {step.name: step.value for step in trace(rule, figures)}
    assert tuple(shown[name] for name in output_names(rule)) == rule(**figures)


@pytest.mark.parametrize("rule", METERING, ids=named)
@quick
@given(numbers=st.lists(watt_hours, min_size=3, max_size=3))
def test_working_of_a_metering_rule_is_its_result(rule: Any, numbers: list[int]) -> None:
    figures = figures_of(rule, numbers)
    assert trace(rule, figures)[-1].value == rule(**figures)


@pytest.mark.parametrize("rule", HALF_HOURS + FACTORS + METERING, ids=named)
def test_numbers_of_a_step_hold_no_name_of_a_quantity(rule: Any) -> None:
    steps = trace(rule, figures_of(rule, [9, 8, 7, 6, 5, 4, 3]))
    quantities = {*rule_text(rule).parameters, *(step.name for step in steps)}
    for step in steps:
        words = {
            node.id for node in ast.walk(ast.parse(plain(step.formula), mode="eval")) if isinstance(node, ast.Name)
        }
        assert words & quantities
        left = {node.id for node in ast.walk(ast.parse(plain(step.numbers), mode="eval")) if isinstance(node, ast.Name)}
        assert not left & quantities


def plain(formula: str) -> str:
    return formula.partition(", share of")[0].replace("×", "*").replace("−", "-")


@pytest.mark.parametrize("rule", [*HALF_HOURS, *FACTORS, *METERING, group_correction.period_bm_unit_demand], ids=named)
def test_every_line_of_a_rule_names_its_clause(rule: Any) -> None:
    clauses = rule_text(rule).clauses
    assert clauses
    assert [name for name, clause in clauses.items() if not clause] == []


@pytest.mark.parametrize("rule", HALF_HOURS + FACTORS + METERING, ids=named)
def test_every_quantity_of_a_rule_is_in_the_glossary(rule: Any) -> None:
    text = rule_text(rule)
    wanted = [*text.parameters, *text.clauses]
    if rule is default.half_hour:
        wanted.remove("parameter")  # the edition has none
    if rule not in METERING:
        assert [name for name in wanted if not glossary()[column(name)].meaning] == []


@pytest.mark.parametrize("rule", HALF_HOURS, ids=named)
def test_every_rule_takes_the_six_series_and_returns_what_it_assigned(rule: Any) -> None:
    text = rule_text(rule)
    assert text.parameters[:6] == INPUTS
    assert len(text.parameters) == 7
    assert set(text.returns) <= set(text.clauses)
    assert len(set(text.returns)) == len(text.returns)
    assert {"chargeable", "non_chargeable"} <= set(text.returns)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_rules_import_nothing_but_the_language(module: Any) -> None:
    imported = []
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported.append(node.module or "")
    assert [name for name in imported if name != "__future__" and not name.startswith("halfhour.rules")] == []


def test_rules_write_no_three_operand_minimum_of_an_array_library() -> None:
    """The trap of handbook 3.4: the third operand of `numpy.minimum` is its output array."""
    for module in MODULES:
        names = {node.id for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Name)}
        attributes = {
            node.attr for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Attribute)
        }
        assert not {"minimum", "maximum", "np", "numpy"} & (names | attributes)


_COMPILED: dict[Any, Any] = {}


@pytest.mark.parametrize("rule", LOSSES, ids=named)
@settings(max_examples=100, deadline=None)
@given(
    volume=st.one_of(st.integers(0, 2_000), st.integers(0, 1_000_000_000)),
    factor=st.one_of(st.integers(990, 1_010), st.integers(9_500_000, 11_000_000)),
)
def test_compiled_loss_rule_and_the_rule_over_arrays_equal_the_plain_one(rule: Any, volume: int, factor: int) -> None:
    if rule not in _COMPILED:
        _COMPILED[rule] = compiled_rule(rule)
    assert _COMPILED[rule](np.int64(volume), np.int64(factor)) == rule(volume, factor)
    assert rule(np.array([volume]), np.array([factor])).tolist() == [rule(volume, factor)]


@pytest.mark.parametrize("rule", HALF_HOURS + FACTORS, ids=named)
@settings(max_examples=100, deadline=None)
@given(numbers=st.lists(watt_hours, min_size=7, max_size=7))
def test_compiled_rule_equals_its_plain_self(rule: Any, numbers: list[int]) -> None:
    if rule not in _COMPILED:
        _COMPILED[rule] = compiled_rule(rule)
    figures = figures_of(rule, numbers)
    assert tuple(_COMPILED[rule](*map(np.int64, figures.values()))) == rule(**figures)


def test_missing_days_switch_changes_the_rule_of_osam_only() -> None:
    osam, proposed = editions()["osam-1.0"], editions()["p395-proposed"]
    assert factor_function(osam, "fill_default") is osam_1_0.non_chargeable_storage_proportion
    assert factor_function(osam, "available_only") is osam_1_0.ncsp_available_only
    assert factor_function(proposed, "available_only") is p395_proposed.usage_factor
    assert factor_function(editions()["default"], "fill_default") is None


def test_osam_is_in_force_from_2_november_2023() -> None:
    assert edition_in_force(date(2023, 11, 1)) == "default"
    assert edition_in_force(date(2023, 11, 2)) == "osam-1.0"
    assert editions()["p395-proposed"].effective_from is None
    assert editions()["interim-difference"].effective_to == date(2023, 11, 2)
