"""The expected answers: scikit-learn's own, on rows where trees are easy to get wrong."""

import os
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime
import sklearn

from onnx101.evaluate import Evaluator
from onnx101.reading import read, reader_of
from onnx101.source import opened, opened_again


def without_source(model: bytes | os.PathLike) -> onnx.ModelProto:
    """The model without its source file and date."""
    found = onnx.load_from_string(model) if isinstance(model, bytes) else onnx.load(model)
    for entry in [*found.metadata_props]:
        if entry.key in ("source", "source_sha256", "converted"):
            found.metadata_props.remove(entry)
    return found


def rows(
    X: np.ndarray, number: int, seed: int = 0, nan: bool = True, dtype: type = np.float32
) -> np.ndarray:
    """Rows of values of X, the midpoints between them, where splits lie, and their neighbours.

    X: float32 [n, columns] that a model was trained on. A tenth of the numbers are infinite, zero
    of either sign, or, if asked for, NaN.
    """
    rng = np.random.default_rng(seed)
    special = np.array([np.inf, -np.inf, 0.0, -0.0, *([np.nan] * 4 if nan else [])], dtype)
    columns = []
    for column in X.T:
        values = np.unique(column[~np.isnan(column)])
        middles = ((values[1:] + values[:-1].astype(np.float64)) / 2).astype(dtype)
        at = rng.choice(np.concatenate([values, middles, middles]), number)
        toward = rng.choice(np.array([-np.inf, np.inf], dtype), number)
        beside = np.where(rng.random(number) < 0.5, np.nextafter(at, toward), at)
        columns.append(np.where(rng.random(number) < 0.1, rng.choice(special, number), beside))
    return np.stack(columns, axis=1).astype(dtype)


def answers(estimator, X: np.ndarray) -> list[np.ndarray]:
    """scikit-learn's predictions, shaped like the model's outputs."""
    if "n_jobs" in estimator.get_params():
        estimator.set_params(n_jobs=1)
    with sklearn.config_context(assume_finite=True):
        if hasattr(estimator, "one_hot_encoder_"):  # an embedding: the columns that are 1
            hot = estimator.transform(X)
            hot = hot.toarray() if estimator.sparse_output else hot
            return [hot.nonzero()[1].reshape(len(X), -1)]
        predicted = estimator.predict(X)
        if hasattr(estimator, "score_samples"):
            scores = estimator.decision_function(X), estimator.score_samples(X)
            return [array[:, None] for array in (predicted, *scores)]
        if not hasattr(estimator, "predict_proba"):
            return [predicted.reshape(len(X), -1)]
        probabilities = estimator.predict_proba(X)
    if isinstance(probabilities, list):
        most = max(each.shape[1] for each in probabilities)
        probabilities = np.stack(
            [np.pad(each, [(0, 0), (0, most - each.shape[1])]) for each in probabilities]
        )
    return [predicted, probabilities]


def evaluated(content: bytes, X: np.ndarray, leaves: bool = False) -> list[np.ndarray]:
    """The predictions of onnx101's own evaluator for a pickle or joblib file."""
    with tempfile.NamedTemporaryFile() as whole:
        whole.write(content)
        whole.flush()
        with opened(whole.name) as (file, raw):
            first = read(reader_of(file), lambda tree: None)
            if head := first.ensemble.head:
                X = head.rows({"X": X})
            evaluator = Evaluator(first.ensemble, X, leaves)
            with opened_again(raw) as again:
                read(reader_of(again), evaluator.add, before=first)
    return evaluator.answers()


def start(model, threads: int = 1) -> onnxruntime.InferenceSession:
    """The model in onnxruntime, on that many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # more threads than cores would get in each other's way, spinning
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    content = model if isinstance(model, str | bytes) else model.SerializeToString()
    return onnxruntime.InferenceSession(content, options)


def ask(session: onnxruntime.InferenceSession, X: np.ndarray) -> list[np.ndarray]:
    """All outputs of a session; a warning from onnxruntime is an error."""
    kind = {"tensor(double)": np.float64, "tensor(float)": np.float32}
    return session.run(None, {"X": X.astype(kind.get(session.get_inputs()[0].type, X.dtype))})


def run(model, X: np.ndarray, threads: int = 1) -> list[np.ndarray]:
    """A model's answers, on that many threads."""
    return ask(start(model, threads), X)


def assert_same_bits(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert found[-1].dtype == np.float64
    assert np.array_equal(found[-1].view(np.int64), expected[-1].view(np.int64))
    if len(expected) > 1:
        assert found[0].shape == expected[0].shape
        assert (found[0] == expected[0]).all()


def fit(estimator, X, y, **arguments):
    with warnings.catch_warnings(action="ignore"):
        return estimator.fit(X, y, **arguments)
