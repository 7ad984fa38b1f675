"""Writes a tree as the operator TreeEnsemble."""

from dataclasses import replace

import numpy as np

from onnx101 import wire
from onnx101.trees import Tree

# What trees read, in place of X.
COLUMNS = "columns"

_ONE_TREE = wire.ints("tree_roots", np.zeros(1)), wire.int_attribute("n_targets", 1)


def tree_ensemble(tree: Tree, code: np.ndarray, weights: np.ndarray, output: str) -> bytes:
    """A NodeProto that sends a row to `weights[code]` of its leaf, [N, 1].

    code: int32 [leaves]. weights: fewer than the leaves where some share one, of the type of X,
    float32 or float64. The row is one of COLUMNS, which has each column of X twice: 2 * f is
    column f, and 2 * f + 1 is its negative.
    """
    if not tree.left.size:  # a lone leaf is written as a branch both of whose ways lead to it
        zero = np.zeros(1, dtype=np.int32)
        tree = Tree(zero, zero, zero, ~zero, ~zero, tree.values)
    tree = _over_columns(tree, weights.dtype)
    code, weights = _apart_at_root(tree, code, weights)
    # region tree
    number = np.concatenate([np.arange(tree.left.size), code[::-1]])
    attributes = [
        wire.ints("nodes_featureids", tree.feature),
        wire.tensor("nodes_splits", tree.threshold),
        wire.tensor("nodes_modes", np.zeros(tree.left.size, np.uint8)),
        wire.ints("nodes_truenodeids", number[tree.left]),
        wire.ints("nodes_falsenodeids", number[tree.right]),
        wire.ints("nodes_trueleafs", tree.left < 0),
        wire.ints("nodes_falseleafs", tree.right < 0),
        wire.ints("leaf_targetids", np.zeros(weights.size, np.uint8)),
        wire.tensor("leaf_weights", weights),
        *_ONE_TREE,
    ]
    return wire.node("TreeEnsemble", COLUMNS, output, attributes)
    # endregion tree


def _over_columns(tree: Tree, dtype: np.dtype) -> Tree:
    """The same tree over COLUMNS, with thresholds of their type and NaN never going to `left`.

    Where NaN goes to `left`, the ways change places: x > t is -x <= u, for the u next below -t.
    NaN goes the way of more rows where scikit-learn saw none in training, and onnxruntime keeps
    `right` beside its branch in memory; so rows take fewer steps to far places, and no branch asks
    whether a number is NaN.
    """
    turned = tree.missing_go_to_left != 0
    threshold = round_down(tree.threshold, dtype)
    with np.errstate(all="ignore"):
        beyond = np.nextafter(-threshold, dtype.type(-np.inf))
    beyond[threshold == np.inf] = np.nan  # no x is greater, and nothing is <= NaN
    return replace(
        tree,
        feature=2 * tree.feature.astype(np.int64) + turned,
        threshold=np.where(turned, beyond, threshold),
        left=np.where(turned, tree.right, tree.left),
        right=np.where(turned, tree.left, tree.right),
    )


def _apart_at_root(tree: Tree, code: np.ndarray, weights: np.ndarray):
    """Renumber the leaves where the root's two children, a branch and a leaf, share a number.

    onnxruntime 1.21 would take such a root for a leaf.
    """
    leaf, branch = sorted((tree.left[0], tree.right[0]))
    if leaf < 0 <= branch and code[~leaf] == branch:
        swap = np.arange(weights.size)
        swap[[0, branch]] = branch, 0
        return swap[code], weights[swap]
    return code, weights


def round_down(threshold: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The largest number of the type not above each threshold: it sends all such x the same way."""
    with np.errstate(all="ignore"):
        near = threshold.astype(dtype)
        return np.where(near > threshold, np.nextafter(near, dtype.type(-np.inf)), near)
