"""One fitted tree: read from scikit-learn's node records, written as one TreeEnsemble."""

from dataclasses import dataclass

import numpy as np

from onnx101 import wire
from onnx101.errors import ConversionError

# onnxruntime builds a tree by recursion; deeper ones would end its process.
MAX_DEPTH = 5_000

_FIELDS = {"left_child", "right_child", "feature", "threshold"}
_OPTIONAL = {"missing_go_to_left"}  # absent before scikit-learn 1.3
_UNUSED = {"impurity", "n_node_samples", "weighted_n_node_samples"}


@dataclass(frozen=True)
class Tree:
    """A binary tree of `n` nodes, the root first.

    left, right: int64 [n], the children of a node; -1 in a leaf.
    feature: int64 [n]. threshold: float64 [n]: a row goes left where `x <= threshold`.
    missing_left: bool [n], where a NaN goes left; None where no NaN is allowed.
    values: float64 [leaves, width], what each leaf holds, in the order of the nodes.
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray | None
    values: np.ndarray

    @property
    def size(self) -> int:
        return len(self.left)


def from_records(nodes: np.ndarray, values: np.ndarray, features: int) -> Tree:
    """The tree in the `nodes` and `values` of a `sklearn.tree._tree.Tree`.

    nodes: records [n]; values: float64 [n, outputs, classes]; features: columns of X.
    Raises ConversionError where the records are not a tree over these columns.
    """
    names = set(nodes.dtype.names or ())
    if missing := _FIELDS - names:
        raise ConversionError(f"the tree's nodes lack the field {min(missing)!r}: a damaged file")
    if unknown := names - _FIELDS - _OPTIONAL - _UNUSED:
        raise ConversionError(
            f"the tree's nodes have a field {min(unknown)!r} this version does not know: "
            "written by a newer scikit-learn; train with one that onnx101 supports"
        )
    left = nodes["left_child"].astype(np.int64)
    tree = Tree(
        left=left,
        right=nodes["right_child"].astype(np.int64),
        feature=nodes["feature"].astype(np.int64),
        threshold=nodes["threshold"].astype(np.float64),
        missing_left=nodes["missing_go_to_left"] != 0 if "missing_go_to_left" in names else None,
        values=values[left == -1].reshape(int((left == -1).sum()), -1),
    )
    check(tree, features)
    return tree


def check(tree: Tree, features: int) -> None:
    """Raises ConversionError unless every path from the root ends in a leaf, over known columns."""
    n = tree.size
    inner = tree.left != -1
    children = np.concatenate([tree.left[inner], tree.right[inner]])
    if n == 0 or children.size and not 0 <= children.min() <= children.max() < n:
        raise ConversionError("a tree names a child outside itself: a damaged file")
    columns = tree.feature[inner]
    if columns.size and not 0 <= columns.min() <= columns.max() < features:
        raise ConversionError(f"a tree splits on a column outside its {features}: a damaged file")
    if np.isnan(tree.threshold[inner]).any() or not np.isfinite(tree.values).all():
        raise ConversionError("a tree holds NaN or infinite numbers: a damaged file")
    level, visited = np.zeros(1, dtype=np.int64), 0
    for _ in range(MAX_DEPTH):
        visited += level.size
        parents = level[inner[level]]
        if visited > n or not parents.size:
            break
        level = np.concatenate([tree.left[parents], tree.right[parents]])
    else:
        raise ConversionError(f"a tree is deeper than {MAX_DEPTH:,}: retrain with max_depth")
    if visited != n:
        raise ConversionError("a tree's nodes do not form a tree: a damaged file")


def distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of `rows` [n, width], the most frequent first, and where each row went.

    Rows are compared bit by bit, through a 64-bit hash where they are wider than one number.
    """
    bits = np.ascontiguousarray(rows).view(np.dtype(f"u{rows.itemsize}"))
    keys = bits[:, 0] if bits.shape[1] == 1 else bits @ _multipliers(bits.shape[1])
    _, first, code, count = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(-count, kind="stable")
    first = first[order]
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    code = rank[code]
    if bits.shape[1] > 1 and not np.array_equal(bits[first][code], bits):
        return rows, np.arange(len(rows))
    return rows[first], code


def _multipliers(width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 2**63, width, dtype=np.uint64) * 2 + 1


def tree_ensemble(tree: Tree, code: np.ndarray, weights: np.ndarray, output: str) -> bytes:
    """A NodeProto that sends a row of X to `weights[code]` of the leaf it reaches.

    code: int64 [leaves] into `weights`, float32. The output is float32 [N, 1].
    """
    leaf = tree.left == -1
    branch = np.flatnonzero(~leaf)
    number = np.empty(tree.size, dtype=np.int64)  # branches and leaves are numbered apart
    number[branch], number[leaf] = np.arange(branch.size), code
    if not branch.size:
        branch = np.zeros(1, dtype=np.int64)  # a branch whose children, -1 and -1, are the leaf
    # region tree
    yes, no = tree.left[branch], tree.right[branch]
    attributes = [
        wire.ints("nodes_featureids", tree.feature[branch].clip(0)),
        wire.tensor_attribute("nodes_splits", round_down(tree.threshold[branch])),
        wire.tensor_attribute("nodes_modes", np.zeros(branch.size, np.uint8)),
        wire.ints("nodes_truenodeids", number[yes]),
        wire.ints("nodes_falsenodeids", number[no]),
        wire.ints("nodes_trueleafs", leaf[yes]),
        wire.ints("nodes_falseleafs", leaf[no]),
        wire.ints("leaf_targetids", np.zeros(weights.size, np.uint8)),
        wire.tensor_attribute("leaf_weights", weights),
        wire.ints("tree_roots", np.zeros(1, np.uint8)),
    ]
    # endregion tree
    if tree.missing_left is not None:
        attributes.append(wire.ints("nodes_missing_value_tracks_true", tree.missing_left[branch]))
    attributes += [wire.integer_attribute("n_targets", 1)]
    return wire.node("TreeEnsemble", "ai.onnx.ml", "X", output, attributes)


def round_down(threshold: np.ndarray) -> np.ndarray:
    """The largest float32 not above each threshold: it sends every float32 the same way."""
    with np.errstate(over="ignore"):
        near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)
