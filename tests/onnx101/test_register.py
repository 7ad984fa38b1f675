"""skl2onnx converts whole pipelines with the forests of this package in them."""

import subprocess
import sys
from functools import cache

import numpy as np
import onnx
import pytest
import skl2onnx
from exact import answers, fit, run
from sklearn import clone, ensemble, tree
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import onnx101

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 4))
X[:, 0] = rng.integers(0, 3, 300)
y = X[:, 0] * 2 + X[:, 1]
WORDS = np.where(y > 0, "late", "early")
MODELS = {
    "forest": (ensemble.RandomForestRegressor(40, random_state=0), y),
    "forest of two outputs": (ensemble.RandomForestRegressor(4, random_state=0), np.c_[y, -y]),
    "classes": (ensemble.RandomForestClassifier(40, random_state=0), WORDS),
    "classes of two outputs": (
        ensemble.RandomForestClassifier(4, random_state=0),
        np.c_[y > 0, X[:, 0]].astype(int),
    ),
    "extra trees": (ensemble.ExtraTreesRegressor(4, random_state=0), y),
    "extra classes": (ensemble.ExtraTreesClassifier(4, random_state=0), WORDS),
    "tree": (tree.DecisionTreeRegressor(random_state=0), y),
    "one leaf": (tree.DecisionTreeRegressor(), np.ones(300)),
    "tree of classes": (tree.DecisionTreeClassifier(random_state=0), WORDS),
    "extra tree": (tree.ExtraTreeRegressor(random_state=0), y),
    "extra tree of classes": (tree.ExtraTreeClassifier(random_state=0), WORDS),
    "boosting": (ensemble.GradientBoostingRegressor(n_estimators=9), y),
    "boosting of classes": (ensemble.GradientBoostingClassifier(n_estimators=9), WORDS),
    "histogram": (ensemble.HistGradientBoostingRegressor(max_iter=5), y),
    "histogram of classes": (ensemble.HistGradientBoostingClassifier(max_iter=5), WORDS),
}


@pytest.fixture(autouse=True)
def registered():
    """Registration is global: undo it for other tests."""
    from skl2onnx.common import _registration as known

    before = dict(known._converter_pool)
    onnx101.register()
    yield
    known._converter_pool.update(before)


@cache
def fitted(name):
    estimator, target = MODELS[name]
    columns = ColumnTransformer(
        [("one hot", OneHotEncoder(), [0]), ("as they are", "passthrough", [1, 2, 3])]
    )
    return fit(make_pipeline(columns, estimator), X, target)


def converted(name, data, **options):
    model = fitted(name)
    if hasattr(model, "classes_"):
        options |= {"zipmap": False}
    return skl2onnx.to_onnx(
        model, data[:1], options={type(model[-1]): options} if options else None
    )


@pytest.mark.parametrize("name", MODELS)
def test_a_pipeline_predicts_the_same(name):
    proto = converted(name, X)
    onnx.checker.check_model(proto, full_check=True)
    found, expected = run(proto, X), answers(fitted(name), X)
    numbers = found[-1]
    if numbers.dtype == np.float64 and not name.startswith(("boosting of", "histogram of")):
        assert np.array_equal(numbers.ravel(), expected[-1].ravel())
    else:
        assert_near(numbers, expected[-1])
    if len(found) > 1:
        assert (found[0] == expected[0]).all()


def assert_near(found: np.ndarray, expected: np.ndarray) -> None:
    """Equal up to the rounding of float32 sums, as with skl2onnx."""
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("name", MODELS)
def test_float32_comes_from_one_operator_with_little_around_it(name):
    data, model = X.astype(np.float32), bare(name)
    proto = alone(model, data)
    found, expected = run(proto, data), answers(model, data)
    assert found[-1].dtype == np.float32
    assert_near(found[-1], expected[-1])
    trees = [node for node in proto.graph.node if node.op_type.startswith("TreeE")]
    assert len(trees) == 1
    assert len(proto.graph.node) < 20


@cache
def bare(name):
    estimator, target = MODELS[name]
    return fit(clone(estimator), X.astype(np.float32), target)


