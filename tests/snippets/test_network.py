"""The converted network against its layers in NumPy, and the committed one against a fresh one."""

import re

import models
import network
import numpy as np
import onnx
import onnxruntime as ort
import oracle
import pytest
import train
from load import convert
from sklearn.exceptions import ConvergenceWarning


@pytest.fixture(scope="module")
def pipeline(split):
    with pytest.warns(ConvergenceWarning):
        return network.fit(split[0][::8], split[2][::8])


def test_the_converted_network_is_its_layers(pipeline, split):
    rows = split[1][:1000]
    scaler, mlp = pipeline[0], pipeline[1]
    values = (rows.astype(float) - scaler.mean_) / scaler.scale_
    for weights, bias in zip(mlp.coefs_[:-1], mlp.intercepts_[:-1], strict=True):
        values = np.maximum(values @ weights + bias, 0)
    expected = (values @ mlp.coefs_[-1] + mlp.intercepts_[-1]).ravel()
    session = ort.InferenceSession(convert(pipeline).SerializeToString())
    (minutes,) = session.run(None, {"X": rows})
    np.testing.assert_allclose(minutes.ravel(), expected, rtol=1e-4)


def test_the_committed_network_is_as_good_as_a_fresh_one(split, tmp_path):
    """Not bit for bit: the weights depend on the order in which a processor adds."""
    _, X, y_train, y = split
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "MODELS", tmp_path)
        models.main(["network"])
    fresh, committed = (
        network.error(path, X, y) for path in (tmp_path / "network.onnx", network.MODEL)
    )
    assert fresh == pytest.approx(committed, abs=0.5)
    _, by_distance = train.baselines(split[0], y_train, X)
    assert network.error(oracle.MODEL, X, y) < committed < np.abs(by_distance - y).mean()
    operators = [
        [node.op_type for node in onnx.load(path).graph.node]
        for path in (tmp_path / "network.onnx", network.MODEL)
    ]
    assert operators[0] == operators[1]


def test_prints_the_errors(split, capsys):
    network.main([])
    printed = capsys.readouterr().out.splitlines()[1:]
    for line, path in zip(printed, (oracle.MODEL, network.MODEL), strict=True):
        (minutes,) = ort.InferenceSession(path).run(None, {"X": split[1]})
        off = np.mean(np.abs(minutes.ravel().astype(float) - split[3]))
        assert re.findall(r"[\d.]+$", line) == [f"{off:.1f}"]


def test_a_bad_target_is_refused(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(models, "MODELS", tmp_path)
    monkeypatch.setitem(models.MAKERS, "network", lambda: {"network.onnx": b""})
    (tmp_path / "network.onnx").mkdir()
    assert "is a directory" in refused(models.main, "network")
