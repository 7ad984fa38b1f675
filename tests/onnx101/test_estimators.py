"""Every estimator predicts in ONNX what it predicts in scikit-learn, to the last bit."""

import copy
import pickle
from functools import cache

import numpy as np
import onnx
import pytest
from exact import answers, ask, assert_same_bits, evaluated, fit, rows, run, start
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import ensemble, tree

import onnx101
from onnx101 import writer

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

FOREST = {"n_estimators": 70, "random_state": 1}  # more than are added at once
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
# onnxruntime splits the work in other ways: by threads, by up to 50 rows, by more than 80 trees
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
    """The model, converted once for all tests; `form` is how its trees were written."""
    return onnx101.to_onnx(fitted(name), dtype)


@cache
def session_of(name: str, form: str = "held", dtype: str = "double"):
    return start(model_of(name, form, dtype))


@cache
def expected_of(name: str, number: int) -> list[np.ndarray]:
    """scikit-learn's answers to so many hard rows."""
    return answers(fitted(name), hard_rows(name, number))


def hard_rows(name: str, number: int, dtype: type = np.float32) -> np.ndarray:
    _, data, _ = (EXACT | CLOSE)[name]
    return rows(data, number, nan=not name.startswith("boosting"), dtype=dtype)


@pytest.fixture(params=["held", "streamed", "streamed, wide"])
def form(request, monkeypatch):
    """How trees are written: small forests are held back, large ones go to the file at once."""
    if request.param != "held":
        monkeypatch.setattr(writer, "_SMALL_NODES", 0)
        monkeypatch.setattr(writer, "_WIDE", 0 if "wide" in request.param else 64)
    return request.param


@pytest.mark.parametrize("name", EXACT)
def test_every_bit_is_equal(name, form):
    session = session_of(name, form)
    for number in (500, 3):  # few rows may take another way
        found = ask(session, hard_rows(name, number))
        assert_same_bits(found, expected_of(name, number))


@pytest.mark.parametrize("name", EXACT | CLOSE)
def test_the_evaluator_of_verify_has_every_bit_of_scikit_learn(name):
    data = hard_rows(name, 500)
    found = evaluated(pickle.dumps(fitted(name)), data)
    assert_same_bits(found, expected_of(name, 500))
    doubles = hard_rows(name, 500, np.float64)  # HistGradientBoosting sees the difference
    assert_same_bits(evaluated(pickle.dumps(fitted(name)), doubles), answers(fitted(name), doubles))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_bit_is_equal_on_any_number_of_threads(threads):
    for name in ("forest", "classes", "histogram", "boosting", *THREADED):
        session = start(model_of(name), threads)
        for number in (1, 50, 51, 300):
            found = ask(session, hard_rows(name, number))
            assert_same_bits(found, expected_of(name, number))


@pytest.mark.parametrize("name", CLOSE)
def test_exponentials_differ_by_rounding_alone(name, form):
    session = session_of(name, form)
    for number in (500, 3):
        *labels, numbers = ask(session, hard_rows(name, number))
        *expected_labels, expected = expected_of(name, number)
        assert numbers.dtype == np.float64
        np.testing.assert_allclose(numbers, expected, rtol=1e-13)
        assert all(map(np.array_equal, labels, expected_labels))


@pytest.mark.parametrize("name", EXACT | CLOSE)
def test_float_rounds_to_float32(name, form):
    *labels, numbers = ask(session_of(name, form, "float"), hard_rows(name, 500))
    *expected_labels, expected = expected_of(name, 500)
    assert numbers.dtype == np.float32
    # a leaf and the sum are each rounded by at most 2**-24, and boosting adds up its leaves
    np.testing.assert_allclose(numbers, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())
    assert np.array_equal(labels[:1], expected_labels[:1])


