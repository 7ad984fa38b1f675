"""Runs models in the onnxruntimes that they are for, really installed, and compares every bit.

    python benchmarks/targets.py
    python benchmarks/targets.py --releases 1.15.1

Each release goes into a folder that is thrown away. A model for `onnxruntime==1.15` is asked in
every release, the usual one in those from 1.21 on. Needs the network.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import compose, ensemble, impute, pipeline, preprocessing, tree

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "snippets"))

import measurement
import throwaway
from support import ROOT, replacing

import onnx101

RELEASES = ["1.15.1", "1.17.3", "1.20.1", "1.21.1", "1.26.0", "1.32.0"]
NEWER = (1, 21)
ROWS = (3, 200, 400)
ASK = """
import json, sys, numpy, onnxruntime
for job in json.load(open(sys.argv[1])):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job["threads"]
    session = onnxruntime.InferenceSession(job["model"], options)
    kinds = {"tensor(double)": "d", "tensor(float)": "f", "tensor(string)": object}
    rows = numpy.load(job["rows"])
    feed = {
        one.name: rows[one.name][:job["number"]].astype(kinds[one.type])
        for one in session.get_inputs()
    }
    numpy.save(job["answers"], session.run(None, feed)[-1])
"""


def estimators() -> dict[str, tuple]:
    """Fitted estimators, each with what to feed, NaN included, and what scikit-learn answers."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5)).astype(np.float32)
    y = X[:, 0] * 3 + np.sin(4 * X[:, 1])
    two, three = (y > 0).astype(int), np.digitize(y, [-1, 1])
    few = {"n_estimators": 20, "random_state": 0}
    models = [
        (ensemble.RandomForestRegressor(**few), y),
        (ensemble.RandomForestClassifier(**few), two),
        (ensemble.RandomForestClassifier(max_depth=4, **few), three),
        (ensemble.ExtraTreesClassifier(max_depth=4, **few), two),
        (ensemble.HistGradientBoostingRegressor(max_iter=20), y),
        (ensemble.GradientBoostingRegressor(n_estimators=20), y),
        (tree.DecisionTreeRegressor(random_state=0), y),
    ]
    found = {}
    for number, (model, target) in enumerate(models):
        model.fit(X, target)
        rows = X.copy()
        if not isinstance(model, ensemble.GradientBoostingRegressor):
            rows[rng.random(X.shape) < 0.1] = np.nan
        predict = getattr(model, "predict_proba", model.predict)
        found[f"{number} {type(model).__name__}"] = model, {"X": rows}, predict(rows)
    return found | {f"{len(found)} Pipeline": of_a_frame(X, y)}


def of_a_frame(X: np.ndarray, y: np.ndarray) -> tuple:
    """A Pipeline over columns of numbers and text, with what is missing or was never seen."""
    frame = pd.DataFrame(X, columns=[*"abcde"])
    frame["few"] = np.digitize(X[:, 2], [-1, 0, 1]) * 2.5
    frame["text"] = np.array(["no", "yes", "perhaps"], dtype=object)[np.digitize(X[:, 3], [0, 1])]
    frame.loc[::7, ["a", "few", "text"]] = None, None, None
    ordinal = preprocessing.OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    )
    text = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="most_frequent"),
        preprocessing.OneHotEncoder(handle_unknown="ignore"),
    )
    numbers = pipeline.make_pipeline(
        impute.SimpleImputer(add_indicator=True), preprocessing.StandardScaler()
    )
    head = compose.make_column_transformer(
        (numbers, ["a", "b"]), (ordinal, ["few"]), (text, ["text"]), remainder="passthrough"
    )
    model = pipeline.make_pipeline(head, ensemble.RandomForestRegressor(20, random_state=0))
    model.fit(frame, y)
    frame.loc[1::7, ["few", "text"]] = 99.0, "never"
    feed = {name: frame[[name]].to_numpy() for name in frame}
    feed["text"] = frame[["text"]].fillna("").to_numpy(str)
    return model, feed, model.predict(frame)


def write(folder: Path) -> list[dict]:
    """Write every model and its rows; return what to ask, and what scikit-learn answers."""
    jobs = []
    for name, (model, rows, expected) in estimators().items():
        np.savez(folder / f"{name}.npz", **rows)
        for target in ("onnxruntime==1.15", None):
            for dtype in ("double", "float"):
                title = f"{name}, {dtype}, {target or 'newest'}"
                path = folder / f"{title}.onnx"
                proto = onnx101.to_onnx(model, dtype, target=target)
                path.write_bytes(proto.SerializeToString())
                job = {"title": title, "model": str(path), "rows": str(folder / f"{name}.npz")}
                for number, threads in zip(ROWS, (1, 2, 2), strict=True):
                    more = {"number": number, "threads": threads, "newer": target is None}
                    jobs.append(job | more | {"expected": expected[:number]})
    return jobs


def measure(release: str, folder: Path, jobs: list[dict]) -> dict:
    """How many rows of each model are equal in every bit, and the largest difference."""
    name, found = f"onnxruntime {release}", {}
    numpy = "numpy<2" if release < "1.19" else "numpy"  # one that it can use
    packages = (numpy, f"onnxruntime=={release}")
    place = throwaway.install(name, folder / release, *packages, alone=True)
    newer = tuple(map(int, release.split(".")[:2])) >= NEWER
    asked = [job for job in jobs if newer or not job["newer"]]
    told = [
        {key: value for key, value in job.items() if key != "expected"}
        | {"answers": str(place / f"{number}.npy")}
        for number, job in enumerate(asked)
    ]
    (place / "jobs.json").write_text(json.dumps(told))
    throwaway.run(name, place, ASK, place / "jobs.json")
    for number, job in enumerate(asked):
        answers = np.load(place / f"{number}.npy")
        expected = job["expected"].reshape(answers.shape)
        one = found.setdefault(job["title"], {"equal": 1.0, "largest_difference": 0.0})
        apart = float(np.abs(answers - expected).max() / np.abs(expected).max())
        one["equal"] = min(one["equal"], float(np.mean(answers == expected)))
        one["largest_difference"] = max(one["largest_difference"], apart)
    return {"release": release, "models": found}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--releases", type=lambda text: text.split(","), default=RELEASES)
    parser.add_argument("--out", type=Path, default=ROOT / "snippets" / "outputs" / "targets.json")
    options = parser.parse_args(argv)
    with replacing(options.out) as out, tempfile.TemporaryDirectory() as folder:
        jobs = write(Path(folder))
        releases = [measure(release, Path(folder), jobs) for release in options.releases]
        measurement.write(out, {"releases": releases}, ["numpy", "onnx", "scikit-learn"])
    for release in releases:
        found = release["models"]
        exact = sum(one["equal"] == 1 for name, one in found.items() if "double" in name)
        apart = max(one["largest_difference"] for name, one in found.items() if "float" in name)
        print(
            f"onnxruntime {release['release']}: {exact} of {len(found) // 2} models equal in every "
            f"bit; in float within {apart:.1e} of the largest answer"
        )


if __name__ == "__main__":
    main()
