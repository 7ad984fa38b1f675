"""The minutes against a walk down scikit-learn's trees, and bad input against one line."""

import infer
import numpy as np
import onnx
import oracle
import pytest
from onnx import parser
from support import ROOT

RECORDING = ROOT / "snippets" / "outputs" / "infer.txt"


def foretold(forest, X, walk):
    return np.mean([t.tree_.value[walk(t, X), 0, 0] for t in forest.estimators_], axis=0)


def test_the_minutes_of_many_flights_are_the_means_of_their_leaves(forest, split, walk):
    _, X, _, y = split
    minutes = infer.predict(infer.open_session(oracle.MODEL), X)
    expected = foretold(forest, X, walk)
    np.testing.assert_allclose(minutes, expected, rtol=0, atol=infer.TOLERANCE)
    off = np.abs(expected - y).mean()
    recorded = RECORDING.read_text("utf-8")
    assert f"{len(X):,} flights: {off:.1f} minutes off" in recorded
    assert f"{len(X):,} of them within" in recorded


def test_the_minutes_of_one_flight(forest, walk, capsys):
    infer.main(["--flight", "LGA", "ORD", "7", "32"])
    lga, ord_ = (40.777245, -73.872608), (41.978603, -87.904842)
    row = np.float32([[*lga, *ord_, 7, 1179.1, 32]])
    printed = capsys.readouterr().out
    assert printed == f"LGA to ORD, hour 7, day 32: {foretold(forest, row, walk)[0]:.1f} minutes\n"


def test_the_minutes_of_rows_in_a_file(forest, split, walk, tmp_path, capsys):
    rows = split[1][:3]
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", fmt="%.9g")
    infer.main([str(oracle.MODEL), "--rows", str(tmp_path / "rows.csv")])
    expected = [f"{minutes:.1f}" for minutes in foretold(forest, rows, walk)]
    assert capsys.readouterr().out.splitlines() == expected


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "No columns"),
        ("1,2,3\n", "3 numbers a row; give 7: origin latitude"),
        ("1,2,3,4,5,6,7\n1,2,3,4,5,6,nan\n", "row 2"),
        ("1,2,3,4,5,6,\n", "row 1"),
        ("1,2,3,4,5,6,7\n1,2,3,4,5,6,inf\n", "row 2"),
        ("1,2,3,4,5,6,1e300\n", "row 1"),
        ("1,2,3,4,5,6,noon\n", "noon"),
        ("1,2,3,4,5,6,7\n1,2,3,4,5,6,7,8\n", "not rows of numbers"),
        ("\xff\xfe\x00", "not rows of numbers"),
    ],
)
def test_bad_rows_are_refused(content, named, tmp_path, refused):
    path = tmp_path / "rows.csv"
    path.write_text(content, encoding="latin-1")
    line = refused(infer.main, "--rows", path)
    assert named in line
    assert str(path) in line


def test_a_missing_file_of_rows_is_refused(tmp_path, refused):
    assert "No such file" in refused(infer.main, "--rows", tmp_path / "none.csv")
    assert "directory" in refused(infer.main, "--rows", tmp_path)


@pytest.mark.parametrize(
    ("flight", "named"),
    [
        (["JFK", "XXX", "7", "32"], "no airport XXX"),
        (["JFK", "SFO", "noon", "32"], "hour noon"),
        (["JFK", "SFO", "24", "32"], "hour 24"),
        (["JFK", "SFO", "7", "0"], "day 0"),
        (["JFK", "SFO", "nan", "32"], "hour nan"),
    ],
)
def test_an_impossible_flight_is_refused(flight, named, refused):
    assert named in refused(infer.main, "--flight", *flight)


def test_a_bad_model_is_refused(tmp_path, refused):
    model = tmp_path / "model.onnx"
    assert "No such file" in refused(infer.main, model)
    assert "directory" in refused(infer.main, tmp_path)
    for content in (b"", b"flights", oracle.MODEL.read_bytes()[:9999]):
        model.write_bytes(content)
        assert f"{model} is not a model that onnxruntime runs" in refused(infer.main, model)


@pytest.mark.parametrize(
    "graph",
    [
        "g (float[N, 2] X) => (float[N, 2] Y) { Y = Identity (X) }",
        "g (double[N, 7] X) => (double[N, 7] Y) { Y = Identity (X) }",
        "g (float[N, 7] rows) => (float[N, 7] Y) { Y = Identity (rows) }",
        "g (float[N, 7] X, float[N, 7] B) => (float[N, 7] Y) { Y = Add (X, B) }",
        "g (float[N, 7] X) => (float[N, 7] Y, float[N, 7] Z) { Y = Abs (X) Z = Neg (X) }",
    ],
)
def test_a_model_of_another_shape_is_refused(graph, tmp_path, refused):
    opsets = [onnx.helper.make_opsetid("", 21)]
    model = onnx.helper.make_model(parser.parse_graph(graph), ir_version=10, opset_imports=opsets)
    onnx.save(model, tmp_path / "model.onnx")
    assert "takes" in refused(infer.main, tmp_path / "model.onnx")
