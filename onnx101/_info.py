"""Tells what a model or pickle contains, without loading it."""

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from onnx101.contents import counted, what
from onnx101.errors import ConversionError
from onnx101.foreign import what_is
from onnx101.inert import Estimator, Object
from onnx101.provenance import origin_of
from onnx101.reading import reader_of, reading_of
from onnx101.skim import skim
from onnx101.source import Source, opened, refuse_pipe
from onnx101.writer import MAX_BYTES

_IR_VERSION = b"\x08"  # the first byte of an ONNX model
_PIECE = 2**20


@dataclass(frozen=True)
class Info:
    """What a file holds; None where the file does not say.

    features: columns of X. dtype: of the numbers that come out, "double" or "float".
    versions: of the IR and of each opset. parts: what the bytes of a model are for, by name.
    origin: where it comes from, by the metadata of a model or the estimator in a pickle.
    holds: the object in a pickle; objects: how many of each class are in it. refused: why there is
    no estimator in it that `convert` takes, None where there is.
    """

    kind: str
    bytes: int
    estimator: str | None = None
    trees: int | None = None
    nodes: int | None = None
    features: int | None = None
    dtype: str | None = None
    versions: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    holds: str | None = None
    objects: dict[str, int] = field(default_factory=dict)
    refused: str | None = None


def info(path: str | os.PathLike, key: str | None = None) -> Info:
    """What the ONNX model, or the pickle or joblib file, at a path or address holds.

    A model is skimmed; a pickle is read to its end, as `convert` does, tree by tree, whatever it
    holds. key: which estimator, where there are several, as for `convert`.
    Raises ConversionError where the file is neither, or holds what no reader should touch.
    """
    try:
        refuse_pipe(path)
        with opened(path) as (file, raw):
            start = file.peek(1)[:1]
            if start in (b"\x80", b"P"):
                return _pickle(file, raw.size, key)
            if start != _IR_VERSION:
                raise ConversionError(f"{path}: {what_is(file.peek(512)[:512])}")
            with _on_disk(file, raw) as whole, mmap.mmap(whole, 0, access=mmap.ACCESS_READ) as data:
                return _model(data)
    except OSError as error:
        raise ConversionError(f"{path}: {error.strerror or error}") from None
    except ConversionError:
        raise
    except Exception:  # a damaged model may be damaged anywhere
        raise ConversionError(f"{path}: neither a pickled forest nor an ONNX model") from None


@contextmanager
def _on_disk(file: Source, raw) -> Iterator[int]:
    """The descriptor of the file itself, or of a copy where it is compressed or in a store."""
    if raw.stat and file.seekable():
        yield raw.fileno()
        return
    with tempfile.TemporaryFile() as copy:
        while piece := file.read(_PIECE):
            copy.write(piece)
            if copy.tell() > MAX_BYTES:
                raise ConversionError("the model passes 2 GiB, and protobuf cannot read that")
        copy.flush()
        yield copy.fileno()


def _pickle(file, size: int, key: str | None) -> Info:
    nodes, reader = [], reader_of(file)
    reader.emit = lambda tree: nodes.append(tree.nodes)
    root = reader.load()
    holds, objects = what(root), counted(root)
    try:
        found = reading_of(reader, root, key)
    except ConversionError as error:
        if key is not None:
            raise
        origin = origin_of(root) if isinstance(root, Estimator | Object) else {}
        told = {"origin": origin, "holds": holds, "objects": objects}
        return Info(reader.kind, size, refused=str(error), **told)
    nodes = [nodes[place] for place in found.own]
    return Info(
        reader.kind,
        size,
        found.ensemble.name,
        len(nodes),
        sum(nodes),
        found.ensemble.features,
        "double",
        origin=found.origin,
        holds=holds,
        objects=objects,
    )


def _model(data: mmap.mmap) -> Info:
    found = skim(data)
    facts, trees, nodes = found.facts, found.trees, found.nodes
    if all(_is_number(facts.get(key, "")) for key in ("trees", "nodes")):  # it may hold two forms
        trees, nodes = int(facts.pop("trees")), int(facts.pop("nodes"))
    return Info(
        "model",
        len(data),
        facts.pop("estimator", None),
        trees or None,
        nodes or None,
        found.features,
        found.dtype,
        found.versions,
        dict(found.parts),
        origin=facts,
    )


def _is_number(fact: str) -> bool:
    return fact.isdecimal() and len(fact) < 20
