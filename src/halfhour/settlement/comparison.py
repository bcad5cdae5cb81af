"""The same half hours under several editions, side by side, and the five scenarios of the P395 proposal in the data.

Documents: P395 section 3 and 5, Tables 1, 2 and 4; handbook chargeable-imports.md 1.2 and 4. What it costs in £ is for
the room `charges`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from halfhour.metering.store import ReadingsStore
from halfhour.register.model import Portfolio
from halfhour.rules.registry import INPUTS, editions
from halfhour.settlement import engine, tables
from halfhour.settlement import kernel as k
from halfhour.settlement.block import settle_block
from halfhour.settlement.engine import Progress, Stretch
from halfhour.settlement.request import Request

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EditionResult:
    """A portfolio under one edition.

    Attributes:
        edition: as asked, `in-force` or a named one.
        site_days: site_id, settlement_date, edition, import_bp_wh, chargeable_wh, non_chargeable_wh and counts.
        bm_unit_periods: as in a run folder.
    """

    edition: str
    site_days: pl.DataFrame
    bm_unit_periods: pl.DataFrame


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """One of the five scenarios: what flows, and how three treatments charge it (P395 Tables 1, 2 and 4)."""

    number: int
    title: str
    default: str
    interim: str
    correct: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario found in the data: in how many half hours, and how much energy."""

    text: ScenarioText
    half_hours: int
    sites: int
    wh: int


SCENARIOS = (
    ScenarioText(
        1,
        "Total System to licensed generation's own use",
        "charged, wrongly",
        "not charged",
        "not chargeable: delivered to the licensee for its licensed activity",
    ),
    ScenarioText(
        2,
        "Total System to a non-licensed purpose on site",
        "charged",
        "charged",
        "chargeable: supplied to the premises",
    ),
    ScenarioText(
        3,
        "Total System to licensed storage, later back to the Total System",
        "charged when stored, wrongly",
        "not charged",
        "not chargeable: licensed activity",
    ),
    ScenarioText(
        4,
        "Total System to licensed storage, later to a non-licensed purpose on site",
        "charged when stored",
        "charged when used, the wrong period",
        "chargeable when delivered to the premises",
    ),
    ScenarioText(
        5,
        "Generated on site from something other than electricity",
        "not charged",
        "charged when the customer uses it, wrongly",
        "not chargeable: never supplied to the premises",
    ),
)


def compare_editions(
    portfolio: Portfolio,
    store: ReadingsStore,
    request: Request,
    names: Sequence[str],
    progress: Callable[[str], Progress | None] | None = None,
) -> list[EditionResult]:
    """Settle the same days under each edition, in totals only.

    Args:
        request: days and moment of knowledge; its edition is not used.
        names: `in-force` or edition ids.
        progress: gives the progress callback of each edition.
    """
    return [
        _under(portfolio, store, replace(request, edition=name), progress(name) if progress else None) for name in names
    ]


def _under(portfolio: Portfolio, store: ReadingsStore, request: Request, progress: Progress | None) -> EditionResult:
    days: list[pa.Table] = []
    units: list[pa.Table] = []
    for stretch in request.stretches:
        calculation = engine.prepare(
            portfolio, store, stretch, request.cut_off, in_force=request.in_force, detail=False, volumes=False
        )
        totals = engine.BmUnitTotals(calculation)
        for result in engine.settle_blocks(calculation, totals, progress=progress):
            days.append(tables.site_days(calculation, stretch.edition, result))
        units.append(tables.bm_unit_periods(calculation, totals))
    return EditionResult(request.edition, _frame(days), _frame(units))


def _frame(parts: list[pa.Table]) -> pl.DataFrame:
    frame = pl.from_arrow(pa.concat_tables(parts).unify_dictionaries())
    assert isinstance(frame, pl.DataFrame)
    return frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))


def find_scenarios(portfolio: Portfolio, store: ReadingsStore, request: Request) -> list[Scenario]:
    """The five scenarios as `osam-1.0` shows them in flows and storage proportion, at sites with declared asset meters.

    Energy into storage is split between scenarios 3 and 4 by the Non-Chargeable Storage Proportion of its day.
    """
    edition = editions()["osam-1.0"]
    names = (*INPUTS, *edition.outputs)
    at = {name: names.index(name) for name in names}
    stretch = Stretch("osam-1.0", request.start, request.end)
    calculation = engine.prepare(portfolio, store, stretch, request.cut_off, in_force=False, detail=True, volumes=False)
    half_hours, sites, wh = [0] * 5, [0] * 5, [0] * 5
    run_days = calculation.line.first_run_day
    row_day = np.repeat(np.arange(calculation.line.run_days), np.diff(calculation.row_offset))

    def work(first: int, last: int) -> tuple[Ints, npt.NDArray[np.int8], Ints]:
        result = settle_block(calculation, first, last)
        how = calculation.arrangement.treatment[first:last, run_days:][:, row_day].reshape(-1)
        keep = (how == k.BY_RULE) & (
            (result.detail_state == k.STATE_ACTUAL) | (result.detail_state == k.STATE_ESTIMATED)
        )
        site = np.repeat(np.arange(first, last), len(row_day))
        return result.detail[keep], result.detail_state[keep], site[keep]

    for rows, _, site in engine.run_blocks(engine.block_bounds([calculation]), None, work):
        into_storage = rows[:, at["bp_to_stor"]]
        flows = (
            rows[:, at["bp_to_gen"]],
            rows[:, at["bp_to_other"]],
            rows[:, at["non_chargeable_stor"]],
            into_storage - rows[:, at["non_chargeable_stor"]],
            rows[:, at["export_gen"]],
        )
        for number, flow in enumerate(flows):
            found = flow > 0
            half_hours[number] += int(found.sum())
            sites[number] += len(np.unique(site[found]))
            wh[number] += int(flow.sum())
    return [Scenario(text, half_hours[number], sites[number], wh[number]) for number, text in enumerate(SCENARIOS)]
