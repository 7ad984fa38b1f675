"""info tells what a file holds, from a model by skimming it."""

import pickle

import joblib
import numpy as np
import onnx
import pytest
from sklearn import ensemble

import onnx101

rng = np.random.default_rng(4)
X = rng.normal(size=(300, 3)).astype(np.float32)
FOREST = ensemble.RandomForestClassifier(5, random_state=0).fit(X, X[:, 0] > 0)
NODES = sum(member.tree_.node_count for member in FOREST.estimators_)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(FOREST))
    return path


@pytest.mark.parametrize("dtype", ["double", "float"])
@pytest.mark.parametrize("canonical", [False, True])
def test_of_a_model(source, dtype, canonical, tmp_path):
    target = tmp_path / "a.onnx"
    onnx101.convert(source, target, dtype, canonical=canonical)
    found = onnx101.info(target)
    assert (found.kind, found.estimator, found.trees) == ("model", "RandomForestClassifier", 5)
    assert (found.nodes, found.features, found.dtype) == (NODES, 3, dtype)
    assert found.versions == {"IR": 10, "ai.onnx": 21, "ai.onnx.ml": 5}
    assert found.bytes == sum(found.parts.values()) == target.stat().st_size
    splits = sum(len(member.tree_.feature) // 2 for member in FOREST.estimators_)
    assert 4 * splits < found.parts["nodes_splits"] < 4 * splits + 5 * 40


@pytest.mark.parametrize("dump", [pickle.dump, joblib.dump], ids=["pickle", "joblib"])
def test_of_a_pickle(dump, tmp_path):
    path = tmp_path / "a.pkl"
    with open(path, "wb") as file:
        dump(FOREST, file)
    found = onnx101.info(path)
    assert (found.kind, found.estimator, found.trees) == ("pickle", "RandomForestClassifier", 5)
    assert (found.nodes, found.features, found.bytes) == (NODES, 3, path.stat().st_size)


def test_of_a_compressed_file(tmp_path):
    joblib.dump(FOREST, tmp_path / "a.xz", compress=("xz", 1))
    found = onnx101.info(tmp_path / "a.xz")
    assert (found.nodes, found.bytes) == (NODES, (tmp_path / "a.xz").stat().st_size)


def test_of_another_model(tmp_path):
    node = onnx.helper.make_node("Identity", ["X"], ["Y"])
    values = [onnx.helper.make_tensor_value_info(name, 11, [None, 2]) for name in "XY"]
    graph = onnx.helper.make_graph([node], "other", values[:1], values[1:])
    onnx.save(onnx.helper.make_model(graph, ir_version=10), tmp_path / "a.onnx")
    found = onnx101.info(tmp_path / "a.onnx")
    assert (found.estimator, found.trees, found.nodes) == (None, None, None)
    assert (found.features, found.dtype) == (2, "double")


@pytest.mark.parametrize(
    "content", [b"", b"\x08", b"words and words", b"\x08\x0a\x3a\xff\x7f", b"\0"]
)
def test_of_anything_else(content, tmp_path):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(onnx101.ConversionError, match="neither a pickled forest nor an ONNX model"):
        onnx101.info(tmp_path / "a")


def test_of_a_model_that_was_cut_off(source, tmp_path):
    onnx101.convert(source, tmp_path / "a.onnx")
    content = (tmp_path / "a.onnx").read_bytes()
    (tmp_path / "a.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(onnx101.ConversionError, match="neither"):
        onnx101.info(tmp_path / "a.onnx")
