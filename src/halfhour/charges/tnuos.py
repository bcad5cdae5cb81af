"""TNUoS of demand and embedded export by Triad: quantities, tariffs by charging year and zone, amounts.

Follows CUSC Section 14 and the handbook, embedded-generation.md 6.2 to 6.5. Volumes are after line losses and without
transmission loss multipliers; export is positive. Tariffs are in £/kW of a charging year, positive = demand is charged
and export paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from halfhour.charges.exact import decimal, decimals, product, total
from halfhour.charges.levies import EXACT
from halfhour.charges.triads import TRIADS, three
from halfhour.market_data.embedded import (
    BadInput,
    Mark,
    Missing,
    Rate,
    Status,
    Zone,
    charging_year_days,
    held,
    held_text,
    loaded_of_year,
    rule_era,
    supplied,
    weakest,
    weakest_mark,
    years_and_zones,
    zone,
)

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore

Weighting = Literal["months"]

NET_RULE = "tnuos-net-triad"
AGIC_DECIMALS = 6
"""Decimals of an AGIC from which tariffs can be computed to their last digit: handbook 6.3."""

KW_PER_MWH_OF_HALF_HOUR = 2000
"""`kw = mwh * 2 * 1000`: handbook 0.2."""


@dataclass(frozen=True, slots=True)
class TriadQuantity:
    """What a unit exported and imported at the Triads.

    Attributes:
        charging_year: such as `2026/27`.
        rule_id: rule of that year.
        export_sum_kw: sum of the three half hours [kW], exact; a mean would have no last digit.
        import_sum_kw: likewise, above 0 = import [kW].
    """

    charging_year: str
    rule_id: str
    export_sum_kw: Decimal
    import_sum_kw: Decimal

    @property
    def export_kw(self) -> Decimal:
        """Mean export over the Triads [kW]."""
        return decimal(Fraction(self.export_sum_kw) / TRIADS)

    @property
    def import_kw(self) -> Decimal:
        """Mean import over the Triads, above 0 = import [kW]."""
        return decimal(Fraction(self.import_sum_kw) / TRIADS)


def triad_kw(
    volumes_mwh: Sequence[Decimal], charging_year: str, *, import_mwh: Sequence[Decimal] | None = None
) -> TriadQuantity:
    """Chargeable and payable Triad quantity of a unit.

    ```
    net_kw    = 1000 * sum(2 * volume_mwh[t]           for t in triads) / 3     # to 2017/18
    export_kw = 1000 * sum(2 * max(volume_mwh[t], 0)   for t in triads) / 3     # from 2018/19
    import_kw = 1000 * sum(2 * max(-volume_mwh[t], 0)  for t in triads) / 3     # from 2018/19
    ```

    Args:
        volumes_mwh: volume at each of the three Triads [MWh], after line losses; export positive, import negative. A
            Triad without flow counts as zero; a missing one must not be given as zero (see `triads.triad_volumes`).
        charging_year: such as `2026/27`.
        import_mwh: import at each Triad [MWh], not negative, where it has a channel of its own; `volumes_mwh` is then
            the export channel, not negative either.

    Raises:
        BadInput: EB-123 not three volumes, a negative channel; EB-124 no charging year.

    References: CUSC Section 14; handbook 6.2, T15. Mark: [doc]; [inferred] line losses in, multipliers out.
    """
    era = rule_era("tnuos", charging_year_days(charging_year)[0])
    volumes = three(volumes_mwh, "Volumes")
    if import_mwh is not None:
        imports = three(import_mwh, "Imports")
        if min(*volumes, *imports) < 0:
            raise BadInput(
                "BAD_INPUT",
                f"A channel of the Triads of {charging_year} is negative.",
                "Give export and import as two quantities that are not negative, or one net volume.",
            )
    elif era.rule_id == NET_RULE:
        imports = [Decimal(0)] * TRIADS
    else:
        imports = [max(-volume, Decimal(0)) for volume in volumes]
        volumes = [max(volume, Decimal(0)) for volume in volumes]
    exported = product(total(volumes), Decimal(KW_PER_MWH_OF_HALF_HOUR))
    imported = product(total(imports), Decimal(KW_PER_MWH_OF_HALF_HOUR))
    if era.rule_id == NET_RULE:
        with localcontext(EXACT):
            net = exported - imported
        exported, imported = max(net, Decimal(0)), max(-net, Decimal(0))
    return TriadQuantity(charging_year, era.rule_id, exported, imported)


def demand_tariff(
    charging_year: str,
    zone_of: Zone | int | str,
    *,
    weighting: Weighting | None = None,
    store: MarketDataStore | None = None,
) -> Rate:
    """The half-hourly demand tariff of a charging year and zone [£/kW]: what import at the Triads pays.

    Published value: to 2022/23 with the residual, from 2023/24 `max(0, peak + year_round)`. To 2017/18 export is paid
    at it too.

    Args:
        charging_year: such as `2026/27`.
        zone_of: demand zone 1 to 14 or GSP Group.
        weighting: for a year with two tariffs (2010/11): `months` weights each by its months, (8·a + 4·b)/12, the
            practice recorded by Chellow [secondary].
        store: of market data, asked for years that the product does not hold.

    Raises:
        Missing: EB-101 (MISSING_TARIFF), EB-103 (TARIFF_SPLIT_YEAR).
        BadInput: EB-124, EB-125.

    References: NESO, demand tariff tables; handbook 6.3, 6.5, T28. Mark: that of the value.
    """
    where = zone(zone_of)
    found = _of_year("hh_demand_tariff", charging_year, where, store)
    if not found:
        raise Missing(
            "MISSING_TARIFF",
            f"HH demand tariff for charging year {charging_year}, {where} is not held. "
            f"Held: {held_text(years_and_zones('hh_demand_tariff'))}.",
            "Load the publication with `halfhour market-data load`, or pass import_rate= (export_rate= to 2017/18).",
        )
    if len(found) == 1:
        return found[0]
    if weighting != "months":
        values = " and ".join(f"{rate} from {rate.effective_from}" for rate in found)
        raise Missing(
            "TARIFF_SPLIT_YEAR",
            f"HH demand tariff for charging year {charging_year}, {where} has {len(found)} values: {values}.",
            'Pass weighting="months" to weight them by months, or the tariff itself.',
        )
    return _weighted_by_months(charging_year, where, found)


def _of_year(item: str, charging_year: str, where: Zone, store: MarketDataStore | None) -> tuple[Rate, ...]:
    """What the product holds of a zone's item, else what the store does."""
    own = held(item, charging_year=charging_year, zone_of=where)
    return own or loaded_of_year(item, charging_year, store=store, zone_number=where.number)


