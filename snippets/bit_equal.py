"""Converts a forest three ways and compares each with scikit-learn on the hardest rows."""

import tempfile
from functools import partial
from importlib.metadata import version
from pathlib import Path

import flights
import infer
import load
import numpy as np
import oracle
import train
from float32 import standing
from sklearn.ensemble import RandomForestRegressor

from onnx101 import convert

LATITUDE = flights.FEATURES.index("destination latitude")


def skl2onnx(pickled: Path, model: Path) -> None:
    load.save(load.convert(load.load(pickled)), model)


WAYS = {
    f"skl2onnx {version('skl2onnx')}": skl2onnx,
    "onnx101, float": partial(convert, dtype="float"),
    "onnx101, double": partial(convert, dtype="double"),
}


def hardest(forest: RandomForestRegressor, X: np.ndarray) -> dict[str, np.ndarray]:
    """Flights, float32 (n, 7), by what makes them hard."""
    on = standing(forest, X)
    unknown = on.copy()
    unknown[:, LATITUDE] = np.nan
    return {"on a threshold": on, "one step above": np.nextafter(on, np.inf), "NaN in it": unknown}


def compare(model: Path, rows: np.ndarray, expected: np.ndarray):
    """The model's minutes, and which have every bit of scikit-learn's."""
    minutes = infer.predict(infer.open_session(model), rows)
    bits = f"int{8 * minutes.itemsize}"  # 64, or the 32 of a float model
    expected = expected.astype(minutes.dtype)
    return minutes, minutes.view(bits) == expected.view(bits)


def print_row(name: str, cells: list[str]) -> None:
    print(f"{name:<18}" + "".join(f"{cell:>17}" for cell in cells))


def main(argv: list[str] | None = None) -> None:
    X, _, y, _ = flights.split()
    forest = oracle.grow(X, y)
    kinds = hardest(forest, X)
    expected = {kind: forest.predict(rows) for kind, rows in kinds.items()}
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        pickled, model = Path(folder, "forest.pkl"), Path(folder, "forest.onnx")
        train.save(forest, pickled)
        for way, write in WAYS.items():
            write(pickled, model)
            found[way] = {kind: compare(model, kinds[kind], expected[kind]) for kind in kinds}

    # Of each kind, the flight that skl2onnx misses by most.
    missed = next(iter(found.values()))
    shown = {kind: np.abs(missed[kind][0] - expected[kind]).argmax() for kind in kinds}
    print_row("minutes", list(kinds))
    print_row("scikit-learn", [f"{expected[kind][at]:.7f}" for kind, at in shown.items()])
    for way, by_kind in found.items():
        print_row(way, [f"{by_kind[kind][0][at]:.7f}" for kind, at in shown.items()])
    print_row("\nequal to the bit", [f"of {len(rows):,}" for rows in kinds.values()])
    for way, by_kind in found.items():
        print_row(way, [f"{by_kind[kind][1].mean():.1%}" for kind in kinds])


if __name__ == "__main__":
    main()
