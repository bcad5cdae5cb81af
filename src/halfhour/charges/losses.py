"""Losses: metered volume, Transmission Loss Multipliers, credited energy, and what an embedded plant gains by them.

Follows BSC Section T 2.3 and T 4, and the handbook, embedded-generation.md 5. Export is positive, import negative.
Volumes are in MWh per Settlement Period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal, NamedTuple, TypeVar

from halfhour.charges.exact import product, total
from halfhour.charges.levies import EXACT
from halfhour.charges.rulesets import Ruleset, check_ruleset_name
from halfhour.market_data.embedded import (
    BadInput,
    Mark,
    Missing,
    decimal_of,
    number,
    rule_date,
    rule_era,
)

Number = TypeVar("Number", Decimal, Fraction)
Baseline = Literal["metered", "delivering"]

BASELINES: dict[Ruleset, Baseline] = {"note-v8": "metered", "codes": "delivering"}
"""What a loss benefit is measured against where nobody says: handbook 5.4."""


def metered_volume(metered_mwh: Decimal, line_loss_factor: Decimal) -> Decimal:
    """BM Unit Metered Volume QM of a Metering System for one Settlement Period [MWh], exact.

    `qm = metered_mwh * llf`

    Args:
        metered_mwh: energy at the site's boundary [MWh], export positive.
        line_loss_factor: Line Loss Factor of class, day and period, or the site-specific one; above 0.

    Raises:
        BadInput: EB-123 a factor that is not above 0, or no decimal number.

    References: BSC Section K, BSCP128; handbook 5.1. Mark: [doc].
    """
    factor = decimal_of(line_loss_factor, "The Line Loss Factor")
    if factor <= 0:
        raise BadInput("BAD_INPUT", f"The Line Loss Factor {factor} is not above 0.", "Give a factor such as 1.025.")
    return product(decimal_of(metered_mwh, "The metered volume"), factor)


def is_delivering(volumes_mwh: Iterable[Decimal]) -> bool:
    """Whether a Trading Unit delivers in a Settlement Period: the sum of its members' volumes is above 0.

    Zero is off-taking.

    Args:
        volumes_mwh: QM of each BM Unit of the Trading Unit [MWh], export positive.

    References: BSC Section T 2.1; Elexon, Trading Units v9; handbook 4.4. Mark: [doc].
    """
    return total([decimal_of(volume, "A volume") for volume in volumes_mwh]) > 0


def tlm(
    tlf: Number,
    tlmo_del: Number,
    tlmo_off: Number,
    *,
    delivering: bool,
    day: date,
    interconnector: bool = False,
) -> Number:
    """Transmission Loss Multiplier TLM of a BM Unit in one Settlement Period, exact.

    `tlm = 1 + tlf + tlmo_del` in a delivering Trading Unit, `1 + tlf + tlmo_off` in an off-taking one, and 1 for an
    Interconnector BM Unit from 29 November 2012. It may lie on either side of 1 in both.

    Args:
        tlf: Transmission Loss Factor of the BM Unit; 0 before 1 April 2018.
        tlmo_del: TLMO+, the adjustment of delivering Trading Units.
        tlmo_off: TLMO−, the adjustment of off-taking Trading Units.
        delivering: whether the Trading Unit delivers in the period.
        day: Settlement Day.
        interconnector: whether it is an Interconnector BM Unit.

    Raises:
        BadInput: EB-128 (TLF_BEFORE_ZONES) a factor other than 0 before 1 April 2018.

    References: BSC Section T 2.3; P278; P350; handbook 5.2. Mark: [doc] form.
    """
    check_tlf(tlf, day)
    with localcontext(EXACT):
        if interconnector and day >= rule_date("interconnectors_at_one"):
            return type(tlf)(1)
        return 1 + tlf + (tlmo_del if delivering else tlmo_off)


@dataclass(frozen=True, slots=True)
class BmUnitVolume:
    """A BM Unit in one Settlement Period.

    Attributes:
        bm_unit: its id.
        qm_mwh: BM Unit Metered Volume [MWh], export positive.
        trading_unit: the Trading Unit that it is a member of.
        tlf: Transmission Loss Factor; 0 before 1 April 2018.
        interconnector: whether it is an Interconnector BM Unit.
    """

    bm_unit: str
    qm_mwh: Decimal
    trading_unit: str
    tlf: Decimal = Decimal(0)
    interconnector: bool = False


@dataclass(frozen=True, slots=True)
class Adjustments:
    """The Transmission Losses Adjustments of one Settlement Period. Fractions, so that the balance closes exactly.

    Attributes:
        tlmo_del: TLMO+, of delivering Trading Units.
        tlmo_off: TLMO−, of off-taking Trading Units.
        losses_mwh: sum of all metered volumes [MWh]; above 0 = transmission losses.
        delivering: whether each Trading Unit delivers.
    """

    tlmo_del: Fraction
    tlmo_off: Fraction
    losses_mwh: Fraction
    delivering: Mapping[str, bool]


def transmission_loss_adjustments(bm_units: Sequence[BmUnitVolume], day: date) -> Adjustments:
    """The two Transmission Losses Adjustments of one Settlement Period from metered volumes.

    ```
    L        = sum(qm, all BM Units)
    tlmo_del = -(alpha * L + sum(qm * tlf, del)) / sum(qm, del)
    tlmo_off = ((alpha - 1) * L - sum(qm * tlf, off)) / sum(qm, off)
    ```

    `del` and `off` are the BM Units in delivering and off-taking Trading Units, Interconnector BM Units left out from
    29 November 2012. Then Σ qm·tlm over all BM Units is 0, and Σ_del qm·tlm = Σ_del qm − alpha·L.

    Args:
        bm_units: every BM Unit of the system, each once.
        day: Settlement Day.

    Raises:
        BadInput: EB-122 (NO_MULTIPLIER) where the delivering or the off-taking volumes add up to 0; EB-128
            (TLF_BEFORE_ZONES); EB-123 a BM Unit given twice.

    References: BSC Section T 2.3; P278; handbook 5.2. Mark: [inferred] form, confirmed by the ETLMO identity.
    """
    _check_units(bm_units, day)
    members: dict[str, list[Decimal]] = {}
    for unit in bm_units:
        members.setdefault(unit.trading_unit, []).append(unit.qm_mwh)
    delivering = {name: is_delivering(volumes) for name, volumes in members.items()}
    shared = [unit for unit in bm_units if not _at_one(unit, day)]
    alpha = Fraction(number("alpha"))
    losses = sum((Fraction(unit.qm_mwh) for unit in bm_units), Fraction(0))
    volume, scaled = _sums([unit for unit in shared if delivering[unit.trading_unit]], "delivering", day)
    tlmo_del = -(alpha * losses + scaled) / volume
    volume, scaled = _sums([unit for unit in shared if not delivering[unit.trading_unit]], "off-taking", day)
    tlmo_off = ((alpha - 1) * losses - scaled) / volume
    return Adjustments(tlmo_del, tlmo_off, losses, delivering)


def multipliers(bm_units: Sequence[BmUnitVolume], day: date) -> dict[str, Fraction]:
    """The Transmission Loss Multiplier of every BM Unit in one Settlement Period, by its id.

    Arguments, errors and references as for `transmission_loss_adjustments`.
    """
    found = transmission_loss_adjustments(bm_units, day)
    return {
        unit.bm_unit: tlm(
            Fraction(unit.tlf),
            found.tlmo_del,
            found.tlmo_off,
            delivering=found.delivering[unit.trading_unit],
            day=day,
            interconnector=unit.interconnector,
        )
        for unit in bm_units
    }


def _sums(units: Sequence[BmUnitVolume], which: str, day: date) -> tuple[Fraction, Fraction]:
    volume = sum((Fraction(unit.qm_mwh) for unit in units), Fraction(0))
    if not volume:
        raise BadInput(
            "NO_MULTIPLIER",
            f"The volumes of {which} Trading Units add up to 0 MWh on {day}, so they have no multiplier.",
            "Give every BM Unit of the system for the half hour.",
        )
    return volume, sum((Fraction(unit.qm_mwh) * Fraction(unit.tlf) for unit in units), Fraction(0))


def _check_units(bm_units: Sequence[BmUnitVolume], day: date) -> None:
    seen: set[str] = set()
    for unit in bm_units:
        if unit.bm_unit in seen:
            raise BadInput("BAD_INPUT", f"BM Unit {unit.bm_unit} is given twice.", "Give each BM Unit once.")
        seen.add(unit.bm_unit)
        decimal_of(unit.qm_mwh, f"QM of BM Unit {unit.bm_unit}")
        check_tlf(decimal_of(unit.tlf, f"TLF of BM Unit {unit.bm_unit}"), day)


def _at_one(unit: BmUnitVolume, day: date) -> bool:
    return unit.interconnector and day >= rule_date("interconnectors_at_one")


def check_tlf(tlf: Decimal | Fraction, day: date) -> None:
    """Refuse a Transmission Loss Factor other than 0 before 1 April 2018 with BadInput (EB-128)."""
    if tlf and day < rule_date("zonal_loss_factors"):
        raise BadInput(
            "TLF_BEFORE_ZONES",
            f"A Transmission Loss Factor of {tlf} is given for {day}; before {rule_date('zonal_loss_factors')} "
            "it is 0 everywhere.",
            "Give 0, or none, for days before then.",
        )


class Reallocation(NamedTuple):
    """A Metered Volume Reallocation to a subsidiary Energy Account.

    Attributes:
        percentage: QMPR [%].
        fixed_mwh: QMFR, a fixed volume [MWh].
    """

    percentage: Decimal = Decimal(0)
    fixed_mwh: Decimal = Decimal(0)


def credited_energy(
    qm_mwh: Decimal,
    multiplier: Decimal,
    lead_account: str,
    reallocations: Mapping[str, Reallocation] | None = None,
    *,
    balancing_services_mwh: Decimal = Decimal(0),
) -> dict[str, Decimal]:
    """Credited Energy Volume QCE of one BM Unit by Energy Account for one Settlement Period [MWh], exact.

    ```
    qce[subsidiary] = ((qm - qbs) * qmpr / 100 + qmfr) * tlm
    qce[lead]       = qm * tlm - sum(qce[subsidiary])
    ```

    Args:
        qm_mwh: BM Unit Metered Volume [MWh], export positive.
        multiplier: TLM of the BM Unit.
        lead_account: Energy Account of the Lead Party.
        reallocations: by subsidiary Energy Account.
        balancing_services_mwh: QBS, 0 for plant with no acceptances [MWh].

    Returns:
        By account, the Lead Party's first; the sum is `qm * tlm`.

    Raises:
        BadInput: EB-123 a reallocation to the lead account itself, a percentage outside 0 to 100 or above 100 in all.

    References: BSC Section T 4; handbook 5.3. Mark: [inferred].
    """
    given = reallocations or {}
    shares = [decimal_of(part.percentage, f"QMPR of {account}") for account, part in given.items()]
    if lead_account in given or any(not 0 <= share <= 100 for share in shares) or total(shares) > 100:
        raise BadInput(
            "BAD_INPUT",
            f"The Metered Volume Reallocations of account {lead_account} name itself, or are not 0 to 100 % in all.",
            "Give each subsidiary account its percentage; what is left is the Lead Party's.",
        )
    volume = decimal_of(qm_mwh, "QM")
    with localcontext(EXACT):
        base = volume - decimal_of(balancing_services_mwh, "QBS")
        subsidiary = {
            account: (base * part.percentage.scaleb(-2) + decimal_of(part.fixed_mwh, f"QMFR of {account}")) * multiplier
            for account, part in given.items()
        }
        return {lead_account: volume * multiplier - sum(subsidiary.values(), Decimal(0)), **subsidiary}


def account_energy(credited: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Credited energy QACE of each Energy Account over its BM Units for one Settlement Period [MWh], exact.

    Args:
        credited: of each BM Unit, as `credited_energy` gives it.

    References: BSC Section T 4; handbook 5.3. Mark: [inferred].
    """
    by_account: dict[str, list[Decimal]] = {}
    for of_unit in credited:
        for account, energy in of_unit.items():
            by_account.setdefault(account, []).append(energy)
    return {account: total(parts) for account, parts in by_account.items()}


