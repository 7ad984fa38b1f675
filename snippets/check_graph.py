"""Hands three graphs to the checker and to shape inference: one is right."""

import textwrap

from onnx.checker import ValidationError, check_model
from onnx.helper import make_model, make_opsetid
from onnx.parser import parse_graph
from onnx.shape_inference import InferenceError, infer_shapes

from onnx101.opset import IR_VERSION, OPSET

# region name
MISSPELT = """
flight_time (
    float[N, 2] X,
    float[2, 1] coefficients
) => (float[N, 1] minutes) {
    minutes = MatMul (X, coeficients)
}"""
# endregion name

RIGHT = MISSPELT.replace("coeficients", "coefficients")

# region shape
THREE_FOR_TWO = """
flight_time (
    float[N, 2] X,
    float[3, 1] coefficients
) => (float[N, 1] minutes) {
    minutes = MatMul (X, coefficients)
}"""
# endregion shape

WIDTH = 43  # half a slide
OPSETS = [make_opsetid("", OPSET)]


def verdict(text: str) -> str:
    graph = parse_graph(text)
    model = make_model(graph, ir_version=IR_VERSION, opset_imports=OPSETS)
    try:
        check_model(model)  # reads names, operators and order
        infer_shapes(model, strict_mode=True)  # works out every type and shape
    except (ValidationError, InferenceError) as error:
        return f"{type(error).__name__}: {error}"
    return "accepted"


def main(argv: list[str] | None = None) -> None:
    for what, graph in {
        "right": RIGHT,
        "a misspelt name": MISSPELT,
        "3 coefficients, 2 columns": THREE_FOR_TWO,
    }.items():
        lines = (textwrap.fill(s, WIDTH) for s in f"{what}: {verdict(graph)}".splitlines())
        print("\n".join(lines).replace("\n", "\n  "))


if __name__ == "__main__":
    main()
