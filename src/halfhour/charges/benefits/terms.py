"""A terms file (TOML): what a comparison rests on beside plant and readings, stated once for all half hours.

Market values, Line Loss Factors, Triads of a year without a list, what the import is, limits of components in time, and
the facts that decide the effect on credit.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from halfhour.calendar import parse_day
from halfhour.charges.benefits.amounts import BESIDE, COMPONENTS
from halfhour.charges.benefits.imports import ImportTerms
from halfhour.charges.benefits.market import NUMBERS, Market, Triad, give_triads
from halfhour.errors import HalfhourError
from halfhour.market_data.embedded import zones

TABLES: Mapping[str, tuple[str, ...]] = {
    "market": ("base_tu_delivering", *NUMBERS),
    "losses": ("llf_export", "llf_import"),
    "triads": (),
    "import": ("final_demand", "residual_band"),
    "component_dates": (*COMPONENTS, *BESIDE),
    "credit": ("secalf", "gc_mw"),
}
_TRIAD = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\s+(?:SP\s*)?([0-9]{1,2})")
HALF_HOUR_H = Decimal("0.5")


@dataclass(frozen=True)
class Terms:
    """A terms file as read.

    Attributes:
        market: values by name; by GSP Group where the table is `[market._L]`.
        llf_export, llf_import: for half hours that state none.
        secalf, gc_mw: of the Supplier BM Unit, for the effect on credit.
    """

    market: Mapping[tuple[str, str], Decimal | bool] = field(default_factory=dict)
    llf_export: Decimal | None = None
    llf_import: Decimal | None = None
    triads: Mapping[str, tuple[tuple[Triad, ...], str]] = field(default_factory=dict)
    imports: ImportTerms = field(default_factory=ImportTerms)
    component_dates: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    secalf: Decimal | None = None
    gc_mw: Decimal | None = None
    source: str = "terms"

    def into(self, market: Market) -> Market:
        """Add the market values and Triads."""
        for (name, group), value in self.market.items():
            market.constant(name, value, gsp_group=group, source=self.source)
        for year, (three, status) in self.triads.items():
            give_triads(market, year, three, status)
        return market

    def credit_effect(self) -> dict[str, str]:
        """What a route does to credited energy before metered data exist, per Settlement Period; shown, not summed.

        Handbook 11.4: nothing in SVA without a SECALF, spd × secalf × gc with one, the FPN in CVA.
        """
        sva = "CAQCE +0 MWh per Settlement Period (no SECALF stated)"
        if self.secalf is not None and self.gc_mw is not None:
            sva = f"CAQCE +{HALF_HOUR_H * self.secalf * self.gc_mw:f} MWh per Settlement Period (spd × secalf × gc)"
        return {"SVA": sva, "CVA": "CAQCE + its FPN, where the BM Unit is credit-qualifying"}


def read_terms(path: Path) -> Terms:
    """Read a terms file.

    Raises:
        HalfhourError: EB-307 it cannot be read, holds a table or key that is not known, or a value of the wrong kind.
    """
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, ValueError, ArithmeticError, RecursionError) as error:
        raise HalfhourError(
            "EB-307", f"{path} cannot be read as a terms file: {error}.", "Give a TOML file in UTF-8."
        ) from None
    return terms_of(document, path.name)


def terms_of(document: Mapping[str, Any], name: str = "terms") -> Terms:
    """The terms of a TOML document; raises HalfhourError (EB-307)."""
    for table, content in document.items():
        if table not in TABLES or not isinstance(content, dict):
            raise _unknown(name, f"table [{table}]", table, TABLES)
        groups = [zone.gsp_group for zone in zones()] if table == "market" else []
        for key in content:
            if TABLES[table] and key not in (*TABLES[table], *groups):
                raise _unknown(name, f"key {key} in [{table}]", key, TABLES[table])
    market = document.get("market", {})
    by_group = {"": {key: value for key, value in market.items() if not isinstance(value, dict)}}
    by_group |= {group: value for group, value in market.items() if isinstance(value, dict)}
    values = {}
    for group, content in by_group.items():
        for key, value in content.items():
            if key not in TABLES["market"]:
                raise _unknown(name, f"key {key} in [market.{group}]", key, TABLES["market"])
            values[key, group] = _flag(name, key, value) if key == "base_tu_delivering" else _number(name, key, value)
    losses, imports, credit = (document.get(table, {}) for table in ("losses", "import", "credit"))
    demand, band = imports.get("final_demand"), imports.get("residual_band")
    if band is not None and not isinstance(band, str):
        raise _wrong(name, "residual_band", band, "text such as HV1, in quotes")
    return Terms(
        market=values,
        llf_export=_optional(name, losses, "llf_export"),
        llf_import=_optional(name, losses, "llf_import"),
        triads={
            year: (_triads(name, year, three), "provisional") for year, three in document.get("triads", {}).items()
        },
        imports=ImportTerms(None if demand is None else _flag(name, "final_demand", demand), band),
        component_dates={
            component: _range(name, component, value)
            for component, value in document.get("component_dates", {}).items()
        },
        secalf=_optional(name, credit, "secalf"),
        gc_mw=_optional(name, credit, "gc_mw"),
        source=name,
    )


def _unknown(name: str, what: str, word: str, known: Mapping[str, Any] | tuple[str, ...]) -> HalfhourError:
    near = get_close_matches(word, list(known), n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return HalfhourError("EB-307", f"{name}: there is no {what[:60]}.", f"{hint}Known: {', '.join(known)}.")


def _wrong(name: str, key: str, value: object, wanted: str) -> HalfhourError:
    return HalfhourError("EB-307", f"{name}: {key} is {str(value)[:40]!r}.", f"Write {wanted}.")


def _flag(name: str, key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, key, value, "true or false")
    return value


def _number(name: str, key: str, value: object) -> Decimal:
    try:
        if isinstance(value, Decimal | int | str) and not isinstance(value, bool) and Decimal(value).is_finite():
            return Decimal(value)
    except ArithmeticError:
        pass
    raise _wrong(name, key, value, "a number such as 0.011")


def _optional(name: str, table: Mapping[str, Any], key: str) -> Decimal | None:
    return _number(name, key, table[key]) if key in table else None


def _triads(name: str, year: str, three: object) -> tuple[Triad, ...]:
    if not isinstance(three, list):
        raise _wrong(name, f"triads of {year}", three, 'three texts such as "2026-12-03 35" in a list')
    found = []
    for text in three:
        match = _TRIAD.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise _wrong(name, f"a Triad of {year}", text, 'day and Settlement Period, such as "2026-12-03 35"')
        found.append((parse_day(match[1]), int(match[2])))
    return tuple(found)


def _range(name: str, component: str, value: object) -> tuple[date, date]:
    if not isinstance(value, dict) or sorted(value) != ["from", "to"]:
        raise _wrong(name, f"component_dates.{component}", value, "{ from = 2014-07-01, to = 2014-09-01 }")
    start, end = value["from"], value["to"]
    if type(start) is not date or type(end) is not date:
        raise _wrong(name, f"component_dates.{component}", value, "two dates without quotes")
    return start, end
