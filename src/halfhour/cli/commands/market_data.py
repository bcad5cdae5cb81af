"""`halfhour market-data`: load files of market data into the store, list what it holds, check that it is whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from halfhour.cli import arguments
from halfhour.cli.output import counted, finding_document, finding_line, print_json, print_line, print_table, say

if TYPE_CHECKING:
    from halfhour.errors import Finding
    from halfhour.market_data.recognition import FileLoad
    from halfhour.market_data.store import Load, MddVersion
    from halfhour.market_data.version_changes import RowChange, TableChanges

EXAMPLES = 2
"""Rows shown of each kind of change; `--json` gives all."""

PROBLEMS = 20
"""Problems shown of one file; `--json` gives all."""

SHA256_SHOWN = 12

app = App(
    name="market-data",
    help="Reference data of the market: load its files into the store, list what is loaded, check the store.",
)


@app.command
def load(
    paths: list[Path],
    /,
    *,
    version: int | None = None,
    published: str | None = None,
    distributor: str | None = None,
    store: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Load files of market data, or everything below a folder, into the store.

    Files are told by their content: Market Domain Data tables as published (Line_Loss_Factor_Class_377.csv), line loss
    factors (D0265, plain or zipped, or a table of days with llf_sp1 to llf_sp50), and tables of transmission loss
    multipliers, ETLMO, TNUoS, TDR, BSUoS, RCRC, imbalance prices, Triads, Credit Assessment Prices and BM Units.

    Loading the same again changes nothing and says so. A table of a new version of Market Domain Data is compared with
    the version before. A file with an unusable row is refused as a whole; the others go on, and the exit code is 2.

    Examples:

        halfhour market-data load mdd-377/
        halfhour market-data load llf_LOND_2025-26.csv --distributor LOND

    Parameters
    ----------
    paths
        Files and folders.
    version
        Version of Market Domain Data, for files whose name does not end with it.
    published
        Day (ISO) on which that version was published, where the program does not know it.
    distributor
        Participant id, such as LOND, for line loss factors in a table that does not name it.
    store
        File of the store; default: HALFHOUR_MARKET_DATA, or halfhour/market-data.sqlite in the user's data folder.
    json
        One JSON document on standard output.
    """
    from halfhour.market_data.database import default_store_path  # noqa: PLC0415 - loads only where it is needed
    from halfhour.market_data.loading import load_files  # noqa: PLC0415

    day = arguments.day(published)
    place = default_store_path() if store is None else store
    with arguments.progress_bar("Loading market data") as progress:
        loads = load_files(
            paths, store=place, version=version, published=day, distributor=distributor, progress=progress
        )
    if json:
        print_json({"store": place, "files": [_load_document(one) for one in loads], "counts": _counts(loads)})
    else:
        _show_loads(loads, place)
    known = [one for one in loads if one.state in ("loaded", "already loaded")]
    return 2 if not known or any(one.state == "refused" for one in loads) else 0


def _counts(loads: Sequence[FileLoad]) -> dict[str, int]:
    states = ("loaded", "already loaded", "refused", "skipped")
    return {state.replace(" ", "_"): sum(one.state == state for one in loads) for state in states}


def _show_loads(loads: Sequence[FileLoad], place: Path) -> None:
    rows = [
        (
            one.path.name,
            one.table or "-",
            str(one.version or one.distributor or ""),
            f"{one.rows:,}" if one.rows else "",
            _days(one.first_day, one.last_day) if one.rows else "",
            _became(one),
        )
        for one in loads
        if one.state != "skipped"
    ]
    if rows:
        print_table("", ["file", "table", "of", "rows", "days", ""], rows, numeric=[3])
    for older, newer in sorted({(one.changes.older, one.changes.newer) for one in loads if one.changes}):
        pair = [
            one.changes for one in loads if one.changes and (one.changes.older, one.changes.newer) == (older, newer)
        ]
        _show_changes(pair, older, newer)
    for one in loads:
        for finding in one.findings[:PROBLEMS]:
            say(finding_line(finding))
        if len(one.findings) > PROBLEMS:
            more = counted(len(one.findings) - PROBLEMS, "more problem")
            say(f"{one.path.name}: {more}; --json lists them all.")
    counts = _counts(loads)
    print_line(
        f"{place}: {counted(counts['loaded'], 'file')} loaded, {counts['already_loaded']} already loaded, "
        f"{counts['refused']} refused, {counts['skipped']} passed over."
    )


