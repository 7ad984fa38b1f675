"""The quantised network against its weights rounded in NumPy, and its size."""

import network
import numpy as np
import onnx
import oracle
import pytest
import quantise
from onnx import numpy_helper
from onnxruntime import InferenceSession


@pytest.fixture(scope="module")
def smaller(tmp_path_factory):
    path = tmp_path_factory.mktemp("quantised") / "smaller.onnx"
    quantise.quantise(network.MODEL, path)
    return path


def arrays(path):
    graph = onnx.load(path).graph
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def test_each_weight_is_within_half_a_step_of_what_it_was(smaller):
    before, after = arrays(network.MODEL), arrays(smaller)
    matrices = [name for name, values in before.items() if values.ndim == 2 and values.size > 32]
    assert len(matrices) == 2
    for name in matrices:
        scale = after[f"{name}_scale"]
        eight = after[f"{name}_quantized"]
        assert eight.dtype == np.uint8
        back = (eight.astype(float) - after[f"{name}_zero_point"]) * scale
        assert np.abs(back - before[name]).max() <= scale * 0.51


def test_the_answers_stay_near_and_the_file_shrinks(smaller, split):
    X = split[1][:2000]
    plain, rounded = (
        InferenceSession(path).run(None, {"X": X})[0].ravel() for path in (network.MODEL, smaller)
    )
    assert 0 < np.abs(plain - rounded).mean() < 3
    assert smaller.stat().st_size < network.MODEL.stat().st_size


def test_a_forest_gains_nothing(tmp_path):
    quantise.quantise(oracle.MODEL, tmp_path / "smaller.onnx")
    before, after = (onnx.load(path) for path in (oracle.MODEL, tmp_path / "smaller.onnx"))
    assert sorted(node.op_type for node in before.graph.node) == sorted(
        node.op_type for node in after.graph.node
    )
