"""Requested providers against available ones: the request is met as far as possible."""

import numpy as np
import onnx
import onnxruntime as ort
import providers

MODEL = providers.MODELS / "linear_regression.onnx"


def test_uses_the_first_of_the_wish_that_is_here():
    here = [name for name in providers.WISH if name in ort.get_available_providers()]
    assert providers.open_session(MODEL).get_providers() == here
    assert here[-1] == "CPUExecutionProvider"


def test_keeps_the_order_of_the_wish(monkeypatch):
    asked = []
    monkeypatch.setattr(ort, "get_available_providers", lambda: sorted(providers.WISH))
    monkeypatch.setattr(ort, "InferenceSession", lambda model, providers: asked.extend(providers))
    providers.open_session(MODEL)
    assert asked == providers.WISH


def test_the_answer_is_numpys():
    (minutes,) = providers.open_session(MODEL).run(None, {"X": providers.FLIGHT})
    weights = {
        tensor.name: np.frombuffer(tensor.raw_data, np.float32)
        for tensor in onnx.load(MODEL).graph.initializer
    }
    expected = providers.FLIGHT[0] @ weights["coefficients"] + weights["bias"]
    np.testing.assert_allclose(minutes.ravel(), expected, rtol=1e-5)
