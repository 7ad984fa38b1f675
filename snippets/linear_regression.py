"""Fits a line through real flights, and writes it as a function of ONNX."""

import flights
import numpy as np
from onnx import ModelProto, numpy_helper
from onnxscript import FLOAT, script
from onnxscript.values import Opset
from sklearn.linear_model import LinearRegression

from onnx101.opset import IR_VERSION, OPSET

INPUTS = ("great-circle km", "scheduled hour")
TOLERANCE = 0.001  # minutes: float32 holds 695 minutes, the longest flight, to 0.00006

op = Opset("", OPSET)
Flights = FLOAT["N", len(INPUTS)]
Weights = FLOAT[len(INPUTS), 1]
Minutes = FLOAT["N", 1]


def fit() -> tuple[LinearRegression, np.ndarray]:
    """The fitted line, and the held-out flights as float32 (n, 2) in the order of INPUTS."""
    columns = [flights.FEATURES.index(name) for name in INPUTS]
    X_train, X_test, y_train, _ = flights.split()
    line = LinearRegression().fit(X_train[:, columns].astype(np.float64), y_train)
    return line, X_test[:, columns]


# region function
@script(default_opset=op)
def flight_time(X: Flights, coefficients: Weights, bias: FLOAT[1]) -> Minutes:
    minutes = op.Add(op.MatMul(X, coefficients), bias)
    return minutes


# endregion function


def to_onnx(line: LinearRegression) -> ModelProto:
    model = flight_time.to_model_proto(ir_version=IR_VERSION)
    learned = {"coefficients": line.coef_.reshape(-1, 1), "bias": line.intercept_.reshape(1)}
    for name, values in learned.items():
        tensor = numpy_helper.from_array(values.astype(np.float32), name)
        model.graph.initializer.append(tensor)
    del model.graph.input[1:]  # now constants, no longer inputs
    return model


def main(argv: list[str] | None = None) -> None:
    model = to_onnx(fit()[0])
    print(" then ".join(node.op_type for node in model.graph.node))
    for tensor in model.graph.initializer:
        print(f"{tensor.name:<14}{numpy_helper.to_array(tensor).ravel().round(4)}")


if __name__ == "__main__":
    main()
