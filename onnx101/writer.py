"""A model written as a stream: one tree at a time, and at the end the graph that adds them up.

A ModelProto may be written in pieces: parsers merge repeated `graph` fields. So a tree goes to the
file as soon as it is known, and nothing but its name is kept.

A tree does not hold values: it sends a row to the number of its leaf, and a table shared by many
trees says what that leaf is worth. Numbers below 2**24 are exact in float32, so the trees are small
and fast while the values keep all their bits, however many of them a leaf has.
"""

from typing import BinaryIO

import numpy as np
import onnx
from onnx import helper

from onnx101 import wire
from onnx101.ensemble import Ensemble, Leaves, columns_graph, ensemble_graph
from onnx101.errors import ConversionError
from onnx101.operators import tree_ensemble
from onnx101.opset import IR_VERSION, ML_OPSET, OPSET
from onnx101.trees import Tree

FLOAT32 = np.dtype(np.float32)
# protobuf, and so every runtime, stops at 2 GiB.
MAX_BYTES = 2**31 - 1
# What a table holds before it goes to the file, in bytes and in rows that float32 can number.
_TABLE_BYTES, _TABLE_ROWS = 2**22, 2**24


class ModelWriter:
    """Writes the trees of one estimator to `file`, then what they have in common.

    dtype: of what comes out, float64, which keeps every bit, or float32, which rounds the values.
    dtype_in: of X, float32 as scikit-learn's trees have it, or float64.
    """

    def __init__(self, file: BinaryIO, dtype: np.dtype, dtype_in: np.dtype = FLOAT32):
        self.file, self._dtype, self._dtype_in = file, dtype, dtype_in
        self.dtype = dtype
        self.bytes = self.nodes = 0
        self._leaves: list[Leaves] = []
        self._table = bytearray()  # one block: many small ones would hold the memory between them
        self._width = self._tables = 0
        model = onnx.ModelProto(ir_version=IR_VERSION, producer_name="onnx101")
        model.opset_import.append(helper.make_opsetid("", OPSET))
        model.opset_import.append(helper.make_opsetid("ai.onnx.ml", ML_OPSET))
        self._write(model.SerializeToString())
        self._graph(columns_graph(dtype_in).SerializeToString())

    @property
    def trees(self) -> int:
        return len(self._leaves)

    def add(self, tree: Tree) -> None:
        """Write one tree."""
        if self._dtype == FLOAT32 and tree.values.shape[1] == 1:
            if np.abs(tree.values).max() > np.finfo(FLOAT32).max:
                raise ConversionError("a tree's values are beyond float32: convert to double")
            weights, code = distinct(tree.values.astype(FLOAT32))
            weights, table = weights.ravel(), None
        else:
            weights, code, table = self._numbered(tree.values)
        name = f"leaf_{self.trees}"
        self._leaves.append(Leaves(name, table))
        self.nodes += tree.nodes
        node = tree_ensemble(tree, code, weights.astype(self._dtype_in), name)
        self._graph(wire.field(1, node))

    def finish(self, ensemble: Ensemble) -> None:
        """Write the last table, the graph that adds the trees up, and what `info` shows."""
        self._write_table()
        graph = ensemble_graph(ensemble, self._leaves, self._dtype, self._dtype_in)
        self._graph(graph.SerializeToString())
        model = onnx.ModelProto()
        facts = {"estimator": ensemble.name, "trees": self.trees, "nodes": self.nodes}
        helper.set_model_props(model, {key: str(value) for key, value in facts.items()})
        self._write(model.SerializeToString())

    def _numbered(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
        """Put the values of a tree's leaves into the table; their numbers, and each leaf's."""
        rows, code = distinct(values)
        if len(rows) > _TABLE_ROWS:
            raise ConversionError(
                f"a tree has {len(rows):,} different leaves, more than {_TABLE_ROWS:,}: "
                "train with max_leaf_nodes"
            )
        full = len(self._table) > _TABLE_BYTES or self._rows + len(rows) > _TABLE_ROWS
        if full or rows.shape[1] != self._width:
            self._write_table()
        weights = np.arange(self._rows, self._rows + len(rows))
        self._table += rows.tobytes()
        self._width = rows.shape[1]
        return weights, code, self._table_name

    @property
    def _rows(self) -> int:
        return len(self._table) // (8 * self._width) if self._table else 0

    @property
    def _table_name(self) -> str:
        return f"values_{self._tables}"

    def _write_table(self) -> None:
        if self._table:
            table = np.frombuffer(self._table, dtype=np.float64).reshape(-1, self._width)
            self._graph(wire.field(5, wire.tensor_proto(table, self._table_name)))
            self._table, self._tables = bytearray(), self._tables + 1

    def _graph(self, piece: bytes) -> None:
        self._write(wire.field(7, piece))

    def _write(self, piece: bytes) -> None:
        self.bytes += len(piece)
        if self.bytes > MAX_BYTES:
            raise ConversionError(
                f"the model passes 2 GiB at tree {self.trees}, and protobuf cannot read that: "
                "use fewer or smaller trees"
            )
        self.file.write(piece)


def distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of `rows` [n, width], the most frequent first, and where each row went.

    Rows are compared bit by bit, by a 64-bit hash where they are wider than one number.
    """
    bits = np.ascontiguousarray(rows).view(f"u{rows.itemsize}")
    odd = np.random.default_rng(0).integers(2**63, size=bits.shape[1], dtype=np.uint64) * 2 + 1
    keys = bits[:, 0] if bits.shape[1] == 1 else (bits ^ bits >> 29) @ odd
    _, code, count = np.unique(keys, return_inverse=True, return_counts=True)
    rank = np.empty(count.size, dtype=np.int32)
    rank[np.argsort(-count, kind="stable")] = np.arange(count.size)
    code = rank[code]
    sample = np.empty(count.size, dtype=np.int64)
    sample[code] = np.arange(len(rows))
    if bits.shape[1] > 1 and not np.array_equal(bits[sample[code]], bits):  # the hash met a twin
        return rows, np.arange(len(rows), dtype=np.int32)
    return rows[sample], code
