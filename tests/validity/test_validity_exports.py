"""The classes of a small export, and measurement and profile class against capacity."""

from __future__ import annotations

from decimal import Decimal

import pytest
from validity_tables import asked, load_market, whole_market

from halfhour.errors import HalfhourError
from halfhour.market_data.store import MarketDataStore
from halfhour.market_data.validity import (
    export_classes,
    export_is_half_hourly_from_the_limit,
    export_mtc_fits,
    export_profile_class_fits,
    export_ssc,
    export_ssc_fits,
    is_half_hourly,
    measurement_class_fits,
    measurement_class_goes_with_the_mtc,
    technologies,
)


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    with MarketDataStore.open(load_market(tmp_path_factory.mktemp("market"), whole_market())) as store:
        yield store


def test_every_technology_that_a_metering_may_have_has_its_classes():
    assert set(technologies()) == {"pv", "micro-chp", "wind", "hydro", "ad", "other"}


@pytest.mark.parametrize(
    ("technology", "beside", "expected"),
    [
        ("pv", "01", ("0482", "00378")),
        ("pv", "04", ("0485", "00381")),
        ("pv", "08", ("0489", "00385")),
        ("micro-chp", "02", ("0491", "00387")),
        ("micro-chp", "08", ("0497", "00393")),
        ("hydro", None, ("0940", "00397")),
        ("wind", "03", ("0941", "00398")),
        ("ad", None, ("0498", "00394")),
        ("other", "05", ("0498", "00394")),
    ],
)
def test_the_configuration_follows_from_technology_and_import_profile_class(technology, beside, expected):
    row = export_ssc(technology, beside)
    assert row is not None
    assert (row["ssc"], row["tpr"]) == expected


@pytest.mark.parametrize("beside", [None, "00"])
def test_beside_an_import_without_a_profile_class_no_configuration_is_certain(market, beside):
    assert export_ssc("pv", beside) is None
    with pytest.raises(HalfhourError, match="depends on the profile class of the import") as caught:
        export_classes(market, asked("10", "export"), "pv", beside, None)
    assert caught.value.code == "ID-118"


def test_an_unknown_technology_is_refused_with_those_that_are_known():
    with pytest.raises(HalfhourError, match="Write one of pv, micro-chp"):
        export_ssc("nuclear", "01")


def test_what_fits_is_checked_at_the_distributor(market):
    (only,) = export_classes(market, asked("10"), "pv", "01", "import-export")
    assert (only.mtc, only.ssc, only.tpr) == ("870", "0482", "00378")
    assert {answer.verdict for answer in only.answers} == {"pass"}
    both = export_classes(market, asked("10"), "pv", "01", None)
    assert [one.mtc for one in both] == ["867", "870"]
    assert "ID-111" in [answer.code for answer in both[0].answers]


def test_a_regime_other_than_that_of_market_domain_data_is_found(market):
    (only,) = export_classes(market, asked("10"), "pv", "02", "import-export")
    (regime,) = [answer for answer in only.answers if answer.question == "TPR"]
    assert (regime.code, "has 00999 for it" in regime.message) == ("ID-118", True)


def test_a_line_loss_factor_class_that_is_known_already_is_checked_with_the_rest(market):
    (only,) = export_classes(market, asked("10", llfc="932"), "pv", "01", "import-export")
    assert [answer.verdict for answer in only.answers if answer.question == "MTC, LLFC, SSC, profile class"] == ["pass"]


def test_without_market_data_what_fits_is_said_and_its_checks_are_unknown(tmp_path):
    with MarketDataStore.open(tmp_path / "absent.sqlite") as store:
        (only,) = export_classes(store, asked("10"), "wind", None, "export-only")
        assert (only.mtc, only.ssc) == ("868", "0941")
        assert {answer.verdict for answer in only.answers} == {"unknown"}


