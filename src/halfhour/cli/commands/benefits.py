"""`halfhour benefits`: the embedded benefits of a plant in £, route beside route."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from halfhour.cli.arguments import day, decimal, progress_bar
from halfhour.cli.arguments import market_data as open_market_data
from halfhour.cli.output import counted, finding_line, print_json, print_line, print_table, say
from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    import polars as pl

    from halfhour.charges.benefits import Market, RouteComparison
    from halfhour.charges.benefits.results import Line
    from halfhour.charges.benefits.terms import Terms

NOT_COVERED = 3
_SHOWN = ("tnuos", "bsuos", "losses", "rcrc")


def benefits(
    plant: Path,
    readings: Path,
    /,
    *,
    route: list[str] | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    ruleset: Literal["codes", "note-v8"] = "codes",
    component: list[str] | None = None,
    market: list[Path] | None = None,
    terms: Path | None = None,
    base_tu: Literal["off-taking", "delivering"] | None = None,
    llf: str | None = None,
    loss_baseline: Literal["metered", "delivering"] | None = None,
    comparator: Literal["delivering"] | None = None,
    estimated_losses: Annotated[bool, Parameter(negative="")] = False,
    accept_rounded: Annotated[bool, Parameter(negative="")] = False,
    accept_suspect: Annotated[bool, Parameter(negative="")] = False,
    quantity: Literal["AE", "AI"] | None = None,
    market_data: Path | None = None,
    out: Path | None = None,
    half_hours: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """The embedded benefits of a plant in £, for each charging year and each route that is open to it.

    Tariffs, Triads and rules come with the program; prices by half hour from --market or the user's market data.
    Nothing is guessed: a component whose tariff or price is not held has no amount, and a route that lacks one has no
    total. The exit code is 3 where no route that is open has a total.

    With a folder of plant files, READINGS is one table with a column `plant`.

    Examples:

        halfhour benefits mill-race.toml half-hours.csv --market prices.csv --base-tu off-taking
        halfhour benefits mill-race.toml half-hours.csv --terms terms.toml --component tnuos --out benefits
        halfhour benefits plants/ half-hours.parquet --market prices.csv --terms terms.toml --out benefits

    Parameters
    ----------
    plant
        Plant file (TOML), or a folder of them.
    readings
        Table with settlement_date, settlement_period, export_mwh (export_kwh, export_wh), import_mwh, llf_export; or
        any readings file, of which AE is the export and AI the import.
    route
        Route to show; may be repeated. Default: all.
    from_
        First Settlement Day.
    to
        First Settlement Day no longer included.
    ruleset
        Codes as they stand, or the note as written, which prices nothing after its last dates.
    component
        tnuos, bsuos, losses or rcrc; may be repeated. Default: all four.
    market
        CSV or Parquet with settlement_date, settlement_period and any of base_tu_delivering, base_tu_net_mwh, tlmo_del,
        tlmo_off, tlf, tlm_del, tlm_off, system_price, reference_price, bsuos_price, rcrc_rate; may be repeated.
    terms
        Terms file (TOML): values for all half hours, Line Loss Factors, Triads, what the import is.
    base_tu
        Status of the Base Trading Unit in every half hour that no other input states.
    llf
        Line Loss Factor of export and import where the readings state none; 1 where they stand after losses.
    loss_baseline
        What losses are measured against; default: that of the ruleset.
    comparator
        The same plant as a Sole, delivering unit, beside it.
    estimated_losses
        Take the published estimates of loss adjustments (ETLMO) where none is given.
    accept_rounded
        Take a tariff of which only two decimals are held.
    accept_suspect
        Take a price marked as doubtful.
    quantity
        AE or AI, where a readings file does not say which.
    market_data
        Store of market data; default: the user's own.
    out
        Folder for benefit_year.csv, route_summary.csv and, of one plant, report.html.
    half_hours
        Write benefit_half_hour.parquet too (one plant, with --out).
    json
        One JSON document on standard output.
    """
    from halfhour.charges.benefits.fleet import compare_fleet, compare_years, read_plant_folder  # noqa: PLC0415
    from halfhour.charges.benefits.reading import read_readings  # noqa: PLC0415
    from halfhour.charges.benefits.terms import Terms, read_terms  # noqa: PLC0415
    from halfhour.plant import read_plant  # noqa: PLC0415

    if half_hours and (out is None or plant.is_dir()):
        raise HalfhourError("CL-010", "--half-hours needs --out, and one plant.", "Name the folder with --out.")
    stated = Terms() if terms is None else read_terms(terms)
    factor = None if llf is None else decimal(llf, "--llf")
    factors = tuple(factor if one is None else one for one in (stated.llf_export, stated.llf_import))
    with ExitStack() as stack:
        inputs = _market(stack, market or [], stated, base_tu, market_data)
        inputs.estimated_losses, inputs.accept_rounded = estimated_losses, accept_rounded
        inputs.accept_suspect = accept_suspect
        how: dict[str, Any] = {
            "ruleset": ruleset,
            "routes": route,
            "components": tuple(component) if component else _SHOWN,
            "component_dates": stated.component_dates,
            "days": _days(from_, to),
            "loss_baseline": loss_baseline,
            "comparator": comparator,
            "imports": stated.imports,
            "credit": stated.credit_effect(),
        }
        if plant.is_dir():
            plants = read_plant_folder(plant)
            with progress_bar("plants") as tell:
                fleet = compare_fleet(
                    plants, readings, inputs, llf_export=factors[0], llf_import=factors[1], progress=tell, **how
                )
            if out is not None:
                _write(out, fleet.benefit_year, fleet.route_summary)
            if json:
                print_json({"plants": fleet.plants, "half_hours": fleet.half_hours, **_tables(fleet)})
            else:
                _show_fleet(fleet.route_summary, fleet.plants, fleet.half_hours, out)
            return 0 if fleet.route_summary["gross_gbp"].is_not_null().any() else NOT_COVERED
        read = read_readings(readings, quantity=quantity)
        made = compare_years(read_plant(plant), read.half_hours.with_loss_factors(*factors), inputs, **how)
    for finding in read.findings:
        say(finding_line(finding))
    if out is not None:
        _write_one(out, made, half_hours)
    if json:
        print_json({"comparisons": [document(one) for one in made]})
    else:
        for one in made:
            show(one)
        if out is not None:
            print_line(f"Written: {out / 'report.html'}, benefit_year.csv, route_summary.csv")
    return exit_code(made)


def exit_code(made: Iterable[RouteComparison]) -> int:
    """0, or 3 where a year has routes that are open, or may be, and none of them has a total."""
    for one in made:
        able = [route for route in one.routes if route.valid is not False]
        if able and all(route.gross_gbp is None for route in able):
            return NOT_COVERED
    return 0


def _days(start: str | None, end: str | None) -> tuple[date, date] | None:
    if start is None and end is None:
        return None
    return day(start) or date(1990, 1, 1), day(end) or date(2099, 12, 31)


def _market(
    stack: ExitStack, files: list[Path], stated: Terms, base_tu: str | None, market_data: Path | None
) -> Market:
    from halfhour.charges.benefits import Market  # noqa: PLC0415

    made = Market(store=stack.enter_context(open_market_data(market_data)))
    if base_tu is not None:
        made.constant("base_tu_delivering", base_tu == "delivering", source="--base-tu")
    stated.into(made)
    for path in files:
        if not path.is_file():
            raise HalfhourError("EB-316", f"There is no file {path}.", "Check the path given with --market.")
        made.read(path)
    return made


# Written


def _write_one(out: Path, made: list[RouteComparison], half_hours: bool) -> None:
    import polars as pl  # noqa: PLC0415

    from halfhour.charges.benefits.tables import summary_frame, year_frame  # noqa: PLC0415
    from halfhour.reports.benefits import write_benefits_report  # noqa: PLC0415

    _write(out, year_frame(made), summary_frame(made))
    if half_hours:
        pl.concat([one.benefit_half_hour() for one in made]).write_parquet(out / "benefit_half_hour.parquet")
    write_benefits_report(out / "report.html", made)


def _write(out: Path, year: pl.DataFrame, summary: pl.DataFrame) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in (("benefit_year", year), ("route_summary", summary)):
        _plain(frame).write_csv(out / f"{name}.csv")


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Decimals as text, without the zeros that fill their column."""
    import polars as pl  # noqa: PLC0415

    text = pl.selectors.decimal().cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    return frame.with_columns(text)


