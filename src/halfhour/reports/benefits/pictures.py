"""Pictures of a comparison as plain SVG and widths: what is drawn is scaled by floats, what is written is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from halfhour.charges.benefits import Amount, RouteComparison, RouteResult
from halfhour.charges.exact import display_gbp

COLOURS = {"tnuos": "#00508c", "bsuos": "#d55e00", "losses": "#2a7f62", "rcrc": "#7b4f9d"}
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 380, 150, 8, 22, 24


@dataclass(frozen=True, slots=True)
class Bar:
    """A route's gross as a bar: the owner's net, the costs and what others keep, in per cent of the widest."""

    route_id: str
    gross: str
    net: str
    owner_width: str
    costs_width: str
    others_width: str
    words: str


def pounds(amount: Decimal | None) -> str:
    """Pounds and pence, half up."""
    return "–" if amount is None else f"£{display_gbp(amount):,}".replace("£-", "−£")


def bars(routes: Sequence[RouteResult]) -> list[Bar]:
    """The open routes with an owner's net that is not negative, the best first."""
    drawn = [one for one in routes if one.owner_net_gbp is not None and one.gross_gbp and one.gross_gbp > 0]
    drawn = [one for one in drawn if one.owner_net_gbp is not None and one.owner_net_gbp >= 0]
    widest = max((one.gross_gbp or Decimal(0) for one in drawn), default=Decimal(0))
    found = []
    for one in sorted(drawn, key=lambda route: (route.rank or 0, route.route_id)):
        gross, owner, costs = one.gross_gbp or Decimal(0), one.owner_gbp or Decimal(0), one.costs_gbp or Decimal(0)
        net = owner - costs
        found.append(
            Bar(
                one.route_id,
                pounds(gross),
                pounds(net),
                _per_cent(net, widest),
                _per_cent(max(costs, Decimal(0)), widest),
                _per_cent(max(gross - owner, Decimal(0)), widest),
                f"{one.route_id}: owner's net {pounds(net)}, costs {pounds(costs)}, others {pounds(gross - owner)}",
            )
        )
    return found


def _per_cent(part: Decimal, whole: Decimal) -> str:
    return f"{float(part) / float(whole) * 100:.3f}" if whole else "0"


@dataclass(frozen=True, slots=True)
class Months:
    """A component month by month as a picture, and the same in figures."""

    component: str
    title: str
    svg: str
    words: str
    rows: tuple[tuple[str, str], ...]


def months(made: RouteComparison, names: dict[str, str]) -> list[Months]:
    """Each component of the first open route month by month; those that are nothing throughout are left out."""
    route = next((one for one in made.routes if one.valid), None)
    if route is None:
        return []
    held = [line.component for line in route.lines if isinstance(line.found, Amount) and line.found.half_hours]
    table = made.benefit_half_hour([route.route_id]).filter(pl.col("component").is_in(held))
    first = date(made.coverage.start.year, made.coverage.start.month, 1)
    axis = pl.date_range(first, made.coverage.end, "1mo", closed="left", eager=True).to_list()
    sums = table.group_by("component", pl.col("settlement_date").dt.truncate("1mo").alias("month")).agg(
        pl.col("amount_gbp").sum()
    )
    drawn = []
    for component in held:
        own = dict(sums.filter(component=component).select("month", "amount_gbp").iter_rows())
        if not any(own.values()):
            continue
        values = [(month, own.get(month)) for month in axis]
        least = min((value for _, value in values if value is not None), default=Decimal(0))
        most = max((value for _, value in values if value is not None), default=Decimal(0))
        drawn.append(
            Months(
                component,
                names[component],
                _columns(values, COLOURS[component], f"{names[component]} by month"),
                f"From {pounds(least)} to {pounds(most)} a month.",
                tuple(
                    (f"{month:%B %Y}", "nothing read" if value is None else pounds(value)) for month, value in values
                ),
            )
        )
    return drawn


def _columns(values: Sequence[tuple[date, Decimal | None]], colour: str, title: str) -> str:
    floats = [0.0 if value is None else float(value) for _, value in values]
    low, high = min(0.0, *floats), max(0.0, *floats)
    span = (high - low) or 1.0
    room = _HEIGHT - _TOP - _BOTTOM
    step = (_WIDTH - 2 * _LEFT) / len(values)

    def y(value: float) -> float:
        return _TOP + (high - value) / span * room

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">']
    for place, ((month, value), number) in enumerate(zip(values, floats, strict=True)):
        left, middle = _LEFT + place * step, _LEFT + (place + 0.5) * step
        top, bottom = min(y(number), y(0)), max(y(number), y(0))
        if value is None:
            parts.append(
                f'<rect x="{left:.1f}" y="{_TOP}" width="{step:.1f}" height="{room}" fill="#d5dbe1" opacity=".55"/>'
            )
        else:
            parts.append(
                f'<rect x="{left + step * 0.12:.1f}" y="{top:.1f}" width="{step * 0.76:.1f}" '
                f'height="{max(bottom - top, 0.8):.1f}" fill="{colour}"><title>{month:%B %Y}: {pounds(value)}</title>'
                "</rect>"
            )
        parts.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{month:%b}</text>')
    parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _LEFT}" y1="{y(0):.1f}" y2="{y(0):.1f}" stroke="#16202b"/>')
    top_text = pounds(Decimal(repr(high)).quantize(Decimal("0.01")))
    parts.append(f'<text x="{_LEFT}" y="14">{top_text}</text>')
    if low < 0:
        low_text = pounds(Decimal(repr(low)).quantize(Decimal("0.01")))
        parts.append(f'<text x="{_WIDTH - _LEFT}" y="14" text-anchor="end">{low_text}</text>')
    return "".join([*parts, "</svg>"])
