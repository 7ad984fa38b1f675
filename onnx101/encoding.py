"""What HistGradientBoosting does to X before its trees see it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Encoding:
    """Columns change places, and categories become their places among those of the column.

    columns: int64 [columns], which column of X each is. categories: of the first columns, one each,
    the values that X may have there, float64 [k], in their order; any other becomes NaN.
    """

    columns: np.ndarray
    categories: list[np.ndarray]

    def applied(self, X: np.ndarray) -> np.ndarray:
        """X [rows, columns] as the trees see it, float64."""
        encoded = X[:, self.columns].astype(np.float64)
        for place, categories in enumerate(self.categories):
            equal = encoded[:, place, None] == categories
            encoded[:, place] = np.where(equal.any(axis=1), equal.argmax(axis=1), np.nan)
        return encoded

    def values(self, feature: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The column of X and the value of each threshold, and beside them all categories."""
        sizes = [len(values) for values in self.categories]
        column = np.repeat(self.columns[: len(sizes)], sizes)
        return (
            np.concatenate([self.columns[feature], column]),
            np.concatenate([value, *self.categories]),
        )
