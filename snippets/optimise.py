"""The runtime rewrites the graph before it runs it: fewer nodes, the same answers."""

import tempfile
from collections import Counter
from pathlib import Path

import flights
import numpy as np
import onnx
import onnxruntime as ort
from support import row
from support.small_network import convert, fit

TOLERANCE = 0.001  # minutes; fusing changes the order of float32 sums


# region optimise
def optimise(model: onnx.ModelProto, path: Path) -> onnx.ModelProto:
    """What onnxruntime makes of the model before it runs it."""
    levels = ort.GraphOptimizationLevel
    options = ort.SessionOptions()
    options.graph_optimization_level = levels.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    ort.InferenceSession(model.SerializeToString(), options)
    return onnx.load(path)


# endregion optimise


def answers(model: onnx.ModelProto, X: np.ndarray) -> np.ndarray:
    (minutes,) = ort.InferenceSession(model.SerializeToString()).run(None, {"X": X})
    return minutes.ravel()


def main(argv: list[str] | None = None) -> None:
    X, X_test, y, _ = flights.split()
    before = convert(fit(X, y))
    with tempfile.TemporaryDirectory() as folder:
        after = optimise(before, Path(folder) / "after.onnx")

    counts = [Counter(node.op_type for node in model.graph.node) for model in (before, after)]
    print(row("operator", ("before", "after"), 10, 8))
    for operator in sorted(counts[0] | counts[1]):
        print(row(operator, (count[operator] for count in counts), 10, 8))
    print(row("nodes", (count.total() for count in counts), 10, 8))

    same = np.isclose(answers(after, X_test), answers(before, X_test), rtol=0, atol=TOLERANCE)
    print(f"{same.sum():,} of {len(same):,} answers within {TOLERANCE} minutes")


if __name__ == "__main__":
    main()
