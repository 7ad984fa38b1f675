"""The tensors that trees read: X in the type they compare, with negated columns where useful."""

import numpy as np
from onnx import helper, numpy_helper

from onnx101.graph import Graph
from onnx101.operators import COLUMNS, Source


def columns(graph: Graph, source: str, kind: np.dtype) -> None:
    """COLUMNS, of float32 or float64 `source`: each column and its negative side by side."""
    both = graph.op("Unsqueeze", source, graph.constant([2], np.int64))
    both = graph.op("Mul", both, graph.constant([1, -1], kind))
    graph.node(helper.make_node("Reshape", [both, "flat"], [COLUMNS.name]).SerializeToString())


def flat(graph: Graph, features: int) -> None:
    """The shape of COLUMNS, which may come behind the trees, where that of X is known."""
    array = numpy_helper.from_array(np.array([-1, 2 * features]), "flat")
    graph.initializer(array.SerializeToString())


def with_negatives(graph: Graph, source: Source, features: int) -> Source:
    """All columns, then their negatives: faster to build than COLUMNS."""
    both = graph.op("Concat", source.name, graph.op("Neg", source.name), axis=1)
    return Source(both, negative=features)


def of_kind(graph: Graph, x: np.dtype, kind: np.dtype) -> Source:
    """X, which is of type `x`, as trees of `kind` read it."""
    name = graph.x
    if x != kind:
        name = graph.op("Cast", name, to=helper.np_dtype_to_tensor_dtype(kind))
    return Source(name)
