"""A forest is found in any file that holds one, and the rest of the file is skipped."""

import datetime
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from exact import answers, assert_same_bits, rows, run
from scipy.stats import randint
from sklearn import ensemble, model_selection
from sklearn.metrics import make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import onnx101

rng = np.random.default_rng(5)
X = rng.normal(size=(120, 3)).astype(np.float32)
y = X[:, 0] * 3 - X[:, 1]
CLASSES = np.array(["no", "yes"])[(y > 0).astype(int)]
FEW = {"n_estimators": 3, "random_state": 0, "max_depth": 4}
FOREST = ensemble.RandomForestRegressor(**FEW).fit(X, y)
OTHER = ensemble.ExtraTreesClassifier(**FEW).fit(X, CLASSES)


class Plain(ensemble.RandomForestRegressor):
    """Adds nothing."""


class Changed(ensemble.RandomForestRegressor):
    """Adds an attribute, and perhaps more."""

    def fit(self, X, y):
        self.shift = 1
        return super().fit(X, y)


def search(kind, **options):
    grid = (
        {"max_depth": [2, 3]}
        if kind is model_selection.GridSearchCV
        else {"max_depth": randint(2, 5)}
    )
    found = kind(ensemble.RandomForestRegressor(**FEW), grid, cv=2, **options)
    return found.fit(X, y)


def squared(truth, predicted):
    return float(np.mean((truth - predicted) ** 2))


def scored(estimator, X, y):
    return 1.0


def decorated():
    forest = ensemble.RandomForestRegressor(**FEW).fit(X, y)
    forest.trained, forest.tags = datetime.datetime(2024, 5, 1), {"a", frozenset({2})}
    forest.index, forest.frame = pd.Index(["a", "b"]), pd.DataFrame({"a": [1]})
    forest.metric, forest.made_by = np.mean, scored
    return forest


def check(model, expected, tmp_path, name="model.pkl"):
    source, target = tmp_path / name, tmp_path / "model.onnx"
    if isinstance(model, bytes):
        source.write_bytes(model)
    else:
        source.write_bytes(pickle.dumps(model))
    onnx101.convert(source, target)
    test = rows(X, 300, nan=False)
    assert_same_bits(run(str(target), test), answers(expected, test))
    assert onnx101.verify(source, target, rows=200).passed


HOLDERS = {
    "grid search": lambda: (found := search(model_selection.GridSearchCV), found.best_estimator_),
    "random search with a scorer": lambda: (
        found := search(
            model_selection.RandomizedSearchCV,
            n_iter=2,
            scoring=make_scorer(scored),
            random_state=0,
        ),
        found.best_estimator_,
    ),
    "subclass": lambda: (found := Plain(**FEW).fit(X, y), found),
    "decorated": lambda: (found := decorated(), found),
    "out-of-bag score of one's own": lambda: (
        found := ensemble.RandomForestRegressor(oob_score=scored_by, **FEW).fit(X, y),
        found,
    ),
    "histogram with a scorer": lambda: (
        found := ensemble.HistGradientBoostingRegressor(
            max_iter=3, scoring=scored, early_stopping=True
        ).fit(X, y),
        found,
    ),
}


def scored_by(truth, predicted):
    return 0.5


@pytest.mark.parametrize("name", HOLDERS)
def test_a_model_is_found(name, tmp_path):
    with warnings.catch_warnings(action="ignore"):
        model, expected = HOLDERS[name]()
    check(model, expected, tmp_path)


def test_a_subclass_with_more_may_answer_otherwise_and_is_refused(tmp_path):
    source, target = tmp_path / "model.pkl", tmp_path / "model.onnx"
    source.write_bytes(pickle.dumps(Changed(**FEW).fit(X, y)))
    with pytest.raises(onnx101.ConversionError, match="Changed is no estimator of scikit-learn"):
        onnx101.convert(source, target)
    assert not target.exists()


def test_a_pipeline_in_a_search_in_a_dict_is_found(tmp_path):
    pipeline = make_pipeline(StandardScaler(), ensemble.RandomForestRegressor(**FEW))
    grid = {"randomforestregressor__max_depth": [2, 3]}
    found = model_selection.GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    source, target = tmp_path / "model.pkl", tmp_path / "model.onnx"
    source.write_bytes(pickle.dumps({"search": found, "other": OTHER}))
    onnx101.convert(source, target, key="search")
    test = X[:50].astype(np.float64)
    assert (run(str(target), test)[0].ravel() == found.predict(test)).all()
    assert onnx101.verify(source, target, rows=200, key="search").passed


class SMOTE(StandardScaler):
    """A stand-in for imbalanced-learn's, a Pipeline step that only acts in training."""

    def transform(self, X):
        return X


def test_a_sampler_before_a_forest_does_nothing(tmp_path):
    model = make_pipeline(SMOTE(), ensemble.RandomForestRegressor(**FEW)).fit(X, y)
    content = pickle.dumps(model, protocol=2)
    own = f"c{SMOTE.__module__}\nSMOTE\n".encode()
    assert own in content
    content = content.replace(own, b"cimblearn.over_sampling._smote.base\nSMOTE\n")
    (tmp_path / "a.pkl").write_bytes(content)
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    at = rows(X, 100, nan=False)
    at[~np.isfinite(at)] = 0
    assert_same_bits(run(str(tmp_path / "a.onnx"), at), answers(model, at))


def _create_array(make, args, state, attributes=None):
    """Has the signature of dill's own."""


class AsDill(pickle.Pickler):
    """Writes arrays as dill does: as one call of its own function."""

    def reducer_override(self, made):
        if type(made) is not np.ndarray:
            return NotImplemented
        make, args, state = made.__reduce__()
        return _create_array, (make, args, state, None)


def test_arrays_as_dill_writes_them(tmp_path):
    with open(tmp_path / "a.pkl", "wb") as file:
        AsDill(file, protocol=2).dump(FOREST)
    content = (tmp_path / "a.pkl").read_bytes()
    own = f"c{__name__}\n_create_array\n".encode()
    assert content.count(own) == 1
    (tmp_path / "a.pkl").write_bytes(content.replace(own, b"cdill._dill\n_create_array\n"))
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    at = rows(X, 100)
    assert_same_bits(run(str(tmp_path / "a.onnx"), at), answers(FOREST, at))
    forged = content.replace(own, b"cdill._dill\n_create_array\n")
    forged = forged.replace(b"\n_reconstruct\n", b"\n_something\n")
    (tmp_path / "a.pkl").write_bytes(forged)
    with pytest.raises(onnx101.ConversionError, match="by something else than numpy"):
        onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
