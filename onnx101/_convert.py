"""Converts an estimator, pickled or in memory, to an ONNX model."""

import io
import os
import pickle
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnx
from tqdm import tqdm

from onnx101.atomic import replacing
from onnx101.ensemble import Ensemble, check_range
from onnx101.errors import ConversionError
from onnx101.families import FAMILIES
from onnx101.held import Held, Kinds
from onnx101.opset import versions_for
from onnx101.provenance import source_of
from onnx101.reading import Reading, read, reader_of
from onnx101.source import opened, opened_again
from onnx101.writer import MAX_BYTES, ModelWriter

# Once a block of this size was freed, glibc keeps what is freed later, up to twice as much, for the
# next tree. Else it returns it to the system, which must clear every page that comes again: a sixth
# of the time.
_KEPT = 2**24
DTYPES = {"double": np.dtype(np.float64), "float": np.dtype(np.float32)}


@dataclass(frozen=True)
class Report:
    """What a conversion did: the estimator's name, `bytes` of the model, `seconds` it took."""

    estimator: str
    trees: int
    nodes: int
    bytes: int
    seconds: float


def convert(
    src: str | os.PathLike,
    dst: str | os.PathLike,
    dtype: str = "double",
    *,
    dtype_in: str | None = None,
    canonical: bool = False,
    progress: bool = False,
    key: str | None = None,
    target: str | None = None,
    leaves: bool = False,
) -> Report:
    """Convert the estimator in a pickle or joblib file to an ONNX model, as a stream.

    src: a path, or an s3://, gs://, az:// or file:// address. dst: a path; it is replaced once the
    model is complete, else left as it was. dtype: "double", equal to scikit-learn in every bit,
    or "float", which rounds the output to float32. dtype_in: of X; by default what scikit-learn
    rounds it to: "double" for HistGradientBoosting, which also takes "float" where X is float32,
    and "float" for others. canonical: write one unpacked proto, as the onnx package would; takes
    memory for the whole model. progress: show a bar on a terminal. key: which estimator, where the
    file has several in a dict or list: the keys that lead to it, such as "a.0".
    target: a runtime older than 1.21 that the model is for, "onnxruntime==1.15" or newer.
    leaves: also output `leaves`, int64 [N, trees]: what the estimator's `apply` returns.

    Raises ConversionError, in one line, for whatever cannot be read, converted or written.
    """
    began = time.perf_counter()
    kinds = Kinds(_number(dtype), dtype_in and _number(dtype_in), versions_for(target))
    np.empty(_KEPT, np.uint8)  # never touched, and freed at once
    try:
        with opened(src, digest=True) as (file, raw), replacing(_path(dst), raw.stat) as out:
            hidden = None if progress and sys.stderr else True  # None: on a terminal
            with tqdm(
                total=raw.size, unit="B", unit_scale=True, leave=False, disable=hidden
            ) as bar:

                def show():
                    bar.update(max(0, raw.position - bar.n))

                def source() -> dict[str, str]:
                    return source_of(src, raw.sha256())

                writer = ModelWriter(out, kinds, leaves)
                found = _pass(file, writer, show, key, source=source)
                if found.is_first:
                    if raw.once:
                        raise ConversionError("the file is read twice: give it by its path")
                    raw.sha256()
                    out.seek(0)
                    out.truncate()
                    writer = ModelWriter(out, kinds, leaves)
                    with opened_again(raw) as file:
                        _pass(file, writer, show, key, found, source=source)
            if canonical:
                _rewrite(out)
            length = out.tell()
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename or repr('')}: "
        raise ConversionError(f"{place}{error.strerror or error}") from None
    seconds = time.perf_counter() - began
    return Report(found.ensemble.name, writer.trees, writer.nodes, length, seconds)