def _became(one: FileLoad) -> str:
    if one.state != "loaded":
        return one.state if one.state == "refused" else f"{one.state}, nothing changed"
    if one.kind == "mdd":
        return "loaded"
    parts = [f"{one.new:,} new"] * bool(one.new)
    parts += [f"{one.changed:,} changed"] * bool(one.changed)
    parts += [f"{one.same:,} as before"] * bool(one.same)
    classes = "1 class" if one.classes == 1 else f"{one.classes:,} classes"
    factors = f" ({classes}, {one.factors:,} factors)" if one.factors else ""
    return f"loaded{factors}: {', '.join(parts)}"


def _show_changes(tables: Sequence[TableChanges], older: int, newer: int) -> None:
    from halfhour.market_data.version_changes import MANNERS  # noqa: PLC0415

    if not any(table.rows for table in tables):
        print_line(f"Market Domain Data {newer} changes nothing of {older} in these tables.")
        return
    print_table(
        f"What Market Domain Data {newer} changes of {older}",
        ["table", *MANNERS],
        [(table.table, *(f"{len(table.of(manner)):,}" for manner in MANNERS)) for table in tables if table.rows],
        numeric=range(1, len(MANNERS) + 1),
    )
    for table in tables:
        for manner in MANNERS:
            for row in table.of(manner)[:EXAMPLES]:
                print_line(f"  {table.table} {manner}: {_change(row)}")
    print_line("  (examples; --json lists every row)")


def _change(row: RowChange) -> str:
    key = ", ".join(f"{column} {_shown(cell)}" for column, cell in row.key.items())
    if row.manner in ("added", "removed"):
        cells = row.after or row.before
        said = next((cells[column] for column in ("description", "name") if cells.get(column)), "")
        return f"{key}{f' ({said})' if said else ''}"
    return f"{key}: " + ", ".join(
        f"{column} {_shown(row.before[column])} → {_shown(row.after[column])}" for column in row.after
    )


def _shown(cell: Any) -> str:
    return "open" if cell is None else "''" if cell == "" else str(cell)


def _days(first: date | None, last: date | None) -> str:
    if first is None:
        return ""
    return f"{first} and after" if last is None else f"{first} to {last}"


def _load_document(one: FileLoad) -> dict[str, object]:
    changes = one.changes
    return {
        "file": one.path,
        "state": one.state.replace(" ", "_"),
        "kind": one.kind or None,
        "table": one.table or None,
        "version": one.version,
        "distributor": one.distributor or None,
        "sha256": one.sha256 or None,
        "rows": one.rows,
        "classes": one.classes or None,
        "factors": one.factors or None,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "new": None if one.kind == "mdd" else one.new,
        "changed": None if one.kind == "mdd" else one.changed,
        "as_before": None if one.kind == "mdd" else one.same,
        "changes": changes
        and {
            "older": changes.older,
            "newer": changes.newer,
            "rows": [
                {"manner": row.manner, "key": row.key, "before": row.before, "after": row.after} for row in changes.rows
            ],
        },
        "findings": [finding_document(finding) for finding in one.findings],
    }


