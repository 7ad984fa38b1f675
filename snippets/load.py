"""Converts a pickled scikit-learn model the obvious way: unpickle, skl2onnx, save, check."""

import argparse
import pickle
from pathlib import Path

import flights
import onnx
import oracle
import train
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from support import BUILD, another, converting, fitted, replacing

from onnx101.opset import IR_VERSION, ML_OPSET, OPSET


# region load
def load(path: Path):
    """A pickle is a program: open only your own."""
    with path.open("rb") as file:
        return pickle.load(file)


# endregion load


# region convert
def convert(model) -> onnx.ModelProto:
    """The versions are named: every runtime of the talk reads this file."""
    X = FloatTensorType([None, model.n_features_in_])
    versions = {"": OPSET, "ai.onnx.ml": ML_OPSET}
    converted = to_onnx(model, initial_types=[("X", X)], target_opset=versions)
    converted.ir_version = IR_VERSION
    return converted


# endregion convert


# region save
def save(converted: onnx.ModelProto, path: Path) -> None:
    onnx.save(converted, path)
    onnx.checker.check_model(path, full_check=True)


# endregion save


def small(path: Path) -> Path:
    """The pickle of a small forest, for whoever has none."""
    X, _, y, _ = flights.split()
    with replacing(path) as beside:
        train.save(oracle.grow(X, y), beside)
    return path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pickle", type=Path, nargs="?", help="without one, a small forest is grown")
    parser.add_argument("onnx", type=Path, nargs="?", help="without one, the pickle's, as .onnx")
    args = parser.parse_args(argv)

    source = args.pickle or small(BUILD / "small.pkl")
    target = args.onnx or source.with_suffix(".onnx")
    model = fitted(source, load)
    with another(source, target) as beside, converting(source, model):
        converted = convert(model)
        save(converted, beside)
        sizes = [train.about(path.stat().st_size / 1e6) for path in (source, beside)]

    operators = ", ".join(node.op_type for node in converted.graph.node)
    versions = {entry.domain: entry.version for entry in converted.opset_import}
    print(f"{type(model).__name__} of {model.n_features_in_} features")
    print(f"{sizes[0]} MB as a pickle, {sizes[1]} MB as ONNX: {operators}")
    # What is asked for is the newest allowed; skl2onnx declares the oldest that will do.
    asked = {"": OPSET, "ai.onnx.ml": ML_OPSET}
    declared = [f"{name or 'ai.onnx'} {versions[name]} of at most {asked[name]}" for name in asked]
    print(f"IR {converted.ir_version}, {', '.join(declared)}")


if __name__ == "__main__":
    main()