# Shown


def pounds(amount: Decimal | None) -> str:
    """Pounds and pence, half up; '–' where there is none."""
    from halfhour.charges.exact import display_gbp  # noqa: PLC0415

    return "–" if amount is None else f"{display_gbp(amount):,}"


def number(value: Decimal | None, decimals: int) -> str:
    """A quantity or rate for a screen."""
    if value is None:
        return "by half hour"
    shown = f"{value.quantize(Decimal(1).scaleb(-decimals)):,}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def show(made: RouteComparison) -> None:
    """Print a comparison: routes, components, what they rest on, what is missing."""
    from halfhour.charges.benefits import NAMES  # noqa: PLC0415

    covered = made.coverage
    print_line(
        f"{made.plant.name or made.plant.id}, {made.gsp_group}, charging year {made.charging_year}, {made.ruleset}: "
        f"{counted(covered.given, 'half hour')} from {covered.start} until {covered.end}"
    )
    open_routes = [one for one in made.routes if one.valid]
    print_table(
        "Routes, £",
        ["route", "", *(NAMES[name] for name in made.components), "gross", "owner", "costs", "owner net", "rank"],
        [
            [
                one.route_id,
                f"{one.answer.registrant}, {one.answer.system}",
                *(pounds(line.amount_gbp) for line in one.lines),
                *map(pounds, (one.gross_gbp, one.owner_gbp, one.costs_gbp, one.owner_net_gbp)),
                "–" if one.rank is None else str(one.rank),
            ]
            for one in open_routes
        ],
        numeric=range(2, 7 + len(made.components)),
    )
    closed = [one for one in made.routes if not one.valid]
    if closed:
        print_table(
            "Routes that are not open",
            ["route", "why"],
            [
                [one.route_id, ", ".join(one.answer.reject_codes) if one.valid is False else "; ".join(one.missing)]
                for one in closed
            ],
        )
    if open_routes:
        print_table(
            "What it rests on",
            ["component", "quantity", "rate", "£", "status", "mark", "rule", "from"],
            [row for row in (_line_row(line) for line in _lines(open_routes)) if row],
            numeric=(1, 2, 3),
        )
    for compared in made.comparator or ():
        advantage = (
            compared.reason or f"£{pounds(compared.comparator_gbp)}, advantage £{pounds(compared.advantage_gbp)}"
        )
        print_line(f"As a delivering unit, {NAMES[compared.component]}: {advantage}")
    _remarks(made)


