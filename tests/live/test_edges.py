"""The values on the edges against NumPy, and the recording that the slide starts with."""

import json

import edges
import flights
import numpy as np
import onnx
from onnx import numpy_helper


def test_every_edge_carries_what_numpy_computes():
    stored = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in onnx.load(edges.MODEL).graph.initializer
    }
    X = flights.load()[0][:1000, [5, 4]]
    values = edges.edges(X)
    product = X.astype(float) @ stored["coefficients"].astype(float)
    assert list(values) == ["X", "tmp", "minutes"]
    np.testing.assert_array_equal(values["X"], X)
    np.testing.assert_allclose(values["tmp"], product, rtol=1e-6)
    np.testing.assert_allclose(values["minutes"], product + stored["bias"], rtol=1e-6)


def test_the_slide_starts_from_what_the_runtime_says():
    recorded = json.loads(edges.RECORDED.read_text(encoding="utf-8"))
    assert recorded["inputs"] == edges.sliders()
    X = np.float32([[column["value"] for column in recorded["inputs"]]])
    values = edges.edges(X)
    assert list(recorded["values"]) == list(values)
    for name, value in values.items():
        np.testing.assert_allclose(recorded["values"][name], value.ravel(), rtol=1e-6)


def test_every_slider_spans_the_data_and_starts_inside_it():
    X, _ = flights.load()
    for slider, column in zip(edges.sliders(), (5, 4), strict=True):
        assert slider["name"] == flights.FEATURES[column]
        assert slider["min"] <= X[:, column].min() < slider["min"] + 1
        assert slider["max"] <= X[:, column].max() < slider["max"] + 1
        assert slider["min"] < slider["value"] < slider["max"]
