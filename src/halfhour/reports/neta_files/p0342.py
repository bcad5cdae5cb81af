"""P0342, Metering System Non-Final Non-Chargeable Demand Volumes: what declarations make of each Import MSID.

Follows the SVA Data Catalogue (handbook chargeable-imports 5.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from halfhour.errors import Finding, HalfhourError
from halfhour.reports.neta_files.consumption_classes import UNSTATED_CLASS, ConsumptionClasses
from halfhour.reports.neta_files.declared_imports import DeclaredImport, declared_imports
from halfhour.reports.neta_files.declared_volumes import volumes_of_day
from halfhour.reports.neta_files.report import Body, NetaHeader, NetaReport, mwh, proportion
from halfhour.reports.neta_files.run_tables import days_of_run, refuse_other_editions
from halfhour.reports.run_register import portfolio_of
from halfhour.reports.words import counted
from halfhour.settlement.run import Run

P0342 = "P0342001"


def p0342_suppliers(run: Run) -> list[str]:
    """The Suppliers that a P0342 of the run can be made for.

    Raises:
        HalfhourError: RP-001 the register has changed since the run.
    """
    imports = declared_imports(portfolio_of(run), run.request)
    return sorted({one.metering.supplier for one in imports if one.metering.supplier is not None})


def p0342(
    run: Run,
    header: NetaHeader,
    *,
    supplier: str | None = None,
    start: date | None = None,
    end: date | None = None,
    run_number: int = 1,
) -> Iterator[NetaReport]:
    """Metering System Non-Final Non-Chargeable Demand Volumes: one report for each Supplier and Settlement Day.

    It holds the Import MSIDs that an EMR or NFD Declaration covers on the day and that have a reading in the half hour
    (the stand-in for a D0385 received), each with its proportion, its settled volume, and the losses between it and the
    Grid Supply Point where the run knows the Line Loss Factors.

    Args:
        run: settled under an edition that gives a Non-Chargeable Proportion, with `--detail all` where an EMR AMSID
            Declaration is in force.
        header: of each Supplier's first report; later ones have the next sequence numbers. An empty `to_id` stands for
            the Supplier that the report is for.
        supplier: only this Supplier's.
        start, end: Settlement Days, closed-open; default: those of the run.
        run_number: of the market's run.

    Returns:
        Reports by day and Supplier, each made when it is asked for; `empty` where no MSID has a reading.

    Raises:
        HalfhourError: RP-001 the register has changed since the run, RP-003 no declaration covers a Supplier's MSID on
            these days, RP-004 a day's edition gives no proportion, ST-005 the run lacks a table.
    """
    portfolio = portfolio_of(run)
    days = days_of_run(run.request, start, end)
    refuse_other_editions(run.request, days, P0342)
    numbers = [(one_day - run.request.start).days for one_day in days]
    by_supplier: dict[str, list[DeclaredImport]] = {}
    for one in declared_imports(portfolio, run.request):
        if any(one.kind(number) is not None for number in numbers):
            by_supplier.setdefault(one.metering.supplier or "", []).append(one)
    wanted = sorted(by_supplier.keys() - {""}) if supplier is None else [supplier]
    if not any(by_supplier.get(name) for name in wanted):
        known = ", ".join(sorted(by_supplier.keys() - {""})) or "none"
        raise HalfhourError(
            "RP-003",
            f"No EMR or NFD Declaration covers an Import MSID of {supplier or 'a Supplier'} on these days, so there is "
            "no P0342.",
            f"Suppliers with declared Import MSIDs: {known}.",
        )
    without = [_without_supplier(one) for one in by_supplier.get("", [])] if supplier is None else []

    def reports() -> Iterator[NetaReport]:
        sequences = dict.fromkeys(wanted, header.sequence)
        asked = [one for name in wanted for one in by_supplier.get(name, [])]
        with ConsumptionClasses(run.market_data_path) as classes:
            for of_day in days:
                frame, findings = volumes_of_day(run, of_day, asked)
                for name in wanted:
                    own = _Own(run, of_day, frame, by_supplier.get(name, []))
                    if not own.imports:
                        continue
                    one_header = replace(header, to_id=header.to_id or name, sequence=sequences[name])
                    report = _p0342_of(run, own, name, one_header, classes, run_number)
                    report.findings[:0] = [*without, *(one for one in findings if one.msid in own.msids)]
                    sequences[name] += 0 if report.empty else 1
                    yield report

    return reports()


def _without_supplier(one: DeclaredImport) -> Finding:
    return Finding(
        "RP-104",
        "warning",
        f"Import MSID {one.msid} of site '{one.site.id}' is declared, but the register names no Supplier of it; it is "
        "in no P0342.",
        "Give its metering a supplier.",
        where=one.metering.where,
        site_id=one.site.id,
        msid=one.msid,
    )


class _Own:
    """What one Supplier has of a day's volumes."""

    def __init__(self, run: Run, day: date, frame: pl.DataFrame, imports: Sequence[DeclaredImport]) -> None:
        self.day = day
        self.imports = [one for one in imports if one.kind((day - run.request.start).days) is not None]
        self.msids = {one.msid for one in self.imports}
        self.frame = frame.filter(pl.col("msid").is_in(list(self.msids)))


