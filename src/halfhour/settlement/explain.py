"""Why a figure of a run is what it is: readings with file and time of record, losses, factor, rule, shares.

Nothing is kept for this beside the run: it is computed again from the basis data by the same functions, as known at
the run's moment of knowledge.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from halfhour.calendar import period_start_local
from halfhour.errors import Finding, HalfhourError
from halfhour.metering.difference import parent_of, uplift
from halfhour.metering.losses import factors_by_day
from halfhour.metering.store import ReadingsStore
from halfhour.register.model import Metering, Portfolio, Site
from halfhour.rules import metering as metering_rules
from halfhour.rules.registry import INPUTS, Edition, editions
from halfhour.rules.source import trace
from halfhour.settlement import engine, tables
from halfhour.settlement import kernel as k
from halfhour.settlement.arrangement import Ints, needs_voltage_adjustment
from halfhour.settlement.block import settle_block
from halfhour.settlement.calculation import BlockResult, Calculation
from halfhour.settlement.compiled import factor_function
from halfhour.settlement.engine import Stretch
from halfhour.settlement.explanation import Explanation, InputReading, Losses, ReferenceDay
from halfhour.settlement.loss_factors import LossFactors, factor_text, line_loss_class, loss_factors
from halfhour.settlement.request import STORE, Request
from halfhour.settlement.run import Run
from halfhour.settlement.treatment import TREATMENTS
from halfhour.settlement.volumes_kernel import NO_VOLUME
from halfhour.settlement.working import WorkingStep, carry_out, steps_of
from halfhour.terms import column

_MARKS = ("missing", "actual", "estimated")


def explain(run: Run, site_id: str, on: date, period: int) -> Explanation:
    """The working of one half hour of a site in a run.

    Raises:
        HalfhourError: ST-007 the register has changed since the run, ST-008 no such site, ST-009 the day is not in
            the run, CA-… no such Settlement Period, ST-010 the site is not registered on the day.
    """
    portfolio = portfolio_of(run)
    site = _site(portfolio, site_id)
    request = run.request
    if not request.start <= on < request.end:
        raise HalfhourError(
            "ST-009",
            f"The run settles {request.start} to {request.end} (excluded), not {on}.",
            "Choose a day of the run, or settle that day.",
        )
    local_start = period_start_local(on, period)
    alone = replace(portfolio, sites=(site,))
    losses, findings = _losses_of(run, alone, on)
    made = _Explainer(portfolio, site, request, on, period, local_start.strftime("%H:%M %Z"), losses).explain()
    made.findings += findings
    return made


def _losses_of(run: Run, alone: Portfolio, on: date) -> tuple[LossFactors | None, list[Finding]]:
    """What the run knew of losses on the day and lacked; a remark where its market data are not as they were."""
    path = run.market_data_path
    if path is None:
        return None, []
    known = [(file["path"], file["sha256"]) for file in run.manifest["inputs"].get("market_data", [])]
    losses = None
    if path.is_file():
        losses = loss_factors(alone, path, on, on + timedelta(days=1), run.request.run_type)
        if losses is None or all((file["path"], file["sha256"]) in known for file in losses.used):
            return losses, [] if losses is None else losses.findings
    return None, [
        Finding(
            code="ST-012",
            severity="info",
            message=f"The market data that the run was made from are no longer what '{path}' holds; its volumes "
            "at GSP and NBP are not explained.",
            next_step="Settle again, then explain the new run.",
        )
    ]


def portfolio_of(run: Run) -> Portfolio:
    """The portfolio that a run was made from, provided that its register files are still the same.

    Raises:
        HalfhourError: ST-007 they are not, or the portfolio is gone.
    """
    path = run.portfolio_path
    if not path.is_dir():
        raise HalfhourError(
            "ST-007", f"The run's portfolio, '{path}', is not there.", "Keep the run and its portfolio where they were."
        )
    portfolio = run.load_portfolio()
    then = {file["path"]: file["sha256"] for file in run.manifest["inputs"]["register"]}
    now = {file.path: file.sha256 for file in portfolio.register_files}
    changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if changed:
        raise HalfhourError(
            "ST-007",
            f"The portfolio has changed since the run: {', '.join(changed[:5])}{' …' if len(changed) > 5 else ''}.",
            "Settle again, then explain the new run.",
        )
    return portfolio


def _site(portfolio: Portfolio, site_id: str) -> Site:
    site = portfolio.site(site_id)
    if site is None:
        near = difflib.get_close_matches(site_id, [one.id for one in portfolio.sites], n=1)
        raise HalfhourError(
            "ST-008",
            f"The portfolio has no site '{site_id}'.",
            f"Did you mean '{near[0]}'?" if near else f"It has {len(portfolio.sites)} sites.",
        )
    return site


@dataclass(slots=True)
class _Explainer:
    portfolio: Portfolio
    site: Site
    request: Request
    on: date
    period: int
    local_start: str
    losses: LossFactors | None

    def explain(self) -> Explanation:
        stretch = next(one for one in self.request.stretches if one.start <= self.on < one.end)
        alone = replace(self.portfolio, sites=(self.site,))
        store = ReadingsStore.open(self.portfolio.path / STORE)
        day = Stretch(stretch.edition, self.on, self.on + timedelta(days=1))
        calculation, result = self._settle(alone, store, day, self.losses)
        edition = editions()[stretch.edition]
        at = self.period - 1
        state = int(result.detail_state[at])
        if state == k.STATE_NOT_REGISTERED:
            raise HalfhourError(
                "ST-010",
                f"Site '{self.site.id}' has no boundary metering on {self.on}.",
                "Choose a day within its effective dates.",
            )
        first_run_day = calculation.line.first_run_day
        how = int(calculation.arrangement.treatment[0, first_run_day])
        labels, label_names = tables.edition_labels(calculation, stretch.edition, result)
        quantities = tables.quantity_columns([edition.id])
        row = tables.site_periods(calculation, edition.id, result, quantities).slice(at, 1).to_pylist()[0]
        made = Explanation(
            site_id=self.site.id,
            settlement_date=self.on,
            settlement_period=self.period,
            local_start=self.local_start,
            edition=label_names[int(labels[0, 0])].as_py(),
            treatment=TREATMENTS[how].text,
            treatment_clause=TREATMENTS[how].clause,
            quality=row["quality"],
            known_at=datetime.fromtimestamp(self.request.cut_off(self.on) / 1_000_000, UTC).isoformat(),
            inputs=self._inputs(calculation, result, store),
            values={column(name): row[column(name)] for name in quantities},
            findings=[one for one in result.findings if one.settlement_period in (None, self.period)],
        )
        made.metering_steps = self._metering_steps(made.inputs)
        if self.losses is not None:
            self._losses(made, self.losses)
        if state in (k.STATE_ACTUAL, k.STATE_ESTIMATED):
            parameter = int(calculation.arrangement.parameter[0, first_run_day])
            if edition.factor is not None and how == k.BY_RULE:
                parameter = int(result.site_day_factor[0, 0, 0])
                self._factor(made, alone, store, edition, calculation, result)
            figures = {name: row[column(name)] for name in INPUTS} | {edition.parameter: parameter}
            made.working = carry_out(edition, figures)
            if how == k.BY_RULE:
                made.values = dict(made.working.values)
            else:
                # The flows stand; what is charged does not follow from them, so those steps are left out.
                made.working.steps[:] = [one for one in made.working.steps if made.values.get(one.name) == one.value]
        if state != k.STATE_IMPORT_MISSING:
            made.shares = self._shares(calculation, result)
        return made

    def _settle(
        self, alone: Portfolio, store: ReadingsStore, stretch: Stretch, losses: LossFactors | None = None
    ) -> tuple[Calculation, BlockResult]:
        calculation = engine.prepare(
            alone,
            store,
            stretch,
            self.request.cut_off,
            in_force=self.request.in_force,
            detail=True,
            volumes=True,
            plain=True,
            losses=losses,
        )
        return calculation, settle_block(calculation, 0, 1)

    def _inputs(self, calculation: Calculation, result: BlockResult, store: ReadingsStore) -> list[InputReading]:
        volumes, arrangement = result.volumes, calculation.arrangement
        assert volumes is not None
        at = self.period - 1
        factors = factors_by_day(self.portfolio.loss_factors, [self.on])
        found: list[InputReading] = []
        for entry in np.flatnonzero(volumes.registered[:, 0]):
            metering = self.site.metering[int(arrangement.meter_number[entry])]
            msid, quantity = arrangement.series[int(arrangement.meter_slot[entry])]
            mark = int(volumes.metered_marks[entry, 0, at])
            metered = int(volumes.metered[entry, 0, at]) if mark else None
            used = metered
            if metered is not None and needs_voltage_adjustment(self.site, metering):
                asset = int(factors(self.site.gsp_group, metering.voltage, quantity)[0, at])
                boundary = int(factors(self.site.gsp_group, self.site.voltage, quantity)[0, at])
                used = (
                    metering_rules.adjust_to_boundary_voltage(metered, asset, boundary) if asset and boundary else None
                )
            settled_mark = int(volumes.settled_marks[entry, 0, at])
            found.append(
                InputReading(
                    name=metering.name,
                    at=metering.at,
                    licensed=metering.licensed,
                    msid=msid,
                    measurement_quantity=quantity,
                    metered_wh=metered,
                    used_wh=used,
                    settled_wh=int(volumes.settled[entry, 0, at]) if settled_mark else None,
                    gsp_wh=_known(volumes.at_gsp, int(entry), at),
                    nbp_wh=_known(volumes.at_nbp, int(entry), at),
                    quality=_MARKS[mark],
                    records=self._records(store, msid, quantity),
                )
            )
        return found

    def _records(self, store: ReadingsStore, msid: str, quantity: str) -> list[dict[str, Any]]:
        at = self.period - 1
        records = [record for record in store.history(msid, quantity, self.on) if int(record.marks[at])]
        cut_off = self.request.cut_off(self.on)
        known = [record for record in records if round(record.recorded_at.timestamp() * 1_000_000) <= cut_off]
        return [
            {
                "wh": int(record.wh[at]),
                "quality": _MARKS[int(record.marks[at])],
                "file": record.source,
                "sha256": record.sha256,
                "recorded_at": record.recorded_at,
                "used": bool(known) and record is known[-1],
            }
            for record in records
        ]

    def _metering_steps(self, inputs: list[InputReading]) -> list[WorkingStep]:
        steps: list[WorkingStep] = []
        factors = factors_by_day(self.portfolio.loss_factors, [self.on])
        at = self.period - 1
        active = [(number, one) for number, one in enumerate(self.site.metering) if one.active(self.on)]
        by_name = {one.name: one for _, one in active}
        network = any(one.at == "third-party" for _, one in active)
        for reading in inputs:
            metering = by_name[reading.name]
            if reading.metered_wh is None:
                continue
            title = f"{reading.name} {reading.measurement_quantity}"
            if needs_voltage_adjustment(self.site, metering) and reading.used_wh is not None:
                figures = {
                    "reading": reading.metered_wh,
                    "line_loss_factor_asset": int(
                        factors(self.site.gsp_group, metering.voltage, reading.measurement_quantity)[0, at]
                    ),
                    "line_loss_factor_boundary": int(
                        factors(self.site.gsp_group, self.site.voltage, reading.measurement_quantity)[0, at]
                    ),
                }
                steps += _named_steps(
                    metering_rules.adjust_to_boundary_voltage, figures, f"{title}, at the boundary's voltage"
                )
            elif metering.at == "third-party":
                factor = self._uplift(metering, active)
                figures = {
                    "reading": reading.metered_wh,
                    "uplift_numerator": factor.numerator,
                    "uplift_denominator": factor.denominator,
                }
                steps += _named_steps(metering_rules.refer_to_boundary, figures, f"{title}, referred to the boundary")
        if network and self.site.settlement_option == "difference":
            steps += self._residuals(inputs, active, by_name)
        return steps

    def _losses(self, made: Explanation, losses: LossFactors) -> None:
        """The factors of every settled volume of the half hour, and each step that takes it further."""
        at = self.period - 1
        by_name = {one.name: one for one in self.site.metering if one.active(self.on)}
        status = self.portfolio.settings.trading_unit
        for reading in made.inputs:
            if reading.settled_wh is None:
                continue
            metering = by_name[reading.name]
            quantity = ("AI", "AE").index(reading.measurement_quantity)
            row = losses.row_of[losses.class_number(metering, quantity), 0]
            factor = int(losses.rows[row, at])
            multiplier = int(losses.multipliers[losses.group_number(self.site, metering), 0, at])
            made.losses.append(
                Losses(
                    name=reading.name,
                    msid=reading.msid,
                    measurement_quantity=reading.measurement_quantity,
                    line_loss_class=" ".join(line_loss_class(metering, quantity) or ()),
                    line_loss_factor=factor_text(factor, 3) if factor else "",
                    transmission_loss_multiplier=factor_text(multiplier, 7) if multiplier else "",
                    of=f"{self.request.run_type}, {status}" if multiplier else "",
                )
            )
            title = f"{reading.name} {reading.measurement_quantity}"
            if reading.gsp_wh is not None:
                figures = {"settled": reading.settled_wh, "line_loss_factor": factor}
                made.loss_steps += _named_steps(
                    metering_rules.volume_at_gsp, figures, f"{title}, at the Grid Supply Point"
                )
            if reading.gsp_wh is not None and reading.nbp_wh is not None:
                figures = {"at_gsp": reading.gsp_wh, "transmission_loss_multiplier": multiplier}
                made.loss_steps += _named_steps(
                    metering_rules.volume_at_nbp, figures, f"{title}, at the notional balancing point"
                )
        made.market_data = losses.used if made.loss_steps else []

    def _uplift(self, metering: Metering, active: list[tuple[int, Metering]]) -> Any:
        factor = uplift(metering)
        parent = parent_of(metering, active)
        while parent is not None and self.site.metering[parent].at == "third-party":
            factor *= uplift(self.site.metering[parent])
            parent = parent_of(self.site.metering[parent], active)
        return factor

    def _residuals(
        self, inputs: list[InputReading], active: list[tuple[int, Metering]], by_name: dict[str, Metering]
    ) -> list[WorkingStep]:
        """What is left at each meter once its children are taken off; nothing where one of these has no reading."""
        referred: dict[tuple[str, str], int | None] = {}
        for reading in inputs:
            metering = by_name[reading.name]
            if metering.at in ("boundary", "third-party"):
                factor = self._uplift(metering, active) if metering.at == "third-party" else uplift(metering)
                referred[reading.name, reading.measurement_quantity] = (
                    None
                    if reading.metered_wh is None
                    else metering_rules.refer_to_boundary(reading.metered_wh, factor.numerator, factor.denominator)
                )
        netted = self.site.netting == "within-half-hour"
        own = _netted(referred) if netted else referred
        steps: list[WorkingStep] = []
        for (name, quantity), left in own.items():
            below = [
                own[child.name, quantity]
                for _, child in active
                if child.at == "third-party"
                and (child.name, quantity) in own
                and (parent := parent_of(child, active)) is not None
                and self.site.metering[parent].name == name
            ]
            known = [one for one in below if one is not None]
            if below and left is not None and len(known) == len(below):
                direction = "AI" if quantity == "net" and left >= sum(known) else quantity
                title = f"{name} {direction}, settled after differencing"
                steps += _named_steps(
                    metering_rules.residual, {"referred": left, "referred_children": sum(known)}, title
                )
        return steps

    def _factor(
        self,
        made: Explanation,
        alone: Portfolio,
        store: ReadingsStore,
        edition: Edition,
        calculation: Calculation,
        result: BlockResult,
    ) -> None:
        line = calculation.line
        number = line.first_run_day
        start = line.first_day + timedelta(days=int(line.window_from[number]))
        end = line.first_day + timedelta(days=int(line.window_to[number]))
        whole_days = edition.reference_period == "previous-7-days"
        names = (*INPUTS, *edition.outputs)
        if start < end:
            earlier, before = self._settle(alone, store, Stretch(edition.id, start, end))
            has_assets = (earlier.arrangement.leg_class >= 2).any()
            for index in range(earlier.line.run_days):
                rows = slice(int(earlier.row_offset[index]), int(earlier.row_offset[index + 1]))
                state = before.detail_state[rows]
                good = np.isin(state, k.STATES_WITH_ALL_INPUTS)
                made.reference.append(
                    ReferenceDay(
                        settlement_date=start + timedelta(days=index),
                        denominator_wh=int(before.detail[rows, names.index(edition.factor_denominator)][good].sum()),
                        numerator_wh=int(before.detail[rows, names.index(edition.factor_numerator)][good].sum()),
                        complete=bool(good.all())
                        and bool(has_assets)
                        and _asset_active(earlier, earlier.line.first_run_day + index),
                    )
                )
        counted = [day for day in made.reference if day.complete or not whole_days]
        rule = factor_function(edition, self.portfolio.settings.ncsp_missing_days)
        assert rule is not None
        days_present = sum(1 for day in made.reference if day.complete)
        default = "default_ncsp" if edition.id == "osam-1.0" else "default_factor"
        figures = {
            "days_present": days_present,
            edition.factor_denominator: sum(day.denominator_wh for day in counted),
            edition.factor_numerator: sum(day.numerator_wh for day in counted),
            default: int(calculation.arrangement.parameter[0, line.first_run_day]),
        }
        made.factor_steps = steps_of(rule, figures)
        assert made.factor_steps[-1].value == int(result.site_day_factor[0, 0, 0])

    def _shares(self, calculation: Calculation, result: BlockResult) -> list[dict[str, Any]]:
        at = self.period - 1
        shares = []
        for number, (bm_unit, gsp_group) in enumerate(calculation.arrangement.bm_units):
            gross = int(result.demand.gross[number, 0, at])
            left_out = int(result.demand.non_chargeable[number, 0, at])
            shares.append(
                {
                    "bm_unit": bm_unit,
                    "gsp_group": gsp_group,
                    "gross_demand_wh": gross,
                    "non_chargeable_wh": left_out,
                    "chargeable_wh": gross - left_out,
                }
            )
        return shares


def _netted(referred: dict[tuple[str, str], int | None]) -> dict[tuple[str, str], int | None]:
    """Import less export of each meter, where a Complex Site rule nets them; a negative figure is a net export."""
    found: dict[tuple[str, str], int | None] = {}
    for name in dict.fromkeys(name for name, _ in referred):
        both = [referred.get((name, quantity), 0) for quantity in ("AI", "AE")]
        found[name, "net"] = None if both[0] is None or both[1] is None else both[0] - both[1]
    return found


def _known(volumes: Ints | None, entry: int, at: int) -> int | None:
    """A meter's volume at a level of losses in the only run day, None where it cannot be told."""
    if volumes is None or volumes[entry, 0, at] == NO_VOLUME:
        return None
    return int(volumes[entry, 0, at])


def _asset_active(calculation: Calculation, day: int) -> bool:
    arrangement = calculation.arrangement
    assets = arrangement.leg_class >= 2
    return bool((assets & (arrangement.leg_from <= day) & (day < arrangement.leg_to)).any())


def _named_steps(rule: Any, figures: dict[str, int], title: str) -> list[WorkingStep]:

    return [WorkingStep(title, one.formula, one.numbers, one.value, "Wh", one.clause) for one in trace(rule, figures)]
