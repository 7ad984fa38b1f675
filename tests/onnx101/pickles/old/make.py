"""Write forests with a scikit-learn that today's Python cannot run, and what it predicted.

    python3.7 -m venv old
    old/bin/pip install scikit-learn==0.20.4 "numpy<1.18" "scipy<1.4" joblib
    old/bin/python tests/onnx101/pickles/old/make.py tests/onnx101/pickles/old/0.20.4.npz

The arrays are those of ../make.py. Runs on Python 3.6 and later.
"""

import pickle
import sys

import joblib
import numpy as np
from sklearn import ensemble, tree

FEW = {"n_estimators": 3, "max_depth": 4, "random_state": 1}
ONE = {"max_depth": 4, "random_state": 1}
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
}


def main():
    arrays = {}
    for name, (model, target) in MODELS.items():
        model.fit(X, target)
        for protocol in (2, 4):
            content = np.frombuffer(pickle.dumps(model, protocol), np.uint8)
            arrays["%s/protocol%d" % (name, protocol)] = content  # noqa: UP031
        joblib.dump(model, "old.joblib")
        arrays[name + "/joblib"] = np.fromfile("old.joblib", np.uint8)
        arrays[name + "/rows"], arrays[name + "/predict"] = X, model.predict(X)
        if hasattr(model, "predict_proba"):
            arrays[name + "/proba/0"] = model.predict_proba(X)
    np.savez_compressed(sys.argv[1], **arrays)


if __name__ == "__main__":
    main()
