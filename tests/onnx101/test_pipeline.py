"""A Pipeline becomes one model: its transformers, bit for bit, and its trees, as a stream."""

import pickle
import warnings

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn import compose, ensemble, impute, preprocessing
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

import onnx101

rng = np.random.default_rng(3)
ROWS = 200
FRAME = pd.DataFrame(
    {
        "a": rng.normal(size=ROWS),
        "b": rng.integers(0, 9, ROWS),
        "c": rng.choice(["x", "y", "z"], ROWS),
        "d": rng.choice(["u", "v"], ROWS),
        "e": np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS) * 1e3),
    }
)
FRAME["f"] = FRAME.c.astype(object).where(rng.random(ROWS) < 0.8, np.nan)
NUMBERS = FRAME[["a", "b", "e"]]
y = rng.normal(size=ROWS) + FRAME.b
CLASSES = FRAME.c.to_numpy()
LOG = preprocessing.FunctionTransformer(np.log1p)
FEW = {"n_estimators": 3, "random_state": 0, "max_depth": 4}
OLDEST = "onnxruntime==1.15"


def columns(*parts, **options):
    named = [(str(n), *part) for n, part in enumerate(parts)]
    return compose.ColumnTransformer(named, sparse_threshold=0, **options)


one_hot, ordinal = preprocessing.OneHotEncoder, preprocessing.OrdinalEncoder
unknown = {"handle_unknown": "use_encoded_value"}
HEADS = {
    "StandardScaler": (preprocessing.StandardScaler(), NUMBERS),
    "StandardScaler without mean": (preprocessing.StandardScaler(with_mean=False), NUMBERS),
    "StandardScaler of a matrix": (preprocessing.StandardScaler(), NUMBERS.to_numpy()),
    "MinMaxScaler": (preprocessing.MinMaxScaler((-3, 0.1), clip=True), NUMBERS),
    "MaxAbsScaler": (preprocessing.MaxAbsScaler(), NUMBERS),
    "RobustScaler": (preprocessing.RobustScaler(unit_variance=True), NUMBERS),
    "nothing": (preprocessing.FunctionTransformer(), NUMBERS.to_numpy(np.float32)),
    "imputer and flags": (
        make_pipeline(impute.SimpleImputer(add_indicator=True), preprocessing.StandardScaler()),
        NUMBERS,
    ),
    "imputer of a column without numbers": (impute.SimpleImputer(), NUMBERS.assign(g=np.nan)),
    "imputer of -1": (impute.SimpleImputer(missing_values=3, strategy="median"), NUMBERS[["b"]]),
    "one-hot": (columns((one_hot(handle_unknown="ignore"), ["c", "b"])), FRAME),
    "one-hot without the first": (columns((one_hot(drop="first"), ["d", "b", "c"])), FRAME),
    "one-hot of missing text": (columns((one_hot(), ["f"]), remainder="drop"), FRAME),
    "one-hot of numbers": (one_hot(handle_unknown="ignore", sparse_output=False), FRAME[["b"]]),
    "imputed text": (
        columns(
            (
                make_pipeline(
                    impute.SimpleImputer(strategy="most_frequent"), one_hot(sparse_output=False)
                ),
                ["f", "d"],
            )
        ),
        FRAME,
    ),
    "ordinal": (columns((ordinal(**unknown, unknown_value=-7), ["c", "b"])), FRAME),
    "ordinal of missing": (
        columns((ordinal(**unknown, unknown_value=np.nan, encoded_missing_value=-2), ["f", "e"])),
        FRAME,
    ),
    "ordinal of empty text": (
        columns((ordinal(**unknown, unknown_value=-7, encoded_missing_value=9), ["c"])),
        FRAME.assign(c=FRAME.c.astype(object).where(FRAME.c != "x", "")),
    ),
    "all at once": (
        columns(
            (make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler()), ["e", "a"]),
            (one_hot(handle_unknown="ignore"), ["c"]),
            ("drop", ["f"]),
            (ordinal(), slice("d", "d")),
            remainder="passthrough",
        ),
        FRAME,
    ),
    "by selector": (
        columns(
            (preprocessing.RobustScaler(), compose.make_column_selector(dtype_include=float)),
            (one_hot(), compose.make_column_selector(pattern="c|d")),
        ),
        FRAME,
    ),
    "columns of a matrix": (
        columns(
            (preprocessing.StandardScaler(), [-1, 0]),
            (preprocessing.MinMaxScaler(), np.array([False, True, False])),
        ),
        NUMBERS.to_numpy(),
    ),
    "columns twice, then scaled": (
        make_pipeline(
            columns((preprocessing.StandardScaler(), ["a"]), ("passthrough", ["a", "b"])),
            preprocessing.MinMaxScaler(),
            "passthrough",
        ),
        NUMBERS,
    ),
}
ESTIMATORS = {
    "forest": (ensemble.RandomForestRegressor(**FEW), y),
    "classes": (ensemble.ExtraTreesClassifier(**FEW), CLASSES),
    "histogram": (ensemble.HistGradientBoostingRegressor(max_iter=4), y),
}


