"""The small graph behind the trees: look the leaves up, add them in order, give the outputs."""

from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from onnx101.errors import ConversionError
from onnx101.operators import COLUMNS

# How many trees are added at once: each costs 24 bytes a row while the sum runs.
_TREES_A_SUM = 32


class Link(Enum):
    """How a sum over the trees becomes the outputs.

    The three logits are of two classes. They differ in a sum of zero, which gets the second label
    except from POSITIVE_LOGIT; HALF_LOGIT takes the sum twice for the probability.
    """

    IDENTITY = auto()
    EXP = auto()
    PROBABILITY = auto()  # the sums are probabilities
    SOFTMAX = auto()
    LOGIT = auto()
    POSITIVE_LOGIT = auto()
    HALF_LOGIT = auto()
    OUTLIER = auto()  # 2 to the minus sum says how unusual a row is


class Leaves(NamedTuple):
    """The output of one tree, [N, 1]: a row of the table, or the value if there is none."""

    name: str
    table: str | None


@dataclass(frozen=True)
class Ensemble:
    """What an estimator is beyond its trees.

    features: columns of X. width: numbers in a leaf.
    baseline: float64 [trees per iteration, width], what the trees are added to, each tree of an
    iteration to its row; None for a single tree. scale: factor of each leaf. divisor: of the sums.
    link: from the sums to the outputs. classes: labels of each output of a classifier.
    compares: float32 or float64, to which scikit-learn rounds X before it compares.
    offset: of the decision on outliers.
    missing: whether X may hold NaN. bound: what no sum over the trees passes, on either side.
    """

    name: str
    features: int
    width: int = 1
    baseline: np.ndarray | None = None
    scale: float | None = None
    divisor: float | None = None
    link: Link = Link.IDENTITY
    classes: list[np.ndarray] | None = None
    compares: type = np.float32
    offset: float = 0.0
    missing: bool = True
    bound: float = 0.0


def check_range(ensemble: Ensemble, dtype: np.dtype) -> None:
    """Raise ConversionError where a prediction may be beyond the numbers of `dtype`."""
    largest = float(np.finfo(dtype).max)
    if ensemble.link is Link.EXP:
        largest = np.log(largest)
    if ensemble.bound / (ensemble.divisor or 1) > largest:
        wider = "convert to double" if dtype == np.float32 else "not supported"
        raise ConversionError(f"the predictions may pass the largest {dtype}: {wider}")


def ensemble_graph(
    ensemble: Ensemble, leaves: list[Leaves], dtype: np.dtype, dtype_in: np.dtype
) -> onnx.GraphProto:
    """What goes behind the trees, with the model's input and outputs.

    dtype: of the numbers that come out. dtype_in: of X. Both float32 or float64.
    """
    graph = _Graph(ensemble.name, helper.np_dtype_to_tensor_dtype(dtype))
    kind = helper.np_dtype_to_tensor_dtype(dtype_in)
    columns = helper.make_tensor_value_info("X", kind, ["N", ensemble.features])
    graph.proto.input.append(columns)
    flat = numpy_helper.from_array(np.array([-1, 2 * ensemble.features]), "flat")
    graph.proto.initializer.append(flat)
    if ensemble.baseline is None:
        sums = graph.reshape(_values(graph, leaves), -1, ensemble.width)
    else:
        sums = _sums(graph, ensemble, leaves)
    _outputs(graph, ensemble, sums)
    return graph.proto


def columns_graph(dtype: np.dtype) -> onnx.GraphProto:
    """What goes before the trees: X as they read it, each column and its negative side by side.

    dtype: of X, float32 or float64. The number of columns comes behind the trees, as `flat`: with
    it, and not with -1 in its place, no rows are as good as many.
    """
    graph = onnx.GraphProto()
    for name, value in {"signs": np.array([1, -1], dtype), "last_axis": np.array([2])}.items():
        graph.initializer.append(numpy_helper.from_array(value, name))
    graph.node.append(helper.make_node("Unsqueeze", ["X", "last_axis"], ["each"]))
    graph.node.append(helper.make_node("Mul", ["each", "signs"], ["both"]))
    graph.node.append(helper.make_node("Reshape", ["both", "flat"], [COLUMNS]))
    return graph


class _Graph:
    """A GraphProto in the making; each method returns the name of what it adds."""

    def __init__(self, name: str, number: int):
        self.proto, self._number = onnx.GraphProto(name=name), number

    def constant(self, value, dtype) -> str:
        name = f"constant_{len(self.proto.initializer)}"
        array = numpy_helper.from_array(np.asarray(value, dtype=dtype), name)
        self.proto.initializer.append(array)
        return name

    def op(self, op_type: str, *inputs: str, **attributes) -> str:
        name = f"{op_type.lower()}_{len(self.proto.node)}"
        self.proto.node.append(helper.make_node(op_type, inputs, [name], **attributes))
        return name

    def reshape(self, value: str, *shape: int) -> str:
        return self.op("Reshape", value, self.constant(shape, np.int64))

    def output(self, name: str, value: str, kind: int | None, shape: list) -> None:
        """Give `value` out under `name`; its numbers are converted where `kind` is None."""
        op = ("Identity", {}) if kind else ("Cast", {"to": self._number})
        self.proto.node.append(helper.make_node(op[0], [value], [name], **op[1]))
        info = helper.make_tensor_value_info(name, kind or self._number, shape)
        self.proto.output.append(info)


