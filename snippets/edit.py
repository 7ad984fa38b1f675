"""Edits a graph as objects, with onnx-ir: the linear model now answers in hours."""

import numpy as np
import onnx_ir as ir
from onnxruntime import InferenceSession
from support import MODELS

FLIGHT = np.float32([[4152, 18.5]])  # kilometres and hour, JFK to SFO


# region edit
def in_hours(model: ir.Model) -> ir.Model:
    graph = model.graph
    (minutes,) = graph.outputs
    value = ir.tensor(np.float32(60), name="sixty")
    sixty = ir.Value(name="sixty", const_value=value)
    graph.register_initializer(sixty)
    divide = ir.node("Div", [minutes, sixty])
    graph.append(divide)
    (hours,) = divide.outputs
    hours.name, hours.type, hours.shape = "hours", minutes.type, minutes.shape
    graph.outputs[0] = hours
    return model


# endregion edit


def show(model: ir.Model) -> None:
    serialised = ir.to_proto(model).SerializeToString()
    (answer,) = InferenceSession(serialised).run(None, {"X": FLIGHT})
    operators = ", ".join(node.op_type for node in model.graph)
    print(f"{operators:<18}{model.graph.outputs[0].name} = {answer.item():.2f}")


def main(argv: list[str] | None = None) -> None:
    model = ir.load(MODELS / "linear_regression.onnx")
    show(model)
    show(in_hours(model))


if __name__ == "__main__":
    main()
