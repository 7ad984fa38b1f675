"""Compares a model with the estimator it was made from, on rows that are hard to get right."""

import os
import warnings
from dataclasses import dataclass

import numpy as np

from onnx101.ensemble import Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.estimators import describe
from onnx101.source import opened
from onnx101.unpickle import ForestUnpickler

_CHUNK = 10_000
# How many thresholds of each tree may become values of rows.
_SAMPLE = 1_000
# What may differ, as a share of the largest prediction: where numbers are rounded to float32, and
# where probabilities come from functions such as exp, which no two libraries round the same way.
_FLOAT, _FUNCTIONS = 1e-6, 1e-13


@dataclass(frozen=True)
class Comparison:
    """How far a model is from its estimator.

    equal: the share of rows whose label, and every number in the model's dtype, is the same to the
    bit. absolute, relative: the largest differences of numbers. allowed: how much `absolute` may
    be. labels: the share of rows with the same label.
    """

    rows: int
    equal: float
    absolute: float
    relative: float
    allowed: float
    labels: float

    @property
    def passed(self) -> bool:
        """Whether no more differs than the dtype allows."""
        return self.absolute <= self.allowed and (self.allowed > 0 or self.labels == 1)


def verify(
    src: str | os.PathLike, dst: str | os.PathLike, rows: int = 10_000, seed: int = 0
) -> Comparison:
    """Compare the model at `dst` with the pickle or joblib file at `src` that it was made from.

    Most numbers in the rows are thresholds of the trees, or one ulp beside them; some are NaN or
    infinite. The file is first read as `convert` reads it, which refuses what is not a forest; only
    then scikit-learn loads it. It predicts on one thread, so that it adds in order.

    Raises ConversionError where either cannot be loaded.
    """
    try:
        import joblib
        import onnxruntime
        import sklearn
    except ImportError as error:
        raise ConversionError(f"verify needs {error.name}: pip install 'onnx101[verify]'") from None
    ensemble, X = _rows(src, rows, seed)
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(os.fspath(dst), quiet)
    except Exception as error:
        raise ConversionError(f"onnxruntime cannot load {dst}: {error}") from None
    try:
        with opened(src) as (file, _), warnings.catch_warnings(action="ignore"):
            estimator = joblib.load(file)
    except Exception as error:
        raise ConversionError(f"this scikit-learn cannot load {src}: {error}") from None
    if "n_jobs" in estimator.get_params():
        estimator.set_params(n_jobs=1)
    tally = _Tally()
    with sklearn.config_context(assume_finite=True):
        for first in range(0, rows, _CHUNK):
            part = X[first : first + _CHUNK]
            expected = _expected(estimator, part)
            try:
                given = session.run(None, {"X": part})
            except Exception as error:
                raise ConversionError(f"onnxruntime cannot run {dst}: {error}") from None
            if [array.shape for array in given] != [array.shape for array in expected]:
                raise ConversionError(f"{dst} has other outputs than the estimator in {src}")
            tally.add(expected, given)
    return tally.comparison(ensemble)


def _rows(src: str | os.PathLike, rows: int, seed: int) -> tuple[Ensemble, np.ndarray]:
    """What the file holds, and rows that stand at and beside its thresholds, float32 [rows, N]."""
    rng = np.random.default_rng(seed)
    splits = []

    def sample(tree):
        some = rng.permutation(len(tree.left))[:_SAMPLE]
        splits.append((tree.feature[some], tree.threshold[some]))

    try:
        with opened(src) as (file, _):
            reader = ForestUnpickler(file, sample)
            ensemble = describe(reader.load(), reader.trees)
    except OSError as error:
        raise ConversionError(f"{src}: {error.strerror or error}") from None
    feature, threshold = map(np.concatenate, zip(*splits, strict=True))
    special = [np.inf, -np.inf, 0.0, -0.0]
    if not ensemble.name.startswith("GradientBoosting"):  # which knows no NaN
        special.append(np.nan)
    X = np.empty((rows, ensemble.features), dtype=np.float32)
    with np.errstate(all="ignore"):
        for column in range(ensemble.features):
            values = np.append(threshold[feature == column], 0).astype(np.float32)
            at = rng.choice(values, rows)
            toward = rng.choice(np.array([-np.inf, np.inf], dtype=np.float32), rows)
            beside = np.where(rng.random(rows) < 0.6, np.nextafter(at, toward), at)
            X[:, column] = np.where(rng.random(rows) < 0.05, rng.choice(special, rows), beside)
    return ensemble, X


def _expected(estimator, X: np.ndarray) -> list[np.ndarray]:
    """The outputs that the model should have, in its order and shape."""
    predicted = estimator.predict(X)
    if not hasattr(estimator, "predict_proba"):
        return [predicted.reshape(len(X), -1)]
    probabilities = estimator.predict_proba(X)
    if isinstance(probabilities, list):
        most = max(each.shape[1] for each in probabilities)
        probabilities = np.stack(
            [np.pad(each, ((0, 0), (0, most - each.shape[1]))) for each in probabilities]
        )
    return [predicted, probabilities]


class _Tally:
    """Adds up the differences, chunk by chunk."""

    def __init__(self):
        self._rows = self._equal = self._same_label = 0
        self._absolute = self._relative = self._largest = 0.0
        self._exact = True

    def add(self, expected: list[np.ndarray], given: list[np.ndarray]) -> None:
        numbers, out = expected[-1], given[-1]
        rows = out.shape[-2]
        same = out == numbers.astype(out.dtype)
        same &= np.signbit(out) == np.signbit(numbers)
        equal = same.all(axis=-1).reshape(-1, rows).all(axis=0)
        labels = np.ones(rows, dtype=bool)
        if len(expected) > 1:
            labels = (given[0] == expected[0]).reshape(rows, -1).all(axis=1)
        apart = np.abs(out.astype(np.float64) - numbers)
        size = np.abs(numbers)
        self._rows += rows
        self._equal += int((equal & labels).sum())
        self._same_label += int(labels.sum())
        self._absolute = max(self._absolute, float(apart.max()))
        nonzero = apart[apart > 0] / np.maximum(size[apart > 0], np.finfo(np.float64).tiny)
        self._relative = max(self._relative, float(nonzero.max(initial=0)))
        self._largest = max(self._largest, float(size.max()))
        self._exact = out.dtype == np.float64

    def comparison(self, ensemble: Ensemble) -> Comparison:
        least = 0 if ensemble.link in (Link.IDENTITY, Link.PROBABILITY) else _FUNCTIONS
        return Comparison(
            rows=self._rows,
            equal=self._equal / self._rows,
            absolute=self._absolute,
            relative=self._relative,
            allowed=self._largest * (least if self._exact else _FLOAT),
            labels=self._same_label / self._rows,
        )
