"""Writes trees as one operator: a TreeEnsemble, or the older TreeEnsembleRegressor."""

from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from onnx101 import wire
from onnx101.errors import ConversionError
from onnx101.trees import Tree

_MEMBER = 6  # of nodes_modes


class Source(NamedTuple):
    """The tensor that trees read: X, or one that holds the negative of each column, too.

    Column f of X is its column `step` * f. The negative is `negative` columns after it; 0: none.
    """

    name: str
    step: int = 1
    negative: int = 0


# Each column with its negative beside it: what trees read if they are written before X is known.
COLUMNS = Source("columns", step=2, negative=1)


@dataclass(frozen=True)
class Part:
    """A tree of an operator. A row in leaf n adds `weights[code[n]]` to target `targets[code[n]]`.

    code: int32 [leaves]. targets: int [k]. weights: [k], of the type of X, float32 or float64; for
    the older operator also [k, targets], which adds to all of them.
    """

    tree: Tree
    code: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def on(self, target: int) -> "Part":
        """The same part, with its targets shifted by that many."""
        return replace(self, targets=self.targets + target)


class _Flat(NamedTuple):
    """The tree of a part as the operator reads it, its branches and leaves counted from there.

    missing: whether NaN goes to `left`; empty where it never does.
    """

    part: Part
    first_branch: int
    first_leaf: int
    missing: np.ndarray


def tree_ensemble(
    parts: list[Part], targets: int, source: Source, output: str, average: bool = False
) -> bytes:
    """A NodeProto of ai.onnx.ml 5 that gives the sums of what the leaves add, [N, targets].

    average: divide the sums by the number of trees.
    """
    flat = _flatten(parts, source)
    nodes = _joined([_nodes(one) for one in flat])
    # region tree
    modes = nodes["mode"]  # x <= threshold, or x is a member of a set
    attributes = [
        wire.ints("nodes_featureids", nodes["feature"]),
        wire.tensor("nodes_splits", nodes["threshold"]),
        wire.tensor("nodes_modes", modes),
        wire.ints("nodes_truenodeids", nodes["true"]),
        wire.ints("nodes_falsenodeids", nodes["false"]),
        wire.ints("nodes_trueleafs", nodes["true is leaf"]),
        wire.ints("nodes_falseleafs", nodes["false is leaf"]),
        wire.ints("leaf_targetids", nodes["target"]),
        wire.tensor("leaf_weights", nodes["weight"]),
        wire.ints("tree_roots", np.array([one.first_branch for one in flat])),
        wire.int_attribute("n_targets", targets),
    ]
    # endregion tree
    if nodes["missing"].any():
        attributes.append(wire.ints("nodes_missing_value_tracks_true", nodes["missing"]))
    if nodes["members"].size:
        attributes.append(wire.tensor("membership_values", nodes["members"]))
    if average:
        attributes.append(wire.int_attribute("aggregate_function", 0))
    return wire.node("TreeEnsemble", source.name, output, attributes)


def tree_ensemble_regressor(parts: list[Part], targets: int, source: Source, output: str) -> bytes:
    """The same as a NodeProto of ai.onnx.ml 3, or 1 where X is float32; gives float32.

    Each way to a leaf ends in a leaf of its own: the branches of a tree keep their numbers, and
    behind them come the leaves, those on the left first.
    """
    flat = _flatten(parts, source)
    columns = _joined([_older_nodes(number, one) for number, one in enumerate(flat)])
    weights = [wire.ints(name, columns.pop(name)) for name in _TARGETS]
    floats = {name: columns.pop(name) for name in ("nodes_values", "target_weights")}
    if not columns["nodes_missing_value_tracks_true"].any():
        del columns["nodes_missing_value_tracks_true"]
    modes = chain.from_iterable(
        [("BRANCH_LEQ", one.part.tree.left.size), ("LEAF", one.part.tree.left.size + 1)]
        for one in flat
    )
    return wire.node(
        "TreeEnsembleRegressor",
        source.name,
        output,
        [
            *(wire.ints(name, values) for name, values in columns.items()),
            wire.strings("nodes_modes", *modes),
            *weights,
            *(
                wire.tensor(f"{name}_as_tensor", values)
                if values.dtype == np.float64
                else wire.floats(name, values)
                for name, values in floats.items()
            ),
            wire.int_attribute("n_targets", targets),
        ],
    )


_TARGETS = ("target_treeids", "target_nodeids", "target_ids")


def _flatten(parts: list[Part], source: Source) -> list[_Flat]:
    flat = []
    branches = leaves = 0
    for part in parts:
        tree = part.tree
        if not tree.left.size:  # a single leaf becomes a branch with both children equal to it
            zero = np.zeros(1, dtype=np.int32)
            tree = Tree(zero, zero * 0.0, zero, ~zero, ~zero - 1, tree.values)
            part = replace(part, code=part.code.repeat(2))
        dtype = part.weights.dtype
        if source.negative:
            tree, missing = over_columns(tree, dtype, source), np.zeros(0, bool)
        else:
            tree = replace(tree, threshold=round_down(tree.threshold, dtype))
            missing = tree.missing_go_to_left != 0
        part = _apart_at_root(replace(part, tree=tree), branches, leaves)
        flat.append(_Flat(part, branches, leaves, missing))
        branches += tree.left.size
        leaves += part.targets.size
    return flat


