"""The recorded graphs against the models in public/models, and a graph described by hand."""

import json

import graphs
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper


def test_the_recorded_graphs_are_those_of_the_committed_models():
    assert json.loads(graphs.GRAPHS.read_text(encoding="utf-8")) == graphs.describe_all()


def test_a_graph_is_told_in_names_types_shapes_and_small_values():
    weights = numpy_helper.from_array(np.float32([[1], [2]]), "W")
    large = numpy_helper.from_array(np.zeros(graphs.SMALL + 1, np.int64), "large")
    proto = helper.make_graph(
        [
            helper.make_node("MatMul", ["X", "W"], ["Y"]),
            helper.make_node("Clip", ["Y", "", "top"], ["Z"]),
        ],
        "by_hand",
        [
            helper.make_tensor_value_info("X", TensorProto.FLOAT, ["N", 2]),
            helper.make_tensor_value_info("W", TensorProto.FLOAT, [2, 1]),
            helper.make_tensor_value_info("top", TensorProto.FLOAT, []),
        ],
        [helper.make_tensor_value_info("Z", TensorProto.FLOAT, [None, 1])],
        [weights, large],
    )
    assert graphs.describe(proto) == {
        "inputs": ["X", "top"],  # an input with an initializer is optional, and not listed
        "outputs": ["Z"],
        "operators": [
            {"op": "MatMul", "domain": "", "inputs": ["X", "W"], "outputs": ["Y"]},
            {"op": "Clip", "domain": "", "inputs": ["Y", "top"], "outputs": ["Z"]},
        ],
        "initializers": ["W", "large"],
        "tensors": {
            "Z": {"type": "float", "shape": ["?", 1]},
            "X": {"type": "float", "shape": ["N", 2]},
            "W": {"type": "float", "shape": [2, 1], "values": [1.0, 2.0]},
            "top": {"type": "float", "shape": []},
            "large": {"type": "int64", "shape": [graphs.SMALL + 1]},
        },
    }


def test_a_model_that_is_not_there_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(graphs, "MODELS", tmp_path)
    with pytest.raises(SystemExit) as ended:
        graphs.write()
    assert ended.value.code == 2
    assert "linear_regression.onnx is missing" in capsys.readouterr().err
