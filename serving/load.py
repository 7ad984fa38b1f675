"""Fetches a model from a file or an object store, and opens it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import onnxruntime as ort

from onnx101 import ConversionError
from onnx101.remote import RemoteFile
from onnx101.store import SCHEMES


@contextmanager
def copied(address: str) -> Iterator[Path]:
    """A copy of the model at a path or s3://…, so that all workers serve the same bytes.

    Raises ValueError, with what is wrong, where it cannot be read.
    """
    with TemporaryDirectory(prefix="serve-") as folder:
        copy = Path(folder, "model.onnx")
        remote = address.partition("://")[0] in SCHEMES
        try:
            with RemoteFile(address) if remote else open(address, "rb") as source:
                write(source, copy)
        except ConversionError as error:
            raise ValueError(str(error)) from None
        except OSError as error:
            raise ValueError(
                f"cannot read {address}: {error.strerror}; name an ONNX file"
            ) from None
        yield copy


def write(source: BinaryIO, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, 2**20)


def one_thread(model: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return ort.InferenceSession(model, options)
    except Exception as error:  # onnxruntime's errors have no other common class
        why = str(error).replace(str(model), "it")
        raise ValueError(f"this is no model that onnxruntime runs: {why}") from None
