"""Grows the oracle, a forest small enough for a browser: few trees, each as deep as it likes."""

import flights
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from support import MODELS
from train import train

MODEL = MODELS / "oracle.onnx"


# region grow
def grow(X: np.ndarray, y: np.ndarray) -> RandomForestRegressor:
    return train(X, y, trees=4, leaves=3500)


# endregion grow


def main(argv: list[str] | None = None) -> None:
    X, X_test, y, y_test = flights.split()
    forest = grow(X, y)
    error = np.abs(forest.predict(X_test) - y_test).mean()
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    print(f"{len(forest.estimators_)} trees, {nodes:,} nodes: {error:.1f} minutes off")


if __name__ == "__main__":
    main()
