"""What an estimator is beyond its trees, from the attributes that its pickle has."""

import numpy as np

from onnx101.arrays import Array
from onnx101.ensemble import Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.inert import Estimator, FittedPredictor, FittedTree

_LINKS = {  # by the loss of a HistGradientBoostingRegressor
    "squared_error": Link.IDENTITY,
    "absolute_error": Link.IDENTITY,
    "quantile": Link.IDENTITY,
    "poisson": Link.EXP,
    "gamma": Link.EXP,
}


def describe(estimator: object, trees: int) -> Ensemble:
    """The Ensemble of what a pickle held, which had that many trees.

    Raises ConversionError where it is not a fitted estimator over exactly these trees.
    """
    if not isinstance(estimator, Estimator):
        raise ConversionError(
            "the file holds no estimator, or one inside something else: save it alone"
        )
    try:
        with np.errstate(all="ignore"):
            return _describe(type(estimator).__name__, estimator, trees)
    except ConversionError:
        raise
    except Exception:  # a pickle may hold anything as an attribute
        raise ConversionError("the estimator's attributes make no sense: a damaged file") from None


def _describe(name: str, estimator: Estimator, trees: int) -> Ensemble:
    match name.removesuffix("Regressor").removesuffix("Classifier"):
        case "RandomForest" | "ExtraTrees" | "Bagging":
            return _averaged(name, estimator, trees)
        case "DecisionTree" | "ExtraTree":
            return _single(name, estimator, trees)
        case "GradientBoosting":
            return _boosted(name, estimator, trees)
        case "HistGradientBoosting":
            return _histogram(name, estimator, trees)
    raise ConversionError(f"{name} is not supported: it has no trees")


