"""The graph of a forest that fits in memory, in the form that serves it best.

Where the order of the sum does not matter, because no sum is rounded or because the model rounds to
float32 anyway, one operator adds. Else few rows get one operator, and many get one for each tree.
Where that would cost too much, as with many columns or classes, trees say which leaves a row
reaches, and a table what these are worth.
"""

import numpy as np
from onnx import TensorProto, helper

from onnx101 import direct, sums
from onnx101.chunks import in_chunks, rows_at_a_time
from onnx101.direct import Total, grouped, one_operator
from onnx101.ensemble import Ensemble, Link, outputs
from onnx101.graph import Graph
from onnx101.held import FLOAT32, FLOAT64, Forest, Held, Kinds
from onnx101.inputs import of_kind, with_negatives
from onnx101.operators import Part, Source
from onnx101.tables import distinct

_TABLE = "values_0"
# Up to this many nodes, doubles are as fast as floats; up to this many trees, as exact.
_FEW_NODES, _FEW_FLOATS = 2**14, 10
# How many numbers of a row are added at a time.
_NUMBERS_AT_ONCE = 64
# From this many trees, few rows get an operator of their own; few in numbers, in rows, and in rows
# of trees whose nodes, so many at least, do not fit a cache.
_SEVERAL_TREES, _FEW_NUMBERS, _FEW_ROWS = 9, 2**20, 256
_MANY_NODES, _VERY_FEW_ROWS = 2**19, 10
# From so many columns on, copies of some rows would not fit the cache either.
# What such a sum holds meanwhile for each number of a row, in bytes.
_WIDE, _MEANWHILE = 2**13, 24


def small_graph(ensemble: Ensemble, trees: list[Held], kinds: Kinds) -> Graph:
    """The whole graph."""
    graph = ensemble.graph()
    if ensemble.head is None:
        graph.input("X", helper.np_dtype_to_tensor_dtype(kinds.x), ["N", ensemble.features])
    forest = Forest(ensemble, trees)
    if ensemble.weights is not None:
        source = of_kind(graph, kinds.x, kinds.x)
        tables = _Tables(graph, forest, kinds.x, kinds.ml, kinds.out == FLOAT32)
        total = Total(sums.median(graph, tables.values(graph, source), ensemble.weights), FLOAT64)
    elif ensemble.offsets is not None:
        source = of_kind(graph, kinds.x, kinds.x)
        tables = _Tables(graph, forest, kinds.x, kinds.ml, rounds=True)  # whole numbers need none
        total = Total(tables.values(graph, source), FLOAT64)
    else:
        total = _added(graph, forest, kinds)
    plain = ensemble.link in (Link.IDENTITY, Link.PROBABILITY) and kinds.out == FLOAT32
    divided = total.divided or forest.divisor is None
    name = total.name
    if total.kind == FLOAT32 and not (divided and plain):
        name = graph.op("Cast", name, to=TensorProto.DOUBLE)
        total = Total(name, FLOAT64)
    if not divided:
        name = graph.op("Div", name, graph.constant(forest.divisor, np.float64))
    outputs(graph, ensemble, name, kinds.out, total.kind)
    return graph


def _added(graph: Graph, forest: Forest, kinds: Kinds) -> Total:
    """The sums over the trees."""
    rounds = kinds.out == FLOAT32 and forest.width == 1
    kind = _in_any_order(forest, kinds, rounds)

    def doubles(part: Graph) -> Source:
        return of_kind(part, kinds.x, FLOAT64)

    if kind is not None:
        source = of_kind(graph, kinds.x, kind)
        source = direct.with_columns(graph, source, forest)
        return direct.in_any_order(graph, forest, source, kind, kinds.ml)
    quick = rounds and len(forest.trees) < _SEVERAL_TREES
    if kinds.ml >= 5 and direct.serves(forest) and not quick:
        if forest.width == 1:
            return Total(direct.in_order(graph, forest, doubles), FLOAT64, True)
        tables = _Tables(graph, forest, kinds.x, kinds.ml, rounds)
        total = direct.in_order(graph, forest, doubles, tables.by_rows)
        return Total(total, FLOAT64, True)
    tables = _Tables(graph, forest, kinds.x, kinds.ml, rounds)
    return Total(tables.by_rows(graph), FLOAT64, True)


def _in_any_order(forest: Forest, kinds: Kinds, rounds: bool) -> np.dtype | None:
    """The type in which trees may be added in any order, if there is one."""
    newest, count, small = kinds.ml >= 5, len(forest.trees), forest.nodes <= _FEW_NODES
    as_doubles = forest.features <= direct.DOUBLE
    mean = newest and small and (forest.averages or forest.alone)
    in_doubles = newest and small and as_doubles and kinds.out == FLOAT64
    if (rounds and mean and count <= _FEW_FLOATS) or (forest.whole and not in_doubles):
        return kinds.x
    exact = newest and forest.exact
    one = small or (count >= _SEVERAL_TREES and forest.nodes <= direct.NODES_AN_OPERATOR)
    if as_doubles and (exact or (rounds and one)):
        return FLOAT64
    return None


