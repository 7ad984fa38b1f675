"""Reads a tree from scikit-learn's records of its nodes."""

from dataclasses import replace

import numpy as np

from onnx101.errors import ConversionError
from onnx101.trees import Tree, from_columns

_INDEX = "i8 i4"  # i4 on 32-bit systems
_FIELDS = {"left_child": _INDEX, "right_child": _INDEX, "feature": _INDEX, "threshold": "f8"}
_ROWS = {"n_node_samples": _INDEX, "weighted_n_node_samples": "f8"}  # of training, in each node
_MISSING = "missing_go_to_left"  # came with scikit-learn 1.3
_UNUSED = {"impurity"}
_PREDICTOR = {
    "left": "u4",
    "right": "u4",
    "feature_idx": "i8 u4",  # u4 in scikit-learn 1.2
    "num_threshold": "f8",
    _MISSING: "u1",
    "value": "f8",
    "is_leaf": "u1",
    "is_categorical": "u1",
    "bitset_idx": "u4",
}
_PREDICTOR_UNUSED = {"count", "gain", "depth", "bin_threshold"}
# Records between two looks at a field: as many as the cache holds.
_BLOCK = 2**13
# In scikit-learn 0.22 and 0.23, which knew no categories.
_OLD_THRESHOLD, _OF_CATEGORIES = "threshold", ("is_categorical", "bitset_idx")


def from_records(nodes: np.ndarray, values: np.ndarray, features: int) -> Tree:
    """The tree in the `nodes` [n] and `values` [n, outputs, classes] of a scikit-learn Tree.

    Raises ConversionError where they are not a tree over that many columns.
    """
    fields = _FIELDS | _ROWS
    if _MISSING in (nodes.dtype.names or ()):
        fields |= {_MISSING: "u1"}
    _check_fields(nodes, fields, _UNUSED)
    if len({nodes.dtype[name] for name, kind in fields.items() if kind == _INDEX}) > 1:
        raise ConversionError("a tree's nodes count in two widths: a damaged file")
    last = _MISSING if _MISSING in fields else "n_node_samples"
    left, right, *columns, missing = _columns(nodes, [*_FIELDS, last])
    leaf = left == -1
    if ((right == -1) != leaf).any():
        raise ConversionError("a tree's node has one child: a damaged file")
    if last != _MISSING:  # NaN was refused in training: either side will do, as that of more rows
        missing = missing[left] > missing[right]
    tree = from_columns(leaf, left, right, *columns, missing, values.reshape(leaf.size, -1))
    if tree.features > features:
        raise ConversionError(f"a tree splits on a column beyond its {features}: a damaged file")
    return tree


def from_predictor(nodes: np.ndarray, bitsets: np.ndarray | None = None) -> Tree:
    """The tree in the `nodes` [n] of a TreePredictor, as HistGradientBoosting has them.

    bitsets: uint32 [k, 8], the categories that go to the left where a node splits by category. The
    columns and the categories are those that its encoder makes of X.

    Raises ConversionError where they are not a tree.
    """
    fields, is_old = _PREDICTOR, _OLD_THRESHOLD in (nodes.dtype.names or ())
    if is_old:
        fields = {n.removeprefix("num_"): k for n, k in fields.items() if n not in _OF_CATEGORIES}
    _check_fields(nodes, fields, _PREDICTOR_UNUSED)
    leaf = nodes["is_leaf"] != 0
    columns = _columns(nodes, list(fields)[:5])
    is_split = np.zeros(leaf.size) if is_old else nodes["is_categorical"]
    by_category = np.flatnonzero(is_split[~leaf] != 0)
    if by_category.size:
        columns[3] = np.where(is_split != 0, 0.0, columns[3])
    tree = replace(from_columns(leaf, *columns, nodes["value"][:, None]), compares=np.float64)
    if not by_category.size:
        return tree
    place = nodes["bitset_idx"][~leaf][by_category]
    if (
        bitsets is None
        or (bitsets.dtype.str[1:], bitsets.shape[1:]) != ("u4", (8,))
        or place.max() >= len(bitsets)
    ):
        raise ConversionError("a tree's categories are not those of its nodes: a damaged file")
    bits = np.ascontiguousarray(bitsets, dtype="<u4").view(np.uint8)
    goes_left = np.unpackbits(bits, axis=1, bitorder="little")[place] != 0
    return _by_category(tree, by_category, goes_left)


def _by_category(tree: Tree, branches: np.ndarray, goes_left: np.ndarray) -> Tree:
    """The tree where these branches split by category; goes_left: bool [branches, 256].

    A category that is missing goes as NaN does. So that it always goes to the right, left and right
    change places where NaN went to the left.
    """
    turned = np.zeros(len(tree.left), dtype=bool)
    turned[branches] = tree.missing_go_to_left[branches]
    members = {
        branch: np.flatnonzero(goes ^ turned[branch]).astype(np.float64)
        for branch, goes in zip(branches.tolist(), goes_left, strict=True)
    }
    return replace(
        tree,
        left=np.where(turned, tree.right, tree.left),
        right=np.where(turned, tree.left, tree.right),
        missing_go_to_left=tree.missing_go_to_left & ~turned,
        members=members,
    )


def _columns(nodes: np.ndarray, names: list[str]) -> list[np.ndarray]:
    """Those fields, each in memory of its own; all of a record are read while the cache has it."""
    columns = [np.empty(nodes.size, nodes.dtype[name]) for name in names]
    for start in range(0, nodes.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        for column, name in zip(columns, names, strict=True):
            column[block] = nodes[name][block]
    return columns


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
