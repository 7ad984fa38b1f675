"""A model says where it comes from, checked against hashlib and the standard's own wording."""

import hashlib
import json
import os
import pickle
import threading
import zlib

import joblib
import numpy as np
import onnx
import pandas as pd
import pytest
import skops.io
from exact import without_source
from sklearn import __version__, ensemble, pipeline, preprocessing

import onnx101

X = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3)), columns=["a", "größe", "c,d"])
FOREST = ensemble.RandomForestRegressor(3, random_state=0).fit(X, X["a"])


def facts(path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


WRITERS = {
    "pickle": lambda model, path: path.write_bytes(pickle.dumps(model)),
    "joblib": joblib.dump,
    "compressed": lambda model, path: joblib.dump(model, path, compress=3),
    "skops": lambda model, path: skops.io.dump(model, path),
    "other trees beside it": lambda model, path: joblib.dump({"a": model, "b": FOREST}, path),
    "bytes behind it": lambda model, path: path.write_bytes(pickle.dumps(model) + b"more" * 10**6),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_tells_class_versions_columns_and_the_sum_of_the_file(kind, tmp_path):
    model = ensemble.RandomForestRegressor(2).fit(X, X["a"])
    source = tmp_path / "my model.pkl"
    WRITERS[kind](model, source)
    key = "a" if kind.startswith("other") else None
    onnx101.convert(source, tmp_path / "a.onnx", key=key)
    told = facts(tmp_path / "a.onnx")
    assert told["class"] == "sklearn.ensemble._forest.RandomForestRegressor"
    assert told["scikit-learn"] == __version__
    assert json.loads(told["feature_names"]) == [*X.columns]
    assert told["source"] == "my model.pkl"
    assert told["source_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert told["converted"] == "2013-11-25T00:00:00Z"
    found = onnx101.info(tmp_path / "a.onnx")
    assert found.origin.items() <= told.items()
    assert {"estimator", "trees", "nodes"} == told.keys() - found.origin.keys()


def test_from_a_pipe_and_from_a_store(s3, monkeypatch, tmp_path):
    content = pickle.dumps(FOREST)
    expected = hashlib.sha256(content).hexdigest()
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    onnx101.convert(s3.put("folder/forest.pkl", content), tmp_path / "a.onnx")
    assert facts(tmp_path / "a.onnx")["source_sha256"] == expected
    assert facts(tmp_path / "a.onnx")["source"] == "forest.pkl"
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
    writer.start()
    onnx101.convert(tmp_path / "pipe", tmp_path / "a.onnx")
    writer.join()
    assert facts(tmp_path / "a.onnx")["source_sha256"] == expected


def test_much_behind_a_pickle_is_not_read(tmp_path):
    with open(tmp_path / "a.pkl", "wb") as file:
        pickle.dump(FOREST, file)
        file.truncate(2**40)
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    assert "source_sha256" not in facts(tmp_path / "a.onnx")


def test_a_pipeline_tells_the_columns_that_it_reads(tmp_path):
    model = pipeline.make_pipeline(preprocessing.StandardScaler(), FOREST).fit(X, X["a"])
    FOREST.fit(X, X["a"])
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(model))
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    told = facts(tmp_path / "a.onnx")
    assert told["class"] == "sklearn.pipeline.Pipeline"
    assert told["estimator"] == "RandomForestRegressor"
    assert json.loads(told["feature_names"]) == [*X.columns]


def test_what_is_not_known_is_not_told(tmp_path):
    model = onnx101.to_onnx(ensemble.RandomForestRegressor(2).fit(X.to_numpy(), X["a"]))
    told = {entry.key for entry in model.metadata_props}
    assert told == {"estimator", "trees", "nodes", "class", "scikit-learn"}


@pytest.mark.parametrize("names", [["\ud800", "a", "b"], ["a", "a", "b"], [1, "a", "b"], 7])
def test_names_that_nobody_can_write_change_nothing(names, tmp_path):
    model = ensemble.RandomForestRegressor(2, random_state=0).fit(X.to_numpy(), X["a"])
    expected = onnx101.to_onnx(model)
    model.feature_names_in_ = np.array(names, dtype=object)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(model))
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx").graph == expected.graph


def test_one_file_gives_one_model(monkeypatch, tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(FOREST))
    for name in ("a.onnx", "b.onnx"):
        onnx101.convert(tmp_path / "a.pkl", tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    for wrong in ("yesterday", "1e300", "9" * 30):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(onnx101.ConversionError, match="SOURCE_DATE_EPOCH"):
            onnx101.convert(tmp_path / "a.pkl", tmp_path / "c.onnx")
        assert not (tmp_path / "c.onnx").exists()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "c.onnx")
    assert facts(tmp_path / "c.onnx")["converted"] > "2026"


def test_the_thread_ends_with_the_reading(tmp_path):
    before = threading.active_count()
    (tmp_path / "a.pkl").write_bytes(zlib.compress(pickle.dumps(FOREST))[:-9])
    with pytest.raises(onnx101.ConversionError):
        onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    for thread in threading.enumerate():
        if thread.daemon and thread.name.endswith("(_work)"):
            thread.join(5)
    assert threading.active_count() <= before
