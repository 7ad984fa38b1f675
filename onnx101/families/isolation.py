"""IsolationForest: how soon its trees part a row from the others."""

import numpy as np

from onnx101.ensemble import Ensemble, Link
from onnx101.errors import ConversionError
from onnx101.families.family import Family, array, bound, columns, get, trees_of
from onnx101.inert import Estimator
from onnx101.leaves import Worth, average_path


def isolation(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """The Ensemble of an IsolationForest: the paths are added, and divided by the usual ones."""
    members = get(estimator, "estimators_", list)
    everything = range(get(estimator, "n_features_in_", int))
    for seen in get(estimator, "estimators_features_", list):
        if array(seen).tolist() != [*everything]:
            raise ConversionError(f"{name} with max_features is not supported: use all features")
    fitted = trees_of(members, "ExtraTreeRegressor", worth=Worth.PATH)
    features = columns(estimator, fitted, trees)
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
    )


FAMILIES = [
    Family(
        "IsolationForest",
        ("sklearn.ensemble._iforest", "sklearn.ensemble.iforest"),
        isolation,
        worth=Worth.PATH,
        package=None,
    )
]
