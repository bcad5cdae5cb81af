from __future__ import annotations

import gzip
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from register_builders import AMSID, BOUNDARY, CLEAN_SITE, CONTRACT_SITE, STORAGE, THIRD_PARTY, site, written

from halfhour.errors import HalfhourError, Refused
from halfhour.identifiers import check_digit
from halfhour.register import (
    Declaration,
    Metering,
    Portfolio,
    Settings,
    Site,
    load_portfolio,
    read_portfolio,
    write_portfolio_tables,
)

SITES_HEADING = "id,gsp_group,voltage\n"
METERING_HEADING = "site,name,at,import,bm_unit\n"


def without_places(sites: tuple[Site, ...]) -> list[Site]:
    return [
        replace(
            one,
            where="",
            metering=tuple(replace(metering, where="") for metering in one.metering),
            declarations=tuple(replace(declaration, where="") for declaration in one.declarations),
        )
        for one in sites
    ]


def test_the_contracts_example_loads_as_it_is_printed(tmp_path: Path):
    portfolio = load_portfolio(written(tmp_path, ridgeway_toml=CONTRACT_SITE))
    (ridgeway,) = portfolio.sites
    assert (ridgeway.id, ridgeway.name, ridgeway.gsp_group, ridgeway.voltage) == (
        "ridgeway-park",
        "Ridgeway Business Park",
        "_H",
        "HV",
    )
    meter_1, meter_2, unit_4 = ridgeway.metering
    assert (meter_1.import_msid, meter_1.export_msid) == ("2000000000015", "2000000000024")
    assert (meter_1.effective_from, meter_1.effective_to) == (date(2024, 1, 1), date(2025, 1, 1))
    assert (meter_2.licensed, meter_2.voltage, meter_2.where) == (True, "HV", "ridgeway.toml:20")
    assert (unit_4.parent, unit_4.losses) == ("Meter 1", Decimal("0.02"))
    assert ridgeway.declarations[0].metering == ("Meter 1", "Meter 2")
    _, findings = read_portfolio(tmp_path)
    assert [(finding.code, finding.where) for finding in findings] == [("RG-036", "ridgeway.toml:27")]


