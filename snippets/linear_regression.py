"""Fits a line through real flights, writes it in ONNX, and asks three evaluators."""

import argparse

import flights
import numpy as np
from onnx import ModelProto, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator
from onnxruntime import InferenceSession
from onnxscript import FLOAT, script
from onnxscript.values import Opset
from sklearn.linear_model import LinearRegression
from support import MODELS, replacing

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
    learned = {
        "coefficients": line.coef_.reshape(-1, 1),
        "bias": line.intercept_.reshape(1),
    }
    for name, values in learned.items():
        tensor = numpy_helper.from_array(values.astype(np.float32), name)
        model.graph.initializer.append(tensor)
    del model.graph.input[1:]  # now constants, no longer inputs
    return model


# region evaluate
def evaluate(line, model, X) -> dict[str, np.ndarray]:
    reference = ReferenceEvaluator(model)
    runtime = InferenceSession(model.SerializeToString())
    return {
        "scikit-learn": line.predict(X),
        "onnx.reference": reference.run(None, {"X": X})[0].ravel(),
        "onnxruntime": runtime.run(None, {"X": X})[0].ravel(),
    }


# endregion evaluate


def write(model: ModelProto) -> None:
    """Write the model that the talk runs in the browser, public/models/linear_regression.onnx."""
    typed = shape_inference.infer_shapes(model)  # the slide shows the shape on every edge
    with replacing(MODELS / "linear_regression.onnx") as beside:
        beside.write_bytes(typed.SerializeToString(deterministic=True))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=write.__doc__)
    options = parser.parse_args(argv)

    line, X = fit()
    model = to_onnx(line)
    per_km, per_hour = line.coef_
    print(f"minutes = {per_km:.4f} km {per_hour:+.4f} h {line.intercept_:+.2f}\n")

    places = flights.airports()
    routes = ("BOS", "SFO", "HNL")
    rows = flights.features(places.loc[["JFK"] * 3], places.loc[list(routes)], [8, 8, 8], [1, 1, 1])
    rows = rows[:, [flights.FEATURES.index(name) for name in INPUTS]]
    print(f"{'JFK to':<16}" + "".join(f"{name:>8}" for name in routes))
    for name, minutes in evaluate(line, model, rows).items():
        print(f"{name:<16}" + "".join(f"{value:8.1f}" for value in minutes))

    skl, pyrt, ort = evaluate(line, model, X).values()
    for other in (pyrt, ort):
        np.testing.assert_allclose(other, skl, rtol=0, atol=TOLERANCE)
    print(f"{len(X):,} flights: equal within {TOLERANCE} minutes")

    if options.write:
        write(model)


if __name__ == "__main__":
    main()
