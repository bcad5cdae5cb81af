"""The register that remembers: two times on every fact, no two beliefs of one day, nothing ever edited."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.cli_running import contract_portfolio
from halfhour.errors import HalfhourError
from halfhour.register import load_portfolio, write_portfolio

MSID = "1012345678903"
MOMENT = datetime(2025, 3, 3, 9, tzinfo=UTC)


@pytest.fixture
def register(database):
    from halfhour.server.register import recording  # noqa: PLC0415 - Django is set up by the database

    return recording


def appointed(agent, start=None, end=None, msid=MSID):
    from halfhour.server.register.recording import Statement  # noqa: PLC0415

    return Statement("appointment", (msid, "M"), {"agent": agent}, start, end)


def beliefs(moment=None):
    from halfhour.server.register.asking import facts  # noqa: PLC0415

    return [(row.agent, row.effective_from, row.effective_to) for row in facts("appointment", known_at=moment)]


def recorded(register, *statements, moment=MOMENT, why="test"):
    with register.writing("tester", why, moment=moment) as making:
        for one in statements:
            making.record(one)
    return making


def test_a_fact_in_the_middle_leaves_what_is_believed_of_the_days_around_it(register):
    recorded(register, appointed("HHMO"))
    recorded(register, appointed("UDMS", date(2025, 6, 1), date(2025, 7, 1)))
    assert beliefs() == [
        ("HHMO", None, date(2025, 6, 1)),
        ("UDMS", date(2025, 6, 1), date(2025, 7, 1)),
        ("HHMO", date(2025, 7, 1), None),
    ]


def test_what_was_known_at_a_moment_stays_what_was_known_at_it(register):
    first = recorded(register, appointed("HHMO", date(2025, 1, 1)))
    second = recorded(register, appointed("UDMS", date(2025, 1, 1)), moment=MOMENT + timedelta(days=5))
    assert beliefs(MOMENT + timedelta(days=1)) == [("HHMO", date(2025, 1, 1), None)]
    assert beliefs(second.change.moment) == [("UDMS", date(2025, 1, 1), None)]
    assert beliefs(first.change.moment - timedelta(seconds=1)) == []


def test_what_is_believed_already_is_not_recorded_again_and_leaves_no_change(register):
    from halfhour.server.register.models import Change  # noqa: PLC0415

    recorded(register, appointed("HHMO", date(2025, 1, 1)))
    recorded(register, appointed("HHMO", date(2025, 2, 1), date(2025, 3, 1)))
    assert beliefs() == [("HHMO", date(2025, 1, 1), None)]
    assert Change.objects.count() == 1


def test_a_fact_that_ends_is_believed_of_the_days_before(register):
    recorded(register, appointed("HHMO", date(2025, 1, 1)))
    with register.writing("tester", "D0151", moment=MOMENT) as making:
        assert making.stop("appointment", (MSID, "M"), date(2025, 6, 1))
        assert not making.stop("appointment", (MSID, "M"), date(2025, 6, 1))
    assert beliefs() == [("HHMO", date(2025, 1, 1), date(2025, 6, 1))]


def test_two_beliefs_of_one_day_are_refused_with_both_and_nothing_is_recorded(register):
    recorded(register, appointed("HHMO", date(2025, 1, 1)))
    with pytest.raises(HalfhourError) as refused, register.writing("tester", "slip", moment=MOMENT) as making:
        making.add([appointed("UDMS", date(2025, 5, 1))])
    assert refused.value.code == "RM-001"
    assert beliefs() == [("HHMO", date(2025, 1, 1), None)]


def test_days_that_do_not_run_forwards_and_a_change_without_a_reason_are_refused(register):
    with pytest.raises(HalfhourError, match="RM-003"):
        recorded(register, appointed("HHMO", date(2025, 1, 1), date(2025, 1, 1)))
    with pytest.raises(HalfhourError, match="RM-002"):
        recorded(register, appointed("HHMO"), why="  ")


def test_postgresql_itself_excludes_what_would_overlap(postgresql_database):
    from django.db import IntegrityError, transaction  # noqa: PLC0415

    from halfhour.server.register import recording  # noqa: PLC0415
    from halfhour.server.register.models import Appointment, Change  # noqa: PLC0415

    recorded(recording, appointed("HHMO", date(2025, 1, 1)))
    change = Change.objects.get()
    row = Appointment(msid=MSID, role="M", agent="UDMS", recorded_at=change.moment, change=change)
    with pytest.raises(IntegrityError, match="never_overlaps"), transaction.atomic():
        row.save()
    Appointment(
        msid=MSID, role="M", agent="UDMS", effective_to=date(2025, 1, 1), recorded_at=change.moment, change=change
    ).save()


def test_the_database_itself_refuses_to_edit_or_remove_a_fact(register):
    from django.db import Error, transaction  # noqa: PLC0415

    from halfhour.server.register.models import Appointment  # noqa: PLC0415

    recorded(register, appointed("HHMO"))
    row = Appointment.objects.get()
    row.agent = "UDMS"
    for edit in (row.save, row.delete):
        with pytest.raises(Error, match="never edited or removed"), transaction.atomic():
            edit()


def test_the_log_says_who_when_why_for_which_case_and_what_was_believed_before(register):
    from halfhour.server.register.asking import log  # noqa: PLC0415

    recorded(register, appointed("HHMO", date(2025, 1, 1)))
    with register.writing("another", "D0011 came", case="ER000001", moment=MOMENT + timedelta(days=1)) as making:
        making.record(appointed("UDMS", date(2025, 6, 1)))
    (change, after, before), _ = log(subject=MSID)
    assert (change.who, change.why, change.case) == ("another", "D0011 came", "ER000001")
    assert [(row.agent, row.effective_to) for _, row in before] == [("HHMO", None)]
    assert [(row.agent, row.effective_from) for _, row in after] == [
        ("HHMO", date(2025, 1, 1)),
        ("UDMS", date(2025, 6, 1)),
    ]
    assert [one.why for one, _, _ in log(case="ER000001")] == ["D0011 came"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["HHMO", "UDMS", "EELM"]), st.integers(0, 40), st.integers(1, 40)),
        min_size=1,
        max_size=8,
    )
)
def test_any_order_of_recording_leaves_for_each_day_the_last_word_about_it(sqlite_database, words):
    from django.db import transaction  # noqa: PLC0415

    from halfhour.server.register import recording  # noqa: PLC0415
    from halfhour.server.register.asking import facts  # noqa: PLC0415

    first = date(2025, 1, 1)
    wanted: dict[date, str] = {}
    with transaction.atomic():
        for agent, start, days in words:
            since = first + timedelta(days=start)
            recorded(recording, appointed(agent, since, since + timedelta(days=days)))
            wanted |= {since + timedelta(days=place): agent for place in range(days)}
        for place in range(85):
            day = first + timedelta(days=place)
            found = [row.agent for row in facts("appointment", as_at=day)]
            assert found == ([wanted[day]] if day in wanted else [])
        transaction.set_rollback(True)


def contract(tmp_path: Path) -> Path:
    return contract_portfolio(tmp_path / "ridgeway")


def test_a_portfolio_comes_out_as_it_went_in_and_a_second_import_changes_nothing(database, tmp_path):
    from halfhour.server.register.portfolios import import_portfolio, portfolio_as_known  # noqa: PLC0415

    folder = contract(tmp_path)
    first = import_portfolio(folder, "tester", "first import")
    assert first.recorded > 0
    again = import_portfolio(folder, "tester", "the same files")
    assert (again.change, again.recorded, again.ended) == (None, 0, 0)
    assert same(portfolio_as_known(), load_portfolio(folder))
    written = write_portfolio(portfolio_as_known(), tmp_path / "out")
    assert same(load_portfolio(tmp_path / "out"), load_portfolio(folder))
    assert [path.read_bytes() for path in write_portfolio(load_portfolio(tmp_path / "out"), tmp_path / "again")] == [
        path.read_bytes() for path in written
    ]


def same(one, other):
    """Whether two portfolios say the same, wherever they were read from."""

    def said(portfolio):
        sites = [
            replace(
                site,
                where="",
                metering=tuple(replace(row, where="") for row in site.metering),
                declarations=tuple(replace(row, where="") for row in site.declarations),
            )
            for site in portfolio.sites
        ]
        return sites, portfolio.settings, [replace(row, where="") for row in portfolio.loss_factors]

    return said(one) == said(other)


def test_a_changed_file_records_only_what_changed(database, tmp_path):
    from halfhour.server.register.portfolios import import_portfolio, portfolio_as_known  # noqa: PLC0415

    folder = contract(tmp_path)
    first = import_portfolio(folder, "tester", "first import")
    file = next(folder.glob("*.toml"))
    file.write_text(file.read_text(encoding="utf-8").replace('losses = "0.02"', 'losses = "0.03"'), encoding="utf-8")
    second = import_portfolio(folder, "tester", "losses corrected")
    assert (second.recorded, second.ended) == (1, 1)
    losses = [row.losses for row in portfolio_as_known().sites[0].metering if row.losses is not None]
    then = [row.losses for row in portfolio_as_known(first.change.moment).sites[0].metering if row.losses is not None]
    assert [str(one) for one in (*losses, *then)] == ["0.03", "0.02"]


def test_a_portfolio_is_read_in_as_many_queries_however_many_sites(sqlite_database, tmp_path):
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from halfhour.server.register.portfolios import import_portfolio, portfolio_as_known  # noqa: PLC0415

    counts = []
    for sites in (3, 60):
        folder = many_sites(tmp_path / str(sites), sites)
        import_portfolio(folder, "tester", "import")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(portfolio_as_known().sites) == sites
        counts.append(len(queries))
    assert counts == [5, 5]


def many_sites(folder: Path, number: int) -> Path:
    folder.mkdir(parents=True)
    sites = ["id,name,gsp_group,voltage", *(f"site-{one},Site {one},_H,HV" for one in range(number))]
    metering = [
        "site,name,at,import,supplier",
        *(f"site-{one},Meter 1,boundary,{core(one)},ABCD" for one in range(number)),
    ]
    (folder / "sites.csv").write_text("\n".join(sites) + "\n", encoding="utf-8")
    (folder / "metering.csv").write_text("\n".join(metering) + "\n", encoding="utf-8")
    return folder


def core(number: int) -> str:
    digits = f"20{number:010}"
    primes = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
    return digits + str(sum(int(digit) * prime for digit, prime in zip(digits, primes, strict=True)) % 11 % 10)


def test_a_run_from_the_register_is_the_same_to_the_byte_whatever_is_recorded_later(database, tmp_path, capsys):
    from halfhour.cli.app import main  # noqa: PLC0415
    from halfhour.server.register.portfolios import import_portfolio  # noqa: PLC0415
    from halfhour.settlement.run import Run  # noqa: PLC0415

    folder = contract(tmp_path)
    import_portfolio(folder, "tester", "first import")

    def settle(out, *more):
        with pytest.raises(SystemExit) as left:
            main(["settle", str(folder), "--register", "--out", str(out), "--edition", "osam-1.0", *more])
        assert left.value.code == 0, capsys.readouterr().err

    settle(tmp_path / "first")
    known_at = Run(tmp_path / "first").manifest["run"]["known_at"]
    file = next(folder.glob("*.toml"))
    file.write_text(file.read_text(encoding="utf-8").replace('losses = "0.02"', 'losses = "0.03"'), encoding="utf-8")
    import_portfolio(folder, "tester", "losses corrected the day after")
    settle(tmp_path / "again", "--known-at", known_at)
    settle(tmp_path / "now")

    def files(run):
        return {
            path.relative_to(run).as_posix(): path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()
        }

    assert files(tmp_path / "again") == files(tmp_path / "first")
    assert files(tmp_path / "now") != files(tmp_path / "first")
    assert "register/sites.csv" in files(tmp_path / "first")
    day = Run(tmp_path / "first").site_periods["settlement_date"][0]
    site = load_portfolio(folder).sites[0].id
    assert Run(tmp_path / "first").explain(site, day, 17).site_id == site


def test_writers_wait_for_one_another_and_the_moments_are_in_order(database):
    from django.db import connections  # noqa: PLC0415

    from halfhour.server.register import recording  # noqa: PLC0415
    from halfhour.server.register.models import Change  # noqa: PLC0415

    def write(number):
        try:
            for place in range(10):
                recorded(recording, appointed("HHMO", msid=core(number * 100 + place)), moment=None)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    moments = list(Change.objects.order_by("pk").values_list("moment", flat=True))
    assert len(moments) == 40
    assert moments == sorted(set(moments))
    assert len(beliefs()) == 40


def test_an_import_that_is_killed_has_recorded_all_of_it_or_nothing(database, tmp_path):
    from halfhour.server.register.models import Change, Metering  # noqa: PLC0415

    folder = many_sites(tmp_path / "many", 400)
    program = textwrap.dedent(
        f"""
        from halfhour.server.project.database import ready
        ready()
        from halfhour.server.register.portfolios import import_portfolio
        print("begun", flush=True)
        import_portfolio({str(folder)!r}, "killed", "an import that is killed")
        print("recorded", flush=True)
        """
    )
    for wait in (0.0, 0.05, 0.1, 0.2, 0.4, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, env=dict(os.environ), text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        told = process.stdout.read()
        process.wait()
        held = (Change.objects.count(), Metering.objects.count())
        assert held in ((0, 0), (1, 400))
        assert "recorded" not in told or held == (1, 400)
        if held != (0, 0):
            break


def test_a_fact_that_cannot_be_is_refused_with_its_name(database):
    from halfhour.server.register.reading import key_of, statement  # noqa: PLC0415

    for kind, said, code, named in [
        ("appointmnt", {}, "RM-006", "appointment"),
        ("site", {"site": "x"}, "RM-006", "portfolio files"),
        ("appointment", {"msid": MSID, "role": "M"}, "RM-007", "agent"),
        ("appointment", {"msid": MSID, "role": "Z", "agent": "HHMO"}, "RM-007", "role"),
        ("appointment", {"msid": "1012345678904", "role": "M", "agent": "HHMO"}, "RM-007", "msid"),
        ("appointment", {"msid": MSID, "role": "M", "agent": "hhmo!"}, "RM-007", "agent"),
        ("appointment", {"msid": MSID, "role": "M", "agnet": "HHMO"}, "RM-007", "agnet"),
        ("meter", {"msid": MSID, "serial": "S1", "measures": "AX"}, "RM-007", "measures"),
    ]:
        with pytest.raises(HalfhourError) as refused:
            statement(kind, said)
        assert refused.value.code == code
        assert named in str(refused.value)
    with pytest.raises(HalfhourError, match="RM-007"):
        key_of("appointment", {"msid": MSID})