def test_a_clean_portfolio_has_no_findings(tmp_path: Path):
    assert read_portfolio(written(tmp_path, ridgeway_toml=CLEAN_SITE))[1] == []


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path):
    plain = read_portfolio(written(tmp_path, ridgeway_toml=CLEAN_SITE))[0].sites
    marked = "\ufeff" + CLEAN_SITE.replace("\n", "\r\n")
    assert read_portfolio(written(tmp_path, ridgeway_toml=marked))[0].sites == plain


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("RG-006", 'gsp_group = "_H"', 'gsp_gruop = "_H"'),
        ("RG-006", "[[declaration]]", "[[declarations]]"),
        ("RG-008", '"2000000000015"', "2000000000015"),
        ("RG-008", "from = 2024-01-01", 'from = "1 January"'),
        ("RG-008", "from = 2024-01-01", "from = 2024-01-01T00:00:00"),
        ("RG-008", "from = 2024-01-01", 'from = "2023-02-29"'),
        ("RG-008", "licensed = true", 'licensed = "yes"'),
        ("RG-008", 'losses = "0.02"', 'losses = "2%"'),
        ("RG-008", 'losses = "0.02"', "losses = nan"),
        ("RG-008", 'losses = "0.02"', "losses = 1e-999999999"),
        ("RG-010", 'losses = "0.02"', "losses = 2"),
        ("RG-008", '"Ridgeway Business Park"', '"  "'),
        ("RG-008", '"ridgeway-park"', '"ridgeway park"'),
        ("RG-009", 'voltage = "HV"', 'voltage = "hv"'),
        ("RG-011", "to = 2025-01-01", "to = 2024-01-01"),
        ("RG-008", 'metering = ["Meter 1", "Meter 2"]', "metering = [1]"),
        ("RG-005", 'id = "ridgeway-park"', "id = ridgeway-park"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(code: str, old: str, new: str, tmp_path: Path):
    portfolio, findings = read_portfolio(written(tmp_path, ridgeway_toml=CONTRACT_SITE.replace(old, new, 1)))
    line = CONTRACT_SITE[: CONTRACT_SITE.index(old)].count("\n") + 1
    places = [(finding.code, ":".join(finding.where.split(":")[:2])) for finding in findings]
    assert (code, f"ridgeway.toml:{line}") in places
    assert portfolio.sites == ()


def test_a_missing_key_is_named_by_the_line_of_its_table(tmp_path: Path):
    text = CONTRACT_SITE.replace('at = "storage"\n', "")
    (finding,) = read_portfolio(written(tmp_path, ridgeway_toml=text))[1]
    assert (finding.code, finding.where) == ("RG-007", "ridgeway.toml:20")
    assert "at is missing" in finding.message


def test_a_table_in_single_brackets_is_explained(tmp_path: Path):
    text = CONTRACT_SITE[: CONTRACT_SITE.index('\n[[metering]]\nname = "Meter 2"')].replace(
        "[[metering]]", "[metering]"
    )
    (finding,) = read_portfolio(written(tmp_path, ridgeway_toml=text))[1]
    assert (finding.code, finding.where) == ("RG-008", "ridgeway.toml:9")
    assert "[[metering]]" in finding.next_step


@pytest.mark.parametrize(
    ("old", "new", "suggestion"),
    [
        ("gsp_group", "gsp_gruop", "'gsp_group'"),
        ('at = "storage"', 'at = "storrage"', "'storage'"),
        ('parent = "Meter 1"', 'parent = "Metre 1"', "'Meter 1'"),
        ('["Meter 1", "Meter 2"]', '["Meter 1", "Meter2"]', "'Meter 2'"),
        ('kind = "emr-amsid"', 'kind = "emr_amsid"', "'emr-amsid'"),
    ],
)
def test_the_nearest_known_name_is_offered(old: str, new: str, suggestion: str, tmp_path: Path):
    _, findings = read_portfolio(written(tmp_path, ridgeway_toml=CONTRACT_SITE.replace(old, new, 1)))
    assert any(suggestion in finding.next_step for finding in findings)


def test_loading_refuses_with_every_finding_at_once(tmp_path: Path):
    wrong = CONTRACT_SITE.replace('"2000000000015"', '"2000000000016"').replace('"Unit 4"', '"Meter 1"')
    with pytest.raises(Refused) as refused:
        load_portfolio(written(tmp_path, ridgeway_toml=wrong, other_toml="[site]\nid = 1"))
    assert refused.value.code == "RG-001"
    assert {"ID-102", "RG-021", "RG-036", "RG-007", "RG-008"} <= {one.code for one in refused.value.findings}
    places = [one.where.split(":")[0] for one in refused.value.findings]
    assert places == sorted(places)


def test_a_site_with_an_error_is_left_out_and_the_others_stay(tmp_path: Path):
    other = CLEAN_SITE.replace("ridgeway-park", "other").replace("2000000000015", "2000000000016")
    for good, bad in (("2000000000024", "2000000000060"), ("2000000000033", "2000000000051")):
        other = other.replace(good, bad)
    other = other.replace("77000000000", "78000000000")
    portfolio, findings = read_portfolio(written(tmp_path, ridgeway_toml=CLEAN_SITE, other_toml=other))
    assert [one.id for one in portfolio.sites] == ["ridgeway-park"]
    assert {finding.site_id for finding in findings} == {"other"}


def test_one_id_in_two_files_leaves_out_both(tmp_path: Path):
    portfolio, findings = read_portfolio(written(tmp_path, a_toml=CLEAN_SITE, b_toml=CLEAN_SITE))
    assert portfolio.sites == ()
    assert [(finding.code, finding.where) for finding in findings] == [("RG-012", "b.toml:1")]


@pytest.mark.parametrize("content", [b"\xff\xfe[\x00", b"id = '\xe9'"])
def test_text_that_is_not_utf_8_is_an_error_of_its_file(content: bytes, tmp_path: Path):
    (tmp_path / "a.toml").write_bytes(content)
    _, findings = read_portfolio(tmp_path)
    assert [(finding.code, finding.where) for finding in findings] == [("RG-004", "a.toml:1")]


def test_no_folder_and_no_site_cannot_go_on(tmp_path: Path):
    for path, code in ((tmp_path / "absent", "RG-002"), (tmp_path, "RG-003")):
        with pytest.raises(HalfhourError) as problem:
            read_portfolio(path)
        assert problem.value.code == code
    written(tmp_path, sites_csv=SITES_HEADING)
    with pytest.raises(Refused) as refused:
        load_portfolio(tmp_path)
    assert [finding.code for finding in refused.value.findings] == ["RG-003"]


def test_readings_are_listed_by_path_and_other_files_are_pointed_out(tmp_path: Path):
    written(tmp_path, ridgeway_toml=CLEAN_SITE, readings_csv="", notes_txt="")
    (tmp_path / "readings" / "2024").mkdir(parents=True)
    (tmp_path / "readings" / ".cache").mkdir()
    for name in ("b.csv", "2024/z.parquet", "2024/a.csv.gz", "list.xlsx", ".hidden.csv", ".cache/c.csv"):
        (tmp_path / "readings" / name).write_bytes(gzip.compress(b""))
    portfolio, findings = read_portfolio(tmp_path)
    assert [file.relative_to(tmp_path.absolute()).as_posix() for file in portfolio.reading_files] == [
        "readings/2024/a.csv.gz",
        "readings/2024/z.parquet",
        "readings/b.csv",
    ]
    assert [(finding.code, finding.severity, finding.where) for finding in findings] == [
        ("RG-014", "warning", "readings.csv"),
        ("RG-014", "warning", "readings/list.xlsx"),
    ]


def test_register_files_are_listed_with_their_hash(tmp_path: Path):
    written(tmp_path, ridgeway_toml=CLEAN_SITE, portfolio_toml="")
    files = read_portfolio(tmp_path)[0].register_files
    assert [file.path for file in files] == ["portfolio.toml", "ridgeway.toml"]
    assert files[0].sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_settings_are_read_from_the_portfolios_own_file(tmp_path: Path):
    text = '[settlement]\ndefault_ncsp = "0.25"\nncsp_missing_days = "available_only"\nusage_factor_reference = 28\n'
    written(tmp_path, ridgeway_toml=CLEAN_SITE, portfolio_toml=text)
    assert load_portfolio(tmp_path).settings == Settings(Decimal("0.25"), "available_only", 28)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("RG-010", '[settlement]\ndefault_ncsp = "1.00001"'),
        ("RG-010", '[settlement]\ndefault_ncsp = "0.000001"'),
        ("RG-009", '[settlement]\nncsp_missing_days = "fill"'),
        ("RG-008", "[settlement]\nusage_factor_reference = 0"),
        ("RG-008", '[settlement]\nusage_factor_reference = "last-month"'),
        ("RG-006", "[settlement]\nncsp = 1"),
        ("RG-006", "[settlements]"),
        ("RG-008", "settlement = 1"),
        ("RG-005", "[settlement"),
    ],
)
def test_settings_that_cannot_be_read_refuse_the_portfolio(code: str, text: str, tmp_path: Path):
    with pytest.raises(Refused) as refused:
        load_portfolio(written(tmp_path, ridgeway_toml=CLEAN_SITE, portfolio_toml=text))
    assert [finding.code for finding in refused.value.findings] == [code]
    assert refused.value.findings[0].where.startswith("portfolio.toml")