@dataclass(frozen=True, slots=True)
class _MeteringSystem:
    """An Import MSID as the report names it: its MSD record, and CCC Ids of actual and of estimated volumes."""

    bm_unit: str
    items: tuple[str, ...]
    consumption: tuple[int, int]
    losses: tuple[int, int]


def _p0342_of(
    run: Run, own: _Own, supplier: str, header: NetaHeader, classes: ConsumptionClasses, run_number: int
) -> NetaReport:
    findings: list[Finding] = []
    systems: dict[str, _MeteringSystem] = {}
    for one in own.imports:
        system = _metering_system(one, own.day, classes, findings)
        if system is not None:
            systems[one.msid] = system
    with_rows = set(own.frame["msid"].unique().to_list())
    order = sorted((system.bm_unit, msid) for msid, system in systems.items() if msid in with_rows)
    lacking = own.frame.filter(pl.col("gsp_wh").is_null()).group_by("site_id", "msid").len().sort("site_id", "msid")
    for site_id, msid, count in lacking.iter_rows():
        findings.append(
            Finding(
                "RP-107",
                "info",
                f"Import MSID {msid}: the losses of {counted(count, 'half hour')} of {own.day} are not known; their "
                "volume is empty.",
                "Give its metering a Line Loss Factor Class, load the factors, and settle again.",
                site_id=site_id,
                msid=msid,
                settlement_date=own.day,
            )
        )
    rows = own.frame.select(
        "msid", "settlement_period", "proportion", "settled_wh", "gsp_wh", pl.col("quality") == "estimated"
    ).partition_by("msid", as_dict=True)

    def body() -> Body:
        run_type = run.request.run_type
        # What sets the Run Type Code apart from the Settlement Run Type is not public; both are the run's type.
        yield "HDR", [f"{own.day:%Y%m%d}", run_type, run_type, str(run_number)]
        yield "20I", [supplier]
        before = None
        for bm_unit, msid in order:
            system = systems[msid]
            if bm_unit != before:
                yield "BMU", [bm_unit]
                before = bm_unit
            yield "MSD", system.items
            for _, period, parts, settled, at_gsp, estimated in rows[(msid,)].iter_rows():
                yield "PER", [str(period), proportion(parts)]
                yield "NFN", [str(system.consumption[estimated]), mwh(settled), ""]
                yield "NFN", [str(system.losses[estimated]), "", "" if at_gsp is None else mwh(at_gsp - settled)]

    name = f"{P0342}_{supplier}_{own.day:%Y%m%d}_{run.request.run_type}.txt"
    return NetaReport(P0342, name, header, body, findings, empty=not order)


def _metering_system(
    one: DeclaredImport, day: date, classes: ConsumptionClasses, findings: list[Finding]
) -> _MeteringSystem | None:
    """How the report names an Import MSID; None, with the reason among the findings, where it cannot."""

    def find(code: str, message: str, next_step: str, severity: str = "warning") -> None:
        findings.append(
            Finding(
                code,
                severity,  # type: ignore[arg-type]
                f"Import MSID {one.msid} of site '{one.site.id}': {message}",
                next_step,
                where=one.metering.where,
                site_id=one.site.id,
                msid=one.msid,
                settlement_date=day,
            )
        )

    metering = one.metering
    distributor = classes.distributor_of(one.msid)
    if metering.bm_unit is None or distributor is None:
        what = "the register names no BM Unit of it" if metering.bm_unit is None else "no distributor has its numbers"
        find("RP-104", f"{what}, so P0342 cannot name it; it is left out.", "Correct its metering.")
        return None
    if metering.import_llfc is None:
        find("RP-105", "the register holds no Line Loss Factor Class of it; left empty.", "Give it an import_llfc.")
    measurement_class = metering.measurement_class or UNSTATED_CLASS
    if metering.measurement_class is None:
        find(
            "RP-106",
            f"the register holds no measurement class of it; the Consumption Component Classes of class "
            f"{UNSTATED_CLASS} are used.",
            "Give its metering a measurement_class.",
        )
    site_specific = classes.is_site_specific(distributor, metering.import_llfc, day)
    if site_specific is None and metering.import_llfc is not None:
        find(
            "RP-109",
            f"whether Line Loss Factor Class {metering.import_llfc} of {distributor} is site-specific is not known; "
            "the Consumption Component Class of losses is that of a general class.",
            "Load the Market Domain Data of the day with `halfhour market-data load`.",
            "info",
        )
    found = classes.of(measurement_class, site_specific=bool(site_specific))
    if found is None:
        find(
            "RP-104",
            f"measurement class {measurement_class} is not half-hourly, so it has no Consumption Component Class here; "
            "it is left out.",
            "Correct its measurement_class.",
        )
        return None
    items = (one.msid, one.site.gsp_group, distributor, metering.import_llfc or "")
    return _MeteringSystem(metering.bm_unit, items, *found)
