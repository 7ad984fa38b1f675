"""The small graph behind the trees: look the leaves up, add them in order, give the outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# How many trees are added at once: each costs 24 bytes a row while the sum runs.
_TREES_A_SUM = 32


class Leaves(NamedTuple):
    """The output of one tree, float32 [N, 1], and the table it numbers (None: it is the value)."""

    name: str
    table: str | None


@dataclass(frozen=True)
class Ensemble:
    """What an estimator is beyond its trees.

    features: columns of X. width: numbers in a leaf. sequences: sums that the trees take turns in.
    start: float64 [sequences, width], where the sums start; None for a single tree.
    scale: factor of every leaf. divisor: of every sum.
    link: from the sums to the prediction, "identity", "exp", "logit", "softmax" or "share".
    classes: labels of each output of a classifier.
    """

    name: str
    version: str
    features: int
    width: int = 1
    sequences: int = 1
    start: np.ndarray | None = None
    scale: float | None = None
    divisor: int | None = None
    link: str = "identity"
    classes: Sequence[np.ndarray] | None = None


class _Graph:
    """A GraphProto in the making; each method returns the name of the value it adds."""

    def __init__(self):
        self.proto = onnx.GraphProto()

    def constant(self, value, dtype) -> str:
        name = f"constant_{len(self.proto.initializer)}"
        array = np.asarray(value, dtype=dtype)
        self.proto.initializer.append(numpy_helper.from_array(array, name))
        return name

    def op(self, op_type: str, *inputs: str, output: str = "", **attributes) -> str:
        name = output or f"{op_type.lower()}_{len(self.proto.node)}"
        self.proto.node.append(helper.make_node(op_type, inputs, [name], **attributes))
        return name

    def reshape(self, value: str, *shape: int) -> str:
        return self.op("Reshape", value, self.constant(shape, np.int64))


def tail(ensemble: Ensemble, leaves: list[Leaves], dtype: np.dtype) -> onnx.GraphProto:
    """The GraphProto that goes behind the trees, with the model's input and outputs."""
    graph = _Graph()
    graph.proto.name = ensemble.name
    graph.proto.input.append(
        helper.make_tensor_value_info("X", TensorProto.FLOAT, ["N", ensemble.features])
    )
    sums = _sums(graph, ensemble, leaves)
    if ensemble.classes is None:
        _values(graph, ensemble, sums, dtype)
    else:
        _labels(graph, ensemble, sums, dtype)
    return graph.proto


def _sums(graph: _Graph, ensemble: Ensemble, leaves: list[Leaves]) -> str:
    """The sums over the trees, float64 [N, sequences * width].

    scikit-learn adds in tree order. CumSum is the operator that promises an order, so the running
    sum goes in as its first row and the last row comes out.
    """
    if ensemble.start is None:
        return graph.reshape(_looked_up(graph, leaves), -1, ensemble.width)
    sequences, width = ensemble.start.shape
    rows = graph.op("Shape", "X", end=1)
    shape = graph.op(
        "Concat",
        graph.constant([sequences], np.int64),
        rows,
        graph.constant([width], np.int64),
        axis=0,
    )
    start = graph.constant(ensemble.start[:, None, :], np.float64)
    running = graph.reshape(graph.op("Expand", start, shape), 1, -1)
    axis = graph.constant(0, np.int64)
    step = sequences * max(1, _TREES_A_SUM // sequences)
    for first in range(0, len(leaves), step):
        part = leaves[first : first + step]
        values = _looked_up(graph, part)
        if ensemble.scale is not None:
            values = graph.op("Mul", values, graph.constant(ensemble.scale, np.float64))
        turns = len(part) // sequences
        rows = graph.op("Concat", running, graph.reshape(values, turns, -1), axis=0)
        last = graph.constant([turns], np.int64)
        running = graph.op("Gather", graph.op("CumSum", rows, axis), last)
    sums = graph.reshape(running, sequences, -1, width)
    sums = graph.reshape(graph.op("Transpose", sums, perm=[1, 0, 2]), -1, sequences * width)
    if ensemble.divisor is not None:
        sums = graph.op("Div", sums, graph.constant(ensemble.divisor, np.float64))
    return sums


def _looked_up(graph: _Graph, leaves: list[Leaves]) -> str:
    """What the leaves are worth, float64 [trees * N, 1, width]."""
    pieces = []
    for table, run in groupby(leaves, key=lambda leaf: leaf.table):
        names = [leaf.name for leaf in run]
        codes = graph.op("Concat", *names, axis=0) if len(names) > 1 else names[0]
        if table is None:
            pieces.append(graph.op("Cast", codes, to=TensorProto.DOUBLE))
        else:
            codes = graph.op("Cast", codes, to=TensorProto.INT32)
            pieces.append(graph.op("Gather", table, codes))
    return graph.op("Concat", *pieces, axis=0) if len(pieces) > 1 else pieces[0]


def _values(graph: _Graph, ensemble: Ensemble, sums: str, dtype: np.dtype) -> None:
    if ensemble.link == "exp":
        sums = graph.op("Exp", sums)
    kind = helper.np_dtype_to_tensor_dtype(dtype)
    graph.op("Cast", sums, output="variable", to=kind)
    graph.proto.output.append(
        helper.make_tensor_value_info("variable", kind, ["N", ensemble.sequences * ensemble.width])
    )


def _labels(graph, ensemble, sums, dtype):
    raise NotImplementedError