def test_loss_factors_are_held_in_thousandths(tmp_path: Path):
    heading = "gsp_group,voltage,measurement_quantity,from,to,first_period,last_period,factor\n"
    written(tmp_path, ridgeway_toml=CLEAN_SITE, line_loss_factors_csv=heading + "_H,LV,AI,2024-04-01,,15,38,1.081\n")
    (factor,) = load_portfolio(tmp_path).loss_factors
    assert (factor.thousandths, factor.first_period, factor.last_period) == (1081, 15, 38)
    assert (factor.effective_from, factor.effective_to) == (date(2024, 4, 1), None)


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("RG-010", "_H,LV,AI,1.0815,1,50"),
        ("RG-010", "_H,LV,AI,0,1,50"),
        ("RG-010", "_H,LV,AI,1.081,0,50"),
        ("RG-010", "_H,LV,AI,1.081,1,51"),
        ("RG-011", "_H,LV,AI,1.081,40,"),
        ("RG-009", "_H,LV,RI,1.081,1,50"),
        ("ID-106", "_O,LV,AI,1.081,1,50"),
        ("RG-013", "_H,LV,AI,1.081"),
    ],
)
def test_loss_factor_rows_that_cannot_be_used_are_errors(code: str, row: str, tmp_path: Path):
    heading = "gsp_group,voltage,measurement_quantity,factor,first_period,last_period\n"
    row = row.replace("40,", "40,39")
    written(tmp_path, ridgeway_toml=CLEAN_SITE, line_loss_factors_csv=heading + row)
    portfolio, findings = read_portfolio(tmp_path)
    assert [(finding.code, finding.where) for finding in findings] == [(code, "line_loss_factors.csv:2")]
    assert portfolio.loss_factors == ()


