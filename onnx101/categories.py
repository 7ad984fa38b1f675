"""The place of values among categories, numbers or text, in NumPy and in ONNX."""

import numpy as np
from onnx import TensorProto, numpy_helper

from onnx101.graph import Graph

_onnx_ml = {"domain": "ai.onnx.ml"}
# From this ai.onnx.ml on, a LabelEncoder takes doubles. Opsets older than it cannot compare
# text.
TENSORS = 4


def code(x: np.ndarray, categories: np.ndarray) -> np.ndarray:
    """The place of each of `x` [N] among `categories` [k], -1 where it is not one: int64 [N]."""
    places = {each: place for place, each in enumerate(categories.tolist())}
    if categories.dtype != object and categories.size and np.isnan(categories[-1]):
        missing = categories.size - 1  # NaN equals nothing, and scikit-learn puts it last
        found = [places.get(each, -1) if each == each else missing for each in x.tolist()]
    else:
        found = [places.get(each, -1) for each in x.tolist()]
    return np.array(found, dtype=np.int64).reshape(len(x))


def encoded(graph: Graph, x: str, categories, numbers, default: float) -> str:
    """Each category of `x` as its number: a tensor of float64 [N, 1]."""
    text = categories.dtype == object
    if graph.ml < TENSORS:
        place = (place_of_text if text else _place_of_number)(graph, x, categories)
        return graph.op("Gather", graph.constant([*numbers, default], np.float64), place)
    attributes = {
        "keys_tensor": numpy_helper.from_array(categories if text else categories.astype(float)),
        "values_tensor": numpy_helper.from_array(np.asarray(numbers, np.float64)),
        "default_tensor": numpy_helper.from_array(np.array([default], np.float64)),
    }
    return graph.op("LabelEncoder", x, **attributes, **_onnx_ml)


def place_of_text(graph: Graph, x: str, categories: np.ndarray) -> str:
    """The place of each of `x` among the categories, or after the last, int64, in any opset."""
    keys = [each.encode() for each in categories.tolist()]
    places = {"values_int64s": [*range(len(keys))], "default_int64": len(keys)}
    return graph.op("LabelEncoder", x, keys_strings=keys, **places, **_onnx_ml)


def _place_of_number(graph: Graph, x: str, categories: np.ndarray) -> str:
    """The same for `x` [N, 1] of float64. NaN is the last category, if it is one."""
    same = graph.op("Equal", x, graph.constant(categories[None, :].astype(float), np.float64))
    same = graph.op("Cast", same, to=TensorProto.DOUBLE)
    before_last = np.arange(-len(categories), 0, dtype=float)[:, None]
    place = graph.op("MatMul", same, graph.constant(before_last, np.float64))
    if np.isnan(categories[-1]):
        last = graph.constant(-1, np.float64)
        place = graph.op("Where", graph.op("IsNaN", x), last, place)
    place = graph.op("Add", place, graph.constant(len(categories), np.float64))
    return graph.op("Cast", place, to=TensorProto.INT64)
