"""Gathers what the oracle's map shows: airports, its answers, and real flights beside them."""

import json

import flights
import infer
import network
import numpy as np
import oracle
import pandas as pd
from support import MODELS, ROOT, replacing
from support.nycflights import names

RECORDED = ROOT / "snippets" / "outputs" / "live" / "oracle.json"
SAMPLE = MODELS / "flights.json"
PER_ROUTE = 90  # at most this many real flights per route, to keep the file small
NEAREST = 5


def rows(origin, destination, hour, day) -> np.ndarray:
    """The oracle's input, float32 (n, 7), for airports given by their codes."""
    places = flights.airports()
    hour, day = np.broadcast_to(hour, len(origin)), np.broadcast_to(day, len(origin))
    return flights.features(places.loc[origin], places.loc[destination], hour, day)


def held_out() -> pd.DataFrame:
    """The flights that no model saw, in random order."""
    _, X, _, y = flights.split()
    flown = flights.flown()
    # Two codes may share coordinates: take the one that is flown to.
    known = flights.airports().loc[[*{*flown["origin"], *flown["dest"]}]]
    code = dict(zip(map(tuple, np.float32(known).tolist()), known.index, strict=True))
    origin, destination = (
        [code[tuple(place)] for place in places.tolist()] for places in (X[:, :2], X[:, 2:4])
    )
    return pd.DataFrame(
        {
            "origin": origin,
            "destination": destination,
            "minute": np.rint(X[:, 4] * 60).astype(int),  # scheduled minute of the day
            "day": X[:, 6].astype(int),
            "air_time": y.astype(int),
        }
    )


def airports(table: pd.DataFrame) -> tuple[list[str], list[dict]]:
    """The origins' codes, and every airport with its distance from each, most visited first."""
    origins = sorted(table["origin"].unique())
    visits = table["destination"].value_counts().sort_index()
    codes = [*visits.sort_values(ascending=False, kind="stable").index, *origins]
    places, called = flights.airports(), names()

    def describe(code: str) -> dict:
        km = rows(origins, [code] * len(origins), 0, 0)[
            :, flights.FEATURES.index("great-circle km")
        ]
        lat, lon = short(places.loc[code])
        return {"code": code, "name": called[code], "lat": lat, "lon": lon, "km": short(km)}

    return origins, [describe(code) for code in dict.fromkeys(codes)]


def short(values) -> list[float]:
    """The shortest decimals that give each float32 back, bit for bit."""
    return [float(str(value)) for value in np.float32(values)]


def nearest(table: pd.DataFrame, row: np.ndarray, scale: np.ndarray) -> pd.DataFrame:
    """The real flights most like `row`, with each feature scaled by its standard deviation."""
    X = rows(table["origin"], table["destination"], table["minute"] / 60, table["day"])
    distance = np.linalg.norm((X - row.astype(float)) / scale, axis=1)
    return table.iloc[np.argsort(distance, kind="stable")[:NEAREST]]


def gather() -> tuple[dict, dict]:
    """What the slide shows before it runs the model, and the real flights it compares with."""
    table = held_out()
    origins, places = airports(table)
    table = table.groupby(["origin", "destination"]).head(PER_ROUTE).reset_index(drop=True)
    X, _, _, _ = flights.split()
    scale = X.std(axis=0, dtype=float)

    origin, destination, hour, day = infer.FLIGHT
    hour, day = float(hour), int(day)
    session = infer.open_session(oracle.MODEL)
    codes = [place["code"] for place in places]
    row = rows([origin], [destination], hour, day)
    recorded = {
        "origins": origins,
        "airports": places,
        "hours": {"min": int(table["minute"].min() // 60), "max": int(table["minute"].max() // 60)},
        "days": {"min": int(table["day"].min()), "max": int(table["day"].max())},
        "flight": {"origin": origin, "destination": destination, "hour": hour, "day": day},
        "minutes": short(infer.predict(session, row))[0],
        "network": short(infer.predict(infer.open_session(network.MODEL), row))[0],
        "everywhere": short(infer.predict(session, rows([origin] * len(codes), codes, hour, day))),
        "nearest": nearest(table, row, scale).to_dict("records"),
    }
    index = {code: i for i, code in enumerate(codes)}
    sample = {"scale": scale.tolist()} | {
        name: (column.map(index) if name in ("origin", "destination") else column).tolist()
        for name, column in table.items()
    }
    return recorded, sample


def write() -> None:
    """Write what the slide shows before it runs the model, and the real flights."""
    for path, data in zip((RECORDED, SAMPLE), gather(), strict=True):
        with replacing(path) as beside:
            beside.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
