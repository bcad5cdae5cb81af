"""`halfhour assess` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from halfhour.cli.commands.assess import assess
from halfhour.errors import HalfhourError, NotCovered

PLANT = """
[plant]
id = "dumfries"
name = "Dumfries wind [1]"
connection = "embedded"
gsp_group = "_N"
registered_capacity_mw = 20
power_provided_mw = 20
declared_net_capacity_mw = 8.6
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "dumfries.toml"
    path.write_text(PLANT, encoding="utf-8")
    return path


def test_the_text_goes_from_licence_to_contradictions_in_order(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert assess(file, on="2026-11-25", ruleset="both") == 0
    out, err = capsys.readouterr()
    order = [
        "Dumfries wind [1] on 2026-11-25",
        "Licence: exemptible, by class A50",
        "Size: Small",
        "Class: EESPS",
        "Agreements and routes",
        "SVA_SUPPLIER: EESPS or EEMPS",
        "Who receives, and pays",
        "Contradictions of the note",
        "Open: trading_party.cusc_signatory",
        "Both rulesets give the same answers.",
    ]
    places = [out.index(text) for text in order]
    assert places == sorted(places)
    assert "PL-015" in err


def test_json_is_one_document_and_nothing_else(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert assess(file, on="2026-11-25", json=True) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["station_class"]["value"], made["on"]) == ("EESPS", "2026-11-25")
    assert (made["plant"]["dnc_mw"], made["plant"]["registered_capacity_mw"]) == ("8.6", "20")


def test_the_picture_is_written_whole_beside_nothing_else(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = file.with_name("path.svg")
    assert assess(file, on="2026-11-25", picture=target) == 0
    assert target.read_text(encoding="utf-8").startswith("<svg")
    assert sorted(path.name for path in file.parent.iterdir()) == ["dumfries.toml", "path.svg"]
    assert "path.svg" in capsys.readouterr().err


def test_a_refused_plant_writes_no_picture(file: Path) -> None:
    file.write_text(PLANT + "area = 'Scotland'\n", encoding="utf-8")
    target = file.with_name("path.svg")
    with pytest.raises(HalfhourError):
        assess(file, picture=target)
    file.write_text(PLANT, encoding="utf-8")
    with pytest.raises(NotCovered):
        assess(file, on="1999-01-01", picture=target)
    assert not target.exists()
