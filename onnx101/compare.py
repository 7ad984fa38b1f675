"""Measures how far a model's outputs are from its estimator's."""

from dataclasses import dataclass

import numpy as np

from onnx101.ensemble import Ensemble, Link

# Tolerances relative to the largest prediction: for numbers rounded to float32, and for
# functions such as exp, which no two libraries round alike.
_FLOAT, _FUNCTIONS = 1e-6, 1e-13


@dataclass(frozen=True)
class Comparison:
    """How far a model is from its estimator.

    equal: the share of rows whose labels, and every number in the model's dtype, are the same to
    the bit, so that -0.0 is not 0.0. absolute, relative: the largest differences of numbers; -0.0
    and 0.0 differ by nothing, as do two NaN or equal infinities; NaN and a number differ by
    infinity. allowed: how much `absolute` may be. labels: the share of rows with the right labels,
    and with the right leaves, where leaves come out.
    A label is right if it is the same, or, where `allowed` is above zero, if the estimator finds it
    as probable as the best, within `allowed`.

    >>> found = onnx101.verify("forest.pkl", "forest.onnx")
    >>> found.passed, found.equal
    (True, 1.0)
    """

    rows: int
    equal: float
    absolute: float
    relative: float
    allowed: float
    labels: float

    @property
    def passed(self) -> bool:
        """Whether the differences are within what the dtype allows."""
        return self.absolute <= self.allowed and self.labels == 1


class Tally:
    """Adds up the differences of a model from `ensemble`, chunk by chunk.

    exact: whether the model outputs numbers as they are, not as float32. leaves: whether the last
    output says the leaves.
    """

    def __init__(self, ensemble: Ensemble, exact: bool, leaves: bool = False):
        self._leaves = leaves
        self._classes, self._link = ensemble.classes, ensemble.link
        functions = ensemble.link not in (Link.IDENTITY, Link.PROBABILITY)
        self._tolerance = _FLOAT if not exact else _FUNCTIONS if functions else 0.0
        self._rows = self._equal = self._right = 0
        self._absolute = self._relative = 0.0
        # probabilities are measured against 1, which some may reach, whatever these rows have
        self._largest = 0.0 if self._classes is None else 1.0

    def add(self, expected: list[np.ndarray], given: list[np.ndarray]) -> None:
        """Compare the outputs for some rows; `expected` and `given` have the same shapes."""
        first, last = self._classes is not None, -1 if self._leaves else None
        numbers, out = (np.concatenate(every[first:last], axis=-1) for every in (expected, given))
        if out.dtype == np.int64:  # far below 2**53
            numbers, out = numbers.astype(np.float64), out.astype(np.float64)
        rows = out.shape[-2]
        with np.errstate(all="ignore"):
            rounded = numbers.astype(out.dtype)
            nan = np.isnan(out) & np.isnan(rounded)
            same = nan | (out == rounded)
            apart = np.abs(out.astype(np.float64) - numbers)
            apart = np.where(same & ~np.isfinite(out), 0, np.nan_to_num(apart, nan=np.inf))
            least = np.finfo(np.float64).tiny
            relative = np.where(apart == 0, 0, apart / np.maximum(np.abs(numbers), least))
        bits = nan | (same & (np.signbit(out) == np.signbit(rounded)))
        equal = bits.all(axis=-1).reshape(-1, rows).all(axis=0)
        right = np.ones(rows, bool)
        if self._classes is not None:
            alike = (given[0] == expected[0]).reshape(rows, -1)
            equal &= alike.all(axis=1)
            found = alike | self._as_probable(given[0], numbers) if self._tolerance else alike
            right &= found.all(axis=1)
        if self._leaves:
            alike = (given[-1] == expected[-1]).all(axis=1)
            equal &= alike
            right &= alike
        self._right += int(right.sum())
        self._rows += rows
        self._equal += int(equal.sum())
        self._absolute = max(self._absolute, float(apart.max(initial=0)))
        relative = np.nan_to_num(relative, nan=np.inf, posinf=np.inf)
        self._relative = max(self._relative, float(relative.max(initial=0)))
        finite = np.abs(numbers[np.isfinite(numbers)])
        self._largest = max(self._largest, float(finite.max(initial=0)))

    def comparison(self) -> Comparison:
        """The result over all chunks."""
        return Comparison(
            rows=self._rows,
            equal=self._equal / self._rows,
            absolute=self._absolute,
            relative=self._relative,
            allowed=self._largest * self._tolerance,
            labels=self._right / self._rows,
        )

    def _as_probable(self, labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Whether each label [rows, outputs] is as probable as the best, within the tolerance."""
        rows = len(labels)
        if self._link is Link.OUTLIER:  # the label depends on the first column
            return (np.abs(probabilities[:, :1]) <= self._tolerance) & (np.abs(labels) == 1)
        labels, found = labels.reshape(rows, -1), []
        blocks = probabilities.reshape(len(self._classes), rows, -1)
        for of_output, classes, block in zip(labels.T, self._classes, blocks, strict=True):
            chosen = np.where(of_output[:, None] == classes, block[:, : len(classes)], -np.inf)
            found.append(chosen.max(axis=1) >= block.max(axis=1) - self._tolerance)
        return np.stack(found, axis=1)
