"""Protobuf's wire format, read by hand: https://protobuf.dev/programming-guides/encoding/"""

from collections.abc import Iterator

LENGTH_DELIMITED = 2
FIXED = {1: 8, 5: 4}  # wire type: bytes


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that starts at `at`, seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def fields(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each field in turn: its number, its size in the file, its content."""
    at = 0
    while at < len(data):
        start = at
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == LENGTH_DELIMITED:
            length, at = varint(data, at)
        else:
            length = FIXED.get(wire) or varint(data, at)[1] - at
        yield number, at + length - start, data[at : at + length]
        at += length


def inside(data: bytes, wanted: int) -> Iterator[bytes]:
    """What each field of the number `wanted` holds."""
    return (content for number, _, content in fields(data) if number == wanted)
