"""IsolationForest: how few splits isolate a row."""

import numpy as np

from onnx101.arrays import Array
from onnx101.ensemble import Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.families.family import Family, bound, columns, columns_of_each, trees_of, version_of
from onnx101.fitted import get
from onnx101.inert import Estimator, FittedTree
from onnx101.leaves import Worth, average_path, weighed


def isolation(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """The Ensemble of an IsolationForest: path lengths, added and normalised by the average one."""
    if () < version_of(estimator) < (0, 22):
        raise ConversionError(
            f"{name} of before scikit-learn 0.22, which counted paths otherwise: train it again"
        )
    members = get(estimator, "estimators_", list)
    chosen, fitted = (
        columns_of_each(estimator),
        trees_of(members, "ExtraTreeRegressor", worth=Worth.PATH),
    )
    features = columns(estimator, fitted, trees, chosen)
    width = get(estimator, "_max_features", int)  # where it is all, scikit-learn asks no further
    if chosen and any(len(seen) != width or width == features for seen in chosen):
        raise ConversionError("the trees and their columns differ in number: a damaged file")
    _check_paths(estimator, fitted)
    usual = trees * float(average_path(np.array(get(estimator, "_max_samples", int))))
    if not usual > 0:
        raise ConversionError(f"{name} of trees of one row says nothing: train with more")
    offset = float(get(estimator, "offset_", float | int))
    if not np.isfinite(offset):
        raise ConversionError("the offset is not finite: a damaged file")
    baseline = np.zeros((1, 1))
    return Ensemble(
        name=name,
        features=features,
        baseline=baseline,
        divisor=usual,
        link=Link.OUTLIER,
        classes=[np.array([-1, 1])],
        offset=offset,
        bound=bound(fitted, baseline),
        columns=chosen,
    )


def _check_paths(estimator: Estimator, fitted: list[FittedTree]) -> None:
    """Check the path lengths that it stores beside its trees since 1.3."""
    parts = [
        estimator.state.get(name)
        for name in ("_decision_path_lengths", "_average_path_length_per_tree")
    ]
    if all(part is None for part in parts):
        return
    for tree, *lengths in zip(fitted, *parts, strict=True):
        depth, average = (each.value if isinstance(each, Array) else None for each in lengths)
        if depth is None or average is None:  # too large to be kept
            continue
        kept = depth + average - 1.0
        if kept.ndim != 1 or not np.isclose(weighed(kept), tree.paths, rtol=1e-12, atol=0):
            raise ConversionError("the paths kept are not those of the trees: a damaged file")


FAMILIES = [
    Family(
        "IsolationForest",
        ("sklearn.ensemble._iforest", "sklearn.ensemble.iforest"),
        isolation,
        worth=Worth.PATH,
        package=None,
    )
]
