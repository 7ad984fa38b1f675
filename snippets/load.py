"""Converts a pickled scikit-learn model the obvious way: unpickle, skl2onnx, save, check."""

import argparse
import pickle
from pathlib import Path

import flights
import onnx
import oracle
from google.protobuf.message import DecodeError, EncodeError
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from support import BUILD, fail, first_line, replacing
from train import about
from train import save as save_pickle

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


def open_model(path: Path):
    """The pickled model, or the end of the program."""
    try:
        model = load(path)
    except OSError as error:
        fail(f"cannot read {path}: {error.strerror}; name the pickle of a fitted model")
    except Exception as error:  # a broken pickle can raise anything
        fail(f"{path} is not a whole pickle: {first_line(error)}")
    if not hasattr(model, "n_features_in_"):
        fail(f"{path} holds a {type(model).__name__}, not a fitted scikit-learn model")
    return model


def small() -> Path:
    """The pickle of a small forest, for whoever has none."""
    X, _, y, _ = flights.split()
    path = BUILD / "small.pkl"
    with replacing(path) as beside:
        save_pickle(oracle.grow(X, y), beside)
    return path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pickle", type=Path, nargs="?", help="without one, a small forest is grown")
    parser.add_argument("onnx", type=Path, nargs="?", help="without one, the pickle's, as .onnx")
    args = parser.parse_args(argv)

    source = args.pickle or small()
    target = args.onnx or source.with_suffix(".onnx")
    model = open_model(source)
    if target.resolve() == source.resolve():
        fail(f"{target} is the pickle itself; name another file to write")
    with replacing(target) as beside:
        try:
            converted = convert(model)
            save(converted, beside)
        except (EncodeError, DecodeError):
            fail(f"{source} is too large: a protobuf, and with it this ONNX file, ends at 2 GiB")
        except OSError:  # `replacing` says what is wrong with the target
            raise
        except Exception as error:
            fail(f"skl2onnx cannot convert the {type(model).__name__}: {first_line(error)}")
        sizes = [about(path.stat().st_size / 1e6) for path in (source, beside)]

    operators = ", ".join(node.op_type for node in converted.graph.node)
    versions = {entry.domain: entry.version for entry in converted.opset_import}
    print(f"{type(model).__name__} of {model.n_features_in_} features")
    print(f"{sizes[0]} MB as a pickle, {sizes[1]} MB as ONNX: {operators}")
    # Asked for is the newest allowed; skl2onnx declares the oldest that has the operators.
    asked = {"": OPSET, "ai.onnx.ml": ML_OPSET}
    print(f"IR {converted.ir_version}", end="")
    for domain, newest in asked.items():
        print(f", {domain or 'ai.onnx'} {versions[domain]} of at most {newest}", end="")
    print()


if __name__ == "__main__":
    main()
