"""Evaluates an estimator from its trees in NumPy, bit for bit as scikit-learn does."""

import math

import numpy as np

from onnx101.ensemble import Ensemble, Link
from onnx101.trees import Tree

_exp = np.frompyfunc(math.exp, 1, 1)


class Evaluator:
    """Predicts the rows X, adding the trees one by one, in order.

    X: float32 or float64 [rows, columns], what the trees read behind a head; they compare it in the
    ensemble's own precision. leaves: whether to say which leaf of each tree they reach, too.

    >>> evaluator = Evaluator(ensemble, X)
    >>> reader = ForestUnpickler(file, evaluator.add)
    >>> reader.load()
    >>> labels, probabilities = evaluator.answers()
    """

    def __init__(self, ensemble: Ensemble, X: np.ndarray, leaves: bool = False):
        self._ensemble, self._trees, self._each = ensemble, 0, []
        self._places: list[np.ndarray] | None = [] if leaves else None
        with np.errstate(over="ignore"):  # infinite beyond float32, as in scikit-learn
            X = X.astype(ensemble.compares, copy=False)
        self._X = np.ascontiguousarray(X)
        baseline = ensemble.baseline
        start = np.zeros((1, ensemble.width)) if baseline is None else baseline
        self._sums = np.repeat(start[:, None, :], len(X), axis=1)

    def add(self, tree: Tree) -> None:
        """Add the next tree's prediction for each row."""
        ensemble = self._ensemble
        leaf = leaves_of(tree, self._X)
        values = tree.values[leaf]
        if self._places is not None:
            self._places.append(tree.places[leaf])
        if ensemble.weights is not None or ensemble.offsets is not None:
            self._each.append(values)
            return
        turn = self._trees % len(self._sums)
        with np.errstate(all="ignore"):
            if ensemble.scale is not None:
                scale = ensemble.scale
                values = (scale[self._trees] if isinstance(scale, np.ndarray) else scale) * values
            if ensemble.baseline is None:
                self._sums[turn] = values  # a single tree: even -0.0 is kept
            else:
                self._sums[turn] += values
        self._trees += 1

    def answers(self) -> list[np.ndarray]:
        """The outputs that the model should have, in its order and shape; numbers as float64."""
        if self._places is None:
            return self._numbers()
        return [*self._numbers(), np.stack(self._places, axis=1).astype(np.int64)]

    def _numbers(self) -> list[np.ndarray]:
        ensemble, rows = self._ensemble, self._X.shape[0]
        if ensemble.weights is not None:
            return [_median(np.hstack(self._each), ensemble.weights)]
        if ensemble.offsets is not None:
            return [np.hstack(self._each).astype(np.int64) + ensemble.offsets]
        sums = np.ascontiguousarray(self._sums.transpose(1, 0, 2)).reshape(rows, -1)
        with np.errstate(all="ignore"):
            if ensemble.divisor is not None:
                sums /= ensemble.divisor
            if ensemble.link is Link.OUTLIER:
                samples = -(2 ** (-sums))
                scores = samples - ensemble.offset
                return [np.where(scores < 0, -1, 1), scores, samples]
            if ensemble.classes is None:
                return [np.exp(sums) if ensemble.link is Link.EXP else sums]
            if len(ensemble.classes) > 1:
                return _several(ensemble.classes, sums)
            best, probabilities = _choice(ensemble.link, sums)
        return [ensemble.classes[0][best], probabilities]


def leaves_of(tree: Tree, X: np.ndarray) -> np.ndarray:
    """The index of the leaf that each row of X [rows, columns] reaches, int32 [rows]."""
    rows, columns = X.shape
    found, flat = np.zeros(rows, dtype=np.int32), X.reshape(-1)
    row = np.arange(rows if tree.left.size else 0)
    branch = np.zeros(row.size, dtype=np.int32)
    while row.size:
        x = flat[row * columns + tree.feature[branch]]
        left = np.where(
            np.isnan(x), tree.missing_go_to_left[branch] != 0, x <= tree.threshold[branch]
        )
        for by_category in tree.members.keys() & set(branch.tolist() if tree.members else ()):
            here = branch == by_category
            left[here] = np.isin(x[here], tree.members[by_category])
        branch = np.where(left, tree.left[branch], tree.right[branch])
        on = branch >= 0
        found[row[~on]] = ~branch[~on]
        row, branch = row[on], branch[on]
    return found


def _median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The median of each row of `values` [rows, trees] by weight, [rows, 1]."""
    order = values.argsort(axis=1)
    running = weights[order].cumsum(axis=1)
    first = (running >= 0.5 * running[:, -1:]).argmax(axis=1)[:, None]
    return np.take_along_axis(values, np.take_along_axis(order, first, axis=1), axis=1)


def _several(classes: list[np.ndarray], sums: np.ndarray) -> list[np.ndarray]:
    """The labels [rows, outputs] and the probabilities [outputs, rows, most classes]."""
    probabilities = sums.reshape(len(sums), len(classes), -1)
    best = probabilities.argmax(axis=2)
    labels = [of_output[best[:, output]] for output, of_output in enumerate(classes)]
    return [np.stack(labels, axis=1), probabilities.transpose(1, 0, 2)]


def _choice(link: Link, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of the class predicted, [rows], and the probabilities [rows, classes]."""
    match link:
        case Link.PROBABILITY:
            return sums.argmax(axis=1), sums
        case Link.SOFTMAX:
            return sums.argmax(axis=1), _softmax(sums)
        case Link.VOTE if sums.shape[1] > 2:
            return sums.argmax(axis=1), _softmax(sums / (sums.shape[1] - 1))
        case Link.VOTE:
            decision = sums[:, 1] - sums[:, 0]
            both = np.stack([-decision, decision], axis=1) / 2
            return (decision > 0).astype(np.int64), _softmax(both)
    (sums,) = sums.T
    second = sums > 0 if link is Link.POSITIVE_LOGIT else sums >= 0
    probability = _logistic(2 * sums if link is Link.HALF_LOGIT else sums)
    return second.astype(np.int64), np.stack([1 - probability, probability], axis=1)


def _softmax(x: np.ndarray) -> np.ndarray:
    """As sklearn.utils.extmath.softmax."""
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _logistic(x: np.ndarray) -> np.ndarray:
    """As scipy.special.expit, which takes the C library's exp, not NumPy's."""
    powers = _exp(np.clip(-x, None, 709)).astype(np.float64)
    return 1 / (1 + np.where(-x > 709, np.exp(-x), powers))
