"""Rounds the thresholds of a forest to float32: to the nearest, and down."""

from collections.abc import Callable
from copy import deepcopy

import flights
import numpy as np
import oracle
from sklearn.ensemble import RandomForestRegressor
from support.hard_flights import standing


def nearest(threshold: np.ndarray) -> np.ndarray:
    return threshold.astype(np.float32)


# region round
def down(threshold: np.ndarray) -> np.ndarray:
    """The largest float32 that is not above the threshold."""
    near = threshold.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > threshold, below, near)


# endregion round


def rounded(forest, rounding: Callable) -> RandomForestRegressor:
    """The same forest with every threshold rounded."""
    copy = deepcopy(forest)
    for tree in copy.estimators_:
        tree.tree_.threshold[:] = rounding(tree.tree_.threshold)
    return copy


def main(argv: list[str] | None = None) -> None:
    X, X_test, _, _ = flights.split()
    forest = oracle.grow()
    copies = {rounding.__name__: rounded(forest, rounding) for rounding in (nearest, down)}
    for name, rows in {
        "held-out flights": X_test,
        "flights moved onto a threshold": standing(forest, X),
    }.items():
        leaves, minutes = forest.apply(rows), forest.predict(rows)
        stray, off = [], []
        for rounding, copy in copies.items():
            stray.append(f"{(copy.apply(rows) != leaves).any(axis=1).sum():,} by {rounding}")
            off.append(f"{np.abs(copy.predict(rows) - minutes).max():.0f} by {rounding}")
        print(f"change leaf, of {len(rows):,} {name}: {', '.join(stray)}")
    print(f"minutes off at most: {', '.join(off)}")


if __name__ == "__main__":
    main()
