"""benchmarks/scaling.py: its arithmetic against a sum by hand, a small run, and its recording."""

import json

import pytest
import scaling
from support import ROOT

RECORDED = json.loads((ROOT / "snippets/outputs/scaling.json").read_text(encoding="utf-8"))
ONE = {"workers": 1, "start_s": 3.0, "seconds": 1.0, "rows_per_second": 1_000}
MEASURED = {
    "rows": 1_000,
    "group": 100,
    "row_bytes": 28,
    "model_bytes": 100_000_000,  # a second to read
    "load_s": 1.0,
    "task_s": 0.001,
    "runs": [ONE],
}


def test_ten_workers():
    found = scaling.cluster(MEASURED, rows=1_000_000, workers=10)
    assert found == {
        "workers": 10,
        "rows": 1_000_000,
        "tasks": 10_000,
        "seconds": 105.0,  # 3 to start, 1 to read, 1 to load, a tenth of 1,000 to score
        "alone_s": 1005.0,
        "times_faster": 9.6,
        "serial_share": 0.00498,
        "scheduling_s": 10.0,
        "most_workers": 100,
        "bytes_each": 102_800_000,
        "bytes_per_second": 280_000,
        "dollars": 0.015,
    }


def test_too_many_workers_wait_for_the_scheduler():
    found = scaling.cluster(MEASURED, rows=1_000_000, workers=1_000)
    assert found["seconds"] == 15  # 5 to begin, 10 to hand out the tasks
    assert found["most_workers"] == 100


def test_a_slow_store_holds_scoring_up():
    found = scaling.cluster(MEASURED | {"row_bytes": 1_000_000}, rows=1_000_000, workers=10)
    assert found["seconds"] == 1_005  # a megabyte takes a hundredth of a second to arrive
    assert found["bytes_per_second"] == 10 * scaling.BANDWIDTH


def test_a_small_run(monkeypatch, tmp_path):
    for name, value in {"WORKERS": (1,), "GROUP": 500, "TASKS": 10}.items():
        monkeypatch.setattr(scaling, name, value)
    scaling.main(["--rows", "2000", "--out", str(tmp_path / "scaling.json")])
    whole(json.loads((tmp_path / "scaling.json").read_text(encoding="utf-8")), (1,))


def whole(measured, workers):
    assert set(measured) == {"date", "machine", "versions", "cluster", *MEASURED}
    assert [run["workers"] for run in measured["runs"]] == list(workers)
    for run in measured["runs"]:
        assert set(run) == set(ONE)
        assert run["rows_per_second"] * run["seconds"] == pytest.approx(measured["rows"], rel=0.01)
    assert 28 <= measured["row_bytes"] < 40  # seven float32 values, uncompressed, and a footer
    assert measured["task_s"] > 0


def test_the_recorded_run():
    whole(RECORDED, scaling.WORKERS)
    asked = RECORDED["cluster"]
    assert scaling.cluster(RECORDED, asked["rows"], asked["workers"]) == asked
