"""Readings files under `halfhour file`: checked, shown and converted as a run would read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from halfhour.cli.commands.file.shared import FINDINGS_SHOWN, finding_entry, list_findings
from halfhour.cli.output import counted, print_json, print_line, print_table
from halfhour.errors import Finding, HalfhourError, Refused

if TYPE_CHECKING:
    from halfhour.metering.store.one_file import OneFile

Clock = Literal["utc", "local"]


@contextmanager
def _read(file: Path, quantity: str | None = None, bg_clock: Clock | None = None) -> Iterator[OneFile]:
    from halfhour.metering.store.one_file import read_one  # noqa: PLC0415

    with read_one(file, quantity, bg_clock) as taken:
        yield taken


def check_readings(file: Path, *, strict: bool, json: bool) -> int:
    """Say what a readings file is and what is wrong with it; 2 where nothing of it can be used."""
    with _read(file) as taken:
        source, findings = taken.source, taken.findings
        undirected = len(taken.undirected)
    accepted = bool(source.format)
    if json:
        print_json(
            {
                "file": str(file),
                "kind": "readings",
                "format": source.format or None,
                "accepted": accepted,
                "rows": source.rows,
                "readings": source.readings,
                "undirected_msids": undirected,
                "findings": [finding_entry(finding) for finding in findings],
            }
        )
    else:
        print_line(f"{file.name}: {f'readings, {source.format}' if accepted else 'not accepted'}")
        list_findings(findings)
        if accepted:
            aside = f", {counted(undirected, 'MSID')} without a direction" if undirected else ""
            print_line(f"Accepted: {source.rows:,} rows, {source.readings:,} readings{aside}.")
        else:
            print_line("Rejected: nothing of the file is to be used.")
    if not accepted:
        return 2
    return 1 if strict and any(finding.severity != "info" for finding in findings) else 0


def show_readings(file: Path, rows: int, *, json: bool) -> int:
    """Show the first half hours of a readings file."""
    with _read(file) as taken:
        if taken.undirected and not taken.source.readings:
            # Shown as import: the heading says that the file does not.
            with _read(file, "AI") as directed:
                return _show(file, directed, rows, json=json, said=False)
        return _show(file, taken, rows, json=json, said=True)


def _show(file: Path, taken: OneFile, rows: int, *, json: bool, said: bool) -> int:
    _refuse_unusable(file, taken)
    shown: list[dict[str, object]] = []
    for table in taken.long_tables():
        shown += table.slice(0, rows - len(shown)).to_pylist()
        if len(shown) >= rows:
            break
    if not said:
        for row in shown:
            row["measurement_quantity"] = None
    if json:
        print_json({"file": str(file), "format": taken.source.format, "readings": taken.source.readings, "rows": shown})
        return 0
    columns = list(shown[0]) if shown else ["msid"]
    title = f"{file.name}: {taken.source.format}, {len(shown):,} of {taken.source.readings:,} readings"
    cells = [["" if value is None else str(value) for value in row.values()] for row in shown]
    print_table(title, [name.replace("_", " ") for name in columns], cells, numeric=(4,))
    return 0


def convert_readings(
    file: Path, to: str, out: Path, quantity: str | None, bg_clock: Clock | None, even_rejected: bool
) -> list[Finding]:
    """Write the half hours of a readings file as one long table.

    Raises:
        HalfhourError: FF-122 the file cannot be used, does not say the direction, or goes to no such form.
    """
    if to not in ("csv", "parquet"):
        raise HalfhourError(
            "FF-122", f"{file.name} holds readings, which do not convert to {to}.", "Convert to csv or parquet."
        )
    from halfhour.formats.flows.writing import in_place  # noqa: PLC0415
    from halfhour.metering.store.one_file import LONG_SCHEMA  # noqa: PLC0415

    with _read(file, quantity, bg_clock) as taken:
        if not even_rejected:
            _refuse_unusable(file, taken)
        if taken.undirected and quantity is None:
            raise HalfhourError(
                "FF-122",
                f"{file.name} ({taken.source.format}) does not say whether {taken.undirected[0]} imports or exports.",
                "Say it with --quantity AI or --quantity AE.",
            )
        with in_place(out) as making:
            if to == "csv":
                import pyarrow.csv  # noqa: PLC0415

                options = pyarrow.csv.WriteOptions(quoting_style="none", include_header=True)
                writer = pyarrow.csv.CSVWriter(making, LONG_SCHEMA, write_options=options)
            else:
                import pyarrow.parquet as pq  # noqa: PLC0415

                writer = pq.ParquetWriter(making, LONG_SCHEMA, compression="zstd")
            with writer:
                for table in taken.long_tables():
                    writer.write_table(table)
    return taken.findings


def _refuse_unusable(file: Path, taken: OneFile) -> None:
    if not taken.source.format:
        raise Refused(
            "FF-122",
            f"Nothing of {file.name} can be used.",
            "Correct the file, or ask for it again.",
            taken.findings[:FINDINGS_SHOWN],
        )