def _weighted_by_months(charging_year: str, where: Zone, found: Sequence[Rate]) -> Rate:
    start, end = charging_year_days(charging_year)
    total_months = _months(start, end)
    weighted = sum(
        (Fraction(rate.value) * _months(rate.effective_from or start, rate.effective_to or end) for rate in found),
        Fraction(0),
    )
    return Rate(
        item=f"HH demand tariff {charging_year}, {where}",
        value=decimal(weighted / total_months),
        unit=found[0].unit,
        source=found[0].source,
        mark=weakest_mark([*(rate.mark for rate in found), "secondary"]),
        effective_from=start,
        effective_to=end,
        note="weighted by months: " + ", ".join(f"{rate} from {rate.effective_from}" for rate in found),
    )


def _months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def export_tariff(
    charging_year: str,
    zone_of: Zone | int | str,
    *,
    accept_rounded: bool = False,
    weighting: Weighting | None = None,
    agic: Decimal | None = None,
    store: MarketDataStore | None = None,
) -> Rate:
    """What a kW of embedded export at the Triads is paid in a charging year and zone [£/kW].

    To 2017/18 the half-hourly demand tariff; from 2018/19 the Embedded Export Tariff (EET): the published value, else
    from 2020/21 `max(0, peak + year_round + agic)`. Never negative from 2018/19 on.

    Args:
        charging_year: such as `2026/27`.
        zone_of: demand zone 1 to 14 or GSP Group.
        accept_rounded: compute with an AGIC of fewer than six decimals; the result is then an estimate.
        weighting: as for `demand_tariff`.
        agic: Avoided GSP Infrastructure Credit [£/kW] of the caller's, where none is held.
        store: of market data, asked for years that the product does not hold.

    Raises:
        Missing: EB-101 (MISSING_TARIFF), EB-102 (TARIFF_ROUNDED), EB-103 (TARIFF_SPLIT_YEAR).
        BadInput: EB-123, EB-124, EB-125.

    References: CMP264/265; NESO, Final TNUoS Tariffs; handbook 6.3 and 6.4. Mark: the weakest of the values used.
    """
    where = zone(zone_of)
    if rule_era("tnuos", charging_year_days(charging_year)[0]).rule_id == NET_RULE:
        return demand_tariff(charging_year, where, weighting=weighting, store=store)
    published = _of_year("embedded_export_tariff", charging_year, where, store)
    if published:
        return published[0]
    return computed_export_tariff(charging_year, where, accept_rounded=accept_rounded, agic=agic, store=store)


