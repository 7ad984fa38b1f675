"""What an estimator is beyond its trees, and the outputs of its model."""

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from onnx import TensorProto, helper

from onnx101.errors import ConversionError
from onnx101.graph import Graph
from onnx101.head import FEATURES, Head

# The output that says which leaf of each tree a row reaches.
LEAVES = "leaves"


class Link(Enum):
    """How a sum over the trees becomes the outputs.

    The three logits are of two classes. They differ for a sum of zero, which gets the second label
    except from POSITIVE_LOGIT; HALF_LOGIT takes the sum twice for the probability.
    """

    IDENTITY = auto()
    EXP = auto()
    PROBABILITY = auto()  # the sums are probabilities
    SOFTMAX = auto()
    LOGIT = auto()
    POSITIVE_LOGIT = auto()
    HALF_LOGIT = auto()
    VOTE = auto()  # the sums are votes; probabilities are a softmax of them
    OUTLIER = auto()  # 2 to the minus sum says how unusual a row is


@dataclass(frozen=True)
class Ensemble:
    """What an estimator is beyond its trees.

    features: columns of X. width: numbers in a leaf.
    baseline: float64 [trees per iteration, width], what the trees are added to, each tree of an
    iteration to its row; None for a single tree. scale: factor of each leaf, of all
    trees or of each. divisor: of the sums.
    link: from the sums to the outputs. classes: labels of each output of a classifier.
    compares: float32 or float64, to which scikit-learn rounds X before it compares.
    offset: of the decision on outliers.
    missing: whether X may hold NaN. bound: no absolute sum over the trees exceeds it.
    head: what comes before the trees, from a Pipeline or of their own, if anything.
    weights: float64 [trees], where the answer is the median of the trees by weight, not their sum.
    columns: int64 [k] of each tree, the columns of X that it sees; None where each sees all.
    offsets: int64 [trees], where the answer is the number of each tree's leaf, counted from there.
    """

    name: str
    features: int
    width: int = 1
    baseline: np.ndarray | None = None
    scale: float | np.ndarray | None = None
    divisor: float | None = None
    link: Link = Link.IDENTITY
    classes: list[np.ndarray] | None = None
    compares: type = np.float32
    offset: float = 0.0
    missing: bool = True
    bound: float = 0.0
    head: Head | None = None
    weights: np.ndarray | None = None
    columns: list[np.ndarray] | None = None
    offsets: np.ndarray | None = None

    @property
    def x(self) -> str:
        """The tensor that the trees read."""
        return "X" if self.head is None else FEATURES

    def graph(self) -> Graph:
        """A graph for what reads it; behind a head, no name in it can be a column's."""
        return Graph("" if self.head is None else "trees/", self.x)


def check_range(ensemble: Ensemble, dtype: np.dtype) -> None:
    """Raise ConversionError where a prediction may be beyond the range of `dtype`."""
    largest = float(np.finfo(dtype).max)
    if ensemble.link is Link.EXP:
        largest = np.log(largest)
    if ensemble.bound / (ensemble.divisor or 1) > largest:
        wider = "convert to double" if dtype == np.float32 else "not supported"
        raise ConversionError(f"the predictions may pass the largest {dtype}: {wider}")


