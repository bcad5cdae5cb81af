"""Reading a portfolio: which files belong to it, what is in them, and the checks over the whole.

Follows the project's contract, section "A portfolio". Problems in files are findings, all of them at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from halfhour.errors import Finding, HalfhourError, Refused
from halfhour.errors.written_values import nearest
from halfhour.register.checks import check_portfolio
from halfhour.register.model import LossFactor, Portfolio, Settings, Site, SourceFile
from halfhour.register.parameters import read_loss_factors, read_settings
from halfhour.register.site_files import read_site
from halfhour.register.site_tables import TABLE_FILES, read_site_tables

SETTINGS_FILE = "portfolio.toml"
LOSS_FACTORS_FILE = "line_loss_factors.csv"
READINGS_FOLDER = "readings"
READING_SUFFIXES = (".csv", ".csv.gz", ".parquet", ".df2", ".df2.gz")


def load_portfolio(path: Path | str) -> Portfolio:
    """Read a portfolio that is to be used as a whole.

    Args:
        path: the portfolio's folder.

    Raises:
        Refused: RG-001 where any file or check gives an error; it carries every finding, warnings too.
        HalfhourError: RG-002 where there is no such folder, RG-003 where it holds no site.
    """
    portfolio, findings = read_portfolio(path)
    errors = sum(finding.severity == "error" for finding in findings)
    if errors:
        raise Refused(
            "RG-001",
            f"The portfolio {path} has {errors} {'error' if errors == 1 else 'errors'}.",
            "Correct what is listed, then read it again.",
            findings,
        )
    return replace(portfolio, findings=tuple(findings))


def read_portfolio(path: Path | str) -> tuple[Portfolio, list[Finding]]:
    """Read a portfolio as far as it can be read, and check it.

    A site with an error, in its files or from a check, is left out of the portfolio. A site is checked once its values
    can be read, so that a mistyped key is not followed by findings that only come from it.

    Args:
        path: the portfolio's folder.

    Returns:
        The portfolio and every finding, in order of file and line.

    Raises:
        HalfhourError: RG-002 where there is no such folder, RG-003 where it holds no file of a site.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise HalfhourError(
            "RG-002", f"There is no portfolio folder {folder}.", "Check the path, or create the folder."
        )
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    site_files = [name for name in names if name.lower().endswith(".toml") and name != SETTINGS_FILE]
    table_files = [name for name in TABLE_FILES if name in names]
    if not site_files and not table_files:
        raise HalfhourError(
            "RG-003",
            f"The portfolio {folder} holds no site.",
            "Write one TOML file per site, or sites.csv and metering.csv; `halfhour demo` writes an example.",
        )
    register_files: list[SourceFile] = []
    findings: list[Finding] = list(_files_not_read(names))
    texts: dict[str, str] = {}
    for name in [*site_files, *table_files, *(name for name in (SETTINGS_FILE, LOSS_FACTORS_FILE) if name in names)]:
        content = _content(folder, name, findings)
        if content is not None:
            register_files.append(SourceFile(name, hashlib.sha256(content).hexdigest()))
            text = _text(name, content, findings)
            if text is not None:
                texts[name] = text

    sites, problems = _sites(texts, site_files, table_files)
    findings.extend(problems)
    settings = Settings()
    loss_factors: tuple[LossFactor, ...] = ()
    if SETTINGS_FILE in texts:
        settings, problems = read_settings(SETTINGS_FILE, texts[SETTINGS_FILE])
        findings.extend(problems)
    if LOSS_FACTORS_FILE in texts:
        loss_factors, problems = read_loss_factors(LOSS_FACTORS_FILE, texts[LOSS_FACTORS_FILE])
        findings.extend(problems)
    reading_files, problems = _reading_files(folder)
    findings.extend(problems)

    portfolio = Portfolio(
        path=folder,
        sites=tuple(sorted(sites, key=lambda site: site.id)),
        settings=settings,
        loss_factors=loss_factors,
        register_files=tuple(sorted(register_files, key=lambda file: file.path)),
        reading_files=reading_files,
    )
    return _without_errors(portfolio, findings)


def with_readings_of(portfolio: Portfolio, folder: Path | str) -> Portfolio:
    """The same register with the readings, and the place, of another portfolio folder.

    Raises:
        HalfhourError: RG-002 where there is no such folder.
    """
    place = Path(folder)
    if not place.is_dir():
        raise HalfhourError("RG-002", f"There is no portfolio folder {place}.", "Check the path, or create the folder.")
    reading_files, findings = _reading_files(place)
    return replace(portfolio, path=place, reading_files=reading_files, findings=(*portfolio.findings, *findings))


