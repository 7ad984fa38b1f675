"""A forest held in memory, and what its sums are like."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from onnx101.ensemble import Ensemble
from onnx101.opset import NEWEST, Versions
from onnx101.tables import Rows, distinct
from onnx101.trees import Tree

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


@dataclass(frozen=True)
class Held:
    """A tree, and what its leaves are worth: the rows of a table that `code` [leaves] numbers."""

    tree: Tree
    code: np.ndarray
    rows: Rows

    @classmethod
    def of(cls, tree: Tree, apart: bool = False) -> "Held":
        """The tree held. apart: each leaf has a row of its own, even where others are equal."""
        if apart:
            rows, code = tree.values, np.arange(len(tree.values), dtype=np.int32)
        else:
            rows, code = distinct(tree.values)
        return cls(tree.without_values(), code, Rows.of(rows))


@dataclass(frozen=True)
class Kinds:
    """float32 or float64: of what comes out, and of X. versions: of operators.

    Where it does not say which, X is what scikit-learn rounds it to before it compares.
    """

    out: np.dtype
    x: np.dtype | None = None
    versions: Versions = NEWEST

    @property
    def ml(self) -> int:
        return self.versions.ml


class Forest:
    """The trees of an ensemble, with the scale in their leaves.

    baseline: float64 [trees per iteration, width], which is in the leaves of the first iteration;
    zeros where nothing is added to the trees.
    """

    def __init__(self, ensemble: Ensemble, trees: list[Held]):
        self.features = ensemble.features
        self.alone = ensemble.baseline is None
        self.baseline = np.zeros((1, ensemble.width)) if self.alone else ensemble.baseline
        self.trees = [self._complete(ensemble, place, tree) for place, tree in enumerate(trees)]
        self.divisor = ensemble.divisor
        self.averages = ensemble.divisor == len(trees)
        self.nodes = sum(tree.tree.nodes for tree in trees)

    @property
    def per_iteration(self) -> int:
        return self.baseline.shape[0]

    @property
    def width(self) -> int:
        return self.baseline.shape[1]

    @cached_property
    def steps(self) -> float:
        """About how many branches a row passes: the depths of full trees with as many leaves."""
        return sum(float(np.log2(1 + tree.tree.left.size)) for tree in self.trees)

    @cached_property
    def whole(self) -> bool:
        """Whether leaves are whole numbers whose sums float32 holds, at most one in each leaf."""
        return self._exact and self._quantum >= 1 and self._largest < 2**24

    @cached_property
    def exact(self) -> bool:
        """Whether float64 holds all sums without rounding, so that their order does not matter.

        At most one number is in each leaf.
        """
        with np.errstate(over="ignore"):
            return self._exact and self._largest <= 2.0**52 * self._quantum

    @property
    def negative_zeros(self) -> bool:
        """Whether a prediction may be -0.0, which no sum gives."""
        return self.alone and any(_has_negative_zeros(tree.rows.numbers) for tree in self.trees)

    @property
    def _exact(self) -> bool:
        return not self.negative_zeros and all(tree.rows.columns is not None for tree in self.trees)

    @cached_property
    def _largest(self) -> float:
        with np.errstate(over="ignore"):
            return float(sum(np.abs(tree.rows.numbers).max() for tree in self.trees))

    @cached_property
    def _quantum(self) -> float:
        """A power of 2 that divides all numbers."""
        numbers = np.concatenate([tree.rows.numbers for tree in self.trees])
        fraction, exponent = np.frexp(numbers[numbers != 0])
        bits = np.abs(fraction * 2**53).astype(np.int64)
        lowest = np.frexp((bits & -bits).astype(np.float64))[1] - 54 + exponent
        return float(np.ldexp(1.0, lowest.min(initial=0)))

    def _complete(self, ensemble: Ensemble, place: int, tree: Held) -> Held:
        """The tree with the scale in its leaves, and in the first iteration the baseline too.

        What scikit-learn computes for each row is computed here, in its order, for each leaf.
        """
        scale = ensemble.scale[place] if isinstance(ensemble.scale, np.ndarray) else ensemble.scale
        rows = tree.rows if scale is None else tree.rows.scaled(scale)
        if place < self.per_iteration and not self.alone:
            rows = rows.added_to(self.baseline[place])
        return Held(tree.tree, tree.code, rows)


def _has_negative_zeros(numbers: np.ndarray) -> bool:
    return bool((np.signbit(numbers) & (numbers == 0)).any())
