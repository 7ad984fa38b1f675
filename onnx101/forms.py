"""The graph of a forest that fits in memory, in the form that serves it best.

Where the order of the sum does not matter, because whole numbers add up exactly or because the
model rounds to float32 anyway, the operator adds. Else it says which leaves a row comes to, a table
says what they are worth, and the sum runs in scikit-learn's order: for few rows at once, from one
operator for all trees, which is quick; for many tree by tree, which holds less and is kinder to
the cache.
"""

from dataclasses import dataclass, replace

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from onnx101 import sums
from onnx101.encoding import Encoding
from onnx101.ensemble import Ensemble, Link, outputs
from onnx101.graph import Graph
from onnx101.operators import COLUMNS, Part, tree_ensemble, tree_ensemble_regressor
from onnx101.opset import NEWEST, Versions
from onnx101.tables import Rows, distinct
from onnx101.trees import Tree

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_TABLE = "values_0"
# Nodes of an operator, as a cache holds them.
_NODES_AN_OPERATOR = 2**16
# Trees times nodes of an operator: onnxruntime checks all nodes again after each tree.
_CHECKS = 2**27
# How many numbers of a row are added at once.
_NUMBERS_AT_ONCE = 64
# From so many trees on, few rows get an operator of their own. Few is so many numbers and rows.
_SEVERAL_TREES, _FEW_NUMBERS, _FEW_ROWS = 9, 2**18, 256


@dataclass(frozen=True)
class Held:
    """A tree, and what its leaves are worth: the rows of a table that `code` [leaves] numbers."""

    tree: Tree
    code: np.ndarray
    rows: Rows

    @classmethod
    def of(cls, tree: Tree) -> "Held":
        rows, code = distinct(tree.values)
        return cls(tree.without_values(), code, Rows.of(rows))


@dataclass(frozen=True)
class Kinds:
    """float32 or float64: of what comes out, and of X. versions: of operators.

    Where it does not say which, X is what scikit-learn rounds it to before it compares.
    """

    out: np.dtype
    x: np.dtype | None = None
    versions: Versions = NEWEST

    @property
    def ml(self) -> int:
        return self.versions.ml


