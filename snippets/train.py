"""Grows Nostradamus, a random forest that foretells the minutes a flight spends in the air."""

import pickle
import sys
from pathlib import Path

import flights
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from support import about, replacing
from support.growing import growing


def train(X, y, trees: int, leaves: int | None = None) -> RandomForestRegressor:
    """The same seed grows the same forest, on any number of cores."""
    forest = RandomForestRegressor(trees, max_leaf_nodes=leaves, random_state=0, n_jobs=-1)
    forest.set_params(verbose=sys.stderr.isatty()).fit(X, y)
    # These two are settings of this machine, not of the model.
    return forest.set_params(n_jobs=None, verbose=0)


def baselines(X, y, X_new) -> tuple[np.ndarray, np.ndarray]:
    """What to beat: the mean of all flights, and the mean for the distance."""
    everywhere = np.full(len(X_new), y.mean(dtype=float))
    km = flights.FEATURES.index("great-circle km")
    distances, which = np.unique(X[:, km], return_inverse=True)
    means = np.bincount(which, y) / np.bincount(which)
    return everywhere, np.interp(X_new[:, km], distances, means)


def save(forest: RandomForestRegressor, path: Path) -> None:
    with path.open("wb") as file:
        pickle.dump(forest, file, protocol=5)


def main(argv: list[str] | None = None) -> None:
    args = growing(argv, __doc__)
    X, X_test, y, y_test = flights.split()
    print(f"{len(X):,} flights to learn from, {len(X_test):,} held out")
    with replacing(args.pickle) as beside:  # first: a bad path should fail before the training
        forest = train(X, y, args.trees, args.leaves)
        save(forest, beside)
        size = beside.stat().st_size

    mean, by_distance = baselines(X, y, X_test)
    print("mean absolute error, minutes in the air:")
    for name, guess in {
        "the mean of all flights": mean,
        "the mean for the distance": by_distance,
        "Nostradamus": forest.predict(X_test),
    }.items():
        print(f"  {name:<26}{np.abs(guess - y_test).mean():>5.1f}")
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    print(f"{args.trees} trees, about {about(nodes)} nodes, {about(size / 1e6)} MB")


if __name__ == "__main__":
    main()
