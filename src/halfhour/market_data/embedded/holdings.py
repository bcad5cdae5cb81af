"""What is held of each tariff, as rates and as the words of a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

from halfhour.market_data.embedded.charging_years import first_year
from halfhour.market_data.embedded.rates import Rate, Status
from halfhour.market_data.embedded.refusals import BadInput
from halfhour.market_data.embedded.tables import Row, rows
from halfhour.market_data.embedded.zones import Zone, zone, zones


class _Item(NamedTuple):
    title: str
    table: str
    column: str
    unit: str
    status: Status = "actual"


_GBP_PER_KW = "£/kW"
_ITEMS = {
    "hh_demand_tariff": _Item("HH demand tariff", "hh_demand_tariffs", "hh_tariff_gbp_per_kw", _GBP_PER_KW),
    "peak": _Item("peak demand tariff", "hh_demand_tariffs", "peak_gbp_per_kw", _GBP_PER_KW),
    "year_round": _Item("year-round demand tariff", "hh_demand_tariffs", "year_round_gbp_per_kw", _GBP_PER_KW),
    "small_generator_discount": _Item(
        "Small Generator Discount recovery", "hh_demand_tariffs", "small_generator_discount_gbp_per_kw", _GBP_PER_KW
    ),
    "embedded_export_tariff": _Item("EET", "embedded_export_tariffs", "embedded_export_tariff_gbp_per_kw", _GBP_PER_KW),
    "agic": _Item("AGIC", "avoided_gsp_infrastructure_credit", "agic_gbp_per_kw", _GBP_PER_KW),
    "demand_residual": _Item("TDR tariff", "demand_residual_tariffs", "tariff", ""),
    "bsuos_fixed_tariff": _Item("BSUoS fixed tariff", "bsuos_fixed_tariffs", "fixed_tariff_gbp_per_mwh", "£/MWh"),
    "etlmo_offtaking": _Item("ETLMO-", "estimated_loss_adjustments", "etlmo_offtaking", "", "estimate"),
    "etlmo_delivering": _Item("ETLMO+", "estimated_loss_adjustments", "etlmo_delivering", "", "estimate"),
}


def items() -> tuple[str, ...]:
    """The names that `held` knows."""
    return tuple(_ITEMS)


def title_of(item: str) -> str:
    """What an item is called in messages."""
    return _ITEMS[item].title


def held(
    item: str, *, charging_year: str | None = None, zone_of: Zone | int | str | None = None, band: str | None = None
) -> tuple[Rate, ...]:
    """Every value held of an item, in the order of its data file.

    Args:
        item: one of `items()`.
        charging_year: only of that year, such as `2026/27`.
        zone_of: only of that demand zone or GSP Group.
        band: only of that residual band.

    Raises:
        BadInput: EB-123 no such item, EB-124 no charging year, EB-125 no zone.
    """
    if item not in _ITEMS:
        near = get_close_matches(item, _ITEMS, n=1)
        raise BadInput(
            "BAD_INPUT",
            f"There is no item {item!r} in the reference data of embedded generation.",
            (f"Did you mean {near[0]!r}? " if near else "") + f"Items: {', '.join(_ITEMS)}.",
        )
    if charging_year is not None:
        first_year(charging_year)
    number = None if zone_of is None else zone(zone_of).number
    return tuple(
        rate
        for key, rate in _rates(item)
        if (charging_year is None or key.charging_year == charging_year)
        and (number is None or key.zone == number)
        and (band is None or key.band == band)
    )


class _Key(NamedTuple):
    charging_year: str
    zone: int | None
    band: str


@cache
def _rates(item: str) -> tuple[tuple[_Key, Rate], ...]:
    wanted = _ITEMS[item]
    found = []
    for row in rows(wanted.table):
        if row[wanted.column]:
            key = _Key(row.get("charging_year"), int(row["zone"]) if row.get("zone") else None, row.get("band"))
            unit = row.get("unit") or wanted.unit
            found.append((key, row.rate(_title(wanted.title, row, key), wanted.column, unit, wanted.status)))
    return tuple(found)


def _title(title: str, row: Row, key: _Key) -> str:
    parts = [f"{title} {key.charging_year or f'from {row.effective_from}'}"]
    if key.zone is not None:
        parts.append(str(zone(key.zone)))
    if key.band:
        parts.append(f"band {key.band}")
    return ", ".join(parts)


def years_and_zones(item: str) -> dict[str, frozenset[int]]:
    """The zones held of an item by charging year; for an item without zones, an empty set."""
    found: dict[str, set[int]] = {}
    for key, _ in _rates(item):
        found.setdefault(key.charging_year, set()).update(() if key.zone is None else (key.zone,))
    return {year: frozenset(numbers) for year, numbers in found.items()}


def held_text(years: Mapping[str, Iterable[int]]) -> str:
    """Charging years and zones in the words of a refusal: `2018/19-2019/20 zones 8, 9; 2020/21-2022/23; 2026/27`.

    Args:
        years: the zones held by charging year; none, or all, are not named.
    """
    ranges: list[tuple[list[str], frozenset[int]]] = []
    for year in sorted(years, key=first_year):
        numbers = frozenset(years[year])
        if ranges and ranges[-1][1] == numbers and first_year(ranges[-1][0][-1]) + 1 == first_year(year):
            ranges[-1][0].append(year)
        else:
            ranges.append(([year], numbers))
    texts = []
    for labels, numbers in ranges:
        text = labels[0] if len(labels) == 1 else f"{labels[0]}-{labels[-1]}"
        if numbers and len(numbers) < len(zones()):
            text += f" zone{'' if len(numbers) == 1 else 's'} " + ", ".join(map(str, sorted(numbers)))
        texts.append(text)
    return "; ".join(texts) or "nothing"