def _files_not_read(names: list[str]) -> Iterator[Finding]:
    """A warning for each file beside the sites that looks like a part of the portfolio and is none."""
    known = [*TABLE_FILES, LOSS_FACTORS_FILE]
    for name in names:
        if name.lower().endswith(READING_SUFFIXES) and name not in known:
            tables = f"{', '.join(known)}. {nearest(name, known)}".rstrip()
            step = f"Move readings into the folder {READINGS_FOLDER}; the tables of a portfolio are {tables}"
            yield Finding("RG-014", "warning", f"{name} is not read.", step, name)


def _content(folder: Path, name: str, findings: list[Finding]) -> bytes | None:
    try:
        return (folder / name).read_bytes()
    except OSError as problem:
        message = f"{name} cannot be read: {problem.strerror}."
        findings.append(Finding("RG-004", "error", message, "Check that it is a file and may be read.", name))
        return None


def _text(name: str, content: bytes, findings: list[Finding]) -> str | None:
    try:
        # Editors on Windows put a byte-order mark before UTF-8.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        message = f"{name} is not text in UTF-8: byte {problem.start + 1} cannot be read."
        findings.append(Finding("RG-004", "error", message, "Save the file as UTF-8.", f"{name}:{line}"))
        return None


def _sites(texts: dict[str, str], site_files: list[str], table_files: list[str]) -> tuple[list[Site], list[Finding]]:
    sites: list[Site] = []
    findings: list[Finding] = []
    for name in site_files:
        if name in texts:
            site, problems = read_site(name, texts[name])
            findings.extend(problems)
            if site is not None:
                sites.append(site)
    # With one table unreadable it is not known what belongs to the sites of the others.
    if table_files and all(name in texts for name in table_files):
        from_tables, problems = read_site_tables({name: texts[name] for name in table_files})
        sites.extend(from_tables)
        findings.extend(problems)
        if not sites and not findings:
            step = "Write one row for each site."
            findings.append(Finding("RG-003", "error", "The tables hold no site.", step, table_files[0]))
    return sites, findings


def _reading_files(folder: Path) -> tuple[tuple[Path, ...], list[Finding]]:
    """The files of readings in order of their path below the folder, and a warning for every other file there."""
    found: list[Path] = []
    findings: list[Finding] = []
    for below, folders, names in os.walk(folder.absolute() / READINGS_FOLDER):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in (Path(below, name) for name in names if not name.startswith(".")):
            # A pipe or a device would be waited for without end; a broken link is for the reader to refuse.
            waits = file.is_fifo() or file.is_socket() or file.is_char_device() or file.is_block_device()
            if not waits and (file.name.lower().endswith(READING_SUFFIXES) or _begins_like_readings(file)):
                found.append(file)
                continue
            place = file.relative_to(folder.absolute()).as_posix()
            endings = ", ".join(READING_SUFFIXES)
            step = f"Readings are {endings}, flows and DF2 files of any name; rename the file or move it elsewhere."
            findings.append(Finding("RG-014", "warning", f"{place} is not read.", step, place))
    return tuple(sorted(found, key=lambda file: file.relative_to(folder.absolute()).as_posix())), findings


def _begins_like_readings(file: Path) -> bool:
    """Whether a file of another ending begins like a flow, a DF2 or a Parquet file: collectors name them freely."""
    from halfhour.formats.flows.envelopes import envelope_of  # noqa: PLC0415 - only where such a file lies there
    from halfhour.formats.text_blocks import start_of  # noqa: PLC0415

    try:
        head = start_of(file, file.name)
    except (OSError, HalfhourError):
        return False
    return envelope_of(head) is not None or head.startswith((b"#F2", b"PAR1"))


def _without_errors(portfolio: Portfolio, findings: list[Finding]) -> tuple[Portfolio, list[Finding]]:
    """The portfolio less what has an error, and the findings of its checks put with those of its reading."""
    findings = sorted([*findings, *check_portfolio(portfolio)], key=_place)
    errors = [finding for finding in findings if finding.severity == "error"]
    sites = {finding.site_id for finding in errors}
    places = {finding.where for finding in errors}
    return (
        replace(
            portfolio,
            sites=tuple(site for site in portfolio.sites if site.id not in sites),
            loss_factors=tuple(factor for factor in portfolio.loss_factors if factor.where not in places),
        ),
        findings,
    )


def _place(finding: Finding) -> tuple[str, list[int]]:
    file, *numbers = finding.where.split(":")
    return file, [int(number) for number in numbers if number.isdecimal()]
