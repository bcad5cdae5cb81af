"""Every layout that comes with the program: what is made by it reads back the same, to the byte, and checks clean."""

from __future__ import annotations

import json

import pytest
from flow_content import flow_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfhour.formats.flows import blocks, lines
from halfhour.formats.flows.checking import FlowChecker, check_file
from halfhour.formats.flows.layouts import shipped
from halfhour.formats.flows.reading import FlowReader
from halfhour.formats.flows.records import from_json, read_flow, to_json, write_flow
from halfhour.formats.flows.tables import as_text, as_values, tables
from halfhour.formats.flows.writing import write_json

ASKED_FOR = [
    *("D0001", "D0002", "D0010", "D0011", "D0036", "D0052", "D0055", "D0142", "D0148", "D0149", "D0150", "D0151"),
    *("D0153", "D0155", "D0168", "D0169", "D0170", "D0205", "D0217", "D0261", "D0268", "D0275", "D0304", "D0265"),
    *("P0342", "S0581"),
]
EVERY = sorted(shipped())
QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def test_every_flow_that_was_asked_for_has_a_layout():
    assert {name[:5] for name in EVERY} >= set(ASKED_FOR)


def test_every_layout_says_how_far_it_may_be_relied_on():
    for layout in shipped().values():
        assert len(layout.standing) > 10
        assert "handbook" in layout.source


@pytest.mark.parametrize("name", EVERY)
@QUICK
@given(data=st.data())
def test_valid_content_is_written_accepted_and_read_back_the_same(name, data, tmp_path_factory):
    flow = data.draw(flow_files(shipped()[name]))
    written = write_flow(flow)
    path = tmp_path_factory.mktemp("flow") / "flow.txt"
    path.write_bytes(written)

    verdict = check_file(path)[1]
    assert [finding for finding in verdict.findings if finding.severity == "error"] == []
    assert verdict.accepted
    assert len(verdict.rejected) == 0
    assert verdict.records == len(list(flow.records()))
    assert verdict.instances == len(flow.groups)

    again = read_flow(path)
    assert [(one.group, one.items) for one in again.records()] == [(one.group, one.items) for one in flow.records()]
    assert again.header == flow.header
    assert again.trailer == flow.trailer
    assert write_flow(again) == written
    assert write_flow(from_json(json.dumps(to_json(again)))) == written


@pytest.mark.parametrize("name", EVERY)
@QUICK
@given(data=st.data())
def test_a_file_in_small_blocks_gives_the_same_tables_and_findings(name, data, tmp_path_factory):
    flow = data.draw(flow_files(shipped()[name]))
    body = list(write_flow(flow).splitlines(keepends=True))
    # Whole or with a line gone, the answer must not depend on where a block ends.
    if len(body) > 3 and data.draw(st.booleans()):
        body.pop(data.draw(st.integers(1, len(body) - 2)))
    path = tmp_path_factory.mktemp("flow") / "flow.txt"
    path.write_bytes(b"".join(body))

    def content():
        checker = FlowChecker(FlowReader(path))
        found: dict[str, list] = {}
        for shape, table in tables(checker, as_text, secrets=True):
            found.setdefault(shape.group.id, []).extend(table.to_pylist())
        verdict = checker.verdict()
        return found, verdict.accepted, verdict.rejected.tolist(), sorted(map(str, verdict.findings))

    whole = content()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", data.draw(st.integers(600, 3000)))
        assert content() == whole


@pytest.mark.parametrize("name", EVERY)
@QUICK
@given(data=st.data())
def test_the_streamed_json_is_the_document_of_the_records(name, data, tmp_path_factory):
    flow = data.draw(flow_files(shipped()[name]))
    folder = tmp_path_factory.mktemp("flow")
    (folder / "flow.txt").write_bytes(write_flow(flow))
    write_json(FlowReader(folder / "flow.txt"), folder / "flow.json")
    document = json.loads((folder / "flow.json").read_text())
    assert document == to_json(read_flow(folder / "flow.txt"))


@pytest.mark.parametrize("name", EVERY)
@QUICK
@given(data=st.data())
def test_typed_tables_lose_nothing_and_carry_the_keys_down(name, data, tmp_path_factory):
    layout = shipped()[name]
    flow = data.draw(flow_files(layout))
    path = tmp_path_factory.mktemp("flow") / "flow.txt"
    path.write_bytes(write_flow(flow))
    texts: dict[str, list] = {}
    values: dict[str, list] = {}
    for convert, into in ((as_text, texts), (as_values, values)):
        for shape, table in tables(FlowChecker(FlowReader(path)), convert, secrets=True):
            into.setdefault(shape.group.id, []).extend(table.to_pylist())

    expected: dict[str, list[dict[str, str]]] = {}

    def walk(record, keys):
        group = layout.groups[record.group]
        expected.setdefault(record.group, []).append(keys | record.items)
        below = keys | {item.name: record.items[item.name] for item in group.keys}
        for one in record.groups:
            walk(one, below)

    for record in flow.groups:
        walk(record, {})
    assert {name: len(rows) for name, rows in texts.items()} == {name: len(rows) for name, rows in expected.items()}
    for group, rows in expected.items():
        for row, text, value in zip(rows, texts[group], values[group], strict=True):
            for item, written in row.items():
                shown = text[item]
                plain = shown.replace("-", "").replace("T", "").replace(":", "")
                if shown != written and not shown.startswith("'"):
                    assert plain == written, (item, shown, written)
                assert (value[item] is None) == (written == "")


def test_blocks_stay_small_whatever_the_file(tmp_path):
    """A file of one instance is cut below its top, and no block is larger than what is read at a time."""
    days = 400
    body = ["DIS|LOND", "LLF|1"]
    for day in range(days):
        body.append(f"SDT|2026{day // 28 % 12 + 1:02}{day % 28 + 1:02}")
        body += [f"SPL|{period}|1.078" for period in range(1, 49)]
    path = tmp_path / "llf.ptf"
    header = "ZHD||D0265001|R|LOND|G|CAPG|20251021141250||||OPER"
    path.write_text("\n".join([header, *body, f"ZPT|{len(body) + 2}|0", ""]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", 10_000)
        sizes = [len(block.starts) - block.context for block in FlowReader(path).blocks()]
    assert sum(sizes) == len(body)
    assert max(sizes) < 1_800
    assert blocks.MOST_BLOCK_BYTES == lines.MOST_BLOCK_BYTES
