"""The handbook's own examples (file-formats 9), and every way in which a file can be damaged: found and named."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from halfhour.errors import HalfhourError
from halfhour.formats.flows.checking import check_file
from halfhour.formats.flows.checksums import record_checksum
from halfhour.formats.flows.lines import Limits
from halfhour.formats.flows.reading import FlowReader, Options
from halfhour.formats.flows.records import from_json, read_flow, sealed, to_json, write_flow

EXAMPLE = """\
ZHV|0000000017|D0155001|X|HHSP|M|HHMO|20250303090000||||TR01|
315|1012345678903|20250317|1 TEST STREET||||||||LONDON|SE1 1AA|HHSPHHMO01|H|_C|
317|20250317|
318|0001|0001|
ZPT|0000000017|3||1|20250303090000|
"""
NETA = """\
AAA|E0041001|D|20260810093000|EN|HALFHOUR|EC|ECVAA|1|TR01|
EDN|ECVNAA0001|KEY0000001|ECVNAA0001|REF0000001|20260811||
CD9|1|12.5|
ZZZ|4|1563310849|
"""
POOL = """\
ZHD||D0265001|R|LOND|G|CAPG|20251021141250||||OPER
DIS|LOND
LLF|1
SDT|20260401
SPL|1|1.078
SPL|2|1.078
ZPT|7|743733810
"""
LLF = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "llf"
needs_data = pytest.mark.skipif(not LLF.is_dir(), reason="the shared market data are not beside the project")


@pytest.fixture
def checked(tmp_path):
    def check(content: str | bytes, **options):
        path = tmp_path / "flow.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("latin-1"))
        return check_file(path, options=Options(**options))[1]

    return check


def codes(verdict, severity="error"):
    return [finding.code for finding in verdict.findings if finding.severity == severity]


def test_f1_the_handbooks_example_is_accepted(checked):
    verdict = checked(EXAMPLE)
    assert (verdict.accepted, verdict.instances, verdict.records) == (True, 1, 3)
    assert verdict.findings == []


def test_f2_a_lost_line_is_a_wrong_count(checked):
    verdict = checked(EXAMPLE.replace("318|0001|0001|\n", ""))
    assert not verdict.accepted
    assert codes(verdict) == ["FF-203"]
    assert "1 missing" in verdict.findings[0].message


def test_f3_a_record_without_its_last_pipe_rejects_the_file(checked):
    verdict = checked(EXAMPLE.replace("317|20250317|", "317|20250317"))
    assert not verdict.accepted
    assert codes(verdict) == ["FF-201"]
    assert verdict.findings[0].line == 3


def test_f4_a_wrong_check_digit_rejects_its_instance_alone(checked):
    two = EXAMPLE.replace("ZPT|0000000017|3||1|", "315|1012345678904|20250317|||||||||||||\nZPT|0000000017|4||2|")
    verdict = checked(two)
    assert verdict.accepted
    assert codes(verdict) == ["FF-212"]
    assert verdict.rejected.tolist() == [2]
    assert (verdict.findings[0].line, verdict.findings[0].item) == (5, "mpan_core")


@needs_data
@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "count", "checksum"),
    [
        ("D0265_LLF_LOND_2026_excerpt.ptf", 200, 2115251277),
        ("D0265_LLF_LOND_2026_clock_change_excerpt.ptf", 202, 2132618313),
        ("llflond20260401ptf.zip", 2969079, 5528372),
    ],
)
def test_f5_real_line_loss_factor_files_are_accepted(name, count, checksum):
    reader, verdict = check_file(LLF / name)
    assert verdict.accepted
    assert verdict.findings == []
    assert verdict.records + 2 == count
    assert reader.trailer == {"records": str(count), "checksum": str(checksum)}


@needs_data
@pytest.mark.shared_data
def test_f6_a_changed_digit_of_a_factor_is_a_wrong_checksum(checked):
    text = (LLF / "D0265_LLF_LOND_2026_excerpt.ptf").read_text()
    verdict = checked(text.replace("SPL|15|1.097", "SPL|15|1.096", 1))
    assert codes(verdict) == ["FF-302"]
    assert not verdict.accepted
    warned = checked(text.replace("SPL|15|1.097", "SPL|15|1.096", 1), checksum="warn")
    assert warned.accepted
    assert codes(warned, "warning") == ["FF-302"]


@needs_data
@pytest.mark.shared_data
def test_f7_a_period_missing_on_the_long_day_is_named(checked):
    text = (LLF / "D0265_LLF_LOND_2026_clock_change_excerpt.ptf").read_text()
    verdict = checked(re.sub(r"SPL\|50\|[0-9.]+\n", "", text).replace("ZPT|202|", "ZPT|201|"))
    assert codes(verdict) == ["FF-304", "FF-302"]
    assert "2026-10-25 has 50 Settlement Periods" in verdict.findings[0].message
    assert "missing 50" in verdict.findings[0].message


def test_f8_the_neta_vector_word_by_word(checked):
    lines = NETA.splitlines()
    assert [f"{record_checksum(line.encode()):08x}" for line in lines[:3]] == ["50196838", "513a2777", "5c0d744e"]
    assert record_checksum(lines[0].encode()) ^ record_checksum(lines[1].encode()) ^ record_checksum(
        lines[2].encode()
    ) == int("5d2e3b01", 16)
    verdict = checked(NETA)
    assert (verdict.accepted, verdict.response, verdict.findings) == (True, 0, [])


def test_the_pool_transfer_vector(checked):
    verdict = checked(POOL)
    # Two factors are no day, and the count and the checksum are right all the same.
    assert codes(verdict) == ["FF-304"]


def test_f9_a_record_doubled_twice_keeps_the_checksum_and_is_found_by_its_key(checked):
    verdict = checked(NETA.replace("CD9|1|12.5|\n", "CD9|1|12.5|\n" * 3).replace("ZZZ|4|", "ZZZ|6|"))
    assert set(codes(verdict)) == {"FF-404"}
    assert [finding.line for finding in verdict.findings] == [4, 5]
    assert verdict.response == 4


def test_f10_a_wrong_count_is_named_before_the_checksum(checked):
    verdict = checked(NETA.replace("ZZZ|4|", "ZZZ|5|"))
    assert codes(verdict) == ["FF-406"]
    assert verdict.response == 6


def advances(day: str, count: int) -> str:
    body = ["101|1012345678903|AI|HHSP|", f"102|{day}|", *["103|A|1.5|"] * count]
    lines = ["ZHV|0000000017|D0036001|C|HHDC|X|HHSP|20251103090000||||TR01|", *body]
    return "\n".join([*lines, f"ZPT|0000000017|{len(body)}||1|20251103090000|", ""])


@pytest.mark.parametrize(("day", "periods"), [("20251026", 50), ("20260329", 46), ("20260401", 48)])
def test_f15_a_day_has_an_advance_for_each_of_its_periods(checked, day, periods):
    assert checked(advances(day, periods)).findings == []
    for count in {46, 48, 50, periods - 1, periods + 1} - {periods}:
        verdict = checked(advances(day, count))
        assert codes(verdict) == ["FF-211"]
        assert f"has {periods} Settlement Periods" in verdict.findings[0].message
        assert verdict.rejected.tolist() == [1]


WHOLE = {"DTC": (EXAMPLE, "FF-203", "FF-204"), "NETA": (NETA, "FF-406", "FF-407")}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_lost_a_doubled_and_a_moved_line_and_a_wrong_count_are_found_and_named(checked, kind):
    text, count, _ = WHOLE[kind]
    lines = text.splitlines(keepends=True)
    for place in range(1, len(lines) - 1):
        for damaged in (lines[:place] + lines[place + 1 :], lines[: place + 1] + lines[place:]):
            verdict = checked("".join(damaged))
            assert not verdict.accepted
            assert count in codes(verdict)
            assert all(finding.message and finding.next_step for finding in verdict.findings)


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, len(NETA) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_neta_file_is_found(place, bit, tmp_path_factory):
    data = bytearray(NETA.encode())
    data[place] ^= 1 << bit
    path = tmp_path_factory.mktemp("flow") / "flow.txt"
    path.write_bytes(data)
    try:
        verdict = check_file(path)[1]
    except HalfhourError as error:
        assert error.code == "FF-100"  # noqa: PT017 - most damage is not so great that the file is refused
        return
    # An E0041001 that has become another flow is unknown; the test flag may change into another flag's form.
    assert not verdict.accepted
    assert codes(verdict)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_damage_to_a_file_makes_the_reader_fail_or_a_wrong_count_pass(data, tmp_path_factory):
    """Lines taken out, doubled, swapped, cut: the reader always answers, and counts that are wrong are never right."""
    text = data.draw(st.sampled_from([EXAMPLE, NETA, POOL, advances("20260329", 46)]))
    lines = text.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1)) if lines else 0
        match data.draw(st.sampled_from(["drop", "double", "cut", "junk"])):
            case "drop" if lines:
                lines.pop(place)
            case "double" if lines:
                lines.insert(place, lines[place])
            case "cut" if lines:
                lines[place] = lines[place][: data.draw(st.integers(0, len(lines[place])))]
            case "junk":
                lines.insert(place, data.draw(st.text(max_size=20)) + "\n")
    damaged = "".join(lines)
    path = tmp_path_factory.mktemp("flow") / "flow.txt"
    path.write_bytes(damaged.encode("utf-8"))
    try:
        reader, verdict = check_file(path)
    except HalfhourError as error:
        assert error.code == "FF-100"  # noqa: PT017 - most damage is not so great that the file is refused
        return
    body = damaged.encode("utf-8").replace(b"\r\n", b"\n").split(b"\n")
    while body and body[-1] == b"":
        body.pop()
    assume(len(body) > 1)
    trailer = reader.trailer
    if verdict.accepted and reader.envelope.name == "user-file":
        assert int(trailer["body_lines"]) == len(body) - 2
    elif verdict.accepted:
        assert int(trailer["records"]) == len(body)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "FF-100"),
        ("hello", "FF-100"),
        ("ZHVX|1|", "FF-100"),
        ("\xef\xbb\xbf" + EXAMPLE, "FF-100"),
    ],
)
def test_what_is_no_file_of_records_is_refused(checked, content, expected):
    with pytest.raises(HalfhourError, match=expected):
        checked(content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("ZHV|", {"FF-201", "FF-102", "FF-205"}),
        (EXAMPLE.splitlines()[0], {"FF-102"}),
        (EXAMPLE.rsplit("ZPT", 1)[0], {"FF-102"}),
        (EXAMPLE + EXAMPLE, {"FF-103", "FF-203", "FF-204", "FF-210"}),
        (EXAMPLE + "318|0001|0001|\n", {"FF-103"}),
        (EXAMPLE.replace("LONDON", "LOND\tON"), {"FF-101"}),
        (EXAMPLE.replace("LONDON", "LOND\xf6N"), {"FF-101"}),
        (EXAMPLE.replace("LONDON", "LOND\0N"), {"FF-101"}),
        (EXAMPLE.replace("LONDON", "L" * 5_000), {"FF-104", "FF-211"}),
        (EXAMPLE.replace("ZPT|0000000017", "ZPT|0000000018"), {"FF-202"}),
        (EXAMPLE.replace("|3||1|", "|3||2|"), {"FF-204"}),
        (EXAMPLE.replace("|3||1|", "|x||1|"), {"FF-201"}),
        (EXAMPLE.replace("D0155001", "D9999001"), {"FF-205"}),
        (EXAMPLE.replace("D0155001", "D0155009"), {"FF-205"}),
        (EXAMPLE.replace("20250303090000||||TR01", "20250303090000||||XX01"), {"FF-201"}),
        (EXAMPLE.replace("X|HHSP", "X|HH"), {"FF-201"}),
        (EXAMPLE.replace("20250303090000||||", "20250230090000||||"), {"FF-201"}),
        (EXAMPLE.replace("317|20250317|", "317|20250230|"), {"FF-211"}),
        (EXAMPLE.replace("317|20250317|", "317||"), {"FF-211"}),
        (EXAMPLE.replace("317|20250317|", "317|20250317|X|"), {"FF-213"}),
        (EXAMPLE.replace("317|20250317|", "999|20250317|"), {"FF-210"}),
        (EXAMPLE.replace("1012345678903", ""), {"FF-211"}),
        (EXAMPLE.replace("1012345678903", "101234567890"), {"FF-212"}),
        (EXAMPLE.replace("|H|_C|", "|Q|_I|"), {"FF-211"}),
        (NETA.replace("AAA|E0041001|D|", "AAA|E0041001|Z|"), {"FF-401", "FF-407"}),
        (NETA.replace("ZZZ|4|1563310849|", "ZZZ|4|"), {"FF-405"}),
        (NETA.replace("ZZZ|4|1563310849|", "ZZZ|4|1563310840|"), {"FF-407"}),
        (NETA.replace("CD9|1|12.5|", "CD9|1|12,5|"), {"FF-404", "FF-407"}),
        (POOL.replace("SDT|20260401\n", ""), {"FF-303", "FF-301", "FF-302"}),
        (POOL.replace("SPL|2|1.078", "SPL|2|2.078"), {"FF-305", "FF-304", "FF-302"}),
        (POOL.replace("SPL|2|1.078", "SPL|1|1.078"), {"FF-303", "FF-304", "FF-302"}),
        (POOL.replace("SPL|2|1.078", "SPL|2|1.078|"), {"FF-303", "FF-304", "FF-302"}),
    ],
)
def test_each_fault_has_its_code(checked, content, expected):
    verdict = checked(content)
    assert set(codes(verdict)) == expected
    assert all(finding.next_step for finding in verdict.findings)


def test_fewer_items_than_the_layout_are_remarked_on_where_none_of_them_is_mandatory(checked):
    verdict = checked(EXAMPLE.replace("318|0001|0001|", "318|0001|"))
    assert verdict.accepted
    assert codes(verdict) == []
    assert codes(verdict, "warning") == ["FF-213"]


def test_groups_out_of_order_and_children_without_a_parent_are_named(checked):
    swapped = EXAMPLE.replace("317|20250317|\n318|0001|0001|\n", "318|0001|0001|\n317|20250317|\n")
    assert codes(checked(swapped)) == ["FF-210"]
    first = EXAMPLE.replace("315|1012345678903|", "317|20250101|\n315|1012345678903|").replace("|3||1|", "|4||1|")
    verdict = checked(first)
    assert codes(verdict) == ["FF-210"]
    assert "none is open before it" in verdict.findings[0].message


def test_recipient_and_test_flag_are_checked_when_asked(checked):
    assert codes(checked(EXAMPLE, recipient="M:HHMO")) == []
    assert codes(checked(EXAMPLE, recipient="M:ABCD")) == ["FF-206"]
    assert codes(checked(EXAMPLE, operational=True)) == ["FF-207"]
    assert codes(checked(NETA, recipient="EC:SAA")) == ["FF-402"]


def test_a_route_that_the_layout_does_not_know_is_a_warning(checked):
    verdict = checked(EXAMPLE.replace("|M|HHMO|", "|P|HHMO|"))
    assert verdict.accepted
    assert codes(verdict, "warning") == ["FF-208"]


def test_limits_are_kept(checked):
    assert codes(checked(EXAMPLE, limits=Limits(records=2))) == ["FF-104"]
    assert codes(checked(EXAMPLE, limits=Limits(file_bytes=100))) == ["FF-104"]
    assert "FF-104" in codes(checked(EXAMPLE, limits=Limits(line_bytes=50)))


def test_a_secret_is_never_in_a_message(checked, tmp_path):
    layout = tmp_path / "layouts"
    layout.mkdir()
    (layout / "D0268001.toml").write_text(
        'flow = "D0268"\nversion = "001"\ntitle = "t"\nenvelope = "user-file"\nstanding = "a test"\nsource = "a test"\n'
        '[[group]]\nid = "02A"\nname = "n"\nparent = ""\noccurs = "1-*"\n'
        'items = [{ name = "password", type = "int(4)", secret = true, meaning = "" }]\n'
    )
    text = EXAMPLE.replace("D0155001", "D0268001").splitlines()
    body = "\n".join([text[0], "02A|HUNTER2|", "ZPT|0000000017|1||1|20250303090000|", ""])
    verdict = checked(body, layouts=(layout,))
    assert codes(verdict) == ["FF-211"]
    assert "HUNTER2" not in str(verdict.findings)


def test_line_ends_are_kept_and_mixed_ones_told(checked):
    crlf = EXAMPLE.replace("\n", "\r\n")
    verdict = checked(crlf)
    assert verdict.accepted
    assert verdict.findings == []
    assert write_flow(read_flow(crlf.encode())) == crlf.encode()
    assert write_flow(from_json(json.dumps(to_json(read_flow(crlf.encode()))))) == crlf.encode()
    mixed = crlf.replace("\r\n", "\n", 1)
    assert codes(checked(mixed), "warning") == ["FF-106"]
    assert codes(checked(EXAMPLE.removesuffix("\n")), "warning") == ["FF-106"]
    assert codes(checked(EXAMPLE + "\n\n"), "warning") == ["FF-103"]


def test_an_unknown_flow_and_an_unknown_group_are_read_and_written_back_the_same():
    unknown = EXAMPLE.replace("D0155001", "D9999001").replace("318|0001|0001|", "77Q|a|||b|")
    flow = read_flow(unknown.encode())
    assert write_flow(flow) == unknown.encode()
    assert [record.group for record in flow.records()] == ["315", "317", "77Q"]
    assert list(flow.records())[2].items == {"item_1": "a", "item_2": "", "item_3": "", "item_4": "b"}
    one = EXAMPLE.replace("318|0001|0001|", "77Q|a|||b|\n318|0001|0001|too|many|").replace("|3||1|", "|4||1|")
    assert write_flow(read_flow(one.encode())) == one.encode()
    assert write_flow(from_json(json.dumps(to_json(read_flow(one.encode()))))) == one.encode()


def test_a_changed_document_gets_a_trailer_that_fits():
    flow = read_flow(EXAMPLE.encode())
    flow.groups[0].groups.pop()
    assert sealed(flow).trailer["body_lines"] == "2"
    neta = read_flow(NETA.encode())
    neta.groups[0].groups[0].items["energy_contract_volume"] = "13.5"
    again = sealed(neta)
    assert again.trailer["records"] == "4"
    assert int(again.trailer["checksum"]) != 1563310849


def test_packed_files_are_read_as_they_are(tmp_path):
    plain, packed, zipped = tmp_path / "a.txt", tmp_path / "a.gz", tmp_path / "a.zip"
    plain.write_text(EXAMPLE)
    packed.write_bytes(gzip.compress(EXAMPLE.encode()))
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(plain, "a.txt")
    for path in (plain, packed, zipped):
        assert check_file(path)[1].accepted
    packed.write_bytes(gzip.compress(EXAMPLE.encode())[:-12])
    with pytest.raises(HalfhourError, match="FF-105"):
        check_file(packed)
    with zipfile.ZipFile(zipped, "a") as archive:
        archive.write(plain, "b.txt")
    with pytest.raises(HalfhourError, match="FF-105"):
        check_file(zipped)


def test_a_layout_of_the_users_own_comes_first(tmp_path, monkeypatch):
    mine = tmp_path / "layouts"
    mine.mkdir()
    (mine / "D9999001.toml").write_text(
        'flow = "D9999"\nversion = "001"\ntitle = "Mine"\nenvelope = "user-file"\nroutes = ["X->M"]\n'
        'standing = "mine"\nsource = "mine"\n[[group]]\nid = "315"\nname = "all"\noccurs = "1-*"\n'
        'items = [{ name = "mpan_core", type = "mpan", required = true, key = true, meaning = "" }]\n'
    )
    path = tmp_path / "flow.txt"
    path.write_text(
        "ZHV|1|D9999001|X|HHSP|M|HHMO|20250303090000|||||\n315|1012345678903|\nZPT|1|1||1|20250303090000|\n"
    )
    assert codes(check_file(path)[1]) == ["FF-205"]
    assert codes(check_file(path, options=Options(layouts=(mine,)))[1]) == []
    monkeypatch.setenv("HALFHOUR_LAYOUTS", str(mine))
    assert FlowReader(path).layout.title == "Mine"
    (mine / "D9999001.toml").write_text('flow = "D9999"\n')
    with pytest.raises(HalfhourError, match="FF-901"):
        FlowReader(path)
    with pytest.raises(HalfhourError, match="FF-902"):
        check_file(path, options=Options(layouts=(tmp_path / "absent",)))