def to_onnx(
    estimator,
    dtype: str = "double",
    *,
    dtype_in: str | None = None,
    target: str | None = None,
    leaves: bool = False,
) -> onnx.ModelProto:
    """The ONNX model of a fitted estimator in memory, as `convert` makes it from its pickle.

    Raises ConversionError where the estimator is not supported.
    """
    kinds = Kinds(_number(dtype), dtype_in and _number(dtype_in), versions_for(target))
    writer = ModelWriter(io.BytesIO(), kinds, leaves, in_memory=True)
    with _pickled(estimator) as file:
        found = _pass(file, writer, bounded=False)
    if found.is_first:
        writer = ModelWriter(io.BytesIO(), kinds, leaves, in_memory=True)
        with _pickled(estimator) as file:
            _pass(file, writer, before=found, bounded=False)
    return onnx.load_from_string(writer.file.getvalue())


def in_memory(estimator) -> tuple[Ensemble, list[Held]]:
    """The ensemble and the trees of a fitted estimator in memory."""
    trees = []
    with _pickled(estimator) as file:
        found = read(reader_of(file, bounded=False), lambda tree: trees.append(Held.of(tree)))
    if found.is_first:
        raise ConversionError("there are other trees in it, too: give the estimator alone")
    return found.ensemble, trees


def _path(dst: str | os.PathLike) -> Path:
    text = os.fspath(dst)
    if re.match(r"\w+://", text):
        raise ConversionError(f"{text}: a model is written to a path: copy it there afterwards")
    if not text or text[-1] in (os.sep, os.altsep):
        raise ConversionError(f"{text or repr('')} is no file's name: say what the model is called")
    return Path(dst)


def _number(dtype: str) -> np.dtype:
    if dtype not in DTYPES:
        raise ConversionError(f"dtype {dtype!r} is not known: use {' or '.join(DTYPES)}")
    return DTYPES[dtype]


def _pass(
    file: BinaryIO,
    writer: ModelWriter,
    after_tree: Callable[[], object] = lambda: None,
    key: str | None = None,
    before: Reading | None = None,
    bounded: bool = True,
    source: Callable[[], dict[str, str]] = dict,
) -> Reading:
    """Read one pickle and write what it holds.

    before: the first reading, if there was one to see which trees are the estimator's.
    source: says at the end what file it was. Where trees must be read again, nothing is finished.
    """

    def emit(tree):
        if not writer.trees and reader.has_head:
            writer.expect_head()
        writer.add(tree)
        after_tree()

    reader = reader_of(file, bounded)
    found = read(reader, emit, key, before)
    if found.is_first and not before:
        return found
    if before and not before.agrees_with(found):
        raise ConversionError("the file changed while it was read")
    if writer.leaves and not FAMILIES[found.ensemble.name].applies:
        raise ConversionError(f"{found.ensemble.name} has no apply: leave out --leaves")
    check_range(found.ensemble, writer.kinds.out)
    file.read(1)  # the rest is ignored, but a compressed file ends in a checksum
    writer.finish(found.ensemble, found.origin | source())
    return found


def _rewrite(out: BinaryIO) -> None:
    """Replace a model written in pieces by a single proto."""
    out.seek(0)
    model = onnx.load(out)
    if model.ByteSize() > MAX_BYTES:
        raise ConversionError("the canonical form passes 2 GiB: convert without it")
    out.seek(0)
    out.truncate()
    out.write(model.SerializeToString())


@contextmanager
def _pickled(estimator) -> Iterator[BinaryIO]:
    """The pickle of `estimator`, readable while it is written."""
    source, sink = os.pipe()
    failures = []

    def dump():
        try:
            with open(sink, "wb") as file:
                pickle.dump(estimator, file, protocol=5)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=dump)
    thread.start()
    try:
        with open(source, "rb") as file:
            yield file
    finally:
        thread.join()
        if failures and not isinstance(failures[0], BrokenPipeError):
            raise ConversionError(f"the estimator cannot be pickled: {failures[0]}")
