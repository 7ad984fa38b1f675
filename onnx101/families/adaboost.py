"""AdaBoost of trees: each votes for a class, or gives a number, with its weight."""

import numpy as np

from onnx101.ensemble import Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.families.family import Family, bound, columns, labels, trees_of, version_of
from onnx101.fitted import finite, get
from onnx101.inert import Estimator
from onnx101.leaves import Worth

_MODULES = ("sklearn.ensemble._weight_boosting", "sklearn.ensemble.weight_boosting")


def adaboost(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """The Ensemble of an AdaBoostClassifier that votes by SAMME."""
    if get(estimator, "algorithm", str, "SAMME") not in ("SAMME", "deprecated"):
        raise ConversionError(f"{name} by SAMME.R is not supported: train with algorithm='SAMME'")
    if () < version_of(estimator) < (0, 22):
        raise ConversionError(
            f"{name} of before scikit-learn 0.22, which added probabilities: train it again"
        )
    members = get(estimator, "estimators_", list)
    fitted = trees_of(members, "DecisionTreeClassifier", "ExtraTreeClassifier", worth=Worth.VOTE)
    features = columns(estimator, fitted, trees)
    classes = labels(get(estimator, "classes_", object))
    if len(classes) < 2 or get(estimator, "n_classes_", int) != len(classes):
        raise ConversionError("an AdaBoostClassifier of one class, or of a damaged file")
    for member, tree in zip(members, fitted, strict=True):
        mine = labels(get(member, "classes_", object))
        if tree.widths != (len(classes),) or mine.tolist() != classes.tolist():
            raise ConversionError("the estimator and its trees differ in classes: not supported")
    weights = _weights(estimator, trees)
    baseline = np.zeros((1, len(classes)))
    return Ensemble(
        name=name,
        features=features,
        width=len(classes),
        baseline=baseline,
        scale=weights[:trees],
        divisor=float(weights.sum()) * _share(estimator, len(classes)),
        link=Link.VOTE,
        classes=[classes],
        bound=bound(fitted, baseline, float(weights.max())),
    )


def _share(estimator: Estimator, classes: int) -> float:
    """How many times as much a vote counts now as in the scikit-learn that wrote it.

    Before 1.3.1, a tree gave nothing to the classes that it did not vote for; since then it takes
    away from them, which is the same vote, counted this many times.
    """
    written = version_of(estimator)
    return classes / (classes - 1) if () < written < (1, 3, 1) else 1.0


def weighted_median(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """The Ensemble of an AdaBoostRegressor: the number that half of the weight does not pass."""
    members = get(estimator, "estimators_", list)
    fitted = trees_of(members, "DecisionTreeRegressor", "ExtraTreeRegressor", worth=Worth.NUMBER)
    features = columns(estimator, fitted, trees)
    if any(tree.widths != (1,) for tree in fitted):
        raise ConversionError("the trees of an AdaBoostRegressor have several outputs: damaged")
    return Ensemble(
        name=name,
        features=features,
        weights=_weights(estimator, trees)[:trees],
        bound=max(tree.largest for tree in fitted),
    )


def _weights(estimator: Estimator, trees: int) -> np.ndarray:
    """That of each tree, and perhaps of some that were no longer fitted."""
    weights = finite(get(estimator, "estimator_weights_", object), "f8")
    if len(weights) < trees or not weights.sum() > 0 or weights.min() < 0:
        raise ConversionError("the weights of the trees are not weights: a damaged file")
    return weights


FAMILIES = [
    Family("AdaBoostClassifier", _MODULES, adaboost, worth=Worth.VOTE, package=None),
    Family("AdaBoostRegressor", _MODULES, weighted_median, package=None),
]