def test_tables_and_files_may_be_mixed(tmp_path: Path):
    written(
        tmp_path,
        ridgeway_toml=CLEAN_SITE,
        sites_csv="\ufeff" + SITES_HEADING.replace("\n", "\r\n") + "\r\nmill,_H,LV\r\n",
        metering_csv=METERING_HEADING + "mill,Main,boundary,20 0000 0000 042,2__HABCD000\n",
    )
    portfolio = load_portfolio(tmp_path)
    mill, ridgeway = portfolio.sites
    assert (mill.id, mill.name, mill.where, ridgeway.id) == ("mill", "mill", "sites.csv:3", "ridgeway-park")
    assert (mill.metering[0].import_msid, mill.metering[0].voltage) == ("2000000000042", "LV")


@pytest.mark.parametrize(
    ("code", "where", "sites", "metering"),
    [
        ("RG-006", "metering.csv:1", "mill,_H,LV\n", "site,name,at,imprt\n"),
        ("RG-006", "metering.csv:1", "mill,_H,LV\n", "site;name;at\n"),
        ("RG-006", "metering.csv:1", "mill,_H,LV\n", "site,name,name,at\n"),
        ("RG-007", "metering.csv:1", "mill,_H,LV\n", "site,name\n"),
        ("RG-013", "metering.csv", "mill,_H,LV\n", "\n"),
        ("RG-013", "metering.csv:2", "mill,_H,LV\n", METERING_HEADING + "mill,Main,boundary\n"),
        ("RG-013", "metering.csv:2", "mill,_H,LV\n", METERING_HEADING + 'mill,"Main,boundary,,\n'),
        ("RG-013", "metering.csv:3", "mill,_H,LV\n", METERING_HEADING + "\nmil,Main,boundary,,\n"),
        ("RG-013", "metering.csv:2", "mill,_H,LV\n", METERING_HEADING + ",Main,boundary,,\n"),
        ("RG-009", "metering.csv:2", "mill,_H,LV\n", METERING_HEADING + "mill,Main,bondary,,\n"),
        ("RG-007", "metering.csv:2", "mill,_H,LV\n", METERING_HEADING + "mill,Main,,,\n"),
        ("RG-012", "sites.csv:3", "mill,_H,LV\nmill,_H,LV\n", METERING_HEADING + "mill,M,boundary,2000000000042,\n"),
        ("RG-007", "sites.csv:2", ",_H,LV\n", METERING_HEADING),
    ],
)
def test_rows_that_cannot_be_used_are_named_by_their_line(
    code: str, where: str, sites: str, metering: str, tmp_path: Path
):
    portfolio, findings = read_portfolio(written(tmp_path, sites_csv=SITES_HEADING + sites, metering_csv=metering))
    assert (code, where) in [(finding.code, finding.where) for finding in findings]
    assert portfolio.sites == ()


