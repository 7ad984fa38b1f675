"""Writes the models that the browser runs: `python live/models.py`, or some of them by name."""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "snippets"))

import flights
import linear_regression
import load
import network
import optimise
import oracle
from onnx import ModelProto, shape_inference
from sklearn.exceptions import ConvergenceWarning
from support import MODELS, replacing


def serialised(model: ModelProto) -> bytes:
    return model.SerializeToString(deterministic=True)


def line() -> dict[str, bytes]:
    """The linear regression, with the shape on every edge that its slide shows."""
    fitted, _ = linear_regression.fit()
    typed = shape_inference.infer_shapes(linear_regression.to_onnx(fitted))
    return {"linear_regression.onnx": serialised(typed)}


def rewritten() -> dict[str, bytes]:
    """A network as written, and as the runtime rewrites it."""
    X, _, y, _ = flights.split()
    before = optimise.convert(optimise.fit(X, y))
    with tempfile.TemporaryDirectory() as folder:
        after = optimise.optimise(before, Path(folder) / "after.onnx")
    return {"optimise_before.onnx": serialised(before), "optimise_after.onnx": serialised(after)}


def forest() -> dict[str, bytes]:
    return {"oracle.onnx": oracle.convert(oracle.grow())}


def neurons() -> dict[str, bytes]:
    """The network beside the forest. Its weights depend on the order in which a processor adds."""
    X, _, y, _ = flights.split()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ten epochs on purpose
        return {"network.onnx": serialised(load.convert(network.fit(X, y)))}


MAKERS = {"linear_regression": line, "optimise": rewritten, "oracle": forest, "network": neurons}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MAKERS], default=[], help="default: all")
    for name in parser.parse_args(argv).names or MAKERS:
        for file, model in MAKERS[name]().items():
            with replacing(MODELS / file) as beside:
                beside.write_bytes(model)


if __name__ == "__main__":
    main()
