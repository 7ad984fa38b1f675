"""The function against NumPy, in both evaluators, before and after it is inlined."""

import functions
import numpy as np
import pytest
from onnx import checker
from onnx.parser import parse_model
from onnx.reference import ReferenceEvaluator
from onnxruntime import InferenceSession

MODEL = parse_model(functions.MODEL)
KM = np.float32([100, 4152, 8000])


@pytest.mark.parametrize("model", [MODEL, functions.inlined(MODEL)], ids=["whole", "inlined"])
def test_answers_as_numpy(model):
    for session in (ReferenceEvaluator(model), InferenceSession(model.SerializeToString())):
        (minutes,) = session.run(None, {"km": KM})
        np.testing.assert_allclose(minutes, KM / 13 + 19, rtol=1e-6)


def test_inlining_leaves_only_the_standard():
    inlined = functions.inlined(MODEL)
    checker.check_model(inlined, full_check=True)
    assert not inlined.functions
    assert {node.domain for node in inlined.graph.node} == {""}
    assert [node.domain for node in MODEL.graph.node] == ["flights"]


def test_an_attribute_reaches_the_function():
    faster = parse_model(functions.MODEL.replace("speed = 13.0", "speed = 26.0"))
    (minutes,) = ReferenceEvaluator(faster).run(None, {"km": KM})
    np.testing.assert_allclose(minutes, KM / 26 + 19, rtol=1e-6)
