"""What an estimator is beyond its trees: from its attributes, in memory or out of a pickle."""

from collections.abc import Mapping

import numpy as np

from onnx101.errors import ConversionError
from onnx101.tail import Ensemble


def describe(name: str, attributes: Mapping, trees: int) -> Ensemble:
    """The Ensemble of the estimator `name` with `trees` trees."""
    if name.startswith(("RandomForest", "ExtraTrees")):
        width = int(attributes["n_outputs_"])
        return Ensemble(
            name=name,
            version=attributes.get("_sklearn_version", ""),
            features=int(attributes["n_features_in_"]),
            width=width,
            start=np.zeros((1, width)),
            divisor=trees,
        )
    raise ConversionError(f"{name} is not supported")
