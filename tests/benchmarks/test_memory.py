"""benchmarks/memory.py on a small forest, and what it recorded of a large one."""

import json
import subprocess
import sys
from pathlib import Path

import memory
import pytest

ROOT = Path(__file__).parents[2]
RECORDED = json.loads((ROOT / "snippets/outputs/memory.json").read_text(encoding="utf-8"))
BENCHMARK = ROOT / "benchmarks" / "memory.py"
STEPS = {"skl2onnx": ["unpickle", "convert", "serialise", "write"], "onnx101": ["stream"]}


def whole(measured):
    assert [run["way"] for run in measured["runs"]] == list(STEPS)
    for run in measured["runs"]:
        assert [step["name"] for step in run["steps"]] == STEPS[run["way"]]
        times = [time for step in run["steps"] for time in (step["start"], step["end"])]
        assert times == sorted(times)
        assert times[0] == 0
        seconds, sizes = zip(*run["curve"], strict=True)
        assert list(seconds) == sorted(seconds)
        assert max(sizes) == run["peak_bytes"] >= run["steps"][-1]["bytes_after"]
        rise = run["peak_bytes"] - run["steps"][0]["bytes_before"]
        assert run["bytes_per_node"] == pytest.approx(rise / measured["nodes"], abs=0.1)


def test_watches_every_step(tmp_path):
    out = tmp_path / "memory.json"
    command = [sys.executable, BENCHMARK, "--leaves", "50", "--out", out]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured = json.loads(out.read_text())
    whole(measured)
    assert measured["nodes"] == 4 * 99
    assert printed.startswith("396 nodes")


def test_a_thinner_curve_keeps_the_peak(monkeypatch, tmp_path):
    curve = [[2.0, 100], [2.1, 180], [2.15, 260], [2.2, 250], [2.3, 100]]
    steps = [{"name": "take", "start": 2.0, "end": 2.2}]
    (tmp_path / "file").write_bytes(b"12345")
    monkeypatch.setattr(memory, "POINTS", 2)
    shaped = memory.shape("way", curve, steps, tmp_path / "file")
    assert shaped["curve"] == [[0.1, 180], [0.15, 260]]
    assert shaped["steps"] == [{"name": "take", "start": 0, "end": 0.2}]
    assert (shaped["peak_bytes"], shaped["file_bytes"]) == (260, 5)


def test_a_child_that_ends_early_is_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(memory, "WAYS", {"no such way": None})  # unknown to the child
    with pytest.raises(SystemExit) as end:
        memory.main(["--leaves", "2", "--out", str(tmp_path / "memory.json")])
    assert end.value.code == 2
    assert "ended early" in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_the_recorded_curves():
    whole(RECORDED)
    obvious, streamed = RECORDED["runs"]
    assert RECORDED["nodes"] > 1e6
    # For the talk's 65 million nodes: tens of gigabytes against a constant.
    assert 800 < obvious["bytes_per_node"] < 1200
    assert streamed["peak_bytes"] < 150e6
    assert obvious["peak_bytes"] > 10 * streamed["peak_bytes"]