def _sums(graph: _Graph, ensemble: Ensemble, leaves: list[Leaves]) -> str:
    """The sums over the trees, float64 [N, trees per iteration * width].

    scikit-learn adds in the order of the trees. CumSum is the operator that promises an order, so
    the sum so far goes in as its first row, and its last row comes out.
    """
    per_iteration, width = ensemble.baseline.shape
    around = [graph.constant([size], np.int64) for size in (per_iteration, width)]
    shape = graph.op("Concat", around[0], graph.op("Shape", "X", end=1), around[1], axis=0)
    baseline = graph.constant(ensemble.baseline[:, None, :], np.float64)
    total = graph.reshape(graph.op("Expand", baseline, shape), 1, -1)
    first_axis = graph.constant(0, np.int64)
    step = per_iteration * max(1, _TREES_A_SUM // per_iteration)
    for first in range(0, len(leaves), step):
        part = leaves[first : first + step]
        turns = len(part) // per_iteration
        values = _values(graph, part)
        if ensemble.scale is not None:
            values = graph.op("Mul", values, graph.constant(ensemble.scale, np.float64))
        rows = graph.op("Concat", total, graph.reshape(values, turns, -1), axis=0)
        running = graph.op("CumSum", rows, first_axis)
        total = graph.op("Gather", running, graph.constant([turns], np.int64))
    if per_iteration > 1:
        total = graph.op("Transpose", graph.reshape(total, per_iteration, -1), perm=[1, 0])
    total = graph.reshape(total, -1, per_iteration * width)
    if ensemble.divisor is not None:
        total = graph.op("Div", total, graph.constant(ensemble.divisor, np.float64))
    return total


def _values(graph: _Graph, leaves: list[Leaves]) -> str:
    """What the leaves are worth, float64 [trees * N, 1] or, from a table, [trees * N, 1, width]."""
    pieces = []
    for table, run in groupby(leaves, key=lambda leaf: leaf.table):
        names = [leaf.name for leaf in run]
        numbers = graph.op("Concat", *names, axis=0) if len(names) > 1 else names[0]
        if table is None:
            pieces.append(graph.op("Cast", numbers, to=TensorProto.DOUBLE))
        else:
            numbers = graph.op("Cast", numbers, to=TensorProto.INT32)
            pieces.append(graph.op("Gather", table, numbers))
    return graph.op("Concat", *pieces, axis=0) if len(pieces) > 1 else pieces[0]


def _outputs(graph: _Graph, ensemble: Ensemble, sums: str) -> None:
    """Name the outputs as skl2onnx does: `variable`, or `label` and `probabilities`."""
    classes = ensemble.classes
    if ensemble.link is Link.OUTLIER:
        _outlier(graph, ensemble, sums)
    elif classes is None:
        width = ensemble.width
        value = graph.op("Exp", sums) if ensemble.link is Link.EXP else sums
        graph.output("variable", value, None, ["N", width])
    elif len(classes) > 1:
        most = ensemble.width // len(classes)
        probabilities = graph.reshape(sums, -1, len(classes), most)
        best = graph.op("ArgMax", probabilities, axis=2, keepdims=0)
        offsets = np.cumsum([0, *map(len, classes[:-1])])
        place = graph.op("Add", best, graph.constant(offsets, np.int64))
        _label(graph, np.concatenate(classes), place, ["N", len(classes)])
        by_output = graph.op("Transpose", probabilities, perm=[1, 0, 2])
        graph.output("probabilities", by_output, None, [len(classes), "N", most])
    else:
        best, probabilities = _choice(graph, ensemble.link, sums)
        _label(graph, classes[0], best, ["N"])
        graph.output("probabilities", probabilities, None, ["N", len(classes[0])])


def _outlier(graph: _Graph, ensemble: Ensemble, sums: str) -> None:
    """The `label` of a row, -1 or 1, and its decision_function as `scores`, all [N, 1]."""
    power = graph.op("Pow", graph.constant(2, np.float64), graph.op("Neg", sums))
    samples = graph.op("Neg", power)
    scores = graph.op("Sub", samples, graph.constant(ensemble.offset, np.float64))
    usual = graph.op("Not", graph.op("Less", scores, graph.constant(0, np.float64)))
    _label(graph, ensemble.classes[0], graph.op("Cast", usual, to=TensorProto.INT64), ["N", 1])
    graph.output("scores", scores, None, ["N", 1])
    graph.output("score_samples", samples, None, ["N", 1])


def _choice(graph: _Graph, link: Link, sums: str) -> tuple[str, str]:
    """Which class is predicted, int64 [N], and the probability of each, float64 [N, classes]."""
    if link in (Link.PROBABILITY, Link.SOFTMAX):
        best = graph.op("ArgMax", sums, axis=1, keepdims=0)
        return best, sums if link is Link.PROBABILITY else graph.op("Softmax", sums, axis=1)
    zero = graph.constant(0, np.float64)
    if link is Link.POSITIVE_LOGIT:
        second = graph.op("Greater", sums, zero)
    else:
        second = graph.op("Not", graph.op("Less", sums, zero))
    best = graph.reshape(graph.op("Cast", second, to=TensorProto.INT64), -1)
    one = graph.constant(1, np.float64)
    twice = graph.op("Add", sums, sums) if link is Link.HALF_LOGIT else sums
    odds = graph.op("Add", one, graph.op("Exp", graph.op("Neg", twice)))
    probability = graph.op("Div", one, odds)
    return best, graph.op("Concat", graph.op("Sub", one, probability), probability, axis=1)


def _label(graph: _Graph, classes: np.ndarray, place: str, shape: list) -> None:
    labels = graph.constant(classes, classes.dtype)
    kind = helper.np_dtype_to_tensor_dtype(classes.dtype)
    graph.output("label", graph.op("Gather", labels, place), kind, shape)
