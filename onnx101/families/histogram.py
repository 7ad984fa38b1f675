"""HistGradientBoosting: the trees are added to a baseline."""

import numpy as np

from onnx101.arrays import Array
from onnx101.ensemble import Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.families.family import Family, bound, class_of, columns, get, labels, numbers
from onnx101.inert import Estimator, Object

# By the class of the loss: what it may be called as a parameter, its link's class, and ours.
_LOSSES = {
    "HalfSquaredError": ({"squared_error"}, "IdentityLink", Link.IDENTITY),
    "AbsoluteError": ({"absolute_error"}, "IdentityLink", Link.IDENTITY),
    "PinballLoss": ({"quantile"}, "IdentityLink", Link.IDENTITY),
    "HalfPoissonLoss": ({"poisson"}, "LogLink", Link.EXP),
    "HalfGammaLoss": ({"gamma"}, "LogLink", Link.EXP),
    "HalfBinomialLoss": (
        {"log_loss", "auto", "binary_crossentropy"},
        "LogitLink",
        Link.POSITIVE_LOGIT,
    ),
    "HalfMultinomialLoss": (
        {"log_loss", "auto", "categorical_crossentropy"},
        "MultinomialLogit",
        Link.SOFTMAX,
    ),
}


def histogram(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """The Ensemble of a HistGradientBoosting estimator."""
    stages = get(estimator, "_predictors", list)
    if not all(type(stage) is list and len(stage) == len(stages[0]) for stage in stages):
        raise ConversionError("the predictors are not in stages: a damaged file")
    if sum(map(len, stages)) != trees:  # one list may be named again and again
        raise ConversionError("the predictors are not in stages: a damaged file")
    fitted = [tree for stage in stages for tree in stage]
    features = columns(estimator, fitted, trees)
    if any(estimator.state.get(part) is not None for part in ("is_categorical_", "_preprocessor")):
        raise ConversionError(
            f"{name} with categorical_features is not supported: use OrdinalEncoder before it"
        )
    link, classes = _link(name, estimator), None
    if name.endswith("Classifier"):
        classes = [labels(get(estimator, "classes_", object))]
        if len(classes[0]) < 2 or (len(classes[0]) > 2) != (link is Link.SOFTMAX):
            raise ConversionError("the loss and the classes do not fit: a damaged file")
    per_iteration = len(classes[0]) if link is Link.SOFTMAX else 1
    given = get(estimator, "_baseline_prediction", Array | float)
    baseline = numbers(given, "f8") if isinstance(given, Array) else np.array([given])
    sizes = get(estimator, "n_trees_per_iteration_", int), len(stages[0]), baseline.size
    if set(sizes) != {per_iteration}:
        raise ConversionError("the stages and the classes differ in number: a damaged file")
    baseline = baseline.reshape(per_iteration, 1)
    return Ensemble(
        name=name,
        features=features,
        baseline=baseline,
        link=link,
        classes=classes,
        compares=np.float64,
        bound=bound(fitted, baseline),
    )


def _link(name: str, estimator: Estimator) -> Link:
    """The link, on which the parameter, the loss and the loss's own link agree."""
    made, loss = get(estimator, "_loss", Object), estimator.state.get("loss")
    if class_of(made) not in _LOSSES or not isinstance(loss, str):
        raise ConversionError(f"{name} with a loss of its own is not supported: use squared_error")
    parameters, inner, link = _LOSSES[class_of(made)]
    classifies = link in (Link.POSITIVE_LOGIT, Link.SOFTMAX)
    if (
        loss not in parameters
        or class_of(get(made, "link", Object)) != inner
        or classifies != name.endswith("Classifier")
    ):
        raise ConversionError("the loss is not the one that it is called: a damaged file")
    return link


_MODULES = ("sklearn.ensemble._hist_gradient_boosting.gradient_boosting",)
FAMILIES = [
    Family("HistGradientBoostingRegressor", _MODULES, histogram),
    Family("HistGradientBoostingClassifier", _MODULES, histogram),
]
