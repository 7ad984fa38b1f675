"""Reads a tree from the records that scikit-learn keeps of its nodes."""

import numpy as np

from onnx101.errors import ConversionError
from onnx101.trees import Tree, from_columns

_INDEX = "i8 i4"  # i4 on systems of 32 bits
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
}
_PREDICTOR_UNUSED = {"count", "gain", "depth", "bin_threshold", "bitset_idx"}


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
    leaf = nodes["left_child"] == -1
    if (nodes["right_child"][leaf] != -1).any():
        raise ConversionError("a tree's node has one child: a damaged file")
    columns = [nodes[name] for name in _FIELDS]
    if _MISSING in fields:
        missing = nodes[_MISSING]
    else:  # NaN was refused: any way will do, such as that of more rows
        rows = nodes["n_node_samples"]
        missing = rows[nodes["left_child"]] > rows[nodes["right_child"]]
    tree = from_columns(leaf, *columns, missing, values.reshape(leaf.size, -1))
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
    return from_columns(leaf, *columns, nodes["value"][:, None])


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
