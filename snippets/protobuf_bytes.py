"""Weighs a model field by field, straight from the bytes of its protobuf."""

from collections import Counter

import flights
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestRegressor
from support.protobuf import fields, inside

from onnx101.opset import OPSET

GRAPH, NODE, ATTRIBUTE, NAME = 7, 1, 5, 1  # field numbers in onnx.proto
SHOWN = 9


def forest() -> bytes:
    """Ten trees, grown on every 64th flight, as skl2onnx writes them."""
    X, y = flights.load()
    model = RandomForestRegressor(10, random_state=0).fit(X[::64], y[::64])
    return to_onnx(model, X[:1], target_opset=OPSET).SerializeToString()


def weigh(model: bytes) -> Counter:
    """Bytes in the file by the name of the attribute that they belong to."""
    sizes = Counter({"all else": len(model)})
    for graph in inside(model, GRAPH):
        for node in inside(graph, NODE):
            for number, size, content in fields(node):
                if number == ATTRIBUTE:
                    (name,) = inside(content, NAME)
                    sizes[name.decode()] += size
                    sizes["all else"] -= size
    return sizes


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
