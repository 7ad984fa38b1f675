"""benchmarks/forest.py on a forest small enough for a test."""

import importlib.util
import json
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "forest.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("benchmark", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_measures_a_small_forest(benchmark, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(benchmark, "LEAST_SECONDS", 0.01)
    monkeypatch.setattr(benchmark, "THREADS", (1,))
    out = tmp_path / "out.json"
    benchmark.main(["--nodes", "0.02", "--keep", str(tmp_path), "--out", str(out)])
    (size,) = json.loads(out.read_text())["sizes"]
    assert 19_000 < size["nodes"] < 21_000
    assert {*size["converters"]} == {"onnx101-double", "onnx101-float", "skl2onnx", "treelite"}
    for name, found in size["converters"].items():
        assert found["bytes_per_node"] == pytest.approx(found["bytes"] / size["nodes"])
        assert found["us_per_node"] > 0
        assert (tmp_path / "0.02-million" / f"forest.{name}").stat().st_size == found["bytes"]
    engines = size["engines"]
    assert {*engines} == {"scikit-learn", *size["converters"]}
    equal = {name: found["equality"]["1"] for name, found in engines.items()}
    assert equal["onnx101-double"]["bit_equal"] == 1
    assert 0 < equal["onnx101-float"]["largest_relative"] < 1e-6
    for found in engines.values():
        latency = found["latency"]["1"]
        assert 0 < latency["1"] < latency["10000"]
    assert f"{size['nodes']:,} nodes" in capsys.readouterr().out


def test_extrapolates_what_does_not_fit(benchmark):
    small = {"nodes": 100, "converters": {}, "engines": {"skl2onnx": {}}}
    figures = {"seconds": 1.0, "read_seconds": 0.1, "peak": 300, "bytes": 50}
    small["converters"]["skl2onnx"] = benchmark.per_node(figures, 100) | {"extrapolated": False}
    large = {"nodes": 1000, "converters": {}, "engines": {}}
    benchmark.extrapolate([small, large])
    found = large["converters"]["skl2onnx"]
    assert found["extrapolated"]
    assert (found["seconds"], found["peak"], found["bytes"]) == (10.0, 3000, 500)
    assert found["us_per_node"] == pytest.approx(1e4)


@pytest.mark.parametrize("nodes", ["", "many", "0", "-1", "1,,5", "1000000"])
def test_refuses_other_sizes(nodes, benchmark, capsys):
    with pytest.raises(SystemExit) as end:
        benchmark.main(["--nodes", nodes])
    assert end.value.code == 2
    assert "--nodes" in capsys.readouterr().err


def test_a_step_that_fails_leaves_nothing(benchmark, tmp_path, monkeypatch, capsys):
    build, steps, out = tmp_path / "build", tmp_path / "steps", tmp_path / "out.json"
    steps.mkdir()
    (steps / "jobs.py").write_text("import sys; sys.exit('first\\nlast line')")
    monkeypatch.setattr(benchmark, "BUILD", build)
    monkeypatch.setattr(benchmark, "HERE", steps)
    with pytest.raises(SystemExit) as end:
        benchmark.main(["--nodes", "0.002", "--out", str(out)])
    assert end.value.code == 2
    assert "train of 2,000 nodes ended with status 1: last line\n" in capsys.readouterr().err
    assert not list(build.iterdir())
    assert not out.exists()