def small_graph(ensemble: Ensemble, trees: list[Held], kinds: Kinds) -> Graph:
    """The whole graph."""
    graph = Graph(x=ensemble.x)
    if ensemble.head is None:
        graph.input("X", helper.np_dtype_to_tensor_dtype(kinds.x), ["N", ensemble.features])
    baseline = np.zeros((1, ensemble.width)) if ensemble.baseline is None else ensemble.baseline
    trees = [_complete(ensemble, baseline, place, tree) for place, tree in enumerate(trees)]
    narrow = ensemble.features <= max(16, len(trees) // 2)
    if narrow:
        flat(graph, ensemble.features)
    rounded = kinds.out == FLOAT32 and ensemble.width == 1
    if _whole(trees) or (rounded and narrow and len(trees) >= _SEVERAL_TREES):
        kind = kinds.x if _whole(trees) else FLOAT64
        source = _columns(graph, kinds.x, kind, narrow, ensemble.encoding)
        total = _in_any_order(graph, trees, baseline, source, kind, kinds.ml)
        total = graph.op("Cast", total, to=TensorProto.DOUBLE)
    else:
        source = _columns(graph, kinds.x, kinds.x, narrow, ensemble.encoding)
        total = _in_order(graph, trees, baseline, source, kinds, rounded)
    if ensemble.divisor is not None:
        total = graph.op("Div", total, graph.constant(ensemble.divisor, np.float64))
    outputs(graph, ensemble, total, kinds.out)
    return graph


def embedded_graph(ensemble: Ensemble, trees: list[Held], kinds: Kinds) -> Graph:
    """A graph that skl2onnx can put into its own: ai.onnx.ml 3, opset 12, and no graph inside.

    float32 comes from one operator, as skl2onnx has it, and is as quick and as exact as that.
    """
    graph = Graph()
    graph.input("X", helper.np_dtype_to_tensor_dtype(kinds.x), ["N", ensemble.features])
    baseline = np.zeros((1, ensemble.width)) if ensemble.baseline is None else ensemble.baseline
    trees = [_complete(ensemble, baseline, place, tree) for place, tree in enumerate(trees)]
    kind = FLOAT32
    if kinds.out == FLOAT64 and not _whole(trees):
        kind, total = FLOAT64, _in_pieces(graph, trees, baseline, kinds)
    else:
        total = _in_any_order(graph, trees, baseline, "X", kinds.x, ml=3)
    if kind == FLOAT32 and (
        kinds.out == FLOAT64 or ensemble.link not in (Link.IDENTITY, Link.PROBABILITY)
    ):
        kind, total = FLOAT64, graph.op("Cast", total, to=TensorProto.DOUBLE)
    if ensemble.divisor is not None:
        total = graph.op("Div", total, graph.constant(ensemble.divisor, kind))
    outputs(graph, ensemble, total, kinds.out)
    return graph


def _complete(ensemble: Ensemble, baseline: np.ndarray, place: int, tree: Held) -> Held:
    """The tree with the scale in its leaves, and in one of the first iteration the baseline too.

    What scikit-learn computes for each row is computed here, in its order, for each leaf.
    """
    scale = ensemble.scale[place] if isinstance(ensemble.scale, np.ndarray) else ensemble.scale
    rows = tree.rows if scale is None else tree.rows.scaled(scale)
    if place < len(baseline) and ensemble.baseline is not None:
        rows = rows.added_to(baseline[place])
    return Held(tree.tree, tree.code, rows)


def _whole(trees: list[Held]) -> bool:
    """Whether leaves are whole numbers whose sums float32 holds, at most one in each leaf."""
    if any(tree.rows.columns is None for tree in trees):
        return False
    numbers = [tree.rows.numbers for tree in trees]
    most = sum(np.abs(part).max() for part in numbers)
    return most < 2**24 and not any(
        (part != np.rint(part)).any() or (np.signbit(part) & (part == 0)).any() for part in numbers
    )


def _in_any_order(
    graph: Graph, trees: list[Held], baseline: np.ndarray, source: str, kind: np.dtype, ml: int
) -> str:
    """Operators that add: [N, trees per iteration * width], of their type."""
    per_iteration, width = baseline.shape
    dense = any(tree.rows.columns is None for tree in trees)
    parts = []
    for place, tree in enumerate(trees):
        if dense:
            targets, weights = np.zeros(len(tree.rows), np.uint8), tree.rows.dense
        else:
            targets, weights = place % per_iteration + tree.rows.columns, tree.rows.numbers
        parts.append(Part(tree.tree, tree.code, targets, weights.astype(kind)))
    groups = _groups(parts, _NODES_AN_OPERATOR)
    totals = _operators(graph, groups, source, ml, "sum", per_iteration * width)
    return graph.op("Sum", *totals) if len(totals) > 1 else totals[0]


def _valued(trees: list[Held], kind: np.dtype) -> list[Part]:
    """The trees, whose leaves give what they are worth, rounded to float32."""
    parts = []
    for tree in trees:
        weights, code = distinct(tree.rows.dense.astype(FLOAT32))
        weights = weights.ravel().astype(kind)
        parts.append(Part(tree.tree, code[tree.code], np.zeros(weights.size, np.uint8), weights))
    return parts


def _numbering(graph: Graph, trees: list[Held], kind: np.dtype) -> list[Part]:
    """The trees, whose leaves give numbers of rows of the table that is added."""
    parts, rows = [], 0
    for tree in trees:
        numbers = np.arange(rows, rows + len(tree.rows))
        rows += len(tree.rows)
        parts.append(Part(tree.tree, tree.code, 0 * numbers, numbers.astype(kind)))
    graph.table(_TABLE, np.concatenate([tree.rows.dense for tree in trees]))
    return parts


def _in_pieces(graph: Graph, trees: list[Held], baseline: np.ndarray, kinds: Kinds) -> str:
    parts = _numbering(graph, trees, kinds.x)
    step = len(baseline) * max(1, _NUMBERS_AT_ONCE // baseline.size)
    groups = [parts[first : first + step] for first in range(0, len(parts), step)]
    return _leaves_at_once(graph, groups, _TABLE, baseline, "X", ml=3)


def _leaves_at_once(
    graph: Graph, groups: list[list[Part]], table: str, baseline: np.ndarray, source: str, ml: int
) -> str:
    own = [
        [replace(part, targets=part.targets + place) for place, part in enumerate(group)]
        for group in groups
    ]
    numbers = _operators(graph, own, source, ml, "leaves")
    return sums.at_once(graph, numbers, [*map(len, groups)], table, baseline)


def _in_order(
    graph: Graph,
    trees: list[Held],
    baseline: np.ndarray,
    source: str,
    kinds: Kinds,
    rounded: bool,
) -> str:
    parts = _valued(trees, kinds.x) if rounded else _numbering(graph, trees, kinds.x)
    table = "" if rounded else _TABLE

    def tree_by_tree(graph: Graph) -> str:
        numbers = _operators(graph, [[part] for part in parts], source, kinds.ml, "leaf", 1)
        return sums.one_by_one(graph, numbers, table, baseline)

    if len(parts) < _SEVERAL_TREES:
        return tree_by_tree(graph)
    few, many = Graph("few_"), Graph("many_")
    groups = _groups(parts, _CHECKS, len(baseline))
    _give(few, _leaves_at_once(few, groups, table, baseline, source, kinds.ml))
    _give(many, tree_by_tree(many))
    limit = max(1, min(_FEW_ROWS, _FEW_NUMBERS // (len(parts) * baseline.shape[1])))
    rows = graph.op("Shape", graph.x, end=1)
    condition = graph.op("LessOrEqual", rows, graph.constant([limit], np.int64))
    return graph.choose(condition, few, many)


def _give(graph: Graph, total: str) -> None:
    graph.result(total, TensorProto.DOUBLE, None)


def _groups(parts: list[Part], most: int, multiple: int = 1) -> list[list[Part]]:
    """The parts, in their order, in groups of at most so many nodes, where a tree has not more.

    multiple: of which the size of a group is one.
    """
    groups, nodes = [[]], 0
    for first in range(0, len(parts), multiple):
        some = parts[first : first + multiple]
        more = sum(part.tree.nodes for part in some)
        nodes += more
        if groups[-1] and (nodes > most or nodes * (len(groups[-1]) + multiple) > _CHECKS):
            groups.append([])
            nodes = more
        groups[-1] += some
    return groups


def _operators(graph, groups, source: str, ml: int, name: str, targets: int = 0) -> list[str]:
    """Write a group as an operator each; the names of what they give.

    targets: of each operator, or as many as it has trees.
    """
    write = tree_ensemble if ml >= 5 else tree_ensemble_regressor
    names = []
    for group in groups:
        names.append(graph.named(name))
        graph.node(write(group, targets or len(group), source, names[-1]))
    return names


def columns(graph: Graph, source: str, kind: np.dtype) -> None:
    """COLUMNS, of float32 or float64 `source`: each column and its negative side by side."""
    both = graph.op("Unsqueeze", source, graph.constant([2], np.int64))
    both = graph.op("Mul", both, graph.constant([1, -1], kind))
    graph.node(helper.make_node("Reshape", [both, "flat"], [COLUMNS]).SerializeToString())


def flat(graph: Graph, features: int) -> None:
    """The shape of COLUMNS, which may come behind the trees, where that of X is known."""
    array = numpy_helper.from_array(np.array([-1, 2 * features]), "flat")
    graph.initializer(array.SerializeToString())


def _encoded(graph: Graph, encoding: Encoding) -> str:
    """X as the trees see it: the places of categories, NaN for none; then the other columns."""
    parts, X = [], graph.op("Cast", graph.x, to=TensorProto.DOUBLE)
    for column, categories in zip(encoding.columns, encoding.categories, strict=False):
        x = graph.op("Gather", X, graph.constant([column], np.int64), axis=1)
        equal = graph.op("Equal", x, graph.constant(categories[None, :], np.float64))
        places = graph.constant(np.arange(len(categories), dtype=float)[None, :], np.float64)
        nowhere = graph.constant(-1, np.float64)
        place = graph.op("Where", equal, places, nowhere)
        place = graph.op("ReduceMax", place, graph.constant([1], np.int64), keepdims=1)
        known = graph.op("GreaterOrEqual", place, graph.constant(0, np.float64))
        parts.append(graph.op("Where", known, place, graph.constant(np.nan, np.float64)))
    others = graph.constant(encoding.columns[len(parts) :], np.int64)
    return graph.op("Concat", *parts, graph.op("Gather", X, others, axis=1), axis=1)


def _columns(
    graph: Graph, x: np.dtype, kind: np.dtype, narrow: bool, encoding: Encoding | None
) -> str:
    """What trees read, of that kind: X, or where it is narrow COLUMNS."""
    source = graph.x
    if encoding:
        source, x = _encoded(graph, encoding), FLOAT64
    if x != kind:
        source = graph.op("Cast", source, to=helper.np_dtype_to_tensor_dtype(kind))
    if not narrow:
        return source
    columns(graph, source, kind)
    return COLUMNS
