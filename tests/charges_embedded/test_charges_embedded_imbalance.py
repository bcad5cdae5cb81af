"""Imbalance and RCRC: signs, one price and two, shares that add up to the whole (V15, V16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from embedded_vectors import DATA, PRICES_2024, RCRC_2016, D, loaded, table, to
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from halfhour.calendar import period_start_utc
from halfhour.charges.imbalance import (
    CreditedVolume,
    energy_imbalance,
    rcrc,
    rcrc_amount,
    rcrc_rate,
    system_price,
    total_residual_cashflow,
)
from halfhour.market_data import MarketDataStore
from halfhour.market_data.embedded import BadInput, Missing, rule_date

shared = pytest.mark.skipif(not (DATA / "rcrc").is_dir(), reason=f"the shared data are not at {DATA}")

ONE_PRICE = date(2024, 10, 24)
TWO_PRICES = date(2015, 11, 4)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[MarketDataStore]:
    path = loaded(tmp_path_factory.mktemp("prices") / "store.sqlite", [DATA / RCRC_2016, DATA / PRICES_2024])
    with MarketDataStore.open(path) as opened:
        yield opened


# V15


@pytest.mark.shared_data
@shared
def test_imbalance_at_the_real_price(store):
    price = system_price(ONE_PRICE, 35, store=store)
    assert price.value == D("128.51")
    short = energy_imbalance(D("-120.5"), D(0), D("-118.0"), day=ONE_PRICE, ssp=price)
    assert (short.qaei_mwh, short.caei_gbp, short.status) == (D("-2.5"), D("321.275"), "actual")
    long = energy_imbalance(D("15.2"), D(0), D("14.0"), day=ONE_PRICE, ssp=price)
    assert (long.qaei_mwh, long.caei_gbp) == (D("1.2"), D("-154.212"))
    with pytest.raises(Missing, match=r"MISSING_SYSTEM_PRICE: No imbalance price is held for 2024-10-25.*2024-10-24"):
        system_price(date(2024, 10, 25), 1, store=store)


@pytest.mark.shared_data
@shared
def test_the_real_day_adds_up(store):
    rows = table(PRICES_2024)
    found = [(system_price(ONE_PRICE, period, store=store).value, D(row["net_imbalance_volume_mwh"]))
             for period, row in enumerate(rows, start=1)]  # fmt: skip
    assert len(found) == 48
    assert to(3, sum(price * volume for price, volume in found)) == D("1077361.618")
    assert sum(abs(volume) for _, volume in found) == D("12692.18")
    assert period_start_utc(ONE_PRICE, 1) == datetime(2024, 10, 23, 23, tzinfo=UTC)


def test_two_prices_and_an_account_before_5_november_2015():
    short = energy_imbalance(D(-2), D(0), D(0), day=TWO_PRICES, ssp=D(30), sbp=D(60), account="Consumption")
    long = energy_imbalance(D(2), D(0), D(0), day=TWO_PRICES, ssp=D(30), sbp=D(60), account="Production")
    assert (short.caei_gbp, long.caei_gbp) == (120, -60)
    assert (short.rule_id, long.account) == ("imbalance-two-prices", "Production")
    with pytest.raises(BadInput, match="ACCOUNT_NEEDED") as error:
        energy_imbalance(D(2), D(0), D(0), day=TWO_PRICES, ssp=D(30), sbp=D(60))
    assert error.value.code == "EB-126"
    with pytest.raises(Missing, match="MISSING_SYSTEM_PRICE: System Buy Price"):
        energy_imbalance(D(-2), D(0), D(0), day=TWO_PRICES, ssp=D(30), account="Production")


def test_one_price_from_5_november_2015_whichever_way_the_account_is_out():
    day = date(2015, 11, 5)
    for qace, pays in ((D(-2), 80), (D(2), -80)):
        assert energy_imbalance(qace, D(0), D(0), day=day, ssp=D(40)).caei_gbp == pays
        assert energy_imbalance(qace, D(0), D(0), day=day, ssp=None, sbp=D(40)).caei_gbp == pays
    with pytest.raises(BadInput, match="Two imbalance prices"):
        energy_imbalance(D(2), D(0), D(0), day=day, ssp=D(40), sbp=D(41))
    with pytest.raises(Missing, match="MISSING_SYSTEM_PRICE"):
        energy_imbalance(D(2), D(0), D(0), day=day, ssp=None)
    with pytest.raises(BadInput, match="no Energy Account"):
        energy_imbalance(D(2), D(0), D(0), day=day, ssp=D(40), account="Trading")


def test_a_balanced_account_needs_no_price():
    found = energy_imbalance(D(2), D("0.5"), D("1.5"), day=ONE_PRICE, ssp=None)
    assert (found.qaei_mwh, found.caei_gbp, found.price) == (0, 0, None)


# V16

ACCOUNTS = {
    "SupplierX": [CreditedVolume(D(-240), delivering=False)],
    "ExemptY": [CreditedVolume(D(8), delivering=False)],
    "GenZ": [CreditedVolume(D(235), delivering=True), CreditedVolume(D(-2), delivering=True)],
    "Interconnector": [CreditedVolume(D(-1), delivering=False, interconnector=True)],
}


def test_the_residual_is_shared_by_weights_with_signs():
    found = rcrc(ACCOUNTS, D(450), ONE_PRICE)
    shares = {share.account: share for share in found.shares}
    assert {name: share.weight_mwh for name, share in shares.items()} == {
        "SupplierX": 240, "ExemptY": -8, "GenZ": 233, "Interconnector": 0,
    }  # fmt: skip
    assert [to(7, shares[name].proportion) for name in ("SupplierX", "ExemptY", "GenZ")] == [
        D("0.5161290"), D("-0.0172043"), D("0.5010753"),
    ]  # fmt: skip
    assert [to(4, shares[name].rcrc_gbp) for name in ("SupplierX", "ExemptY", "GenZ")] == [
        D("232.2581"), D("-7.7419"), D("225.4839"),
    ]  # fmt: skip
    assert to(7, found.rate) == D("0.9677419")
    assert sum(share.proportion for share in found.shares) == 1
    assert sum(share.amount for share in found.shares) == 450
    # The note's plain proportion divides by the plain sum, which is nothing but the Interconnector's 1 MWh.
    plain = sum(volume.qce_mwh for name in ("SupplierX", "ExemptY", "GenZ") for volume in ACCOUNTS[name])
    assert plain == 1
    assert to(7, Fraction(D(-240)) / Fraction(plain)) != to(7, shares["SupplierX"].proportion)


@pytest.mark.shared_data
@shared
def test_an_exporter_in_a_trading_unit_that_takes_off_pays_at_the_real_rate(store):
    rate = rcrc_rate(date(2016, 2, 15), 37, store=store)
    assert (to(7, rate.value), rate.run) == (D("0.7292586"), "SF")
    assert to(6, rcrc_amount(rate.value, D(10), D("1.01076"), False)) == D("-7.371054")
    assert rcrc_amount(rate.value, D(10), D("1.01076"), True) > 0
    with pytest.raises(
        Missing, match=r"MISSING_RCRC: No RCRC rate is held for 2015-11-25 period 35.*2015-12-29"
    ) as error:
        rcrc_rate(date(2015, 11, 25), 35, store=store)
    assert error.value.code == "EB-111"
    early = rcrc_rate(date(2016, 1, 19), 35, store=store)
    assert (to(7, early.value), early.run) == (D("-0.0844519"), "R1")
    assert to(6, rcrc_amount(early.value, D(8), D("1.01076"), False)) == D("0.682885")


def test_interconnectors_had_a_share_before_p285():
    last_day = date(2013, 6, 26)
    assert rule_date("interconnectors_out_of_rcrc") == date(2013, 6, 27)
    found = {share.account: share.weight_mwh for share in rcrc(ACCOUNTS, D(450), last_day).shares}
    assert found["Interconnector"] == 1


def test_weights_that_add_up_to_nothing_share_nothing():
    with pytest.raises(BadInput, match="NO_SHARES") as error:
        rcrc({"a": [CreditedVolume(D(5), True)], "b": [CreditedVolume(D(5), False)]}, D(1), ONE_PRICE)
    assert error.value.code == "EB-127"
    with pytest.raises(BadInput, match="NO_SHARES"):
        rcrc({}, D(1), ONE_PRICE)


# Over random markets

energy = st.decimals(-500, 500, places=6)
credited_volumes = st.builds(CreditedVolume, energy, st.booleans(), st.booleans())
markets = st.dictionaries(st.text(min_size=1, max_size=3), st.lists(credited_volumes, max_size=4), min_size=1)


def shared_out(market, trc, day):
    try:
        return rcrc(market, trc, day)
    except BadInput as error:
        assume(error.name != "NO_SHARES")
        raise


@given(markets, st.decimals(-10_000, 10_000, places=2), st.sampled_from([date(2013, 6, 26), ONE_PRICE]))
@settings(max_examples=150)
def test_the_shares_add_up_to_the_whole_residual(market, trc, day):
    found = shared_out(market, trc, day)
    assert sum(share.amount for share in found.shares) == Fraction(trc)
    assert sum(share.proportion for share in found.shares) == 1
    assert all(share.amount == found.rate * Fraction(share.weight_mwh) for share in found.shares)


@given(markets, st.decimals(-10_000, 10_000, places=2))
@settings(max_examples=50)
def test_the_order_of_accounts_changes_nothing(market, trc):
    forward = shared_out(market, trc, ONE_PRICE)
    backward = shared_out(dict(reversed(market.items())), trc, ONE_PRICE)
    assert {share.account: share for share in forward.shares} == {share.account: share for share in backward.shares}


positions = st.lists(st.tuples(energy, energy, energy), min_size=1, max_size=6)


@given(positions, st.decimals(-100, 1000, places=5))
@settings(max_examples=100)
def test_at_one_price_the_residual_is_the_price_of_the_net_imbalance(accounts, price):
    found = [energy_imbalance(*volumes, day=ONE_PRICE, ssp=price) for volumes in accounts]
    net = sum(one.qaei_mwh for one in found)
    assert total_residual_cashflow(found) == -net * price
    assert [one.caei_gbp for one in found] == [
        energy_imbalance(*volumes, day=TWO_PRICES, ssp=price, sbp=price, account="Production").caei_gbp
        for volumes in accounts
    ]


@given(positions, st.decimals(0, 100, places=5), st.decimals(0, 100, places=5))
@settings(max_examples=50)
def test_two_prices_never_pay_an_account_more_than_the_better_of_them(accounts, one, other):
    low, high = sorted((one, other))
    for volumes in accounts:
        found = energy_imbalance(*volumes, day=TWO_PRICES, ssp=low, sbp=high, account="Consumption")
        assert found.caei_gbp >= energy_imbalance(*volumes, day=ONE_PRICE, ssp=high).caei_gbp
