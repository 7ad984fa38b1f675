"""The estimators that are compared with scikit-learn, fitted and converted once for all tests."""

from functools import cache

import numpy as np
import onnx
from exact import answers, fit, rows, start
from sklearn import ensemble, tree

import onnx101

rng = np.random.default_rng(7)
X = rng.integers(0, 12, (150, 4)).astype(np.float32)  # few values, so that thresholds repeat
X[:, 3] = rng.normal(size=150)
HOLES = np.where(rng.random(X.shape) < 0.15, np.float32(np.nan), X)
WEIGHTS = rng.random(150)
y = X[:, 0] * 3.7 - X[:, 1] ** 2 / 7 + X[:, 3]
PAIR = np.c_[y, X[:, 2] - y / 3]
THREE = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3])) * 5 - 4  # classes -4, 1, 6
WORDS = np.array(["early", "late", "on time"])[(THREE + 4) // 5]
UNEVEN = np.c_[THREE, X[:, 2] > 5]  # three classes, and two

FOREST = {"n_estimators": 70, "random_state": 1}  # more trees than are added up at once
FEW = {"n_estimators": 5, "random_state": 1}
EXACT = {
    "forest": (ensemble.RandomForestRegressor(**FOREST), X, y),
    "forest of two outputs": (ensemble.RandomForestRegressor(**FEW), X, PAIR),
    "forest with holes": (ensemble.RandomForestRegressor(**FEW), HOLES, y),
    "forest of one-leaf trees": (ensemble.RandomForestRegressor(**FEW), X, np.ones(150)),
    "forest of one tree": (ensemble.RandomForestRegressor(1, random_state=1), X, y),
    "forest of medians": (
        ensemble.RandomForestRegressor(criterion="absolute_error", max_depth=3, **FEW),
        X,
        np.where(y > 3, y, -0.0),
    ),
    "forest of stumps": (ensemble.RandomForestRegressor(max_depth=1, **FOREST), X, y),
    "forest of three leaves": (ensemble.RandomForestRegressor(max_leaf_nodes=3, **FOREST), X, y),
    "forest by number of leaves": (ensemble.RandomForestRegressor(max_leaf_nodes=9, **FEW), X, y),
    "forest with a rising column": (
        ensemble.RandomForestRegressor(monotonic_cst=[1, 0, 0, -1], **FEW),
        X,
        y,
    ),
    "classes": (ensemble.RandomForestClassifier(**FOREST), X, THREE),
    "classes in words": (ensemble.RandomForestClassifier(**FEW), X, WORDS),
    "classes in objects": (ensemble.RandomForestClassifier(**FEW), X, WORDS.astype(object)),
    "two classes": (ensemble.RandomForestClassifier(**FEW), X, y > 0),
    "classes as floats": (ensemble.RandomForestClassifier(**FEW), X, THREE * 1.0),
    "one class": (ensemble.RandomForestClassifier(**FEW), X, np.full(150, 3)),
    "classes by weight": (
        ensemble.RandomForestClassifier(class_weight="balanced", max_depth=3, **FEW),
        X,
        THREE,
    ),
    "classes of two outputs": (ensemble.RandomForestClassifier(**FEW), X, UNEVEN),
    "classes with holes": (ensemble.RandomForestClassifier(**FEW), HOLES, WORDS),
    "extra trees": (ensemble.ExtraTreesRegressor(**FEW), X, y),
    "extra trees with holes": (ensemble.ExtraTreesRegressor(**FEW), HOLES, y),
    "extra trees of classes": (ensemble.ExtraTreesClassifier(max_depth=4, **FEW), X, WORDS),
    "tree": (tree.DecisionTreeRegressor(random_state=1), X, y),
    "tree of negative zeros": (
        tree.DecisionTreeRegressor(criterion="absolute_error", max_depth=2),
        X,
        np.where(y > 3, y, -0.0),
    ),
    "tree with holes": (tree.DecisionTreeRegressor(random_state=1), HOLES, y),
    "tree of two outputs": (tree.DecisionTreeRegressor(random_state=1), X, PAIR),
    "tree of classes": (tree.DecisionTreeClassifier(max_depth=3), X, WORDS),
    "tree of classes of two outputs": (tree.DecisionTreeClassifier(max_depth=3), X, UNEVEN),
    "extra tree": (tree.ExtraTreeRegressor(random_state=1), X, y),
    "extra tree of classes": (tree.ExtraTreeClassifier(max_depth=4, random_state=1), X, THREE),
    "bagging": (ensemble.BaggingRegressor(**FEW), X, y),
    "bagging of classes": (ensemble.BaggingClassifier(**FEW), X, WORDS),
    "bagging of some columns": (ensemble.BaggingRegressor(max_features=0.5, **FEW), HOLES, y),
    "bagging of columns drawn twice": (
        ensemble.BaggingClassifier(max_features=3, bootstrap_features=True, **FEW),
        X,
        WORDS,
    ),
    "histogram": (ensemble.HistGradientBoostingRegressor(max_iter=40), HOLES, y),
    "histogram of quantiles": (
        ensemble.HistGradientBoostingRegressor(loss="quantile", quantile=0.8, max_iter=9),
        HOLES,
        y,
    ),
    "histogram by category": (
        ensemble.HistGradientBoostingRegressor(max_iter=20, categorical_features=[0, 2]),
        HOLES * [1, 1, 0.1, 1],
        y,
    ),
    "boosting": (ensemble.GradientBoostingRegressor(n_estimators=40), X, y),
    "boosting of medians": (
        ensemble.GradientBoostingRegressor(loss="absolute_error", n_estimators=5),
        X,
        y,
    ),
    "boosting from zero": (
        ensemble.GradientBoostingRegressor(init="zero", loss="huber", n_estimators=5),
        X,
        y,
    ),
    "median of trees": (ensemble.AdaBoostRegressor(n_estimators=40, random_state=1), X, y),
    "median of few trees": (
        ensemble.AdaBoostRegressor(
            tree.ExtraTreeRegressor(max_depth=6), n_estimators=6, loss="square", random_state=1
        ),
        X,
        np.rint(y),
    ),
    "isolation": (ensemble.IsolationForest(n_estimators=40, random_state=1), HOLES, None),
    "isolation of some columns": (
        ensemble.IsolationForest(n_estimators=9, max_features=2, random_state=1),
        X,
        None,
    ),
    "isolation by share": (
        ensemble.IsolationForest(
            n_estimators=9, max_samples=0.9, contamination=0.2, random_state=1
        ),
        X,
        None,
    ),
}
# onnxruntime splits the work differently by thread count, up to 50 rows, and beyond 80 trees
MANY = {"n_estimators": 99, "random_state": 1}
THREADED = {
    "99 trees": (ensemble.RandomForestRegressor(max_depth=4, **MANY), X, y),
    "99 trees of two classes": (ensemble.RandomForestClassifier(max_depth=3, **MANY), X, y > 0),
    "99 trees of three classes": (ensemble.RandomForestClassifier(max_depth=3, **MANY), X, THREE),
    "40 trees of two outputs": (ensemble.RandomForestRegressor(40, max_depth=4), X, PAIR),
    "99 trees of whole numbers": (ensemble.ExtraTreesRegressor(**MANY), X, np.rint(y * 8) / 8),
    "99 trees over many columns": (
        ensemble.RandomForestRegressor(max_depth=4, **MANY),
        np.tile(X, 20),
        y,
    ),
}
EXACT |= THREADED
# These end in exponentials, which no two libraries round the same way.
CLOSE = {
    "votes": (ensemble.AdaBoostClassifier(n_estimators=12, random_state=1), X, WORDS),
    "votes for two": (
        ensemble.AdaBoostClassifier(
            tree.DecisionTreeClassifier(max_depth=3), n_estimators=9, random_state=1
        ),
        X,
        THREE > 0,
    ),
    "histogram of classes by category": (
        ensemble.HistGradientBoostingClassifier(max_iter=9, categorical_features=[0, 1, 2]),
        HOLES * [-1, 3.5, 7, 1],
        WORDS,
    ),
    "histogram of counts": (
        ensemble.HistGradientBoostingRegressor(loss="poisson", max_iter=9),
        HOLES,
        y - y.min(),
    ),
    "histogram of gammas": (
        ensemble.HistGradientBoostingRegressor(loss="gamma", max_iter=9),
        HOLES,
        y - y.min() + 1,
    ),
    "histogram of classes": (
        ensemble.HistGradientBoostingClassifier(max_iter=14),
        HOLES,
        WORDS,
    ),
    "histogram of two classes": (
        ensemble.HistGradientBoostingClassifier(max_iter=9),
        HOLES,
        THREE > 0,
    ),
    "boosting of classes": (ensemble.GradientBoostingClassifier(n_estimators=14), X, WORDS),
    "boosting of two classes": (ensemble.GradientBoostingClassifier(n_estimators=9), X, THREE > 0),
    "boosting of two by exponential loss": (
        ensemble.GradientBoostingClassifier(loss="exponential", n_estimators=9),
        X,
        WORDS == "late",
    ),
    "boosting of classes from zero": (
        ensemble.GradientBoostingClassifier(init="zero", n_estimators=9),
        X,
        THREE,
    ),
}


@cache
def fitted(name: str):
    estimator, data, target = (EXACT | CLOSE)[name]
    return fit(estimator, data, target)


@cache
def model_of(name: str, form: str = "held", dtype: str = "double") -> onnx.ModelProto:
    """The model, converted once for all tests; `form` is how its trees are written."""
    return onnx101.to_onnx(fitted(name), dtype)


@cache
def session_of(name: str, form: str = "held", dtype: str = "double"):
    return start(model_of(name, form, dtype))


@cache
def expected_of(name: str, number: int) -> list[np.ndarray]:
    """scikit-learn's answers to that many hard rows."""
    return answers(fitted(name), hard_rows(name, number))


@cache
def hard_rows(name: str, number: int, dtype: type = np.float32) -> np.ndarray:
    """Rows that are easy to get wrong; the same for all tests, none of which may change them."""
    _, data, _ = (EXACT | CLOSE)[name]
    found = rows(data, number, nan=not name.startswith("boosting"), dtype=dtype)
    found.flags.writeable = False
    return found
