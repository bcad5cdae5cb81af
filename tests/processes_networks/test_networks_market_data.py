"""Condition 4 asked of real Market Domain Data, 346 of March 2024 (handbook 5.2 and 9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from network_flow_files import BOUNDARY, THIRD_PARTY, mpan
from networks_builders import change, network

from halfhour.market_data.loading import load_files
from halfhour.market_data.store import MarketDataStore
from halfhour.processes.private_networks import Classes, conditions, status_spans, visibility, visible_in

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "mdd"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the shared data are not at {DATA}"),
]

NORTH_WEST = mpan("16", 2000000001)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("networks-mdd") / "market-data.sqlite"
    assert {load.state for load in load_files([DATA / "346"], store=path)} == {"loaded"}
    with MarketDataStore.open(path) as opened:
        yield opened


def moved_to(day, msid=THIRD_PARTY):
    """The network in use from a day, Third Party MSID at another distributor where one is named."""
    whole = network()
    (third_party,) = whole.third_parties
    return replace(
        whole,
        third_parties=(replace(third_party, msid=msid, use_from=day),),
        declarations=tuple(replace(one, msids=(msid,), sent_on=day) for one in whole.declarations),
    )


def found_on(store, whole, day):
    return list(conditions.visibility(whole, day, visible_in(store)))


def test_v11_eastern_with_class_90_must_have_switched_since_20_october_2021(store):
    day = date(2021, 10, 21)
    whole = replace(moved_to(day), classes=(Classes(THIRD_PARTY, "90", "845"),), mdd_changes=(change(),))
    (failed,) = found_on(store, whole, day)
    assert failed.code == "PN-404"
    assert "MTC 997 is valid with that LLFC since 2021-10-20: the switch is due" in failed.message


def test_v12_electricity_north_west_is_interim_while_the_change_is_in_progress(store):
    day = date(2024, 3, 15)
    live = store.live("valid_mtc_llfc_combination", day, mpid="NORW", mtc="845")
    stands_in = Classes(NORTH_WEST, live[0]["llfc"], "845")
    whole = replace(moved_to(day, NORTH_WEST), classes=(stands_in,))
    in_progress = change(msid=NORTH_WEST, form_date=date(2024, 2, 1), ldso_agreed_on=date(2024, 1, 20))
    (interim,) = found_on(store, replace(whole, mdd_changes=(in_progress,)), day)
    assert (interim.code, interim.severity) == ("RG-031", "info")
    assert "(interim rule)" in interim.message
    (failed,) = found_on(store, whole, day)
    assert (failed.code, failed.severity) == ("PN-404", "error")
    not_yet = replace(in_progress, ldso_agreed_on=None)
    (lacking,) = found_on(store, replace(whole, mdd_changes=(not_yet,)), day)
    assert "lacks the distributor's agreement" in lacking.message


def test_the_status_turns_on_the_first_valid_day_of_997_and_back_with_the_switch(store):
    use, switched = date(2021, 10, 18), date(2021, 10, 25)
    classes = (
        Classes(BOUNDARY, "090", "996"),
        Classes(THIRD_PARTY, "090", "845", None, switched),
        Classes(THIRD_PARTY, "090", "997", switched),
    )
    pending = change(form_date=date(2021, 9, 1), ldso_agreed_on=date(2021, 8, 20))
    early = date(2021, 1, 1)
    base = moved_to(use)
    whole = replace(
        base,
        classes=classes,
        mdd_changes=(pending,),
        registrations=tuple(replace(one, effective_from=None) for one in base.registrations),
        loss_terms=tuple(replace(one, effective_from=early) for one in base.loss_terms),
        agreements=tuple(replace(one, signed_on=early) for one in base.agreements),
        appointments=tuple(replace(one, effective_from=early) for one in base.appointments),
        declarations=tuple(replace(one, signed_on=early, sent_on=early) for one in base.declarations),
    )
    spans = status_spans(whole, date(2021, 10, 17), date(2021, 10, 28), visible_in(store))
    assert [(one.first, one.status, one.failing) for one in spans] == [
        (date(2021, 10, 17), "NOT_IN_USE", ()),
        (date(2021, 10, 18), "INTERIM", ()),
        (date(2021, 10, 20), "NOT_COMPLIANT", ("PN-404",)),
        (date(2021, 10, 25), "COMPLIANT", ()),
    ]


def test_days_of_grace_keep_the_interim_rule_until_the_switch_is_due(store, monkeypatch):
    monkeypatch.setattr(visibility, "switch_due_by", lambda _since: date(2021, 10, 27))
    look = visible_in(store)
    asked = Classes(THIRD_PARTY, "090", "845")
    assert look(asked, change(), date(2021, 10, 27)).verdict == "interim"
    assert look(asked, change(), date(2021, 10, 28)).verdict == "fail"
    assert look(replace(asked, llfc="095"), change(), date(2021, 10, 27)).verdict == "fail"


def test_what_market_data_do_not_cover_is_unknown_and_what_is_no_class_fails(store):
    look = visible_in(store)
    assert look(Classes(THIRD_PARTY, "090", "997"), None, date(2024, 3, 15)).verdict == "pass"
    assert look(Classes(THIRD_PARTY, "0900", "997"), None, date(2024, 3, 15)).verdict == "fail"
    assert look(Classes(mpan("28", 1), "090", "997"), None, date(2024, 3, 15)).verdict == "fail"
