"""Whatever replaces an attribute, the model equals scikit-learn or is refused.

One attribute of a fitted estimator, or of an estimator or loss inside it, becomes something else,
as in a damaged or a forged file. onnx101 reads the pickle of that; scikit-learn predicts with it.
"""

import copy
import pickle
import warnings

import numpy as np
import pytest
from exact import answers, evaluated, fit, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import ensemble, tree

import onnx101

rng = np.random.default_rng(3)
X = rng.normal(size=(60, 3)).astype(np.float32)
y = X[:, 0] * 3 - X[:, 1]
THREE = np.digitize(y, [-1, 1])
TWO = np.c_[THREE, X[:, 2] > 0]
FEW = {"n_estimators": 3, "max_depth": 3, "random_state": 0}
HISTOGRAM = {"max_iter": 3, "max_leaf_nodes": 5}
MODELS = [
    fit(ensemble.RandomForestRegressor(**FEW), X, y),
    fit(ensemble.RandomForestRegressor(**FEW), X, np.c_[y, -y]),
    fit(ensemble.RandomForestClassifier(**FEW), X, THREE),
    fit(ensemble.RandomForestClassifier(**FEW), X, TWO),
    fit(ensemble.RandomForestClassifier(**FEW), X, THREE.astype(str)),
    fit(ensemble.RandomForestClassifier(**FEW), X, np.zeros(60)),
    fit(ensemble.BaggingClassifier(n_estimators=3, random_state=0), X, THREE),
    fit(tree.DecisionTreeClassifier(max_depth=3), X, THREE),
    fit(tree.DecisionTreeRegressor(max_depth=3), X, y),
    fit(ensemble.GradientBoostingRegressor(**FEW), X, y),
    fit(ensemble.GradientBoostingClassifier(**FEW), X, THREE),
    fit(ensemble.GradientBoostingClassifier(**FEW), X, THREE > 0),
    fit(ensemble.GradientBoostingClassifier(loss="exponential", **FEW), X, THREE > 0),
    fit(ensemble.HistGradientBoostingRegressor(**HISTOGRAM), X, y),
    fit(ensemble.HistGradientBoostingRegressor(loss="poisson", **HISTOGRAM), X, y - y.min()),
    fit(ensemble.HistGradientBoostingClassifier(**HISTOGRAM), X, THREE),
    fit(ensemble.HistGradientBoostingClassifier(**HISTOGRAM), X, THREE > 0),
    fit(ensemble.IsolationForest(n_estimators=3, random_state=0), X, y),
    fit(ensemble.IsolationForest(n_estimators=3, contamination=0.2, random_state=0), X, y),
    fit(ensemble.BaggingRegressor(n_estimators=3, max_features=2, random_state=0), X, y),
    fit(ensemble.IsolationForest(n_estimators=3, max_features=2, random_state=0), X, y),
    fit(ensemble.AdaBoostRegressor(n_estimators=3, random_state=0), X, y),
    fit(ensemble.AdaBoostClassifier(n_estimators=3, random_state=0), X, THREE),
    fit(ensemble.AdaBoostClassifier(n_estimators=3, random_state=0), X, THREE > 0),
    fit(
        ensemble.HistGradientBoostingRegressor(categorical_features=[1], **HISTOGRAM),
        np.c_[X[:, 0], THREE, X[:, 2]],
        y,
    ),
    fit(ensemble.RandomTreesEmbedding(**FEW), X, y),
]
AT = rows(X, 40, nan=False)
AT[~np.isfinite(AT)] = 0  # mutated estimators may check what they are given
PLAIN = [
    *(None, True, False, 0, 1, 2, -1, 3, 2**53 + 1, 0.5, 1e308, -0.0, "log_loss", "exponential"),
    *("poisson", "zero", [], {}, (), np.array([]), np.inf, np.nan, "SAMME.R"),
]
OF_ARRAYS = [
    lambda a: a.astype(np.float32),
    lambda a: a.astype(object),
    lambda a: a.astype(str),
    lambda a: a.astype(np.int64),
    lambda a: a.astype(bool),
    lambda a: a[::-1].copy(),
    lambda a: a[:1],
    lambda a: np.concatenate([a, a]),
    lambda a: a + a,
    lambda a: (a.astype(np.int64) + 2**53 + 1).astype(object),
    lambda a: np.full(a.shape, 1e308),
    lambda a: a[..., None],
    lambda a: a.ravel(),
    list,
]
OF_LISTS = [
    lambda a: a[:1],
    lambda a: a[::-1],
    lambda a: a + a,
    lambda a: [a],
    lambda a: np.array(a, dtype=object),
    lambda a: [a[0]] * len(a),
    lambda a: [a[0], *(np.asarray(one).astype(str) for one in a[1:])],
]


def holders(model):
    """The model, and the estimators and losses in it."""
    yield model
    for name in ("init_", "_loss", "estimator_", "_preprocessor", "one_hot_encoder_"):
        if hasattr(vars(model).get(name), "__dict__"):
            yield vars(model)[name]
    members = np.ravel(getattr(model, "estimators_", []))
    yield from members[:2]


def mutate(draw, model):
    """A copy of the model with one attribute changed."""
    model = copy.deepcopy(model)
    holder = draw(st.sampled_from([*holders(model)]))
    name = draw(st.sampled_from(sorted(vars(holder))))
    old = vars(holder)[name]
    changes = OF_ARRAYS if isinstance(old, np.ndarray) else OF_LISTS if type(old) is list else []
    others = [vars(one)[name] for each in MODELS for one in holders(each) if name in vars(one)]
    pool = [lambda _, new=new: new for new in [*PLAIN, *others]]
    change = draw(st.one_of(*(st.sampled_from(p) for p in (changes, pool) if p)))
    try:
        vars(holder)[name] = change(old)
    except Exception:  # this mutation does not apply to this value
        vars(holder)[name] = None
    return model, f"{type(holder).__name__}.{name} = {str(vars(holder)[name])[:200]}"


@st.composite
def mutated(draw):
    return mutate(draw, draw(st.sampled_from(MODELS)))


def check(model, change: str) -> bool:
    """Whether the model was converted; if so, it must equal scikit-learn bit for bit."""
    try:
        content, leaves = pickle.dumps(model), hasattr(model, "apply")
        found = evaluated(content, AT, leaves)
        onnx101.to_onnx(model, leaves=leaves)
    except onnx101.ConversionError:
        return False
    try:
        with warnings.catch_warnings(action="ignore"):
            expected = answers(model, AT)
            if leaves:
                expected.append(np.asarray(model.apply(AT)).reshape(len(AT), -1))
    except Exception:  # scikit-learn itself cannot predict
        return True
    assert len(found) == len(expected), change
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape == theirs.shape, change
        assert (ours == theirs).all(), change
    return True


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(mutated())
def test_a_mutated_estimator_equals_scikit_learn_or_is_refused(case):
    check(*case)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_an_estimator_as_it_is_converts(model):
    assert check(model, "as it is")
