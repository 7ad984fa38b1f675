"""What is known of each class of estimators, and how its attributes are read."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from onnx101.arrays import Array
from onnx101.ensemble import Ensemble
from onnx101.errors import ConversionError
from onnx101.fitted import elements, get, name_of
from onnx101.inert import Estimator, FittedPredictor, FittedTree
from onnx101.leaves import Worth

LARGEST = np.finfo(np.float64).max


class Family(NamedTuple):
    """One class of estimators.

    name: of the class. modules: where pickles may find it, older names last.
    describe: makes an Ensemble from its name, itself, and the number of trees in its pickle.
    worth: what a leaf is worth in its trees, where the trees themselves cannot say.
    package: what `register` imports it from, for skl2onnx; None where skl2onnx does not know it.
    is_tree: whether it is a tree and not made of trees. applies: whether it has `apply`.
    """

    name: str
    modules: tuple[str, ...]
    describe: Callable[[str, Estimator, int], Ensemble]
    worth: Worth | None = None
    package: str | None = "sklearn.ensemble"
    is_tree: bool = False
    applies: bool = False


def trees_of(members, *names: str, worth: Worth) -> list[FittedTree]:
    """The trees of members whose classes have these names, with each leaf worth that."""
    found = []
    for member in members:
        if name_of(member) not in names:
            raise ConversionError(
                f"an estimator whose members are not {' or '.join(names)} is not supported: load "
                "it and use skl2onnx.to_onnx"
            )
        tree = get(member, "tree_", FittedTree)
        if tree.worth is not worth:
            raise ConversionError("the trees belong to an estimator of another kind: save it alone")
        if not _agree(member, tree):
            raise ConversionError("a tree and its estimator differ in their sizes: a damaged file")
        if tree.were_counts and version_of(member) >= (1, 4):
            raise ConversionError("a tree's probabilities do not add up to 1: a damaged file")
        found.append(tree)
    return found


def _agree(member: Estimator, tree: FittedTree) -> bool:
    """Whether the sizes that a tree's estimator gives match the tree."""
    sizes = {"n_features_in_": [tree.features], "n_outputs_": [len(tree.widths)]}
    if tree.worth in (Worth.PROBABILITY, Worth.VOTE):
        sizes["n_classes_"] = [*tree.widths]
    for name, expected in sizes.items():
        given = member.state.get(name, expected)
        given = elements(given).tolist() if isinstance(given, Array) else given
        if (given if type(given) is list else [given]) != expected:
            return False
    return True


def version_of(estimator: Estimator) -> tuple[int, ...]:
    """Three numbers: the version of scikit-learn that wrote it; none if it does not say."""
    version = estimator.state.get("_sklearn_version")
    parts = version.split(".")[:3] if isinstance(version, str) else []
    return tuple(
        int(part) for part in parts if part.isdecimal() and part.isascii() and len(part) < 9
    )


def columns(estimator: Estimator, fitted: list, trees: int, chosen: list | None = None) -> int:
    """How many columns X has, when these are all its trees, in the file's order.

    chosen: of each tree, the columns that it sees; None where each sees all.
    """
    if not trees or any(not isinstance(tree, FittedTree | FittedPredictor) for tree in fitted):
        raise ConversionError(
            "the estimator has no trees: it is not fitted, or the file is damaged"
        )
    if [tree.place for tree in fitted] != list(range(trees)):
        raise ConversionError("the file has other trees than its estimator: a damaged file")
    known = {"n_features_in_", "n_features_"} & estimator.state.keys()  # AdaBoost once had neither
    features = features_of(estimator) if known else fitted[0].features
    if not 0 < features < 2**27:  # wire.packed may write twice the index of a column
        raise ConversionError("the estimator has no columns, or too many: a damaged file")
    for place, tree in enumerate(fitted):
        width = features if chosen is None else len(chosen[place])
        exact = isinstance(tree, FittedTree) and tree.features != width
        if exact or tree.features > width:
            raise ConversionError("the estimator and its trees differ in columns: a damaged file")
    return features


def columns_of_each(estimator: Estimator) -> list[np.ndarray] | None:
    """The columns of X that each of the estimators_ sees, int64 [k]; None where each sees all."""
    everything, chosen = features_of(estimator), get(estimator, "estimators_features_", list)
    if len(chosen) != len(get(estimator, "estimators_", list)):
        raise ConversionError("the trees and their columns differ in number: a damaged file")
    chosen = [elements(seen) for seen in chosen]
    for seen in chosen:
        if seen.ndim != 1 or not seen.size or seen.dtype.kind not in "iu":
            raise ConversionError("the columns of a tree are no numbers: a damaged file")
        if not 0 <= seen.min() <= seen.max() < everything:
            raise ConversionError("a tree sees columns beyond those of X: a damaged file")
    if all(seen.size == everything and (np.diff(seen) == 1).all() for seen in chosen):
        return None
    return chosen


def features_of(estimator: Estimator) -> int:
    """How many columns it was trained on; under another name before scikit-learn 0.24."""
    state = estimator.state
    old = type(state) is dict and "n_features_in_" not in state and "n_features_" in state
    return get(estimator, "n_features_" if old else "n_features_in_", int)


def bound(fitted: list, baseline: np.ndarray, scale: float = 1.0) -> float:
    """A bound on the absolute value of any sum over the trees."""
    found = float(np.abs(baseline).max()) + abs(scale) * sum(tree.largest for tree in fitted)
    if not found <= LARGEST:
        raise ConversionError("the sum over the trees may pass the largest number: not supported")
    return found


def labels(classes) -> np.ndarray:
    """The labels [classes]: int64 where they are whole numbers or truths, or else text."""
    given = elements(classes)
    if given.ndim == 1 and given.size:
        if all(isinstance(label, str) for label in given):
            "".join(given).encode()  # a pickle may hold text that UTF-8 cannot encode
            return given.astype(object)
        if given.dtype == object:
            given = [label for label in given if isinstance(label, int | float)]
            whole = [int(label) for label in given]  # each by itself: float64 ends at 2**53
            if len(whole) == elements(classes).size and whole == given and _fit_int64(whole):
                return np.array(whole, dtype=np.int64)
        elif given.dtype.kind in "biuf":
            with np.errstate(all="ignore"):
                whole = given.astype(np.int64)
            if (whole == given).all() and _fit_int64(given.tolist()):
                return whole
    raise ConversionError("the classes are neither whole numbers nor text: encode them in training")


def _fit_int64(values: list) -> bool:
    return min(values) >= -(2**63) and max(values) < 2**63


def labels_of_outputs(outputs: list) -> list[np.ndarray]:
    """The labels of each output, all of one type."""
    if len({elements(classes).dtype.str for classes in outputs}) > 1:
        raise ConversionError("the labels of the outputs are of several types: encode them alike")
    found = [labels(classes) for classes in outputs]
    if len({classes.dtype for classes in found}) > 1:
        raise ConversionError("the labels of the outputs are of several types: encode them alike")
    return found
