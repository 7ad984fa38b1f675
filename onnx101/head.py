"""The steps before a forest in a Pipeline: from the model's inputs to what the trees read.

A step is a transformer, a Chain or Columns: each has the methods that `transformers` describes.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from onnx import TensorProto, helper

from onnx101.errors import ConversionError
from onnx101.graph import Graph
from onnx101.transformers import MISSING_TEXT

# The trees' input behind a head, instead of X.
FEATURES = "features"
# A string that is most likely no category.
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Input:
    """An input of the model: float64 or text, [N, width]."""

    name: str
    width: int
    text: bool


@dataclass(frozen=True)
class Chain:
    """Steps in sequence."""

    steps: list

    @property
    def reads_text(self) -> bool | None:
        return next((step.reads_text for step in self.steps if step.reads_text is not None), None)

    @property
    def gives_text(self) -> bool | None:
        last = reversed(self.steps)
        return next((step.gives_text for step in last if step.gives_text is not None), None)

    def width(self, columns: int) -> int:
        """The number of columns that come out when that many go in."""
        for step in self.steps:
            columns = step.width(columns)
        return columns

    def back(self, column: int, values: np.ndarray) -> tuple[int, np.ndarray] | None:
        found = column, values
        for step in reversed(self.steps):
            found = found and step.back(*found)
        return found

    def rows(self, X: np.ndarray) -> np.ndarray:
        for step in self.steps:
            X = step.rows(X)
        return X

    def nodes(self, graph: Graph, X: str) -> str:
        for step in self.steps:
            X = step.nodes(graph, X)
        return X


@dataclass(frozen=True)
class Columns:
    """A ColumnTransformer: the parts, some columns [k] and their Chain each, side by side."""

    parts: list[tuple[list[int], Chain]]
    reads_text: ClassVar[bool] = False
    gives_text: ClassVar[bool] = False

    def width(self, columns: int) -> int:
        return sum(chain.width(len(some)) for some, chain in self.parts)

    def looked_for(self) -> list[np.ndarray]:
        return []

    def back(self, column: int, values: np.ndarray) -> tuple[int, np.ndarray] | None:
        for some, chain in self.parts:
            width = chain.width(len(some))
            if column < width:
                found = chain.back(column, values)
                return found and (some[found[0]], found[1])
            column -= width
        return None

    def rows(self, X: np.ndarray) -> np.ndarray:
        return np.hstack([chain.rows(X[:, some]) for some, chain in self.parts])

    def nodes(self, graph: Graph, X: str) -> str:
        parts = [chain.nodes(graph, graph.columns(X, some)) for some, chain in self.parts]
        return graph.joined(parts)


@dataclass(frozen=True)
class Head:
    """The way from the inputs of a Pipeline to the matrix that its forest reads.

    inputs: a single matrix, or a column each. parts: what reads them. rest: what follows. is_own:
    whether it belongs to the estimator; then numbers that come in are of the type of its trees.
    """

    inputs: list[Input]
    parts: Columns
    rest: Chain
    is_matrix: bool = False
    is_own: bool = False

    @property
    def width(self) -> int:
        """How many columns the trees read."""
        return self.rest.width(self.parts.width(0))

    @property
    def columns(self) -> int:
        """How many columns go in."""
        return sum(each.width for each in self.inputs)

    def followed_by(self, own: "Head | None") -> "Head":
        """The same, followed by what an estimator itself does to its matrix."""
        if own is None:
            return self
        if not own.is_matrix:
            raise ConversionError("categories in words behind a pipeline: encode them in it")
        return replace(self, rest=Chain([*self.rest.steps, own.parts]))

    def back(self, column: int, values: np.ndarray) -> tuple[int, np.ndarray] | None:
        """The input column, and the values in it that give `values` in a column of the trees.

        None where they do not come from one number.
        """
        found = self.rest.back(column, values)
        return found and self.parts.back(*found)

    def numbers(self) -> dict[int, np.ndarray]:
        """The numbers that a step looks for, by column of the inputs."""
        return self._seen(text=False)

    def texts(self) -> dict[int, list[str]]:
        """Texts that a step looks for, and others, by column of the inputs."""
        seen = self._seen(text=True)
        return {column: [*found, MISSING_TEXT, _UNKNOWN] for column, found in seen.items()}

    def _seen(self, text: bool) -> dict[int, np.ndarray]:
        seen: dict[int, list] = {}
        for some, chain in self.parts.parts:
            if bool(chain.reads_text) == text:
                for step in chain.steps[:2]:  # an imputer, and its missing value
                    for column, found in zip(some, step.looked_for(), strict=False):
                        seen.setdefault(column, []).append(found)
        return {column: np.concatenate(found) for column, found in seen.items()}

    def rows(self, feed: dict[str, np.ndarray]) -> np.ndarray:
        """What the trees read, float64 [N, width]; `feed` has an array [N, …] for each input."""
        pieces = []
        for some, chain in self.parts.parts:
            if self.is_matrix:
                X = feed[self.inputs[0].name][:, some]
            else:
                X = np.hstack([feed[self.inputs[column].name] for column in some])
            pieces.append(chain.rows(X))
        return self.rest.rows(np.hstack(pieces))

    def graph(self, dtype: np.dtype, ml: int) -> Graph:
        """The nodes from the inputs to FEATURES, of that dtype, [N, width]. ml: of ai.onnx.ml."""
        graph, kind = Graph("head/", ml=ml), helper.np_dtype_to_tensor_dtype(dtype)
        numbers = kind if self.is_own else TensorProto.DOUBLE
        given = []
        for each in self.inputs:
            graph.input(each.name, TensorProto.STRING if each.text else numbers, ["N", each.width])
            is_double = each.text or numbers == TensorProto.DOUBLE
            name = each.name
            given.append(name if is_double else graph.op("Cast", name, to=TensorProto.DOUBLE))
        pieces = []
        for some, chain in self.parts.parts:
            if self.is_matrix:
                X = graph.columns(given[0], some)
            else:
                X = graph.joined([given[column] for column in some])
            pieces.append(chain.nodes(graph, X))
        last = self.rest.nodes(graph, graph.joined(pieces))
        graph.node(helper.make_node("Cast", [last], [FEATURES], to=kind).SerializeToString())
        return graph
