"""From a pickled estimator, or one in memory, to a model file."""

import os
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from onnx101.errors import ConversionError
from onnx101.estimators import describe
from onnx101.unpickle import Estimator, ForestUnpickler
from onnx101.writer import ModelWriter

_DTYPES = {"double": np.dtype(np.float64), "float": np.dtype(np.float32)}


@dataclass(frozen=True)
class Report:
    """What a conversion did: `seconds` of wall time, `bytes` of the model."""

    estimator: str
    trees: int
    nodes: int
    bytes: int
    seconds: float


def convert(src: str | os.PathLike, dst: str | os.PathLike, dtype: str = "double") -> Report:
    """Convert the pickled estimator at `src` to an ONNX model at `dst`.

    dtype: "double", equal to scikit-learn in every bit, or "float", to about 1e-7.
    Raises ConversionError, and leaves `dst` as it was, where that cannot be done.
    """
    began = time.perf_counter()
    try:
        with open(src, "rb") as file, _replacing(Path(dst)) as out:
            writer = ModelWriter(out, _DTYPES[dtype])
            estimator = ForestUnpickler(file, writer.add).load()
            if not isinstance(estimator, Estimator):
                raise ConversionError("the pickle does not hold an estimator")
            name = type(estimator).__name__
            writer.finish(describe(name, estimator.state, writer.trees))
    except OSError as error:
        raise ConversionError(f"{error.filename or src}: {error.strerror or error}") from None
    seconds = time.perf_counter() - began
    return Report(name, writer.trees, writer.nodes, writer.bytes, seconds)


@contextmanager
def _replacing(path: Path):
    """A file that takes the place of `path` when it is complete, and else leaves no trace."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            yield file
            file.close()
            os.replace(file.name, path)
        except BaseException:
            file.close()
            os.unlink(file.name)
            raise
