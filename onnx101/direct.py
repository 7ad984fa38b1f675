"""Trees whose leaves hold their values; the operators add them up.

onnxruntime adds in the order of the trees where rows are few, whatever the threads, and where an
operator has one tree; otherwise each thread adds some trees. See `ComputeAgg` in
https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/providers/cpu/ml/tree_ensemble_common.h
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from onnx import TensorProto

from onnx101.chunks import in_chunks, rows_at_a_time
from onnx101.graph import Graph
from onnx101.held import FLOAT32, Forest, Held
from onnx101.inputs import with_negatives
from onnx101.operators import Part, Source, tree_ensemble, tree_ensemble_regressor
from onnx101.sums import in_runs

# Up to this many rows, an operator with one output adds in the order of its trees.
FEW_ROWS = 50
# Up to this many trees, one with several outputs does, too; up to three, whatever the rows.
_FEW_TREES, _ANY_ROWS = 80, 3
# Up to this many, an operator for each costs no more than asking for the number of rows.
_NO_CHOICE = 5
# Up to this many rows, trees of this many nodes in all run as for few rows, FEW_ROWS at a time, or,
# up to this many of them, one by one.
_SOME_ROWS, _SOME_NODES, _SOME_TREES = 256, 2**17, 10
# Nodes of one operator that still fit a cache.
NODES_AN_OPERATOR = 2**16
# Trees times nodes of an operator: onnxruntime checks all nodes again after each tree. The second
# is for an operator that cannot be split.
CHECKS, _CHECKS_AT_ONCE = 2**27, 2**28
# From this many steps of a row on, it gains more from columns with negatives than they cost.
_COLUMNS_PAY = 180
# What columns with negatives, and doubles of X, may cost in memory.
NARROW, DOUBLE = 16, 64
# The most copies of trees, one for each number in their leaves: trees times numbers beyond one.
_COPIES, _OUTPUTS = 128, 16
# The most nodes of all copies: onnxruntime holds some 200 bytes of each.
_COPIED_NODES = 2**21


class Total(NamedTuple):
    """Sums over the trees, [N, trees per iteration * width]. divided: by the divisor."""

    name: str
    kind: np.dtype
    divided: bool = False


def in_any_order(
    graph: Graph, forest: Forest, source: Source, kind: np.dtype, ml: int, *, average: bool = True
) -> Total:
    """One operator adds, or one for every so many nodes."""
    parts = []
    for place, tree in enumerate(forest.trees):
        slot = place % forest.per_iteration
        if tree.rows.columns is None:
            targets, weights = np.zeros(len(tree.rows), np.uint8), tree.rows.dense
        else:
            targets, weights = slot + tree.rows.columns, tree.rows.numbers
        parts.append(Part(tree.tree, tree.code, targets, weights.astype(kind)))
    groups = grouped(parts, NODES_AN_OPERATOR)
    average = average and forest.averages and len(groups) == 1 and ml >= 5
    targets = forest.baseline.size
    totals = [one_operator(graph, group, source, targets, ml, average) for group in groups]
    total = graph.op("Sum", *totals) if len(totals) > 1 else totals[0]
    return Total(total, kind if ml >= 5 else FLOAT32, average)


def with_columns(graph: Graph, source: Source, forest: Forest) -> Source:
    """The source tensor, with negated columns where that is faster."""
    if forest.features > NARROW or forest.steps < _COLUMNS_PAY:
        return source
    return with_negatives(graph, source, forest.features)


def serves(forest: Forest) -> bool:
    """Whether `in_order` is possible, and not too large."""
    count, numbers = len(forest.trees), forest.baseline.size
    copies = (forest.width - 1) * count
    return (
        forest.features <= DOUBLE
        and not forest.negative_zeros
        and numbers <= _OUTPUTS
        and copies <= _COPIES
        and forest.nodes * forest.width <= _COPIED_NODES
        and (count > 1 or forest.width == 1)
        and count * forest.width * forest.nodes * forest.width <= _CHECKS_AT_ONCE
    )


def in_order(
    graph: Graph,
    forest: Forest,
    doubles: Callable[[Graph], Source],
    otherwise: Callable[[Graph], str] | None = None,
) -> str:
    """The sums in float64, in the order of the trees, divided.

    doubles: adds to a graph what trees read, float64. otherwise: gives the sums in a graph for many
    rows, where trees one by one do not; `doubles` is then called for few rows only.
    """
    if len(forest.trees) <= _ANY_ROWS and forest.baseline.size == 1:
        return _few(graph, forest, doubles(graph))
    if len(forest.trees) <= _NO_CHOICE and not otherwise:
        return _one_by_one(graph, forest, doubles(graph))
    few, many = graph.inside("few_"), graph.inside("many_")
    total = _few(few, forest, with_columns(few, doubles(few), forest))
    few.result(total, TensorProto.DOUBLE, None)
    total = otherwise(many) if otherwise else _many(many, forest, doubles)
    many.result(total, TensorProto.DOUBLE, None)
    return graph.if_few(FEW_ROWS, few, many)


def _many(graph: Graph, forest: Forest, doubles: Callable[[Graph], Source]) -> str:
    """For some rows at a time: as many as still count as few, or as stay in the cache."""

    def all_trees(part: Graph) -> str:
        source = doubles(part)
        if forest.features <= NARROW:
            source = with_negatives(part, source, forest.features)
        return _few(part, forest, source)

    def one_by_one(part: Graph) -> str:
        return _one_by_one(part, forest, doubles(part))

    rows = rows_at_a_time(forest.baseline.size, forest.features)
    if forest.nodes > _SOME_NODES:
        return in_chunks(graph, rows, one_by_one)
    some, more = graph.inside("some_"), graph.inside("more_")
    few_trees = len(forest.trees) <= _SOME_TREES
    total = one_by_one(some) if few_trees else in_chunks(some, FEW_ROWS, all_trees)
    some.result(total, TensorProto.DOUBLE, None)
    more.result(in_chunks(more, rows, one_by_one), TensorProto.DOUBLE, None)
    return graph.if_few(_SOME_ROWS, some, more)


def _few(graph: Graph, forest: Forest, source: Source) -> str:
    """One operator, or one for each output."""
    slots = [
        [
            _part(tree, number)
            for place, tree in enumerate(forest.trees)
            if place % forest.per_iteration == slot
        ]
        for slot in range(forest.per_iteration)
        for number in range(forest.width)
    ]
    if len(slots) > 1 and sum(map(len, slots)) <= _FEW_TREES:
        parts = [part.on(target) for target, slot in enumerate(slots) for part in slot]
        return mean(graph, forest, one_operator(graph, parts, source, len(slots)))
    average = forest.averages and forest.per_iteration == 1
    totals = [one_operator(graph, slot, source, average=average) for slot in slots]
    total = graph.joined(totals)
    return total if average else mean(graph, forest, total)


def _one_by_one(graph: Graph, forest: Forest, source: Source) -> str:
    """An operator for each tree, whose leaves have one number."""
    if forest.features <= NARROW and len(forest.trees) > _NO_CHOICE:
        source = with_negatives(graph, source, forest.features)
    values = [one_operator(graph, [_part(tree, 0)], source) for tree in forest.trees]
    turns = range(forest.per_iteration)
    totals = [in_runs(graph, values[slot :: forest.per_iteration]) for slot in turns]
    return mean(graph, forest, graph.joined(totals))


def mean(graph: Graph, forest: Forest, total: str) -> str:
    """The sums divided by the divisor, if there is one."""
    if forest.divisor is None:
        return total
    return graph.op("Div", total, graph.constant(forest.divisor, np.float64))


def _part(tree: Held, number: int) -> Part:
    """A tree reduced to one of the numbers in its leaves."""
    weights = tree.rows.dense[:, number]
    return Part(tree.tree, tree.code, np.zeros(weights.size, np.uint8), weights)


def grouped(parts: list[Part], most: int, multiple: int = 1) -> list[list[Part]]:
    """The parts, in their order, in groups of at most so many nodes, unless a tree has more.

    multiple: the size of a group is a multiple of it.
    """
    groups, nodes = [[]], 0
    for first in range(0, len(parts), multiple):
        some = parts[first : first + multiple]
        more = sum(part.tree.nodes for part in some)
        nodes += more
        if groups[-1] and (nodes > most or nodes * (len(groups[-1]) + multiple) > CHECKS):
            groups.append([])
            nodes = more
        groups[-1] += some
    return groups


def one_operator(
    graph: Graph,
    parts: list[Part],
    source: Source,
    targets: int = 1,
    ml: int = 5,
    average: bool = False,
) -> str:
    """Write the parts as an operator; return the name of its output."""
    name = graph.named("trees")
    if ml >= 5:
        graph.node(tree_ensemble(parts, targets, source, name, average))
    else:
        graph.node(tree_ensemble_regressor(parts, targets, source, name))
    return name
