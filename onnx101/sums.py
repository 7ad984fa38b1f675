"""Adds up the trees in scikit-learn's order, or takes their median."""

from itertools import groupby
from typing import NamedTuple

import numpy as np
from onnx import TensorProto

from onnx101.graph import Graph

# How many numbers of a row are added at a time: each costs 24 bytes a row meanwhile.
_AT_ONCE = 32


# The suffix of a table of the places of leaves, after the name of the table with their values.
PLACES = "_places"


class Leaves(NamedTuple):
    """The output of one tree, [N, 1]: a row of the table, or the value if there is none."""

    name: str
    table: str | None


def at_once(
    graph: Graph, numbers: list[str], trees: list[int], table: str, baseline: np.ndarray
) -> str:
    """The sums, float64 [N, trees per iteration * width], of rows of the table.

    numbers: of rows, [N, some trees] each, in the order of the trees; `trees` says how many. CumSum
    is the operator that promises an order: the sum so far is its first step, and the last comes
    out.
    """
    per_iteration, width = baseline.shape
    total, second_axis = "", graph.constant(1, np.int64)
    for place, (number, count) in enumerate(zip(numbers, trees, strict=True)):
        turns = count // per_iteration
        values = rows_of(graph, table, number)
        if per_iteration > 1 or not table:
            values = graph.reshape(values, -1, turns, per_iteration * width)
        if total:
            values, turns = graph.op("Concat", total, values, axis=1), turns + 1
        running = graph.op("CumSum", values, second_axis)
        is_last = place == len(numbers) - 1
        last = turns - 1 if is_last else [turns - 1]
        total = graph.op("Gather", running, graph.constant(last, np.int64), axis=1)
    return total


def one_by_one(graph: Graph, numbers: list[str], table: str, baseline: np.ndarray) -> str:
    """The same where each of `numbers` is of one tree: slow for few rows, but it holds little."""
    per_iteration, width = baseline.shape
    values = [rows_of(graph, table, number) for number in numbers]
    totals = [in_runs(graph, values[slot::per_iteration], width) for slot in range(per_iteration)]
    total = graph.op("Concat", *totals, axis=1) if per_iteration > 1 else totals[0]
    return graph.reshape(total, -1, per_iteration * width)


def in_runs(graph: Graph, values: list[str], width: int = 1) -> str:
    """The sum of all, first to last, some at once: Sum adds its inputs in their order."""
    step = max(1, _AT_ONCE // width)
    total = values[0]
    for first in range(1, len(values), step):
        total = graph.op("Sum", total, *values[first : first + step])
    return total


def in_pieces(graph: Graph, ensemble, leaves: list[Leaves]) -> str:
    """The sums, float64 [N, trees per iteration * width], of trees that are written already.

    The sum so far goes in as the first row of a CumSum, and its last row comes out.
    """
    per_iteration, width = ensemble.baseline.shape
    around = [graph.constant([size], np.int64) for size in (per_iteration, width)]
    shape = graph.op("Concat", around[0], graph.op("Shape", graph.x, end=1), around[1], axis=0)
    baseline = graph.constant(ensemble.baseline[:, None, :], np.float64)
    total = graph.reshape(graph.op("Expand", baseline, shape), 1, -1)
    step = per_iteration * max(1, _AT_ONCE // (per_iteration * width))
    if min(step, len(leaves)) > per_iteration:  # onnxruntime warns of what is not used
        first_axis = graph.constant(0, np.int64)
    for first in range(0, len(leaves), step):
        part = leaves[first : first + step]
        turns = len(part) // per_iteration
        values = graph.reshape(values_of(graph, part), turns, -1)
        if ensemble.scale is not None:
            scale = ensemble.scale
            if isinstance(scale, np.ndarray):
                scale = scale[first : first + turns, None]
            values = graph.op("Mul", values, graph.constant(scale, np.float64))
        if turns == 1:
            total = graph.op("Add", total, values)
        else:
            running = graph.op("CumSum", graph.op("Concat", total, values, axis=0), first_axis)
            total = graph.op("Gather", running, graph.constant([turns], np.int64))
    return by_row(graph, total, per_iteration, width)


def places(graph: Graph, leaves: list[Leaves]) -> str:
    """Where the leaf of each tree stands among its nodes, int64 [N, trees]."""
    own = [leaf._replace(table=leaf.table + PLACES) for leaf in leaves]
    by_tree = graph.reshape(values_of(graph, own), len(leaves), -1)
    by_row = graph.op("Transpose", by_tree, perm=[1, 0])
    return graph.op("Cast", by_row, to=TensorProto.INT64)


def median(graph: Graph, values: str, weights: np.ndarray) -> str:
    """The median of each row by weight, float64 [N, 1], of `values` [N, trees].

    The first number, from the smallest on, with which the weights come to half of all. As
    _get_median_predict in sklearn/ensemble/_weight_boosting.py.
    """
    trees, last_axis = len(weights), graph.constant(1, np.int64)
    ordered, place = graph.sorted(values, trees)
    running = graph.op(
        "CumSum", graph.op("Gather", graph.constant(weights, float), place), last_axis
    )
    total = graph.op("Gather", running, graph.constant([trees - 1], np.int64), axis=1)
    half = graph.op("Mul", total, graph.constant(0.5, np.float64))
    reached = graph.op("Cast", graph.op("GreaterOrEqual", running, half), to=TensorProto.INT32)
    first = graph.op("ArgMax", reached, axis=1, keepdims=1)
    return graph.op("GatherElements", ordered, first, axis=1)


def by_row(graph: Graph, total: str, per_iteration: int, width: int) -> str:
    """The sums, which lie as [trees per iteration, N, width], by row."""
    if per_iteration > 1:
        apart = graph.reshape(total, per_iteration, -1, width)
        total = graph.op("Transpose", apart, perm=[1, 0, 2])
    return graph.reshape(total, -1, per_iteration * width)


def values_of(graph: Graph, leaves: list[Leaves]) -> str:
    """The values of the leaves, float64 [trees * N, 1] or, from a table, [trees * N, 1, width]."""
    pieces = []
    for table, run in groupby(leaves, key=lambda leaf: leaf.table):
        names = [leaf.name for leaf in run]
        numbers = graph.op("Concat", *names, axis=0) if len(names) > 1 else names[0]
        pieces.append(rows_of(graph, table, numbers))
    return graph.op("Concat", *pieces, axis=0) if len(pieces) > 1 else pieces[0]


def rows_of(graph: Graph, table: str | None, numbers: str) -> str:
    """Those rows of the table; without one, the numbers themselves."""
    if not table:
        return graph.op("Cast", numbers, to=TensorProto.DOUBLE)
    return graph.op("Gather", table, graph.op("Cast", numbers, to=TensorProto.INT32))
