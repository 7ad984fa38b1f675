"""The table of forest shapes: a small one measured, and the recorded one shown as it is."""

import json
import re

import forest_shapes
import pytest
import shape_table
from support import ROOT

RECORDED = json.loads(forest_shapes.RECORDED.read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
SMALL = forest_shapes.Shape("RandomForestClassifier", 3, 8, 4, ((1, 1), (60, 2)), classes=3)


def test_measures_a_small_forest(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(forest_shapes, "SHAPES", [SMALL])
    monkeypatch.setattr(forest_shapes, "SECONDS", 0.01)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as Dask sets it: treelite then refuses two threads
    out = tmp_path / "out.json"
    forest_shapes.main(["--out", str(out)])
    (shape,) = json.loads(out.read_text(encoding="utf-8"))["shapes"]
    assert shape["nodes"] == 3 * 15
    assert [(run["rows"], run["threads"]) for run in shape["runs"]] == [(1, 1), (60, 2)]
    for run in shape["runs"]:
        assert run["equal"] == 1
        assert {*run["engines"]} == {*shape_table.NAMES}
        for engine in run["engines"].values():
            assert 0 < engine["seconds"] < 10
            assert 0 <= engine["bytes"] < 2**30
    assert capsys.readouterr().out == shape_table.table([shape]) + "\n"


def test_a_run_that_fails_ends_at_once(tmp_path, capsys):
    missing = forest_shapes.Engine("onnxruntime", tmp_path / "none.onnx", float)
    with forest_shapes.Apart() as apart, pytest.raises(SystemExit):
        apart.held(missing, tmp_path / "rows.npy", 1)
    assert capsys.readouterr().err.endswith("a run of none.onnx failed\n")


def test_the_readme_shows_what_was_recorded():
    readme = forest_shapes.README.read_text(encoding="utf-8")
    assert shape_table.renewed(readme, RECORDED) == readme
    assert shape_table.renewed(readme, RECORDED | {"shapes": []}) != readme


def test_every_shape_is_recorded_with_the_bits_that_are_promised():
    assert [shape["title"] for shape in RECORDED["shapes"]] == [
        forest_shapes.title(shape) for shape in forest_shapes.SHAPES
    ]
    for shape, recorded in zip(forest_shapes.SHAPES, RECORDED["shapes"], strict=True):
        asked = tuple((run["rows"], run["threads"]) for run in recorded["runs"])
        assert asked == shape.runs
        powers = "IsolationForest", "GradientBoostingClassifier", "AdaBoostClassifier"
        if shape.estimator not in powers:
            assert {run["equal"] for run in recorded["runs"]} == {1}


def test_the_recorded_versions_are_those_of_the_lock_file():
    pins = set(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.MULTILINE))
    assert set(RECORDED["versions"].items()) - pins == {("python", RECORDED["versions"]["python"])}


def test_the_best_is_bold_and_so_is_what_differs_little():
    names = dict(zip("abcd", shape_table.NAMES, strict=True))
    engines = {
        names[key]: {"bytes": value} for key, value in zip("abc", (100, 104, 106), strict=True)
    }
    assert shape_table.cells(engines, "bytes", 1, 0) == ["**100**", "**104**", "106", "–"]
    assert shape_table.cells(engines, "bytes", 1, 105) == ["**100**", "**104**", "106", "–"]
    assert shape_table.cells(engines, "bytes", 1, 200)[2] == "**106**"


def test_a_shape_that_is_not_there_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        forest_shapes.main(["--only", "no such forest"])
    assert ended.value.code == 2
    assert "in no title" in capsys.readouterr().err
