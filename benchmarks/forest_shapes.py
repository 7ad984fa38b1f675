"""Measures a run of many shapes of forest: its time and its memory, beside skl2onnx and Treelite.

    python benchmarks/forest_shapes.py
    python benchmarks/forest_shapes.py --only "100 trees" --out /tmp/forest_shapes.json

The models of a shape are asked in turns, each time in another order, as each finds the caches as
the one before left them. The least of many times counts, so that other work on the machine says
little: on one thread its CPU time, on two the time that passes. Memory is what the first run adds
to a process that has loaded the model, outputs included. The answers are compared with
scikit-learn's on one thread. At full size the table in onnx101/README.md is renewed.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jobs
import numpy as np
import shape_table
import skl2onnx
import treelite.sklearn
from sklearn import ensemble
from threadpoolctl import threadpool_limits
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "snippets"), str(HERE.parent)]

import measurement
from support import BUILD, ROOT, fail, replacing

import onnx101
from onnx101.opset import OPSET

RECORDED = ROOT / "snippets" / "outputs" / "forest_shapes.json"
README = ROOT / "onnx101" / "README.md"
PACKAGES = ["numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx", "treelite"]
MOST_RUNS, SECONDS = 2000, 0.7  # of each model; of all models of a run together


class Shape(NamedTuple):
    """An estimator, and how it is asked: (rows, threads) of each run. classes: 0 has none."""

    estimator: str
    trees: int
    leaves: int
    columns: int
    runs: tuple[tuple[int, int], ...]
    classes: int = 0


FEW, MANY = ((1, 1), (100, 1)), ((10_000, 1), (10_000, 2))
SHAPES = [
    Shape("RandomForestRegressor", 10, 64, 10, (*FEW, *MANY)),
    Shape("RandomForestRegressor", 100, 64, 10, (*FEW, *MANY)),
    Shape("RandomForestRegressor", 1_000, 64, 10, (*FEW, (1_000, 1))),
    Shape("RandomForestRegressor", 100, 1_000, 10, (*FEW, *MANY)),
    Shape("RandomForestRegressor", 100, 6_000, 10, (*FEW, *MANY)),
    Shape("RandomForestRegressor", 10, 30_000, 10, (*FEW, *MANY)),
    Shape("RandomForestRegressor", 100, 64, 2_853, ((1, 1), (1_000, 1), (1_000, 2))),
    Shape("RandomForestRegressor", 100, 64, 20_000, ((1, 1), (1_000, 1), (1_000, 2))),
    Shape("RandomForestClassifier", 100, 64, 10, (*FEW, *MANY), classes=2),
    Shape("RandomForestClassifier", 100, 64, 10, (*FEW, (10_000, 1)), classes=3),
    Shape("RandomForestClassifier", 300, 64, 10, ((1, 1), (200_000, 1)), classes=4),
    Shape("RandomForestClassifier", 20, 100, 10, ((1, 1), (4_000, 1), (4_000, 2)), classes=500),
    Shape("GradientBoostingRegressor", 100, 8, 10, (*FEW, (10_000, 1))),
    Shape("GradientBoostingClassifier", 100, 8, 10, (*FEW, (10_000, 1)), classes=3),
    Shape("HistGradientBoostingRegressor", 100, 31, 10, (*FEW, (10_000, 1))),
    Shape("IsolationForest", 100, 128, 10, (*FEW, (10_000, 1))),
    Shape("AdaBoostClassifier", 50, 2, 10, (*FEW, (10_000, 1)), classes=2),
]


def title(shape: Shape) -> str:
    """The shape in words."""
    classes = f", {shape.classes} classes" * bool(shape.classes)
    return (
        f"{shape.estimator}, {shape.trees:,} trees of {shape.leaves:,} leaves, "
        f"{shape.columns:,} columns{classes}"
    )


def fitted(shape: Shape, rng: np.random.Generator):
    """A fitted estimator of that shape, and X to ask, float32 [the most rows, columns]."""
    number = max(600, 4 * shape.leaves) if shape.columns < 1000 else 600
    X = rng.normal(size=(number, shape.columns)).astype(np.float32)
    y = X[:, 0] * 3 + np.sin(4 * X[:, 1]) + rng.normal(size=number) / 10
    if shape.classes:
        y = np.argsort(np.argsort(y)) * shape.classes // number
    given = {"n_estimators": shape.trees, "random_state": 0}
    match shape.estimator:
        case "HistGradientBoostingRegressor":
            given = {"max_iter": shape.trees, "max_leaf_nodes": shape.leaves, "random_state": 0}
        case "IsolationForest" | "AdaBoostClassifier":
            pass
        case _:
            given |= {"max_leaf_nodes": shape.leaves, "max_features": "sqrt"}
    with threadpool_limits(1):  # threads that wait for each other, on a machine that is at work
        model = getattr(ensemble, shape.estimator)(**given).fit(X, y)
    most = max(rows for rows, _ in shape.runs)
    return model, rng.normal(size=(most, shape.columns)).astype(np.float32)


def answers(model, X: np.ndarray) -> np.ndarray:
    """What scikit-learn says, on one thread."""
    name = "score_samples" if hasattr(model, "offset_") else "predict_proba"
    return getattr(model, name, model.predict)(X)


def peer(model, columns: int):
    """The model that skl2onnx makes by itself."""
    options = {"zipmap": False} if hasattr(model, "classes_") else {}
    row = np.zeros((1, columns), np.float32)
    targets = {"": OPSET, "ai.onnx.ml": 3}
    return skl2onnx.to_onnx(model, row, options={type(model): options}, target_opset=targets)


class Engine(NamedTuple):
    """What gives the answers: of jobs.py, from a file, to rows of that type."""

    kind: str
    path: Path
    rows: type


def converted(model, shape: Shape, folder: Path) -> dict[str, Engine]:
    """The models of each converter that knows the estimator."""
    found = {}
    exact = np.float64 if shape.estimator.startswith("Hist") else np.float32
    for dtype in ("double", "float"):
        name, path = f"onnx101 {dtype}", folder / f"{dtype}.onnx"
        path.write_bytes(onnx101.to_onnx(model, dtype).SerializeToString())
        found[name] = Engine("onnxruntime", path, exact)
    with contextlib.suppress(Exception):  # whatever it is that it cannot do
        path = folder / "skl2onnx.onnx"
        path.write_bytes(peer(model, shape.columns).SerializeToString())
        found["skl2onnx"] = Engine("onnxruntime", path, np.float32)
    with contextlib.suppress(treelite.TreeliteError):
        path = folder / "treelite.bin"
        treelite.sklearn.import_model(model).serialize(str(path))
        found["treelite"] = Engine("treelite", path, np.float64)
    return found


class Apart:
    """Asks jobs.py, which forks for each run, what the run holds."""

    def __enter__(self) -> "Apart":
        command = [sys.executable, str(HERE / "jobs.py"), "serve"]
        pipe = subprocess.PIPE
        # whoever limits the threads of this process, as Dask does, does not mean the runs
        env = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
        self.server = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env)
        return self

    def __exit__(self, *_) -> None:
        self.server.stdin.close()
        self.server.stdout.close()
        self.server.wait()

    def held(self, engine: Engine, rows: Path, threads: int) -> int:
        """Bytes that the first run holds at most beyond the loaded model."""
        job = {"engine": engine.kind, "model": engine.path, "rows": rows, "threads": threads}
        print(json.dumps(job, default=str), file=self.server.stdin, flush=True)
        told = self.server.stdout.readline()
        if not told:
            fail(f"a run of {engine.path.name} failed")
        return int(told)


def measure(shape: Shape, folder: Path, apart: Apart) -> dict:
    """Everything about one shape; its files go to `folder`."""
    model, X = fitted(shape, np.random.default_rng(0))
    engines = converted(model, shape, folder)
    expected = answers(model, X)
    given = {}
    for kind in {engine.rows for engine in engines.values()}:
        given[kind] = X.astype(kind)
    runs = []
    for rows, threads in shape.runs:
        asked = {name: given[engine.rows][:rows] for name, engine in engines.items()}
        asks = {
            name: jobs.ENGINES[engine.kind](str(engine.path), threads)
            for name, engine in engines.items()
        }
        said = asks["onnx101 double"](asked["onnx101 double"])
        seconds = least(asks, asked, time.thread_time if threads == 1 else time.perf_counter)
        equal = float(np.mean(said.ravel() == expected[:rows].ravel()))
        runs.append({"rows": rows, "threads": threads, "equal": equal, "engines": {}})
        for name, engine in engines.items():
            np.save(folder / "rows.npy", asked[name])
            held = apart.held(engine, folder / "rows.npy", threads)
            runs[-1]["engines"][name] = {"seconds": seconds[name], "bytes": held}
    facts = shape._asdict() | {"title": title(shape), "runs": runs}
    return facts | {"nodes": onnx101.info(engines["onnx101 double"].path).nodes}


def least(asks: dict[str, Callable], given: dict, clock: Callable[[], float]) -> dict[str, float]:
    """The least seconds of a call of each, asked in turns."""
    found, began, runs = dict.fromkeys(asks, np.inf), time.perf_counter(), 0
    names, rng = [*asks], np.random.default_rng(0)
    while not runs or (runs < MOST_RUNS and time.perf_counter() - began < SECONDS):
        rng.shuffle(names)
        for name in names:
            start = clock()
            asks[name](given[name])
            found[name] = min(found[name], clock() - start)
        runs += 1
    return found


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="part of the shape's title")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(argv)
    chosen = [shape for shape in SHAPES if options.only in title(shape)]
    if not chosen:
        parser.error(f"--only {options.only!r} is in no title, such as {title(SHAPES[0])!r}")
    whole = len(chosen) == len(SHAPES)
    BUILD.mkdir(exist_ok=True)
    out = options.out or (RECORDED if whole else BUILD / RECORDED.name)
    with (
        replacing(out) as beside,
        tempfile.TemporaryDirectory(dir=BUILD) as folder,
        Apart() as apart,
    ):
        found = [measure(shape, Path(folder), apart) for shape in tqdm(chosen, disable=None)]
        facts = {"load_average": round(os.getloadavg()[0], 1), "shapes": found}
        measurement.write(beside, facts, PACKAGES)
    if out == RECORDED:
        recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
        README.write_text(shape_table.renewed(README.read_text("utf-8"), recorded), "utf-8")
    print(shape_table.table(found))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
