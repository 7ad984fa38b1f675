"""A forest is found in whatever people keep it in, and what is kept beside it does no harm."""

import collections
import copy
import datetime
import os
import pickle
import threading

import joblib
import numpy as np
import pandas as pd
import pytest
from exact import answers, assert_same_bits, rows, run
from hostile import Call
from scipy import stats
from sklearn import ensemble, metrics, model_selection, tree
from sklearn.utils import Bunch

import onnx101

rng = np.random.default_rng(7)
X = rng.normal(size=(120, 3)).astype(np.float32)
y = X[:, 0] * X[:, 1]
FEW = {"n_estimators": 2, "max_depth": 3, "random_state": 0}
FOREST = ensemble.RandomForestRegressor(**FEW).fit(X, y)
OTHER = ensemble.ExtraTreesRegressor(**FEW).fit(X, y)
SEARCH = model_selection.GridSearchCV(
    ensemble.RandomForestRegressor(**FEW),
    {"min_samples_leaf": [1, 5], "max_features": [1, 2]},
    cv=3,
    scoring={"r2": "r2", "own": metrics.make_scorer(metrics.mean_absolute_error)},
    refit="r2",
).fit(X, y)
RANDOM = model_selection.RandomizedSearchCV(
    ensemble.HistGradientBoostingRegressor(max_iter=2, max_leaf_nodes=4),
    {"learning_rate": stats.uniform(0.1, 0.5), "min_samples_leaf": stats.randint(5, 20)},
    n_iter=2,
    cv=3,
    random_state=0,
).fit(X, y)
HOLDERS = {
    "a search": (SEARCH, SEARCH.best_estimator_),
    "a random search": (RANDOM, RANDOM.best_estimator_),
    "a dict": ({"model": FOREST, "columns": ["a", "b", "c"], "score": 0.5}, FOREST),
    "a dict with numbers as keys": ({1: FOREST, (2, 3): "x"}, FOREST),
    "a tuple": ((FOREST, {"rows": 120}), FOREST),
    "a list in a list": ([["name", [FOREST]]], FOREST),
    "a Bunch": (Bunch(model=FOREST, data=X), FOREST),
    "an ordered dict": (collections.OrderedDict(model=FOREST), FOREST),
    "a search in a dict": ({"search": SEARCH}, SEARCH.best_estimator_),
    "the same forest twice": ([FOREST, FOREST], FOREST),
}


@pytest.mark.parametrize("dump", [2, 4, 5, "joblib"])
@pytest.mark.parametrize("holder", HOLDERS)
def test_a_forest_inside_something(holder, dump, tmp_path):
    held, forest = HOLDERS[holder]
    write(held, tmp_path / "a.pkl", dump)
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    assert_same_bits(run(str(tmp_path / "a.onnx"), rows(X, 60)), answers(forest, rows(X, 60)))


def write(value, path, dump) -> None:
    if dump == "joblib":
        joblib.dump(value, path)
    else:
        path.write_bytes(pickle.dumps(value, dump))


@pytest.mark.parametrize("key", ["new", "old.0", "old.1"])
def test_one_of_several(key, tmp_path):
    third = ensemble.RandomForestRegressor(1, max_depth=2, random_state=1).fit(X, y)
    held = {"old": [OTHER, third], "new": FOREST}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(held))
    chosen = {"new": FOREST, "old.0": OTHER, "old.1": third}[key]
    source, target = tmp_path / "a.pkl", tmp_path / "a.onnx"
    onnx101.convert(source, target, key=key)
    assert_same_bits(run(str(target), rows(X, 60)), answers(chosen, rows(X, 60)))
    assert onnx101.info(source, key=key).trees == len(chosen.estimators_)
    assert onnx101.verify(source, target, 100, key=key).passed
    with pytest.raises(onnx101.ConversionError, match=r"--key: new, old\.0, old\.1"):
        onnx101.convert(source, target)
    with pytest.raises(onnx101.ConversionError, match="no estimator at 'older'"):
        onnx101.convert(source, target, key="older")


THIRD = ensemble.RandomForestRegressor(1, max_depth=2, random_state=1).fit(X, y)
SEVERAL = {
    "a number and its text": ({-1: OTHER, "-1": THIRD}, "two keys that read '-1'"),
    "a dot in a key": ({"a.b": OTHER, "a": {"b": THIRD}}, "--key: a.b, a.b"),
    "a key that is no text": ({"a": OTHER, (1, 2): THIRD}, "--key: a, item1"),
    "no key": ({None: OTHER, b"a": THIRD}, "--key: item0, item1"),
    "an ordered number": (collections.OrderedDict({"a": OTHER, 7: THIRD}), "--key: 7, a"),
    "nothing to see": ({"": OTHER, " ": THIRD}, "--key: ' ', ''"),
}


@pytest.mark.parametrize("kind", SEVERAL)
@pytest.mark.parametrize("key", [None, "a.b"])
def test_none_of_several_is_chosen_silently(kind, key, tmp_path):
    held, why = SEVERAL[kind]
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(held))
    with pytest.raises(onnx101.ConversionError) as refusal:
        onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx", key=key)
    if key is None:
        assert why in str(refusal.value)


