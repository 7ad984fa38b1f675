"""Forests that average their trees, and single trees."""

import numpy as np

from onnx101.ensemble import Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.families.family import (
    Family,
    bound,
    columns,
    columns_of_each,
    labels,
    labels_of_outputs,
    trees_of,
)
from onnx101.fitted import get
from onnx101.inert import Estimator, FittedTree
from onnx101.leaves import Worth


def forest(
    name: str, estimator: Estimator, trees: int, chosen: list[np.ndarray] | None = None
) -> Ensemble:
    """RandomForest, ExtraTrees, Bagging: the mean over the trees."""
    fitted = _fitted(name, get(estimator, "estimators_", list))
    features, leaves = columns(estimator, fitted, trees, chosen), _leaves(name, estimator, fitted)
    baseline = np.zeros((1, leaves["width"]))
    return Ensemble(
        name=name,
        features=features,
        baseline=baseline,
        divisor=trees,
        bound=bound(fitted, baseline),
        columns=chosen,
        **leaves,
    )


def bagging(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """The same, where each tree may see only some columns."""
    return forest(name, estimator, trees, columns_of_each(estimator))


def single(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """A single tree."""
    fitted = _fitted(name, [estimator])
    features, leaves = columns(estimator, fitted, trees), _leaves(name, estimator, fitted)
    return Ensemble(name=name, features=features, bound=fitted[0].largest, **leaves)


def _fitted(name: str, members: list) -> list[FittedTree]:
    kind = "Classifier" if name.endswith("Classifier") else "Regressor"
    worth = Worth.PROBABILITY if kind == "Classifier" else Worth.NUMBER
    return trees_of(members, f"DecisionTree{kind}", f"ExtraTree{kind}", worth=worth)


def _leaves(name: str, estimator: Estimator, fitted: list[FittedTree]) -> dict:
    """The width of a leaf, and of a classifier the labels of each output."""
    if not fitted:
        raise ConversionError("the estimator has no trees: it is not fitted")
    widths = fitted[0].widths
    if any(tree.widths != widths for tree in fitted):
        raise ConversionError("the trees differ in their outputs or classes: not supported")
    if get(estimator, "n_outputs_", int, len(widths)) != len(widths):
        raise ConversionError("the estimator and its trees differ in outputs: a damaged file")
    width = len(widths) * max(widths)
    if name.endswith("Regressor"):
        if max(widths) > 1:
            raise ConversionError("a regressor's trees have classes: a damaged file")
        return {"width": width}
    if len(widths) == 1:
        classes = [labels(get(estimator, "classes_", object))]
    else:
        classes = labels_of_outputs(get(estimator, "classes_", list))
    if tuple(map(len, classes)) != widths:
        raise ConversionError("the estimator and its trees differ in classes: a damaged file")
    return {"width": width, "classes": classes, "link": Link.PROBABILITY}


_FORESTS = ("sklearn.ensemble._forest", "sklearn.ensemble.forest")
_BAGGING = ("sklearn.ensemble._bagging", "sklearn.ensemble.bagging")
_BALANCED = ("imblearn.ensemble._forest",)
_TREES = ("sklearn.tree._classes", "sklearn.tree.tree")
FAMILIES = [
    Family("RandomForestRegressor", _FORESTS, forest, applies=True),
    Family("RandomForestClassifier", _FORESTS, forest, applies=True),
    Family("ExtraTreesRegressor", _FORESTS, forest, applies=True),
    Family("ExtraTreesClassifier", _FORESTS, forest, applies=True),
    Family("BalancedRandomForestClassifier", _BALANCED, forest, package=None, applies=True),
    Family("BaggingRegressor", _BAGGING, bagging, package=None),
    Family("BaggingClassifier", _BAGGING, bagging, package=None),
    Family(
        "DecisionTreeRegressor", _TREES, single, package="sklearn.tree", is_tree=True, applies=True
    ),
    Family(
        "DecisionTreeClassifier", _TREES, single, package="sklearn.tree", is_tree=True, applies=True
    ),
    Family(
        "ExtraTreeRegressor", _TREES, single, package="sklearn.tree", is_tree=True, applies=True
    ),
    Family(
        "ExtraTreeClassifier", _TREES, single, package="sklearn.tree", is_tree=True, applies=True
    ),
]