def computed_export_tariff(
    charging_year: str,
    zone_of: Zone | int | str,
    *,
    accept_rounded: bool = False,
    agic: Decimal | None = None,
    store: MarketDataStore | None = None,
) -> Rate:
    """The Embedded Export Tariff `max(0, peak + year_round + agic)` of a year from 2020/21 [£/kW].

    Arguments, errors and references as for `export_tariff`.
    """
    where = zone(zone_of)
    parts = [_of_year(item, charging_year, where, store) for item in ("peak", "year_round")]
    if not parts[0] or not parts[1]:
        what = "neither a published value nor peak and year-round tariffs to compute it from are held"
        raise _no_export_tariff(charging_year, where, what)
    peak, year_round = parts[0][0], parts[1][0]
    credit = _agic(charging_year, where, agic, accept_rounded=accept_rounded, store=store)
    with localcontext(EXACT):
        value = max(Decimal(0), peak.value + year_round.value + credit.value)
    start, end = charging_year_days(charging_year)
    return Rate(
        item=f"EET {charging_year}, {where}",
        value=value,
        unit=peak.unit,
        source=f"max(0, peak + year-round + AGIC): {peak.source}; AGIC: {credit.source}",
        mark=weakest_mark((peak.mark, year_round.mark, credit.mark)),
        status=credit.status,
        effective_from=start,
        effective_to=end,
        note=f"computed: {peak.value:f} + {year_round.value:f} + {credit.value:f}, floored at 0",
    )


def _agic(
    charging_year: str, where: Zone, given: Decimal | None, *, accept_rounded: bool, store: MarketDataStore | None
) -> Rate:
    if given is not None:
        return supplied(f"AGIC {charging_year}", given, "£/kW")
    found = held("agic", charging_year=charging_year) or loaded_of_year("agic", charging_year, store=store)
    if not found:
        raise _no_export_tariff(charging_year, where, f"AGIC for {charging_year} is not held")
    credit = found[0]
    if decimals(credit.value) >= AGIC_DECIMALS:
        return credit
    if not accept_rounded:
        raise Missing(
            "TARIFF_ROUNDED",
            f"EET for charging year {charging_year}, {where}: AGIC for {charging_year} is held only as {credit}, "
            f"with {decimals(credit.value)} decimals.",
            "Pass agic= with six decimals, or accept_rounded=True for an estimate.",
        )
    return replace(credit, status="estimate")


def _no_export_tariff(charging_year: str, where: Zone, why: str) -> Missing:
    return Missing(
        "MISSING_TARIFF",
        f"EET for charging year {charging_year}, {where}: {why}. Held: {held_text(export_tariffs_held())}.",
        "Load the publication with `halfhour market-data load`, or pass agic= with six decimals, or export_rate=.",
    )


