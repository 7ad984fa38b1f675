"""Streams a whole Pipeline, words and all, and asks which leaf of each tree a flight comes to."""

import pickle
import tempfile
from pathlib import Path

import pandas as pd
from onnxruntime import InferenceSession
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from support.nycflights import flown

import onnx101

WORDS, NUMBERS = ["origin", "dest"], ["sched_dep_time", "month"]


def some_flights() -> pd.DataFrame:
    """Every 60th flight: two words, two numbers and the minutes in the air."""
    return flown().iloc[::60].astype(dict.fromkeys(NUMBERS, float))


def grow(flights: pd.DataFrame) -> Pipeline:
    """A forest behind an encoder of words, trained on columns with names."""
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = make_column_transformer((encoder, WORDS), remainder="passthrough")
    forest = RandomForestRegressor(10, max_leaf_nodes=100, random_state=0)
    return make_pipeline(columns, forest).fit(flights[WORDS + NUMBERS], flights["air_time"])


# region pipeline
def convert(pickled: Path, model: Path, flights: pd.DataFrame):
    onnx101.convert(pickled, model, leaves=True)
    session = InferenceSession(model)
    columns = [given.name for given in session.get_inputs()]
    feed = {name: flights[[name]].to_numpy() for name in columns}
    return session.run(["variable", "leaves"], feed)


# endregion pipeline


def main(argv: list[str] | None = None) -> None:
    flights = some_flights()
    pipeline, asked = grow(flights[::2]), flights[1::2]
    with tempfile.TemporaryDirectory() as folder:
        pickled, model = Path(folder, "pipeline.pkl"), Path(folder, "pipeline.onnx")
        pickled.write_bytes(pickle.dumps(pipeline))
        minutes, leaves = convert(pickled, model, asked)
    columns, forest = pipeline
    known = {"minutes": pipeline.predict(asked)[:, None]}
    known["leaves"] = forest.apply(columns.transform(asked))
    for (name, expected), found in zip(known.items(), (minutes, leaves), strict=True):
        print(f"{name:<9}{found.dtype} {found.shape}, {(found == expected).mean():.0%} equal")


if __name__ == "__main__":
    main()
