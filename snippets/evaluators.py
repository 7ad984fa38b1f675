"""Asks three evaluators for the same line through real flights."""

import flights
import numpy as np
from linear_regression import INPUTS, TOLERANCE, fit, to_onnx
from onnx.reference import ReferenceEvaluator
from onnxruntime import InferenceSession
from support import row
from support.asked import one


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


def main(argv: list[str] | None = None) -> None:
    line, X = fit()
    model = to_onnx(line)
    per_km, per_hour = line.coef_
    print(f"minutes = {per_km:.4f} km {per_hour:+.4f} h {line.intercept_:+.2f}\n")

    routes = ("BOS", "SFO", "HNL")
    columns = [flights.FEATURES.index(name) for name in INPUTS]
    rows = np.concatenate([one("JFK", route, "8", "1") for route in routes])[:, columns]
    print(row("JFK to", routes, 16, 8))
    for name, minutes in evaluate(line, model, rows).items():
        print(row(name, (f"{value:.1f}" for value in minutes), 16, 8))

    skl, pyrt, ort = evaluate(line, model, X).values()
    for other in (pyrt, ort):
        np.testing.assert_allclose(other, skl, rtol=0, atol=TOLERANCE)
    print(f"{len(X):,} flights: equal within {TOLERANCE} minutes")


if __name__ == "__main__":
    main()
