"""The classes of a metering as people write them, in a site's file and in tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from register_builders import BOUNDARY, SINCE, THIRD_PARTY, found, site, written

from halfhour.register import load_portfolio, read_portfolio, write_portfolio_tables

SITE = """\
[site]
id = "mill"
gsp_group = "_A"
voltage = "HV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "1000000000040"
export = "1012345678903"
bm_unit = "2__AALFA001"
import_llfc = "90"
import_mtc = "1"
import_ssc = "0393"
import_profile_class = "3"
export_llfc = "5A"
export_mtc = "870"
export_ssc = "0484"
export_profile_class = "08"
measurement_class = "A"
technology = "pv"
meter = "import-export"
mdd_change = "MDD-77"
"""

READ = {
    "import_llfc": "090",
    "import_mtc": "001",
    "import_ssc": "0393",
    "import_profile_class": "03",
    "export_llfc": "05A",
    "export_mtc": "870",
    "export_ssc": "0484",
    "export_profile_class": "08",
    "measurement_class": "A",
    "technology": "pv",
    "meter": "import-export",
    "mdd_change": "MDD-77",
}


def test_classes_are_read_with_the_zeros_that_they_lack(tmp_path: Path):
    (metering,) = load_portfolio(written(tmp_path, mill_toml=SITE)).sites[0].metering
    assert {key: getattr(metering, key) for key in READ} == READ


def test_classes_mean_the_same_in_tables_where_spreadsheets_take_the_zeros_away(tmp_path: Path):
    whole = load_portfolio(written(tmp_path, mill_toml=SITE))
    written_tables = write_portfolio_tables(whole, tmp_path / "tables")
    metering = written_tables[1]
    metering.write_text(metering.read_text(encoding="utf-8").replace(",090,001,", ",90,1,"), encoding="utf-8")
    (again,) = load_portfolio(tmp_path / "tables").sites[0].metering
    assert {key: getattr(again, key) for key in READ} == READ


def test_classes_that_are_not_stated_are_absent(tmp_path: Path):
    plain = "\n".join(line for line in SITE.splitlines() if line.split(" ")[0] not in READ)
    (metering,) = load_portfolio(written(tmp_path, mill_toml=plain)).sites[0].metering
    assert {getattr(metering, key) for key in READ} == {None}


@pytest.mark.parametrize(
    ("old", "new", "code", "message", "step"),
    [
        ('"90"', "90", "RG-008", "a number, but a Line Loss Factor Class is text", "in quotes"),
        ('"90"', '"09b"', "RG-008", "not a Line Loss Factor Class", "Did you mean '09B'?"),
        ('"90"', '"1234"', "RG-008", "not a Line Loss Factor Class", "three capital letters or digits"),
        ('"1"', "1", "RG-008", "a number, but a Meter Timeswitch Class is text", "in quotes"),
        ('"1"', '"84X"', "RG-008", "not a Meter Timeswitch Class", "three digits"),
        ('"0393"', '"393"', "RG-008", "not a Standard Settlement Configuration", "four digits"),
        ('"0393"', '""', "RG-008", "which is empty", "leave the key out"),
        ('"3"', '"9"', "RG-008", "not a profile class", "00 to 08"),
        ('"3"', "true", "RG-008", "not text", "in quotes"),
        ('"A"', '"H"', "RG-009", "'H', which is not known", "A, B, C, D, E, F, G"),
        ('"pv"', '"solar"', "RG-009", "'solar', which is not known", "pv, micro-chp, wind, hydro, ad, other"),
        ('"import-export"', '"shared"', "RG-009", "'shared', which is not known", "export-only, import-export"),
    ],
)
def test_a_class_that_cannot_be_read_is_refused_at_its_line(old, new, code, message, step, tmp_path: Path):
    text = SITE.replace(f"= {old}\n", f"= {new}\n", 1)
    assert text != SITE
    _, (finding,) = read_portfolio(written(tmp_path, mill_toml=text))
    line = SITE[: SITE.index(f"= {old}\n")].count("\n") + 1
    assert (finding.code, finding.where) == (code, f"mill.toml:{line}")
    assert message in finding.message
    assert step in finding.next_step


def test_a_customer_behind_a_boundary_is_expected_to_have_its_line_loss_factor_class():
    boundary = replace(BOUNDARY, import_llfc="090")
    customer = replace(THIRD_PARTY, import_llfc="090")
    assert found(site(boundary, customer, network="private")) == []
    assert found(site(boundary, replace(customer, import_llfc=None), network="private")) == []
    other = replace(customer, import_llfc="091")
    assert found(site(boundary, other, network="private")) == [("PN-210", "warning")]
    before = replace(other, effective_to=SINCE)
    assert ("PN-210", "warning") not in found(site(boundary, before, network="private"))


def test_behind_a_sub_network_the_class_of_its_head_is_expected():
    boundary = replace(BOUNDARY, import_llfc="090")
    head = replace(THIRD_PARTY, import_llfc="091")
    leaf = replace(THIRD_PARTY, name="Unit 5", import_msid="2000000000051", parent="Unit 4", import_llfc="091")
    assert found(site(boundary, head, leaf, network="private")) == [("PN-210", "warning")]
