"""The runtime rewrites the graph before it runs it: fewer nodes, the same answers."""

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import flights
import numpy as np
import onnx
import onnxruntime as ort
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from support import MODELS, replacing

from onnx101.opset import IR_VERSION, OPSET

TOLERANCE = 0.001  # minutes; fusing changes the order of float32 sums


def fit(X: np.ndarray, y: np.ndarray) -> Pipeline:
    """Scale the seven numbers, then two layers of sixteen neurons."""
    network = MLPRegressor(
        hidden_layer_sizes=(16, 16),
        tol=100,
        n_iter_no_change=1,  # a few epochs are enough
        random_state=0,
    )
    return make_pipeline(StandardScaler(), network).fit(X, y)


def convert(pipeline: Pipeline) -> onnx.ModelProto:
    """The pipeline in the operators of ai.onnx alone."""
    X = FloatTensorType([None, pipeline.n_features_in_])
    model = to_onnx(
        pipeline,
        initial_types=[("X", X)],
        target_opset=OPSET,
        black_op={"Scaler"},  # of ai.onnx.ml, whose shape the optimiser cannot infer
    )
    model.ir_version = IR_VERSION
    return model


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


def write(models: dict[str, onnx.ModelProto]) -> None:
    """Write the graphs that the talk draws: optimise_before.onnx and optimise_after.onnx."""
    for name, model in models.items():
        with replacing(MODELS / f"optimise_{name}.onnx") as beside:
            beside.write_bytes(model.SerializeToString(deterministic=True))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=write.__doc__)
    args = parser.parse_args(argv)

    X, X_test, y, _ = flights.split()
    before = convert(fit(X, y))
    with tempfile.TemporaryDirectory() as folder:
        after = optimise(before, Path(folder) / "after.onnx")

    counts = [Counter(node.op_type for node in model.graph.node) for model in (before, after)]
    print(f"{'operator':<10}{'before':>8}{'after':>8}")
    for operator in sorted(counts[0] | counts[1]):
        print(f"{operator:<10}" + "".join(f"{count[operator]:>8}" for count in counts))
    print(f"{'nodes':<10}" + "".join(f"{count.total():>8}" for count in counts))

    same = np.isclose(answers(after, X_test), answers(before, X_test), rtol=0, atol=TOLERANCE)
    print(f"{same.sum():,} of {len(same):,} answers within {TOLERANCE} minutes")
    if args.write:
        write({"before": before, "after": after})


if __name__ == "__main__":
    main()