def test_meterings_without_a_table_of_sites_are_an_error(tmp_path: Path):
    _, findings = read_portfolio(written(tmp_path, metering_csv=METERING_HEADING))
    assert [(finding.code, finding.where) for finding in findings] == [("RG-007", "sites.csv")]


def numbered(prefix: str, number: int) -> str:
    first_twelve = f"{prefix}{number:010d}"
    return first_twelve + str(check_digit(first_twelve))


@st.composite
def any_site(draw: st.DrawFn) -> Site:
    printable = st.characters(
        codec="utf-8", exclude_characters=";", exclude_categories=["C", "Z"], include_characters=" "
    )
    name = st.text(printable, min_size=1, max_size=12).map(str.strip).filter(bool)
    days = st.none() | st.dates(date(2015, 1, 1), date(2030, 1, 1))
    metering = []
    for number in range(draw(st.integers(1, 4))):
        first, last = draw(days), draw(days)
        metering.append(
            Metering(
                draw(name),
                "boundary" if number == 0 else draw(st.sampled_from(["storage", "generation", "customer"])),
                numbered("20", 2 * number + 1),
                draw(st.none() | st.just(numbered("20", 2 * number + 2))),
                draw(st.sampled_from(["LV", "HV", "EHV", "132kV", "T"])),
                licensed=number > 0 and draw(st.booleans()),
                capacity_kw=draw(st.none() | st.decimals(0, 9999, places=2)),
                effective_from=first,
                effective_to=None if first and last and last <= first else last,
            )
        )
    declaration = Declaration("nfd", (metering[0].name,), draw(st.none() | st.just("ABCD")))
    return Site(
        draw(st.from_regex(r"[A-Za-z0-9-]{1,8}", fullmatch=True)),
        draw(name),
        "_H",
        draw(st.sampled_from(["LV", "HV"])),
        metering=tuple(metering),
        declarations=(declaration,) if draw(st.booleans()) else (),
    )


def as_toml(one: Site) -> str:
    def line(key: str, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return f"{key} = {str(value).lower()}\n"
        if isinstance(value, date):
            return f"{key} = {value}\n"
        if isinstance(value, tuple):
            return f"{key} = [{', '.join(quoted(name) for name in value)}]\n"
        return f"{key} = {quoted(str(value))}\n"

    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    text = "[site]\n" + "".join(line(key, getattr(one, key)) for key in ("id", "name", "gsp_group", "voltage"))
    for record in one.metering:
        pairs = {"import": record.import_msid, "export": record.export_msid}
        pairs |= {"from": record.effective_from, "to": record.effective_to}
        keys = ("name", "at", "voltage", "licensed", "capacity_kw")
        pairs |= {key: getattr(record, key) for key in keys}
        text += "\n[[metering]]\n" + "".join(line(key, value) for key, value in pairs.items())
    for declared in one.declarations:
        pairs = {"kind": declared.kind, "metering": declared.metering, "by": declared.by}
        text += "\n[[declaration]]\n" + "".join(line(key, value) for key, value in pairs.items())
    return text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_site())
