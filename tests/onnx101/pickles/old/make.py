"""Write forests with a scikit-learn that current Python cannot run, and what it predicted.

    python3.7 -m venv old
    old/bin/pip install scikit-learn==0.20.4 "numpy<1.18" "scipy<1.4" joblib
    old/bin/python tests/onnx101/pickles/old/make.py tests/onnx101/pickles/old/0.20.4.npz

The files of 0.22.2.post1 (Python 3.7), 0.24.2 and 1.0.2 (3.9), and 1.1.3 (3.10) were made the
same way, with numpy and scipy of the same age. The arrays are those of ../make.py; an
IsolationForest also has `scores` and `samples`. Runs on Python 3.6 and later.
"""

import pickle
import sys

import joblib
import numpy as np
from sklearn import ensemble, model_selection, pipeline, preprocessing, tree

FEW = {"n_estimators": 3, "max_depth": 4, "random_state": 1}
ONE = {"max_depth": 4, "random_state": 1}
BOOST = {"n_estimators": 4, "max_depth": 2, "random_state": 1}
EACH_FORM = ("forest", "forest_word", "forest_pair")
rng = np.random.RandomState(4)
X = rng.randint(0, 12, (90, 4)).astype(np.float32)
X[:, 1:] *= rng.normal(size=(90, 3))
y = X[:, 0] * 3.7 - X[:, 1] ** 2 / 7 + X[:, 3]
three = np.digitize(y, np.percentile(y, [33, 66])) * 5 - 4
words = np.array(["early", "late", "on time"])[(three + 4) // 5]
MODELS = {
    "forest": (ensemble.RandomForestRegressor(**FEW), y),
    "forest_pair": (ensemble.RandomForestRegressor(**FEW), np.c_[y, X[:, 2]]),
    "forest_class": (ensemble.RandomForestClassifier(**FEW), three),
    "forest_word": (ensemble.RandomForestClassifier(**FEW), words),
    "extra": (ensemble.ExtraTreesRegressor(**FEW), y),
    "tree": (tree.DecisionTreeRegressor(**ONE), y),
    "tree_class": (tree.DecisionTreeClassifier(**ONE), words),
    "bagging": (ensemble.BaggingRegressor(n_estimators=3, random_state=0), y),
    "bagging_columns": (ensemble.BaggingRegressor(n_estimators=3, max_features=2), y),
    "isolation": (ensemble.IsolationForest(n_estimators=9, max_samples=40, random_state=0), None),
    "isolation_columns": (ensemble.IsolationForest(n_estimators=5, max_features=2), None),
    "ada": (ensemble.AdaBoostRegressor(n_estimators=9, random_state=0), y),
    "ada_word": (ensemble.AdaBoostClassifier(n_estimators=4, algorithm="SAMME"), words),
    "boosting": (ensemble.GradientBoostingRegressor(**BOOST), y),
    "boosting_quantile": (ensemble.GradientBoostingRegressor(loss="quantile", **BOOST), y),
    "boosting_huber": (ensemble.GradientBoostingRegressor(loss="huber", **BOOST), y),
    "boosting_zero": (ensemble.GradientBoostingRegressor(init="zero", **BOOST), y),
    "boosting_two": (ensemble.GradientBoostingClassifier(**BOOST), three > 0),
    "boosting_word": (ensemble.GradientBoostingClassifier(**BOOST), words),
    "boosting_exponential": (
        ensemble.GradientBoostingClassifier(loss="exponential", **BOOST),
        three > 0,
    ),
    "search": (
        model_selection.GridSearchCV(
            ensemble.RandomForestRegressor(2, random_state=0), {"max_depth": [2, 3]}, cv=2
        ),
        y,
    ),
    "pipeline": (
        pipeline.make_pipeline(
            preprocessing.StandardScaler(), ensemble.RandomForestRegressor(**FEW)
        ),
        y,
    ),
}


def histograms():
    """The histogram estimators, if this version has them."""
    try:
        import sklearn.experimental.enable_hist_gradient_boosting  # noqa: F401
    except ImportError:
        return {}
    few = {"max_iter": 4, "max_leaf_nodes": 5, "min_samples_leaf": 5}
    return {
        "histogram": (ensemble.HistGradientBoostingRegressor(**few), y),
        "histogram_two": (ensemble.HistGradientBoostingClassifier(**few), three > 0),
        "histogram_word": (ensemble.HistGradientBoostingClassifier(**few), words),
    }


def answers(name, model):
    found = {name + "/rows": X, name + "/predict": model.predict(X)}
    if hasattr(model, "predict_proba"):
        found[name + "/proba/0"] = model.predict_proba(X)
    if hasattr(model, "score_samples") and hasattr(model, "offset_"):
        found[name + "/scores"] = model.decision_function(X)
        found[name + "/samples"] = model.score_samples(X)
    return found


def main():
    arrays = {}
    for name, (model, target) in dict(MODELS, **histograms()).items():
        model.fit(X, target)
        arrays.update(answers(name, model))
        for protocol in (2, 4) if name in EACH_FORM else (4,):
            content = np.frombuffer(pickle.dumps(model, protocol), np.uint8)
            arrays["%s/protocol%d" % (name, protocol)] = content  # noqa: UP031
        if name in EACH_FORM:
            joblib.dump(model, "old.joblib")
            arrays[name + "/joblib"] = np.fromfile("old.joblib", np.uint8)
    np.savez_compressed(sys.argv[1], **arrays)


if __name__ == "__main__":
    main()
