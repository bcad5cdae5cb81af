"""The Transmission Loss Multipliers of a zone on a day: given, loaded, or estimated where that is accepted.

Follows BSC Section T 2.3 and the handbook, embedded-generation.md 5.2, T26 and T27. Factors of the BM Unit register are
not settlement inputs, and the published estimates (ETLMO) are not settlement values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from halfhour.charges.losses import check_tlf, tlm
from halfhour.market_data.embedded import (
    BadInput,
    Missing,
    Rate,
    as_rate,
    held,
    loaded,
    require_period,
    rule_date,
    rule_era,
    weakest,
    weakest_mark,
    zone,
)

if TYPE_CHECKING:
    from halfhour.market_data.embedded import Zone
    from halfhour.market_data.store import MarketDataStore

TLM_TABLE = "transmission_loss_multiplier"


@dataclass(frozen=True, slots=True)
class TlmPair:
    """The multipliers of a zone in one Settlement Period: of an off-taking Trading Unit, and of a delivering one."""

    off: Rate
    delivering: Rate


def tlm_pair(
    day: date,
    period: int,
    gsp_group: Zone | int | str,
    *,
    tlf: Rate | Decimal | None = None,
    tlmo_del: Rate | Decimal | None = None,
    tlmo_off: Rate | Decimal | None = None,
    store: MarketDataStore | None = None,
    run: str | None = None,
    accept_estimate: bool = False,
) -> TlmPair:
    """Off-taking and delivering multiplier of a GSP Group in one Settlement Period, each with its standing.

    In this order: from the adjustments given, from the store of market data, from the published estimates (ETLMO) if
    they are accepted. From 1 April 2018 multipliers are zonal, so all but the store need `tlf`.

    Args:
        day: Settlement Day.
        period: Settlement Period.
        gsp_group: or zone of the plant.
        tlf: Transmission Loss Factor of zone and BSC Season.
        tlmo_del: TLMO+; with it `tlmo_off`.
        tlmo_off: TLMO−.
        store: of market data.
        run: settlement run of the multiplier in the store.
        accept_estimate: take ETLMO where nothing else is held; the result is then an estimate.

    Raises:
        Missing: EB-106 (MISSING_TLF), EB-107 (MISSING_TLM), EB-114 (RUN_NOT_NAMED).
        BadInput: EB-121 (BAD_PERIOD), EB-125 no such zone, EB-128 (TLF_BEFORE_ZONES), EB-123 one adjustment of two.

    References: handbook 5.2, T26, T27. Mark: of the values used.
    """
    require_period(day, period)
    found = zone(gsp_group)
    where = f"{found} on {day} period {period}"
    if (tlmo_del is None) != (tlmo_off is None):
        raise BadInput("BAD_INPUT", f"One adjustment of two is given for {where}.", "Give tlmo_del and tlmo_off.")
    if tlmo_del is None or tlmo_off is None:
        row = _stored_tlm(day, period, found, store, run)
        if row is not None:
            return _stored_pair(row, where)
    factor = _factor(day, tlf, found, where)
    if tlmo_del is None or tlmo_off is None:
        tlmo_off, tlmo_del = _estimates(day, where, store, accept_estimate=accept_estimate)
    adjusted_off, adjusted_del = as_rate(tlmo_off, "TLMO-", ""), as_rate(tlmo_del, "TLMO+", "")
    return TlmPair(
        off=_pair_rate(f"off-taking TLM, {where}", factor, adjusted_off, adjusted_del, day, delivering=False),
        delivering=_pair_rate(f"delivering TLM, {where}", factor, adjusted_off, adjusted_del, day, delivering=True),
    )


def _factor(day: date, tlf: Rate | Decimal | None, found: Zone, where: str) -> Rate:
    zonal = day >= rule_date("zonal_loss_factors")
    if tlf is None:
        if zonal:
            raise Missing(
                "MISSING_TLF",
                f"TLM of {where}: the Transmission Loss Factor of {found.gsp_group} is not held. Held: 0 everywhere "
                f"before {rule_date('zonal_loss_factors')}; no seasonal zonal factors.",
                "Pass tlf= for zone and BSC Season, or load multipliers of the day with `halfhour market-data load`.",
            )
        era = rule_era("losses", day)
        return Rate("TLF", Decimal(0), "", era.source, era.mark, effective_to=era.effective_to)
    rate = as_rate(tlf, f"TLF of {found}", "")
    check_tlf(rate.value, day)
    return rate


def _estimates(day: date, where: str, store: MarketDataStore | None, *, accept_estimate: bool) -> tuple[Rate, Rate]:
    off, deliver = (_estimate(item, day, store) for item in ("etlmo_offtaking", "etlmo_delivering"))
    if off is None or deliver is None or not accept_estimate:
        estimates = held("etlmo_offtaking")
        raise Missing(
            "MISSING_TLM",
            f"TLM of {where}: no Transmission Losses Adjustment of the half hour is held. Held: estimates (ETLMO) from "
            f"{estimates[0].effective_from} until {estimates[-1].effective_to}, which are used only on request.",
            "Pass tlmo_del= and tlmo_off=, load multipliers with `halfhour market-data load`, or accept the estimate.",
        )
    return off, deliver


def _estimate(item: str, day: date, store: MarketDataStore | None) -> Rate | None:
    own = [rate for rate in held(item) if rate.holds(day)]
    found = own or list(loaded(item, day, day + timedelta(days=1), store=store))
    return found[0] if found else None


def _pair_rate(item: str, factor: Rate, off: Rate, deliver: Rate, day: date, *, delivering: bool) -> Rate:
    adjustment = deliver if delivering else off
    return Rate(
        item=item,
        value=tlm(factor.value, deliver.value, off.value, delivering=delivering, day=day),
        unit="",
        source=f"1 + TLF ({factor.source}) + {adjustment.item} ({adjustment.source})",
        mark=weakest_mark((factor.mark, adjustment.mark)),
        status=weakest((factor.status, adjustment.status)),
        effective_from=day,
        note="from ETLMO, an estimate for reporting and not a settlement value" if "ETLMO" in adjustment.item else "",
    )


def _stored_tlm(
    day: date, period: int, found: Zone, store: MarketDataStore | None, run: str | None
) -> dict[str, Any] | None:
    if store is None:
        return None
    keys: dict[str, Any] = {"settlement_period": period} | ({} if run is None else {"run": run})
    rows = store.reference_rows(TLM_TABLE, day, **keys)
    own = [row for row in rows if row["gsp_group"] == found.gsp_group]
    if not own and day < rule_date("zonal_loss_factors"):
        own = [row for row in rows if not row["gsp_group"]]
    if len(own) > 1:
        raise Missing(
            "RUN_NOT_NAMED",
            f"TLM of {found} on {day} period {period} is held of the runs {', '.join(sorted(r['run'] for r in own))}.",
            "Name the run: the values differ.",
        )
    return own[0] if own else None


def _stored_pair(row: dict[str, Any], where: str) -> TlmPair:
    off = Rate(
        item=f"off-taking TLM, {where}",
        value=row["tlm_offtaking"],
        unit="",
        source=f"{row['file']} (sha256 {row['sha256'][:12]})",
        mark="data",
        effective_from=row["valid_from"],
        effective_to=row["valid_to"],
        run=row["run"],
    )
    return TlmPair(off, replace(off, item=f"delivering TLM, {where}", value=row["tlm_delivering"]))
