"""RandomTreesEmbedding: which leaf of each tree a row reaches."""

import numpy as np

from onnx101.arrays import Array
from onnx101.ensemble import Ensemble
from onnx101.errors import ConversionError
from onnx101.families.family import Family, columns, trees_of
from onnx101.fitted import get
from onnx101.inert import Estimator, FittedTree, Object
from onnx101.leaves import Worth, weighed

# Options of its encoder that it never has, as they leave columns out; their attributes, too.
_OPTIONS = ("drop", "min_frequency", "max_categories", "drop_idx_", "_drop_idx_after_grouping")
_OPTIONS += ("_infrequent_enabled",)


def embedding(name: str, estimator: Estimator, trees: int) -> Ensemble:
    """The Ensemble of a RandomTreesEmbedding, whose leaves are numbered through all trees.

    That number is the column of `transform` that is 1: a dense row has a column for each leaf, and
    no limit, while this is one number a tree.
    """
    members = get(estimator, "estimators_", list)
    fitted = trees_of(members, "ExtraTreeRegressor", worth=Worth.PLACE)
    features = columns(estimator, fitted, trees)
    _check_encoder(get(estimator, "one_hot_encoder_", Object), fitted)
    leaves = [int(tree.largest) + 1 for tree in fitted]
    offsets = np.cumsum([0, *leaves[:-1]])
    return Ensemble(name=name, features=features, offsets=offsets, baseline=np.zeros((1, 1)))


def _check_encoder(encoder: Object, fitted: list[FittedTree]) -> None:
    """Check that its encoder has a column for each leaf of each tree, in their order."""
    known = get(encoder, "categories_", list)
    leaves = [int(tree.largest) + 1 for tree in fitted]
    widths = get(encoder, "_n_features_outs", list, leaves)  # older ones look at the categories
    if widths != leaves or len(known) != len(fitted) or any(map(encoder.state.get, _OPTIONS)):
        raise ConversionError("the encoder is not that of the trees: a damaged file")
    for tree, width, found in zip(fitted, leaves, known, strict=True):
        places = found.value if isinstance(found, Array) else np.zeros(0)
        if places is None:  # too large to be kept
            continue
        right = places.dtype.kind == "i" and places.shape == (width,)
        if not right or weighed(places) != tree.paths:
            raise ConversionError("the leaves and their encoder differ: a damaged file")


FAMILIES = [
    Family(
        "RandomTreesEmbedding",
        ("sklearn.ensemble._forest", "sklearn.ensemble.forest"),
        embedding,
        worth=Worth.PLACE,
        package=None,
        applies=True,
    )
]
