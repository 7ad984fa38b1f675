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
from onnx101.errors import ConversionError
from onnx101.opset import IR_VERSION, ML_OPSET, OPSET
from onnx101.tail import Ensemble, Leaves, tail
from onnx101.trees import Tree, distinct, tree_ensemble

# protobuf, and so every runtime, stops at 2 GiB.
MAX_BYTES = 2**31 - 1
# What a table may hold before it goes to the file, and what float32 can number exactly.
_TABLE_BYTES, _CODES = 2**24, 2**24


class ModelWriter:
    """Writes the trees of one estimator to `file`, then what is common to them.

    dtype: numpy float64, equal to scikit-learn in every bit, or float32, to about 1e-7.
    """

    def __init__(self, file: BinaryIO, dtype: np.dtype):
        self._file, self._dtype = file, dtype
        self.bytes = self.nodes = 0
        self._leaves: list[Leaves] = []
        self._table: list[np.ndarray] = []
        self._tables = 0
        model = onnx.ModelProto(ir_version=IR_VERSION, producer_name="onnx101")
        model.opset_import.append(helper.make_opsetid("", OPSET))
        model.opset_import.append(helper.make_opsetid("ai.onnx.ml", ML_OPSET))
        self._write(model.SerializeToString())

    @property
    def trees(self) -> int:
        return len(self._leaves)

    def add(self, tree: Tree) -> None:
        """Write one tree."""
        name = f"leaf_{self.trees}"
        if self._dtype == np.float32 and tree.values.shape[1] == 1:
            weights, code = distinct(tree.values.astype(np.float32))
            weights = weights.ravel()
            self._leaves.append(Leaves(name, None))
        else:
            rows, code = distinct(tree.values)
            start = sum(map(len, self._table))
            if self._table and (
                start + len(rows) > _CODES or self._table[0].shape[1] != rows.shape[1]
            ):
                self._write_table()
                start = 0
            if len(rows) > _CODES:
                raise ConversionError(
                    f"a tree has {len(rows):,} different leaves, more than {_CODES:,}: "
                    "retrain with max_leaf_nodes or min_samples_leaf"
                )
            weights = np.arange(start, start + len(rows), dtype=np.float32)
            self._table.append(rows)
            self._leaves.append(Leaves(name, f"values_{self._tables}"))
        self.nodes += tree.size
        self._graph(wire.field(1, tree_ensemble(tree, code, weights, name)))
        if sum(rows.nbytes for rows in self._table) > _TABLE_BYTES:
            self._write_table()

    def finish(self, ensemble: Ensemble) -> None:
        """Write the values of the last leaves, the sum over the trees, and the outputs."""
        self._write_table()
        self._graph(tail(ensemble, self._leaves, self._dtype).SerializeToString())

    def _write_table(self) -> None:
        if self._table:
            table = wire.tensor(np.concatenate(self._table), f"values_{self._tables}")
            self._graph(wire.field(5, table))
            self._table.clear()
            self._tables += 1

    def _graph(self, piece: bytes) -> None:
        self._write(wire.field(7, piece))

    def _write(self, piece: bytes) -> None:
        self.bytes += len(piece)
        if self.bytes > MAX_BYTES:
            raise ConversionError(
                f"the model passes 2 GiB after {self.trees} trees, and protobuf cannot read that: "
                "use fewer or smaller trees"
            )
        self._file.write(piece)
