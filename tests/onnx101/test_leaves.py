"""Models say which leaf of each tree a row reaches, as scikit-learn's own `apply` does."""

import copy
import pickle

import numpy as np
import onnx
import pandas as pd
import pytest
import sklearn
from cases import CLOSE, EXACT, FEW, X, fitted, hard_rows, y
from exact import answers, assert_same_bits, evaluated, fit, rows, run, start
from sklearn import compose, ensemble, pipeline, preprocessing

import onnx101
from onnx101 import families, writer
from onnx101.__main__ import main

OLDEST = "onnxruntime==1.15"
EMBEDDING = fit(ensemble.RandomTreesEmbedding(max_depth=4, **FEW), X, None)
# Two outputs, NaN, trees of one leaf, single trees, and several trees per iteration.
SOME = ["forest", "forest with holes", "forest of one-leaf trees", "forest of stumps", "classes"]
SOME += ["forest of two outputs", "classes of two outputs", "extra trees of classes"]
SOME += ["tree", "tree of classes", "extra tree", "boosting", "boosting of classes"]


def reached(estimator, data: np.ndarray) -> np.ndarray:
    """scikit-learn's own answer, [N, trees]."""
    with sklearn.config_context(assume_finite=True):
        return estimator.apply(data).astype(np.int64).reshape(len(data), -1)


@pytest.mark.parametrize("kwargs", [{}, {"dtype": "float"}, {"target": OLDEST}], ids=str)
@pytest.mark.parametrize("name", SOME)
def test_leaves_are_those_of_apply(name, kwargs):
    model = onnx101.to_onnx(fitted(name), leaves=True, **kwargs)
    onnx.checker.check_model(model, full_check=True)
    assert model.graph.output[-1].name == "leaves"
    for number in (300, 1):
        data = hard_rows(name, number)
        *others, leaves = run(model, data)
        assert leaves.dtype == np.int64
        assert np.array_equal(leaves, reached(fitted(name), data))
        expected = answers(fitted(name), data)
        if name in EXACT and "dtype" not in kwargs:
            assert_same_bits(others, expected)
        else:
            np.testing.assert_allclose(others[-1], expected[-1], rtol=1e-6, atol=1e-6)
    *_, leaves = run(model, data[:0])
    assert leaves.shape == (0, reached(fitted(name), data).shape[1])


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kwargs", [{}, {"dtype": "float"}, {"target": OLDEST}], ids=str)
def test_an_embedding_says_which_columns_of_transform_are_one(kwargs, streamed, monkeypatch):
    if streamed:
        monkeypatch.setattr(writer, "_SMALL_NODES", 0)
    data = rows(X, 300, nan=False)
    (expected,) = answers(EMBEDDING, data)
    content = pickle.dumps(EMBEDDING)
    assert np.array_equal(evaluated(content, data)[0], expected)
    for leaves in (False, True):
        model = onnx101.to_onnx(EMBEDDING, leaves=leaves, **kwargs)
        onnx.checker.check_model(model, full_check=True)
        columns, *others = run(model, data)
        assert columns.dtype == np.int64
        assert np.array_equal(columns, expected)
        assert len(others) == leaves
        assert not leaves or np.array_equal(others[0], reached(EMBEDDING, data))
        assert [part.shape for part in run(model, data[:0])] == [(0, 5)] * (1 + leaves)


def test_tables_of_places_follow_those_of_values(monkeypatch):
    monkeypatch.setattr(writer, "_TABLE_BYTES", 100)
    for name in ("forest", "classes"):
        model, data = onnx101.to_onnx(fitted(name), leaves=True), hard_rows(name, 100)
        assert np.array_equal(run(model, data)[-1], reached(fitted(name), data))
        tables = [part for part in model.graph.initializer if part.name.endswith("_places")]
        assert len(tables) > 3


@pytest.mark.parametrize("streamed", [False, True])
def test_leaves_behind_a_head(streamed, monkeypatch, tmp_path):
    if streamed:
        monkeypatch.setattr(writer, "_SMALL_NODES", 0)
    head = compose.ColumnTransformer([("s", preprocessing.StandardScaler(), [2, 0])])
    whole = pipeline.make_pipeline(head, ensemble.RandomForestRegressor(**FEW)).fit(X, y)
    source, target = tmp_path / "a.pkl", tmp_path / "a.onnx"
    source.write_bytes(pickle.dumps({"the model": whole, "beside": 1}))
    assert main(["convert", "--leaves", str(source), str(target)]) == 0
    data = np.nan_to_num(rows(X, 100, nan=False).astype(np.float64), posinf=0, neginf=0)
    variable, leaves = run(target.read_bytes(), data)
    assert np.array_equal(variable.ravel(), whole.predict(data))
    assert np.array_equal(leaves, whole[-1].apply(whole[0].transform(data)))
    assert onnx101.verify(source, target, rows=300).equal == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_columns_may_have_the_names_of_the_models_own_tensors(streamed, monkeypatch):
    if streamed:
        monkeypatch.setattr(writer, "_SMALL_NODES", 0)
    names = ["leaves", "columns", "leaf_0", "leaf_0_", "values_0", "gather_3", "cast_1", "flat"]
    names += ["constant_1", "trees_1", "reshape_2", "columns_mul_3", "part_sum_4", "km/h", "X"]
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, len(names))), columns=names)
    head = compose.ColumnTransformer([("s", preprocessing.StandardScaler(), names)])
    for last in (ensemble.RandomForestClassifier(9), ensemble.IsolationForest(n_estimators=9)):
        whole = pipeline.make_pipeline(head, last).fit(frame, frame["leaves"] > 0)
        leaves = hasattr(last, "apply")
        model = onnx101.to_onnx(whole, leaves=leaves)
        onnx.checker.check_model(model, full_check=True)
        inputs = [value.name for value in model.graph.input]
        assert inputs[:5] == ["leaves_", "columns_", "leaf_0__", "leaf_0_", "values_0_"]
        feeds = dict(zip(inputs, frame.to_numpy().T[:, :, None], strict=True))
        for few in (60, 2):
            found = start(model).run(None, {name: feed[:few] for name, feed in feeds.items()})
            assert (found[0].ravel() == whole.predict(frame[:few])).all()