@dataclass(frozen=True, slots=True)
class LossBenefit:
    """What the multipliers of one Settlement Period are worth to an embedded plant.

    Attributes:
        uplift_mwh: credited less metered energy [MWh]: the note's view.
        advantage_mwh: credited energy less what a delivering Trading Unit would be credited with [MWh].
        baseline: which of the two is paid for.
        chosen_mwh: that one [MWh].
        amount_gbp: its value [£], exact; above 0 = benefit.
        rule_id: rule that holds.
        mark: standing of the rule.
    """

    uplift_mwh: Decimal
    advantage_mwh: Decimal
    baseline: Baseline
    chosen_mwh: Decimal
    amount_gbp: Decimal
    rule_id: str
    mark: Mark


def loss_benefit(
    qm_mwh: Decimal,
    tlm_off: Decimal,
    tlm_del: Decimal,
    *,
    delivering: bool,
    reference_price: Decimal | None,
    day: date,
    baseline: Baseline | None = None,
    ruleset: Ruleset = "codes",
) -> LossBenefit:
    """Loss benefit of a plant's volume in one Settlement Period, in MWh and in £, exact.

    ```
    tlm                      = tlm_del if delivering else tlm_off
    uplift_vs_meter_mwh      = qm * (tlm - 1)
    advantage_vs_deliver_mwh = qm * (tlm - tlm_del)
    loss_benefit_gbp         = chosen_mwh * reference_price
    ```

    The benefit may be negative (northern Scotland) and is never floored. The advantage is 0 where the Trading Unit
    delivers.

    Args:
        qm_mwh: metered volume after line losses [MWh], export positive.
        tlm_off: off-taking TLM of the zone.
        tlm_del: delivering TLM of the zone.
        delivering: whether the Trading Unit of the plant delivers in the period.
        reference_price: value of one more credited MWh [£/MWh]: the imbalance price, or a contract's.
        day: Settlement Day.
        baseline: `metered` or `delivering`; by default the ruleset's (`note-v8` metered, `codes` delivering).
        ruleset: by which the baseline is chosen where it is not given.

    Raises:
        Missing: EB-112 (MISSING_SYSTEM_PRICE) without a reference price.
        BadInput: EB-123 an unknown baseline or ruleset, a number that is none.

    References: BSC Section T 2.3; guidance note v8, N18; handbook 5.4. Mark: [doc] for the multipliers.
    """
    check_ruleset_name(ruleset)
    chosen = BASELINES[ruleset] if baseline is None else baseline
    if chosen not in ("metered", "delivering"):
        raise BadInput("BAD_INPUT", f"There is no loss baseline {chosen!r}.", "Give metered or delivering.")
    if reference_price is None:
        raise Missing(
            "MISSING_SYSTEM_PRICE",
            f"Loss benefit on {day}: there is no price of one more credited MWh.",
            "Pass reference_price=: the imbalance price of the half hour, or the contract's price.",
        )
    volume = decimal_of(qm_mwh, "QM")
    off, deliver = decimal_of(tlm_off, "The off-taking TLM"), decimal_of(tlm_del, "The delivering TLM")
    with localcontext(EXACT):
        multiplier = deliver if delivering else off
        uplift = volume * (multiplier - 1)
        advantage = volume * (multiplier - deliver)
        chosen_mwh = uplift if chosen == "metered" else advantage
        amount = chosen_mwh * decimal_of(reference_price, "The reference price")
    era = rule_era("losses", day)
    return LossBenefit(uplift, advantage, chosen, chosen_mwh, amount, era.rule_id, era.mark)
