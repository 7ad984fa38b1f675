"""The command line of `infer.py`: a model, a flight or rows, and what can be wrong with them."""

import argparse
from collections.abc import Callable
from pathlib import Path

import flights
import numpy as np
import pandas as pd

from support import fail, first_line


def asked(argv: list[str] | None, about: str) -> argparse.Namespace:
    """model, flight and rows, each None where the command line does not name it."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("model", type=Path, nargs="?", help="without one, the oracle answers")
    ask = parser.add_mutually_exclusive_group()
    ask.add_argument("--flight", nargs=4, metavar=("ORIGIN", "DESTINATION", "HOUR", "DAY"))
    ask.add_argument("--rows", type=Path, metavar="CSV", help="seven numbers a line, no header")
    return parser.parse_args(argv)


def checked(open_session: Callable, model: Path):
    """The session of a model that takes X: float32 (n, 7) and gives one output."""
    try:
        model.open("rb").close()
        session = open_session(model)
    except OSError as error:
        fail(f"cannot read {model}: {error.strerror}; name an ONNX file")
    except Exception as error:  # the runtime's errors share no other class
        fail(f"{model} is not a model that onnxruntime runs: {first_line(error)}")
    inputs = [(node.name, node.type, node.shape[1:]) for node in session.get_inputs()]
    if (
        inputs != [("X", "tensor(float)", [len(flights.FEATURES)])]
        or len(session.get_outputs()) > 1
    ):
        takes = ", ".join(f"{name}: {kind} [n, *{shape}]" for name, kind, shape in inputs)
        fail(f"{model} takes {takes}; flights are X: tensor(float) [n, 7]")
    return session


def one(origin: str, destination: str, hour: str, day: str) -> np.ndarray:
    """The row, float32 (1, 7), of one flight as it was typed."""
    places = flights.airports()
    for code in (origin, destination):
        if code not in places.index:
            fail(f"no airport {code} in the data; give three letters, such as JFK")
    try:
        when = float(hour), float(day)
    except ValueError:
        when = np.nan, np.nan
    if not (0 <= when[0] < 24 and 1 <= when[1] <= 366):
        fail(f"hour {hour}, day {day}: give an hour such as 18.5 and a day from 1 to 366")
    return flights.features(places.loc[[origin]], places.loc[[destination]], *when)


def many(path: Path) -> np.ndarray:
    """The rows, float32 (n, 7), of a CSV file without a header."""
    try:
        with np.errstate(over="ignore"):
            rows = pd.read_csv(path, header=None).to_numpy(np.float32)
    except OSError as error:
        fail(f"cannot read {path}: {error.strerror}; name a CSV file")
    except ValueError as error:
        fail(f"{path} is not rows of numbers: {first_line(error)}")
    if rows.shape[1] != len(flights.FEATURES):
        fail(f"{path} has {rows.shape[1]} numbers a row; give 7: {', '.join(flights.FEATURES)}")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        fail(f"{path}, row {finite.argmin() + 1}: a number is missing, NaN or infinite")
    return rows