def _nodes(flat: _Flat) -> dict[str, np.ndarray]:
    """TreeEnsemble's attributes for each branch and leaf of a tree."""
    part, tree = flat.part, flat.part.tree
    branches = np.arange(flat.first_branch, flat.first_branch + tree.left.size, dtype=np.int32)
    leaves = part.code[::-1].astype(np.int32) + np.int32(flat.first_leaf)
    number = np.concatenate([branches, leaves])  # -1 is the first leaf, counted from the end
    mode = np.zeros(tree.left.size, np.uint8)
    mode[[*tree.members]] = _MEMBER
    return {
        "feature": tree.feature,
        "threshold": tree.threshold,
        "mode": mode,
        "members": _membership(tree, part.weights.dtype),
        "missing": flat.missing,
        "true": number[tree.left],
        "false": number[tree.right],
        "true is leaf": tree.left < 0,
        "false is leaf": tree.right < 0,
        "target": part.targets,
        "weight": part.weights,
    }


def _membership(tree: Tree, dtype: np.dtype) -> np.ndarray:
    """What the branches by category test for, in the order of the branches, each ended by NaN.

    onnxruntime takes only whole numbers, and finds 0.5 among them as if it were 0.
    """
    sets = [np.append(tree.members[branch], np.nan) for branch in sorted(tree.members)]
    return np.concatenate([np.zeros(0), *sets]).astype(dtype)


def _older_nodes(number: int, flat: _Flat) -> dict[str, np.ndarray]:
    """TreeEnsembleRegressor's attributes for each node of a tree, and for what each leaf adds."""
    part = flat.part
    if part.tree.members:
        raise ConversionError("categories need onnxruntime 1.21: leave out --target")
    tree, branches = part.tree, part.tree.left.size
    ways = np.concatenate([tree.left, tree.right])
    is_leaf = ways < 0
    entries = part.code[~ways[is_leaf]]
    leaves = np.arange(branches, branches + entries.size)
    ids = ways.copy()
    ids[is_leaf] = leaves
    none = np.zeros(entries.size, np.uint8)
    missing = flat.missing if flat.missing.size else np.zeros(branches, bool)
    weights = part.weights[entries]
    width = 1 if weights.ndim == 1 else weights.shape[1]
    targets = part.targets[entries] if weights.ndim == 1 else np.tile(np.arange(width), leaves.size)
    return {
        "nodes_treeids": np.full(branches + leaves.size, number),
        "nodes_nodeids": np.arange(branches + leaves.size),
        "nodes_featureids": np.append(tree.feature, none),
        "nodes_truenodeids": np.append(ids[:branches], none),
        "nodes_falsenodeids": np.append(ids[branches:], none),
        "nodes_missing_value_tracks_true": np.append(missing, none),
        "nodes_values": np.append(tree.threshold, none.astype(tree.threshold.dtype)),
        "target_treeids": np.full(leaves.size * width, number),
        "target_nodeids": leaves.repeat(width),
        "target_ids": targets,
        "target_weights": weights.ravel(),
    }


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def over_columns(tree: Tree, dtype: np.dtype, source: Source) -> Tree:
    """The same tree over a source with negatives of its type, where NaN never goes to `left`.

    Where NaN goes to `left`, the two ways are swapped: x > t is -x <= u, for the u next below -t.
    NaN goes the way of more rows where scikit-learn saw none in training, and onnxruntime keeps
    `right` beside its branch in memory; so rows take fewer steps to far places, and no branch asks
    whether a number is NaN.
    """
    turned = tree.missing_go_to_left != 0
    threshold = round_down(tree.threshold, dtype)
    swapped = np.flatnonzero(turned)
    at = threshold.take(swapped)
    with np.errstate(all="ignore"):
        beyond = np.nextafter(-at, dtype.type(-np.inf))
    beyond[at == np.inf] = np.nan  # no x is greater than inf, and nothing is <= NaN
    threshold[swapped] = beyond
    return replace(
        tree,
        feature=source.step * tree.feature.astype(np.int64) + source.negative * turned,
        threshold=threshold,
        left=np.where(turned, tree.right, tree.left),
        right=np.where(turned, tree.left, tree.right),
    )


def _apart_at_root(part: Part, first_branch: int, first_leaf: int) -> Part:
    """Give the root's two children different numbers, by a copy of a leaf where they share one.

    onnxruntime takes a root for a leaf where both its ways lead to the same number; 1.21 does even
    where one is the number of a branch and the other that of a leaf.
    """
    leaf, other = sorted((part.tree.left[0], part.tree.right[0]))
    if leaf >= 0:
        return part
    beside = first_leaf + part.code[~other] if other < 0 else first_branch + other
    if first_leaf + part.code[~leaf] != beside:
        return part
    last = part.targets.size
    copies = [part.code[~leaf]] * (2 if first_leaf + last == beside else 1)
    code = part.code.copy()
    code[~leaf] = last + len(copies) - 1
    return replace(
        part,
        code=code,
        targets=np.append(part.targets, part.targets[copies]),
        weights=np.concatenate([part.weights, part.weights[copies]]),
    )


def round_down(threshold: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The largest number of the type not above each threshold: it sends all such x the same way."""
    with np.errstate(all="ignore"):
        near = threshold.astype(dtype)
        return np.where(near > threshold, np.nextafter(near, dtype.type(-np.inf)), near)
