"""Recognises files that cannot be converted here, and says which tool can."""

import re

from onnx101.inert import Object

_SKLEARN = "give the pickle or joblib file of the scikit-learn model"
_MLFLOW = "the MLmodel of MLflow: give its folder"
# By their first bytes.
_FILES = [
    (b"\x93NUMPY", "an array of numpy: " + _SKLEARN),
    (b"\x89HDF", "an HDF5 file, as Keras writes: use tf2onnx"),
    (b"version https://git-lfs", "a pointer of Git LFS: fetch the file itself by git lfs pull"),
    (b"tree\n", "a model of LightGBM: use onnxmltools.convert_lightgbm"),
    (b"{L\x00\x00\x00\x00\x00\x00", "a model of XGBoost: use onnxmltools.convert_xgboost"),
    (b'{"learner"', "a model of XGBoost: use onnxmltools.convert_xgboost"),
    (b"binf", "a model of XGBoost: use onnxmltools.convert_xgboost"),
    (b"CBM1", 'a model of CatBoost: use its own save_model(format="onnx")'),
    (b"\x08", "an ONNX model, or no model at all: " + _SKLEARN),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd: decompress it first"),
    (b"7z\xbc\xaf\x27\x1c", "compressed by 7z: decompress it first"),
    (b"artifact_path:", _MLFLOW),
    (b"flavors:", _MLFLOW),
    (b"PAR1", "a table of Parquet: " + _SKLEARN),
    (b"<", "a page of the web or XML: " + _SKLEARN),
]
_OLD = "a pickle of protocol 0 or 1: load it and save it with pickle.dump(model, file, protocol=5)"


# Modules that also pickle code.
WRITERS = {
    "dill": "written by dill, with code in it: save the estimator alone, by pickle or joblib",
    "cloudpickle": "written by cloudpickle, with code in it: save the estimator alone, by pickle",
}
_SKL2ONNX = "load it and use skl2onnx.to_onnx"
# By the package of a pickled object.
_PACKAGES = {
    "lightgbm": "a model of LightGBM: use onnxmltools.convert_lightgbm",
    "xgboost": "a model of XGBoost: use onnxmltools.convert_xgboost",
    "catboost": 'a model of CatBoost: use its own save_model(format="onnx")',
    "torch": "a model of PyTorch: use torch.onnx.export",
    "keras": "a model of Keras: use tf2onnx",
    "tensorflow": "a model of TensorFlow: use tf2onnx",
    "cuml": "a model of cuML: use its as_sklearn(), and save that",
    "imblearn": "of imbalanced-learn, which is not supported: use RandomForestClassifier",
    "quantile_forest": "of quantile-forest, which keeps its training data: predict with it itself",
    "sksurv": "of scikit-survival, which predicts functions of time: predict with it itself",
    **WRITERS,
    "mlflow": "of MLflow: give the folder that has its MLmodel",
}


def what_object_is(value: object) -> str:
    """Describe, in one line, a pickled object without a supported estimator."""
    if not isinstance(value, Object):
        return "the file holds no estimator: " + _SKLEARN
    name = f"{value.name.module}.{value.name.name}"[:100]
    package = value.name.module.partition(".")[0].removeprefix("_")
    if package in _PACKAGES:
        return f"{name} is {_PACKAGES[package]}"
    if package in ("builtins", "__builtin__"):
        return f"the pickle asks for {name}, which no forest needs: nothing was run"
    if package == "sklearn":
        return f"{name} is not supported: {_SKL2ONNX}"
    return f"{name} is no estimator of scikit-learn: save the one inside it alone"


def what_is(start: bytes) -> str:
    """Describe, by its first bytes, a file that is not a pickle of protocol 2 or later."""
    for prefix, line in _FILES:
        if start.startswith(prefix):
            return f"the file is {line}"
    if start[4:9] == b"\0\0\0\0{":
        return "the file is weights of safetensors: use the exporter of their framework"
    if start[257:262] == b"ustar":
        return "the file is a tar archive: unpack it, and give the model in it"
    if re.match(rb"c[\w.]+\n|[\]}]|\([^\0]", start):
        return f"the file is {_OLD}"
    if not start:
        return "the file is empty"
    return f"the file is no pickle: {_SKLEARN}"
