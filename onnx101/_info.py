"""What is in a model or a pickle, without holding either."""

import mmap
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import onnx

from onnx101.errors import ConversionError
from onnx101.foreign import what_is
from onnx101.reading import read, reader_of
from onnx101.source import opened

# How an ONNX model begins. Names of such a length, and so many of them, a model may have.
_IR_VERSION, _SHORT, _MANY = b"\x08", 10_000, 100


@dataclass(frozen=True)
class Info:
    """What a file holds; None where it does not say.

    features: columns of X. dtype: of the numbers that come out, "double" or "float".
    versions: of the IR and of each opset. parts: what the bytes are for, by name.
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


def info(path: str | os.PathLike, key: str | None = None) -> Info:
    """What the ONNX model, or the pickle or joblib file, at a path or address holds.

    A model is skimmed; a pickle is read to its end, as `convert` does, tree by tree. key: which
    estimator, where there are several, as for `convert`.
    Raises ConversionError where the file is neither.
    """
    try:
        if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
            raise ConversionError(f"{path} is no file: save what comes from it first")
        with opened(path) as (file, raw):
            start = file.peek(1)[:1]
            if start in (b"\x80", b"P"):
                return _pickle(file, raw.size, key)
            if start != _IR_VERSION or not raw.stat:
                raise ConversionError(f"{path}: {what_is(file.peek(64)[:64])}")
            with mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _model(data)
    except OSError as error:
        raise ConversionError(f"{path}: {error.strerror or error}") from None
    except ConversionError:
        raise
    except Exception:  # a damaged model may be damaged anywhere
        raise ConversionError(f"{path}: neither a pickled forest nor an ONNX model") from None


def _pickle(file, size: int, key: str | None) -> Info:
    nodes = []
    found = read(reader_of(file), lambda tree: nodes.append(tree.nodes), key)
    nodes = [nodes[place] for place in found.own]
    estimator, features = found.ensemble.name, found.ensemble.features
    return Info("pickle", size, estimator, len(nodes), sum(nodes), features, "double")


def _model(data: mmap.mmap) -> Info:
    facts, versions, parts = {}, {}, Counter()
    trees, features, dtype = 0, None, None
    for number, value, begin, end in _fields(data, 0, len(data)):
        if number == 1:
            versions["IR"] = value
        elif number == 8 and len(versions) < _MANY:
            opset = onnx.OperatorSetIdProto.FromString(_short(data, begin, end))
            versions[opset.domain or "ai.onnx"] = opset.version
        elif number == 14 and end - begin < _SHORT and len(facts) < _MANY:
            entry = onnx.StringStringEntryProto.FromString(_short(data, begin, end))
            facts[entry.key] = entry.value
        elif number == 7:
            for inner, _, start, stop in _fields(data, begin, end):
                if inner == 1:
                    for attributes in _tree_attributes(data, start, stop):
                        trees += 1
                        parts.update(attributes)
                elif inner == 5:
                    parts["tables and constants"] += stop - start
                elif inner == 11:
                    columns = _value(data, start, stop).type.tensor_type
                    features = (columns.shape.dim[-1].dim_value if columns.shape.dim else 0) or None
                elif inner == 12:
                    kind = _value(data, start, stop).type.tensor_type
                    dtype = {1: "float", 11: "double"}.get(kind.elem_type, dtype)
    if "IR" not in versions:
        raise ValueError("an ONNX model begins with its IR version")
    parts["the rest"] = len(data) - sum(parts.values())
    told = {key: facts.get(key, "") for key in ("nodes", "trees")}
    told = {key: int(fact) for key, fact in told.items() if fact.isdecimal() and len(fact) < 20}
    nodes, trees = told.get("nodes"), told.get("trees", trees)
    name = facts.get("estimator")
    return Info("model", len(data), name, trees or None, nodes, features, dtype, versions, parts)


def _short(data: mmap.mmap, begin: int, end: int) -> bytes:
    """The bytes of a message that is a name, or little more."""
    if end - begin > _SHORT:
        raise ValueError("no model has names of such a length")
    return data[begin:end]


def _value(data: mmap.mmap, begin: int, end: int) -> onnx.ValueInfoProto:
    return onnx.ValueInfoProto.FromString(_short(data, begin, end))


def _tree_attributes(data: mmap.mmap, begin: int, end: int, inner: bool = False) -> Iterator[dict]:
    """The bytes of each attribute of a TreeEnsemble, or of those that an If chooses between."""
    attributes, spans, op_type = {}, [], b""
    for number, _, start, stop in _fields(data, begin, end):
        if number == 4:
            op_type = data[start:stop]
        elif number == 5:
            spans = [*spans, (start, stop)][-2:]
            _, _, at, to = next(_fields(data, start, stop), (0, 0, 0, 0))  # the name comes first
            name = data[at : min(to, at + _SHORT)].decode() if to - at < _SHORT else ""
            if name not in attributes and len(attributes) >= _MANY:
                name = ""
            attributes[name] = attributes.get(name, 0) + stop - start
    if op_type.startswith(b"TreeEnsemble"):
        yield attributes
    elif op_type == b"If" and not inner:
        graphs = [part for span in spans for part in _fields(data, *span) if part[0] == 6]
        nodes = (part for graph in graphs for part in _fields(data, *graph[2:]) if part[0] == 1)
        for node in nodes:
            yield from _tree_attributes(data, *node[2:], inner=True)


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a protobuf message: number, value of an integer, begin and end of the others.

    Raises ValueError where the bytes are no message.
    """
    while at < end:
        key, at = _varint(data, at)
        value, begin = 0, at
        if key & 7 == 0:
            value, at = _varint(data, at)
        elif key & 7 == 2:
            size, begin = _varint(data, at)
            at = begin + size
        else:
            raise ValueError("these messages have no fields of another wire type")
        if at > end:
            raise ValueError("a field ends outside its message")
        yield key >> 3, value, begin, at


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than 64 bits")
