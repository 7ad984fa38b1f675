"""One reading of a file: its trees handed on, and what their estimator is beside them."""

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from onnx101.ensemble import Ensemble
from onnx101.families import describe
from onnx101.inside import chosen
from onnx101.trees import Tree
from onnx101.unpickle import ForestUnpickler


class Reading(NamedTuple):
    """What was read: `own`, the places of the estimator's trees among the `trees` of the file."""

    ensemble: Ensemble
    own: range
    trees: int

    @property
    def has_others(self) -> bool:
        """Whether trees of other estimators were handed on, too."""
        return len(self.own) != self.trees


def read(
    file: BinaryIO,
    emit: Callable[[Tree], None],
    key: str | None = None,
    only: range | None = None,
    bounded: bool = True,
) -> Reading:
    """Read a pickle or joblib file to its end; call `emit` with each tree, or with those of `only`.

    key: which estimator, where the file has several. bounded: see ForestUnpickler.
    """

    def some(tree: Tree):
        if only is None or reader.trees in only:
            emit(tree)

    reader = ForestUnpickler(file, some, bounded)
    estimator, own = chosen(reader.load(), key)
    return Reading(describe(estimator, len(own)), own, reader.trees)
