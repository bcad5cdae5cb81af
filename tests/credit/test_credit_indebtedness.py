"""Components of indebtedness, clock-change days, what moves with what."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from credit_cases import CAP, DEMAND_UNIT, SECALF_UNIT, account, read
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.charges.credit import Account, BmUnit, Boundaries, CreditCase
from halfhour.charges.credit.price import SuppliedCap
from halfhour.charges.credit.volumes import Block, Series
from halfhour.errors import HalfhourError, NotCovered
from halfhour.identifiers import BmUnitId

LAST_DAY = date(2025, 12, 31)

FPN_UNIT = """
[[bm_unit]]
id = "E_ABERDARE"
gc = "15.4"
dc = "0"
flag = "C"
exempt_export = true
fpn = true
"""


def made(**changes) -> CreditCase:
    """A case of one demand unit, built in Python."""
    unit = BmUnit(
        BmUnitId.parse("2__CMRCY002"),
        Decimal(0),
        Decimal(-5),
        "C",
        calf_wd=Decimal("0.4970"),
        calf_nwd=Decimal("0.4386"),
    )
    start = {
        "name": "Account",
        "as_of": LAST_DAY,
        "units": (unit,),
        "mei_mwh": Decimal(0),
        "aei_mwh": Decimal(0),
        "caps": (SuppliedCap(Decimal(54), "test"),),
    }
    return CreditCase(**(start | changes))


@pytest.mark.parametrize(
    ("day", "periods"), [(date(2025, 3, 30), 46), (date(2025, 10, 26), 50), (date(2025, 6, 1), 48)]
)
def test_a_days_volume_has_as_many_half_hours_as_the_day(day, periods):
    account_of = Account(made())
    added = account_of.cei_of(day)
    assert len(added) == periods
    assert sum(added) == periods * Decimal("1.0965")
    assert len(account_of.half_hours(day)) == periods


def test_a_contract_by_periods_and_days_counts_where_it_says(tmp_path):
    text = (
        '[[contract]]\nbought_mwh = "1"\nperiods = "15-38, 41"\ndays = "working"\nfrom = 2025-12-29\nto = 2025-12-31\n'
    )
    case = read(tmp_path, account(DEMAND_UNIT + text))
    # 25 half hours on 29 and 30 December.
    assert Account(case).on(LAST_DAY).cei_mwh == Decimal("508.728") - 50


def test_a_sale_is_owed_until_the_generation_is_seen(tmp_path):
    case = read(tmp_path, account('[[contract]]\nsold_mwh = "2"\n'))
    assert Account(case).on(LAST_DAY).cei_mwh == 2 * 432


def test_a_credit_qualifying_unit_counts_by_its_notifications_and_not_by_its_capacity(tmp_path):
    case = read(tmp_path, account(FPN_UNIT + '[[fpn]]\nbm_unit = "E_ABERDARE"\nmwh = "3.25"\n'))
    found = Account(case).on(LAST_DAY)
    assert found.cei_mwh == Decimal("-3.25") * 432
    assert found.required_cover_gbp == 0


def test_a_missing_notification_is_no_zero(tmp_path):
    case = read(tmp_path, account(FPN_UNIT + '[[fpn]]\nbm_unit = "E_ABERDARE"\nmwh = "3.25"\nperiods = "1-47"\n'))
    with pytest.raises(HalfhourError, match="DATA_GAP: The FPN of E_ABERDARE has no value for Settlement Periods 48"):
        Account(case).on(LAST_DAY)


def test_two_values_for_one_half_hour_are_refused(tmp_path):
    fpn = '[[fpn]]\nbm_unit = "E_ABERDARE"\nmwh = "3.25"\n'
    with pytest.raises(HalfhourError) as refused:
        Account(read(tmp_path, account(FPN_UNIT + fpn + fpn))).on(LAST_DAY)
    assert refused.value.code == "EB-209"


def test_an_interconnector_counts_by_its_notifications(tmp_path):
    unit = '[[bm_unit]]\nid = "I_IFA2"\ngc = "0"\ndc = "-1000"\n[[fpn]]\nbm_unit = "I_IFA2"\nmwh = "-10"\n'
    assert Account(read(tmp_path, account(unit))).on(LAST_DAY).cei_mwh == 10 * 432


def test_a_production_unit_without_notifications_counts_by_its_load_factor(tmp_path):
    unit = '[[bm_unit]]\nid = "E_PLANT"\ngc = "10"\ndc = "-1"\nflag = "P"\ncalf_wd = "0.4"\ncalf_nwd = "0.2"\n'
    assert Account(read(tmp_path, account(unit))).on(LAST_DAY).cei_mwh == -(240 * 2 + 192 * 1)


def test_exempt_export_without_notifications_and_without_demand_adds_nothing(tmp_path):
    unit = FPN_UNIT.replace("fpn = true", "fpn = false")
    assert Account(read(tmp_path, account(unit))).on(LAST_DAY).cei_mwh == 0


def test_before_p310_a_secalf_changes_nothing_and_from_its_day_on_it_does(tmp_path):
    unit = SECALF_UNIT + 'calf = "0.3"\n'
    account_of = Account(read(tmp_path, account(unit)))
    assert sum(account_of.cei_of(date(2015, 6, 24))) == 0
    assert sum(account_of.cei_of(date(2015, 6, 25))) == Decimal("-246.96")


def test_one_factor_before_p326_and_two_from_its_day_on(tmp_path):
    unit = DEMAND_UNIT + 'calf = "0.25"\n'
    account_of = Account(read(tmp_path, account(unit)))
    # 22 February 2017 is a Wednesday, 23 a Thursday, 25 a Saturday.
    assert account_of.cei_of(date(2017, 2, 22))[0] == Decimal("0.625")
    assert account_of.cei_of(date(2017, 2, 23))[0] == Decimal("1.2425")
    assert account_of.cei_of(date(2017, 2, 25))[0] == Decimal("1.0965")
    with pytest.raises(HalfhourError) as refused:
        Account(read(tmp_path, account(DEMAND_UNIT))).cei_of(date(2017, 2, 22))
    assert refused.value.code == "EB-213"


def test_reallocated_volume_is_taken_off_by_share_and_by_amount(tmp_path):
    unit = SECALF_UNIT + 'reallocated_percent = "40"\nreallocated_mwh = "1"\n'
    kept = Decimal("5.145") * Decimal("0.6") - 1
    assert Account(read(tmp_path, account(unit))).cei_of(LAST_DAY)[0] == -kept


def test_metered_volumes_and_charges_make_the_other_two_components(tmp_path):
    text = (
        DEMAND_UNIT
        + '[[metered]]\nmwh = "-1.5"\n[[trading_charges]]\ngbp = "108"\nfrom = 2025-12-03\nto = 2025-12-08\n'
        + '[[contract]]\nbought_mwh = "1"\n'
    )
    found = Account(read(tmp_path, account(text, keys=""))).on(LAST_DAY)
    # 15 days of MEI (8 to 22 December), 5 of AEI (3 to 7 December).
    assert found.mei_mwh == Decimal("0.5") * 48 * 15
    assert found.aei_mwh == 108 * 5 / Decimal(54)
    assert found.ei_mwh == Decimal("76.728") + 360 + 10


def test_a_day_of_mei_or_aei_without_data_is_refused_and_not_taken_as_nothing(tmp_path):
    for keys, what in (('aei_mwh = "0"', "metered volume"), ('mei_mwh = "0"', "Trading Charges")):
        with pytest.raises(HalfhourError, match=what) as refused:
            Account(read(tmp_path, account(DEMAND_UNIT, keys=keys))).on(LAST_DAY)
        assert refused.value.code == "EB-212"


def test_a_new_account_needs_no_data_of_days_before_it_traded(tmp_path):
    found = Account(read(tmp_path, account(DEMAND_UNIT, keys="first_day = 2025-12-30"))).on(LAST_DAY)
    assert found.ei_mwh == 96 * Decimal("1.2425")


def test_without_a_price_nothing_is_computed(tmp_path):
    with pytest.raises(NotCovered, match="MISSING_CAP"):
        Account(read(tmp_path, account(DEMAND_UNIT, cap=""))).on(LAST_DAY)
    two = CAP + CAP.replace("[[cap]]", "[[cap]]\nfrom = 2025-12-01")
    with pytest.raises(HalfhourError) as refused:
        Account(read(tmp_path, account(DEMAND_UNIT, cap=two))).on(LAST_DAY)
    assert refused.value.code == "EB-205"


def test_the_highest_indebtedness_of_a_day_may_come_before_its_end():
    # A morning of buying nothing and an afternoon of buying twice the demand.
    contracts = Series(
        "The contracts", (Block(Decimal(0), periods=((1, 24),)), Block(Decimal(-5), periods=((25, 48),)))
    )
    found = Account(made(contracts=contracts)).on(LAST_DAY)
    assert found.highest.period == 24
    assert found.highest.ei_mwh > found.ei_mwh
    assert found.required_cover_gbp == max(found.highest.ei_mwh, Decimal(0)) * 54 / Decimal("0.80")


def test_every_step_of_the_working_has_its_rule_clause_and_mark(tmp_path):
    text = DEMAND_UNIT + FPN_UNIT + '[[fpn]]\nbm_unit = "E_ABERDARE"\nmwh = "1"\n[[cover]]\ngbp = "30000"\n'
    working = Account(read(tmp_path, account(text))).working(LAST_DAY)
    assert all(one.rule.clause and one.rule.source and one.mark and one.numbers for one in working)
    values = {one.quantity: one.value for one in working}
    assert values["E_ABERDARE: credit-qualifying"] == "yes"
    assert values["2__CMRCY002: bmcaic, Working Day"] == Decimal("-2.485")
    assert values["cei"] == Decimal("508.728") - 432
    assert values["level"] == 0
    assert {one.mark for one in working} == {"doc", "inferred", "supplied"}


amounts = st.decimals("0", "50", places=3)


@settings(deadline=None, max_examples=50)
@given(amounts, st.integers(1, 20))
def test_indebtedness_moves_with_the_volume_in_proportion(bought, times):
    def cei(factor: int) -> Decimal:
        contracts = Series("The contracts", (Block(-bought * factor),))
        return Account(made(contracts=contracts)).on(LAST_DAY).cei_mwh

    assert cei(times) - cei(0) == times * (cei(1) - cei(0))


@settings(deadline=None, max_examples=50)
@given(st.permutations([Decimal("-1.5"), Decimal("0.25"), Decimal("-3"), Decimal("2")]))
def test_the_order_of_contracts_changes_nothing(volumes):
    blocks = tuple(Block(volume) for volume in volumes)
    assert Account(made(contracts=Series("The contracts", blocks))).on(LAST_DAY).cei_mwh == Decimal("508.728") + 432 * (
        Decimal("-2.25")
    )


@settings(deadline=None, max_examples=50)
@given(st.dates(date(2025, 12, 22), date(2026, 1, 8)), amounts)
def test_a_contract_split_in_two_at_any_day_is_the_same_contract(day, bought):
    whole = Series("The contracts", (Block(-bought),))
    parts = Series("The contracts", (Block(-bought, effective_to=day), Block(-bought, effective_from=day)))
    assert Account(made(contracts=whole)).on(LAST_DAY) == Account(made(contracts=parts)).on(LAST_DAY)


@settings(deadline=None, max_examples=50)
@given(st.dates(date(2025, 12, 20), date(2026, 1, 5)))
def test_a_range_of_days_is_its_two_parts_joined(cut):
    start, end = date(2025, 12, 19), date(2026, 1, 6)
    account_of = Account(made())
    whole = list(account_of.days(start, end))
    assert whole == [*Account(made()).days(start, cut), *Account(made()).days(cut, end)]
    assert [one.day for one in whole] == [start + timedelta(days=n) for n in range(18)]


@settings(deadline=None, max_examples=50)
@given(st.decimals("1", "500", places=2), amounts)
def test_cover_that_is_called_for_keeps_the_account_out_of_default_and_a_penny_less_does_not(price, bought):
    case = made(caps=(SuppliedCap(price, "test"),), contracts=Series("The contracts", (Block(-bought),)))
    found = Account(case).on(LAST_DAY)
    needed = found.required_cover_gbp
    assert Account(case.with_cover(needed)).on(LAST_DAY).highest.level == 0
    if needed > Decimal("0.01"):
        assert Account(case.with_cover(needed - Decimal("0.01"))).on(LAST_DAY).highest.level == 1


def test_boundaries_move_days_from_one_component_to_another():
    found = Account(made(boundaries=Boundaries(3, 16, 29))).on(LAST_DAY)
    assert found.window.cei == (date(2025, 12, 29), date(2025, 12, 30), LAST_DAY)
    assert found.cei_mwh == 144 * Decimal("1.2425")
