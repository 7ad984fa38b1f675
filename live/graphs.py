"""Reads the graphs that the talk draws: operators, and the tensors they pass on."""

import json

import numpy as np
import onnx
from onnx import GraphProto, TensorProto, ValueInfoProto, numpy_helper
from support import MODELS, ROOT, fail, replacing

DRAWN = ("linear_regression", "optimise_before", "optimise_after")
GRAPHS = ROOT / "snippets" / "outputs" / "live" / "graphs.json"
SMALL = 64  # values of a longer initializer are not shown


def element_type(number: int) -> str:
    return TensorProto.DataType.Name(number).lower()


def declared(value: ValueInfoProto) -> dict:
    tensor = value.type.tensor_type
    shape = [getattr(dim, dim.WhichOneof("value") or "", "?") for dim in tensor.shape.dim]
    return {"type": element_type(tensor.elem_type), "shape": shape}


def stored(tensor: TensorProto) -> dict:
    array = numpy_helper.to_array(tensor)
    described = {"type": element_type(tensor.data_type), "shape": list(tensor.dims)}
    if array.size <= SMALL and array.dtype.kind in "fiu":
        described["values"] = array.astype(np.float64).ravel().tolist()
    return described


def describe(graph: GraphProto) -> dict:
    """The graph as the slides draw it: names, types, shapes and small values."""
    known = [*graph.value_info, *graph.output, *graph.input]
    initializers = [tensor.name for tensor in graph.initializer]
    return {
        "inputs": [value.name for value in graph.input if value.name not in initializers],
        "outputs": [value.name for value in graph.output],
        "operators": [
            {
                "op": node.op_type,
                "domain": node.domain,
                "inputs": [name for name in node.input if name],
                "outputs": [name for name in node.output if name],
            }
            for node in graph.node
        ],
        "initializers": initializers,
        "tensors": {value.name: declared(value) for value in known}
        | {tensor.name: stored(tensor) for tensor in graph.initializer},
    }


def describe_all() -> dict[str, dict]:
    graphs = {}
    for name in DRAWN:
        path = MODELS / f"{name}.onnx"
        if not path.exists():
            fail(f"{path} is missing; write it with: python live/models.py")
        graphs[name] = describe(onnx.load(path).graph)
    return graphs


def write() -> None:
    """Write the graphs that a slide shows when it cannot read the model."""
    with replacing(GRAPHS) as beside:
        beside.write_text(json.dumps(describe_all(), indent=1) + "\n", encoding="utf-8")
