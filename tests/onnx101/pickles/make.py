"""Write small forests with past versions of scikit-learn, and what each version predicted.

    python tests/onnx101/pickles/make.py

`uv` installs each version in its own throwaway environment. The result is one
`<version>.npz` per version, and `imblearn-<version>.npz` for imbalanced-learn. Its arrays, for each
model `<name>`:

    <name>/<format>    uint8    the file, as that version wrote it
    <name>/rows        float32  [N, F], many at thresholds, one ulp away from them, or NaN
    <name>/predict     float64, int64 or text   [N] or [N, outputs]
    <name>/proba/<k>   float64  [N, classes of output k], for classifiers
"""

import importlib.util
import io
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np

HERE = Path(__file__).parent
ENVIRONMENTS = [  # each with libraries of the same age
    ("scikit-learn==1.2.2", "numpy<1.25", "scipy<1.11", "joblib==1.1.1"),
    ("scikit-learn==1.3.2", "numpy<1.27", "scipy<1.12", "joblib==1.2.0"),
    ("scikit-learn==1.4.2", "numpy<2", "scipy<1.14", "joblib==1.3.2"),
    ("scikit-learn==1.5.2", "numpy<2.1", "joblib==1.4.2"),
    ("scikit-learn==1.6.1", "numpy<2.3"),
    ("scikit-learn==1.7.2", "numpy<2.4"),
    ("scikit-learn==1.8.0",),
    ("scikit-learn==1.9.1",),
    ("imbalanced-learn==0.14.2", "scikit-learn==1.9.1"),
]
PROTOCOLS = [f"protocol{number}" for number in range(2, 6)]
COMPRESSIONS = ["zlib", "gzip", "bz2", "lzma", "xz", "lz4"]
FORMATS = [*PROTOCOLS, "joblib", *(f"joblib-{name}" for name in COMPRESSIONS)]


def main() -> None:
    if sys.argv[1:] == ["here"]:
        write_here()
        return
    for packages in ENVIRONMENTS:
        wanted = [part for package in (*packages, "lz4") for part in ("--with", package)]
        uv = ["uv", "run", "--quiet", "--no-project", "--isolated", "--python", "3.11"]
        subprocess.run([*uv, *wanted, "python", __file__, "here"], check=True)


def write_here() -> None:
    """Train with the scikit-learn of this environment and write its .npz."""
    import sklearn

    arrays, table, version = {}, models(), sklearn.__version__
    if importlib.util.find_spec("imblearn"):
        table, version = balanced()
    for turn, (name, (model, X, y)) in enumerate(table.items()):
        model.fit(X, y)
        formats = FORMATS if name == "forest" else [FORMATS[turn % len(FORMATS)]]
        for form in formats:
            arrays[f"{name}/{form}"] = np.frombuffer(dump(model, form), np.uint8)
        arrays |= {f"{name}/{key}": value for key, value in answers(model, rows(model, X)).items()}
    path = HERE / f"{version}.npz"
    np.savez_compressed(path, **arrays)
    print(f"{path.name}: {path.stat().st_size:,} bytes, {len(table)} models", flush=True)


