"""Transmission loss multipliers of a plant half hour by half hour, and the status of its Base Trading Unit.

Handbook embedded-generation.md 5.2 and 11.2: TLM = 1 + TLF + TLMO, of the side on which the Trading Unit stands; before
1 April 2018 TLF is 0. A multiplier given as a pair goes before one that is put together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from halfhour.charges.benefits.amounts import MissingInput
from halfhour.charges.benefits.columns import EPOCH, PERIODS_A_DAY, half_hour_text, key_of
from halfhour.charges.benefits.dated_rates import Laid, laid
from halfhour.charges.benefits.exact import FACTOR_DECIMALS, MOST_FACTOR, Whole
from halfhour.charges.benefits.half_hours import ACTUAL, ESTIMATE
from halfhour.charges.benefits.market import Aligned, Market
from halfhour.errors import HalfhourError
from halfhour.market_data.embedded.holdings import held
from halfhour.market_data.embedded.refusals import BadInput, Missing
from halfhour.market_data.embedded.rules import rule_date

ONE = 10**FACTOR_DECIMALS


@dataclass(frozen=True, slots=True)
class Multipliers:
    """Of each half hour, scaled by 10^10.

    Attributes:
        off, delivering: TLM off-taking and delivering.
        own: of the side on which the Base Trading Unit stands.
        is_delivering: 1 where the Base Trading Unit delivers, else 0.
        status: the weakest of the parts, by half hour.
        rests_on: where they were taken from.
    """

    off: Whole
    delivering: Whole
    own: Whole
    is_delivering: Whole
    status: NDArray[np.uint8]
    rests_on: tuple[str, ...]


def trading_unit(market: Market, gsp_group: str, keys: Whole) -> Aligned:
    """Whether the Base Trading Unit delivers in each half hour.

    Raises:
        MissingInput: EB-301 for a half hour of which it is not stated: there is no default (O7).
    """
    found = market.aligned("base_tu_delivering", gsp_group, keys)
    if not found.have.all():
        raise MissingInput(
            f"it is not stated whether the Base Trading Unit of {gsp_group} delivers or takes off "
            f"in {lacking_words(keys, found.have)}.",
            "Give base_tu_delivering or base_tu_net_mwh by half hour with --market, or state one for all half hours: "
            "base_tu_delivering in [market] of a terms file, or --base-tu off-taking.",
        )
    return found


def multipliers(market: Market, gsp_group: str, keys: Whole) -> Multipliers:
    """The multipliers of a GSP Group.

    Raises:
        MissingInput: EB-301 the status of the Base Trading Unit is not stated.
        Missing: EB-106 (MISSING_TLF), EB-107 (MISSING_TLM).
    """
    unit = trading_unit(market, gsp_group, keys)
    off, delivering = (market.aligned(name, gsp_group, keys) for name in ("tlm_off", "tlm_del"))
    _both("tlm_off", off.have, "tlm_del", delivering.have, keys)
    paired = off.have & delivering.have
    status = np.maximum(np.maximum(off.status, delivering.status), unit.status)
    tlm_off, tlm_del = off.values.copy(), delivering.values.copy()
    rests_on = [f"TLM: {source}" for source in market.sources("tlm_off", gsp_group)] if paired.any() else []
    if not paired.all():
        rest = ~paired
        adjusted = _put_together(market, gsp_group, keys[rest])
        tlm_off[rest], tlm_del[rest] = adjusted.off, adjusted.delivering
        status[rest] = np.maximum(adjusted.status, unit.status[rest])
        rests_on += adjusted.rests_on
    own = np.where(unit.values == 1, tlm_del, tlm_off)
    rests_on += [f"Base Trading Unit: {source}" for source in market.sources("base_tu_delivering", gsp_group)]
    return Multipliers(tlm_off, tlm_del, own, unit.values, status, tuple(dict.fromkeys(rests_on)))


@dataclass(frozen=True, slots=True)
class _Adjusted:
    off: Whole
    delivering: Whole
    status: NDArray[np.uint8]
    rests_on: list[str]


def _put_together(market: Market, gsp_group: str, keys: Whole) -> _Adjusted:
    zonal = keys >= key_of(rule_date("zonal_loss_factors"), 0)
    tlf = market.aligned("tlf", gsp_group, keys)
    if not tlf.have[zonal].all():
        raise Missing(
            "MISSING_TLF",
            f"TLF of {gsp_group} for {lacking_words(keys[zonal], tlf.have[zonal])}: seasonal zonal TLFs are not held.",
            "Give tlf, Elexon's of zone and season, in [market] of a terms file or by half hour with --market, or give "
            "tlm_off and tlm_del.",
        )
    early = ~zonal & tlf.have & (tlf.values != 0)
    if early.any():
        raise BadInput(
            "TLF_BEFORE_ZONES",
            f"a TLF other than 0 is given for {lacking_words(keys, ~early)}; before {rule_date('zonal_loss_factors')} "
            "it is 0 everywhere.",
            "Give 0, or none, for days before then.",
        )
    factor = np.where(zonal, tlf.values, 0)
    status = np.where(zonal, tlf.status, ACTUAL).astype(np.uint8)
    rests_on = [f"TLF: {source}" for source in market.sources("tlf", gsp_group)] if zonal.any() else []
    sides = {}
    adjustments = {name: market.aligned(name, gsp_group, keys) for name in ("tlmo_off", "tlmo_del")}
    _both("tlmo_off", adjustments["tlmo_off"].have, "tlmo_del", adjustments["tlmo_del"].have, keys)
    lacking = ~adjustments["tlmo_off"].have
    for name, found in adjustments.items():
        sides[name] = found.values.copy()
        status = np.maximum(status, np.where(found.have, found.status, ACTUAL)).astype(np.uint8)
        if found.have.any():
            rests_on += [f"TLMO: {source}" for source in market.sources(name, gsp_group)]
    if lacking.any():
        if not market.estimated_losses:
            raise Missing(
                "MISSING_TLM",
                f"TLMO for {lacking_words(keys, ~lacking)} is not held.",
                "Give tlmo_off and tlmo_del, or tlm_off and tlm_del, in [market] of a terms file or with --market; "
                "--estimated-losses takes the published estimates (ETLMO) and marks the result so.",
            )
        named = {"tlmo_off": "etlmo_offtaking", "tlmo_del": "etlmo_delivering"}
        for name, item in named.items():
            found_estimates = _estimates(market, item, keys[lacking])
            sides[name][lacking] = found_estimates.values
        since = ", ".join(str(rate.effective_from) for rate in found_estimates.rates)
        rests_on.append(f"TLMO: {found_estimates.rates[0].source}, of {since} (estimate)")
        status[lacking] = np.maximum(status[lacking], ESTIMATE)
    off, delivering = ONE + factor + sides["tlmo_off"], ONE + factor + sides["tlmo_del"]
    for side in (off, delivering):
        beyond = (side < 1) | (side > MOST_FACTOR)
        if beyond.any():
            at = int(np.flatnonzero(beyond)[0])
            raise HalfhourError(
                "EB-312",
                f"1 + TLF + TLMO of {half_hour_text(int(keys[at]))} is {side[at] / ONE:.6f}, no multiplier.",
                "Correct tlf, tlmo_off and tlmo_del: each is a small number beside 1.",
            )
    return _Adjusted(off, delivering, status, list(dict.fromkeys(rests_on)))


def _both(one: str, has_one: NDArray[np.bool_], other: str, has_other: NDArray[np.bool_], keys: Whole) -> None:
    alone = has_one != has_other
    if alone.any():
        raise BadInput(
            "BAD_INPUT",
            f"one of {one} and {other} is given for {lacking_words(keys, ~alone)}, the other is not.",
            "Give both.",
        )


def _estimates(market: Market, item: str, keys: Whole) -> Laid:
    found = laid(item, keys, FACTOR_DECIMALS, market.store)
    if not found.have.all():
        known = held(item)
        raise Missing(
            "MISSING_TLM",
            f"no published estimate (ETLMO) is held for {lacking_words(keys, found.have)}; "
            f"held: {known[0].effective_from} until {known[-1].effective_to}.",
            "Give tlmo_off and tlmo_del with --market or in [market] of a terms file.",
        )
    return found


def lacking_words(keys: Whole, have: NDArray[np.bool_]) -> str:
    """The half hours that lack something, in words: the first, and how many more on how many days."""
    gone = keys[~have]
    if not len(gone):
        return "no half hour"
    text = half_hour_text(int(gone[0]))
    if len(gone) == 1:
        return text
    last = EPOCH + timedelta(days=int(gone[-1]) // PERIODS_A_DAY)
    return f"{text} and {len(gone) - 1:,} more half hours to {last}"
