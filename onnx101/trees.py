"""One fitted tree: read from scikit-learn's node records, written as one TreeEnsemble."""

from dataclasses import dataclass, replace

import numpy as np

from onnx101 import wire
from onnx101.errors import ConversionError

# onnxruntime builds a tree by recursion: a deeper one would end its process.
MAX_DEPTH = 5_000

# What trees read, in place of X.
COLUMNS = "columns"

_FIELDS = {"left_child": "i8", "right_child": "i8", "feature": "i8", "threshold": "f8"}
_MISSING = "missing_go_to_left"  # came with scikit-learn 1.3
_UNUSED = {"impurity", "n_node_samples", "weighted_n_node_samples"}
_PREDICTOR = {
    "left": "u4",
    "right": "u4",
    "feature_idx": "i8 u4",  # u4 in scikit-learn 1.2
    "num_threshold": "f8",
    _MISSING: "u1",
    "value": "f8",
    "is_leaf": "u1",
    "is_categorical": "u1",
}
_ONE_TREE = wire.ints("tree_roots", np.zeros(1)), wire.int_attribute("n_targets", 1)
_PREDICTOR_UNUSED = {"count", "gain", "depth", "bin_threshold", "bitset_idx"}


@dataclass(frozen=True)
class Tree:
    """A binary tree whose branches and leaves are numbered apart; branch 0 is the root.

    feature: int [branches], a column of X. threshold: float64 [branches]; a row goes to `yes` where
    `x <= threshold`, else to `no`. missing_yes: bool [branches], where a NaN goes to `yes`.
    yes, no: int32 [branches], the number of a branch, or ~ that of a leaf.
    values: float64 [leaves, width], what the leaves are worth.
    """

    feature: np.ndarray
    threshold: np.ndarray
    missing_yes: np.ndarray
    yes: np.ndarray
    no: np.ndarray
    values: np.ndarray

    @property
    def nodes(self) -> int:
        return len(self.yes) + len(self.values)

    @property
    def features(self) -> int:
        """How many columns X must have at least."""
        return int(self.feature.max()) + 1 if self.feature.size else 0


def from_records(nodes: np.ndarray, values: np.ndarray, features: int) -> Tree:
    """The tree in the `nodes` [n] and `values` [n, outputs, classes] of a scikit-learn Tree.

    Raises ConversionError where they are not a tree over that many columns.
    """
    fields = _FIELDS | {_MISSING: "u1"} if _MISSING in (nodes.dtype.names or ()) else _FIELDS
    _check_fields(nodes, fields, _UNUSED)
    leaf = nodes["left_child"] == -1
    if (nodes["right_child"][leaf] != -1).any():
        raise ConversionError("a tree's node has one child: a damaged file")
    columns = [nodes[name] for name in _FIELDS]
    if _MISSING in fields:
        missing = nodes[_MISSING]
    else:  # NaN was refused: any way will do, such as that of more rows
        rows = nodes["n_node_samples"]
        missing = rows[nodes["left_child"]] > rows[nodes["right_child"]]
    tree = _tree(leaf, *columns, missing, values.reshape(leaf.size, -1))
    if tree.features > features:
        raise ConversionError(f"a tree splits on a column beyond its {features}: a damaged file")
    return tree


def from_predictor(nodes: np.ndarray) -> Tree:
    """The tree in the `nodes` [n] of a TreePredictor, as HistGradientBoosting has them.

    Raises ConversionError where they are not a tree, or one with categories.
    """
    _check_fields(nodes, _PREDICTOR, _PREDICTOR_UNUSED)
    leaf = nodes["is_leaf"] != 0
    if nodes["is_categorical"][~leaf].any():
        raise ConversionError(
            "a tree splits by category, which is not supported: train with "
            "categorical_features=None on numbers, as OrdinalEncoder makes them"
        )
    columns = [nodes[name] for name in list(_PREDICTOR)[:5]]
    return _tree(leaf, *columns, nodes["value"][:, None])


