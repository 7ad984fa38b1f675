"""A Pipeline becomes one model: its transformers, to the bit, and its trees, as a stream."""

import os
import pickle
import threading
import warnings
from typing import ClassVar

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
    """The rows as the inputs of the model want them; text that is missing is the empty text."""
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
    """The rows, every third with numbers and texts that were not seen in training."""
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


WORDS = FRAME.astype({"b": "category", "c": "category", "d": "category", "f": "category"})


@pytest.mark.parametrize("streamed", [False, True])
def test_categories_in_words_are_inputs_of_text(streamed, tmp_path, monkeypatch):
    if streamed:
        monkeypatch.setattr("onnx101.writer._SMALL_NODES", 5)
    model = ensemble.HistGradientBoostingRegressor(
        max_iter=9, min_samples_leaf=5, categorical_features="from_dtype"
    ).fit(WORDS, y + 3 * (FRAME.c == "x") + 2 * FRAME.f.isna())
    source, target = convert(model, tmp_path)
    rows = strange(WORDS)
    for name, other in (("c", "never"), ("b", 77)):
        rows[name] = rows[name].cat.add_categories(other)
        rows.loc[1::4, name] = other
    session = onnxruntime.InferenceSession(target)
    assert [each.type for each in session.get_inputs()] == [
        f"tensor({'string' if name in 'cdf' else 'double'})" for name in WORDS
    ]
    for some in (rows, rows[:1]):
        assert (session.run(None, fed(session, some))[0].ravel() == model.predict(some)).all()
    assert onnx101.verify(source, target, rows=500).equal == 1
    assert model._predictors[0][0].nodes["is_categorical"].any()


@pytest.mark.parametrize("streamed", [False, True])
def test_categories_may_be_encoded_before(streamed, tmp_path, monkeypatch):
    if streamed:
        monkeypatch.setattr("onnx101.writer._SMALL_NODES", 5)
    encoder = ordinal(**unknown, unknown_value=np.nan, encoded_missing_value=np.nan)
    model = make_pipeline(
        columns(("passthrough", ["a", "e"]), (encoder, ["c", "f"])),
        ensemble.HistGradientBoostingRegressor(max_iter=9, categorical_features=[2, 3]),
    ).fit(FRAME, y + 3 * (FRAME.c == "x"))
    source, target = convert(model, tmp_path)
    rows = strange(FRAME)
    rows.loc[1::4, "c"] = "never"
    session = onnxruntime.InferenceSession(target)
    assert (session.run(None, fed(session, rows))[0].ravel() == model.predict(rows)).all()
    assert onnx101.verify(source, target, rows=500).equal == 1
    assert model[-1]._predictors[0][0].nodes["is_categorical"].any()


@pytest.mark.parametrize(
    "change",
    [
        lambda encoder: setattr(encoder, "unknown_value", -1.0),
        lambda encoder: setattr(encoder, "encoded_missing_value", 0),
        lambda encoder: encoder.categories_.pop(),
        lambda encoder: encoder.categories_.__setitem__(0, np.array(["x", "x"], object)),
        lambda encoder: encoder.categories_.__setitem__(0, np.array(["x", 1.5], object)),
    ],
)
def test_categories_that_make_no_sense_are_refused(change, tmp_path):
    model = ensemble.HistGradientBoostingRegressor(max_iter=2, min_samples_leaf=5).fit(WORDS, y)
    change(model._preprocessor.named_transformers_["encoder"])
    with pytest.raises(onnx101.ConversionError):
        convert(model, tmp_path)


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


class Repeated:
    """A list of `times` copies of one object, which exist one at a time."""

    def __init__(self, one, times: int):
        self.content, self.times = pickle.dumps(one, protocol=5), times


class Zeros:
    """`size` bytes, whole MiB, that nobody holds."""

    def __init__(self, size: int):
        self.size = size


class Repeating(pickle._Pickler):
    """Writes a Repeated as a plain list and Zeros as bytes, and holds nothing of them."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_zeros(self, found: Zeros):
        header, piece = pickle.BINBYTES8 + found.size.to_bytes(8, "little"), bytes(2**20)
        for _ in range(found.size // len(piece)):
            self._write_large_bytes(header, piece)
            header = b""

    dispatch[Zeros] = save_zeros

    def save_repeated(self, found: Repeated):
        self.write(pickle.EMPTY_LIST)
        self.memoize(found)
        for _ in range(found.times):
            before = set(self.memo)
            self.save(pickle.loads(found.content))
            self.write(pickle.APPEND)
            for number, key in enumerate([key for key in self.memo if key not in before]):
                self.memo["gone", len(self.memo), number] = self.memo.pop(key)[0], None

    dispatch[Repeated] = save_repeated


def test_a_pipeline_past_two_gibibytes_streams(tmp_path, command):
    classes = 60
    X = rng.normal(size=(30_000, 2))
    target = np.r_[np.arange(classes), rng.integers(0, classes, len(X) - classes)]
    pipeline = fitted(
        preprocessing.StandardScaler(),
        ensemble.RandomForestClassifier(1, random_state=0, bootstrap=False),
        X,
        target,
    )
    rows, (forest,) = X[:50], pipeline.steps[-1][1:]
    expected = pipeline.predict_proba(rows)
    (one,) = forest.estimators_
    # trees that together pass what may be held, behind more bytes than 32 bits count
    times = 1 + 250_000_000 // (one.tree_.node_count * (64 + 8 * classes))
    forest.estimators_, forest.n_estimators = Repeated(one, times), times
    pipeline.steps[0][1].notes = Zeros(2**31)
    pipe, target = tmp_path / "pipe", tmp_path / "model.onnx"
    os.mkfifo(pipe)

    def write():
        with open(pipe, "wb") as file:
            Repeating(file, protocol=4).dump(pipeline)

    writer = threading.Thread(target=write)
    writer.start()
    outcome = command("convert", pipe, target)
    writer.join()
    assert outcome.status == 0, outcome.stderr
    assert outcome.peak < 200e6
    (_, found) = onnxruntime.InferenceSession(target).run(None, {"X": rows})
    assert (found == expected).all()
