"""One fitted tree, whatever its source."""

from dataclasses import dataclass, field, replace

import numpy as np

from onnx101.errors import ConversionError

# onnxruntime builds a tree by recursion, which ends the process where the stack ends: this many
# levels fit a thread with 512 KB, the least that a system gives; 1,000 do not.
MAX_DEPTH = 500


@dataclass(frozen=True)
class Tree:
    """A binary tree whose branches and leaves are numbered apart; branch 0 is the root.

    feature: int [branches], a column of X. threshold: float64 [branches]; a row goes to `left`
    where `x <= threshold`, else to `right`. missing_go_to_left: bool [branches], for NaN.
    left, right: int32 [branches], the number of a branch, or ~ that of a leaf.
    values: float64 [leaves, width], what the leaves are worth.
    members: of a branch by category, by its number: a row goes to `left` where x is one of these
    whole numbers, else to `right`, also for NaN.
    compares: float32 or float64, to which x is rounded before.
    places: int32 [leaves], where each leaf stands among all nodes, as `apply` counts.
    """

    feature: np.ndarray
    threshold: np.ndarray
    missing_go_to_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    values: np.ndarray
    members: dict[int, np.ndarray] = field(default_factory=dict)
    compares: type = np.float32
    places: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))

    @property
    def nodes(self) -> int:
        return len(self.left) + len(self.values)

    def without_values(self) -> "Tree":
        """The same without the values of the leaves, in less memory."""
        none = np.empty((len(self.values), 0))
        return replace(self, feature=self.feature.astype(np.int32), values=none)

    def over(self, columns: np.ndarray) -> "Tree":
        """The same over all columns of X, of which it saw these."""
        return replace(self, feature=columns[self.feature])

    @property
    def features(self) -> int:
        """How many columns X must have at least."""
        return int(self.feature.max()) + 1 if self.feature.size else 0


def from_columns(leaf, left, right, feature, threshold, missing, values) -> Tree:
    """Number branches and leaves apart, over columns [n] and values [n, width]."""
    branches, leaves = np.flatnonzero(~leaf), np.flatnonzero(leaf)
    left, right = left.take(branches), right.take(branches)
    for child in (left, right):
        if child.size and not 0 < child.min() <= child.max() < leaf.size:
            raise ConversionError("a tree has a child outside itself: a damaged file")
    reached = np.zeros(leaf.size, dtype=bool)
    reached[left] = reached[right] = True
    if reached.sum() != leaf.size - 1 or 2 * branches.size != leaf.size - 1:
        raise ConversionError("a tree's nodes do not form a tree: a damaged file")
    number = np.empty(leaf.size, dtype=np.int32)
    number[branches] = np.arange(branches.size, dtype=np.int32)
    number[leaves] = ~np.arange(leaves.size, dtype=np.int32)
    tree = Tree(
        feature=feature.take(branches),
        threshold=threshold.take(branches).astype(np.float64, copy=False),
        missing_go_to_left=missing.take(branches) != 0,
        left=number.take(left),
        right=number.take(right),
        values=values.take(leaves, axis=0).astype(np.float64, copy=False),
        places=leaves.astype(np.int32),
    )
    if tree.feature.min(initial=0) < 0:
        raise ConversionError("a tree splits on a column below zero: a damaged file")
    if np.isnan(tree.threshold).any() or not np.isfinite(tree.values).all():
        raise ConversionError("a tree holds numbers that are not finite: a damaged file")
    _check_paths(tree)
    return tree


def _check_paths(tree: Tree) -> None:
    """Check that every branch is reachable from the root, so that there is no cycle."""
    both = np.stack([tree.left, tree.right], axis=1).view(np.int64)  # a pair is read as one number
    level = np.zeros(min(1, tree.left.size), dtype=np.int32)
    reached = 0
    for _ in range(MAX_DEPTH):
        reached += level.size
        children = both.take(level).view(np.int32)
        level = children.take(np.flatnonzero(children >= 0))
        if not level.size:
            break
    else:
        raise ConversionError(f"a tree is deeper than {MAX_DEPTH:,}: train with max_depth")
    if reached != tree.left.size:
        raise ConversionError("a tree's nodes do not form a tree: a damaged file")
