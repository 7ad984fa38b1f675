"""Converts a pickled scikit-learn model the obvious way: unpickle, skl2onnx, save, check."""

import pickle
from pathlib import Path

import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from support.pickles import another, converting, declared, fitted, megabytes, named

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


def main(argv: list[str] | None = None) -> None:
    source, target = named(argv, __doc__)
    model = fitted(source, load)
    with another(source, target) as beside, converting(source, model):
        converted = convert(model)
        save(converted, beside)
    print(f"{type(model).__name__} of {model.n_features_in_} features")
    operators = ", ".join(node.op_type for node in converted.graph.node)
    print(f"{megabytes(source)} MB as a pickle, {megabytes(target)} MB as ONNX: {operators}")
    print(f"IR {converted.ir_version}, {declared(converted, {'': OPSET, 'ai.onnx.ml': ML_OPSET})}")


if __name__ == "__main__":
    main()
