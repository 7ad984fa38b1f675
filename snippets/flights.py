"""Reads the real flights that left New York in 2013: seven numbers in, minutes in the air out."""

from functools import cache

import numpy as np
import pandas as pd
from support.nycflights import airports, flown

# region features
FEATURES = (
    "origin latitude",
    "origin longitude",
    "destination latitude",
    "destination longitude",
    "scheduled hour",
    "great-circle km",
    "day of year",
)
# endregion features

EARTH_RADIUS_KM = 6371.0


def load() -> tuple[np.ndarray, np.ndarray]:
    """X, float32 (319809, 7) in the order of FEATURES, and y, float32 (319809,) in minutes."""
    table, places = flown(), airports()
    date = pd.to_datetime(table[["year", "month", "day"]])
    hour, minute = np.divmod(table["sched_dep_time"].to_numpy(), 100)
    ends = (places.loc[table[end]].to_numpy() for end in ("origin", "dest"))
    X = features(*ends, hour + minute / 60, date.dt.day_of_year.to_numpy())
    return X, table["air_time"].to_numpy(np.float32)


@cache
def split() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X_train, X_test, y_train, y_test, made once: a quarter is held out, always the same one."""
    X, y = load()
    # numpy promises that RandomState's stream never changes.
    test, train = np.split(np.random.RandomState(0).permutation(len(X)), [len(X) // 4])
    return X[train], X[test], y[train], y[test]


def features(origin: np.ndarray, destination: np.ndarray, hour, day) -> np.ndarray:
    """Rows of FEATURES, float32 (n, 7), from (n, 2) degrees, hours and days of the year."""
    lat1, lon1, lat2, lon2 = np.radians(np.hstack([origin, destination])).T
    haversine = np.sin((lat2 - lat1) / 2) ** 2
    haversine += np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(haversine))
    return np.column_stack([origin, destination, hour, km, day]).astype(np.float32)


def main(argv: list[str] | None = None) -> None:
    X, y = load()
    print(f"{len(X):,} flights, each {X.shape[1]} × {X.dtype}")
    for name, column in zip((*FEATURES, "minutes in the air"), (*X.T, y), strict=True):
        print(f"{name:<22}{column.min():>8.2f} to {column.max():>8.2f}")


if __name__ == "__main__":
    main()