def outputs(
    graph: Graph, ensemble: Ensemble, sums: str, dtype: np.dtype, given: type = np.float64
) -> None:
    """Name the outputs as skl2onnx does: `variable`, or `label` and `probabilities`.

    sums: over the trees, of type `given` [N, trees per iteration * width]; with `offsets`, what
    each tree gives, [N, trees]. dtype: of the numbers that come out, float32 or float64.
    """
    kind = helper.np_dtype_to_tensor_dtype(dtype)
    cast = {"to": kind} if dtype != given else {}
    classes = ensemble.classes
    if ensemble.link is Link.OUTLIER:
        _outlier(graph, ensemble, sums, kind, cast)
    elif ensemble.offsets is not None:
        leaf = graph.op("Cast", sums, to=TensorProto.INT64)
        place = graph.op("Add", leaf, graph.constant(ensemble.offsets, np.int64))
        shape = ["N", len(ensemble.offsets)]
        graph.last_output("variable", place, TensorProto.INT64, shape)
    elif classes is None:
        width = ensemble.width
        value = graph.op("Exp", sums) if ensemble.link is Link.EXP else sums
        graph.last_output("variable", value, kind, ["N", width], **cast)
    elif len(classes) > 1:
        most = ensemble.width // len(classes)
        probabilities = graph.reshape(sums, -1, len(classes), most)
        best = graph.op("ArgMax", probabilities, axis=2, keepdims=0)
        offsets = np.cumsum([0, *map(len, classes[:-1])])
        place = graph.op("Add", best, graph.constant(offsets, np.int64))
        _label(graph, np.concatenate(classes), place, ["N", len(classes)])
        by_output = graph.op("Transpose", probabilities, perm=[1, 0, 2])
        graph.last_output("probabilities", by_output, kind, [len(classes), "N", most], **cast)
    else:
        shape = ["N", len(classes[0])]
        if ensemble.link is Link.PROBABILITY and not cast:
            graph.rename(sums, "probabilities")
            best = graph.op("ArgMax", "probabilities", axis=1, keepdims=0)
            _label(graph, classes[0], best, shape[:1])
            graph.result("probabilities", kind, shape)
        else:
            best, probabilities = _choice(graph, ensemble.link, sums, shape[1])
            _label(graph, classes[0], best, shape[:1])
            graph.output("probabilities", probabilities, kind, shape, **cast)


def _outlier(graph: Graph, ensemble: Ensemble, sums: str, kind: int, cast: dict) -> None:
    """The `label` of a row, -1 or 1, and its decision_function as `scores`, all [N, 1]."""
    power = graph.op("Pow", graph.constant(2, np.float64), graph.op("Neg", sums))
    samples = graph.op("Neg", power)
    scores = graph.op("Sub", samples, graph.constant(ensemble.offset, np.float64))
    usual = graph.op("Not", graph.op("Less", scores, graph.constant(0, np.float64)))
    _label(graph, ensemble.classes[0], graph.op("Cast", usual, to=TensorProto.INT64), ["N", 1])
    graph.output("scores", scores, kind, ["N", 1], **cast)
    graph.output("score_samples", samples, kind, ["N", 1], **cast)


def _choice(graph: Graph, link: Link, sums: str, classes: int) -> tuple[str, str]:
    """Which class is predicted, int64 [N], and the probability of each, float64 [N, classes]."""
    if link in (Link.PROBABILITY, Link.SOFTMAX):
        best = graph.op("ArgMax", sums, axis=1, keepdims=0)
        return best, sums if link is Link.PROBABILITY else graph.op("Softmax", sums, axis=1)
    if link is Link.VOTE:
        return _votes(graph, sums, classes)
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


def _votes(graph: Graph, sums: str, classes: int) -> tuple[str, str]:
    """The same for an AdaBoostClassifier; with two classes, the difference of the votes decides."""
    if classes > 2:
        best = graph.op("ArgMax", sums, axis=1, keepdims=0)
        votes = graph.op("Div", sums, graph.constant(classes - 1, np.float64))
        return best, graph.op("Softmax", votes, axis=1)
    first, second = (
        graph.op("Gather", sums, graph.constant([n], np.int64), axis=1) for n in (0, 1)
    )
    decision = graph.op("Sub", second, first)
    above = graph.op("Greater", decision, graph.constant(0, np.float64))
    best = graph.reshape(graph.op("Cast", above, to=TensorProto.INT64), -1)
    both = graph.op("Concat", graph.op("Neg", decision), decision, axis=1)
    half = graph.op("Div", both, graph.constant(2, np.float64))
    return best, graph.op("Softmax", half, axis=1)


def _label(graph: Graph, classes: np.ndarray, place: str, shape: list) -> None:
    kind = helper.np_dtype_to_tensor_dtype(classes.dtype)
    if classes.dtype != np.int64 or (classes != np.arange(len(classes))).any():
        place = graph.op("Gather", graph.constant(classes, classes.dtype), place)
    graph.output("label", place, kind, shape)