def _lines(routes: Iterable[Any]) -> list[Line]:
    """Each line once: routes share their amounts."""
    found: dict[int, Line] = {}
    for one in routes:
        for line in (*one.lines, *one.beside):
            found.setdefault(id(line.found), line)
    order = ("tnuos", "bsuos", "losses", "rcrc", "tnuos_import", "bsuos_import", "tdr", "imbalance")
    return sorted(found.values(), key=lambda line: order.index(line.component))


def _line_row(line: Line) -> list[str] | None:
    from halfhour.charges.benefits import NAMES, Amount  # noqa: PLC0415

    found = line.found
    if not isinstance(found, Amount):
        return None
    return [
        NAMES[line.component],
        f"{number(found.quantity, 3)} {found.quantity_unit}",
        f"{number(found.rate, 6)} {found.rate_unit}",
        pounds(found.amount_gbp),
        found.status,
        f"[{found.mark}]",
        found.rule_id,
        "; ".join(found.rests_on),
    ]


def _remarks(made: RouteComparison) -> None:
    from halfhour.charges.benefits import NAMES, Lacking  # noqa: PLC0415
    from halfhour.market_data.dated import date_ranges, shown  # noqa: PLC0415

    covered = made.coverage
    if covered.absent:
        days = shown(date_ranges(on for on, _ in covered.absent_days))
        say(f"{counted(covered.absent, 'half hour')} without a reading earn nothing here: on {days}.")
    if covered.estimated:
        say(f"{counted(covered.estimated, 'half hour')} are estimates.")
    if made.left_out:
        say(f"Left out: {', '.join(made.left_out)}.")
    for name, (start, end) in made.component_dates.items():
        say(f"{name} is limited to {start} until {end}.")
    for note in made.notes:
        say(note)
    for lacking in made.lacking:
        say(f"{lacking.component}: {lacking.error.code}: {lacking.error.message}")
        say(f"  next: {lacking.error.next_step}")
    beside = {line.component: line.found for one in made.routes for line in one.beside}
    unknown = [f"{NAMES[name]} ({found.name})" for name, found in beside.items() if isinstance(found, Lacking)]
    if unknown:
        say(f"Beside the totals and not reckoned: {', '.join(unknown)}.")
    owing = {
        text for one in made.routes if one.valid for text in one.missing if "pass_through" in text or "costs" in text
    }
    for text in sorted(owing):
        say(f"No owner's net: {text} ([pass_through.ROUTE] and [costs] of the plant file).")


