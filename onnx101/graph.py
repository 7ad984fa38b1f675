"""A GraphProto under construction, kept as bytes, so that trees can be added as written."""

import numpy as np
from onnx import helper, numpy_helper

from onnx101 import wire
from onnx101.opset import ML_OPSET

DOUBLE = helper.np_dtype_to_tensor_dtype(np.dtype(np.float64))


class Graph:
    """Each method that adds a node returns the name of its output.

    prefix: of the names, for a graph inside another one. x: the tensor that the trees read. ml: the
    version of ai.onnx.ml.
    """

    def __init__(self, prefix: str = "", x: str = "X", ml: int = ML_OPSET):
        self._prefix, self._added, self.x, self.ml = prefix, 0, x, ml
        self._nodes: list[bytes] = []
        self._parts = bytearray()

    def inside(self, prefix: str) -> "Graph":
        """A graph that stands in this one, and reads the same X."""
        return Graph(self._prefix + prefix, self.x)

    def constant(self, value, dtype) -> str:
        """An initializer."""
        name = self.named("constant")
        array = numpy_helper.from_array(np.asarray(value, dtype=dtype), name)
        self.initializer(array.SerializeToString())
        return name

    def initializer(self, tensor: bytes) -> None:
        """Add a TensorProto as it is."""
        self._parts += wire.field(5, tensor)

    def table(self, name: str, values: np.ndarray) -> None:
        """An initializer of that name."""
        self.initializer(wire.tensor_proto(values, name))

    def op(self, op_type: str, *inputs: str, **attributes) -> str:
        """Add a node with one output."""
        name = self.named(op_type.lower())
        self.node(helper.make_node(op_type, inputs, [name], **attributes).SerializeToString())
        return name

    def sorted(self, value: str, columns: int) -> tuple[str, str]:
        """Each row of a matrix from the smallest number on, and where each stood, int64."""
        names = [self.named("sorted"), self.named("place")]
        inputs = [value, self.constant([columns], np.int64)]
        node = helper.make_node("TopK", inputs, names, axis=1, largest=0)
        self.node(node.SerializeToString())
        return names[0], names[1]

    def node(self, node: bytes) -> None:
        """Add a NodeProto as it is."""
        self._nodes.append(node)

    def rename(self, value: str, name: str) -> None:
        """Rename the output of a node that no other node has read yet.

        onnxruntime would run an Identity.
        """
        old, new = wire.field(2, value.encode()), wire.field(2, name.encode())
        place = max(place for place, node in enumerate(self._nodes) if old in node)
        self._nodes[place] = self._nodes[place].replace(old, new, 1)

    def reshape(self, value: str, *shape: int) -> str:
        return self.op("Reshape", value, self.constant(shape, np.int64))

    def columns(self, value: str, columns: list[int]) -> str:
        """Select columns of a matrix."""
        return self.op("Gather", value, self.constant(columns, np.int64), axis=1)

    def joined(self, parts: list[str]) -> str:
        """Concatenate matrices by column."""
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=1)

    def choose(self, condition: str, then: "Graph", otherwise: "Graph") -> str:
        """The output of one of two graphs."""
        name = self.named("if")
        branches = {"then_branch": then, "else_branch": otherwise}
        attributes = [wire.graph(key, graph.serialize(key)) for key, graph in branches.items()]
        self.node(wire.node("If", condition, name, attributes, domain=""))
        return name

    def loop(self, body: bytes, *inputs: str) -> str:
        """The last of the values that a Loop carries, after its last turn."""
        names = [self.named("loop") for _ in inputs[2:]]
        loop = helper.make_node("Loop", inputs, names).SerializeToString()
        self.node(loop + wire.graph("body", body))
        return names[-1]

    def if_few(self, most: int, few: "Graph", many: "Graph") -> str:
        """The output of `few` for up to this many rows of X, else of `many`."""
        rows = self.op("Shape", self.x, end=1)
        return self.choose(self.op("LessOrEqual", rows, self.constant([most], np.int64)), few, many)

    def input(self, name: str, kind: int, shape: list) -> None:
        info = helper.make_tensor_value_info(name, kind, shape)
        self._parts += wire.field(11, info.SerializeToString())

    def output(self, name: str, value: str, kind: int, shape: list | None, **cast) -> None:
        """Output `value` as `name`, converted to `cast` if that is given."""
        op_type = "Cast" if cast else "Identity"
        self.node(helper.make_node(op_type, [value], [name], **cast).SerializeToString())
        self.result(name, kind, shape)

    def last_output(self, name: str, value: str, kind: int, shape: list, **cast) -> None:
        """The same, if no other node has read the value."""
        if cast:
            self.output(name, value, kind, shape, **cast)
        else:
            self.rename(value, name)
            self.result(name, kind, shape)

    def result(self, name: str, kind: int, shape: list | None) -> None:
        """Declare an existing tensor as an output."""
        info = helper.make_tensor_value_info(name, kind, shape)
        self._parts += wire.field(12, info.SerializeToString())

    def serialize(self, name: str = "") -> bytes:
        nodes = b"".join(wire.field(1, node) for node in self._nodes)
        return (wire.field(2, name.encode()) if name else b"") + nodes + self._parts

    def named(self, kind: str) -> str:
        """A fresh name."""
        self._added += 1
        return f"{self._prefix}{kind}_{self._added}"
