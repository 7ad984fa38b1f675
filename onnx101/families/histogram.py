"""HistGradientBoosting: trees added to a baseline."""

from dataclasses import replace

import numpy as np

from onnx101.arrays import Array
from onnx101.ensemble import Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.families.family import Family, bound, columns, labels
from onnx101.fitted import elements, finite, get, name_of, names
from onnx101.head import Chain, Columns, Head
from onnx101.inert import Estimator, Object
from onnx101.known import KNOWN
from onnx101.pipeline import over_frame, over_matrix, parts_of

# By the class of the loss: its names as a parameter, the class of its link, and our Link.
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
    # before scikit-learn 1.1, when losses had no links of their own
    "LeastSquares": ({"least_squares", "squared_error"}, "", Link.IDENTITY),
    "LeastAbsoluteDeviation": ({"least_absolute_deviation", "absolute_error"}, "", Link.IDENTITY),
    "Poisson": ({"poisson"}, "", Link.EXP),
    "BinaryCrossEntropy": ({"auto", "binary_crossentropy"}, "", Link.POSITIVE_LOGIT),
    "CategoricalCrossEntropy": ({"auto", "categorical_crossentropy"}, "", Link.SOFTMAX),
}


def histogram(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """The Ensemble of a HistGradientBoosting estimator."""
    stages = get(estimator, "_predictors", list)
    if not all(type(stage) is list and len(stage) == len(stages[0]) for stage in stages):
        raise ConversionError("the predictors are not in stages: a damaged file")
    if sum(map(len, stages)) != trees:  # one list may be referenced many times
        raise ConversionError("the predictors are not in stages: a damaged file")
    fitted = [tree for stage in stages for tree in stage]
    features = columns(estimator, fitted, trees)
    head = _head(name, estimator, features)
    categories = int(elements(estimator.state["is_categorical_"]).sum()) if head else 0
    for tree in fitted:
        if any(column >= categories for column in tree.by_category):
            raise ConversionError(
                "a tree splits a column by category that has none: a damaged file"
            )
    link, classes = _link(name, estimator), None
    if name.endswith("Classifier"):
        classes = [labels(get(estimator, "classes_", object))]
        if len(classes[0]) < 2 or (len(classes[0]) > 2) != (link is Link.SOFTMAX):
            raise ConversionError("the loss and the classes do not fit: a damaged file")
    per_iteration = len(classes[0]) if link is Link.SOFTMAX else 1
    given = get(estimator, "_baseline_prediction", Array | float)
    baseline = finite(given, "f8") if isinstance(given, Array) else np.array([given])
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
        head=head,
        bound=bound(fitted, baseline),
    )


def _link(name: str, estimator: Estimator) -> Link:
    """The link, on which the parameter, the loss and the loss's own link agree."""
    old = "loss_" in estimator.state and "_loss" not in estimator.state  # before 0.24
    made, loss = get(estimator, "loss_" if old else "_loss", Object), estimator.state.get("loss")
    if name_of(made) not in _LOSSES or not isinstance(loss, str):
        raise ConversionError(f"{name} with a loss of its own is not supported: use squared_error")
    parameters, inner, link = _LOSSES[name_of(made)]
    inner_link = made.state.get("link") if type(made.state) is dict else None
    classifies = link in (Link.POSITIVE_LOGIT, Link.SOFTMAX)
    if (
        loss not in parameters
        or name_of(inner_link) != inner
        or classifies != name.endswith("Classifier")
    ):
        raise ConversionError("the loss is not the one that it is called: a damaged file")
    return link


def _head(name: str, estimator: Estimator, features: int) -> Head | None:
    """What the ColumnTransformer of an estimator with categories does to X: these come first."""
    mask, encoder = (estimator.state.get(part) for part in ("is_categorical_", "_preprocessor"))
    if mask is None and encoder is None:
        return None
    if name_of(encoder) != "ColumnTransformer" or not isinstance(mask, Array):
        raise ConversionError(
            f"{name} with categories of before scikit-learn 1.4 is not supported: train it again"
        )
    mask = elements(mask)
    (_, ordinal, chosen), (_, plain, others), *rest = get(encoder, "transformers_", list)
    if (
        (name_of(ordinal), name_of(plain)) != ("OrdinalEncoder", "FunctionTransformer")
        or any(step[1] != "drop" for step in rest)
        or mask.dtype != bool
        or mask.shape != (features,)
        or not np.array_equal(elements(chosen), mask)
        or not np.array_equal(elements(others), ~mask)
        or _coding(ordinal) != ("use_encoded_value", "nan", "nan")
    ):
        raise ConversionError(f"{name} with a preprocessor of its own is not supported")
    encoding = KNOWN["OrdinalEncoder"](ordinal)
    if encoding.columns != mask.sum():
        raise ConversionError("the categories and their columns differ in number: a damaged file")
    parts = parts_of(np.flatnonzero(mask).tolist(), Chain([encoding]))
    if not mask.all():
        parts.append((np.flatnonzero(~mask).tolist(), Chain([])))
    if not any(chain.reads_text for _, chain in parts):
        return replace(over_matrix(Columns(parts), Chain([]), features), is_own=True)
    called = names(encoder)
    if called is None or len(called) != features:
        raise ConversionError(
            f"{name} with categories in words needs columns with names: train it on a DataFrame"
        )
    return replace(over_frame(Columns(parts), Chain([]), called), is_own=True)


def _coding(ordinal: Object) -> tuple[str, ...]:
    """What an OrdinalEncoder does with unknown values, and with missing ones."""
    keys = ("handle_unknown", "unknown_value", "encoded_missing_value")
    return tuple(str(ordinal.state.get(key)) for key in keys)


_MODULES = ("sklearn.ensemble._hist_gradient_boosting.gradient_boosting",)
FAMILIES = [
    Family("HistGradientBoostingRegressor", _MODULES, histogram),
    Family("HistGradientBoostingClassifier", _MODULES, histogram),
]
