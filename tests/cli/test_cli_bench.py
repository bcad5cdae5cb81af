"""The benchmark runs, its contestants agree, and it says so; how fast they are is no test's business."""

from __future__ import annotations

from cli_running import document, run


def test_files_plants_and_open_cases_are_measured_and_all_agree(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("HALFHOUR_DATABASE", raising=False)
    sizes = ("--sites", 0, "--mpan-days", 100, "--plants", 2, "--open-cases", 40, "--folder", tmp_path)
    found = document(capsys, "bench", *sizes)
    assert found["agree"] is True
    assert {one["name"] for one in found["files"]} == {"halfhour", "csv-loop"}
    assert {one["advances"] for one in found["files"]} == {4_798}
    assert {one["name"] for one in found["plants"]} == {"halfhour", "decimal-loop"}
    (cases,) = found["cases"]
    assert (cases["database"], cases["cases"], cases["queries"], cases["agree"]) == ("sqlite", 40, 3, True)
    assert 0 < cases["due"] < 40
    code, out, _ = run(capsys, "bench", *sizes)
    assert code == 0
    assert "What is due today among 40 open cases" in out
    assert "All agree to the watt-hour." in out