def test_a_configuration_of_another_technology_or_import_is_found():
    chp = export_ssc_fits(asked("10", "export", ssc="0490"), "pv", "01")
    assert chp is not None
    assert (chp.code, [(one.mtc, one.ssc) for one in chp.nearest]) == ("ID-118", [("867", "0482"), ("870", "0482")])
    older = export_ssc_fits(asked("10", "export", ssc="0482"), "pv", "02")
    assert older is not None
    assert "which is 0483 (TPR 00379)" in older.message


def test_where_the_import_is_not_known_any_configuration_of_the_technology_passes():
    any_pv = export_ssc_fits(asked("10", "export", ssc="0489"), "pv", None)
    assert any_pv is not None
    assert any_pv.verdict == "pass"
    assert export_ssc_fits(asked("10", "import", ssc="0393"), "pv", None) is None


@pytest.mark.parametrize(
    ("technology", "mtc", "meter", "expected"),
    [
        ("pv", "870", "import-export", "pass"),
        ("pv", "867", "import-export", "fail"),
        ("pv", "867", None, "pass"),
        ("pv", "866", None, "fail"),
        ("hydro", "868", "export-only", "pass"),
        ("hydro", "866", "export-only", "pass"),  # 868 is the default only; Market Domain Data has 866 too
        ("hydro", "869", "export-only", "fail"),
    ],
)
def test_the_meter_timeswitch_class_fits_technology_and_meter(technology, mtc, meter, expected):
    answer = export_mtc_fits(asked("10", "export", mtc=mtc), technology, meter)
    assert answer is not None
    assert answer.verdict == expected


def test_a_half_hourly_export_has_no_class_by_technology():
    assert export_mtc_fits(asked("10", "export", mtc="845"), "pv", "import-export") is None


@pytest.mark.parametrize(
    ("letter", "kilowatts", "expected"),
    [
        ("C", "100", "pass"),
        ("C", "99.9", "fail"),
        ("A", "99.9", "pass"),
        ("A", "100", "fail"),
        ("E", "99.9", "pass"),
        ("F", "100", "fail"),
        ("G", "100", "fail"),
        ("B", "500", "pass"),
        ("D", "500", "pass"),
    ],
)
def test_class_c_is_for_100_kw_premises_and_a_e_f_g_are_for_those_below(letter, kilowatts, expected):
    assert measurement_class_fits(letter, Decimal(kilowatts)).verdict == expected


def test_a_wrong_measurement_class_says_which_would_fit():
    assert "A, E, F, G fit" in measurement_class_fits("C", Decimal(40)).next_step


def test_from_30_kw_of_generation_an_export_is_half_hourly():
    assert export_is_half_hourly_from_the_limit(False, Decimal("29.9")).verdict == "pass"
    assert export_is_half_hourly_from_the_limit(False, Decimal(30)).code == "ID-119"
    assert export_is_half_hourly_from_the_limit(True, Decimal(30)).verdict == "pass"


@pytest.mark.parametrize(
    ("letter", "expected"), list(zip("ABCDEFG", [False, False, True, True, True, True, True], strict=True))
)
def test_half_hourly_measurement_classes(letter, expected):
    assert is_half_hourly(letter) is expected


def test_measurement_class_and_meter_timeswitch_class_are_of_one_kind(market):
    def verdict(mtc: str, letter: str) -> str | None:
        answer = measurement_class_goes_with_the_mtc(market, asked("10", mtc=mtc), letter)
        return answer and answer.verdict

    assert [verdict("845", "C"), verdict("845", "A"), verdict("801", "A"), verdict("801", "E")] == [
        "pass",
        "fail",
        "pass",
        "fail",
    ]
    assert verdict("400", "A") is None


def test_an_unusual_profile_class_of_an_export_is_a_warning():
    unusual = export_profile_class_fits(asked("10", "export", profile_class="01"))
    assert unusual is not None
    assert (unusual.code, unusual.severity, unusual.refused) == ("ID-121", "warning", False)
    usual = export_profile_class_fits(asked("10", "export", profile_class="08"))
    assert usual is not None
    assert usual.verdict == "pass"
    assert export_profile_class_fits(asked("10", "export", profile_class="00")) is None
    assert export_profile_class_fits(asked("10", "import", profile_class="01")) is None