@pytest.mark.parametrize("kind", ["a key that is no text", "no key"])
def test_one_whose_key_is_no_text(kind, tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(SEVERAL[kind][0]))
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx", key="item1")
    assert_same_bits(run(str(tmp_path / "a.onnx"), rows(X, 60)), answers(THIRD, rows(X, 60)))


def scorer(estimator, X, y):
    return 0.0


class Note:
    """A user's own class."""

    def __init__(self):
        self.text, self.when = "trained at night", datetime.datetime(2026, 1, 2, 3)


DEAD_WEIGHT = {
    "a date": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
    "days": np.arange("2026-01-01", "2026-02-01", dtype="M8[D]"),
    "a set": {"a", "b"},
    "a frozen set": frozenset({1, 2}),
    "a complex number": 1j,
    "a slice": slice(1, 2),
    "an Index": pd.Index(["a", "b", "c"]),
    "a DataFrame": pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    "a category": pd.Categorical(["a", "b", "a"]),
    "a masked array": np.ma.masked_array([1.0, 2.0], [True, False]),
    "a matrix of complex numbers": np.ones((2, 2), dtype=complex),
    "records of text": np.array([("a", 1)], dtype=[("name", "U5"), ("number", "i4")]),
    "a function": scorer,
    "a class": Note,
    "an object": Note(),
    "a method": Note().__init__,
    "a numpy function": np.mean,
    "a distribution": stats.randint(1, 9),
    "a generator": np.random.default_rng(0),
    "a state of randomness": np.random.RandomState(0),
    "bytes": bytes(500),
    "a large number": 2**900,
    "a counter": collections.Counter("abc"),
    "a deque": collections.deque([1]),
    "another estimator": OTHER,
    "40 MB": np.zeros(5_000_000),
}


@pytest.mark.parametrize("kind", DEAD_WEIGHT)
def test_dead_weight(kind, tmp_path):
    for dump in (2, 5, "joblib"):
        forest = ensemble.RandomForestRegressor(**FEW).fit(X, y)
        forest.trained = DEAD_WEIGHT[kind]
        write(forest, tmp_path / "a.pkl", dump)
        onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
        assert_same_bits(run(str(tmp_path / "a.onnx"), rows(X, 60)), answers(FOREST, rows(X, 60)))


LADEN = {
    "scoring": ensemble.HistGradientBoostingRegressor(
        max_iter=3, scoring=scorer, early_stopping=True, interaction_cst=[{0, 1}, {2}]
    ),
    "oob_score": ensemble.RandomForestRegressor(
        20, oob_score=metrics.mean_absolute_error, random_state=0
    ),
    "monotonic": tree.DecisionTreeRegressor(monotonic_cst=[1, 0, -1]),
}


@pytest.mark.parametrize("kind", LADEN)
@pytest.mark.parametrize("dump", [2, 5, "joblib"])
def test_what_an_estimator_was_given(kind, dump, tmp_path):
    forest = LADEN[kind].fit(X, y)
    write(forest, tmp_path / "a.pkl", dump)
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    assert_same_bits(run(str(tmp_path / "a.onnx"), rows(X, 60)), answers(forest, rows(X, 60)))


def test_the_nodes_of_a_system_of_32_bits(tmp_path):
    forest = ensemble.RandomForestClassifier(**FEW).fit(X, y > 0)
    expected = answers(forest, rows(X, 60))
    for member in forest.estimators_:
        made, arguments, state = member.tree_.__reduce__()
        nodes = state["nodes"]
        narrow = [
            (name, "i4" if nodes.dtype[name].kind == "i" else nodes.dtype[name].str)
            for name in nodes.dtype.names
        ]
        state["nodes"] = nodes.astype(np.dtype(narrow, align=True))
        member.tree_ = Call(made, arguments, state)
    for dump in (2, 5, "joblib"):
        write(forest, tmp_path / "a.pkl", dump)
        onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
        assert_same_bits(run(str(tmp_path / "a.onnx"), rows(X, 60)), expected)


SOME_COLUMNS = ensemble.BaggingRegressor(n_estimators=4, max_features=2, random_state=0).fit(X, y)


def test_trees_of_some_columns_are_read_twice(tmp_path):
    source, target = tmp_path / "a.pkl", tmp_path / "a.onnx"
    write({"a": FOREST, "b": SOME_COLUMNS}, source, 5)
    onnx101.convert(source, target, key="b")
    assert_same_bits(run(str(target), rows(X, 60)), answers(SOME_COLUMNS, rows(X, 60)))
    assert onnx101.verify(source, target, rows=300, key="b").equal == 1
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=write, args=(SOME_COLUMNS, tmp_path / "pipe", 5))
    writer.start()
    with pytest.raises(onnx101.ConversionError, match="read twice"):
        onnx101.convert(tmp_path / "pipe", target)
    writer.join()
    assert onnx101.verify(source, target, rows=300, key="b").equal == 1  # it is still there


@pytest.mark.parametrize(
    "columns", [[0, 3], [-1, 0], [0.0, 1.0], [True, True, False], [], [[0, 1]], [0], "ab", None]
)
def test_columns_that_no_tree_can_see(columns):
    forged = copy.copy(SOME_COLUMNS)
    forged.estimators_features_ = [np.array(columns), *SOME_COLUMNS.estimators_features_[1:]]
    with pytest.raises(onnx101.ConversionError, match="damaged"):
        onnx101.to_onnx(forged)