class _Tables:
    """Trees that give row numbers of a table, or the values themselves in float32."""

    def __init__(self, graph: Graph, forest: Forest, kind: np.dtype, ml: int, rounds: bool = False):
        self.forest, self.kind, self.ml = forest, kind, ml
        self.table = "" if rounds else _TABLE
        self.parts = (_valued if rounds else _numbering)(graph, forest.trees, kind)

    def by_rows(self, graph: Graph) -> str:
        """The sums, divided: at once for few rows, and tree by tree for many, some at a time.

        Always at once where X is so wide that this holds less than X.
        """
        forest, numbers = self.forest, len(self.forest.trees) * self.forest.width
        if len(forest.trees) < _SEVERAL_TREES:
            return self.one_by_one(graph)
        x = forest.features * self.kind.itemsize
        if forest.features >= _WIDE and numbers * _MEANWHILE <= x:
            return self.at_once(graph)
        few, many = graph.inside("few_"), graph.inside("many_")
        few.result(self.at_once(few), TensorProto.DOUBLE, None)
        rows = rows_at_a_time(forest.baseline.size, forest.features)
        many.result(in_chunks(many, rows, self.one_by_one), TensorProto.DOUBLE, None)
        most = _VERY_FEW_ROWS if forest.nodes > _MANY_NODES else _FEW_ROWS
        limit = max(1, min(most, _FEW_NUMBERS // numbers))
        return graph.if_few(limit, few, many)

    def one_by_one(self, graph: Graph) -> str:
        """Tree by tree: less memory, and kinder to the cache."""
        source = of_kind(graph, self.kind, self.kind)
        if self.forest.features <= direct.NARROW:
            source = with_negatives(graph, source, self.forest.features)
        numbers = [one_operator(graph, [part], source, ml=self.ml) for part in self.parts]
        total = sums.one_by_one(graph, numbers, self.table, self.forest.baseline)
        return direct.mean(graph, self.forest, total)

    def values(self, graph: Graph, source: Source) -> str:
        """What each tree of one number says, float64 [N, trees]."""
        numbers = self._numbers(graph, grouped(self.parts, direct.CHECKS), source)
        values = sums.rows_of(graph, self.table, graph.joined(numbers))
        return graph.reshape(values, -1, len(self.parts))

    def at_once(self, graph: Graph) -> str:
        """All trees of an operator at once: fast for few rows."""
        source = direct.with_columns(graph, of_kind(graph, self.kind, self.kind), self.forest)
        groups = grouped(self.parts, direct.CHECKS, self.forest.per_iteration)
        return self._leaves(graph, groups, source)

    def in_pieces(self, graph: Graph, source: Source) -> str:
        """Some trees at a time, so that little memory is held."""
        size = self.forest.baseline.size
        step = self.forest.per_iteration * max(1, _NUMBERS_AT_ONCE // size)
        groups = [self.parts[first : first + step] for first in range(0, len(self.parts), step)]
        return self._leaves(graph, groups, source)

    def _leaves(self, graph: Graph, groups: list[list[Part]], source: Source) -> str:
        numbers = self._numbers(graph, groups, source)
        sizes = [*map(len, groups)]
        total = sums.at_once(graph, numbers, sizes, self.table, self.forest.baseline)
        return direct.mean(graph, self.forest, total)

    def _numbers(self, graph: Graph, groups: list[list[Part]], source: Source) -> list[str]:
        """What the trees of each group say, [N, trees]."""
        numbers = []
        for group in groups:
            own = [part.on(place) for place, part in enumerate(group)]
            numbers.append(one_operator(graph, own, source, len(group), self.ml))
        return numbers


def _valued(graph: Graph, trees: list[Held], kind: np.dtype) -> list[Part]:
    """The trees with their values in the leaves, rounded to float32."""
    parts = []
    for tree in trees:
        weights, code = distinct(tree.rows.dense.astype(FLOAT32))
        weights = weights.ravel().astype(kind)
        parts.append(Part(tree.tree, code[tree.code], np.zeros(weights.size, np.uint8), weights))
    return parts


def _numbering(graph: Graph, trees: list[Held], kind: np.dtype) -> list[Part]:
    """The trees with row numbers of the table in their leaves."""
    parts, rows = [], 0
    for tree in trees:
        numbers = np.arange(rows, rows + len(tree.rows))
        rows += len(tree.rows)
        parts.append(Part(tree.tree, tree.code, 0 * numbers, numbers.astype(kind)))
    graph.table(_TABLE, np.concatenate([tree.rows.dense for tree in trees]))
    return parts


def embedded_graph(ensemble: Ensemble, trees: list[Held], kinds: Kinds) -> Graph:
    """A graph that skl2onnx can put into its own: ai.onnx.ml 3, opset 12, and no graph inside.

    float32 comes from one operator, as skl2onnx has it, and is as quick and as exact as that.
    """
    graph = Graph()
    graph.input("X", helper.np_dtype_to_tensor_dtype(kinds.x), ["N", ensemble.features])
    forest, source = Forest(ensemble, trees), Source("X")
    if kinds.out == FLOAT64 and not forest.whole:
        tables = _Tables(graph, forest, kinds.x, 3)
        kind, total, divided = FLOAT64, tables.in_pieces(graph, source), True
    else:
        divided = forest.divisor is None
        kind, total = FLOAT32, direct.in_any_order(graph, forest, source, kinds.x, 3).name
    plain = ensemble.link in (Link.IDENTITY, Link.PROBABILITY)
    if kind == FLOAT32 and (kinds.out == FLOAT64 or not plain):
        kind, total = FLOAT64, graph.op("Cast", total, to=TensorProto.DOUBLE)
    if not divided:
        total = graph.op("Div", total, graph.constant(forest.divisor, kind))
    outputs(graph, ensemble, total, kinds.out, kind)
    return graph
