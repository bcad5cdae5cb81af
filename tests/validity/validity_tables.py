"""A small market of two distributors, written as files of Market Domain Data and loaded, for the logic of the checks.

Everything in it is made up: 10 (EELC) has classes of every kind, 16 (NORW) has no class 997.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from halfhour.identifiers import distributor
from halfhour.market_data.columns import mdd_tables
from halfhour.market_data.loading import load_files
from halfhour.market_data.store import MarketDataStore
from halfhour.market_data.validity import Answer, Direction, MsidClasses, answers

VERSION = 901
PUBLISHED = date(2024, 6, 1)
DAY = date(2024, 6, 1)
LATER = date(2024, 8, 1)

Tables = dict[str, list[Sequence[str]]]

START = "01/04/1996"


def whole_market() -> Tables:
    """The rows of every table by its name, dates as the files write them."""
    area = ("", "", "", "", "", "")
    pairs = {
        "valid_mtc_llfc_combination": [
            ("845", START, "EELC", START, "90", "01/04/2010", ""),
            ("845", START, "EELC", START, "1AH", "01/04/2010", ""),
            ("846", START, "EELC", START, "90", "01/04/2010", ""),
            ("846", START, "EELC", START, "933", "01/04/2010", ""),
            ("997", START, "EELC", "14/11/2012", "91", "20/10/2021", ""),
            ("997", START, "EELC", "14/11/2012", "92", "20/10/2021", "31/12/2023"),
            ("845", START, "NORW", START, "100", "01/04/2010", ""),
            ("996", START, "NORW", START, "100", "01/04/2010", ""),
        ],
        "valid_mtc_ssc_combination": [
            ("801", START, "EELC", START, "0393", START, ""),
            ("870", START, "EELC", START, "0482", START, ""),
            ("870", START, "EELC", START, "0483", START, ""),
            ("869", START, "EELC", START, "0490", START, ""),
        ],
        "valid_mtc_llfc_ssc_combination": [
            ("801", START, "EELC", START, "0393", START, "101", START, ""),
            ("870", START, "EELC", START, "0482", START, "932", START, ""),
        ],
        "valid_mtc_llfc_ssc_pc_combination": [
            ("801", START, "EELC", START, "0393", START, "101", START, "1", START, ""),
            ("870", START, "EELC", START, "0482", START, "932", START, "8", START, ""),
        ],
    }
    return {
        "line_loss_factor_class": [
            ("EELC", "R", START, "90", START, "HV", "A", ""),
            ("EELC", "R", START, "91", START, "HV private", "A", ""),
            ("EELC", "R", START, "92", START, "HV private, older", "A", ""),
            ("EELC", "R", START, "1AH", START, "HV with a letter", "A", ""),
            ("EELC", "R", START, "101", START, "Domestic", "A", ""),
            ("EELC", "R", START, "330", START, "A works, EXPORT in its name", "B", ""),
            ("EELC", "R", START, "932", START, "LV generation", "C", ""),
            ("EELC", "R", START, "933", START, "HV generation", "C", ""),
            ("EELC", "R", START, "940", START, "A works, IMPORT in its name", "D", "31/03/2024"),
            ("NORW", "R", START, "100", START, "HV", "A", ""),
            ("NORW", "R", START, "90", START, "Something else", "C", ""),
        ],
        "meter_timeswitch_class": [
            ("1", START, "", "", "F", "F", "", "", "", "", ""),
            ("570", START, "", "", "F", "T", "", "", "", "", ""),
            ("801", START, "", "NHH unrestricted", "T", "F", "UN", "CR", "N", "N", "1"),
            ("845", START, "", "HH with communications", "T", "F", "C5", "CR", "Y", "H", ""),
            ("846", START, "", "HH without communications", "T", "F", "C5", "CR", "N", "H", ""),
            ("869", START, "", "Export, micro-CHP", "T", "F", "IE", "CR", "N", "N", "1"),
            ("870", START, "", "Export, micro-PV", "T", "F", "IE", "CR", "N", "N", "1"),
            ("996", START, "", "Boundary, private network", "T", "F", "SS", "CR", "Y", "H", ""),
            ("997", START, "", "Private network", "T", "F", "XX", "CR", "Y", "H", ""),
        ],
        "mtc_in_pes_area": [
            ("1", START, "EELC", START, "", "Own code", "UN", "CR", "N", "N", "1"),
            ("570", START, "EELC", START, "", "Own related code", "TN", "CR", "N", "N", "1"),
            ("801", START, "EELC", START, "", *area),
            ("845", START, "EELC", START, "", *area),
            ("846", START, "EELC", START, "30/06/2024", *area),
            ("869", START, "EELC", START, "", *area),
            ("870", START, "EELC", START, "", *area),
            ("997", START, "EELC", "14/11/2012", "", *area),
            ("845", START, "NORW", START, "", *area),
            ("996", START, "NORW", START, "", *area),
        ],
        "standard_settlement_configuration": [
            ("0393", START, "", "Unrestricted", "I", "", ""),
            ("0482", START, "", "Micro-PV, import profile class 1", "E", "", ""),
            ("0483", START, "", "Micro-PV, import profile class 2", "E", "", ""),
            ("0490", START, "", "Micro-CHP, import profile class 1", "E", "", ""),
        ],
        "measurement_requirement": [("0393", "00001"), ("0482", "00378"), ("0483", "00999"), ("0490", "00386")],
        "market_role": [("R", "Distributor"), ("S", "Smart Meter Equipment Manager"), ("X", "Supplier")],
        "market_participant_role": [
            ("EELC", "R", START, "", *[""] * 10, "10"),
            ("NEWN", "R", "01/01/2024", "", "New Networks", *[""] * 9, "57"),
            ("ALFA", "X", START, "", *[""] * 11),
            ("BRVO", "X", START, "31/12/2023", *[""] * 11),
            ("SAAG", "S", START, "20/09/2023", *[""] * 11),
        ],
        **pairs,
    }


def write_market(folder: Path, tables: Mapping[str, Iterable[Sequence[str]]]) -> Path:
    """The tables as files of one version."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        table = mdd_tables()[name]
        header = [column.header for column in table.columns if not column.optional]
        with (folder / f"{table.file}_{VERSION}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return folder


def load_market(folder: Path, tables: Mapping[str, Iterable[Sequence[str]]]) -> Path:
    """A store that holds the tables."""
    store = folder / "market-data.sqlite"
    loads = load_files([write_market(folder / "files", tables)], store=store, published=PUBLISHED)
    assert {load.state for load in loads} == {"loaded"}, [load.findings for load in loads]
    return store


def without(*names: str) -> Tables:
    """The market without some tables."""
    return {name: rows for name, rows in whole_market().items() if name not in names}


def asked(code: str, direction: Direction | None = None, /, day: date = DAY, **classes: str) -> MsidClasses:
    """Classes of an MSID at the distributor of that short code."""
    return MsidClasses(distributor(code), day, direction, **classes)


def verdicts(store: MarketDataStore, about: MsidClasses) -> dict[str, str]:
    """The verdict of every question that arises, or its code where it is no pass."""
    return {answer.question: answer.code or answer.verdict for answer in answers(store, about)}


def the(store: MarketDataStore, question: str, about: MsidClasses) -> Answer:
    """The answer to one question."""
    (found,) = [answer for answer in answers(store, about) if answer.question == question]
    return found