def test_a_site_means_the_same_as_file_and_as_tables(tmp_path_factory: pytest.TempPathFactory, one: Site):
    file = written(tmp_path_factory.mktemp("file"), a_toml=as_toml(one))
    tables = tmp_path_factory.mktemp("tables")
    write_portfolio_tables(Portfolio(file, (one,)), tables)
    (from_file, findings), (from_tables, others) = read_portfolio(file), read_portfolio(tables)
    # Findings stand in the order of file and line, which is another one in tables.
    assert sorted((finding.code, finding.message) for finding in findings) == sorted(
        (finding.code, finding.message) for finding in others
    )
    assert without_places(from_file.sites) == without_places(from_tables.sites)
    assert without_places(from_file.sites) in ([], [one])


def test_a_portfolio_written_as_tables_reads_back_the_same(tmp_path: Path):
    whole = replace(
        site(BOUNDARY, STORAGE, replace(THIRD_PARTY, losses=Decimal("0.02")), declarations=[AMSID]),
        exempt_capacity_kw=Decimal("12.5"),
        netting="within-half-hour",
        customer_supplier_licensed=False,
    )
    write_portfolio_tables(Portfolio(tmp_path, (whole,)), tmp_path / "tables")
    assert without_places(load_portfolio(tmp_path / "tables").sites) == [whole]


def mutations(text: str, count: int) -> list[bytes]:
    """Deterministic damage to a good file: lines, characters, kinds, ends, bytes."""
    dice = random.Random(20240101)
    mutants: list[bytes] = []
    for number in range(count):
        lines = text.split("\n")
        place = dice.randrange(len(text) - 1)
        match number % 7:
            case 0:
                del lines[dice.randrange(len(lines))]
                mutants.append("\n".join(lines).encode())
            case 1:
                swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
                mutants.append(swapped.encode())
            case 2:
                row = dice.randrange(len(lines))
                wrong = dice.choice(
                    ["true", "-1", "1e400", "[[1]]", "{a = {}}", '""', "inf", "0x" + "f" * 6000, "9" * 5000]
                )
                lines[row] = lines[row].split("=")[0] + "= " + wrong
                mutants.append("\n".join(lines).encode())
            case 3:
                mutants.append(text[:place].encode())
            case 4:
                data = bytearray(text.encode())
                data[place] = dice.randrange(256)
                mutants.append(bytes(data))
            case 5:
                mutants.append(dice.randbytes(dice.randrange(200)))
            case _:
                row = dice.randrange(len(lines))
                lines.insert(
                    row, dice.choice(["a = " + "[" * 5000, lines[dice.randrange(len(lines))], "\x00", "[site]"])
                )
                mutants.append("\n".join(lines).encode())
    return mutants


@pytest.mark.parametrize("name", ["site.toml", "metering.csv", "sites.csv", "portfolio.toml"])
def test_damage_is_a_finding_that_names_the_file_and_never_a_crash(name: str, tmp_path: Path):
    boundary = replace(BOUNDARY, import_msid="2000000000042", export_msid=None)
    write_portfolio_tables(Portfolio(tmp_path, (site(boundary, id="whole"),)), tmp_path)
    written(tmp_path, portfolio_toml='[settlement]\ndefault_ncsp = "0.25"\n')
    good = CLEAN_SITE if name == "site.toml" else (tmp_path / name).read_text()
    for content in mutations(good, 280 if name == "site.toml" else 70):
        (tmp_path / name).write_bytes(content)
        portfolio, findings = read_portfolio(tmp_path)
        errors = [finding for finding in findings if finding.severity == "error"]
        assert all(finding.where and finding.message for finding in errors)
        # A row that is gone from a table is missed where the others name it.
        damaged = name if name == "site.toml" else ""
        mutants = [one for one in portfolio.sites if one.where.startswith(damaged)]
        assert mutants or any(finding.where.startswith(damaged) for finding in errors)
