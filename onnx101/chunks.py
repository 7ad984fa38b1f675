"""Computes for some rows at a time, so that many rows take no more memory than their answers.

A loop calls a graph for each slice of X; what it gives is kept in a sequence, as the last slice may
be shorter than the others.
"""

from collections.abc import Callable

import numpy as np
from onnx import TensorProto, helper

from onnx101 import wire
from onnx101.graph import Graph

# Rows at a time: numbers of a row times rows, columns times rows, and the fewest and most rows.
_NUMBERS, _CELLS, _LEAST, _MOST = 2**16, 2**19, 256, 2**12


def rows_at_a_time(numbers: int, features: int) -> int:
    """As many as keep their X, and the `numbers` computed from each, in the cache."""
    return min(_MOST, max(_LEAST, min(_NUMBERS // numbers, _CELLS // features)))


def in_chunks(graph: Graph, rows: int, compute: Callable[[Graph], str]) -> str:
    """What `compute` gives in a graph for n rows of X, float64 [n, k]; here for all rows."""
    step = graph.constant([rows], np.int64)
    number = graph.op("Shape", graph.x, end=1)
    above = graph.op("Add", number, graph.constant([rows - 1], np.int64))
    turns = graph.op("Div", above, step)
    nothing = graph.op("SequenceEmpty", dtype=TensorProto.DOUBLE)
    body = graph.inside("part_")
    turn, go, first, so_far = (body.named(kind) for kind in ("turn", "go", "first", "so_far"))
    last = body.op("Add", first, step)
    body.x = body.op("Slice", graph.x, first, last, body.constant([0], np.int64))
    longer = body.op("SequenceInsert", so_far, compute(body))
    again = body.op("Identity", go)
    declared = helper.make_tensor_value_info
    sequence = helper.make_tensor_sequence_value_info
    ends = [
        (11, declared(turn, TensorProto.INT64, [])),
        (11, declared(go, TensorProto.BOOL, [])),
        (11, declared(first, TensorProto.INT64, [1])),
        (11, sequence(so_far, TensorProto.DOUBLE, None)),
        (12, declared(again, TensorProto.BOOL, [])),
        (12, declared(last, TensorProto.INT64, [1])),
        (12, sequence(longer, TensorProto.DOUBLE, None)),
    ]
    content = body.serialize("part")
    content += b"".join(wire.field(kind, info.SerializeToString()) for kind, info in ends)
    inputs = turns, graph.constant(True, np.bool_), graph.constant([0], np.int64), nothing
    return graph.op("ConcatFromSequence", graph.loop(content, *inputs), axis=0)