def alone(model, data, **options):
    chosen = {"zipmap": False} if hasattr(model, "classes_") else {}
    return skl2onnx.to_onnx(model, data[:1], options={type(model): chosen}, **options)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_rows_give_no_answers(name, dtype):
    data = X.astype(dtype)
    proto = alone(bare(name), data)
    for some, none in zip(run(proto, data[:1]), run(proto, data[:0]), strict=True):
        assert none.size == 0
        assert (none.ndim, none.dtype) == (some.ndim, some.dtype)


@pytest.mark.parametrize("opset", [12, 13, 15, 18])
@pytest.mark.parametrize("name", MODELS)
def test_older_opsets(name, opset):
    data, model = X.astype(np.float32), bare(name)
    proto = alone(model, data, target_opset={"": opset, "ai.onnx.ml": 1})
    versions = {part.domain: part.version for part in proto.opset_import}
    assert versions[""] <= opset
    assert versions["ai.onnx.ml"] == 1
    assert_near(run(proto, data)[-1], answers(model, data)[-1])


@pytest.mark.parametrize("name", [name for name in MODELS if "classes" in name])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_map_of_probabilities(name, dtype):
    """ONNX has only float32 maps."""
    if name == "classes of two outputs":
        return  # skl2onnx makes no map for these
    data = X.astype(dtype)
    proto = skl2onnx.to_onnx(fitted(name), data[:1])
    onnx.checker.check_model(proto, full_check=True)
    labels, maps = run(proto, data)
    expected = answers(fitted(name), data)
    assert (labels == expected[0]).all()
    given = [[row[label] for label in fitted(name).classes_] for row in maps]
    assert_near(np.array(given), expected[1])


@pytest.mark.parametrize("name", ["histogram", "histogram of classes"])
def test_large_whole_numbers_keep_their_digits(name):
    """float32 cannot tell them apart above 2**24."""
    ids = 2**24 + rng.permutation(1200).reshape(300, 4)
    near = np.where(ids[:, 0] % 2 == 0, "late", "early") if "classes" in name else ids[:, 0] % 7
    model = fit(clone(MODELS[name][0]), ids, near)
    found = run(alone(model, ids), ids)
    assert_near(found[-1], answers(model, ids)[-1])


def test_what_people_hang_on_a_forest_does_no_harm():
    model = fit(ensemble.RandomForestRegressor(3, random_state=0), X, y)
    model.why = lambda: "cannot be pickled"
    (found,) = run(skl2onnx.to_onnx(model, X[:1].astype(np.float32)), X.astype(np.float32))
    assert_near(found.ravel(), model.predict(X))


def test_names_do_not_clash_between_two_forests():
    voting = ensemble.VotingRegressor(
        [
            ("forest", ensemble.RandomForestRegressor(3, random_state=0)),
            ("extra", ensemble.ExtraTreesRegressor(3, random_state=0)),
        ]
    )
    model = fit(make_pipeline(StandardScaler(), voting), X, y)
    proto = skl2onnx.to_onnx(model, X[:1])
    onnx.checker.check_model(proto, full_check=True)
    (found,) = run(proto, X)
    np.testing.assert_allclose(found.ravel(), model.predict(X), rtol=1e-12)


def test_outputs_that_only_skl2onnx_has_come_from_skl2onnx():
    proto = converted("classes", X.astype(np.float32), decision_path=True)
    assert [value.name for value in proto.graph.output][-1] == "decision_path"


def test_nan_goes_where_scikit_learn_sends_it():
    """skl2onnx alone gives half of these rows a wrong answer (its issue 1253)."""
    holes = np.where(rng.random(X.shape) < 0.2, np.nan, X).astype(np.float32)
    model = ensemble.RandomForestRegressor(9, random_state=0).fit(holes, y)
    (found,) = run(skl2onnx.to_onnx(model, holes[:1]), holes)
    assert_near(found.ravel(), model.predict(holes))


def test_without_skl2onnx():
    code = "import sys; sys.modules['skl2onnx'] = None; import onnx101; onnx101.register()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'onnx101[skl2onnx]'" in done.stderr.splitlines()[-1]


def test_categories_are_refused_where_they_would_be_left_out():
    """Columns are reordered before the trees, even if no tree splits on a category."""
    model = ensemble.HistGradientBoostingRegressor(max_iter=2, categorical_features=[0])
    model.fit(np.c_[np.zeros(len(X)), X], y)
    with pytest.raises(NotImplementedError, match="with categories"):
        skl2onnx.to_onnx(model, X[:1])
