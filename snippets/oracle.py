"""Grows the oracle, a forest small enough for a browser: four trees of at most 3,500 leaves."""

import tempfile
from functools import cache
from pathlib import Path

import flights
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from support import MODELS
from train import save, train

import onnx101

MODEL = MODELS / "oracle.onnx"


@cache
def grow() -> RandomForestRegressor:
    """The forest, grown once and shared."""
    X, _, y, _ = flights.split()
    return train(X, y, trees=4, leaves=3500)


def convert(forest: RandomForestRegressor) -> bytes:
    """The forest as an ONNX file, in float32, which is faster in a browser."""
    # From file to file: saving through the onnx package would unpack the integers.
    with tempfile.TemporaryDirectory() as folder:
        pickled, converted = Path(folder) / "oracle.pkl", Path(folder) / "oracle.onnx"
        save(forest, pickled)
        onnx101.convert(pickled, converted, dtype="float")
        return converted.read_bytes()


def main(argv: list[str] | None = None) -> None:
    _, X_test, _, y_test = flights.split()
    forest = grow()
    model = convert(forest)
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    error = np.abs(forest.predict(X_test) - y_test).mean()
    print(f"{len(forest.estimators_)} trees, {nodes:,} nodes, {len(model) / 1e3:.0f} kB")
    print(f"mean absolute error {error:.1f} minutes")


if __name__ == "__main__":
    main()