def fitted(head, estimator, X, target):
    with warnings.catch_warnings(action="ignore"):
        return make_pipeline(head, estimator).fit(X, target)


def fed(session, X) -> dict[str, np.ndarray]:
    """The rows as the model's inputs expect them; missing text becomes the empty string."""
    if [each.name for each in session.get_inputs()] == ["X"] and not isinstance(X, pd.DataFrame):
        (each,) = session.get_inputs()
        return {"X": X.astype(np.float64 if "double" in each.type else np.float32)}
    feed = {}
    for each in session.get_inputs():
        column = X[[each.name]]
        if each.type == "tensor(string)":
            feed[each.name] = column.astype(object).where(column.notna(), "").to_numpy(object)
        else:
            feed[each.name] = column.to_numpy(np.float64)
    return feed


def strange(X):
    """The rows, every third with numbers and texts not seen in training."""
    X = X.copy()
    if isinstance(X, np.ndarray):
        X[::3] = X[::3] * 2 + 1
        return X
    for name in X:
        if X[name].dtype.kind in "if":
            X.loc[::3, name] = X[name][::3] * 2 + 1
    return X


def convert(pipeline, tmp_path, **options):
    source, target = tmp_path / "pipeline.pkl", tmp_path / "pipeline.onnx"
    source.write_bytes(pickle.dumps(pipeline))
    onnx101.convert(source, target, **options)
    onnx.checker.check_model(target, full_check=True)
    return source, target


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, "forest") for name in HEADS]
    + [(name, kind) for name in ("all at once", "columns of a matrix") for kind in ESTIMATORS],
)
def test_a_pipeline_answers_as_scikit_learn_does(name, kind, tmp_path):
    check(name, kind, tmp_path)


@pytest.mark.parametrize("name", ["all at once", "columns of a matrix", "nothing"])
def test_so_does_a_large_one(name, tmp_path, monkeypatch):
    monkeypatch.setattr("onnx101.writer._SMALL_NODES", 5)  # trees go to the file as they come
    check(name, "classes", tmp_path)


def check(name: str, kind: str, tmp_path) -> None:
    (head, X), (estimator, target) = HEADS[name], ESTIMATORS[kind]
    pipeline = fitted(head, estimator, X, target)
    source, model = convert(pipeline, tmp_path)
    rows = strange(X) if "one-hot" not in name or "ignore" in str(head) else X
    assert_answers(pipeline, model, rows)
    found = onnx101.verify(source, model, rows=500)
    assert found.passed
    assert found.equal == 1
    onnx101.convert(source, model, target=OLDEST)
    versions = {part.domain: part.version for part in onnx.load(model).opset_import}
    assert versions == {"": 15, "ai.onnx.ml": 3}
    onnx.checker.check_model(model, full_check=True)
    assert_answers(pipeline, model, rows)


