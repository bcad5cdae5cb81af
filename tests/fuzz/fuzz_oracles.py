"""What must hold of a file, however broken, for each reader: refused with a code and a next step, or read rightly.

An oracle is given a file and a random number generator that chooses which forms of output are tried; None = all.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import fuzz_counts
import pyarrow.parquet as pq
from fuzz_counts import HalfHour, Lines, lines_of, unpacked

import halfhour.formats.exchange.rows as exchange_rows
import halfhour.formats.flows.lines as flow_lines
import halfhour.metering.readings.csv_tables as csv_tables
from halfhour.cli import main
from halfhour.errors import Finding, HalfhourError, codes
from halfhour.formats.flows.checking import Verdict, check_file
from halfhour.formats.flows.layouts import find_layout
from halfhour.formats.flows.reading import FlowReader, Options
from halfhour.formats.flows.records import from_json, read_flow, sealed, to_json, write_flow
from halfhour.formats.flows.writing import write_json, write_tables
from halfhour.formats.line_loss_factors import read_line_loss_factors
from halfhour.market_data.database import mdd_sql_name, reference_sql_name
from halfhour.market_data.loading import load_files
from halfhour.market_data.store import MarketDataStore
from halfhour.metering.store.one_file import read_one

SMALL_BLOCK = 4_001
"""Bytes of a block that small files are cut into too, to see that nothing depends on where a block ends."""

MOST_COMPARED = 900
"""Findings of which each is compared; a thousand of a code are listed at most."""

Chance = random.Random | None


class BeliefError(AssertionError):
    """A belief that does not hold.

    Attributes:
        belief: which, in a few words that do not depend on the file.
    """

    def __init__(self, belief: str, detail: object = "") -> None:
        super().__init__(f"{belief}: {detail}")
        self.belief = belief


def hold(belief: str, is_so: object, detail: object = "") -> None:
    """Say that a belief does not hold where it does not."""
    if not is_so:
        raise BeliefError(belief, detail)


def refusal(error: HalfhourError) -> None:
    """An error that a user sees has a known code and says what to do."""
    hold("an error has a known code", error.code in codes(), error)
    hold("an error says what is wrong", error.message.strip(), error)
    hold("an error says what to do", error.next_step.strip(), error)
    checked_findings(getattr(error, "findings", []))


def checked_findings(findings: Iterable[Finding]) -> None:
    """So does a finding; one that is no more than information may have nothing to be done."""
    for finding in findings:
        hold("a finding has a known code", finding.code in codes(), finding)
        hold("a finding says what is wrong", finding.message.strip(), finding)
        if finding.severity == "error":
            hold("a finding says what to do", finding.next_step.strip(), finding)


def some(chance: Chance, of: list[Any], share: float) -> list[Any]:
    """All of them, or those that chance picks."""
    return of if chance is None else [one for one in of if chance.random() < share]


@contextlib.contextmanager
def small_blocks(size: int) -> Iterator[None]:
    """Every reader takes so many bytes at a time."""
    modules = (flow_lines, csv_tables, exchange_rows)
    before = [module.BLOCK_BYTES for module in modules]
    try:
        for module in modules:
            module.BLOCK_BYTES = size
        yield
    finally:
        for module, held in zip(modules, before, strict=True):
            module.BLOCK_BYTES = held


def _longest_line(data: bytes) -> int:
    """Bytes of it; of a file that would be thousands of small blocks, more than any block has."""
    if len(data) > 500_000:
        return len(data)
    # In a file of records a carriage return by itself ends no line.
    text = data if data[:3] in (b"ZHV", b"ZHD", b"AAA") else data.replace(b"\r", b"\n")
    return max(len(line) for line in text.split(b"\n"))


def _content(data: bytes) -> bytes | None:
    try:
        return unpacked(data)
    except Exception:  # the slow reader's own troubles; the program has said that it is packed wrongly
        return None


# Files of records


def flows(data: bytes, name: str, folder: Path, chance: Chance) -> None:
    """Files of records: what is accepted has the counts it states, and is written back to the byte."""
    path = folder / name
    path.write_bytes(data)
    try:
        reader, verdict = check_file(path)
    except HalfhourError as error:
        refusal(error)
        with contextlib.suppress(HalfhourError):
            read_flow(path)
        return
    checked_findings(verdict.findings)
    content = _content(data)
    lines = None if content is None else lines_of(content)
    broken_off = any(finding.code in ("FF-104", "FF-105") for finding in verdict.findings)
    if verdict.accepted:
        hold("an accepted file can be unpacked", lines is not None)
        assert lines is not None
        assert content is not None
        _rightly_accepted(lines, verdict)
        if content[len(content.rstrip(b"\r\n")) :] not in (b"\n", b"\r\n"):
            said = any(finding.code in ("FF-103", "FF-106") for finding in verdict.findings)
            hold("what follows a trailer is said", said)
    if content is None or lines is None:
        return
    if _longest_line(content) < SMALL_BLOCK // 2 and len(verdict.findings) < MOST_COMPARED and not broken_off:
        _same_in_small_blocks(path, verdict, chance)
    _same_bytes(content, verdict, reader, folder)
    for form in some(chance, ["csv", "parquet", "xlsx"], 0.25):
        _tables(path, form, folder, lines, broken_off, verdict)


def _rightly_accepted(lines: Lines, verdict: Verdict) -> None:
    hold("an accepted file has a trailer", lines.trailer[0] == fuzz_counts.TRAILERS[lines.kind], lines.trailer)
    hold("an accepted file has a layout", lines.layout is not None, lines.flow_version)
    ids = lines.parents()
    if lines.kind == "ZHV":
        hold("stated lines are there", int(lines.trailer[2]) == len(lines.body), (lines.trailer, len(lines.body)))
        stated = int(lines.trailer[4])
        hold("stated instances are there", stated == lines.instances(), (lines.trailer, lines.instances()))
        hold("the trailer is of its header", lines.trailer[1] == lines.header[1])
        hold("instances are counted", verdict.instances == lines.instances(), verdict.instances)
    else:
        hold("stated records are there", int(lines.trailer[1]) == len(lines.body) + 2, (lines.trailer, len(lines.body)))
        total = fuzz_counts.checksum_of(lines)
        hold("the stated checksum is right", int(lines.trailer[2]) == total, (lines.trailer, total))
        hold("every group is known", all(items[0] in ids for items in lines.body))
    for raw in (lines.raw_header, *lines.raw_body):
        hold("an accepted file is plain text", all(" " <= letter <= "~" for letter in raw), raw[:80])
        hold("a record of an accepted file is bounded", len(raw) <= 4_096)
        hold("a record ends with a pipe", lines.kind == "ZHD" or raw.endswith("|"), raw[-80:])
    rejected_ones = verdict.rejected.tolist()
    hold("instances that are rejected are there", all(0 < one <= verdict.instances for one in rejected_ones))
    layout = lines.layout
    if layout is not None and "advances" in layout:
        rejected = set(verdict.rejected.tolist())
        for found in fuzz_counts.advance_days(lines):
            if found.instance not in rejected:
                hold("a day of advances is a day", found.day is not None, found)
                assert found.day is not None
                whole = len(found.kwh) == fuzz_counts.periods(found.day)
                hold("a day has 46, 48 or 50 advances", whole, (found.day, len(found.kwh)))


def _same_in_small_blocks(path: Path, whole: Verdict, chance: Chance) -> None:
    with small_blocks(SMALL_BLOCK if chance is None else chance.randrange(SMALL_BLOCK // 2, SMALL_BLOCK)):
        _, cut = check_file(path)

    def seen(verdict: Verdict) -> tuple[object, ...]:
        return verdict.accepted, verdict.records, verdict.instances, verdict.rejected.tolist(), verdict.response

    hold("a verdict does not depend on blocks", seen(whole) == seen(cut), (seen(whole), seen(cut)))
    differing = Counter(map(str, whole.findings))
    differing.subtract(map(str, cut.findings))
    left = {text: count for text, count in differing.items() if count}
    hold("findings do not depend on blocks", not left, left)


def _same_bytes(content: bytes, verdict: Verdict, reader: FlowReader, folder: Path) -> None:
    try:
        flow = read_flow(content)
    except HalfhourError as error:
        refusal(error)
        hold("an accepted file is read as records", not verdict.accepted, error)
        return
    text = json.dumps(to_json(flow), ensure_ascii=False)
    plain = not any(finding.code in ("FF-103", "FF-106") for finding in verdict.findings)
    try:
        written = write_flow(flow)
        again = write_flow(from_json(text))
    except HalfhourError as error:
        refusal(error)
        hold("an accepted file is written back", not verdict.accepted, error)
        return
    hold("JSON there and back is the same", again == written)
    if not verdict.accepted:
        return
    if plain:
        hold("an accepted file is written back to the byte", written == content)
    trailer = sealed(flow).trailer
    for item in ("body_lines", "instances", "records", "checksum"):
        stated = flow.trailer.get(item, "")
        if stated.isdecimal() and (item, flow.envelope) != ("checksum", "user-file"):
            hold("a trailer worked out is the one accepted", int(stated) == int(trailer[item]), (item, stated, trailer))
    out = folder / "flow.json"
    write_json(reader, out)
    hold("JSON written line by line is the same", write_flow(from_json(out.read_text("utf-8"))) == written)


def _tables(path: Path, form: str, folder: Path, lines: Lines, broken_off: bool, verdict: Verdict) -> None:
    out = folder / f"tables.{form}"
    reader = FlowReader(path)
    write_tables(reader, form, out, secrets=True)
    if broken_off:
        return
    for group in reader.layout.groups.values():
        expected = lines.count(group.id)
        found = _table_rows(out, form, group.id)
        hold("a table has a row for each record", found == expected, (form, group.id, found, expected))
        if verdict.accepted and expected and form != "parquet":
            rows = _csv_rows(out, group.id) if form == "csv" else _sheet_rows(out, group.id)
            # A value that is none of its type is left out of a worksheet, and its instance rejected.
            rejected = set(verdict.rejected.tolist()) if form == "xlsx" else set()
            good = (row for row in rows if int(row["instance"]) not in rejected)
            _cells(good, lines, reader, group.id)


def _table_rows(out: Path, form: str, group: str) -> int:
    if form == "xlsx":
        import openpyxl  # noqa: PLC0415 - slow to import

        book = openpyxl.load_workbook(out, read_only=True)
        try:
            return sum(1 for _ in book[group].iter_rows()) - 1 if group in book.sheetnames else 0
        finally:
            book.close()
    path = out / f"{group}.{form}"
    if not path.exists():
        return 0
    if form == "parquet":
        return int(pq.read_metadata(path).num_rows)
    return sum(1 for _ in _csv_rows(out, group))


def _csv_rows(out: Path, group: str) -> Iterator[dict[str, Any]]:
    with (out / f"{group}.csv").open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _sheet_rows(out: Path, group: str) -> Iterator[dict[str, Any]]:
    import openpyxl  # noqa: PLC0415 - slow to import

    book = openpyxl.load_workbook(out, read_only=True)
    try:
        names, *rows = book[group].iter_rows(values_only=True)
        yield from (dict(zip(names, row, strict=True)) for row in rows)
    finally:
        book.close()


def _cells(rows: Iterable[dict[str, Any]], lines: Lines, reader: FlowReader, group: str) -> None:
    """The items of each line stand in its row as they stand in the file."""
    items = reader.layout.groups[group].items
    for row in rows:
        values = lines.body[int(row["line"]) - 2][1:]
        for item, value in zip(items, values, strict=False):
            cell = row[item.name]
            if not isinstance(cell, int | float):
                shown = "" if cell is None else str(cell)
                if shown != value and item.type.stored in ("date", "datetime"):
                    shown = "".join(letter for letter in shown if letter.isdigit())
                    shown = shown.removesuffix("000000" if len(value) == 8 else "")
                same = shown in (value, f"'{value}") or (item.type.stored == "decimal" and _number(shown, value))
            else:
                same = _number(str(cell), value)
            hold("a cell says what the record says", same, (row["line"], item.name, cell, value))


def _number(shown: str, value: str) -> bool:
    try:
        return Decimal(shown) == Decimal(value)
    except InvalidOperation:
        return False


def layouts(data: bytes, name: str, folder: Path, _chance: Chance) -> None:
    """A layout of the user's own is refused, or files are read by it."""
    own = folder / "layouts"
    own.mkdir(exist_ok=True)
    flow_version = name[:8]
    (own / f"{flow_version}.toml").write_bytes(data)
    try:
        found = find_layout(flow_version, [own])
    except HalfhourError as error:
        refusal(error)
        return
    hold("a layout that is there is found", found is not None)
    rng = random.Random(1)
    path = folder / "file.txt"
    from fuzz_corpus import flow  # noqa: PLC0415 - makes files, which other oracles do not need

    path.write_bytes(flow(flow_version, rng))
    options = Options((own,))
    try:
        _, verdict = check_file(path, options=options)
        checked_findings(verdict.findings)
        for form in ("csv", "parquet", "xlsx"):
            write_tables(FlowReader(path, options=options), form, folder / f"tables-{form}")
        hold("any layout gives the bytes back", write_flow(read_flow(path, [own]), [own]) == path.read_bytes())
        if flow_version.startswith("D0265"):
            for _ in read_line_loss_factors(path, options).blocks:
                pass
    except HalfhourError as error:
        refusal(error)


