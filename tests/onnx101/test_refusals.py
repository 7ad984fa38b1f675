"""Files we do not read are named for what they are; only damaged ones are called damaged."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from hostile import named, text, whole
from sklearn import cluster, ensemble, linear_model, model_selection, pipeline, preprocessing

import onnx101

X = np.arange(40.0).reshape(20, 2)
FOREST = ensemble.RandomForestRegressor(2).fit(X, X[:, 0])


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, b"content")
    return out.getvalue()


def object_of(path: str) -> bytes:
    """An object of a class that is not installed here, with a state."""
    return whole(named(path) + b")\x81}" + text("booster") + b"Nsb")


# One line each: the file, and what the refusal must say.
REFUSALS = {
    "nothing": (b"", "empty"),
    "arrays of numpy": (archive("X.npy", "y.npy"), "arrays of numpy"),
    "a model of Keras": (archive("metadata.json", "config.json", "model.weights.h5"), "tf2onnx"),
    "other files in a zip": (archive("a/config.json", "a/b"), "unpack the model: a/config.json"),
    "safetensors": (b"(\0\0\0\0\0\0\0" + b'{"__metadata__":{}}', "safetensors"),
    "a tar archive": (b"model.pkl".ljust(257, b"\0") + b"ustar\x0000", "a tar archive"),
    "a table of Parquet": (b"PAR1\x15\x04", "Parquet"),
    "protocol 0, a list": (pickle.dumps([FOREST], 0), "protocol=5"),
    "a Pipeline that ends in LightGBM": (
        pickle.dumps(pipeline.make_pipeline(preprocessing.StandardScaler().fit(X), 7), 2).replace(
            b"K\x07\x86", named("lightgbm.sklearn:LGBMRegressor") + b")\x81\x86"
        ),
        "convert_lightgbm",
    ),
    "a function by cloudpickle": (
        whole(named("cloudpickle.cloudpickle:_make_function") + b")RN\x85R"),
        "written by cloudpickle",
    ),
    "a function by dill": (
        whole(named("dill._dill:_create_function") + named("__builtin__:__main__") + b"\x85R"),
        "written by dill",
    ),
    "MLflow's own": (b"artifact_path: model\nflavors:\n", "give its folder"),
    "a bag of other estimators": (
        pickle.dumps(ensemble.BaggingRegressor(linear_model.Ridge(), 2).fit(X, X[:, 0])),
        "skl2onnx.to_onnx",
    ),
    "words": (b"some words\nand more\n", "no pickle"),
    "a web page": (b"<!doctype html><title>404</title>", "a page of the web"),
    "a zip of torch": (archive("archive/data.pkl"), "torch.onnx.export"),
    "a zip of arrays": (archive("a.npy"), "no pickle"),
    "an array of numpy": (b"\x93NUMPY\x01\x00", "an array of numpy"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "tf2onnx"),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "LightGBM's text": (b"tree\nversion=v4\n", "convert_lightgbm"),
    "XGBoost's JSON": (json.dumps({"learner": {}}).encode(), "convert_xgboost"),
    "XGBoost's UBJSON": (b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner", "convert_xgboost"),
    "CatBoost's own": (b"CBM1\x00\x00", "save_model"),
    "zstd": (b"\x28\xb5\x2f\xfd\x00", "decompress it"),
    "protocol 0": (pickle.dumps(FOREST, 0), "protocol=5"),
    "protocol 1": (pickle.dumps(FOREST, 1), "protocol=5"),
    "protocol 6": (b"\x80\x06N.", "newer than 5"),
    "LightGBM": (object_of("lightgbm.sklearn:LGBMClassifier"), "convert_lightgbm"),
    "XGBoost": (object_of("xgboost.sklearn:XGBRegressor"), "convert_xgboost"),
    "CatBoost": (object_of("catboost.core:CatBoostRegressor"), "save_model"),
    "imbalanced-learn": (
        object_of("imblearn.ensemble._easy_ensemble:EasyEnsembleClassifier"),
        "of imbalanced-learn",
    ),
    "quantile-forest": (
        object_of("quantile_forest._quantile_forest:RandomForestQuantileRegressor"),
        "of quantile-forest",
    ),
    "scikit-survival": (
        object_of("sksurv.ensemble.forest:RandomSurvivalForest"),
        "of scikit-survival",
    ),
    "torch": (object_of("torch.nn.modules.container:Sequential"), "torch.onnx.export"),
    "dill": (object_of("dill._dill:_create_type"), "written by dill"),
    "a class of one's own": (object_of("__main__:Model"), "no estimator of scikit-learn"),
    "another estimator": (pickle.dumps(linear_model.Ridge().fit(X, X[:, 0])), "skl2onnx.to_onnx"),
    "a cluster": (pickle.dumps(cluster.KMeans(2).fit(X)), "skl2onnx.to_onnx"),
    "a Pipeline that is not fitted": (
        pickle.dumps(pipeline.make_pipeline(preprocessing.StandardScaler(), FOREST)),
        "it is not fitted",
    ),
    "a Pipeline with another transformer": (
        pickle.dumps(pipeline.make_pipeline(preprocessing.PowerTransformer(), FOREST)),
        "PowerTransformer in a pipeline is not supported",
    ),
    "a search without refit": (
        pickle.dumps(
            model_selection.GridSearchCV(
                ensemble.RandomForestRegressor(2), {"max_depth": [1, 2]}, cv=2, refit=False
            ).fit(X, X[:, 0])
        ),
        "refit",
    ),
    "several forests": (
        pickle.dumps({"a": FOREST, "b": ensemble.RandomForestRegressor()}),
        "--key",
    ),
    "a number": (pickle.dumps(1), "no estimator"),
    "never fitted": (pickle.dumps(ensemble.RandomForestRegressor()), "not fitted"),
    "what an attack names": (whole(named("os:system")), "an attack may"),
}


def told(path) -> None:
    """Raise info's reason for a file without a forest; info itself may report more."""
    if refused := onnx101.info(path).refused:
        raise onnx101.ConversionError(refused)


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_names_what_the_file_is(kind, tmp_path):
    content, words = REFUSALS[kind]
    (tmp_path / "a").write_bytes(content)
    for attempt in (told, lambda path: onnx101.convert(path, tmp_path / "a.onnx")):
        with pytest.raises(onnx101.ConversionError) as refusal:
            attempt(tmp_path / "a")
        line = str(refusal.value)
        assert words in line, line
        assert kind == "never fitted" or "damaged" not in line, line
        assert len(line) < 260


def test_what_is_cut_off_or_damaged_is_called_so(tmp_path):
    content = pickle.dumps(FOREST)
    for broken, word in ((content[:-9], "cut off"), (content[:-1] + b"\xee", "damaged")):
        (tmp_path / "a").write_bytes(broken)
        with pytest.raises(onnx101.ConversionError, match=word):
            onnx101.convert(tmp_path / "a", tmp_path / "a.onnx")
