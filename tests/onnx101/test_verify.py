"""verify finds what differs, especially at thresholds, and nothing else."""

import pickle

import numpy as np
import onnx
import pytest
from sklearn import ensemble

import onnx101

rng = np.random.default_rng(4)
X = rng.normal(size=(300, 3)).astype(np.float32)
y = X[:, 0] * X[:, 1]
MODELS = {
    "forest": ensemble.RandomForestRegressor(5, random_state=0).fit(X, np.c_[y, -y]),
    "classes": ensemble.RandomForestClassifier(5, random_state=0).fit(X, y > 0),
    "boosting": ensemble.GradientBoostingClassifier(n_estimators=5).fit(X, y > 0),
    "histogram": ensemble.HistGradientBoostingRegressor(max_iter=5).fit(X, y),
}


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def files(name, tmp_path):
    source, target = tmp_path / "a.pkl", tmp_path / "a.onnx"
    source.write_bytes(pickle.dumps(MODELS[name]))
    return source, target


@pytest.mark.parametrize("dtype", ["double", "float"])
def test_a_good_model_passes(files, dtype, name):
    onnx101.convert(*files, dtype=dtype)
    found = onnx101.verify(*files, rows=700, seed=3)
    assert (found.rows, found.passed, found.labels) == (700, True, 1)
    if dtype == "double" and name != "boosting":
        assert (found.equal, found.absolute, found.relative, found.allowed) == (1, 0, 0, 0)
    if dtype == "float":
        assert 0 < found.absolute <= found.allowed


def edit(path, change):
    model = onnx.load(path)
    change(model.graph)
    onnx.save(model, path)


def one_ulp(graph):
    """Move thresholds of the first trees to the next float32 above."""
    moved = 0
    for attribute in (part for node in graph.node for part in node.attribute):
        if attribute.name == "nodes_splits" and not moved:
            splits = onnx.numpy_helper.to_array(attribute.t)
            above = np.nextafter(splits.astype(np.float32), np.float32(np.inf)).astype(splits.dtype)
            attribute.t.CopyFrom(onnx.numpy_helper.from_array(above))
            moved += 1
        if attribute.HasField("g"):
            one_ulp(attribute.g)


@pytest.mark.parametrize("dtype", ["double", "float"])
def test_a_threshold_off_by_one_ulp_is_found(files, dtype):
    onnx101.convert(*files, dtype=dtype)
    edit(files[1], one_ulp)
    found = onnx101.verify(*files)
    assert not found.passed
    assert found.equal < 1
    assert found.absolute > found.allowed


@pytest.mark.parametrize("name", ["forest"])
def test_a_value_off_by_one_bit_is_found(files):
    onnx101.convert(*files)

    def last_bit(graph):
        table = next(part for part in graph.initializer if part.name.startswith("values_"))
        values = onnx.numpy_helper.to_array(table).copy()
        values[0, 0] = np.nextafter(values[0, 0], np.inf)
        table.CopyFrom(onnx.numpy_helper.from_array(values, table.name))

    edit(files[1], last_bit)
    found = onnx101.verify(*files)
    assert 0 < found.absolute < 1e-14
    assert not found.passed


@pytest.mark.parametrize("name", ["classes"])
def test_a_wrong_label_is_found(files):
    onnx101.convert(*files)

    def exchange(graph):
        name = graph.output[0].name
        (last,) = [node for node in graph.node if name in node.output]
        last.output[0] = "right"
        graph.initializer.append(onnx.numpy_helper.from_array(np.int64(1), "one"))
        graph.node.append(onnx.helper.make_node("Add", ["right", "one"], [name]))

    edit(files[1], exchange)
    found = onnx101.verify(*files)
    assert (found.labels, found.absolute, found.passed) == (0, 0, False)


@pytest.mark.parametrize("name", ["forest"])
def test_rows_depend_on_the_seed_alone(files):
    onnx101.convert(*files, dtype="float")
    first, again, other = (onnx101.verify(*files, rows=300, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("name", ["forest"])
def test_what_cannot_be_compared_is_refused(files, tmp_path):
    source, target = files
    target.write_bytes(b"no model")
    with pytest.raises(onnx101.ConversionError, match="onnxruntime cannot load"):
        onnx101.verify(source, target)
    with pytest.raises(onnx101.ConversionError, match="No such file"):
        onnx101.verify(tmp_path / "none.pkl", target)
    onnx101.convert(source, target)
    source.write_bytes(pickle.dumps(print))
    with pytest.raises(onnx101.ConversionError, match="no estimator"):
        onnx101.verify(source, target)
    source.write_bytes(pickle.dumps(MODELS["boosting"]))
    with pytest.raises(onnx101.ConversionError, match="other outputs"):
        onnx101.verify(source, target)
