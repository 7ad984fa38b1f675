"""Weighs a model field by field, straight from the bytes of its protobuf."""

from collections import Counter
from collections.abc import Iterator

import flights
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestRegressor

from onnx101.opset import OPSET

LENGTH_DELIMITED = 2
FIXED = {1: 8, 5: 4}  # wire type: bytes


def forest() -> bytes:
    """Ten trees, grown on every 64th flight, as skl2onnx writes them."""
    X, y = flights.load()
    model = RandomForestRegressor(10, random_state=0).fit(X[::64], y[::64])
    return to_onnx(model, X[:1], target_opset=OPSET).SerializeToString()


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that starts at `at`, seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


# region fields
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


# endregion fields


# region weigh
GRAPH, NODE, ATTRIBUTE, NAME = 7, 1, 5, 1  # field numbers in onnx.proto


def weigh(model: bytes) -> Counter:
    sizes = Counter({"all else": len(model)})
    for graph in inside(model, GRAPH):
        for node in inside(graph, NODE):
            for number, size, content in fields(node):
                if number == ATTRIBUTE:
                    (name,) = inside(content, NAME)
                    sizes[name.decode()] += size
                    sizes["all else"] -= size
    return sizes


# endregion weigh


def inside(data: bytes, wanted: int) -> Iterator[bytes]:
    """What each field of the number `wanted` holds."""
    return (content for number, _, content in fields(data) if number == wanted)


SHOWN = 9


def main(argv: list[str] | None = None) -> None:
    model = forest()
    sizes = weigh(model)
    others = sizes.pop("all else")
    largest = sizes.most_common()
    rows = [*largest[:SHOWN], ("all else", others + sum(size for _, size in largest[SHOWN:]))]
    print(f"{'field':<31}{'kB':>7}{'share':>7}")
    for name, size in [*rows, ("the file", len(model))]:
        print(f"{name:<31}{size / 1e3:>7,.0f}{size / len(model):>7.0%}")


if __name__ == "__main__":
    main()
