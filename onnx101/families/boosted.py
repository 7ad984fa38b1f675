"""GradientBoosting: scaled trees, added to the prediction of an initial estimator."""

import numpy as np

from onnx101.arrays import Array
from onnx101.ensemble import Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.families.family import Family, bound, columns, labels, trees_of
from onnx101.fitted import elements, finite, get, name_of
from onnx101.inert import Estimator, Object
from onnx101.leaves import Worth

# For classifiers, by the class of the loss (also before scikit-learn 1.4): its name as a parameter,
# the class of its link, and our Link.
_LINKS = {
    "HalfBinomialLoss": ({"log_loss"}, "LogitLink", Link.LOGIT),
    "BinomialDeviance": ({"log_loss", "deviance"}, "", Link.LOGIT),
    "HalfMultinomialLoss": ({"log_loss"}, "MultinomialLogit", Link.SOFTMAX),
    "MultinomialDeviance": ({"log_loss", "deviance"}, "", Link.SOFTMAX),
    "ExponentialLoss": ({"exponential"}, "HalfLogitLink", Link.HALF_LOGIT),
}
# What the trees are added to, by the class of the initial estimator, before scikit-learn 0.21.
_CONSTANTS = {
    "MeanEstimator": "mean",
    "QuantileEstimator": "quantile",
    "LogOddsEstimator": "prior",
    "ScaledLogOddsEstimator": "prior",
    "PriorProbabilityEstimator": "priors",
}


def boosted(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """The Ensemble of a GradientBoosting estimator."""
    classes = None
    if name.endswith("Classifier"):
        classes = [labels(get(estimator, "classes_", object))]
    link = _link(estimator, len(classes[0]) if classes else 0)
    per_iteration = len(classes[0]) if link is Link.SOFTMAX else 1
    baseline = _initial(get(estimator, "init_", str | Estimator | Object), link, per_iteration)
    members = elements(get(estimator, "estimators_", object))
    fitted = trees_of(members.ravel(), "DecisionTreeRegressor", worth=Worth.NUMBER)
    features = columns(estimator, fitted, trees)
    if members.shape[1:] != (per_iteration,) or any(tree.widths != (1,) for tree in fitted):
        raise ConversionError("the stages and the classes differ in number: a damaged file")
    scale = float(get(estimator, "learning_rate", int | float))
    if not np.isfinite(scale):
        raise ConversionError("the learning rate is not finite: a damaged file")
    return Ensemble(
        name=name,
        features=features,
        baseline=baseline,
        scale=scale,
        link=link,
        classes=classes,
        missing=False,
        bound=bound(fitted, baseline, scale),
    )


def _link(estimator: Estimator, classes: int) -> Link:
    """The link, on which the loss, its own link and the number of classes agree."""
    made = estimator.state.get("_loss", estimator.state.get("loss_"))
    state = made.state if isinstance(made, Object) else None
    inner = name_of(state.get("link")) if type(state) is dict else ""
    if not classes and inner in ("", "IdentityLink"):
        return Link.IDENTITY
    parameters, own, link = _LINKS.get(name_of(made), ((), "", None))
    if (
        get(estimator, "loss", str) in parameters
        and inner in ("", own)
        and classes > 1
        and (classes > 2) == (link is Link.SOFTMAX)
    ):
        return link
    raise ConversionError("the loss and the classes do not fit: a damaged file")


def _initial(initial: str | Estimator | Object, link: Link, per_iteration: int) -> np.ndarray:
    """The initial estimator's prediction, on the scale of the sums.

    As `_init_raw_predictions` in sklearn/ensemble/_gb.py; the logit is scipy's.
    """
    kind = name_of(initial)
    if initial == "zero" or kind == "ZeroEstimator":
        return np.zeros((per_iteration, 1))
    if kind in _CONSTANTS:
        given = get(initial, _CONSTANTS[kind], Array | float)
        found = finite(given, "f8") if isinstance(given, Array) else np.array([given])
        return found.reshape(per_iteration, 1)
    if kind == "DummyRegressor" and link is Link.IDENTITY:
        return finite(get(initial, "constant_", object), "f4", "f8").reshape(1, 1)
    if kind != "DummyClassifier" or link is Link.IDENTITY:
        raise ConversionError(
            "GradientBoosting with an init estimator of its own is not supported: use init=None"
        )
    if get(initial, "strategy", str) != "prior":
        raise ConversionError(
            "GradientBoosting with an init estimator of its own is not supported: use init=None"
        )
    tiny = np.finfo(np.float64).eps
    prior = np.clip(finite(get(initial, "class_prior_", object), "f8"), tiny, 1 - tiny)
    if len(prior) != max(2, per_iteration):
        raise ConversionError("the classes and their priors differ in number: a damaged file")
    if link is Link.SOFTMAX:
        baseline = np.log(prior / np.exp(np.mean(np.log(prior))))
    else:
        odds = 2 * prior[1:] - 1
        near_half = np.log1p(odds) - np.log1p(-odds)
        far = np.log(prior[1:] / (1 - prior[1:]))
        baseline = np.where((prior[1:] < 0.3) | (prior[1:] > 0.65), far, near_half)
        baseline = baseline / 2 if link is Link.HALF_LOGIT else baseline
    return baseline.reshape(per_iteration, 1)


_MODULES = ("sklearn.ensemble._gb", "sklearn.ensemble.gradient_boosting")
FAMILIES = [
    Family("GradientBoostingRegressor", _MODULES, boosted, applies=True),
    Family("GradientBoostingClassifier", _MODULES, boosted, applies=True),
]
