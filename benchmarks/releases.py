"""Asks the same two classifiers, files that never change, of several releases of onnxruntime.

    python benchmarks/releases.py
    python benchmarks/releases.py --releases 1.25.1,1.26.0

Each release is installed into a folder of its own, which is thrown away: this needs the network.
The answers are compared with scikit-learn's. In 1.26.0 the old tree operators are wrong:
https://github.com/microsoft/onnxruntime/issues/28557
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "snippets"), str(HERE.parent)]

import measurement
import throwaway
from support import BUILD, ROOT, fail, replacing

RELEASES = ["1.25.1", "1.26.0", "1.27.0", "1.28.0", "1.32.0"]
LONG = 150  # minutes: the question is whether a flight takes longer
TRAINED, ROWS = 20_000, 10_000
TREES, DEPTH = 20, 8
WAYS = ("skl2onnx", "onnx101")
PACKAGES = ["numpy", "onnx", "scikit-learn", "skl2onnx"]
ASK = """
import sys, numpy, onnxruntime
release, model, rows, answers = sys.argv[1:]
assert onnxruntime.__version__ == release, onnxruntime.__version__
label, share = onnxruntime.InferenceSession(model).run(None, {"X": numpy.load(rows)})
numpy.savez(answers, label=label, share=share)
"""


def models(folder: Path) -> dict:
    """The two files, the rows to ask, and what scikit-learn answers for them."""
    import flights
    import train
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.ensemble import RandomForestClassifier

    import onnx101
    from onnx101.opset import IR_VERSION, ML_OPSET, OPSET

    X, X_test, y, _ = flights.split()
    forest = RandomForestClassifier(TREES, max_depth=DEPTH, random_state=0)
    forest.fit(X[:TRAINED], y[:TRAINED] > LONG)
    converted = to_onnx(
        forest,
        initial_types=[("X", FloatTensorType([None, X.shape[1]]))],
        target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
        options={"zipmap": False},
    )
    converted.ir_version = IR_VERSION
    (folder / "skl2onnx.onnx").write_bytes(converted.SerializeToString())
    train.save(forest, folder / "forest.pkl")
    onnx101.convert(folder / "forest.pkl", folder / "onnx101.onnx")
    rows = X_test[:ROWS]
    np.save(folder / "rows.npy", rows)
    return {"label": forest.predict(rows), "share": forest.predict_proba(rows)}


def ask(release: str, folder: Path, expected: dict) -> dict:
    """How far the release's answers are scikit-learn's, by the converter of the file."""
    name = f"onnxruntime {release}"
    place = throwaway.install(name, folder / name, f"onnxruntime=={release}")
    found = {}
    for way in WAYS:
        answers = folder / f"{release}-{way}.npz"
        given = [release, folder / f"{way}.onnx", folder / "rows.npy", answers]
        throwaway.run(name, place, ASK, *given)
        with np.load(answers) as said:
            found[way] = {
                "labels_equal": float(np.mean(said["label"] == expected["label"])),
                "largest_difference": float(np.abs(said["share"] - expected["share"]).max()),
            }
    return {"release": release, **found}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--releases", type=lambda text: text.split(","), default=RELEASES)
    parser.add_argument("--out", type=Path, default=ROOT / "snippets" / "outputs" / "releases.json")
    options = parser.parse_args(argv)
    BUILD.mkdir(exist_ok=True)
    with replacing(options.out) as beside, tempfile.TemporaryDirectory(dir=BUILD) as folder:
        expected = models(Path(folder))
        releases = [ask(release, Path(folder), expected) for release in options.releases]
        facts = {"rows": ROWS, "trees": TREES, "depth": DEPTH, "releases": releases}
        measurement.write(beside, facts, PACKAGES)
    heads = ("skl2onnx: labels", "shares", "onnx101: labels", "shares")
    print("onnxruntime   " + "".join(f"{head:>17}" for head in heads))
    for found in releases:
        cells = [found["release"].ljust(14)]
        for way in WAYS:
            cells.append(f"{found[way]['labels_equal']:>17.2%}")
            cells.append(f"{found[way]['largest_difference']:>17.1g}")
        print("".join(cells))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
