"""The supported estimators: one table, from which everything else derives.

The names that the reader needs, what `register` registers, and the tests that must be there come
from it. To add a kind, write a file with its `FAMILIES`, name it here, and add its row to the
README and a case to tests/onnx101/cases.py; a test says which of these is missing.
"""

from dataclasses import replace

import numpy as np

from onnx101.ensemble import Ensemble
from onnx101.errors import ConversionError
from onnx101.families import adaboost, averaged, boosted, embedding, histogram, isolation
from onnx101.families.family import Family
from onnx101.fitted import name_of
from onnx101.foreign import what_object_is
from onnx101.inert import Estimator
from onnx101.pipeline import split

FAMILIES: dict[str, Family] = {
    family.name: family
    for part in (averaged, boosted, histogram, isolation, adaboost, embedding)
    for family in part.FAMILIES
}


def _is_a_part(name: str, estimator: Estimator, trees: int) -> Ensemble:
    raise ConversionError(f"{name} is not supported: it has no trees")


# Estimators found inside those above.
PARTS = [
    Family(f"Dummy{kind}", ("sklearn.dummy",), _is_a_part) for kind in ("Regressor", "Classifier")
]


def describe(estimator: object, trees: int) -> Ensemble:
    """The Ensemble of what a pickle held, which had that many trees.

    Raises ConversionError where it is not a fitted estimator over exactly these trees.
    """
    head = None
    known = FAMILIES | {family.name: family for family in PARTS}
    try:
        with np.errstate(all="ignore"):
            if name_of(estimator) == "Pipeline":
                head, estimator = split(estimator)
            if not isinstance(estimator, Estimator):
                raise ConversionError(what_object_is(estimator))
            name = type(estimator).__name__
            ensemble = known[name].describe(name, estimator, trees)
            if head is None:
                return ensemble
            if head.width != ensemble.features:
                raise ConversionError("the pipeline gives other columns than its trees read")
            return replace(ensemble, head=head.followed_by(ensemble.head))
    except ConversionError:
        raise
    except Exception:  # in a pickle, an attribute may be anything
        raise ConversionError("the estimator's attributes make no sense: a damaged file") from None
