"""The inferred shapes against the arrays that really pass."""

import numpy as np
import onnx
import shapes
from onnx.reference import ReferenceEvaluator


def told():
    model = onnx.load(shapes.MODELS / "network.onnx")
    shapes.declare(model, model.graph.node[0].output[0], ["N", 7])
    return model


def test_the_shapes_are_those_of_the_arrays():
    model = told()
    found = shapes.shapes(model)
    names = list(found)
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    X = np.zeros((5, 7), np.float32)
    arrays = ReferenceEvaluator(model).run(names, {"X": X})
    for array, shape in zip(arrays, found.values(), strict=True):
        assert shape.replace("N", "5") == str(list(array.shape))


def test_without_a_word_nothing_is_known():
    """When this fails, onnx infers Scaler's shape: the lesson needs another operator."""
    assert set(shapes.shapes(onnx.load(shapes.MODELS / "network.onnx")).values()) == {"?"}


def test_a_wrong_word_is_found():
    model = onnx.load(shapes.MODELS / "network.onnx")
    shapes.declare(model, model.graph.node[0].output[0], ["N", 8])
    assert "[N, 32]" not in shapes.shapes(model).values()
