"""Skims an ONNX model of any size: what its bytes are for."""

import mmap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import onnx

# The longest name, and the most names, of a model; metadata may be longer.
_SHORT, _MANY, _LONG = 10_000, 100, 2**20
# Bytes of integers decoded at a time; and the most trees that are counted.
_PIECE, _MAX_TREES = 2**22, 2**20
# By operator: the attribute to count trees by, and the one to count nodes by.
_NEWEST, _TREES = b"TreeEnsemble", {True: "tree_roots", False: "nodes_treeids"}
_NODES = "nodes_featureids"


@dataclass
class Skimmed:
    """What a model says: `facts` of its metadata; `versions` of the IR and of each opset.

    trees, nodes: of all its operators of trees; trees is None where they are too many. parts: what
    the bytes are for, by name. features: columns of the last input. dtype: of what comes out.
    """

    facts: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    parts: Counter = field(default_factory=Counter)
    trees: int | None = 0
    nodes: int = 0
    features: int | None = None
    dtype: str | None = None


def skim(data: mmap.mmap) -> Skimmed:
    """Skim the ONNX model in `data`. Raises ValueError, or another error, if it is not one."""
    found = Skimmed()
    for number, value, begin, end in _fields(data, 0, len(data)):
        if number == 1:
            found.versions["IR"] = value
        elif number == 8 and len(found.versions) < _MANY:
            opset = onnx.OperatorSetIdProto.FromString(_short(data, begin, end))
            found.versions[opset.domain or "ai.onnx"] = opset.version
        elif number == 14 and end - begin < _LONG and len(found.facts) < _MANY:
            entry = onnx.StringStringEntryProto.FromString(data[begin:end])
            found.facts[entry.key] = entry.value
        elif number == 7:
            _graph(found, data, begin, end)
    if "IR" not in found.versions:
        raise ValueError("an ONNX model begins with its IR version")
    found.parts["the rest"] = len(data) - sum(found.parts.values())
    return found


def _graph(found: Skimmed, data: mmap.mmap, begin: int, end: int) -> None:
    for inner, _, start, stop in _fields(data, begin, end):
        if inner == 1:
            _node(found, data, start, stop)
        elif inner == 5:
            found.parts["tables and constants"] += stop - start
        elif inner == 11:
            columns = _value(data, start, stop).type.tensor_type
            found.features = (columns.shape.dim[-1].dim_value if columns.shape.dim else 0) or None
        elif inner == 12:
            kind = _value(data, start, stop).type.tensor_type
            found.dtype = {1: "float", 11: "double"}.get(kind.elem_type, found.dtype)


def _short(data: mmap.mmap, begin: int, end: int) -> bytes:
    """The bytes of a message that is a name, or little more."""
    if end - begin > _SHORT:
        raise ValueError("no model has names of such a length")
    return data[begin:end]


def _value(data: mmap.mmap, begin: int, end: int) -> onnx.ValueInfoProto:
    return onnx.ValueInfoProto.FromString(_short(data, begin, end))


def _node(found: Skimmed, data: mmap.mmap, begin: int, end: int, inner: bool = False) -> None:
    """Count a node of trees, or those that an If chooses between."""
    spans, sizes, last, op_type = {}, Counter(), [], b""
    for number, _, start, stop in _fields(data, begin, end):
        if number == 4:
            op_type = data[start : min(stop, start + _SHORT)]
        elif number == 5:
            last = [*last, (start, stop)][-2:]
            _, _, at, to = next(_fields(data, start, stop), (0, 0, 0, 0))  # the name comes first
            name = data[at:to].decode() if to - at < _SHORT else ""
            if name not in sizes and len(sizes) >= _MANY:
                name = ""
            sizes[name] += stop - start
            spans[name] = (to, stop)
    if op_type.startswith(_NEWEST):
        found.parts.update(sizes)
        is_newest = op_type == _NEWEST
        trees = _different(_numbers(data, spans.get(_TREES[is_newest])))
        nodes = sum(part.size for part in _numbers(data, spans.get(_NODES)))
        if is_newest and trees is not None:  # it lists branches only, and equal leaves once
            nodes += nodes + trees
        found.nodes += nodes
        found.trees = None if trees is None or found.trees is None else found.trees + trees
    elif op_type == b"If" and not inner:
        graphs = [part for span in last for part in _fields(data, *span) if part[0] == 6]
        nodes = (part for graph in graphs for part in _fields(data, *graph[2:]) if part[0] == 1)
        for node in nodes:
            _node(found, data, *node[2:], inner=True)


def _different(pieces: Iterator[np.ndarray]) -> int | None:
    """How many different numbers there are; None where there are too many."""
    seen = np.zeros(0, np.uint64)
    for piece in pieces:
        seen = np.union1d(seen, piece)
        if seen.size > _MAX_TREES:
            return None
    return seen.size


def _numbers(data: mmap.mmap, span: tuple[int, int] | None) -> Iterator[np.ndarray]:
    """The `ints` of the AttributeProto with these bytes, packed or not, in pieces."""
    at, end = span or (0, 0)
    while at < end:
        key, start = _varint(data, at)
        if key == 0x42:  # packed
            size, at = _varint(data, start)
            stop = at + size
            while at < min(stop, end):
                found, ends = _varints(data, at, min(stop, end, at + _PIECE))
                yield found
                at = ends[-1]
        elif key == 0x40:  # unpacked: each number has its own key
            found, ends = _varints(data, at, min(end, at + _PIECE))
            others = np.flatnonzero(found[::2] != key)
            count = 2 * int(others[0] if others.size else found.size // 2)
            yield found[1:count:2]
            if others.size:  # no writer goes back
                return
            at = ends[count - 1]
        else:
            *_, at = next(_fields(data, at, end))


def _varints(data: mmap.mmap, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers that are complete in these bytes, uint64 [n], and where each ends."""
    content = np.frombuffer(data[begin:end], np.uint8)
    last = np.flatnonzero(content < 0x80)
    first = np.concatenate([[0], last[:-1] + 1])
    size = last - first + 1
    if not last.size or size.max() > 10:
        raise ValueError("these bytes are no numbers")
    found = np.zeros(last.size, np.uint64)
    for place in range(size.max()):
        more = size > place
        bits = (content[first[more] + place] & 0x7F).astype(np.uint64)
        found[more] |= bits << np.uint64(7 * place)
    return found, begin + 1 + last


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
