"""The transformers that may stand before a forest, each as NumPy and as ONNX.

Each takes and gives a matrix [N, columns] of float64 or of text. `rows` does what scikit-learn's
`transform` does, on an array; `nodes` adds the same to a graph, and gives the name of the tensor.
For tests on hard rows, `back` says which column, and which numbers in it, give `values` in a column
that comes out, if that is one to one; and `looked_for` which values of each column it knows.
ONNX has no missing text: the empty text stands for it.
"""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from onnx import TensorProto

from onnx101.categories import TENSORS, code, encoded, place_of_text
from onnx101.graph import Graph

MISSING_TEXT = ""


@dataclass(frozen=True)
class Scale:
    """StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler: one number a column for each step.

    steps: operator (Sub, Div, Mul or Add) and float64 [columns], in scikit-learn's order.
    limits: the smallest and the largest number that comes out, if that is bounded.
    """

    steps: list[tuple[str, np.ndarray]]
    limits: tuple[float, float] | None = None
    reads_text: ClassVar[bool] = False
    gives_text: ClassVar[bool] = False

    @property
    def columns(self) -> int:
        return len(self.steps[0][1])

    def width(self, columns: int) -> int:
        return columns

    def looked_for(self) -> list[np.ndarray]:
        return []

    def back(self, column: int, values: np.ndarray) -> tuple[int, np.ndarray]:
        undone = {"Sub": np.add, "Div": np.multiply, "Mul": np.divide, "Add": np.subtract}
        with np.errstate(all="ignore"):
            for op, numbers in reversed(self.steps):
                values = undone[op](values, numbers[column])
        return column, values

    def rows(self, X: np.ndarray) -> np.ndarray:
        ufuncs = {"Sub": np.subtract, "Div": np.divide, "Mul": np.multiply, "Add": np.add}
        for op, numbers in self.steps:
            X = ufuncs[op](X, numbers)
        return X if self.limits is None else np.clip(X, *self.limits)

    def nodes(self, graph: Graph, X: str) -> str:
        for op, numbers in self.steps:
            X = graph.op(op, X, graph.constant(numbers, np.float64))
        if self.limits is None:
            return X
        least, most = (graph.constant(limit, np.float64) for limit in self.limits)
        # Where, so that NaN stays NaN: Clip promises nothing about it.
        X = graph.op("Where", graph.op("Less", X, least), least, X)
        return graph.op("Where", graph.op("Greater", X, most), most, X)


@dataclass(frozen=True)
class Impute:
    """SimpleImputer: `fill` [columns] where a number or text is `missing`.

    kept: the columns that come out, at least one. indicated: the columns behind which a column of
    0 and 1 says where they were missing.
    """

    fill: np.ndarray
    missing: float | str
    kept: list[int]
    indicated: list[int]

    @property
    def reads_text(self) -> bool:
        return isinstance(self.missing, str)

    @property
    def gives_text(self) -> bool:
        return self.reads_text

    @property
    def columns(self) -> int:
        return len(self.fill)

    def width(self, columns: int) -> int:
        return len(self.kept) + len(self.indicated)

    def _is_missing(self, X: np.ndarray) -> np.ndarray:
        return np.isnan(X) if self.missing != self.missing else self.missing == X

    def looked_for(self) -> list[np.ndarray]:
        return [np.array([self.missing, fill]) for fill in self.fill]

    def back(self, column: int, values: np.ndarray) -> tuple[int, np.ndarray] | None:
        return (self.kept[column], values) if column < len(self.kept) else None

    def rows(self, X: np.ndarray) -> np.ndarray:
        lacks = self._is_missing(X)
        filled = np.where(lacks, self.fill, X)[:, self.kept]
        if not self.indicated:
            return filled
        return np.hstack([filled, lacks[:, self.indicated].astype(np.float64)])

    def nodes(self, graph: Graph, X: str) -> str:
        kind = object if self.reads_text else np.float64
        if self.missing != self.missing:
            lacks = graph.op("IsNaN", X)
        elif self.reads_text and graph.ml < TENSORS:
            found = place_of_text(graph, X, np.array([self.missing], object))
            lacks = graph.op("Equal", found, graph.constant(0, np.int64))
        else:
            lacks = graph.op("Equal", X, graph.constant(self.missing, kind))
        filled = graph.op("Where", lacks, graph.constant(self.fill, kind), X)
        if self.kept != [*range(len(self.fill))]:
            filled = graph.columns(filled, self.kept)
        if not self.indicated:
            return filled
        flags = graph.op("Cast", graph.columns(lacks, self.indicated), to=TensorProto.DOUBLE)
        return graph.op("Concat", filled, flags, axis=1)