def _averaged(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """RandomForest, ExtraTrees and Bagging: sums, divided by the trees."""
    members = _get(estimator, "estimators_", list)
    if name.startswith("Bagging"):
        everything = range(_get(estimator, "n_features_in_", int))
        for columns in _get(estimator, "estimators_features_", list):
            if _array(columns).tolist() != [*everything]:
                raise ConversionError(
                    f"{name} with max_features is not supported: use RandomForest"
                )
    fitted = [_tree_of(member) for member in members]
    features = _features(estimator, fitted, trees)
    leaves = _leaves(name, estimator, fitted)
    return Ensemble(
        name=name,
        features=features,
        baseline=np.zeros((1, leaves["width"])),
        divisor=trees,
        **leaves,
    )


def _single(name: str, estimator: Estimator, trees: int) -> Ensemble:
    fitted = [_tree_of(estimator)]
    features = _features(estimator, fitted, trees)
    return Ensemble(name=name, features=features, **_leaves(name, estimator, fitted))


def _leaves(name: str, estimator: Estimator, fitted: list[FittedTree]) -> dict:
    """The width of a leaf, and of a classifier the labels of each output."""
    widths = fitted[0].widths
    if any(tree.widths != widths for tree in fitted):
        raise ConversionError("the trees differ in their outputs or classes: not supported")
    if _get(estimator, "n_outputs_", int, len(widths)) != len(widths):
        raise ConversionError("the estimator and its trees differ in outputs: a damaged file")
    width = len(widths) * max(widths)
    if name.endswith("Regressor"):
        if max(widths) > 1:
            raise ConversionError("a regressor's trees have classes: a damaged file")
        return {"width": width}
    if len(widths) == 1:
        classes = [_labels(_get(estimator, "classes_", Array))]
    else:
        classes = [_labels(labels) for labels in _get(estimator, "classes_", list)]
    if tuple(map(len, classes)) != widths:
        raise ConversionError("the estimator and its trees differ in classes: a damaged file")
    return {"width": width, "classes": classes, "link": Link.PROBABILITY}


def _boosted(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """GradientBoosting: the trees, scaled, are added to what the initial estimator says."""
    link, classes = Link.IDENTITY, None
    if name.endswith("Classifier"):
        classes = [_labels(_get(estimator, "classes_", Array))]
        halved = _get(estimator, "loss", str) == "exponential"
        link = Link.LOGIT
        if len(classes[0]) > 2:
            link = Link.SOFTMAX
        elif halved:
            link = Link.HALF_LOGIT
    per_iteration = len(classes[0]) if link is Link.SOFTMAX else 1
    baseline = _initial(_get(estimator, "init_", str | Estimator), link, per_iteration)
    members = _array(_get(estimator, "estimators_", Array))
    fitted = [_tree_of(member) for member in members.ravel()]
    features = _features(estimator, fitted, trees)
    if members.shape[1:] != (per_iteration,) or any(tree.widths != (1,) for tree in fitted):
        raise ConversionError("the stages and the classes differ in number: a damaged file")
    scale = float(_get(estimator, "learning_rate", int | float))
    if not np.isfinite(scale):
        raise ConversionError("the learning rate is not finite: a damaged file")
    return Ensemble(
        name=name,
        features=features,
        baseline=baseline,
        scale=scale,
        link=link,
        classes=classes,
    )


def _initial(initial: str | Estimator, link: Link, per_iteration: int) -> np.ndarray:
    """What the initial estimator of GradientBoosting says, on the scale of the sums.

    As `_init_raw_predictions` in sklearn/ensemble/_gb.py; the logit is scipy's.
    """
    if initial == "zero":
        return np.zeros((per_iteration, 1))
    kind = type(initial).__name__
    if kind == "DummyRegressor" and link is Link.IDENTITY:
        return _finite(_get(initial, "constant_", Array)).reshape(1, 1)
    if (
        kind != "DummyClassifier"
        or _get(initial, "strategy", str) != "prior"
        or link is Link.IDENTITY
    ):
        raise ConversionError(
            "GradientBoosting with an init estimator of its own is not supported: use init=None"
        )
    tiny = np.finfo(np.float64).eps
    prior = np.clip(_finite(_get(initial, "class_prior_", Array)), tiny, 1 - tiny)
    if link is Link.SOFTMAX:
        baseline = np.log(prior / np.exp(np.mean(np.log(prior))))
    else:
        odds = 2 * prior[1:] - 1
        near_half = np.log1p(odds) - np.log1p(-odds)
        far = np.log(prior[1:] / (1 - prior[1:]))
        baseline = np.where((prior[1:] < 0.3) | (prior[1:] > 0.65), far, near_half)
        baseline = baseline / 2 if link is Link.HALF_LOGIT else baseline
    return baseline.reshape(per_iteration, 1)


def _histogram(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """HistGradientBoosting: the trees are added to a baseline."""
    stages = _get(estimator, "_predictors", list)
    if not all(type(stage) is list and len(stage) == len(stages[0]) for stage in stages):
        raise ConversionError("the predictors are not in stages: a damaged file")
    fitted = [tree for stage in stages for tree in stage]
    features = _features(estimator, fitted, trees)
    if estimator.state.get("is_categorical_") is not None:
        raise ConversionError(
            f"{name} with categorical_features is not supported: use OrdinalEncoder before it"
        )
    if name.endswith("Classifier"):
        classes = [_labels(_get(estimator, "classes_", Array))]
        link = Link.SOFTMAX if len(classes[0]) > 2 else Link.POSITIVE_LOGIT
        per_iteration = len(classes[0]) if link is Link.SOFTMAX else 1
    else:
        loss = estimator.state.get("loss")
        classes, per_iteration = None, 1
        link = _LINKS.get(loss) if isinstance(loss, str) else None
        if link is None:
            raise ConversionError(
                f"{name} with a loss of its own is not supported: use squared_error"
            )
    given = _get(estimator, "_baseline_prediction", Array | float)
    baseline = _finite(given) if isinstance(given, Array) else np.array([given])
    if len(stages[0]) != per_iteration or baseline.size != per_iteration:
        raise ConversionError("the stages and the classes differ in number: a damaged file")
    baseline = baseline.reshape(per_iteration, 1)
    return Ensemble(
        name=name,
        features=features,
        baseline=baseline,
        link=link,
        classes=classes,
        compares=np.float64,
    )


_REQUIRED = object()


def _get(estimator: Estimator, name: str, kind, default=_REQUIRED):
    """An attribute of that type."""
    state = estimator.state
    if type(state) is not dict or (name not in state and default is _REQUIRED):
        raise ConversionError(
            f"the estimator has no {name}: it is not fitted, or the file is damaged"
        )
    value = state.get(name, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ConversionError(f"the estimator's {name} is of another kind: a damaged file")
    return value


def _array(value) -> np.ndarray:
    if not isinstance(value, Array) or value.value is None:
        raise ConversionError("an attribute of the estimator is no array: a damaged file")
    return value.value


def _finite(value) -> np.ndarray:
    numbers = _array(value).astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ConversionError("an attribute of the estimator is not finite: a damaged file")
    return numbers.ravel()


def _tree_of(member) -> FittedTree:
    name = type(member).__name__
    if not isinstance(member, Estimator) or not name.startswith(("DecisionTree", "ExtraTree")):
        raise ConversionError("an estimator whose members are no trees is not supported")
    return _get(member, "tree_", FittedTree)


def _features(estimator: Estimator, fitted: list, trees: int) -> int:
    """How many columns X has, when these are all the trees of the file, in its order."""
    if not trees or any(not isinstance(tree, FittedTree | FittedPredictor) for tree in fitted):
        raise ConversionError(
            "the estimator has no trees: it is not fitted, or the file is damaged"
        )
    if [tree.place for tree in fitted] != list(range(trees)):
        raise ConversionError("the file has other trees than its estimator: a damaged file")
    features = _get(estimator, "n_features_in_", int)
    if not 0 < features < 2**27:  # wire.packed writes twice the number of a column
        raise ConversionError("the estimator has no columns, or too many: a damaged file")
    for tree in fitted:
        exact = isinstance(tree, FittedTree) and tree.features != features
        if exact or tree.features > features:
            raise ConversionError("the estimator and its trees differ in columns: a damaged file")
    return features


def _labels(classes) -> np.ndarray:
    """The labels [classes]: int64 where they are whole numbers or truths, or else text."""
    labels = _array(classes)
    if labels.ndim == 1 and labels.size:
        if all(isinstance(label, str) for label in labels):
            "".join(labels).encode()  # a pickle may hold text that UTF-8 cannot
            return labels.astype(object)
        if labels.dtype == object and all(isinstance(label, int | float) for label in labels):
            labels = labels.astype(np.float64)
        if labels.dtype.kind in "biuf":
            whole = labels.astype(np.int64)
            if (whole == labels).all():
                return whole
    raise ConversionError("the classes are neither whole numbers nor text: encode them in training")
