"""How every command speaks: tables for people, one JSON document for programs, errors on standard error.

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfhour.errors import Finding, HalfhourError, Refused

if TYPE_CHECKING:
    from rich.table import Table

    from halfhour.market_data.validity import Answer, Combination


def print_json(document: Any) -> None:
    """Write one JSON document to standard output: dates ISO, money and factors as strings, energy as whole Wh."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    json.dump(document, sys.stdout, default=_plain, indent=2, ensure_ascii=plain)
    sys.stdout.write("\n")


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Path):
        return value.as_posix()
    message = f"{type(value).__name__} has no place in a JSON document"
    raise TypeError(message)


def print_line(text: str = "") -> None:
    """Write a line of the result to standard output."""
    sys.stdout.write(text + "\n")


def say(text: str) -> None:
    """Write a remark for the person at the terminal to standard error."""
    sys.stderr.write(text + "\n")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Sequence[int] = ()
) -> None:
    """Write a table to standard output; the columns whose positions are in `numeric` are set to the right."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only where a table is printed
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    # Cells are plain text: a '[' in a file's own words is not markup.
    table: Table = Table(
        title=Text(title) if title else None, box=SIMPLE_HEAD, title_justify="left", title_style="bold"
    )
    for position, name in enumerate(columns):
        table.add_column(name, justify="right" if position in numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    # Drawn first and written after, so that a reader who goes away is met in one place, `app.main`. A pipe has no
    # width: give a table its own rather than fold every column to 80 characters.
    terminal = sys.stdout.isatty()
    drawn = io.StringIO()
    width = shutil.get_terminal_size().columns if terminal else 200
    Console(markup=False, file=drawn, width=width, force_terminal=terminal).print(table)
    sys.stdout.write(drawn.getvalue())


def mwh(wh: int | None, decimals: int = 3) -> str:
    """Whole Wh as MWh for a screen, '-' where missing."""
    if wh is None:
        return "-"
    return f"{Decimal(wh).scaleb(-6).quantize(Decimal(1).scaleb(-decimals)):,}"


def counted(number: int, what: str) -> str:
    """A number of things: `1 site`, `2,000 sites`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def gbp(amount: Decimal) -> str:
    """An exact amount as a statement line shows it: pounds and pence, half to even."""
    return f"{amount.quantize(Decimal('0.01')):,}"


def grouped(text: str) -> str:
    """A formula's numbers with their thousands set apart by narrow spaces."""
    return re.sub(r"(?<![\d.])\d{5,}(?![\d.])", lambda found: f"{int(found[0]):,}".replace(",", "\u202f"), text)


def print_error(error: HalfhourError) -> None:
    """Write an error, and every finding that it carries, to standard error."""
    if isinstance(error, Refused):
        for finding in error.findings:
            say(finding_line(finding))
    say(f"{error.code}: {error.message}")
    if error.next_step:
        say(f"  next: {error.next_step}")


def finding_line(finding: Finding) -> str:
    """One finding as a line: where, severity, code, message, next step."""
    where = f"{finding.where}: " if finding.where else ""
    return f"{where}{finding.severity} {finding.code}: {finding.message} {finding.next_step}".rstrip()


def finding_document(finding: Finding) -> dict[str, object]:
    """One finding as a JSON object."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "where": finding.where,
        "site_id": finding.site_id,
        "msid": finding.msid,
        "settlement_date": finding.settlement_date,
        "settlement_period": finding.settlement_period,
        "message": finding.message,
        "next_step": finding.next_step,
    }


def combination_document(combination: Combination) -> dict[str, object]:
    """A valid combination of classes as a JSON object; a class that is not in it is null, dates are closed-open."""
    return {
        "mpid": combination.mpid,
        "mtc": combination.mtc or None,
        "llfc": combination.llfc or None,
        "ssc": combination.ssc or None,
        "profile_class": combination.profile_class or None,
        "description": combination.description,
        "kind": combination.kind or None,
        "effective_from": combination.effective_from,
        "effective_to": combination.effective_to,
    }


def answer_document(answer: Answer) -> dict[str, object]:
    """The answer to a question about classes as a JSON object."""
    return {
        "check": answer.question,
        "verdict": answer.verdict,
        "code": answer.code or None,
        "severity": answer.severity,
        "message": answer.message,
        "next_step": answer.next_step,
        "nearest": [combination_document(combination) for combination in answer.nearest],
        "more": answer.more,
    }


def answer_rows(answers: Iterable[Answer]) -> Iterable[tuple[str, str, str, str]]:
    """The answers as rows of a table with the columns `ANSWER_COLUMNS`, nearest valid combinations below each fail."""
    for answer in answers:
        text = " ".join(part for part in (answer.message, answer.next_step) if part)
        yield answer.question, answer.verdict, answer.code, text
        for combination in answer.nearest:
            yield "", "", "nearest", str(combination)
        if answer.more:
            yield "", "", "", f"and {answer.more:,} more"


ANSWER_COLUMNS = ("check", "verdict", "code", "reason")
