"""Protobuf by hand, for the few messages that hold the bulk of a model.

The onnx package would build one Python object per number. Field numbers are those of `onnx.proto`:
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

import numpy as np

_LENGTH_DELIMITED = 2
# AttributeProto.AttributeType
_INT, _TENSOR, _GRAPH, _FLOATS, _INTS, _STRINGS = 2, 4, 5, 6, 7, 8
# Continuation bits and used bytes of a four-byte varint, by how many bytes follow the first.
_CONTINUED = np.array([0, 0x80, 0x8080, 0x808080], dtype="<u4")
_IN_USE = np.array([0x1, 0x101, 0x10101, 0x1010101], dtype="<u4")
_ELEMENT_TYPES = {"float32": 1, "uint8": 2, "int32": 6, "float64": 11}  # TensorProto.DataType


def varint(value: int) -> bytes:
    """A non-negative integer, seven bits a byte, low bits first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, payload: bytes) -> bytes:
    """A length-delimited field: a string, bytes, or a message already serialised."""
    return header(number, len(payload)) + payload


def header(number: int, size: int) -> bytes:
    """The key and length before a length-delimited field of `size` bytes."""
    return varint(number << 3 | _LENGTH_DELIMITED) + varint(size)


def integer(number: int, value: int) -> bytes:
    """A varint field."""
    return varint(number << 3) + varint(value)


def packed(values: np.ndarray) -> bytes:
    """Non-negative integers below 2**28 as varints, back to back.

    Spreads each value over four bytes, seven bits in each, sets the continuation bits and keeps
    the bytes that are in use; by their numbers, since a mask is slower where it changes often.
    """
    if values.size == 0 or values.max() < 1 << 7:
        return values.astype(np.uint8).tobytes()
    wide = values.astype(np.uint32)
    more = np.zeros(values.size, dtype=np.uint8)
    for bit in (7, 15, 23):  # the continuation bit that all from there on make room for
        above = np.uint32(2**32 - (1 << bit))
        more += wide >= 1 << bit
        wide += wide & above
    wide |= _CONTINUED.take(more)
    used = np.flatnonzero(_IN_USE.take(more).view(bool))
    return wide.astype("<u4", copy=False).view(np.uint8).take(used).tobytes()


def int_attribute(name: str, value: int) -> bytes:
    """An INT attribute of a NodeProto."""
    return field(5, field(1, name.encode()) + integer(3, value) + integer(20, _INT))


def ints(name: str, values: np.ndarray) -> bytes:
    """An INTS attribute of a NodeProto, in the packed form: 3 bytes a node less than declared."""
    return field(5, field(1, name.encode()) + field(8, packed(values)) + integer(20, _INTS))


def tensor(name: str, values: np.ndarray) -> bytes:
    """A TENSOR attribute of a NodeProto."""
    return field(5, field(1, name.encode()) + field(5, tensor_proto(values)) + integer(20, _TENSOR))


def floats(name: str, values: np.ndarray) -> bytes:
    """A FLOATS attribute of a NodeProto, in the packed form."""
    raw = values.astype("<f4").tobytes()
    return field(5, field(1, name.encode()) + field(7, raw) + integer(20, _FLOATS))


def strings(name: str, *runs: tuple[str, int]) -> bytes:
    """A STRINGS attribute of a NodeProto: each string as often as the number beside it."""
    content = b"".join(field(9, text.encode()) * times for text, times in runs)
    return field(5, field(1, name.encode()) + content + integer(20, _STRINGS))


def graph(name: str, content: bytes) -> bytes:
    """A GRAPH attribute of a NodeProto."""
    return field(5, field(1, name.encode()) + field(6, content) + integer(20, _GRAPH))


def tensor_proto(values: np.ndarray, name: str = "") -> bytes:
    """A TensorProto with raw data, little-endian."""
    dims = b"".join(integer(1, size) for size in values.shape)
    label = field(8, name.encode()) if name else b""
    raw = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    return dims + integer(2, _ELEMENT_TYPES[values.dtype.name]) + label + field(9, raw)


def node(
    op_type: str, source: str, output: str, attributes: list[bytes], domain: str = "ai.onnx.ml"
) -> bytes:
    """A NodeProto with one input and one output."""
    names = field(1, source.encode()) + field(2, output.encode())
    home = field(7, domain.encode()) if domain else b""
    return names + field(4, op_type.encode()) + home + b"".join(attributes)
