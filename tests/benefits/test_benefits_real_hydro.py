"""The measured river hydro plant beside the real imbalance prices: priced where data cover it, refused where not."""

from __future__ import annotations

import importlib
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from halfhour.charges.benefits import Amount
from halfhour.charges.exact import display_gbp
from halfhour.charges.levies import EXACT
from halfhour.charges.tnuos import tnuos_amount, triad_kw
from halfhour.charges.triads import triads
from halfhour.market_data.embedded import held

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not (DATA / "readings" / "river_hydro_30min.csv").is_file(), reason="no shared data here"),
]


@pytest.fixture(scope="module")
def hydro() -> ModuleType:
    """`examples/hydro_benefits.py`, which reads the plant and states what is assumed of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "examples"))
        return importlib.import_module("hydro_benefits")


@pytest.fixture(scope="module")
def found(hydro: ModuleType) -> Any:
    return hydro.overlap(DATA)


def test_half_hours_that_readings_and_prices_both_cover(found: Any) -> None:
    assert (found.start.isoformat(), found.end.isoformat()) == ("2018-05-02", "2019-02-11")
    # The 952 half hours that stand twice in the file count once; before the first reading 22 are absent.
    assert len(found.readings) == 13_660


def test_losses_tnuos_and_energy_are_those_of_a_plain_loop(hydro: ModuleType, found: Any) -> None:
    made = hydro.compare(found, "tnuos", "losses")
    own = made.route("OWN_RIGHT")
    amounts = {line.component: line.found for line in (*own.lines, *own.beside)}
    price = {(row["settlement_date"], row["settlement_period"]): Decimal(row["system_price"]) for row in found.prices}
    estimates = list(zip(held("etlmo_offtaking"), held("etlmo_delivering"), strict=True))
    losses = energy = Decimal(0)
    at = {}
    for row in found.readings:
        half_hour = (row["settlement_date"], row["settlement_period"])
        qm = EXACT.multiply(Decimal(row["export_wh"]), Decimal("0.000001"))
        off, delivering = next(
            (a.value, b.value) for a, b in estimates if a.effective_from <= half_hour[0] < a.effective_to
        )
        pounds = EXACT.multiply(qm, price[half_hour])
        losses = EXACT.add(losses, EXACT.multiply(pounds, off - delivering))
        energy = EXACT.add(energy, EXACT.multiply(pounds, 1 + off))
        at[half_hour] = qm
    scalar = tnuos_amount(triad_kw([at[one.half_hour] for one in triads("2018/19")], "2018/19"), "_H")
    assert isinstance(amounts["losses"], Amount)
    assert amounts["losses"].amount_gbp == losses
    assert isinstance(amounts["imbalance"], Amount)
    assert amounts["imbalance"].amount_gbp == energy
    assert isinstance(amounts["tnuos"], Amount)
    assert display_gbp(amounts["tnuos"].amount_gbp) == display_gbp(scalar.export_gbp)
    assert [made.route(name).gross_gbp for name in ("SVA_SUPPLIER", "CVA_PARTY")] == [own.gross_gbp] * 2


def test_what_is_not_held_is_refused_by_name(hydro: ModuleType, found: Any) -> None:
    everything = hydro.compare(found, "tnuos", "bsuos", "losses", "rcrc")
    assert {one.component: one.name for one in everything.lacking} == {
        "bsuos": "MISSING_BSUOS_PRICE",
        "rcrc": "MISSING_RCRC",
    }
    assert everything.route("OWN_RIGHT").gross_gbp is None
    without = hydro.compare(found, "tnuos", "losses", with_loss_factor=False)
    assert [one.name for one in without.lacking] == ["MISSING_TLF"]
    assert "_H" in without.lacking[0].error.message
