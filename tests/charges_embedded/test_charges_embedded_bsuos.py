"""BSUoS in its three eras: the vectors, the signs by Trading Unit, the refusals (V13, V14, V20)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from embedded_vectors import BSUOS_2014, DATA, D, loaded, to
from hypothesis import given
from hypothesis import strategies as st

from halfhour.charges.bsuos import (
    bsuos_benefit,
    bsuos_import,
    era,
    eras,
    final_demand_charge,
    fixed_tariff,
    half_hourly_price,
)
from halfhour.charges.exact import display_gbp
from halfhour.market_data import MarketDataStore
from halfhour.market_data.embedded import BadInput, Missing, held

shared = pytest.mark.skipif(not (DATA / "bsuos").is_dir(), reason=f"the shared data are not at {DATA}")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[MarketDataStore]:
    path = loaded(tmp_path_factory.mktemp("bsuos") / "store.sqlite", [DATA / BSUOS_2014])
    with MarketDataStore.open(path) as opened:
        yield opened


# V13


@pytest.mark.shared_data
@shared
@pytest.mark.parametrize(
    ("day", "period", "price", "multiplier", "delivering", "pounds"),
    [
        (date(2014, 7, 15), 36, "1.05503", "1.0105", False, "10.661078"),
        (date(2014, 7, 15), 36, "1.05503", "0.9916", True, "-10.461677"),
        (date(2014, 8, 3), 28, "-0.01687", "1.0105", False, "-0.170471"),
    ],
)
def test_half_hourly_price_of_the_real_record(store, day, period, price, multiplier, delivering, pounds):
    found = bsuos_benefit(day, period, D(10), D(multiplier), delivering, store=store)
    assert found.rate is not None
    assert (found.rate.value, found.rate.run) == (D(price), "SF")
    assert "bsuos_sf_halfhourly" in found.rate.source
    assert to(6, found.amount_gbp) == D(pounds)
    assert (found.rule_id, found.mark, found.status) == ("bsuos-half-hourly", "inferred", "actual")
    in_cva = bsuos_benefit(day, period, D(10), D(multiplier), delivering, system="CVA", store=store)
    assert in_cva == found


@pytest.mark.shared_data
@shared
def test_a_suspect_price_is_used_on_request_only(store):
    day = date(2014, 7, 19)
    with pytest.raises(
        Missing, match=r"SUSPECT_DATA: half-hourly BSUoS price 2014-07-19 period 9 is 4\.63666"
    ) as error:
        bsuos_benefit(day, 9, D(10), D(1), False, store=store)
    assert error.value.code == "EB-110"
    found = bsuos_benefit(day, 9, D(10), D(1), False, store=store, accept_suspect=True)
    assert (found.amount_gbp, found.status) == (D("46.3666"), "estimate")
    with pytest.raises(Missing, match=r"MISSING_BSUOS_PRICE.*Held: 2014-06-27 to 2014-09-05"):
        half_hourly_price(date(2014, 9, 6), 1, store=store)


def test_sva_export_gets_nothing_from_april_2021_and_cva_export_is_open_to_march_2023():
    assert bsuos_benefit(date(2022, 5, 1), 1, D(10), D("1.01"), False).amount_gbp == 0
    for day in (date(2021, 4, 1), date(2022, 5, 1), date(2023, 3, 31)):
        with pytest.raises(Missing, match=f"BSUOS_RULE_OPEN: .*{day}") as error:
            bsuos_benefit(day, 1, D(10), D("1.01"), False, system="CVA")
        assert (error.value.code, error.value.exit_code) == ("EB-109", 3)
    assert bsuos_benefit(date(2023, 4, 1), 1, D(10), D("1.01"), False, system="CVA").amount_gbp == 0


def test_a_price_that_is_not_held_is_refused():
    with pytest.raises(
        Missing, match="MISSING_BSUOS_PRICE: No half-hourly BSUoS price is held for 2013-05-01"
    ) as error:
        bsuos_benefit(date(2013, 5, 1), 1, D(10), D(1), False)
    assert error.value.code == "EB-108"
    assert "price=" in error.value.next_step


# V14


def test_final_demand_pays_the_fixed_tariff_and_export_gets_nothing():
    charge = final_demand_charge(date(2023, 5, 1), D(10))
    assert display_gbp(-charge.amount_gbp) == D("134.10")
    assert bsuos_benefit(date(2023, 5, 1), 1, D(10), D(1), False).amount_gbp == 0
    autumn = final_demand_charge(date(2025, 11, 1), D("12.5"))
    assert autumn.amount_gbp == D("-196.125")
    assert display_gbp(-autumn.amount_gbp) == D("196.13")
    with pytest.raises(Missing, match="MISSING_BSUOS_PRICE: BSUoS fixed tariff for 2027-04-01"):
        final_demand_charge(date(2027, 4, 1), D(10))
    with pytest.raises(Missing, match="MISSING_BSUOS_PRICE"):
        fixed_tariff(date(2023, 3, 31))


def test_the_fixed_charge_scales_with_losses_and_says_that_this_is_secondary():
    found = bsuos_import(date(2025, 11, 1), 1, D(10), D("1.02"), False, line_loss_factor=D("1.05"))
    assert found.amount_gbp == -D("15.69") * D(10) * D("1.05") * D("1.02")
    assert (found.mark, found.rule_id) == ("secondary", "bsuos-fixed")


def test_each_day_of_the_fixed_tariffs_has_exactly_one():
    days = [date(2023, 4, 1) + timedelta(days=count) for count in range(4 * 365 + 1)]
    assert days[-1] == date(2027, 3, 31)
    for day in days:
        assert sum(rate.holds(day) for rate in held("bsuos_fixed_tariff")) == 1
        assert fixed_tariff(day).holds(day)
    assert fixed_tariff(date(2024, 9, 30)).value == D("7.63")
    assert fixed_tariff(date(2024, 10, 1)).value == D("12.17")


def test_the_eras_change_on_their_days():
    assert [each.rule_id for each in eras()] == ["bsuos-half-hourly", "bsuos-gross-demand", "bsuos-fixed"]
    for day, rule in [
        (date(2021, 3, 31), "bsuos-half-hourly"),
        (date(2021, 4, 1), "bsuos-gross-demand"),
        (date(2023, 3, 31), "bsuos-gross-demand"),
        (date(2023, 4, 1), "bsuos-fixed"),
    ]:
        assert era(day).rule_id == rule


@pytest.mark.parametrize(
    ("delivering", "exported", "imported"), [(False, "paid", "charged"), (True, "charged", "paid")]
)
def test_a_trading_unit_that_takes_off_pays_export_and_charges_import(delivering, exported, imported):
    day = date(2015, 1, 1)
    words = {True: "paid", False: "charged"}
    assert words[bsuos_benefit(day, 1, D(1), D(1), delivering, price=D(2)).amount_gbp > 0] == exported
    assert words[bsuos_import(day, 1, D(1), D(1), delivering, price=D(2)).amount_gbp > 0] == imported


def test_gross_import_is_charged_whatever_the_trading_unit_and_storage_is_out():
    day = date(2022, 5, 1)
    for delivering in (False, True):
        assert bsuos_import(day, 1, D(3), D("1.01"), delivering, price=D(2)).amount_gbp == D("-6.06")
    assert bsuos_import(day, 1, D(3), D("1.01"), False, final_demand=False).amount_gbp == 0
    assert bsuos_import(date(2025, 5, 1), 1, D(3), D("1.01"), False, final_demand=False).amount_gbp == 0
    before = bsuos_import(date(2021, 3, 31), 48, D(3), D("1.01"), False, final_demand=False, price=D(2))
    assert before.amount_gbp == D("-6.06")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: bsuos_benefit(date(2015, 1, 1), 49, D(1), D(1), False, price=D(1)),
        lambda: bsuos_benefit(date(2015, 3, 29), 47, D(1), D(1), False, price=D(1)),
        lambda: bsuos_benefit(date(2015, 1, 1), 1, D(-1), D(1), False, price=D(1)),
        lambda: bsuos_benefit(date(2015, 1, 1), 1, D(1), D(1), False, system="BSC", price=D(1)),
        lambda: bsuos_benefit(date(2015, 1, 1), 1, D(1), D(1), False, price=1.5),
        lambda: bsuos_import(date(2015, 1, 1), 1, D(-1), D(1), False, price=D(1)),
        lambda: final_demand_charge(date(2025, 1, 1), D(-1)),
    ],
)
def test_input_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(BadInput) as error:
        wrong()
    assert error.value.exit_code == 2


def test_the_last_half_hour_of_the_autumn_clock_change_has_a_price_too():
    assert bsuos_benefit(date(2015, 10, 25), 50, D(1), D(1), False, price=D(2)).amount_gbp == 2


volumes = st.decimals(0, 1000, places=6)
prices = st.decimals(-50, 200, places=5)
factors = st.decimals(D("0.9"), D("1.1"), places=7)


@given(volumes, factors, prices)
def test_turning_the_trading_unit_turns_the_sign(volume, multiplier, price):
    day = date(2016, 2, 1)
    off, delivering = (bsuos_benefit(day, 7, volume, multiplier, side, price=price) for side in (False, True))
    assert off.amount_gbp == -delivering.amount_gbp
    charge = bsuos_import(day, 7, volume, multiplier, False, price=price)
    assert charge.amount_gbp == -off.amount_gbp


@given(volumes, volumes, factors, prices)
def test_bsuos_is_linear_in_the_volume(one, other, multiplier, price):
    parts = [bsuos_benefit(date(2016, 2, 1), 7, v, multiplier, False, price=price).amount_gbp for v in (one, other)]
    whole = bsuos_benefit(date(2016, 2, 1), 7, one + other, multiplier, False, price=price)
    assert whole.amount_gbp == sum(parts)