@pytest.mark.parametrize("dtype", ["double", "float"])
@pytest.mark.parametrize("name", EXACT | CLOSE)
def test_no_rows_give_no_answers(name, dtype, form):
    session = session_of(name, form, dtype)
    one, none = (ask(session, hard_rows(name, number)) for number in (1, 0))
    for some, empty in zip(one, none, strict=True):
        assert empty.dtype == some.dtype
        rows = 1 if len(one) > 1 and some is one[1] and some.ndim == 3 else 0
        assert empty.shape == (*some.shape[:rows], 0, *some.shape[rows + 1 :])


@pytest.mark.parametrize("name", EXACT | CLOSE)
def test_the_model_is_valid_onnx_with_the_names_of_skl2onnx(name):
    model = model_of(name)
    onnx.checker.check_model(model, full_check=True)
    classifies = hasattr(fitted(name), "predict_proba")
    outputs = ["label", "probabilities"] if classifies else ["variable"]
    if name.startswith("isolation"):
        outputs = ["label", "scores", "score_samples"]
    assert [value.name for value in model.graph.output] == outputs
    assert [value.name for value in model.graph.input] == ["X"]
    found = ask(session_of(name), hard_rows(name, 3))
    for value, array in zip(model.graph.output, found, strict=True):
        sizes = [dim.dim_value or 3 for dim in value.type.tensor_type.shape.dim]
        assert sizes == [*array.shape], value.name


def test_the_children_of_a_root_do_not_share_a_number(form):
    """Or onnxruntime 1.21 takes the root for a leaf."""
    name = "forest of three leaves"
    roots = 0
    for found in tree_ensembles(onnx101.to_onnx(fitted(name)).graph):
        for root in found["tree_roots"]:
            roots += found["nodes_trueleafs"][root] != found["nodes_falseleafs"][root]
            assert found["nodes_truenodeids"][root] != found["nodes_falsenodeids"][root]
    assert roots > 5


def tree_ensembles(graph: onnx.GraphProto):
    """The attributes of each TreeEnsemble, also in graphs within the graph."""
    for node in graph.node:
        found = {part.name: onnx.helper.get_attribute_value(part) for part in node.attribute}
        if node.op_type == "TreeEnsemble":
            yield found
        for value in found.values():
            if isinstance(value, onnx.GraphProto):
                yield from tree_ensembles(value)


def test_values_are_spread_over_tables(monkeypatch):
    monkeypatch.setattr(writer, "_SMALL_NODES", 0)
    monkeypatch.setattr(writer, "_TABLE_BYTES", 100)
    for name in ("forest", "classes by weight", "histogram of classes"):
        model, data = onnx101.to_onnx(fitted(name)), hard_rows(name, 100)
        tables = [part for part in model.graph.initializer if part.name.startswith("values_")]
        assert len(tables) > 3
        found, expected = run(model, data), answers(fitted(name), data)
        np.testing.assert_allclose(found[-1], expected[-1], rtol=0 if name in EXACT else 1e-13)


def test_rows_of_a_table_are_as_many_as_float32_can_number(monkeypatch):
    leaves = [member.tree_.n_leaves for member in fitted("forest").estimators_]
    monkeypatch.setattr(writer, "_SMALL_NODES", 0)
    monkeypatch.setattr(writer, "MAX_ROWS", max(leaves))
    model, data = onnx101.to_onnx(fitted("forest")), hard_rows("forest", 100)
    tables = [part for part in model.graph.initializer if part.name.startswith("values_")]
    assert max(table.dims[0] for table in tables) <= max(leaves)
    assert_same_bits(run(model, data), answers(fitted("forest"), data))
    monkeypatch.setattr(writer, "MAX_ROWS", 20)
    with pytest.raises(onnx101.ConversionError, match="different leaves"):
        onnx101.to_onnx(fitted("forest"))


def test_ids_and_seconds_keep_their_last_digit():
    """HistGradientBoosting compares doubles: float32 would send most of these rows elsewhere."""
    seconds = 1_700_000_000 + rng.integers(0, 5_000, (300, 1)).astype(float)
    model = ensemble.HistGradientBoostingRegressor(max_iter=9).fit(seconds, seconds[:, 0] % 97)
    (found,) = run(onnx101.to_onnx(model), seconds)
    assert np.array_equal(found.ravel(), model.predict(seconds))
    (found,) = run(onnx101.to_onnx(model, dtype_in="float"), seconds)  # as run casts them
    assert np.array_equal(found.ravel(), model.predict(seconds.astype(np.float32)))
    assert (found.ravel() != model.predict(seconds)).any()


