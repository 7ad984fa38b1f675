"""Converts a forest three ways and compares each with scikit-learn where it is hardest."""

import tempfile
from functools import partial
from pathlib import Path

import flights
import load
import numpy as np
import oracle
import train

from onnx101 import Comparison, convert, verify

ROWS = 10_000


def skl2onnx(pickled: Path, model: Path) -> None:
    load.save(load.convert(load.load(pickled)), model)


# region ways
WAYS = {
    "skl2onnx": skl2onnx,
    "onnx101, float": partial(convert, dtype="float"),
    "onnx101, double": partial(convert, dtype="double"),
}
# endregion ways


# region compare
def compare(pickled: Path, folder: Path) -> dict[str, Comparison]:
    """Rows stand at thresholds, one ulp beside them, at NaN and at infinity."""
    found = {}
    for way, write in WAYS.items():
        model = folder / f"{way}.onnx"
        write(pickled, model)
        found[way] = verify(pickled, model, rows=ROWS)
    return found


# endregion compare


def digits(number: float) -> str:
    """Two digits, and no exponent."""
    return np.format_float_positional(number, precision=2, fractional=False, trim="-")


def main(argv: list[str] | None = None) -> None:
    X, _, y, _ = flights.split()
    with tempfile.TemporaryDirectory() as folder:
        pickled = Path(folder, "forest.pkl")
        train.save(oracle.grow(X, y), pickled)
        found = compare(pickled, Path(folder))
    print(f"{ROWS:,} rows at the thresholds, NaN and infinity among them\n")
    print(f"{'':<18}{'equal to the bit':>18}{'largest difference':>22}")
    for way, comparison in found.items():
        difference = f"{digits(comparison.absolute)} minutes" if comparison.absolute else "none"
        print(f"{way:<18}{comparison.equal:>18.1%}{difference:>22}")


if __name__ == "__main__":
    main()
