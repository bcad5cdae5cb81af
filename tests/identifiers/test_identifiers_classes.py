"""How the classes of Market Domain Data are written, and the form in which they are compared."""

from __future__ import annotations

import pytest

from halfhour.errors import HalfhourError
from halfhour.identifiers import (
    LINE_LOSS_FACTOR_CLASS,
    METER_TIMESWITCH_CLASS,
    PROFILE_CLASS,
    STANDARD_SETTLEMENT_CONFIGURATION,
    read_class,
)
from halfhour.market_data import padded


@pytest.mark.parametrize(
    ("form", "column", "written", "held"),
    [
        (LINE_LOSS_FACTOR_CLASS, "llfc", "90", "090"),
        (LINE_LOSS_FACTOR_CLASS, "llfc", "1", "001"),
        (LINE_LOSS_FACTOR_CLASS, "llfc", "10B", "10B"),
        (LINE_LOSS_FACTOR_CLASS, "llfc", "5A", "05A"),
        (LINE_LOSS_FACTOR_CLASS, "llfc", "05A", "05A"),
        (METER_TIMESWITCH_CLASS, "mtc", "1", "001"),
        (METER_TIMESWITCH_CLASS, "mtc", "845", "845"),
        (STANDARD_SETTLEMENT_CONFIGURATION, "ssc", "0393", "0393"),
        (PROFILE_CLASS, "profile_class", "1", "01"),
        (PROFILE_CLASS, "profile_class", "00", "00"),
    ],
)
def test_a_class_is_read_into_the_form_that_the_store_keeps(form, column, written, held):
    assert read_class(form, written) == held
    assert padded(column, written) == held


@pytest.mark.parametrize(
    ("form", "written", "step"),
    [
        (LINE_LOSS_FACTOR_CLASS, "10b", "Did you mean '10B'?"),
        (LINE_LOSS_FACTOR_CLASS, "1234", "three capital letters or digits"),
        (LINE_LOSS_FACTOR_CLASS, "", "three capital letters or digits"),
        (LINE_LOSS_FACTOR_CLASS, "٩٠", "three capital letters or digits"),
        (METER_TIMESWITCH_CLASS, "84X", "three digits"),
        (METER_TIMESWITCH_CLASS, "٨٤٥", "three digits"),
        (STANDARD_SETTLEMENT_CONFIGURATION, "393", "four digits"),
        (PROFILE_CLASS, "9", "00 to 08"),
        (PROFILE_CLASS, "001", "00 to 08"),
    ],
)
def test_what_is_not_a_class_is_refused_with_how_it_is_written(form, written, step):
    with pytest.raises(HalfhourError) as caught:
        read_class(form, written)
    assert caught.value.code == "ID-108"
    assert step in caught.value.next_step