def test_x_is_not_wider_than_scikit_learn_compares_it():
    with pytest.raises(onnx101.ConversionError, match="X is float"):
        onnx101.to_onnx(fitted("forest"), dtype_in="double")
    with pytest.raises(onnx101.ConversionError, match="half"):
        onnx101.to_onnx(fitted("histogram"), dtype_in="half")


REFUSED = {
    "categories in words": lambda: ensemble.HistGradientBoostingRegressor(
        categorical_features=[0], max_iter=3
    ).fit(np.c_[WORDS, THREE].astype(object), y),
    "before scikit-learn 1.4": lambda: changed("histogram by category", _preprocessor=None),
    "preprocessor of its own": lambda: changed(
        "histogram by category", is_categorical_=np.array([True, True, False, False])
    ),
    "SAMME.R": lambda: changed("votes", algorithm="SAMME.R"),
}


def changed(name: str, **attributes):
    """A copy of a fitted estimator, with other attributes."""
    estimator = copy.copy(fitted(name))
    vars(estimator).update(attributes)
    return estimator


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_equal_is_refused_by_name(message):
    estimator = REFUSED[message]()
    with pytest.raises(onnx101.ConversionError, match=message) as refused:
        onnx101.to_onnx(estimator)
    assert type(estimator).__name__ in str(refused.value)


def small(draw, count: int, most: int) -> np.ndarray:
    numbers = st.lists(st.integers(0, most), min_size=count, max_size=count)
    return np.array(draw(numbers), dtype=np.float64)


@st.composite
def forests(draw):
    """Forests of any shape over few values, so that leaves and thresholds are met again."""
    n, columns = draw(st.integers(2, 25)), draw(st.integers(1, 3))
    data = small(draw, n * columns, draw(st.sampled_from([1, 3, 40]))).reshape(n, columns)
    data = (data * draw(st.sampled_from([1, 1 / 3, -1e30, 1e-40]))).astype(np.float32)
    outputs = draw(st.integers(1, 3))
    target = small(draw, n * outputs, draw(st.sampled_from([1, 2, 9]))).reshape(n, outputs)
    kind = draw(
        st.sampled_from(
            [
                ensemble.RandomForestRegressor,
                ensemble.RandomForestClassifier,
                ensemble.ExtraTreesRegressor,
                ensemble.ExtraTreesClassifier,
            ]
        )
    )
    if kind in (ensemble.RandomForestRegressor, ensemble.ExtraTreesRegressor):
        target = target * draw(st.sampled_from([1, 0.1, 1e300, -1e-320]))
        if draw(st.booleans()):
            data = np.where(small(draw, data.size, 5).reshape(data.shape) == 0, np.nan, data)
    estimator = kind(
        n_estimators=draw(st.integers(1, 4)),
        max_depth=draw(st.sampled_from([None, 1, 3])),
        max_leaf_nodes=draw(st.sampled_from([None, 2, 7])),
        bootstrap=draw(st.booleans()),
        random_state=draw(st.integers(0, 9)),
    )
    weights = small(draw, n, 3) + 0.25 if draw(st.booleans()) else None
    return estimator, data, target if outputs > 1 else target[:, 0], weights


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(forests())
def test_forests_of_any_shape(case):
    estimator, data, target, weights = case
    fit(estimator, data, target, sample_weight=weights)
    at = rows(np.nan_to_num(np.vstack([data, data + 1]).astype(np.float32)), 60)
    expected = answers(estimator, at)
    assert_same_bits(run(onnx101.to_onnx(estimator), at), expected)
    assert_same_bits(evaluated(pickle.dumps(estimator), at), expected)
