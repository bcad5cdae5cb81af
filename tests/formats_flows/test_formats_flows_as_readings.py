"""D0036 and D0275 among a portfolio's readings: settled as if they had come as long CSV, faults left out and said."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest

from halfhour.calendar import settlement_periods

SITE = """\
[site]
id = "mill-lane"
gsp_group = "_A"
voltage = "HV"

[[metering]]
name = "Boundary"
at = "boundary"
import = "1012345678903"
export = "1000000000040"
bm_unit = "2__AABCD001"
"""
IMPORT, EXPORT = "1012345678903", "1000000000040"


def readings(days):
    """Watt-hours with now and then an estimate, none missing."""
    found = {}
    for number, day in enumerate(days):
        periods = settlement_periods(day)
        found[IMPORT, "AI", day] = [
            (1_000 * number + 37 * period, "E" if period % 7 == 0 else "A") for period in range(1, periods + 1)
        ]
        found[EXPORT, "AE", day] = [(11 * period, "A") for period in range(1, periods + 1)]
    return found


def flow(found, name="D0036001", line_end="\n", change=lambda body: body):
    groups = {"D0036001": ("101", "102", "103"), "D0275001": ("X01", "X02", "X03")}[name]
    body = []
    for msid, quantity in dict.fromkeys((msid, quantity) for msid, quantity, _ in found):
        body.append(f"{groups[0]}|{msid}|{quantity}|ABCD|")
        for (of, what, day), values in found.items():
            if (of, what) == (msid, quantity):
                body.append(f"{groups[1]}|{day:%Y%m%d}|")
                body += [f"{groups[2]}|{status}|{wh // 1000}.{wh % 1000:03}|" for wh, status in values]
    body = change(body)
    instances = sum(line.startswith(f"{groups[0]}|") for line in body)
    lines = [
        f"ZHV|0000000001|{name}|C|HHDC|X|ABCD|20251103090000||||TR01|",
        *body,
        f"ZPT|0000000001|{len(body)}||{instances}|20251103090000|",
    ]
    return "".join(line + line_end for line in lines)


def tables(run):
    """Every file of a run whose content follows from the readings alone."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.folder.iterdir())
        if path.name not in {"manifest.json", "report.html"}
    }


@pytest.fixture
def groups_of_d0275():
    from halfhour.formats.flows.layouts import shipped  # noqa: PLC0415

    return list(shipped()["D0275001"].groups)


@pytest.mark.parametrize("start", [date(2024, 3, 30), date(2024, 10, 26), date(2024, 1, 15)])
@pytest.mark.parametrize(
    ("name", "file", "line_end"),
    [
        ("D0036001", "advances.txt", "\n"),
        ("D0036001", "D0036_0000000001", "\r\n"),
        ("D0275001", "d0275.usr", "\n"),
    ],
)
def test_advances_settle_to_the_same_bytes_as_long_csv(new_portfolio, start, name, file, line_end, groups_of_d0275):
    assert groups_of_d0275 == ["X01", "X02", "X03"]
    found = readings([start + timedelta(days=number) for number in range(3)])
    long = new_portfolio().write("site.toml", SITE).readings(found)
    advances = new_portfolio().write("site.toml", SITE).write(f"readings/{file}", flow(found, name, line_end))
    assert tables(advances.settle()) == tables(long.settle())


def codes(run):
    return set(run.exceptions.filter(run.exceptions["severity"] == "error")["code"])


def test_an_instance_with_a_fault_is_left_out_and_the_others_are_settled(new_portfolio):
    found = readings([date(2024, 1, 15)])

    def lose_an_advance(body):
        place = next(number for number, line in enumerate(body) if line.startswith("101|" + EXPORT))
        return [*body[: place + 5], *body[place + 6 :]]

    portfolio = new_portfolio().write("site.toml", SITE).write("readings/a.txt", flow(found, change=lose_an_advance))
    run = portfolio.settle()
    assert codes(run) == {"FF-211"}
    (row,) = run.exceptions.filter(run.exceptions["code"] == "FF-211").iter_rows(named=True)
    assert "readings/a.txt:53" in row["message"]
    assert "48 Settlement Periods" in row["message"]
    volumes = run.settled_volumes
    assert volumes.filter(volumes["measurement_quantity"] == "AI")["settled_wh"].null_count() == 0
    assert volumes.filter(volumes["measurement_quantity"] == "AE")["settled_wh"].null_count() == 48


def test_a_file_with_a_wrong_count_is_not_used_at_all(new_portfolio):
    day = date(2024, 1, 15)
    found = readings([day])
    broken = flow(found).replace("|2|20251103090000|", "|3|20251103090000|")
    portfolio = new_portfolio().write("site.toml", SITE).readings({key: found[key] for key in [(IMPORT, "AI", day)]})
    portfolio.write("readings/broken.txt", broken)
    run = portfolio.settle()
    assert "FF-204" in codes(run)
    volumes = run.settled_volumes
    assert volumes.filter(volumes["measurement_quantity"] == "AE")["settled_wh"].null_count() == 48
    assert volumes.filter(volumes["measurement_quantity"] == "AI")["settled_wh"].null_count() == 0


def test_another_flow_among_the_readings_is_named_and_the_rest_goes_on(new_portfolio):
    found = readings([date(2024, 1, 15)])
    portfolio = new_portfolio().write("site.toml", SITE).readings(found)
    portfolio.write(
        "readings/D0151", "ZHV|1|D0151001|X|ABCD|M|HHMO|20251103090000||||TR01|\nZPT|1|0||0|20251103090000|\n"
    )
    run = portfolio.settle()
    assert "FF-112" in codes(run)
    assert run.settled_volumes["settled_wh"].null_count() == 0


def test_indicator_c_counts_as_estimated_and_reactive_energy_is_not_used(new_portfolio):
    found = readings([date(2024, 1, 15)])
    reactive = "\n".join(["101|1012345678903|RI|ABCD|", "102|20240115|", *["103|A|1.000|"] * 48])

    def with_c(body):
        return [line.replace("103|A|", "103|C|") for line in body] + reactive.split("\n")

    run = new_portfolio().write("site.toml", SITE).write("readings/a.txt", flow(found, change=with_c)).settle()
    assert set(run.settled_volumes["quality"].cast(str)) == {"estimated"}
    kinds = dict(zip(run.exceptions["code"], run.exceptions["severity"], strict=True))
    assert kinds["HH-512"] == "info"
    assert kinds["RD-011"] == "info"


def test_a_later_file_corrects_and_the_same_file_again_changes_nothing(new_portfolio):
    day = date(2024, 1, 15)
    found = readings([day])
    portfolio = new_portfolio().write("site.toml", SITE).write("readings/a.txt", flow(found))
    before = tables(portfolio.settle())
    portfolio.write("readings/again.txt", flow(found))
    assert tables(portfolio.settle()) == before
    corrected = {key: [(wh + 1, status) for wh, status in values] for key, values in found.items()}
    portfolio.write("readings/b.txt", flow(corrected))
    volumes = portfolio.settle().settled_volumes
    assert volumes["settled_wh"].sum() == sum(wh + 1 for values in found.values() for wh, _ in values)
