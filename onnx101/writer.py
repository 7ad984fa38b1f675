"""A model written as a stream: one tree at a time, and at the end the graph that adds them up.

A ModelProto may be written in pieces: parsers merge repeated `graph` fields. So a tree goes to the
file as soon as it is known, and nothing but its name is kept. A small forest is held back until it
is complete, since then it may take the form that serves it best, see `forms`.

A tree does not hold values: it sends a row to the number of its leaf, and a table shared by many
trees says what that leaf is worth. Numbers below 2**24 are exact in float32, so the trees are small
and fast while the values keep all their bits, however many of them a leaf has.
"""

import io
from dataclasses import replace
from typing import BinaryIO

import numpy as np
import onnx
from onnx import TensorProto, helper

from onnx101 import wire
from onnx101.ensemble import LEAVES, Ensemble, outputs
from onnx101.errors import ConversionError
from onnx101.forms import small_graph
from onnx101.graph import Graph
from onnx101.head import FEATURES
from onnx101.held import Held, Kinds
from onnx101.inputs import columns, flat
from onnx101.operators import COLUMNS, Part, Source, tree_ensemble, tree_ensemble_regressor
from onnx101.provenance import VERSION
from onnx101.sums import PLACES, Leaves, in_pieces, median, places, values_of
from onnx101.tables import MAX_ROWS, Rows
from onnx101.trees import Tree

FLOAT32 = np.dtype(np.float32)
# protobuf, and so every runtime, stops at 2 GiB.
MAX_BYTES = 2**31 - 1
# Bytes of a table that are gathered before it is written.
_TABLE_BYTES = 2**22
# What is small: nodes, and bytes of what their leaves are worth. So many times that is held of an
# estimator that is in memory itself.
_SMALL_NODES, _SMALL_BYTES, _IN_MEMORY = 2**19, 2**23, 4
_ONE_HOT = "one_hot"
# How many bytes are moved at a time.
_MOVED = 2**24
# COLUMNS is X twice: too much where a tree reads few columns of many.
_WIDE = 64


