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
from support import row
from support.hard_flights import hardest

from onnx101 import convert

WAYS = {
    f"skl2onnx {version('skl2onnx')}": lambda pickled, model: load.save(
        load.convert(load.load(pickled)), model
    ),
    "onnx101, float": partial(convert, dtype="float"),
    "onnx101, double": partial(convert, dtype="double"),
}


def compare(model: Path, rows: np.ndarray, expected: np.ndarray):
    """The model's minutes, and which have every bit of scikit-learn's."""
    minutes = infer.predict(infer.open_session(model), rows)
    bits = f"int{8 * minutes.itemsize}"  # 64, or the 32 of a float model
    return minutes, minutes.view(bits) == expected.astype(minutes.dtype).view(bits)


def main(argv: list[str] | None = None) -> None:
    X, _, _, _ = flights.split()
    forest = oracle.grow()
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
    print(row("minutes", list(kinds), 18, 17))
    print(row("scikit-learn", [f"{expected[kind][at]:.7f}" for kind, at in shown.items()], 18, 17))
    for way, by_kind in found.items():
        print(row(way, [f"{by_kind[kind][0][at]:.7f}" for kind, at in shown.items()], 18, 17))
    print(row("\nequal to the bit", [f"of {len(rows):,}" for rows in kinds.values()], 18, 17))
    for way, by_kind in found.items():
        print(row(way, [f"{by_kind[kind][1].mean():.1%}" for kind in kinds], 18, 17))


if __name__ == "__main__":
    main()
