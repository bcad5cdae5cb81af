"""A measured river hydro plant, and what its embedded benefits are worth by route.

    python examples/hydro_benefits.py OUT [--data ../shared/data]

The plant's output is measured from 2 May 2018 to 12 April 2019; real imbalance prices lie beside it to 10 February
2019. The half hours that both cover are reckoned: TNUoS at the published Triads of 2018/19, losses, and the energy at
the imbalance price. What no tariff or price is held for is refused, not guessed.

Assumed, since nobody measured it: the plant is in GSP Group _H (it lies near Oxford), its Line Loss Factor is 1, and
the Base Trading Unit takes off in every half hour. The file has no clock changes, so its times are taken as UTC. Loss
adjustments are the published estimates; the TLF is given as 0: losses against a delivering unit do not depend on it.

Source of the readings: themathedges/3YP (MIT); imbalance prices: Elexon, as published there.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path

from measured_home import HYDRO_FILE, read_hydro

from halfhour.calendar import period_of
from halfhour.charges.benefits import Amount, Market, RouteComparison, compare_routes, half_hours
from halfhour.charges.exact import display_gbp
from halfhour.plant import Plant, plant_of_text
from halfhour.reports.benefits import write_benefits_report

PRICE_FILE = "system_price_niv_2016-06-06_2019-02-10.csv"
CHARGING_YEAR = "2018/19"

PLANT = """\
[plant]
id = "river-hydro"
name = "River hydro near Oxford"
technology = "hydro"
connection = "embedded"
area = "NGET"
gsp_group = "_H"
registered_capacity_mw = 1
power_provided_mw = 1
declared_net_capacity_mw = 1
host_network_connected = true

[owner]
bsc_party = true
cusc_signatory = true

[supplier]
cusc_signatory = true

[trading_party]
cusc_signatory = true

[pass_through.SVA_SUPPLIER]
tnuos = 0.9
losses = 0.8

[pass_through.CVA_PARTY]
tnuos = 0.95
losses = 0.9

[costs]
SVA_SUPPLIER = 0
CVA_PARTY = 1500
OWN_RIGHT = 15000
"""

Row = dict[str, object]


@dataclass(frozen=True)
class Overlap:
    """The half hours that readings and prices both cover, and the days from the first to the last."""

    readings: list[Row]
    prices: list[Row]
    start: date
    end: date


def overlap(data: Path) -> Overlap:
    """Readings [Wh] and imbalance prices of the same half hours."""
    readings: dict[tuple[date, int], Row] = {}
    for one in read_hydro(data):
        day, period = period_of(one.start.replace(tzinfo=UTC))
        readings[day, period] = {
            "settlement_date": day,
            "settlement_period": period,
            "export_wh": one.wh[0],
            "llf_export": Decimal(1),
        }
    prices: dict[tuple[date, int], Row] = {}
    with (data / "prices" / PRICE_FILE).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            day, period = date.fromisoformat(row["settlement_date"]), int(row["settlement_period"])
            prices[day, period] = {
                "settlement_date": day,
                "settlement_period": period,
                "system_price": row["system_price_gbp_per_mwh"],
            }
    both = sorted(readings.keys() & prices.keys())
    last = both[-1][0]
    return Overlap(
        [readings[at] for at in both],
        [prices[at] for at in both],
        both[0][0],
        date.fromordinal(last.toordinal() + 1),
    )


def market(found: Overlap, *, with_loss_factor: bool) -> Market:
    """The real prices, and what is assumed."""
    made = Market(estimated_losses=True).table(found.prices, status="actual", source=PRICE_FILE)
    made.constant("base_tu_delivering", value=False, source="assumed off-taking")
    return made.constant("tlf", Decimal(0), source="assumed 0") if with_loss_factor else made


def compare(found: Overlap, *components: str, with_loss_factor: bool = True) -> RouteComparison:
    """The plant's routes for the half hours that both cover."""
    plant: Plant = plant_of_text(PLANT)
    return compare_routes(
        plant,
        half_hours(found.readings, HYDRO_FILE),
        market(found, with_loss_factor=with_loss_factor),
        CHARGING_YEAR,
        components=components,
        days=(found.start, found.end),
    )


def tell(made: RouteComparison) -> None:
    """Print the routes that are open, and what is missing."""
    covered = made.coverage
    print(f"{covered.given:,} half hours from {covered.start} until {covered.end}, {covered.absent:,} absent")
    print(f"{'route':<14}{'gross £':>12}{'owner net £':>14}  rank")
    for route in (one for one in made.routes if one.valid):
        gross, net = (
            "–" if amount is None else f"{display_gbp(amount):,}" for amount in (route.gross_gbp, route.owner_net_gbp)
        )
        print(f"{route.route_id:<14}{gross:>12}{net:>14}  {route.rank or '–'}")
    own = made.route("OWN_RIGHT")
    for line in (*own.lines, *own.beside):
        if isinstance(line.found, Amount):
            beside = "" if line in own.lines else " (beside the totals)"
            print(f"  {line.component}: £{display_gbp(line.found.amount_gbp):,}, {line.found.status}{beside}")
    for one in made.lacking:
        print(f"  {one.component}: refused, {one.error.message}")


def main() -> None:
    """Compare the routes, print them, write the report."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder to write into")
    parser.add_argument("--data", type=Path, default=beside, help="folder of the shared data (default: %(default)s)")
    given = parser.parse_args()
    if not (given.data / "readings" / HYDRO_FILE).is_file():
        parser.error(
            f"{given.data} does not hold readings/{HYDRO_FILE}; name the folder of the shared data with --data"
        )
    found = overlap(given.data)
    priced = compare(found, "tnuos", "losses")
    tell(priced)
    print("\nAll four components asked for:")
    tell(compare(found, "tnuos", "bsuos", "losses", "rcrc"))
    print("\nWithout a Transmission Loss Factor:")
    tell(compare(found, "tnuos", "losses", with_loss_factor=False))
    write_benefits_report(given.out / "report.html", [priced])
    priced.benefit_half_hour().write_parquet(given.out / "benefit_half_hour.parquet")
    print(f"\nReport: {given.out / 'report.html'}")


if __name__ == "__main__":
    main()