def test_leaves_of_a_forest_beside_a_pipeline(tmp_path):
    source, target = tmp_path / "a.pkl", tmp_path / "a.onnx"
    whole = pipeline.make_pipeline(preprocessing.StandardScaler(), fitted("forest")).fit(X, y)
    source.write_bytes(pickle.dumps([whole, fitted("classes")]))
    onnx101.convert(source, target, key="1", leaves=True)
    data = hard_rows("classes", 100)
    assert np.array_equal(run(target.read_bytes(), data)[-1], reached(fitted("classes"), data))


ENCODERS = {
    "reversed": lambda encoder: encoder.categories_[0][::-1],
    "shifted": lambda encoder: encoder.categories_[0] + 1,
    "short": lambda encoder: encoder.categories_[0][1:],
    "floats": lambda encoder: encoder.categories_[0] * 1.0,
    "no array": lambda encoder: encoder.categories_[0].tolist(),
}


@pytest.mark.parametrize("change", ENCODERS)
def test_an_embedding_with_another_encoder_is_refused(change):
    forged = copy.deepcopy(EMBEDDING)
    encoder = forged.one_hot_encoder_
    encoder.categories_[0] = ENCODERS[change](encoder)
    with pytest.raises(onnx101.ConversionError, match="encoder"):
        onnx101.to_onnx(forged)


@pytest.mark.parametrize(
    "change",
    [
        {"drop": "first"},
        {"categories_": []},
        {"_infrequent_enabled": True},
        {"_n_features_outs": [3]},
    ],
)
def test_an_encoder_of_other_columns_is_refused(change):
    forged = copy.deepcopy(EMBEDDING)
    vars(forged.one_hot_encoder_).update(change)
    with pytest.raises(onnx101.ConversionError, match="encoder"):
        onnx101.to_onnx(forged)


@pytest.fixture
def files(tmp_path):
    return tmp_path / "a.pkl", tmp_path / "a.onnx"


@pytest.mark.parametrize("name", ["forest", "classes of two outputs", "embedding"])
def test_verify_finds_another_leaf(name, files):
    estimator = EMBEDDING if name == "embedding" else fitted(name)
    files[0].write_bytes(pickle.dumps(estimator))
    onnx101.convert(*files, leaves=True)
    found = onnx101.verify(*files, rows=300)
    assert (found.passed, found.equal, found.labels) == (True, 1, 1)
    model = onnx.load(files[1])
    table = next(part for part in model.graph.initializer if part.name.endswith("_places"))
    places = onnx.numpy_helper.to_array(table).copy()
    places[:9] += 1
    table.CopyFrom(onnx.numpy_helper.from_array(places, table.name))
    onnx.save(model, files[1])
    found = onnx101.verify(*files, rows=300)
    assert not found.passed
    assert found.labels < 1 > found.equal


def test_verify_finds_another_column_of_an_embedding(files):
    files[0].write_bytes(pickle.dumps(EMBEDDING))
    onnx101.convert(*files)
    assert onnx101.verify(*files, rows=300).equal == 1
    model = onnx.load(files[1])
    for part in model.graph.initializer:
        if part.data_type == onnx.TensorProto.INT64 and list(part.dims) == [5]:
            offsets = onnx.numpy_helper.to_array(part) + np.eye(5, dtype=np.int64)[2]
            part.CopyFrom(onnx.numpy_helper.from_array(offsets, part.name))
    onnx.save(model, files[1])
    found = onnx101.verify(*files, rows=300)
    assert (found.passed, found.equal, found.absolute) == (False, 0, 1)


def test_verify_asks_for_fewer_rows_of_many_trees(files):
    files[0].write_bytes(pickle.dumps(fitted("forest")))
    onnx101.convert(*files, leaves=True)
    with pytest.raises(onnx101.ConversionError, match="ask for fewer"):
        onnx101.verify(*files, rows=10**7)


def test_what_has_no_apply_is_refused(files, capsys):
    names = {type(estimator).__name__: name for name, (estimator, *_) in (EXACT | CLOSE).items()}
    for kind, name in names.items():
        assert families.FAMILIES[kind].applies == hasattr((EXACT | CLOSE)[name][0], "apply"), kind
    with pytest.raises(onnx101.ConversionError, match="BaggingClassifier has no apply"):
        onnx101.to_onnx(fitted("bagging of columns drawn twice"), leaves=True)
    files[0].write_bytes(pickle.dumps(fitted("histogram")))
    assert main(["convert", "--leaves", *map(str, files)]) == 2
    assert "leave out --leaves" in capsys.readouterr().err
    assert not files[1].exists()
