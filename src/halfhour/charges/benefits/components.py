"""The half-hourly components of a plant in £: losses, BSUoS, RCRC, and the energy at the imbalance price.

Handbook embedded-generation.md 5.4, 7, 8 and 11.2, formula by formula; a positive amount is a benefit to its recipient.
What a MWh of metered volume is worth in each half hour is the same for every plant of a GSP Group, so it is worked out
once; a plant is then one exact sum. Everything is whole numbers: no sum depends on its order and no digit is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from halfhour.charges.benefits.amounts import Amount, Columns, MissingInput
from halfhour.charges.benefits.columns import half_hour_of
from halfhour.charges.benefits.exact import (
    AMOUNT_DECIMALS,
    CREDITED_DECIMALS,
    PRICE_DECIMALS,
    Whole,
    as_decimal,
    digits,
    each,
    rate_digits,
    total,
    whole_digits,
)
from halfhour.charges.benefits.half_hours import STATUSES, HalfHours
from halfhour.charges.benefits.market import Aligned, Market
from halfhour.charges.benefits.multipliers import ONE, Multipliers, lacking_words, multipliers
from halfhour.errors import HalfhourError
from halfhour.market_data.embedded.refusals import BadInput, Missing
from halfhour.market_data.embedded.rules import rule_era, rule_eras

ONE_PRICE_FROM = next(era.effective_from or date.min for era in rule_eras("imbalance")[1:])


@dataclass(frozen=True)
class Place:
    """Where and when components are reckoned.

    Attributes:
        keys: half hours, at least one, all of one charging year.
        token: the same as bytes, to find again what was worked out for them.
        baseline: of losses, `metered` or `delivering`.
        system: `SVA` or `CVA`.
    """

    market: Market
    gsp_group: str
    keys: Whole
    token: bytes
    baseline: str
    system: str

    @property
    def first_day(self) -> date:
        """The Settlement Day of the first half hour."""
        return half_hour_of(int(self.keys[0]))[0]

    def multipliers(self) -> Multipliers:
        """TLMs of the half hours; raises what `multipliers.multipliers` raises."""
        return self.market.once(
            ("multipliers", self.gsp_group, self.token), lambda: multipliers(self.market, self.gsp_group, self.keys)
        )

    def aligned(self, name: str) -> Aligned:
        """A market input on the half hours."""
        return self.market.aligned(name, self.gsp_group, self.keys, self.token)

    def named(self, what: str, name: str) -> tuple[str, ...]:
        """What was used of an input, with where it was taken from."""
        return tuple(f"{what}: {source}" for source in self.market.sources(name, self.gsp_group))


@dataclass(frozen=True, slots=True)
class Worth:
    """What one MWh of metered export is worth in each half hour.

    Attributes:
        factor: quantity of the component per MWh [10^-10].
        price: what the quantity is multiplied by [10^-7 £/MWh].
        digits: factor × price.
        status: of the market inputs, by half hour.
        facts: more quantities per MWh, by name.
    """

    component: str
    factor: Whole
    price: Whole
    digits: Sequence[Whole]
    status: NDArray[np.uint8]
    rule_id: str
    mark: str
    rests_on: tuple[str, ...]
    facts: dict[str, Whole] = field(default_factory=dict)


def losses(place: Place) -> Worth:
    """What the Base Trading Unit's multiplier adds to the export, at the reference price.

    `qm × (tlm − 1) × price` with the baseline metered, `qm × (tlm − tlm_del) × price` delivering; both volumes are
    facts of the amount.

    Raises:
        MissingInput: EB-301.
        Missing: EB-106 (MISSING_TLF), EB-107 (MISSING_TLM), EB-112 (MISSING_SYSTEM_PRICE).
    """
    tlm = place.multipliers()
    price, source = reference_price(place)
    uplift, advantage = tlm.own - ONE, tlm.own - tlm.delivering
    gain = uplift if place.baseline == "metered" else advantage
    era = rule_era("losses", place.first_day)
    return Worth(
        "losses",
        gain,
        price.values,
        rate_digits(gain, price.values),
        np.maximum(tlm.status, price.status),
        f"{era.rule_id}-{place.baseline}",
        "inferred",
        (*tlm.rests_on, *source),
        {"uplift_vs_meter_mwh": uplift, "advantage_vs_deliver_mwh": advantage},
    )


def bsuos(place: Place) -> Worth:
    """BSUoS of the export: `−price × s × qm × tlm` to 31 March 2021, then nothing in SVA, and nothing at all from 2023.

    Raises:
        Missing: EB-109 (BSUOS_RULE_OPEN) in CVA from 1 April 2021 to 31 March 2023, EB-108 (MISSING_BSUOS_PRICE),
            EB-110 (SUSPECT_DATA), EB-106, EB-107.
        MissingInput: EB-301.
    """
    era = rule_era("bsuos", place.first_day)
    if era.rule_id != "bsuos-half-hourly":
        if era.rule_id == "bsuos-gross-demand" and place.system == "CVA":
            raise Missing(
                "BSUOS_RULE_OPEN",
                f"the rule for the export of a CVA Exempt Export BM Unit in the Base Trading Unit of {place.gsp_group} "
                f"from {era.effective_from} until {era.effective_to} is not settled.",
                "Leave bsuos out with --component, or ask for days outside that time.",
            )
        none = np.zeros(len(place.keys), dtype=np.int64)
        standing = none.astype(np.uint8)
        return Worth("bsuos", none + ONE, none, rate_digits(none, none), standing, era.rule_id, era.mark, (era.source,))
    tlm, price = place.multipliers(), bsuos_price(place)
    # s is −1 in an off-taking Trading Unit, where the export is paid.
    paid = np.where(tlm.is_delivering == 1, -tlm.own, tlm.own)
    return Worth(
        "bsuos",
        paid,
        price.values,
        rate_digits(paid, price.values),
        np.maximum(tlm.status, price.status),
        era.rule_id,
        "inferred",
        (*tlm.rests_on, *place.named("BSUoS price", "bsuos_price")),
    )


def rcrc(place: Place) -> Worth:
    """The residual cashflow of the export: `rate × s × qm × tlm`.

    Raises:
        Missing: EB-111 (MISSING_RCRC), EB-106, EB-107.
        MissingInput: EB-301.
    """
    tlm, rate = place.multipliers(), rcrc_rate(place)
    weight = np.where(tlm.is_delivering == 1, tlm.own, -tlm.own)
    return Worth(
        "rcrc",
        weight,
        rate.values,
        rate_digits(weight, rate.values),
        np.maximum(tlm.status, rate.status),
        "rcrc-weighted",
        "inferred",
        (*tlm.rests_on, *place.named("RCRC rate", "rcrc_rate")),
    )


def imbalance(place: Place) -> Worth:
    """The credited energy at the imbalance price, as if none of it had been sold: `qm × tlm × price`.

    It is a result of trading and no embedded benefit (handbook 8.1), so it stands beside the totals.

    Raises:
        BadInput: EB-126 (ACCOUNT_NEEDED) before 5 November 2015, when two prices held.
        Missing: EB-112, EB-106, EB-107.
        MissingInput: EB-301.
    """
    if place.first_day < ONE_PRICE_FROM:
        raise BadInput(
            "ACCOUNT_NEEDED",
            f"energy at the imbalance price on {place.first_day}: until {ONE_PRICE_FROM} two prices held, by account.",
            "Use halfhour.charges.imbalance with the volumes of the account, or ask for later days.",
        )
    tlm, price = place.multipliers(), _system_price(place)
    return Worth(
        "imbalance",
        tlm.own,
        price.values,
        rate_digits(tlm.own, price.values),
        np.maximum(tlm.status, price.status),
        rule_era("imbalance", place.first_day).rule_id,
        "doc",
        (*tlm.rests_on, *place.named("imbalance price", "system_price")),
    )


COMPONENT_RULES: dict[str, Callable[[Place], Worth]] = {
    "losses": losses,
    "bsuos": bsuos,
    "rcrc": rcrc,
    "imbalance": imbalance,
}


def worth(place: Place, component: str) -> Worth:
    """A component's worth, worked out once for all plants of the place.

    Raises:
        HalfhourError: as the component's rule.
    """
    found = place.market.once(
        (component, place.baseline, place.system, place.gsp_group, place.token),
        lambda: _caught(COMPONENT_RULES[component], place),
    )
    if isinstance(found, HalfhourError):
        raise found
    return found


def _caught(rule: Callable[[Place], Worth], place: Place) -> Worth | HalfhourError:
    # A refusal is as dear as an answer, and a thousand plants ask for it.
    try:
        return rule(place)
    except HalfhourError as error:
        return error


def amount_of(found: Worth, readings: HalfHours) -> Amount:
    """A plant's amount.

    Raises:
        MissingInput: EB-301 a Line Loss Factor is not stated.
    """
    qm = metered_volume(readings, "export")
    status = np.maximum(found.status, readings.status)
    price = found.price
    constant = len(price) > 0 and bool((price == price[0]).all())

    def columns() -> Columns:
        return Columns(
            readings.keys,
            each(qm, whole_digits(found.factor), CREDITED_DECIMALS),
            decimal_column(price, PRICE_DECIMALS),
            each(qm, found.digits, AMOUNT_DECIMALS),
            status,
        )

    return Amount(
        found.component,
        as_decimal(total(qm, whole_digits(found.factor)), CREDITED_DECIMALS),
        "MWh",
        as_decimal(int(price[0]), PRICE_DECIMALS) if constant else None,
        "£/MWh",
        as_decimal(total(qm, found.digits), AMOUNT_DECIMALS),
        STATUSES[int(status.max())],
        found.rule_id,
        found.mark,
        found.rests_on,
        len(readings.keys),
        columns,
        {name: as_decimal(total(qm, whole_digits(fact)), CREDITED_DECIMALS) for name, fact in found.facts.items()},
    )


def metered_volume(readings: HalfHours, side: str) -> Whole:
    """Metered volume × LLF of one side [10^-11 MWh].

    Raises:
        MissingInput: EB-301 a half hour with a volume has no Line Loss Factor.
    """
    export = side == "export"
    wh, llf = (readings.export_wh, readings.llf_export) if export else (readings.import_wh, readings.llf_import)
    stated = (llf > 0) | (wh == 0)
    if not stated.all():
        raise MissingInput(
            f"the Line Loss Factor of the {side} is not stated for {lacking_words(readings.keys, stated)}.",
            f"Give llf_{side} by half hour, in [losses] of a terms file or with --llf; write 1 where the volumes stand "
            "after distribution losses already.",
        )
    return readings.qm_export if export else readings.qm_import


def bsuos_price(place: Place) -> Aligned:
    """The half-hourly BSUoS prices.

    Raises:
        Missing: EB-108 (MISSING_BSUOS_PRICE), EB-110 (SUSPECT_DATA).
    """
    price = _required(
        place,
        "bsuos_price",
        "MISSING_BSUOS_PRICE",
        "half-hourly BSUoS price",
        "Give bsuos_price with --market, load prices with `halfhour market-data load`, or limit bsuos to days held.",
    )
    if price.suspect.any() and not place.market.accept_suspect:
        raise Missing(
            "SUSPECT_DATA",
            f"the BSUoS price of {lacking_words(place.keys, ~price.suspect)} is marked as doubtful.",
            "Give another price with --market, or accept it with --accept-suspect.",
        )
    return price


def rcrc_rate(place: Place) -> Aligned:
    """The RCRC rates; raises Missing (EB-111, MISSING_RCRC)."""
    return _required(
        place,
        "rcrc_rate",
        "MISSING_RCRC",
        "RCRC rate",
        "Give rcrc_rate with --market, load rates with `halfhour market-data load`, or limit rcrc to days held.",
    )


def reference_price(place: Place) -> tuple[Aligned, tuple[str, ...]]:
    """What one more credited MWh is worth: the reference price where one is given, else the imbalance price.

    Raises:
        Missing: EB-112 (MISSING_SYSTEM_PRICE).
    """
    given = place.aligned("reference_price")
    if given.have.all():
        return given, place.named("reference price", "reference_price")
    rest = _system_price(place, beside=given.have)
    joined = Aligned(
        np.where(given.have, given.values, rest.values),
        given.have | rest.have,
        np.where(given.have, given.status, rest.status).astype(np.uint8),
        np.where(given.have, given.suspect, rest.suspect),
    )
    sources = place.named("reference price", "reference_price") if given.have.any() else ()
    return joined, (*sources, *place.named("imbalance price", "system_price"))


def _system_price(place: Place, beside: NDArray[np.bool_] | None = None) -> Aligned:
    return _required(
        place,
        "system_price",
        "MISSING_SYSTEM_PRICE",
        "imbalance price or reference price",
        "Give system_price or reference_price with --market, or load prices with `halfhour market-data load`.",
        beside,
    )


def _required(
    place: Place, name: str, refusal: str, what: str, step: str, beside: NDArray[np.bool_] | None = None
) -> Aligned:
    found = place.aligned(name)
    have = found.have if beside is None else found.have | beside
    if not have.all():
        raise Missing(refusal, f"no {what} is held for {lacking_words(place.keys, have)}.", step)
    return found


def decimal_column(whole: Whole, decimals: int) -> pa.Array:
    """Scaled integers as an Arrow decimal."""
    return each(np.ones(len(whole), dtype=np.int64), digits(whole, 3), decimals)


def delivering_amount(place: Place, readings: HalfHours, component: str) -> Decimal:
    """A component of the same plant as a Sole, delivering, non-exempt unit: handbook 11.3; not TNUoS.

    Raises:
        HalfhourError: as the component itself.
    """
    if component == "losses":
        # The baseline of the comparator is itself.
        return Decimal(0)
    if component == "bsuos" and rule_era("bsuos", place.first_day).rule_id == "bsuos-fixed":
        return Decimal(0)
    tlm = place.multipliers()
    charged = -tlm.delivering if component == "bsuos" else tlm.delivering
    price = bsuos_price(place) if component == "bsuos" else rcrc_rate(place)
    return as_decimal(total(metered_volume(readings, "export"), rate_digits(charged, price.values)), AMOUNT_DECIMALS)
