"""Wider generation TNUoS, which embedded stations pay from a TEC of 100 MW: the comparator of the embedded benefits.

Follows CUSC Section 14 and the handbook, embedded-generation.md 6.7. Embedded plant pays no onshore local tariff.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal

from halfhour.charges.exact import decimal, product, total
from halfhour.charges.levies import EXACT
from halfhour.charges.rulesets import Ruleset, check_ruleset_name
from halfhour.charges.triads import TRIADS, three
from halfhour.market_data.embedded import (
    BadInput,
    Missing,
    Rate,
    Row,
    charging_year_days,
    decimal_of,
    number,
    rows,
)


def generation_tariff(charging_year: str, generation_zone: int, technology: str, annual_load_factor: Decimal) -> Rate:
    """The wider generation tariff of a zone and technology [£/kW], exact; positive = charge.

    ```
    conventional carbon      peak + alf * (shared + not_shared) + adjustment
    conventional low carbon  peak + alf * shared + not_shared + adjustment
    intermittent                    alf * shared + not_shared + adjustment
    ```

    Args:
        charging_year: such as `2026/27`.
        generation_zone: 1 to 27; not a demand zone.
        technology: such as `ccgt`, `nuclear`, `wind`, or one of the three kinds.
        annual_load_factor: ALF, 0 to 1.

    Raises:
        Missing: EB-101 (MISSING_TARIFF) a year that is not held.
        BadInput: EB-123 an unknown zone or technology, a load factor outside 0 to 1.

    References: CUSC Section 14; NESO, Final TNUoS Tariffs for 2026/27, Table 2; handbook 6.7. Mark: [doc].
    """
    factor = decimal_of(annual_load_factor, "The annual load factor")
    if not 0 <= factor <= 1:
        raise BadInput(
            "BAD_INPUT", f"The annual load factor {factor} is not from 0 to 1.", "Give a share such as 0.45."
        )
    start, end = charging_year_days(charging_year)
    kind = _kind(technology)
    row = _generation_row(charging_year, generation_zone)
    peak, shared, not_shared, adjustment = (
        Decimal(row[f"{part}_gbp_per_kw"]) for part in ("peak", "shared", "not_shared", "adjustment")
    )
    with localcontext(EXACT):
        if kind == "conventional carbon":
            value = peak + factor * (shared + not_shared) + adjustment
        elif kind == "conventional low carbon":
            value = peak + factor * shared + not_shared + adjustment
        else:
            value = factor * shared + not_shared + adjustment
    return Rate(
        item=f"wider generation tariff {charging_year}, generation zone {generation_zone} ({row['name']}), {kind}",
        value=value,
        unit="£/kW",
        source=row.source,
        mark=row.mark,
        effective_from=start,
        effective_to=end,
    )


def _kind(technology: str) -> str:
    kinds = {row["technology"]: row["kind"] for row in rows("generation_technologies")}
    if technology in kinds.values():
        return technology
    if technology not in kinds:
        raise BadInput(
            "BAD_INPUT",
            f"There is no generation tariff of technology {str(technology)[:40]!r}.",
            f"Technologies: {', '.join(kinds)}; or a kind: {', '.join(dict.fromkeys(kinds.values()))}.",
        )
    return kinds[technology]


def _generation_row(charging_year: str, generation_zone: int) -> Row:
    tariffs = rows("generation_wider_tariffs")
    years = dict.fromkeys(row["charging_year"] for row in tariffs)
    if charging_year not in years:
        raise Missing(
            "MISSING_TARIFF",
            f"Generation tariff for charging year {charging_year}, generation zone {generation_zone} is not held. "
            f"Held: {', '.join(years)}.",
            "Pass the tariff of that year's publication as a Rate of your own.",
        )
    for row in tariffs:
        if row["charging_year"] == charging_year and int(row["generation_zone"]) == generation_zone:
            return row
    raise BadInput(
        "BAD_INPUT",
        f"There is no generation zone {generation_zone!r} in {charging_year}.",
        "Give a generation zone of that year's publication (1 to 27); it is not a demand zone.",
    )


@dataclass(frozen=True, slots=True)
class GenerationAmount:
    """Wider generation TNUoS of a station for one charging year: one of the two is 0.

    Attributes:
        charge_gbp: charged where the tariff is positive [£], exact.
        credit_gbp: paid where it is negative [£].
        quantity_kw: TEC, or the mean of the three outputs [kW].
    """

    charge_gbp: Decimal
    credit_gbp: Decimal
    quantity_kw: Decimal


def generation_amount(
    rate: Rate, tec_kw: Decimal, highest_outputs_kw: Sequence[Decimal] | None = None
) -> GenerationAmount:
    """Generation TNUoS in £.

    ```
    charge_gbp = tariff * tec_kw                                                  # tariff > 0
    credit_gbp = -tariff * mean(three highest outputs, each capped at TEC)        # tariff < 0
    ```

    Args:
        rate: as `generation_tariff` gives it [£/kW].
        tec_kw: highest Transmission Entry Capacity held in the year [kW].
        highest_outputs_kw: the three highest outputs [kW] between 1 November and the end of February, at least ten
            clear days apart; needed where the tariff is negative.

    Raises:
        BadInput: EB-123 negative capacity or output, or no three outputs under a negative tariff.

    References: CUSC 14.18.13 to 14.18.17; handbook 6.7. Mark: [doc].
    """
    capacity = decimal_of(tec_kw, "TEC")
    if capacity < 0:
        raise BadInput("BAD_INPUT", f"TEC {capacity} kW is negative.", "Give the capacity in kW.")
    if rate.value >= 0:
        return GenerationAmount(product(rate.value, capacity), Decimal(0), capacity)
    if highest_outputs_kw is None:
        raise BadInput(
            "BAD_INPUT",
            f"{rate.item} is negative ({rate}), so the three highest outputs of the winter decide.",
            "Pass highest_outputs_kw=, three outputs at least ten clear days apart.",
        )
    outputs = three(highest_outputs_kw, "Outputs")
    if min(outputs) < 0:
        raise BadInput("BAD_INPUT", "An output is negative.", "Give the three highest outputs in kW.")
    capped = Fraction(total([min(output, capacity) for output in outputs]))
    return GenerationAmount(Decimal(0), decimal(-Fraction(rate.value) * capped / TRIADS), decimal(capped / TRIADS))


def pays_generation_tnuos(
    tec_mw: Decimal, connection: Literal["distribution", "transmission"], *, ruleset: Ruleset = "codes"
) -> bool:
    """Whether an exemptible station pays generation TNUoS.

    A station connected to transmission does. An embedded one does under `codes` from a TEC of 100 MW, under `note-v8`
    never (N13, trap T16).

    Args:
        tec_mw: Transmission Entry Capacity [MW], 0 where it has none.
        connection: `distribution` or `transmission`.
        ruleset: `codes` or `note-v8`.

    Raises:
        BadInput: EB-123 an unknown connection or ruleset, negative capacity.

    References: NESO, TNUoS in 10 Minutes, July 2025; handbook 6.7, T16. Mark: [doc].
    """
    check_ruleset_name(ruleset)
    capacity = decimal_of(tec_mw, "TEC")
    if capacity < 0 or connection not in ("distribution", "transmission"):
        raise BadInput(
            "BAD_INPUT",
            f"TEC {capacity} MW with connection {connection!r} is no station.",
            "Give a TEC that is not negative, and distribution or transmission.",
        )
    return connection == "transmission" or (ruleset == "codes" and capacity >= number("generation_tnuos_threshold"))
