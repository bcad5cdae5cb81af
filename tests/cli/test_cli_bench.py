"""The benchmark runs, its contestants agree, and it says so; how fast they are is no test's business."""

from __future__ import annotations

from cli_running import document, run


def test_files_and_plants_are_measured_and_all_agree(capsys, tmp_path):
    sizes = ("--sites", 0, "--mpan-days", 100, "--plants", 2, "--folder", tmp_path)
    found = document(capsys, "bench", *sizes)
    assert found["agree"] is True
    assert {one["name"] for one in found["files"]} == {"halfhour", "csv-loop"}
    assert {one["advances"] for one in found["files"]} == {4_798}
    assert {one["name"] for one in found["plants"]} == {"halfhour", "decimal-loop"}
    code, out, _ = run(capsys, "bench", *sizes)
    assert code == 0
    assert "All agree to the watt-hour." in out