class ModelWriter:
    """Writes the trees of one estimator to `file`, then what they have in common.

    kinds: of numbers, and of operators. leaves: whether to give out which leaf of each tree a row
    comes to, too; then each leaf has a row of a table, in a small forest as well.
    in_memory: whether the estimator is in memory, so that a larger forest may be held.
    """

    def __init__(self, file: BinaryIO, kinds: Kinds, leaves: bool = False, in_memory: bool = False):
        self.file, self.kinds, self.leaves = file, kinds, leaves
        self._times = _IN_MEMORY if in_memory else 1
        self.bytes = self.nodes = self.trees = 0
        self._held: list[Held] | None = []
        self._held_bytes = 0
        self._source, self._x = COLUMNS, "X"
        self._leaves: list[Leaves] = []
        self._table = bytearray()  # one block: many small ones would fragment memory
        self._places = bytearray()  # beside it, those of the leaves among the nodes of their trees
        self._width = self._tables = self._one_hot = 0
        versions = kinds.versions
        model = onnx.ModelProto(
            ir_version=versions.ir, producer_name="onnx101", producer_version=VERSION
        )
        model.opset_import.append(helper.make_opsetid("", versions.opset))
        model.opset_import.append(helper.make_opsetid("ai.onnx.ml", versions.ml))
        self._write(model.SerializeToString())
        self._begin = self.bytes

    def expect_head(self) -> None:
        """The trees read the output of a head, a Pipeline's or their own."""
        self._x = FEATURES

    def add(self, tree: Tree) -> None:
        """Write one tree, or hold it."""
        if self._single(tree.values.shape[1]) and np.abs(tree.values).max() > np.finfo(FLOAT32).max:
            raise ConversionError("a tree's values are beyond float32: convert to double")
        self._check_x(tree)
        self.trees += 1
        self.nodes += tree.nodes
        held = Held.of(tree, apart=self.leaves)
        if len(held.rows) > MAX_ROWS:
            raise ConversionError(
                f"a tree has {len(held.rows):,} different leaves, more than {MAX_ROWS:,}: "
                "train with max_leaf_nodes"
            )
        if self._held is None:
            self._stream(held)
            return
        self._held.append(held)
        self._held_bytes += held.rows.numbers.nbytes
        times = self._times
        if self.nodes > times * _SMALL_NODES or self._held_bytes > times * _SMALL_BYTES:
            self._begin_stream()

    def finish(self, ensemble: Ensemble, origin: dict[str, str]) -> None:
        """Write the held trees, the rest of the graph, and the metadata, `origin` included."""
        before = b""
        if ensemble.head is not None:
            before = ensemble.head.graph(self.kinds.x, self.kinds.ml).serialize()
        if self._held is not None:
            if before:
                self._graph(before)
            graph = self._small_graph(ensemble)
        else:
            graph = self._last_graph(ensemble)
            if before and self._x != FEATURES:  # which no scikit-learn writes
                raise ConversionError("what stands before the trees comes behind them: save again")
            if self._x != ensemble.x:  # the Pipeline was beside the forest
                other = Graph()
                other.node(helper.make_node("Identity", ["X"], [self._x]).SerializeToString())
                before = other.serialize()
            if before:
                self._insert(wire.field(7, before))
        self._graph(graph.serialize(ensemble.name))
        model = onnx.ModelProto()
        facts = {"estimator": ensemble.name, "trees": self.trees, "nodes": self.nodes, **origin}
        for key, fact in facts.items():  # a pickle may hold text that protobuf cannot
            value = str(fact).encode(errors="replace").decode()
            model.metadata_props.add(key=key, value=value)
        self._write(model.SerializeToString())

    def _small_graph(self, ensemble: Ensemble) -> Graph:
        """The trees that are held, and what they have in common."""
        if not self.leaves:
            return small_graph(ensemble, self._held, self.kinds)
        self._x = ensemble.x
        self._begin_stream()
        return self._last_graph(ensemble)

    def _check_x(self, tree: Tree) -> None:
        """Take the type of X from the first tree; check that later trees fit it."""
        if self.kinds.x is None:
            self.kinds = replace(self.kinds, x=np.dtype(tree.compares))
        elif self.kinds.x == np.float64 and tree.compares == np.float32:
            raise ConversionError("X is float for these trees, as scikit-learn rounds it")

    def _single(self, width: int) -> bool:
        """Whether leaves hold a single number that may fit float32."""
        return self.kinds.out == FLOAT32 and width == 1

    def _begin_stream(self) -> None:
        """Write what is held: from now on, trees go to the file as they come."""
        held, self._held = self._held, None
        if max(tree.tree.features for tree in held) > _WIDE:
            self._source = Source(self._x)
        else:
            graph = Graph("columns_")
            columns(graph, self._x, self.kinds.x)
            self._graph(graph.serialize())
        held.reverse()
        while held:
            self._stream(held.pop())

    def _stream(self, held: Held) -> None:
        weights, table = self._numbers(held.rows)
        part = Part(held.tree, held.code, np.zeros(weights.size, np.uint8), weights)
        name = f"leaf_{len(self._leaves)}"
        self._leaves.append(Leaves(name, table))
        if self.leaves:
            self._places += held.tree.places.tobytes()
        write = tree_ensemble if self.kinds.ml >= 5 else tree_ensemble_regressor
        self._graph(wire.field(1, write([part], 1, self._source, name)))

    def _last_graph(self, ensemble: Ensemble) -> Graph:
        """What the trees that are written have in common."""
        self._write_table()
        graph = ensemble.graph()
        graph.x = self._x
        if ensemble.head is None:
            kind = helper.np_dtype_to_tensor_dtype(self.kinds.x)
            graph.input("X", kind, ["N", ensemble.features])
        if self._source == COLUMNS:
            flat(graph, ensemble.features)
        if self._one_hot:
            graph.table(_ONE_HOT, np.eye(self._one_hot))
        if ensemble.weights is not None:
            each = graph.reshape(values_of(graph, self._leaves), len(self._leaves), -1)
            total = median(graph, graph.op("Transpose", each, perm=[1, 0]), ensemble.weights)
        elif ensemble.offsets is not None:
            each = graph.reshape(values_of(graph, self._leaves), len(self._leaves), -1)
            total = graph.op("Transpose", each, perm=[1, 0])
        elif ensemble.baseline is None:
            total = graph.reshape(values_of(graph, self._leaves), -1, ensemble.width)
        else:
            total = in_pieces(graph, ensemble, self._leaves)
        if ensemble.divisor is not None:
            total = graph.op("Div", total, graph.constant(ensemble.divisor, np.float64))
        outputs(graph, ensemble, total, self.kinds.out)
        if self.leaves:
            shape = ["N", len(self._leaves)]
            graph.last_output(LEAVES, places(graph, self._leaves), TensorProto.INT64, shape)
        return graph

    def _numbers(self, rows: Rows) -> tuple[np.ndarray, str | None]:
        """What the leaves of a tree give, and the table whose rows this numbers; None if none."""
        if self._single(rows.width) and not self.leaves:
            return rows.dense.ravel().astype(self.kinds.x), None
        if rows.one_hot and not self.leaves:  # one table serves all such trees
            self._one_hot = rows.width
            return rows.columns.astype(self.kinds.x), _ONE_HOT
        full = len(self._table) > _TABLE_BYTES or self._rows + len(rows) > MAX_ROWS
        if full or rows.width != self._width:
            self._write_table()
        numbers = np.arange(self._rows, self._rows + len(rows)).astype(self.kinds.x)
        self._table += rows.dense.tobytes()
        self._width = rows.width
        return numbers, self._table_name

    @property
    def _rows(self) -> int:
        return len(self._table) // (8 * self._width) if self._table else 0

    @property
    def _table_name(self) -> str:
        return f"values_{self._tables}"

    def _write_table(self) -> None:
        if self._table:
            table = np.frombuffer(self._table, dtype=np.float64).reshape(-1, self._width)
            graph = Graph()
            graph.table(self._table_name, table)
            if self._places:
                found = np.frombuffer(self._places, dtype=np.int32)
                graph.table(self._table_name + PLACES, found)
            self._graph(graph.serialize())
            self._table, self._places = bytearray(), bytearray()
            self._tables += 1

    def _graph(self, piece: bytes) -> None:
        self._write(wire.field(7, piece))

    def _insert(self, piece: bytes) -> None:
        """Write a piece of the graph before the trees, which move back: parsers want it sorted."""
        end = self.file.tell()
        self._write(piece)
        while end > self._begin:
            start = max(self._begin, end - _MOVED)
            self.file.seek(start)
            moved = self.file.read(end - start)
            self.file.seek(start + len(piece))
            self.file.write(moved)
            end = start
        self.file.seek(self._begin)
        self.file.write(piece)
        self.file.seek(0, io.SEEK_END)

    def _write(self, piece: bytes) -> None:
        self.bytes += len(piece)
        if self.bytes > MAX_BYTES:
            raise ConversionError(
                f"the model passes 2 GiB at tree {self.trees}, and protobuf cannot read that: "
                "use fewer or smaller trees"
            )
        self.file.write(piece)