@dataclass(frozen=True)
class OneHot:
    """OneHotEncoder: a column of 0 and 1 for each category; all are 0 for an unknown one.

    categories: of each column, float64 or text [k]; NaN and the empty text are the missing ones.
    dropped: of each column, the category that has no column, or None.
    """

    categories: list[np.ndarray]
    dropped: list[int | None]
    gives_text: ClassVar[bool] = False

    @property
    def reads_text(self) -> bool:
        return self.categories[0].dtype == object

    @property
    def columns(self) -> int:
        return len(self.categories)

    def width(self, columns: int) -> int:
        return sum(map(len, self._kept()))

    @property
    def is_mixed(self) -> bool:
        """Whether it reads columns of text and of numbers."""
        return len({each.dtype for each in self.categories}) > 1

    def each(self) -> list["OneHot"]:
        """One for each column."""
        columns = zip(self.categories, self.dropped, strict=True)
        return [OneHot([categories], [dropped]) for categories, dropped in columns]

    def _kept(self) -> list[np.ndarray]:
        return [
            np.delete(np.arange(len(each)), [] if drop is None else [drop])
            for each, drop in zip(self.categories, self.dropped, strict=True)
        ]

    def looked_for(self) -> list[np.ndarray]:
        return self.categories

    def back(self, column: int, values: np.ndarray) -> None:
        return None

    def rows(self, X: np.ndarray) -> np.ndarray:
        codes = zip(X.T, self.categories, self._kept(), strict=True)
        parts = [code(x, each)[:, None] == kept for x, each, kept in codes]
        return np.hstack(parts).astype(np.float64)

    def nodes(self, graph: Graph, X: str) -> str:
        parts = []
        for column, (each, kept) in enumerate(zip(self.categories, self._kept(), strict=True)):
            number = encoded(graph, graph.columns(X, [column]), each, np.arange(len(each)), -1)
            same = graph.op("Equal", number, graph.constant(kept, np.float64))
            parts.append(graph.op("Cast", same, to=TensorProto.DOUBLE))
        return graph.joined(parts)


@dataclass(frozen=True)
class Ordinal:
    """OrdinalEncoder: each category becomes its number.

    categories: of each column, float64 or text [k]. numbers: float64 [k] of each column. unknown:
    what any other becomes.
    """

    categories: list[np.ndarray]
    numbers: list[np.ndarray]
    unknown: float
    gives_text: ClassVar[bool] = False

    @property
    def reads_text(self) -> bool:
        return self.categories[0].dtype == object

    @property
    def is_mixed(self) -> bool:
        """Whether it reads columns of text and of numbers."""
        return len({each.dtype for each in self.categories}) > 1

    def each(self) -> list["Ordinal"]:
        """One for each column."""
        columns = zip(self.categories, self.numbers, strict=True)
        return [Ordinal([categories], [numbers], self.unknown) for categories, numbers in columns]

    @property
    def columns(self) -> int:
        return len(self.categories)

    def width(self, columns: int) -> int:
        return len(self.categories)

    def looked_for(self) -> list[np.ndarray]:
        return self.categories

    def back(self, column: int, values: np.ndarray) -> None:
        return None

    def rows(self, X: np.ndarray) -> np.ndarray:
        columns = [
            np.append(numbers, self.unknown)[code(x, each)]
            for x, each, numbers in zip(X.T, self.categories, self.numbers, strict=True)
        ]
        return np.stack(columns, axis=1)

    def nodes(self, graph: Graph, X: str) -> str:
        encode = partial(encoded, graph, default=self.unknown)
        parts = [
            encode(graph.columns(X, [column]), each, numbers)
            for column, (each, numbers) in enumerate(
                zip(self.categories, self.numbers, strict=True)
            )
        ]
        return graph.joined(parts)