@app.command(name="list")
def list_loaded(
    *,
    store: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """List what is loaded: table, version, rows, days, file, sha256 and when, with what is doubtful about it.

    Example: halfhour market-data list

    Parameters
    ----------
    store
        File of the store; default: HALFHOUR_MARKET_DATA, or halfhour/market-data.sqlite in the user's data folder.
    json
        One JSON document on standard output.
    """
    from halfhour.market_data.store import MarketDataStore  # noqa: PLC0415 - loads only where it is needed

    with MarketDataStore.open(store) as opened:
        place, versions, loads = opened.path, opened.versions(), opened.loads()
    notes = dict(_notes(loads))
    if json:
        print_json(
            {
                "store": place,
                "versions": [
                    {
                        "version": version.number,
                        "published": version.published,
                        "published_source": version.published_source,
                        "tables": sorted(version.tables),
                    }
                    for version in versions
                ],
                "loads": [_held_document(one) for one in loads],
                "notes": notes,
            }
        )
        return 0
    if not loads:
        print_line(f"{place}: nothing is loaded. Load files with `halfhour market-data load PATH`.")
        return 0
    print_table(
        "",
        ["table", "of", "rows", "days", "file", "sha256", "loaded"],
        [
            (
                one.table,
                str(one.version or one.distributor),
                f"{one.row_count:,}",
                _days(one.first_day, one.last_day),
                one.file,
                one.sha256[:SHA256_SHOWN],
                f"{one.loaded_at:%Y-%m-%d %H:%M} UTC",
            )
            for one in loads
        ],
        numeric=[2],
    )
    for version in versions:
        print_line(_version_line(version))
    for table, note in notes.items():
        print_line(f"{table}: {note}")
    print_line(f"{place}: {counted(len(loads), 'table')} loaded.")
    return 0


def _version_line(version: MddVersion) -> str:
    published = f"published {version.published}" if version.published else "day of publication not known"
    return f"Market Domain Data {version.number}: {published} ({version.published_source})"


def _notes(loads: Sequence[Load]) -> Iterator[tuple[str, str]]:
    """What is doubtful about the public record of each table that is loaded, in order of loading."""
    from halfhour.market_data.reference_tables import reference_tables  # noqa: PLC0415

    for name in dict.fromkeys(one.table for one in loads if one.kind == "reference"):
        note = reference_tables()[name].facts.get("note")
        if note:
            yield name, note


def _held_document(one: Load) -> dict[str, object]:
    return {
        "table": one.table,
        "kind": one.kind,
        "version": one.version,
        "distributor": one.distributor or None,
        "rows": one.row_count,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "file": one.file,
        "sha256": one.sha256,
        "loaded_at": one.loaded_at,
    }


@app.command
def check(
    *,
    store: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Check the store: rows against the sha256 kept when they were loaded, overlaps, combinations, missing days.

    Leaves with exit code 2 where the store is damaged or contradicts itself. Warnings are about what the files say.

    Example: halfhour market-data check

    Parameters
    ----------
    store
        File of the store; default: HALFHOUR_MARKET_DATA, or halfhour/market-data.sqlite in the user's data folder.
    json
        One JSON document on standard output.
    """
    from halfhour.market_data.checking import check_store  # noqa: PLC0415 - loads only where it is needed
    from halfhour.market_data.store import MarketDataStore  # noqa: PLC0415

    with (
        MarketDataStore.open(store) as opened,
        arguments.progress_bar("Checking market data") as progress,
    ):
        place, count = opened.path, len(opened.loads())
        findings = check_store(opened, arguments.today(), progress)
    wrong = any(finding.severity == "error" for finding in findings)
    if json:
        print_json(
            {
                "store": place,
                "tables": count,
                "good": not wrong,
                "findings": [finding_document(one) for one in findings],
            }
        )
    else:
        _show_findings(findings)
        print_line(f"{place}: {counted(count, 'table')} checked, {_verdict(findings)}.")
    return 2 if wrong else 0


def _show_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        print_line(finding_line(finding))


def _verdict(findings: Sequence[Finding]) -> str:
    parts = [
        counted(number, severity)
        for severity in ("error", "warning", "info")
        if (number := sum(finding.severity == severity for finding in findings))
    ]
    return ", ".join(parts) or "nothing found"
