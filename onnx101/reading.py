"""Reads a file: hands its trees on, and returns the rest of their estimator."""

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

import numpy as np

from onnx101.archive import unpacked
from onnx101.ensemble import Ensemble
from onnx101.families import describe
from onnx101.inert import Reader
from onnx101.inside import chosen
from onnx101.provenance import origin_of
from onnx101.trees import Tree
from onnx101.unpickle import ForestUnpickler


class Reading(NamedTuple):
    """What was read: `own`, the places of the estimator's trees among the `trees` of the file.

    origin: what the estimator says about itself.
    """

    ensemble: Ensemble
    own: range
    trees: int
    origin: dict[str, str]

    @property
    def is_first(self) -> bool:
        """Whether trees must be read again: some belong to others, or see only some columns."""
        return len(self.own) != self.trees or self.ensemble.columns is not None

    def agrees_with(self, other: "Reading") -> bool:
        """Whether both found the same trees, over the same columns."""
        mine, its = self.ensemble.columns or [], other.ensemble.columns or []
        return (self.own, self.trees, len(mine)) == (other.own, other.trees, len(its)) and all(
            map(np.array_equal, mine, its)
        )

    def placed(self, tree: Tree, place: int) -> Tree | None:
        """The tree at that place in the file, over all columns; None if it is of another one."""
        if place not in self.own:
            return None
        columns = self.ensemble.columns
        return tree if columns is None else tree.over(columns[place - self.own.start])


def reader_of(file: BinaryIO, bounded: bool = True) -> Reader:
    """The reader of a pickle, joblib file, .skops file or zip. bounded: see ForestUnpickler."""
    return unpacked(file, bounded) or ForestUnpickler(file, bounded=bounded)


def read(
    reader: Reader,
    emit: Callable[[Tree], None],
    key: str | None = None,
    before: Reading | None = None,
) -> Reading:
    """Read a file to its end; call `emit` with each tree.

    key: which estimator, where the file has several. before: what was read the first time; then
    `emit` gets the trees of that estimator alone, over all columns of X.
    """

    def placed(tree: Tree):
        tree = before.placed(tree, reader.trees)
        if tree is not None:
            emit(tree)

    reader.emit = placed if before else emit
    return reading_of(reader, reader.load(), key)


def reading_of(reader: Reader, root: object, key: str | None = None) -> Reading:
    """The Reading of `root`, the object that a reader returned.

    Raises ConversionError where there is no estimator in it that we know.
    """
    estimator, own = chosen(root, key)
    return Reading(describe(estimator, len(own)), own, reader.trees, origin_of(estimator))
