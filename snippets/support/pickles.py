"""The command line of `load.py`: a pickle, the model to write, and what can be wrong with them."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import oracle
import train
from google.protobuf.message import DecodeError, EncodeError
from onnx import ModelProto

from support import BUILD, about, fail, first_line, replacing


def named(argv: list[str] | None, description: str) -> tuple[Path, Path]:
    """The pickle and the ONNX file that the command line names, or those of a small forest."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("pickle", type=Path, nargs="?", help="without one, a small forest is grown")
    parser.add_argument("onnx", type=Path, nargs="?", help="without one, the pickle's, as .onnx")
    options = parser.parse_args(argv)
    source = options.pickle or small(BUILD / "small.pkl")
    return source, options.onnx or source.with_suffix(".onnx")


def small(path: Path) -> Path:
    """The pickle of a small forest, for whoever has none."""
    with replacing(path) as beside:
        train.save(oracle.grow(), beside)
    return path


def megabytes(path: Path) -> str:
    return about(path.stat().st_size / 1e6)


def declared(model: ModelProto, asked: dict[str, int]) -> str:
    """The versions in a model: skl2onnx declares the oldest that will do, up to what is asked."""
    versions = {entry.domain: entry.version for entry in model.opset_import}
    return ", ".join(
        f"{name or 'ai.onnx'} {versions[name]} of at most {asked[name]}" for name in asked
    )


@contextmanager
def another(source: Path, target: Path) -> Iterator[Path]:
    """`replacing(target)`, where `target` is not the file that is read."""
    if target.resolve() == source.resolve():
        fail(f"{target} is the pickle itself; name another file to write")
    with replacing(target) as beside:
        yield beside


def fitted(path: Path, load: Callable):
    """The fitted scikit-learn model that `load` finds at `path`."""
    try:
        model = load(path)
    except OSError as error:
        fail(f"cannot read {path}: {error.strerror}; name the pickle of a fitted model")
    except Exception as error:  # a broken pickle can raise anything
        fail(f"{path} is not a whole pickle: {first_line(error)}")
    if not hasattr(model, "n_features_in_"):
        fail(f"{path} holds a {type(model).__name__}, not a fitted scikit-learn model")
    return model


@contextmanager
def converting(source: Path, model) -> Iterator[None]:
    """Say in one line why the block cannot convert the model that was read from `source`."""
    try:
        yield
    except (EncodeError, DecodeError):
        fail(f"{source} is too large: a protobuf, and with it this ONNX file, ends at 2 GiB")
    except OSError:  # `replacing` says what is wrong with the target
        raise
    except Exception as error:
        fail(f"skl2onnx cannot convert the {type(model).__name__}: {first_line(error)}")