def flow_json(data: bytes, _name: str, _folder: Path, _chance: Chance) -> None:
    """A JSON document is refused, or becomes a file whose lines are its records."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    try:
        flow = from_json(text)
        written = write_flow(sealed(flow))
    except HalfhourError as error:
        refusal(error)
        return
    lines = lines_of(written)
    assert lines is not None
    records = sum(1 for _ in flow.records())
    hold("a line for each record", written.count(b"\n") == records + 2, (records, written[:300]))
    hold("each record has its group", [items[0] for items in lines.body] == [one.group for one in flow.records()])
    for items, record in zip(lines.body, flow.records(), strict=True):
        given = Counter(text for text in (*record.items.values(), *record.surplus) if text)
        hold("a line has each item of its record", given == Counter(text for text in items[1:] if text), record)
    if lines.kind == "ZHV":
        hold("a trailer worked out counts lines", int(lines.trailer[2]) == records, lines.trailer)
    else:
        hold("a trailer worked out counts records", int(lines.trailer[1]) == records + 2, lines.trailer)
        hold("a checksum worked out is right", int(lines.trailer[2]) == fuzz_counts.checksum_of(lines), lines.trailer)
    again = write_flow(read_flow(written))
    hold("a file made from JSON is read again to the byte", again == written, written[:300])


# Line loss factors


def line_loss_factors(data: bytes, name: str, folder: Path, chance: Chance) -> None:
    """A D0265 that is believed holds what a slow reader finds in it, whatever the blocks."""
    path = folder / name
    path.write_bytes(data)
    whole = _factors(path)
    content = _content(data)
    if content is not None and _longest_line(content) < 400:
        size = 801 if chance is None else chance.randrange(801, 5_000)
        with small_blocks(size):
            cut = _factors(path)
        hold("factors do not depend on blocks", whole == cut)
    if whole is None:
        return
    lines = None if content is None else lines_of(content)
    hold("a file that is believed can be unpacked", lines is not None)
    assert lines is not None
    hold("stated records are there", int(lines.trailer[1]) == len(lines.body) + 2, lines.trailer)
    hold("the stated checksum is right", int(lines.trailer[2]) == fuzz_counts.checksum_of(lines), lines.trailer)
    expected = fuzz_counts.loss_factors(lines)
    hold("factors are those of the file", whole == expected)
    for _, day, thousandths in expected:
        filled = [number for number, value in enumerate(thousandths, start=1) if value]
        hold("a day has all its factors", filled == list(range(1, fuzz_counts.periods(day) + 1)), (day, len(filled)))


def _factors(path: Path) -> fuzz_counts.LossFactors | None:
    from datetime import date, timedelta  # noqa: PLC0415

    found = []
    try:
        for block in read_line_loss_factors(path).blocks:
            for llfc, day, thousandths in zip(block.llfc, block.day.tolist(), block.thousandths.tolist(), strict=True):
                found.append((llfc, date(1970, 1, 1) + timedelta(days=day), thousandths))
    except HalfhourError as error:
        refusal(error)
        return None
    return found


# Readings


def readings(data: bytes, name: str, folder: Path, chance: Chance) -> None:
    """Readings of an accepted file are those that a slow reader finds, whatever the blocks."""
    path = folder / name
    path.write_bytes(data)
    kind, found = _half_hours(path)
    content = _content(data)
    if kind is not None and content is not None and _longest_line(content) < 1_200:
        with small_blocks(2_500 if chance is None else chance.randrange(2_500, 9_000)):
            again, cut = _half_hours(path)
        # Where some bytes of a later block cannot be read, the file is not used either way.
        hold("a format does not depend on blocks", kind == again, (kind, again))
        hold("readings do not depend on blocks", found == cut, _differing(found, cut))
    if not kind or content is None:
        return
    if kind.endswith(("long CSV", "wide CSV")):
        expected = fuzz_counts.slow_csv(data)
        if expected is not None:
            hold("readings are those of the file", found == expected, _differing(found, expected))
    elif kind.startswith(("D0036", "D0275")):
        _advances(path, content, found)


def _differing(found: dict[HalfHour, int], expected: dict[HalfHour, int]) -> object:
    keys = [key for key in {*found, *expected} if found.get(key) != expected.get(key)]
    return [(key, found.get(key), expected.get(key)) for key in sorted(keys)[:5]]


def _half_hours(path: Path) -> tuple[str | None, dict[HalfHour, int]]:
    """The format and the half hours in Wh; no format where nothing of the file is used, None where it is refused."""
    try:
        # Those of a format that does not say the direction count as import.
        with read_one(path, "AI") as taken:
            checked_findings(taken.findings)
            found: dict[HalfHour, int] = {}
            rows = 0
            for table in taken.long_tables():
                rows += table.num_rows
                for msid, quantity, day, period, kwh, status in zip(
                    *(column.to_pylist() for column in table.columns), strict=True
                ):
                    found[msid, quantity, day, period] = int(kwh * 1000)
                    hold("a reading has a status", status in ("A", "E"), status)
            hold("a half hour is given once", rows == len(found), (rows, len(found)))
            hold("readings are counted", rows == taken.source.readings, (rows, taken.source.readings))
            if not taken.source.format:
                hold("of a file not used there is nothing", not rows)
                errors = [finding for finding in taken.findings if finding.severity == "error"]
                hold("a file not used says why", errors)
            return taken.source.format, found
    except HalfhourError as error:
        refusal(error)
        return None, {}


def _advances(path: Path, content: bytes, found: dict[HalfHour, int]) -> None:
    _, verdict = check_file(path)
    hold("a flow that is used is accepted", verdict.accepted)
    lines = lines_of(content)
    assert lines is not None
    rejected = set(verdict.rejected.tolist())
    values: dict[HalfHour, set[int]] = {}
    for given in fuzz_counts.advance_days(lines):
        if given.instance in rejected or given.quantity not in ("AI", "AE") or given.day is None:
            continue
        hold("a day has 46, 48 or 50 advances", len(given.kwh) == fuzz_counts.periods(given.day), given.day)
        for number, kwh in enumerate(given.kwh, start=1):
            wh = fuzz_counts.watt_hours(kwh)
            if wh is not None and 1990 <= given.day.year <= 2099:
                values.setdefault((given.mpan, given.quantity, given.day, number), set()).add(wh)
    expected = fuzz_counts.agreed(values)
    hold("advances are those of the flow", found == expected, _differing(found, expected))


# Market data


def market_data(data: bytes, name: str, folder: Path, _chance: Chance) -> None:
    """A file of market data is refused with everything that is wrong, or the store has each of its rows."""
    path = folder / name
    path.write_bytes(data)
    store = folder / "market-data.sqlite"
    store.unlink(missing_ok=True)
    version = None if "_377" in name else 377
    try:
        (load,) = load_files([path], store=store, version=version)
        if load.state == "refused" and any(one.code == "MD-022" for one in load.findings):
            (load,) = load_files([path], store=store, version=version, distributor="LOND")
    except HalfhourError as error:
        refusal(error)
        return
    checked_findings(load.findings)
    if load.state != "loaded":
        hold("a new store has nothing already", load.state in ("refused", "skipped"), load.state)
        hold("a refused file says why", any(one.severity == "error" for one in load.findings), load)
        return
    with MarketDataStore.open(store) as held:
        if load.kind == "line_loss_factors":
            _stored_factors(held, data, load.distributor)
        else:
            of = mdd_sql_name(load.table) if load.kind == "mdd" else reference_sql_name(load.table)
            rows = held.query(f"SELECT count(*) FROM {of}")[0][0]
            expected = fuzz_counts.table_rows(data)
            hold("the store has each row", rows == expected == load.rows, (rows, expected, load.rows))
            if load.kind == "mdd":
                hold("rows of a version are selected", len(held.select(load.table, load.version or 0)) == rows)
    (again,) = load_files([path], store=store, version=version, distributor=load.distributor or None)
    hold("what is loaded is known again", again.state == "already loaded", again.state)


def _stored_factors(held: MarketDataStore, data: bytes, distributor: str) -> None:
    from datetime import timedelta  # noqa: PLC0415

    content = _content(data)
    assert content is not None
    if content.startswith(b"ZHD"):
        lines = lines_of(content)
        assert lines is not None
        expected = fuzz_counts.loss_factors(lines)
    else:
        expected = _extract(content)
    rows = held.query("SELECT count(*) FROM line_loss_factors")[0][0]
    hold("the store has each class and day", rows == len(expected), (rows, len(expected)))
    for llfc, day, thousandths in expected:
        found = held.line_loss_factors(distributor, llfc, day, day + timedelta(days=1))[0].tolist()
        hold("the store has the factors of the file", found == thousandths, (llfc, day))


def _extract(content: bytes) -> fuzz_counts.LossFactors:
    from datetime import date  # noqa: PLC0415
    from decimal import Decimal  # noqa: PLC0415

    found: fuzz_counts.LossFactors = []
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    for cells in list(csv.reader(io.StringIO(text, newline="")))[1:]:
        llfc, _, day, _, *factors = (cell.strip() for cell in cells)
        values = [int(Decimal(factor) * 1000) if factor else 0 for factor in factors]
        found.append((llfc, date.fromisoformat(day), values))
    return found


# The command line


def command_line(data: bytes, name: str, folder: Path, chance: Chance) -> None:
    """Commands over a file leave with a code from 0 to 3, without a traceback, with one JSON document where asked."""
    path = folder / name
    path.write_bytes(data)
    often = 0.35
    for arguments in some(chance, [["check"], ["check", "--strict"], ["show"], ["show", "--rows", "3"]], often):
        _command(["file", *arguments, str(path)], chance)
    for form in some(chance, ["csv", "parquet", "xlsx", "json", "file"], 0.2):
        for even in [[], ["--even-rejected"]] if chance is None else [chance.choice([[], ["--even-rejected"]])]:
            out = folder / "out" / f"converted-{form}{len(even)}"
            code = _command(["file", "convert", str(path), "--to", form, "--out", str(out), *even], chance)
            hold("what is converted stands there", out.exists() == (code in (0, 1)), (form, code))
            left = [one.name for one in (folder / "out").glob(".*")] if (folder / "out").is_dir() else []
            hold("nothing half-written is left", not left, left)
            if form == "json" and code == 0 and not even:
                _there_and_back(data, out, folder, chance)
    if chance is None or chance.random() < 0.25:
        store = folder / "command.sqlite"
        version = [] if "_377" in name else ["--version", "377"]
        _command(["market-data", "load", str(path), "--store", str(store), *version], chance)


def _there_and_back(data: bytes, document: Path, folder: Path, chance: Chance) -> None:
    """A file that was accepted comes back from JSON to the byte, unless something was said of its line ends."""
    back = folder / "out" / "back"
    code = _command(["file", "convert", str(document), "--to", "file", "--out", str(back)], chance)
    hold("JSON that was written is read", code == 0, code)
    content, written = _content(data), back.read_bytes()
    if content is None or b"\r" in content or not content.endswith(b"|\n"):
        return
    lines, again = lines_of(content), lines_of(written)
    assert lines is not None
    assert again is not None
    hold("JSON there and back has the same records", lines.raw_body == again.raw_body)


def _command(arguments: list[str], chance: Chance) -> int:
    """Run a command, with --json and without where all is tried."""
    kinds = [[], ["--json"]] if chance is None else [chance.choice([[], ["--json"]])]
    codes_found = [_run([*arguments, *kind]) for kind in kinds]
    return codes_found[-1]


def _run(arguments: list[str]) -> int:
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
    code: object = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as left:
            code = left.code
    out.flush()
    printed = out.buffer.getvalue().decode("utf-8")
    hold("a command leaves with a code from 0 to 3", code in (0, 1, 2, 3), (arguments[:2], code))
    assert isinstance(code, int)
    hold("a command shows no traceback", "Traceback" not in err.getvalue(), err.getvalue()[-500:])
    hold("a command takes its arguments", "CL-010" not in err.getvalue(), err.getvalue()[-500:])
    if code:
        hold("a command that fails says why", (err.getvalue() + printed).strip(), arguments)
    if "--json" in arguments and (code in (0, 1) or printed.strip()):
        try:
            json.loads(printed)
        except ValueError as error:
            raise BeliefError("a document is JSON", error) from None
    return code


ORACLES: dict[str, Callable[[bytes, str, Path, Chance], None]] = {
    "flows": flows,
    "layouts": layouts,
    "flow_json": flow_json,
    "line_loss_factors": line_loss_factors,
    "readings": readings,
    "market_data": market_data,
    "command_line": command_line,
}
