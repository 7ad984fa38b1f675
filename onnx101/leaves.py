"""The value of a leaf, which depends on the estimator around its tree."""

from dataclasses import replace
from enum import Enum, auto

import numpy as np

from onnx101.errors import ConversionError
from onnx101.trees import Tree


class Worth(Enum):
    """What a leaf contributes to the sum over the trees."""

    NUMBER = auto()  # the value itself
    PROBABILITY = auto()  # of each class of each output
    VOTE = auto()  # for the most probable class
    PATH = auto()  # the length of a row's path in an isolation tree
    PLACE = auto()  # which of the tree's leaves it is


def with_probabilities(
    tree: Tree, widths: tuple[int, ...], weights: np.ndarray
) -> tuple[Tree, bool]:
    """The tree of a classifier, with the probability of each class in its leaves.

    widths: the number of classes of each output. weights: of the rows in each leaf, [leaves].
    scikit-learn keeps probabilities since 1.4; before, it kept counts, which add up to `weights`,
    and divided in predict_proba as is done here. Also says whether they were counts.

    Raises ConversionError where the values are neither.
    """
    blocks = tree.values.reshape(len(tree.values), len(widths), -1)
    totals = [blocks[:, output, :width].sum(axis=1) for output, width in enumerate(widths)]
    if all(np.allclose(total, 1, rtol=0, atol=1e-9) for total in totals):
        return tree, False
    if not all(np.allclose(total, weights, rtol=1e-7, atol=0) for total in totals):
        raise ConversionError(
            "a leaf's values are neither probabilities nor the weights of its rows: a damaged file"
        )
    probabilities = blocks.copy()
    for output, total in enumerate(totals):
        probabilities[:, output] /= np.where(total == 0, 1, total)[:, None]
    return replace(tree, values=probabilities.reshape(tree.values.shape)), True


def with_votes(tree: Tree) -> Tree:
    """The tree of an AdaBoostClassifier: 1 for the class that a leaf votes for.

    As decision_function in sklearn/ensemble/_weight_boosting.py, before the weight of the tree.
    """
    classes = tree.values.shape[1]
    for_it = np.arange(classes) == tree.values.argmax(axis=1)[:, None]
    return replace(tree, values=np.where(for_it, 1.0, -1 / max(1, classes - 1)))


def with_places(tree: Tree) -> Tree:
    """The tree whose leaves say which one each is, from 0 on, in the order of their nodes."""
    return replace(tree, values=np.arange(len(tree.values), dtype=np.float64)[:, None])


def paths(nodes: np.ndarray) -> np.ndarray:
    """How long the path to each node of an isolation tree is, float64 [n].

    nodes: the records of a tree that was checked. A node with several rows of training would go on
    for as long as such a tree does on average. As _parallel_compute_tree_depths in
    sklearn/ensemble/_iforest.py.
    """
    depth = np.zeros(len(nodes), dtype=np.int64)
    level, steps = np.zeros(1, dtype=np.int64), 1
    while level.size:
        depth[level] = steps
        children = np.concatenate([nodes["left_child"][level], nodes["right_child"][level]])
        level, steps = children[children >= 0], steps + 1
    return depth + average_path(nodes["n_node_samples"]) - 1.0


def weighed(numbers: np.ndarray) -> float:
    """A weighted sum that other numbers, or another order, would hardly give."""
    return float(np.random.default_rng(0).random(len(numbers)) @ numbers)


def average_path(rows: np.ndarray) -> np.ndarray:
    """The average length of a path among so many rows, as _average_path_length in _iforest.py."""
    many = np.maximum(rows, 3)
    average = 2.0 * (np.log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    return np.where(rows <= 1, 0.0, np.where(rows == 2, 1.0, average))
