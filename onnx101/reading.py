"""One reading of a file: its trees handed on, and what their estimator is beside them."""

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

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

    origin: what the estimator says of itself.
    """

    ensemble: Ensemble
    own: range
    trees: int
    origin: dict[str, str]

    @property
    def has_others(self) -> bool:
        """Whether trees of other estimators were handed on, too."""
        return len(self.own) != self.trees


def reader_of(file: BinaryIO, bounded: bool = True) -> Reader:
    """What reads a pickle, a joblib file, a .skops file or a zip. bounded: see ForestUnpickler."""
    return unpacked(file, bounded) or ForestUnpickler(file, bounded=bounded)


def read(
    reader: Reader,
    emit: Callable[[Tree], None],
    key: str | None = None,
    only: range | None = None,
) -> Reading:
    """Read a file to its end; call `emit` with each tree, or with those of `only`.

    key: which estimator, where the file has several.
    """

    def some(tree: Tree):
        if only is None or reader.trees in only:
            emit(tree)

    reader.emit = some
    return reading_of(reader, reader.load(), key)


def reading_of(reader: Reader, root: object, key: str | None = None) -> Reading:
    """What is read of `root`, to which a reader came.

    Raises ConversionError where there is no estimator in it that we know.
    """
    estimator, own = chosen(root, key)
    return Reading(describe(estimator, len(own)), own, reader.trees, origin_of(estimator))
