"""A model that is large enough for values beside it."""

import numpy as np
import onnx
from onnx.helper import make_model, make_opsetid
from onnx.numpy_helper import from_array
from onnx.parser import parse_graph

from onnx101.opset import IR_VERSION, OPSET


def table() -> onnx.ModelProto:
    """A model that looks a route up in a table of 1,000."""
    graph = parse_graph("look (int64[N] i) => (float[N] y) { y = Gather (table, i) }")
    graph.initializer.append(from_array(np.arange(1000, dtype=np.float32), "table"))
    return make_model(graph, ir_version=IR_VERSION, opset_imports=[make_opsetid("", OPSET)])
