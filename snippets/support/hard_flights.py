"""Flights at which a converted forest goes wrong first."""

import flights
import numpy as np
from sklearn.ensemble import RandomForestRegressor

LATITUDE = flights.FEATURES.index("destination latitude")


def standing(forest: RandomForestRegressor, X: np.ndarray) -> np.ndarray:
    """For each split of each tree, a flight that reaches it, moved onto its threshold."""
    rows = []
    for tree in forest.estimators_:
        asked = tree.decision_path(X).tocsc()
        question = np.flatnonzero(tree.tree_.feature >= 0)
        moved = X[asked.indices[asked.indptr[question]]]
        feature, threshold = tree.tree_.feature[question], tree.tree_.threshold[question]
        moved[np.arange(len(question)), feature] = threshold
        rows.append(moved)
    return np.concatenate(rows)


def hardest(forest: RandomForestRegressor, X: np.ndarray) -> dict[str, np.ndarray]:
    """Flights, float32 (n, 7), by what makes them hard."""
    on = standing(forest, X)
    unknown = on.copy()
    unknown[:, LATITUDE] = np.nan
    return {"on a threshold": on, "one step above": np.nextafter(on, np.inf), "NaN in it": unknown}
