"""The converted model against scikit-learn, and every bad input against one clear line."""

import pickle

import load
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from google.protobuf.message import EncodeError
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import LocalOutlierFactor

from onnx101.opset import IR_VERSION, ML_OPSET, OPSET


@pytest.fixture
def pickled(tmp_path):
    def write(value):
        path = tmp_path / "model.pkl"
        path.write_bytes(pickle.dumps(value))
        return path

    return write


@pytest.fixture
def small(split):
    X, _, y, _ = split
    return RandomForestRegressor(3, max_leaf_nodes=50, random_state=0).fit(X[:5000], y[:5000])


def test_converts_to_the_same_answers(small, pickled, split, capsys):
    source = pickled(small)
    load.main([str(source)])
    target = source.with_suffix(".onnx")
    (minutes,) = ort.InferenceSession(target).run(None, {"X": split[1]})
    np.testing.assert_allclose(minutes.ravel(), small.predict(split[1]), rtol=0, atol=0.001)
    said = (
        f"IR {IR_VERSION}, ai.onnx {OPSET} of at most {OPSET}, ai.onnx.ml 1 of at most {ML_OPSET}"
    )
    assert said in capsys.readouterr().out


def test_the_version_it_writes_is_the_first_with_the_operator(small):
    """Why ai.onnx.ml 5 is requested and 1 is written."""
    model = load.convert(small)
    declared = {entry.domain: entry.version for entry in model.opset_import}
    for node in model.graph.node:
        schema = onnx.defs.get_schema(node.op_type, declared[node.domain], node.domain)
        assert schema.since_version == declared[node.domain] == 1


def test_declares_versions_that_the_pinned_ones_cover(small, pickled, tmp_path):
    load.main([str(pickled(small)), str(tmp_path / "new" / "model.onnx")])
    model = onnx.load(tmp_path / "new" / "model.onnx")
    assert model.ir_version == IR_VERSION
    declared = {entry.domain: entry.version for entry in model.opset_import}
    assert declared[""] == OPSET
    assert declared["ai.onnx.ml"] <= ML_OPSET


def test_any_model_of_scikit_learn_will_do(pickled, tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    line = LinearRegression().fit(X, X @ [1, 2, 3])
    load.main([str(pickled(line))])
    (answer,) = ort.InferenceSession(tmp_path / "model.onnx").run(None, {"X": X})
    np.testing.assert_allclose(answer.ravel(), X @ [1, 2, 3], atol=1e-5)


def test_a_bad_pickle_is_refused(small, pickled, tmp_path, refused):
    target = tmp_path / "model.onnx"
    whole = pickled(small).read_bytes()
    source = tmp_path / "bad.pkl"
    assert "No such file" in refused(load.main, source, target)
    assert "directory" in refused(load.main, tmp_path, target)
    for content in (b"", whole[: len(whole) // 2], b"flights\n" * 9, b"\x80\x05cno\nwhere\n."):
        source.write_bytes(content)
        assert f"{source} is not a whole pickle" in refused(load.main, source, target)
    assert not target.exists()


@pytest.mark.parametrize("value", [{"trees": 4}, None, RandomForestRegressor(), np.zeros(7)])
def test_a_pickle_of_no_fitted_model_is_refused(value, pickled, tmp_path, refused):
    source = pickled(value)
    assert f"{type(value).__name__}, not a fitted" in refused(load.main, source)
    assert list(tmp_path.iterdir()) == [source]


def test_a_model_that_skl2onnx_does_not_know_is_refused(pickled, tmp_path, refused):
    source = pickled(UnknownModel())
    assert "skl2onnx cannot convert the UnknownModel" in refused(load.main, source)
    assert list(tmp_path.iterdir()) == [source]


class UnknownModel(LocalOutlierFactor):
    n_features_in_ = 7

    def __reduce__(self):
        return UnknownModel, ()


def test_a_model_too_large_for_protobuf_is_refused(small, pickled, tmp_path, refused, monkeypatch):
    def too_large(*_):
        raise EncodeError("Failed to serialize proto")

    monkeypatch.setattr(load, "save", too_large)  # the real one takes 55 GB
    source = pickled(small)
    assert "2 GiB" in refused(load.main, source)
    assert list(tmp_path.iterdir()) == [source]


def test_a_bad_target_is_refused(small, pickled, tmp_path, refused):
    source = pickled(small)
    before = source.read_bytes()
    assert "is a directory" in refused(load.main, source, tmp_path)
    assert "cannot write" in refused(load.main, source, source / "model.onnx")
    assert "the pickle itself" in refused(load.main, source, source)
    assert source.read_bytes() == before
    assert list(tmp_path.iterdir()) == [source]


def test_a_full_disk_leaves_the_old_model(small, pickled, tmp_path, refused, small_disk):
    target = tmp_path / "model.onnx"
    target.write_bytes(b"old")
    source = tmp_path / "model.pkl"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "load", lambda path: small)  # its pickle would not fit either
        with small_disk():
            assert "cannot write" in refused(load.main, source, target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