def export_tariffs_held() -> dict[str, frozenset[int]]:
    """Zones by charging year for which an Embedded Export Tariff is published or can be computed exactly."""
    found = dict(years_and_zones("embedded_export_tariff"))
    parts = years_and_zones("peak")
    for year in years_and_zones("agic"):
        if decimals(held("agic", charging_year=year)[0].value) >= AGIC_DECIMALS:
            found[year] = found.get(year, frozenset()) | parts.get(year, frozenset())
    return found


@dataclass(frozen=True, slots=True)
class TnuosAmount:
    """TNUoS of a unit's Triad quantity for one charging year.

    Attributes:
        export_gbp: paid for export [£], not negative as long as the tariff is not.
        import_gbp: charged for import [£], likewise.
        export_rate: tariff of the export [£/kW]; None where nothing was exported.
        import_rate: tariff of the import [£/kW]; None where nothing was imported.
        rule_id: rule of the year.
        mark: the weakest of rule and tariffs.
        status: the weakest of the tariffs.
    """

    export_gbp: Decimal
    import_gbp: Decimal
    export_rate: Rate | None
    import_rate: Rate | None
    rule_id: str
    mark: Mark
    status: Status

    @property
    def net_gbp(self) -> Decimal:
        """Paid less charged [£]; above 0 = benefit."""
        with localcontext(EXACT):
            return self.export_gbp - self.import_gbp


def tnuos_amount(
    quantity: TriadQuantity,
    zone_of: Zone | int | str,
    *,
    accept_rounded: bool = False,
    weighting: Weighting | None = None,
    export_rate: Rate | None = None,
    import_rate: Rate | None = None,
    store: MarketDataStore | None = None,
) -> TnuosAmount:
    """TNUoS of a Triad quantity in £: export paid, import charged, by the rule of the year.

    `export_gbp = export_kw * export tariff`, `import_gbp = import_kw * HH demand tariff`; the division by three comes
    last, so amounts are exact but for it. A tariff is looked up only where there is a quantity.

    Args:
        quantity: as `triad_kw` gives it.
        zone_of: demand zone 1 to 14 or GSP Group.
        accept_rounded: as for `export_tariff`.
        weighting: as for `demand_tariff`.
        export_rate: tariff of the caller's for export.
        import_rate: tariff of the caller's for import.
        store: of market data, asked for years that the product does not hold.

    Raises:
        Missing: EB-101 (MISSING_TARIFF), EB-102 (TARIFF_ROUNDED), EB-103 (TARIFF_SPLIT_YEAR).
        BadInput: EB-125 no such zone.

    References: CUSC Section 14; handbook 6.3, T13 to T15. Mark: the weakest of rule and tariffs.
    """
    year, where = quantity.charging_year, zone(zone_of)
    if quantity.export_sum_kw and export_rate is None:
        export_rate = export_tariff(year, where, accept_rounded=accept_rounded, weighting=weighting, store=store)
    if quantity.import_sum_kw and import_rate is None:
        import_rate = demand_tariff(year, where, weighting=weighting, store=store)
    used_export = export_rate if quantity.export_sum_kw else None
    used_import = import_rate if quantity.import_sum_kw else None
    used = [rate for rate in (used_export, used_import) if rate is not None]
    era = rule_era("tnuos", charging_year_days(year)[0])
    return TnuosAmount(
        export_gbp=_third(quantity.export_sum_kw, used_export),
        import_gbp=_third(quantity.import_sum_kw, used_import),
        export_rate=used_export,
        import_rate=used_import,
        rule_id=era.rule_id,
        mark=weakest_mark([era.mark, *(rate.mark for rate in used)]),
        status=weakest(rate.status for rate in used),
    )


def _third(sum_kw: Decimal, rate: Rate | None) -> Decimal:
    return Decimal(0) if rate is None else decimal(Fraction(product(sum_kw, rate.value)) / TRIADS)