def assert_answers(pipeline, model, rows) -> None:
    """The model answers as the pipeline does: many rows, one and none."""
    session = onnxruntime.InferenceSession(model)
    for some in (rows, rows[:1], rows[:0]):
        given = session.run(None, fed(session, some))
        if not len(some):
            assert [each.shape[0] for each in given] == [0] * len(given)
            continue
        with warnings.catch_warnings(action="ignore"):
            expected = [pipeline.predict(some)]
            if hasattr(pipeline, "predict_proba"):
                expected.append(pipeline.predict_proba(some))
        for found, wanted in zip(given, expected, strict=True):
            assert (found.reshape(wanted.shape) == wanted).all()


def test_inputs_are_named_by_the_frame_and_only_those_that_count(tmp_path):
    frame = FRAME.rename(columns={"a": "variable"})
    head = columns((one_hot(), ["c"]), (preprocessing.StandardScaler(), ["variable"]))
    _, model = convert(fitted(head, ensemble.RandomForestRegressor(**FEW), frame, y), tmp_path)
    inputs = onnxruntime.InferenceSession(model).get_inputs()
    found = {each.name: (each.type, each.shape) for each in inputs}
    assert found == {
        "variable_": ("tensor(double)", ["N", 1]),
        "c": ("tensor(string)", ["N", 1]),
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda steps: steps.insert(0, ("pca", PCA(2).fit(NUMBERS.fillna(0)))),
            "PCA in a pipeline",
        ),
        (
            lambda steps: steps.insert(0, ("log", preprocessing.FunctionTransformer(np.log1p))),
            "log1p",
        ),
        (lambda steps: setattr(steps[0][1], "scale_", np.ones(2)), "differ in number"),
        (lambda steps: setattr(steps[0][1], "mean_", "text"), "mean_"),
        (lambda steps: delattr(steps[0][1], "scale_"), "scale_"),
        (lambda steps: setattr(steps[0][1], "n_features_in_", 1), "columns"),
        (lambda steps: steps.insert(0, ("self", steps)), "not supported"),
        (lambda steps: steps.clear(), "steps"),
        (lambda steps: steps.insert(0, steps[0]) or steps.extend(steps[:1] * 2000), "."),
        (lambda steps: steps.insert(0, "step"), "steps"),
        (
            lambda steps: steps.insert(0, ("words", ordinal().fit([[""], ["x"], [None]]))),
            "tell apart",
        ),
    ],
)
def test_what_is_not_known_or_makes_no_sense_is_refused(change, expected, tmp_path):
    numbers = NUMBERS.to_numpy()
    pipeline = fitted(
        preprocessing.StandardScaler(), ensemble.RandomForestRegressor(**FEW), numbers, y
    )
    change(pipeline.steps)
    with pytest.raises(onnx101.ConversionError, match=expected):
        convert(pipeline, tmp_path)
    assert not (tmp_path / "pipeline.onnx").exists()


def test_a_pipeline_that_stands_in_itself_is_refused(tmp_path):
    pipeline = fitted(
        preprocessing.StandardScaler(), ensemble.RandomForestRegressor(**FEW), NUMBERS, y
    )
    inner = make_pipeline("passthrough")
    inner.steps[0] = ("inner", inner)
    pipeline.steps.insert(0, ("inner", inner))
    with pytest.raises(onnx101.ConversionError, match="deep in each other"):
        convert(pipeline, tmp_path)


def test_a_model_with_a_wrong_scale_differs(tmp_path):
    head = preprocessing.StandardScaler()
    pipeline = fitted(head, ensemble.RandomForestRegressor(**FEW), NUMBERS, y)
    source, model = convert(pipeline, tmp_path)
    pipeline.steps[0][1].scale_[2] *= 1.001
    source.write_bytes(pickle.dumps(pipeline))
    assert not onnx101.verify(source, model, rows=500).passed
