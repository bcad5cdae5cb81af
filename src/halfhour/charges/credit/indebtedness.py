"""Energy indebtedness of an account, half hour by half hour and day by day, and the cover that it calls for.

Follows BSC Section M; handbook sections 9.1 and 9.2. Energy in MWh, positive = owing; money in £; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from halfhour.calendar import days, is_working_day, settlement_periods
from halfhour.charges.credit.bm_units import (
    RULE_OF_BASIS,
    BmUnit,
    basis,
    capability_mw,
    caqce_mwh,
    credit_qualifying,
    kept_mwh,
)
from halfhour.charges.credit.case import CreditCase
from halfhour.charges.credit.default_levels import Level, level_of
from halfhour.charges.credit.price import Cap, cap_on
from halfhour.charges.credit.rules import EXACT, QUOTIENT, SPD_HOURS, ZERO, Step, in_force, parameter, plain, step
from halfhour.charges.credit.volumes import Series, sum_exact
from halfhour.charges.credit.windows import Window, window
from halfhour.errors import HalfhourError


@dataclass(frozen=True, slots=True)
class HalfHour:
    """Indebtedness after a half hour [MWh], and the percentage of the cover that it takes.

    Attributes:
        ccp: Credit Cover Percentage as a ratio; None where no cover is stated, or none is lodged.
        level: 0, 1 or 2; None where no cover is stated.
    """

    day: date
    period: int
    ei_mwh: Decimal
    ccp: Decimal | None
    level: Level | None


@dataclass(frozen=True, slots=True)
class Day:
    """Indebtedness of a day.

    Attributes:
        window: the Settlement Days that count, by component.
        cap: the price of the day.
        cei_mwh, mei_mwh, aei_mwh, ei_mwh: at the end of the day [MWh].
        highest: the half hour of the day with the highest indebtedness, the first of several.
        cover_gbp: lodged; None where the case states none.
        ecc_mwh: the same in energy; None likewise.
        exposure_gbp: the highest indebtedness at the price; negative where the account is owed.
        required_cover_gbp: cover that keeps the percentage at 80 % at the highest indebtedness.
    """

    day: date
    window: Window
    cap: Cap
    cei_mwh: Decimal
    mei_mwh: Decimal
    aei_mwh: Decimal
    ei_mwh: Decimal
    highest: HalfHour
    cover_gbp: Decimal | None
    ecc_mwh: Decimal | None
    exposure_gbp: Decimal
    required_cover_gbp: Decimal


def required_cover_gbp(ei_mwh: Decimal, cap_gbp_per_mwh: Decimal, day: date) -> Decimal:
    """Cover that keeps the Credit Cover Percentage at the Level 1 threshold [£] (rule C19).

    Args:
        ei_mwh: Energy Indebtedness [MWh], positive = owing; where the account is owed, no cover is called for.
        cap_gbp_per_mwh: Credit Assessment Price [£/MWh].
        day: on which the threshold holds.
    """
    with localcontext(EXACT):
        return max(ei_mwh, ZERO) * cap_gbp_per_mwh / parameter("level_1_percentage", day).value


def credit_cover_percentage(ei_mwh: Decimal, cap_gbp_per_mwh: Decimal, cover_gbp: Decimal) -> Decimal | None:
    """The Credit Cover Percentage as a ratio (rule C18); None where no cover is lodged, since nothing divides by it."""
    if cover_gbp == 0:
        return None
    with localcontext(EXACT):
        exposure = ei_mwh * cap_gbp_per_mwh
    return QUOTIENT.divide(exposure, cover_gbp)


class Account:
    """A case with its days computed once: what each Settlement Day adds to each component.

    Args:
        case: the case.
    """

    def __init__(self, case: CreditCase) -> None:
        self.case = case
        self._cei: dict[date, tuple[Decimal, ...]] = {}
        self._mei: dict[date, Decimal] = {}
        self._days: dict[date, tuple[Day, tuple[HalfHour, ...]]] = {}

    def units_on(self, day: date) -> list[BmUnit]:
        """The BM Units that stand for a day."""
        return [unit for unit in self.case.units if unit.holds(day)]

    def caqce_of(self, unit: BmUnit, day: date) -> tuple[Decimal, ...]:
        """Credit Assessment Credited Energy of a BM Unit per Settlement Period of a day [MWh], after reallocation.

        Raises:
            HalfhourError: EB-211 no FPN for a half hour, EB-213 no factor for the day.
        """
        if basis(unit, day) == "fpn":
            series = self.case.fpn.get(str(unit.id), Series(f"The FPN of {unit.id}"))
            given = series.day_single(day)
        else:
            given = (caqce_mwh(unit, day),) * settlement_periods(day)
        return tuple(kept_mwh(unit, value) for value in given)

    def cei_of(self, day: date) -> tuple[Decimal, ...]:
        """What a Settlement Day adds to CEI, per Settlement Period [MWh] (rule C13)."""
        if day not in self._cei:
            units = [self.caqce_of(unit, day) for unit in self.units_on(day)]
            contracts = self.case.contracts.day_sum(day)
            with localcontext(EXACT):
                self._cei[day] = tuple(
                    -(sum((volumes[index] for volumes in units), ZERO) - qabc) for index, qabc in enumerate(contracts)
                )
        return self._cei[day]

    def mei_of(self, day: date) -> Decimal:
        """What a Settlement Day adds to MEI [MWh] (rule C14).

        Raises:
            HalfhourError: EB-212 (DATA_GAP) the case has no metered volume for the day, or not for all of it.
        """
        if day not in self._mei:
            try:
                metered = self.case.metered.day_single(day)
            except HalfhourError as error:
                if error.code != "EB-211":
                    raise
                raise HalfhourError(
                    "EB-212",
                    f"{error.message} The day counts as MEI: its Interim Information run is done.",
                    'Give its metered volumes in [[metered]], or state the whole as mei_mwh = "..." in [account]; a '
                    "new account names its first_day.",
                ) from None
            with localcontext(EXACT):
                self._mei[day] = -(sum_exact(metered) - sum_exact(self.case.contracts.day_sum(day)))
        return self._mei[day]

    def charges_of(self, day: date) -> Decimal:
        """The Trading Charges of a Settlement Day [£].

        Raises:
            HalfhourError: EB-212 (DATA_GAP) the case has none for the day, EB-209 it has two.
        """
        given = [one.gbp for one in self.case.charges if one.holds(day)]
        if len(given) == 1:
            return given[0]
        if given:
            raise HalfhourError(
                "EB-209",
                f"Two Trading Charges are given for {day}.",
                "Let the days of [[trading_charges]] not overlap.",
            )
        raise HalfhourError(
            "EB-212",
            f"DATA_GAP: there are no Trading Charges for {day}, which counts as AEI: its Initial Settlement run is "
            "done and it is not paid.",
            'Give them in [[trading_charges]], or state the whole as aei_mwh = "..." in [account]; a new account names '
            "its first_day.",
        )

    def mei(self, of: Window) -> Decimal:
        """Metered Energy Indebtedness of a window [MWh]."""
        if self.case.mei_mwh is not None:
            return self.case.mei_mwh
        return sum_exact(self.mei_of(day) for day in of.mei)

    def aei(self, of: Window, cap: Cap) -> Decimal:
        """Actual Energy Indebtedness of a window [MWh] (rule C15)."""
        if self.case.aei_mwh is not None:
            return self.case.aei_mwh
        return QUOTIENT.divide(sum_exact(self.charges_of(day) for day in of.aei), cap.gbp_per_mwh)

    def half_hours(self, day: date) -> tuple[HalfHour, ...]:
        """Indebtedness after each half hour of a day.

        Raises:
            NotCovered: EB-210 no price, EB-219 or CA-011 outside parameters or holiday calendar.
            HalfhourError: EB-204, EB-205, EB-209, EB-211, EB-212, EB-213 for a case that does not reach so far.
        """
        return self._day(day)[1]

    def on(self, day: date) -> Day:
        """Indebtedness of a day; raises as `half_hours`."""
        return self._day(day)[0]

    def _day(self, day: date) -> tuple[Day, tuple[HalfHour, ...]]:
        if day not in self._days:
            self._days[day] = self._checked(day)
        return self._days[day]

    def _checked(self, day: date) -> tuple[Day, tuple[HalfHour, ...]]:
        case = self.case
        if case.first_day is not None and day < case.first_day:
            raise HalfhourError(
                "EB-205", f"{day} is before the first day of trading, {case.first_day}.", "Ask for a later day."
            )
        cap = cap_on(day, case.caps)
        of = window(day, case.boundaries, case.first_day)
        cover = case.cover_on(day)
        with localcontext(EXACT):
            before = sum((sum(self.cei_of(earlier), ZERO) for earlier in of.cei if earlier != day), ZERO)
            mei, aei = self.mei(of), self.aei(of, cap)
            reached = before + mei + aei
            half_hours = []
            for period, added in enumerate(self.cei_of(day), start=1):
                reached += added
                half_hours.append(
                    HalfHour(
                        day,
                        period,
                        reached,
                        None if cover is None else credit_cover_percentage(reached, cap.gbp_per_mwh, cover),
                        None if cover is None else level_of(reached, cap.gbp_per_mwh, cover, day),
                    )
                )
            highest = max(half_hours, key=lambda one: (one.ei_mwh, -one.period))
            found = Day(
                day=day,
                window=of,
                cap=cap,
                cei_mwh=reached - mei - aei,
                mei_mwh=mei,
                aei_mwh=aei,
                ei_mwh=reached,
                highest=highest,
                cover_gbp=cover,
                ecc_mwh=None if cover is None else QUOTIENT.divide(cover, cap.gbp_per_mwh),
                exposure_gbp=highest.ei_mwh * cap.gbp_per_mwh,
                required_cover_gbp=required_cover_gbp(highest.ei_mwh, cap.gbp_per_mwh, day),
            )
        return found, tuple(half_hours)

    def days(self, start: date, end: date) -> Iterator[Day]:
        """Indebtedness of each day of `[start, end)`; raises as `half_hours`."""
        for day in days(start, end):
            yield self.on(day)

    def working(self, day: date) -> tuple[Step, ...]:
        """How the figures of a day come about, step by step; raises as `half_hours`."""
        return tuple(self._steps(self.on(day)))

    def _steps(self, found: Day) -> Iterator[Step]:
        day, of, cap = found.day, found.window, found.cap.gbp_per_mwh
        counted = sorted(of.cei + of.mei + of.aei)
        yield step("days that count", "C01", f"{counted[0]} to {counted[-1]}", len(counted), "days")
        working = [one for one in of.cei if is_working_day(one)]
        other = [one for one in of.cei if not is_working_day(one)]
        numbers = f"{of.cei[0]} to {of.cei[-1]}: {len(working)} Working Days, {len(other)} Non-Working Days"
        yield step("days of CEI", "C02", numbers, len(of.cei), "days", parameter("interim_run_working_days", day).mark)
        seen: set[tuple[str, str]] = set()
        for settlement_day in of.cei:
            for unit in self.units_on(settlement_day):
                yield from self._unit_steps(unit, settlement_day, of, seen)
        qabc = sum_exact(value for one in of.cei for value in self.case.contracts.day_sum(one))
        periods = sum(settlement_periods(one) for one in of.cei)
        caqce = sum_exact(value for one in of.cei for unit in self.units_on(one) for value in self.caqce_of(unit, one))
        numbers = f"-({plain(caqce)} - ({plain(qabc)})), over {periods} Settlement Periods"
        yield step("cei", "C13", numbers, found.cei_mwh, "MWh")
        stated = self.case.mei_mwh is not None
        numbers = "stated by the case" if stated else f"{_span(of.mei)}, from metered volumes"
        yield step("mei", "C14", numbers, found.mei_mwh, "MWh", "supplied" if stated else "")
        stated = self.case.aei_mwh is not None
        charges = ZERO if stated else sum_exact(self.charges_of(one) for one in of.aei)
        numbers = "stated by the case" if stated else f"{_span(of.aei)}: £{plain(charges)} / {plain(cap)}"
        yield step("aei", "C15", numbers, found.aei_mwh, "MWh", "supplied" if stated else "")
        numbers = f"{plain(found.cei_mwh)} + {plain(found.mei_mwh)} + {plain(found.aei_mwh)}"
        yield step("ei at the end of the day", "C16", numbers, found.ei_mwh, "MWh")
        highest = found.highest
        numbers = f"after Settlement Period {highest.period}"
        yield step("highest ei of the day", "C01", numbers, highest.ei_mwh, "MWh", "inferred")
        yield step("cap", "C17", f"on {day}: {found.cap.source}", cap, "£/MWh", found.cap.mark)
        numbers = f"{plain(highest.ei_mwh)} * {plain(cap)}"
        yield step("exposure", "C19", numbers, found.exposure_gbp, "£")
        threshold = parameter("level_1_percentage", day).value
        numbers = f"max({plain(highest.ei_mwh)}, 0) * {plain(cap)} / {threshold}"
        yield step("required cover", "C19", numbers, found.required_cover_gbp, "£")
        if found.cover_gbp is None or found.ecc_mwh is None:
            return
        yield step("ecc", "C18", f"{plain(found.cover_gbp)} / {plain(cap)}", found.ecc_mwh, "MWh")
        numbers = (
            f"{plain(found.exposure_gbp)} / {plain(found.cover_gbp)}"
            if highest.ccp is not None
            else "no cover is lodged"
        )
        yield step("ccp", "C18", numbers, highest.ccp, "")
        rule_id, limit = "C20", threshold
        if highest.level == 2:
            rule_id, limit = "C21", parameter("level_2_percentage", day).value
        yield step(
            "level",
            rule_id,
            f"{plain(found.exposure_gbp)} against {limit} * {plain(found.cover_gbp)}",
            highest.level,
            "",
        )

    def _unit_steps(self, unit: BmUnit, day: date, of_day: Window, seen: set[tuple[str, str]]) -> Iterator[Step]:
        """The steps of a BM Unit, once for each kind of day and basis."""
        of = basis(unit, day)
        by_day_type = in_force("day_type_factors", day) and of in ("production", "consumption")
        kind = ("Working Day" if is_working_day(day) else "Non-Working Day") if by_day_type else "day"
        key = (f"{unit.id} {unit.effective_from}", f"{of} {kind}")
        if key in seen:
            return
        if not any(unit_key == key[0] for unit_key, _ in seen):
            numbers = (
                f"FPN {_yes(unit.submits_fpn)}, flag {unit.flag}, Exempt Export {_yes(unit.exempt_export)}, "
                f"Interconnector {_yes(unit.is_interconnector)}"
            )
            yield step(f"{unit.id}: credit-qualifying", "C06", numbers, _yes(credit_qualifying(unit)), "")
        seen.add(key)
        if of == "fpn":
            units = [one for one in of_day.cei if unit.holds(one)]
            total = sum_exact(value for one in units for value in self.caqce_of(unit, one))
            yield step(f"{unit.id}: caqce of the days of CEI", "C08", "the FPN of each half hour", total, "MWh")
            return
        capability = capability_mw(unit, day)
        capacity = unit.dc_mw if of == "consumption" else unit.gc_mw
        name = "bmcaic" if of == "consumption" else "bmcaec"
        factor = "no factor" if capacity == 0 else plain(QUOTIENT.divide(capability, capacity))
        rule_id = "C07" if of == "secalf" else "C05"
        yield step(f"{unit.id}: {name}, {kind}", rule_id, f"{factor} * {plain(capacity)}", capability, "MW")
        volume = caqce_mwh(unit, day)
        numbers = f"{SPD_HOURS} * {plain(capability)}"
        yield step(f"{unit.id}: caqce of a half hour, {kind}", RULE_OF_BASIS[of], numbers, volume, "MWh")
        if unit.reallocated_percent or unit.reallocated_mwh:
            numbers = f"{plain(volume)} less {plain(unit.reallocated_percent)} % and {plain(unit.reallocated_mwh)}"
            yield step(f"{unit.id}: kept of a half hour, {kind}", "C12", numbers, kept_mwh(unit, volume), "MWh")


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _span(of: tuple[date, ...]) -> str:
    return f"{of[0]} to {of[-1]}" if of else "no day"