def _check_fields(nodes: np.ndarray, fields: dict[str, str], unused: set[str]) -> None:
    names = nodes.dtype.names or ()
    if nodes.ndim != 1:
        raise ConversionError("a tree's nodes are not in one row: a damaged file")
    if lacking := fields.keys() - names:
        raise ConversionError(f"a tree's nodes lack the field {min(lacking)!r}: a damaged file")
    if unknown := set(names) - fields.keys() - unused:
        raise ConversionError(
            f"a tree's nodes have the field {ascii(min(unknown))[:40]}, of a newer scikit-learn "
            "than onnx101 knows: train with an older one"
        )
    for name, kind in fields.items():
        if nodes.dtype[name].str[1:] not in kind.split():
            raise ConversionError(f"a tree's field {name!r} is of another type: a damaged file")


def _tree(leaf, left, right, feature, threshold, missing, values) -> Tree:
    """Number branches and leaves apart, over columns [n] and values [n, width]."""
    branches, leaves = np.flatnonzero(~leaf), np.flatnonzero(leaf)
    left, right = left[branches], right[branches]
    for child in (left, right):
        if child.size and not 0 < child.min() <= child.max() < leaf.size:
            raise ConversionError("a tree has a child outside itself: a damaged file")
    reached = np.zeros(leaf.size, dtype=bool)
    reached[left] = reached[right] = True
    if reached.sum() != leaf.size - 1 or 2 * branches.size != leaf.size - 1:
        raise ConversionError("a tree's nodes do not form a tree: a damaged file")
    number = np.empty(leaf.size, dtype=np.int32)
    number[branches] = np.arange(branches.size)
    number[leaves] = ~np.arange(leaves.size)
    tree = Tree(
        feature=feature[branches],
        threshold=threshold[branches].astype(np.float64),
        missing_yes=missing[branches] != 0,
        yes=number[left],
        no=number[right],
        values=values[leaves].astype(np.float64, copy=False),
    )
    if tree.feature.min(initial=0) < 0:
        raise ConversionError("a tree splits on a column below zero: a damaged file")
    if np.isnan(tree.threshold).any() or not np.isfinite(tree.values).all():
        raise ConversionError("a tree holds numbers that are not finite: a damaged file")
    _check_paths(tree)
    return tree


def _check_paths(tree: Tree) -> None:
    """Every branch must be on a path from the root: there is no cycle beside the tree."""
    level = np.zeros(min(1, tree.yes.size), dtype=np.int32)
    reached = 0
    for _ in range(MAX_DEPTH):
        reached += level.size
        children = np.concatenate([tree.yes[level], tree.no[level]])
        level = children[children >= 0]
        if not level.size:
            break
    else:
        raise ConversionError(f"a tree is deeper than {MAX_DEPTH:,}: train with max_depth")
    if reached != tree.yes.size:
        raise ConversionError("a tree's nodes do not form a tree: a damaged file")


def with_shares(tree: Tree, widths: tuple[int, ...]) -> Tree:
    """The tree of a classifier, with the share of each class in its leaves.

    widths: the number of classes of each output. scikit-learn 1.4 and later keep shares; earlier
    ones keep counts, and divide in predict_proba as it is done here.
    """
    blocks = tree.values.reshape(len(tree.values), len(widths), -1)
    totals = [blocks[:, output, :width].sum(axis=1) for output, width in enumerate(widths)]
    if all(np.allclose(total, 1, rtol=0, atol=1e-9) for total in totals):
        return tree
    shares = blocks.copy()
    for output, total in enumerate(totals):
        shares[:, output] /= np.where(total == 0, 1, total)[:, None]
    return replace(tree, values=shares.reshape(tree.values.shape))


def distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows of `rows` [n, width], the most frequent first, and where each row went.

    Rows are compared bit by bit, by a 64-bit hash where they are wider than one number.
    """
    bits = np.ascontiguousarray(rows).view(f"u{rows.itemsize}")
    odd = np.random.default_rng(0).integers(2**63, size=bits.shape[1], dtype=np.uint64) * 2 + 1
    keys = bits[:, 0] if bits.shape[1] == 1 else (bits ^ bits >> 29) @ odd
    _, code, count = np.unique(keys, return_inverse=True, return_counts=True)
    rank = np.empty(count.size, dtype=np.int32)
    rank[np.argsort(-count, kind="stable")] = np.arange(count.size)
    code = rank[code]
    sample = np.empty(count.size, dtype=np.int64)
    sample[code] = np.arange(len(rows))
    if bits.shape[1] > 1 and not np.array_equal(bits[sample[code]], bits):  # the hash met a twin
        return rows, np.arange(len(rows), dtype=np.int32)
    return rows[sample], code


def tree_ensemble(tree: Tree, code: np.ndarray, weights: np.ndarray, output: str) -> bytes:
    """A NodeProto that sends a row to `weights[code]` of its leaf, [N, 1].

    code: int32 [leaves]. weights: fewer than the leaves where some share one, of the type of X,
    float32 or float64. The row is one of COLUMNS, which has each column of X twice: 2 * f is
    column f, and 2 * f + 1 is its negative.
    """
    if not tree.yes.size:  # a lone leaf is written as a branch both of whose ways lead to it
        zero = np.zeros(1, dtype=np.int32)
        tree = Tree(zero, zero, zero, ~zero, ~zero, tree.values)
    tree = _over_columns(tree, weights.dtype)
    code, weights = _apart_at_root(tree, code, weights)
    # region tree
    number = np.concatenate([np.arange(tree.yes.size), code[::-1]])
    attributes = [
        wire.ints("nodes_featureids", tree.feature),
        wire.tensor("nodes_splits", tree.threshold),
        wire.tensor("nodes_modes", np.zeros(tree.yes.size, np.uint8)),
        wire.ints("nodes_truenodeids", number[tree.yes]),
        wire.ints("nodes_falsenodeids", number[tree.no]),
        wire.ints("nodes_trueleafs", tree.yes < 0),
        wire.ints("nodes_falseleafs", tree.no < 0),
        wire.ints("leaf_targetids", np.zeros(weights.size, np.uint8)),
        wire.tensor("leaf_weights", weights),
        *_ONE_TREE,
    ]
    return wire.node("TreeEnsemble", COLUMNS, output, attributes)
    # endregion tree


def _over_columns(tree: Tree, dtype: np.dtype) -> Tree:
    """The same tree over COLUMNS, with thresholds of their type and NaN never going to `yes`.

    Where NaN goes to `yes`, the ways change places: x > t is -x <= u, for the u next below -t.
    NaN goes the way of more rows where scikit-learn saw none in training, and onnxruntime keeps
    `no` beside its branch in memory; so rows take fewer steps to far places, and no branch asks
    whether a number is NaN.
    """
    turned = tree.missing_yes != 0
    threshold = round_down(tree.threshold, dtype)
    with np.errstate(all="ignore"):
        beyond = np.nextafter(-threshold, dtype.type(-np.inf))
    beyond[threshold == np.inf] = np.nan  # no x is greater, and nothing is <= NaN
    return replace(
        tree,
        feature=2 * tree.feature.astype(np.int64) + turned,
        threshold=np.where(turned, beyond, threshold),
        yes=np.where(turned, tree.no, tree.yes),
        no=np.where(turned, tree.yes, tree.no),
    )


def _apart_at_root(tree: Tree, code: np.ndarray, weights: np.ndarray):
    """Renumber the leaves where the root's two children, a branch and a leaf, share a number.

    onnxruntime 1.21 would take such a root for a leaf.
    """
    leaf, branch = sorted((tree.yes[0], tree.no[0]))
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