def _show_fleet(summary: pl.DataFrame, plants: int, half_hours: int, out: Path | None) -> None:
    import polars as pl  # noqa: PLC0415

    valid = summary.filter(pl.col("valid"))
    by_route = valid.group_by("charging_year", "route", maintain_order=True).agg(
        pl.len().alias("plants"),
        pl.col("gross_gbp").is_not_null().sum().alias("priced"),
        pl.col("gross_gbp").sum(),
        (pl.col("rank") == 1).sum().alias("best"),
    )
    print_line(f"{counted(plants, 'plant')}, {counted(half_hours, 'half hour')}")
    print_table(
        "Routes",
        ["charging year", "route", "plants", "with a total", "gross £", "best for the owner"],
        [
            [year, route, f"{count:,}", f"{priced:,}", pounds(gross) if priced else "–", f"{best:,}"]
            for year, route, count, priced, gross, best in by_route.iter_rows()
        ],
        numeric=(2, 3, 4, 5),
    )
    reasons = valid.filter(pl.col("gross_gbp").is_null())["missing"].value_counts(sort=True)
    for text, count in reasons.head(5).iter_rows():
        say(f"No total for {counted(count, 'route')}: {text}")
    if out is not None:
        print_line(f"Written: {out / 'benefit_year.csv'}, route_summary.csv")


def _tables(fleet: Any) -> dict[str, Any]:
    return {
        "route_summary": _plain(fleet.route_summary).to_dicts(),
        "benefit_year": _plain(fleet.benefit_year).to_dicts(),
    }


def document(made: RouteComparison) -> dict[str, Any]:
    """A comparison as a JSON object; money and factors are strings, exact; what is missing is null."""
    covered = made.coverage
    return {
        "plant": made.plant.id,
        "gsp_group": made.gsp_group,
        "charging_year": made.charging_year,
        "ruleset": made.ruleset,
        "loss_baseline": made.loss_baseline,
        "from": covered.start,
        "to": covered.end,
        "half_hours": covered.given,
        "half_hours_absent": covered.absent,
        "half_hours_estimated": covered.estimated,
        "components": made.components,
        "left_out": made.left_out,
        "component_dates": {name: {"from": a, "to": b} for name, (a, b) in made.component_dates.items()},
        "routes": [_route_document(one, made) for one in made.routes],
        "comparator": None
        if made.comparator is None
        else [
            {
                "component": one.component,
                "comparator_gbp": one.comparator_gbp,
                "advantage_gbp": one.advantage_gbp,
                "missing": one.reason or None,
            }
            for one in made.comparator
        ],
        "missing": [
            {
                "component": one.component,
                "code": one.error.code,
                "name": one.name,
                "message": one.error.message,
                "next_step": one.error.next_step,
            }
            for one in made.lacking
        ],
        "notes": made.notes,
    }


def _route_document(one: Any, made: RouteComparison) -> dict[str, Any]:
    return {
        "route": one.route_id,
        "valid": one.valid,
        "reject_codes": one.answer.reject_codes,
        "registrant": one.answer.registrant,
        "system": one.answer.system,
        "agreement": one.answer.agreement,
        "lines": [_line_document(line, in_gross=True) for line in one.lines],
        "beside": [_line_document(line, in_gross=False) for line in one.beside],
        "gross_gbp": one.gross_gbp,
        "owner_gbp": one.owner_gbp,
        "costs_gbp": one.costs_gbp,
        "owner_net_gbp": one.owner_net_gbp,
        "rank": one.rank,
        "status": one.status,
        "credit_effect": made.credit.get(one.answer.system) if one.valid else None,
        "missing": one.missing,
    }


def _line_document(line: Line, *, in_gross: bool) -> dict[str, Any]:
    from halfhour.charges.benefits import Amount  # noqa: PLC0415

    names = ("quantity", "quantity_unit", "rate", "rate_unit", "status", "mark", "rule_id", "rests_on", "half_hours")
    found = line.found
    figures: dict[str, Any] = dict.fromkeys((*names, "facts"))
    if isinstance(found, Amount):
        figures = {name: getattr(found, name) for name in (*names, "facts")}
    return {
        "component": line.component,
        "in_gross": in_gross,
        "recipient": line.recipient,
        "owner_share": line.owner_share,
        "amount_gbp": line.amount_gbp,
        "owner_gbp": line.owner_gbp,
        **figures,
        "missing": None if isinstance(found, Amount) else found.text,
    }
