"""The refusals against the rules they cite, and the recording against onnx's own messages."""

import check_graph
import numpy as np
import pytest
from onnx.checker import ValidationError, check_model
from onnx.helper import make_model
from onnx.parser import parse_graph
from onnx.reference import ReferenceEvaluator
from onnx.shape_inference import InferenceError, infer_shapes
from support import ROOT

RECORDING = ROOT / "snippets" / "outputs" / "check_graph.txt"


def model(text):
    opsets = check_graph.OPSETS
    return make_model(parse_graph(text), ir_version=check_graph.IR_VERSION, opset_imports=opsets)


def product(text):
    """Multiply ones of the shapes that the graph declares."""
    shapes = [
        [dim.dim_value or 5 for dim in each.type.tensor_type.shape.dim]
        for each in parse_graph(text).input
    ]
    return np.ones(shapes[0]) @ np.ones(shapes[1])


def test_the_right_graph_is_accepted_and_runs():
    assert check_graph.verdict(check_graph.RIGHT) == "accepted"
    session = ReferenceEvaluator(model(check_graph.RIGHT))
    X, coefficients = np.float32([[1, 2], [3, 4]]), np.float32([[10], [1]])
    (minutes,) = session.run(None, {"X": X, "coefficients": coefficients})
    np.testing.assert_array_equal(minutes, [[12], [34]])
    assert product(check_graph.RIGHT).shape == (5, 1)


def test_the_misspelt_name_is_the_only_mistake_of_its_graph():
    graph = parse_graph(check_graph.MISSPELT)
    known = {each.name for each in graph.input}
    assert {name for node in graph.node for name in node.input} - known == {"coeficients"}
    assert product(check_graph.MISSPELT).shape == (5, 1)
    with pytest.raises(ValidationError) as refusal:
        check_model(model(check_graph.MISSPELT))
    assert check_graph.verdict(check_graph.MISSPELT) == f"ValidationError: {refusal.value}"


def test_the_wrong_shape_is_wrong_for_numpy_too():
    with pytest.raises(ValueError, match="mismatch in its core dimension"):
        product(check_graph.THREE_FOR_TWO)
    check_model(model(check_graph.THREE_FOR_TWO))  # the checker alone does not notice
    with pytest.raises(InferenceError) as refusal:
        infer_shapes(model(check_graph.THREE_FOR_TWO), strict_mode=True)
    assert check_graph.verdict(check_graph.THREE_FOR_TWO) == f"InferenceError: {refusal.value}"


def test_the_recording_is_wrapped_and_nothing_else():
    recorded = RECORDING.read_text(encoding="utf-8").split()
    for graph in (check_graph.MISSPELT, check_graph.THREE_FOR_TWO):
        words = check_graph.verdict(graph).split()
        starts = range(len(recorded) - len(words) + 1)
        assert any(recorded[start : start + len(words)] == words for start in starts)
