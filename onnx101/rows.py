"""Draws adversarial rows: at the thresholds of a forest, and one ulp beside them."""

from itertools import pairwise

import numpy as np

from onnx101.ensemble import Ensemble
from onnx101.errors import ConversionError
from onnx101.trees import Tree

# How many thresholds are sampled, of each tree and in total.
_OF_A_TREE, _OF_ALL = 1_000, 1_000_000
_MOST_BYTES = 2**30


class Thresholds:
    """Some thresholds of the trees that are added, chosen by `seed`."""

    def __init__(self, seed: int):
        self._rng = np.random.default_rng(seed)
        self._features, self._values, self._held = [], [], 0

    def add(self, tree: Tree) -> None:
        """Sample the tree's thresholds; halve the sample when it grows too large."""
        some = self._rng.permutation(len(tree.left))[:_OF_A_TREE]
        self._keep(tree.feature[some], tree.threshold[some])
        if self._held > _OF_ALL:
            feature, value = self.kept()
            self._features, self._values, self._held = [], [], 0
            half = self._rng.permutation(len(value))[: _OF_ALL // 2]
            self._keep(feature[half], value[half])

    def kept(self) -> tuple[np.ndarray, np.ndarray]:
        """The column and the value of each, int64 and float64 [n]."""
        return np.concatenate([*self._features, np.zeros(0, np.int64)]), np.concatenate(
            [*self._values, np.zeros(0)]
        )

    def same_as(self, other: "Thresholds") -> bool:
        """Whether both saw the same trees, as far as the samples tell."""
        return all(map(np.array_equal, self.kept(), other.kept()))

    def rows(self, number: int, ensemble: Ensemble, dtype: np.dtype) -> np.ndarray:
        """Rows [number, columns] of X; a twentieth of their numbers are NaN, infinite or zero.

        Raises ConversionError where they would take more than a gigabyte.
        """
        return self._drawn(*self.kept(), number, ensemble.features, dtype, ensemble)

    def feeds(self, number: int, ensemble: Ensemble, dtype: np.dtype) -> list[np.ndarray]:
        """Such rows for each input of a head: thresholds mapped back through it, and its texts."""
        head, (feature, value) = ensemble.head, self.kept()
        columns, values = [np.zeros(0, np.int64)], [np.zeros(0)]
        for each in np.unique(feature):
            found = head.back(int(each), value[feature == each])
            if found is not None:
                columns.append(np.full(len(found[1]), found[0]))
                values.append(found[1])
        for column, found in head.numbers().items():
            columns.append(np.full(len(found), column))
            values.append(found)
        known = np.concatenate(columns), np.concatenate(values)
        X = self._drawn(*known, number, head.columns, dtype, ensemble)
        if head.is_matrix:
            return [X]
        texts = head.texts()
        return [
            self._rng.choice(np.array(texts[column], dtype=object), (number, 1))
            if each.text
            else X[:, [column]]
            for column, each in enumerate(head.inputs)
        ]

    def _drawn(self, feature, value, number: int, columns: int, dtype, ensemble) -> np.ndarray:
        if number * columns * dtype.itemsize > _MOST_BYTES:
            raise ConversionError(
                f"{number:,} rows of {columns:,} columns are more than a gigabyte: ask for fewer"
            )
        order = np.argsort(feature, kind="stable")
        bounds = np.searchsorted(feature[order], np.arange(columns + 1))
        special = np.array(
            [np.inf, -np.inf, 0.0, -0.0, *([np.nan] if ensemble.missing else [])], dtype
        )
        ends = np.array([-np.inf, np.inf], dtype)
        X, rng = np.empty((number, columns), dtype), self._rng
        with np.errstate(all="ignore"):
            values = np.append(value[order], 0).astype(dtype)
            for column, (begin, end) in enumerate(pairwise(bounds)):
                of_column = values[begin:end] if begin < end else values[-1:]
                at = rng.choice(of_column, number)
                next_to = np.nextafter(at, rng.choice(ends, number))
                beside = np.where(rng.random(number) < 0.6, next_to, at)
                odd = rng.random(number) < 0.05
                X[:, column] = np.where(odd, rng.choice(special, number), beside)
        return X

    def _keep(self, feature: np.ndarray, value: np.ndarray) -> None:
        self._features.append(feature.astype(np.int64))
        self._values.append(value)
        self._held += len(value)
