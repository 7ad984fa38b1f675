"""joblib files give the same model as a pickle, however joblib wrote them."""

import pickle

import joblib
import numpy as np
import pytest
from exact import answers, assert_same_bits, rows, run, without_source
from sklearn import ensemble

import onnx101

rng = np.random.default_rng(5)
X = rng.normal(size=(3000, 3)).astype(np.float32)
y = X[:, 0] * X[:, 1]


@pytest.fixture(scope="module")
def forest():
    return ensemble.RandomForestRegressor(3, random_state=0).fit(X, y)  # arrays of 230 KB


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("compress", [0, "zlib", "gzip", "bz2", "lzma", "xz", "lz4"])
def test_gives_the_model_that_a_pickle_gives(compress, protocol, forest, tmp_path):
    (tmp_path / "forest.pkl").write_bytes(pickle.dumps(forest))
    onnx101.convert(tmp_path / "forest.pkl", tmp_path / "expected.onnx")
    options = (compress, 1) if compress else 0
    joblib.dump(forest, tmp_path / "forest.joblib", compress=options, protocol=protocol)
    report = onnx101.convert(tmp_path / "forest.joblib", tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == without_source(tmp_path / "expected.onnx")
    assert report.trees == 3


@pytest.mark.parametrize(
    "estimator",
    [
        ensemble.GradientBoostingClassifier(n_estimators=4),  # an array of objects, pickled inside
        ensemble.HistGradientBoostingClassifier(max_iter=2),
        ensemble.RandomForestClassifier(4),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_arrays_of_objects_are_read(estimator, tmp_path):
    words = np.array(["a", "b", "c"], dtype=object)[np.digitize(y, [-0.2, 0.3])]
    estimator.fit(X, words)
    joblib.dump(estimator, tmp_path / "a.joblib", compress=3)
    onnx101.convert(tmp_path / "a.joblib", tmp_path / "a.onnx")
    at = rows(X, 100, nan=False)
    found, expected = run(str(tmp_path / "a.onnx"), at), answers(estimator, at)
    assert (found[0] == expected[0]).all()
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-13)


def test_columns_in_memory_order_of_fortran(forest, tmp_path):
    """joblib keeps an array's memory order and records it."""
    pair = np.asfortranarray(np.c_[y, -y])
    estimator = ensemble.ExtraTreesRegressor(2, random_state=0).fit(X, pair)
    state = estimator.estimators_[0].tree_.__getstate__()
    state["values"] = np.asfortranarray(state["values"])
    assert not state["values"].flags.c_contiguous
    tree = estimator.estimators_[0].tree_
    at = rows(X, 50)
    expected = answers(estimator, at)
    estimator.estimators_[0].tree_ = Fortran(tree, state)
    for name in ("a.joblib", "a.pkl"):
        dump = joblib.dump if name == "a.joblib" else dump_pickle
        dump(estimator, tmp_path / name)
        onnx101.convert(tmp_path / name, tmp_path / "a.onnx")
        assert_same_bits(run(str(tmp_path / "a.onnx"), at), expected)


class Fortran:
    """A tree that is pickled with a different state."""

    def __init__(self, tree, state):
        self._made = (*tree.__reduce__()[:2], state)

    def __reduce__(self):
        return self._made


def dump_pickle(estimator, path):
    path.write_bytes(pickle.dumps(estimator, protocol=4))


def test_lz4_without_its_package(forest, tmp_path, monkeypatch):
    joblib.dump(forest, tmp_path / "a.lz4", compress=("lz4", 1))
    monkeypatch.setitem(__import__("sys").modules, "lz4.frame", None)
    with pytest.raises(onnx101.ConversionError, match="pip install lz4"):
        onnx101.convert(tmp_path / "a.lz4", tmp_path / "a.onnx")
