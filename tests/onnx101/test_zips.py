"""Forests in `.skops` files and in zips are read; damaged and hostile ones are refused."""

import pickle
import re
import zipfile

import numpy as np
import pytest
import skops.io
from exact import run
from sklearn import ensemble, tree
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_holders import CLASSES, FEW, FOREST, OTHER, X, check, y

import onnx101

SKOPS = {
    "forest": FOREST,
    "classes": OTHER,
    "boosted": ensemble.GradientBoostingRegressor(**FEW).fit(X, y),
    "histogram": ensemble.HistGradientBoostingRegressor(max_iter=3).fit(X, y),
    "tree": tree.DecisionTreeClassifier(max_depth=3).fit(X, CLASSES),
}


@pytest.mark.parametrize("name", SKOPS)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_skops_file_is_read(name, compression, tmp_path):
    content = skops.io.dumps(SKOPS[name], compression=compression)
    check(content, SKOPS[name], tmp_path, name="model.skops")


def test_a_pipeline_in_a_skops_file_is_read(tmp_path):
    pipeline = make_pipeline(StandardScaler(), FOREST).fit(X, y)
    source, target = tmp_path / "model.skops", tmp_path / "model.onnx"
    skops.io.dump(pipeline, source)
    onnx101.convert(source, target)
    test = X[:50].astype(np.float64)
    assert (run(str(target), test)[0].ravel() == pipeline.predict(test)).all()


def rewritten(content: bytes, change, tmp_path) -> bytes:
    """The zip with each file passed through `change(name, data)`, which returns a list of pairs."""
    source, target = tmp_path / "from.zip", tmp_path / "to.zip"
    source.write_bytes(content)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            for entry in change(name, old.read(name)):
                new.writestr(*entry)
    return target.read_bytes()


EMPTY = b'{"__loader__": "ListNode", "__id__": 1, "content": []}'


def schema(edit):
    return lambda name, data: [(name, edit(data) if name == "schema.json" else data)]


def bigger(name, data):
    return [(name, data + bytes(2**22) if name != "schema.json" else data)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (schema(lambda data: data[:-200]), "damaged"),
        (schema(lambda data: b"[" * 100_000), "damaged"),
        (schema(lambda data: EMPTY), "no estimator"),
        (schema(lambda data: re.sub(rb"\d+\.npy", b"no.npy", data)), "damaged"),
        (schema(lambda data: data.replace(b'"TreeNode"', b'"ObjectNode"', 1)[:-9]), "damaged"),
        (schema(lambda data: data + b" " * 2**25), "passes"),
        (lambda name, data: [(name, b"\x93NUMPY" + data[6:60])], "damaged"),
        (lambda name, data: [] if name == "schema.json" else [(name, data)], "arrays of numpy"),
        (bigger, "expands"),
    ],
)
def test_a_bad_skops_file_is_refused(change, expected, tmp_path, command):
    content = rewritten(skops.io.dumps(FOREST), change, tmp_path)
    source = tmp_path / "model.skops"
    source.write_bytes(content)
    outcome = command("convert", source, tmp_path / "model.onnx")
    outcome.assert_refused()
    assert re.search(expected, outcome.stderr)


def test_a_bad_index_in_a_skops_file_is_refused(tmp_path, command):
    def change(name, data):
        if b"left_child" in data[:200]:
            nodes = np.frombuffer(
                data[data.index(b"\n") + 1 :], dtype=FOREST[0].tree_.__getstate__()["nodes"].dtype
            ).copy()
            nodes["left_child"][0] = 10**6
            data = data[: data.index(b"\n") + 1] + nodes.tobytes()
        return [(name, data)]

    source = tmp_path / "model.skops"
    source.write_bytes(rewritten(skops.io.dumps(FOREST), change, tmp_path))
    outcome = command("convert", source, tmp_path / "model.onnx")
    outcome.assert_refused()
    assert "child outside" in outcome.stderr


def test_a_pickle_in_a_zip_is_read(tmp_path):
    archive = tmp_path / "model.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model.pkl", pickle.dumps(FOREST))
    check(archive.read_bytes(), FOREST, tmp_path, name="again.zip")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/data.pkl", "a/data/0"], "torch"),
        (["a.pkl", "b.pkl"], "2 files: unpack"),
        ([], "0 files|damaged|no pickle"),
    ],
)
def test_another_zip_is_told(names, expected, tmp_path, command):
    archive = tmp_path / "model.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in names:
            file.writestr(name, b"data")
    outcome = command("convert", archive, tmp_path / "model.onnx")
    outcome.assert_refused()
    assert re.search(expected, outcome.stderr)


def test_a_zip_bomb_is_refused(tmp_path, command):
    archive = tmp_path / "model.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model.pkl", b"\x80\x04B" + (2**27).to_bytes(4, "little") + bytes(2**27))
    outcome = command("convert", archive, tmp_path / "model.onnx")
    outcome.assert_refused()
    assert "expands" in outcome.stderr