def models() -> dict:
    """Every kind of estimator, as (unfitted model, X, y) by name."""
    from sklearn import ensemble, tree

    rng = np.random.default_rng(4)
    X = rng.integers(0, 12, (90, 4)).astype(np.float32)
    X[:, 1:] *= rng.normal(size=(90, 3))  # midpoints that float32 cannot hold
    y = X[:, 0] * 3.7 - X[:, 1] ** 2 / 7 + X[:, 3]
    pair = np.c_[y, X[:, 2] - y / 3]
    three = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3])) * 5 - 4  # classes -4, 1, 6
    words = np.array(["early", "late", "on time"])[(three + 4) // 5]
    objects = words.astype(object)  # as pandas hands them over
    two = np.c_[three, X[:, 2] > 5]
    holes = np.where(rng.random(X.shape) < 0.15, np.float32(np.nan), X)

    forest = {"n_estimators": 3, "max_depth": 4, "random_state": 1}
    single = {"max_depth": 4, "random_state": 1}
    boosting = {"n_estimators": 3, "max_depth": 2, "random_state": 1}
    histogram = {"max_iter": 3, "max_leaf_nodes": 4, "min_samples_leaf": 5, "random_state": 1}
    table = {
        "forest": (ensemble.RandomForestRegressor(**forest), X, y),
        "forest_pair": (ensemble.RandomForestRegressor(**forest), X, pair),
        "forest_class": (ensemble.RandomForestClassifier(**forest), X, three),
        "forest_word": (ensemble.RandomForestClassifier(**forest), X, objects),
        "forest_class_pair": (ensemble.RandomForestClassifier(**forest), X, two),
        "forest_constant": (ensemble.RandomForestRegressor(**forest), X, np.ones(90)),
        "extra": (ensemble.ExtraTreesRegressor(**forest), X, y),
        "extra_class": (ensemble.ExtraTreesClassifier(**forest), X, three),
        "tree": (tree.DecisionTreeRegressor(**single), X, y),
        "tree_class": (tree.DecisionTreeClassifier(**single), X, words),
        "extra_tree": (tree.ExtraTreeRegressor(**single), X, y),
        "boosting": (ensemble.GradientBoostingRegressor(**boosting), X, y),
        "boosting_two": (ensemble.GradientBoostingClassifier(**boosting), X, three > 0),
        "boosting_word": (ensemble.GradientBoostingClassifier(**boosting), X, words),
        "histogram": (ensemble.HistGradientBoostingRegressor(**histogram), holes, y),
        "histogram_two": (ensemble.HistGradientBoostingClassifier(**histogram), holes, three > 0),
        "histogram_word": (ensemble.HistGradientBoostingClassifier(**histogram), holes, words),
    }
    learns_from_nan = {
        "tree_nan": (tree.DecisionTreeRegressor(**single), holes, y),
        "forest_nan": (ensemble.RandomForestRegressor(**forest), holes, y),
        "forest_class_nan": (ensemble.RandomForestClassifier(**forest), holes, three),
        "extra_nan": (ensemble.ExtraTreesRegressor(**forest), holes, y),
    }
    return table | {name: case for name, case in learns_from_nan.items() if fits(*case)}


def balanced() -> tuple[dict, str]:
    """The same as `models` for imbalanced-learn, and the name of its file."""
    import imblearn
    from imblearn.ensemble import BalancedRandomForestClassifier

    rng = np.random.default_rng(4)
    X = rng.normal(size=(90, 4)).astype(np.float32)
    few = np.where(X[:, 0] > 1, "rare", np.where(X[:, 1] > 0, "usual", "other"))
    model = BalancedRandomForestClassifier(n_estimators=3, max_depth=4, random_state=1)
    return {"balanced": (model, X, few)}, f"imblearn-{imblearn.__version__}"


def fits(model, X, y) -> bool:
    """Whether this version trains such a model with NaN: 1.3 trees, 1.4 forests, 1.6 extra ones."""
    try:
        model.fit(X, y)
    except ValueError:
        return False
    return True


def rows(model, X: np.ndarray) -> np.ndarray:
    """Rows at the model's thresholds, one ulp away from them, at training values, and NaN."""
    rng = np.random.default_rng(5)
    features, thresholds = splits(model)
    columns = []
    for feature, column in enumerate(X.T):
        mine = (features == feature) & np.isfinite(thresholds)  # infinite: only NaN goes right
        at = thresholds[mine].astype(np.float32)
        beside = [np.nextafter(at, np.float32(end)) for end in (-np.inf, np.inf)]
        seen = rng.choice(column[~np.isnan(column)], 5)
        columns.append(rng.choice(np.concatenate([at, at, *beside, seen]), 120))
    drawn = np.stack(columns, axis=1)
    drawn[:30][rng.random((30, X.shape[1])) < 0.4] = np.nan
    return drawn


def splits(model) -> tuple[np.ndarray, np.ndarray]:
    """Feature and threshold of every split of a fitted model."""
    if hasattr(model, "_predictors"):
        nodes = np.concatenate([tree.nodes for step in model._predictors for tree in step])
        return nodes["feature_idx"], nodes["num_threshold"]
    trees = [each.tree_ for each in np.ravel(getattr(model, "estimators_", [model]))]
    return (
        np.concatenate([tree.feature for tree in trees]),
        np.concatenate([tree.threshold for tree in trees]),
    )


def dump(model, form: str) -> bytes:
    """Return the file that `form`, one of FORMATS, names."""
    if form in PROTOCOLS:
        return pickle.dumps(model, protocol=int(form[-1]))
    file = io.BytesIO()
    _, _, compression = form.partition("-")
    if compression:
        file = HERE / f"{form}.tmp"  # joblib compresses to paths only
        try:
            joblib.dump(model, file, compress=(compression, 3))
            return file.read_bytes()
        finally:
            file.unlink(missing_ok=True)
    joblib.dump(model, file)
    return file.getvalue()


def answers(model, X: np.ndarray) -> dict:
    """Return the rows and predictions; the NaN rows only where the model takes them."""
    model.set_params(**{"n_jobs": 1} if "n_jobs" in model.get_params() else {})
    try:
        predicted = model.predict(X)
    except ValueError:
        X = X[~np.isnan(X).any(axis=1)]
        predicted = model.predict(X)
    found = {"rows": X, "predict": predicted.astype(str) if predicted.dtype == "O" else predicted}
    if hasattr(model, "predict_proba"):
        proba = model.predict_proba(X)
        proba = proba if isinstance(proba, list) else [proba]
        found |= {f"proba/{k}": values for k, values in enumerate(proba)}
    return found


if __name__ == "__main__":
    main()
