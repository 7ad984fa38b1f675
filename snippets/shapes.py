"""Shape inference stops at an operator that has none; one declared shape lets it go on."""

import onnx
from onnx import ModelProto, TensorProto
from onnx.helper import make_tensor_value_info
from onnx.shape_inference import infer_shapes
from support import MODELS


def shapes(model: ModelProto) -> dict[str, str]:
    """The shape of each node's output, as far as it can be worked out."""
    graph = infer_shapes(model, check_type=True, data_prop=True).graph
    known = {value.name: value.type.tensor_type for value in graph.value_info}
    names = [name for node in graph.node[:-1] for name in node.output]
    return {name: text(known.get(name)) for name in names}


# region declare
def declare(model: ModelProto, name: str, shape: list) -> None:
    """Declare a shape that inference cannot find."""
    value = make_tensor_value_info(name, TensorProto.FLOAT, shape)
    model.graph.value_info.append(value)


# endregion declare


def text(kind: onnx.TypeProto.Tensor | None) -> str:
    if kind is None or not kind.HasField("shape"):
        return "?"
    sizes = [dim.dim_param or str(dim.dim_value or "?") for dim in kind.shape.dim]
    return f"[{', '.join(sizes)}]"


def main(argv: list[str] | None = None) -> None:
    model = onnx.load(MODELS / "network.onnx")
    before = shapes(model)
    scaled = model.graph.node[0].output[0]
    declare(model, scaled, ["N", 7])
    after = shapes(model)
    print(f"{'operator':<10}{'worked out':>12}{'told one':>12}")
    for node, name in zip(model.graph.node, before, strict=False):
        print(f"{node.op_type:<10}{before[name]:>12}{after[name]:>12}")


if __name__ == "__main__":
    main()
