"""The note's warning in figures: cover for generation that the first five Working Days do not see."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from credit_cases import DEMAND_UNIT, account, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfhour.charges.credit import compare_treatments
from halfhour.errors import HalfhourError

LAST_DAY = date(2025, 12, 31)
NEXT = date(2026, 1, 1)

PLANT = """
[plant]
id = "E_WINDY-1"
gc = "20"
secalf = "0.30"
[[fpn]]
bm_unit = "E_WINDY-1"
mwh = "3.5"
[[contract]]
sold_mwh = "3.5"
"""


def compared(folder, text, start=LAST_DAY, end=NEXT):
    return {one.treatment: one for one in compare_treatments(read(folder, text), start, end)}


def test_generation_sold_from_a_base_bm_unit_needs_cover_for_every_half_hour_that_is_not_seen(tmp_path):
    found = compared(tmp_path, account(PLANT))
    assert found["base"].seen_mwh == 0
    assert found["secalf"].seen_mwh == Decimal("3.0") * 432
    assert found["fpn"].seen_mwh == Decimal("3.5") * 432
    assert found["base"].peak.highest.ei_mwh == 1512
    assert found["base"].peak.required_cover_gbp == 1512 * 54 / Decimal("0.80") == 102060
    assert found["secalf"].peak.required_cover_gbp == 14580
    assert found["fpn"].peak.required_cover_gbp == 0
    assert [one.more_gbp for one in found.values()] == [102060, 14580, 0]
    assert [one.rule.id for one in found.values()] == ["C11", "C10", "C08"]


def test_the_rest_of_the_account_is_the_same_in_every_treatment(tmp_path):
    found = compared(tmp_path, account(PLANT + DEMAND_UNIT))
    assert found["base"].peak.highest.ei_mwh == 1512 + Decimal("508.728")
    assert found["fpn"].peak.highest.ei_mwh == Decimal("508.728")


def test_over_a_range_each_treatment_is_shown_at_its_worst_day(tmp_path):
    found = compared(tmp_path, account(PLANT), date(2025, 12, 20), date(2026, 1, 10))
    assert found["base"].peak.day == date(2026, 1, 4)
    assert len(found["base"].peak.window.cei) == 12


def test_what_the_case_does_not_say_is_not_guessed(tmp_path):
    no_factor = compared(tmp_path, account(PLANT.replace('secalf = "0.30"', "")))
    assert no_factor["secalf"].peak is None
    assert "gives no secalf" in no_factor["secalf"].why_not
    no_fpn = compared(tmp_path, account('[plant]\nid = "E_WINDY-1"\ngc = "20"\nsecalf = "0.3"\n'))
    assert "gives no [[fpn]]" in no_fpn["fpn"].why_not


def test_there_was_no_secalf_before_p310(tmp_path):
    early = date(2015, 6, 24)
    found = compared(tmp_path, account(PLANT), early, early + timedelta(days=1))
    assert "P310" in found["secalf"].why_not
    assert found["base"].more_gbp > 0


def test_a_case_without_a_plant_or_a_range_without_a_day_is_refused(tmp_path):
    for text, end in ((account(DEMAND_UNIT), NEXT), (account(PLANT), LAST_DAY)):
        with pytest.raises(HalfhourError) as refused:
            compared(tmp_path, text, LAST_DAY, end)
        assert refused.value.code == "EB-222"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.decimals("0", "10", places=3), st.decimals("0", "10", places=3))
def test_what_is_seen_is_exactly_what_need_not_be_covered(tmp_path, sold, output):
    text = PLANT.replace('mwh = "3.5"', f'mwh = "{output}"', 1).replace('sold_mwh = "3.5"', f'sold_mwh = "{sold}"')
    found = compared(tmp_path, account(text))
    base, fpn = found["base"].peak, found["fpn"].peak
    assert base.ei_mwh - fpn.ei_mwh == found["fpn"].seen_mwh
    if sold >= output:
        assert base.required_cover_gbp - fpn.required_cover_gbp == found["fpn"].seen_cover_gbp
