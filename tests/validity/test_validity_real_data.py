"""The handbook's facts about the real market, asked of Market Domain Data 346 (March 2024) and 377 (June 2026).

Figures are those of the handbook: identifiers-and-market-data 4 to 9, private-networks 5.2 and 9, export-registration 8
and 12.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from validity_tables import asked, the, verdicts

from halfhour.errors import HalfhourError, NotCovered
from halfhour.identifiers import distributor, distributor_on, distributors
from halfhour.market_data.loading import load_files
from halfhour.market_data.store import MarketDataStore
from halfhour.market_data.validity import (
    export_classes,
    export_is_half_hourly_from_the_limit,
    export_ssc_fits,
    find_distributor,
    live_combinations,
    role_is_live,
    role_meaning,
    third_party_is_visible,
)

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "mdd"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the shared data are not at {DATA}"),
]

MARCH_2024 = date(2024, 3, 15)
NEW_YEAR_OF_CHARGES = date(2024, 4, 1)
JUNE_2026 = date(2026, 6, 16)
DNOS = [network.short_code for network in distributors() if network.kind == "dno"]


def _loaded(folder: Path, *versions: str) -> Path:
    store = folder / "market-data.sqlite"
    loads = load_files([DATA / version for version in versions], store=store)
    assert {load.state for load in loads} == {"loaded"}
    return store


@pytest.fixture(scope="session")
def mdd_346(tmp_path_factory):
    with MarketDataStore.open(_loaded(tmp_path_factory.mktemp("mdd346"), "346")) as store:
        yield store


@pytest.fixture(scope="session")
def mdd_377(tmp_path_factory):
    with MarketDataStore.open(_loaded(tmp_path_factory.mktemp("mdd377"), "377")) as store:
        yield store


@pytest.fixture(scope="session")
def both(tmp_path_factory):
    with MarketDataStore.open(_loaded(tmp_path_factory.mktemp("both"), "346", "377")) as store:
        yield store


# identifiers-and-market-data, section 9


def test_eastern_has_997_with_class_90_from_20_october_2021(mdd_346):
    def on(day: date) -> str:
        return verdicts(mdd_346, asked("10", day=day, mtc="997", llfc="090"))["MTC with LLFC"]

    assert [on(date(2021, 10, 19)), on(date(2021, 10, 20))] == ["ID-113", "pass"]


@pytest.mark.parametrize("version", ["mdd_346", "mdd_377"])
def test_997_is_refused_for_electricity_north_west_with_the_reason(version, request):
    store = request.getfixturevalue(version)
    north_west = find_distributor(store, "_G", MARCH_2024)
    answer, found = live_combinations(store, north_west, "997", MARCH_2024)
    assert (answer.code, answer.refused, found) == ("ID-111", True, [])
    assert answer.message.startswith(
        "MTC 997 is not enabled for distributor 16 (Electricity North West) on 2024-03-15. Market Domain Data"
    )
    assert "EELC, EMEB" in answer.message
    assert answer.next_step == "Use another valid combination and record the pending entity 53 change (RG-031)."


def test_997_is_accepted_for_eastern_with_its_seven_live_combinations(mdd_346):
    answer, found = live_combinations(mdd_346, find_distributor(mdd_346, "_A", MARCH_2024), "997", MARCH_2024)
    assert answer.verdict == "pass"
    assert [(one.llfc, one.kind) for one in found] == [
        *((llfc, "general import") for llfc in ("090", "091", "092", "093", "094")),
        ("801", "site-specific import"),
        ("833", "site-specific import"),
    ]


def test_beside_a_newer_version_older_combinations_answer_up_to_their_publication_only(both):
    eastern = distributor("10")
    assert len(live_combinations(both, eastern, "997", date(2024, 3, 1))[1]) == 7
    with pytest.raises(NotCovered, match="held of Market Domain Data 346 only"):
        live_combinations(both, eastern, "997", JUNE_2026)
    unknown = the(both, "MTC with LLFC", asked("10", day=JUNE_2026, mtc="997", llfc="090"))
    assert (unknown.verdict, unknown.code) == ("unknown", "ID-116")


def test_london_takes_0482_with_870_and_not_0490(mdd_377):
    right = verdicts(mdd_377, asked("12", "export", day=JUNE_2026, mtc="870", ssc="0482"))
    assert set(right.values()) == {"pass"}
    wrong = the(mdd_377, "MTC with SSC", asked("12", "export", day=JUNE_2026, mtc="870", ssc="0490"))
    assert wrong.code == "ID-114"
    assert {one.mtc for one in wrong.nearest} == {"870"}
    assert {one.ssc for one in wrong.nearest} <= {f"{ssc:04d}" for ssc in range(482, 490)}


def test_a_configuration_of_imports_is_refused_on_an_export(mdd_377):
    assert verdicts(mdd_377, asked("12", "export", day=JUNE_2026, ssc="0393"))["SSC"] == "ID-112"
    assert verdicts(mdd_377, asked("12", "import", day=JUNE_2026, ssc="0393"))["SSC"] == "pass"


def test_the_short_code_28_ends_on_17_december_2014():
    assert distributor_on("28", date(2014, 12, 17)).mpid == "EDFI"
    with pytest.raises(HalfhourError) as caught:
        distributor_on("28", date(2014, 12, 18))
    assert caught.value.code == "ID-103"


def test_role_s_meant_the_settlement_administration_agent_in_2019(mdd_377):
    assert role_meaning(mdd_377, "S", date(2019, 6, 1)) == "Settlement Administration Agent"
    answer = role_is_live(mdd_377, "ESIS", "S", date(2019, 6, 1))
    assert answer.verdict == "pass"
    assert "Settlement Administration Agent" in answer.message
    assert role_meaning(mdd_377, "S", JUNE_2026) == "Smart Meter Equipment Manager"
    assert role_is_live(mdd_377, "ESIS", "S", JUNE_2026).code == "ID-140"


# identifiers-and-market-data, sections 5 to 7


@pytest.mark.parametrize(
    ("llfc_of", "direction", "expected"),
    [("A", "import", "pass"), ("B", "import", "pass"), ("C", "export", "pass"), ("D", "export", "pass")],
)
def test_every_kind_of_class_has_its_direction(mdd_377, llfc_of, direction, expected):
    rows = mdd_377.live("line_loss_factor_class", JUNE_2026, mpid="LOND", indicator=llfc_of)
    about = asked("12", direction, day=JUNE_2026, llfc=rows[0]["llfc"])
    assert verdicts(mdd_377, about)["direction"] == expected


def test_direction_is_not_taken_from_a_description(mdd_377):
    named_export = [
        row
        for row in mdd_377.live("line_loss_factor_class", JUNE_2026, indicator="B")
        if "EXPORT" in row["description"].upper()
    ]
    assert len(named_export) == 1
    (row,) = named_export
    (network,) = [one for one in distributors() if one.mpid == row["mpid"]]
    about = asked(network.short_code, "import", day=JUNE_2026, llfc=row["llfc"])
    assert verdicts(mdd_377, about)["direction"] == "pass"


# private-networks, sections 5.2 and 9

ENABLED = {
    "EELC": date(2012, 11, 14),
    "SPOW": date(2012, 12, 19),
    **dict.fromkeys(("EMEB", "MIDE", "SWAE", "SWEB"), date(2015, 7, 15)),
    **dict.fromkeys(("HYDE", "SOUT"), date(2017, 5, 17)),
    **dict.fromkeys(("MANW", "NEEB", "YELG"), date(2018, 8, 15)),
    **dict.fromkeys(("LOND", "SEEB"), date(2021, 10, 20)),
    "GGEN": date(2017, 11, 15),
    "FEAL": date(2022, 8, 17),
    "IDCS": date(2024, 4, 17),
    "AENL": date(2024, 5, 22),
    "AURO": date(2024, 11, 20),
    "AIDI": date(2025, 5, 21),
    "AGRN": date(2026, 2, 23),
    "GLPN": date(2026, 6, 22),
}


def test_997_is_enabled_where_and_since_when_the_handbook_says(mdd_377):
    for network in distributors():
        if network.kind not in ("dno", "idno"):
            continue
        first = ENABLED.get(network.mpid)
        for day, expected in ((date(2026, 6, 30), first is not None), (first, True)):
            if day is not None:
                answer = the(mdd_377, "MTC", asked(network.short_code, day=day, mtc="997"))
                assert (answer.verdict == "pass") is expected, (network.mpid, day)
        if first is not None:
            before = asked(network.short_code, day=date.fromordinal(first.toordinal() - 1), mtc="997")
            assert the(mdd_377, "MTC", before).code == "ID-111", network.mpid


def live_at_every_distributor(store: MarketDataStore, mtc: str, day: date) -> tuple[Counter[str], Counter[str]]:
    """The live combinations with a class by distributor and by kind of Line Loss Factor Class."""
    areas: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for network in distributors():
        for one in live_combinations(store, network, mtc, day)[1]:
            areas[network.mpid] += 1
            kinds[one.kind] += 1
    return areas, kinds


def test_80_combinations_with_997_are_live_in_ten_areas_from_the_first_of_april_2024(mdd_346):
    areas, kinds = live_at_every_distributor(mdd_346, "997", NEW_YEAR_OF_CHARGES)
    assert areas == {
        "NEEB": 27, "YELG": 27, "EELC": 7, "LOND": 5, "SEEB": 5, "SPOW": 3, "MIDE": 2, "MANW": 2, "HYDE": 1, "FEAL": 1,
    }  # fmt: skip
    assert kinds == {
        "general import": 58, "site-specific import": 6, "general export": 13, "site-specific export": 3,
    }  # fmt: skip


def test_twelve_of_them_begin_on_that_day(mdd_346):
    areas, _ = live_at_every_distributor(mdd_346, "997", MARCH_2024)
    assert areas.total() == 68
    assert (areas["NEEB"], areas["YELG"]) == (21, 21)


def test_five_areas_have_997_without_a_usable_combination(mdd_346):
    bare = []
    for network in distributors():
        answer, found = live_combinations(mdd_346, network, "997", NEW_YEAR_OF_CHARGES)
        if not answer.refused and not found:
            assert answer.code == "ID-113"
            assert "interim rule" in answer.next_step
            bare.append(network.mpid)
    assert sorted(bare) == ["EMEB", "GGEN", "SOUT", "SWAE", "SWEB"]


@pytest.mark.parametrize(
    ("mtc", "expected"),
    [
        ("996", {"EELC": 6, "LOND": 5, "SEEB": 5, "FEAL": 1}),
        ("998", {"NORW": 48}),
        ("999", {"NORW": 48}),
    ],
)
def test_live_combinations_of_boundaries_and_shared_meters(mdd_346, mtc, expected):
    assert live_at_every_distributor(mdd_346, mtc, NEW_YEAR_OF_CHARGES)[0] == expected


def test_v11_class_90_in_eastern_had_to_switch_to_997(mdd_346):
    about = asked("10", "import", day=date(2021, 10, 21), llfc="090", mtc="845")
    answer = third_party_is_visible(mdd_346, about, None)
    assert answer is not None
    assert answer.code == "PN-404"
    assert "MTC 997 is valid with that LLFC since 2021-10-20: the switch is due." in answer.message


def test_v12_in_electricity_north_west_the_interim_rule_holds_with_an_open_change_request(mdd_346):
    _, combined = live_combinations(mdd_346, distributor("16"), "845", MARCH_2024)
    llfc = next(one.llfc for one in combined if one.kind == "general import")
    about = asked("16", "import", day=MARCH_2024, llfc=llfc, mtc="845")
    interim = third_party_is_visible(mdd_346, about, "BSCP509-77")
    assert interim is not None
    assert (interim.verdict, interim.code) == ("pass", "RG-031")
    without = third_party_is_visible(mdd_346, about, None)
    assert without is not None
    assert without.code == "PN-404"


# export-registration, sections 8.2 and 12

EXPORT_PAIRS = {
    **{(mtc, f"{ssc:04d}"): 14 for mtc in ("866", "869") for ssc in range(490, 498)},
    **{(mtc, f"{ssc:04d}"): 14 for mtc in ("867", "870") for ssc in range(482, 490)},
    **{(mtc, "0498"): 14 for mtc in ("868", "871")},
    **{(mtc, ssc): 14 for mtc in ("868", "869", "870", "871") for ssc in ("0940", "0941")},
    **{(mtc, ssc): 13 for mtc in ("866", "867") for ssc in ("0940", "0941")},
    **{("870", f"{ssc:04d}"): 0 for ssc in range(490, 499)},
    **{("868", f"{ssc:04d}"): 0 for ssc in range(490, 498)},
}


def test_the_valid_pairs_of_export_are_valid_at_the_distributors_that_the_handbook_counts(mdd_377):
    held = {
        code: {
            (one.mtc, one.ssc)
            for mtc in ("866", "867", "868", "869", "870", "871")
            for one in live_combinations(mdd_377, distributor(code), mtc, JUNE_2026)[1]
        }
        for code in DNOS
    }
    assert {pair: sum(pair in of_area for of_area in held.values()) for pair in EXPORT_PAIRS} == EXPORT_PAIRS
    assert ("866", "0940") not in held["16"]


def test_what_fits_an_export_is_valid_in_all_fourteen_areas(mdd_377):
    for code in DNOS:
        for technology in ("pv", "micro-chp", "wind", "hydro", "ad", "other"):
            for beside in ("01", "08"):
                for one in export_classes(mdd_377, asked(code, day=JUNE_2026), technology, beside, None):
                    assert {answer.verdict for answer in one.answers} == {"pass"}, (code, technology, one.mtc)


def test_t1_to_t3_what_fits_in_london(mdd_377):
    def classes(technology: str, beside: str, meter: str) -> tuple[str, str, str]:
        (one,) = export_classes(mdd_377, asked("12", day=JUNE_2026), technology, beside, meter)
        return one.mtc, one.ssc, one.tpr

    assert classes("pv", "01", "import-export") == ("870", "0482", "00378")
    assert classes("pv", "04", "import-export")[1:] == ("0485", "00381")
    assert classes("micro-chp", "02", "export-only") == ("866", "0491", "00387")


def test_t4_hydro_in_electricity_north_west_takes_868_and_not_866(mdd_377):
    assert verdicts(mdd_377, asked("16", "export", day=JUNE_2026, mtc="868", ssc="0940"))["MTC with SSC"] == "pass"
    wrong = the(mdd_377, "MTC with SSC", asked("16", "export", day=JUNE_2026, mtc="866", ssc="0940"))
    assert wrong.code == "ID-114"
    assert ("868", "0940") in [(one.mtc, one.ssc) for one in wrong.nearest] or wrong.more


def test_t5_a_chp_configuration_on_pv_is_wrong_for_the_technology_and_with_the_class(mdd_377):
    about = asked("10", "export", day=JUNE_2026, mtc="870", ssc="0490")
    fits = export_ssc_fits(about, "pv", "01")
    assert fits is not None
    assert fits.code == "ID-118"
    assert verdicts(mdd_377, about)["MTC with SSC"] == "ID-114"


def test_t6_a_class_of_kind_a_on_an_export(mdd_377):
    assert verdicts(mdd_377, asked("12", "export", day=JUNE_2026, llfc="001"))["direction"] == "ID-117"
    assert verdicts(mdd_377, asked("12", "export", day=JUNE_2026, llfc="932"))["direction"] == "pass"


def test_t7_30_kw_must_be_half_hourly():
    assert export_is_half_hourly_from_the_limit(False, Decimal(30)).code == "ID-119"
    assert export_is_half_hourly_from_the_limit(False, Decimal("29.9")).verdict == "pass"


@pytest.mark.parametrize(
    ("code", "llfcs"),
    [
        ("10", ["932"]),
        ("12", ["932"]),
        ("19", ["932"]),
        ("15", ["774", "776"]),
        ("11", ["986", "970"]),
        ("23", ["020", "030"]),
        ("14", ["625", "570"]),
        ("16", ["961", "962", "901", "902", "904", "912"]),
        ("17", ["951", "952"]),
        ("20", ["931", "932"]),
    ],
)
def test_the_handbooks_classes_for_small_export_are_live_and_of_export(mdd_377, code, llfcs):
    for llfc in llfcs:
        found = verdicts(mdd_377, asked(code, "export", day=JUNE_2026, llfc=llfc))
        assert found == {"LLFC": "pass", "direction": "pass"}, llfc


def test_a_class_that_changed_its_direction_has_that_of_the_day(mdd_377):
    def on(day: date) -> str:
        return verdicts(mdd_377, asked("16", "export", day=day, llfc="902"))["direction"]

    assert [on(date(2025, 7, 16)), on(date(2025, 7, 17))] == ["ID-117", "pass"]
