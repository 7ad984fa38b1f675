"""Finds the estimator in an unpickled object: alone, in a search, or in a dict, tuple or list."""

from collections.abc import Iterator

from onnx101.arrays import Array
from onnx101.errors import ConversionError
from onnx101.fitted import name_of
from onnx101.foreign import what_object_is
from onnx101.inert import Estimator, FittedPredictor, FittedTree, Object
from onnx101.machine import text_of
from onnx101.pipeline import last_of
from onnx101.subclass import as_forest

# The attributes that hold an estimator's trees.
_TREES = ("tree_", "estimators_", "_predictors")
_MAY_HOLD = (Estimator, Object, dict, list, tuple)
_DICTS = ("OrderedDict", "defaultdict", "Bunch")
# One estimator for each output, and ensembles that are not supported.
_SEVERAL = ("MultiOutputRegressor", "MultiOutputClassifier")
_CHAINS = ("ClassifierChain", "RegressorChain")
_SEARCHES = ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV")


def chosen(root: object, key: str | None = None) -> tuple[Estimator | Object, range]:
    """The estimator or Pipeline in `root`, and which of the file's trees belong to it.

    Its trees are numbered again from 0. key: which estimator, where there are several: the keys
    and places that lead to it, joined by dots.

    Raises ConversionError where there is none, or where `key` does not say which.
    """
    found = list(_estimators(root))
    there = [each for place, each in found if key in (None, place)]
    if key is not None and not there:
        raise ConversionError(f"the file has no estimator at {key!r}: {_list(found)}")
    if key is None and len(there) > 1:
        raise ConversionError(f"the file holds several estimators, choose by --key: {_list(found)}")
    if not there:
        raise ConversionError(what_object_is(root))
    if len(there) > 1:  # by names with a dot
        raise ConversionError(f"{key!r} leads to several estimators: save the one that you want")
    estimator = there[0]
    trees = list(_trees(estimator))
    first = min((tree.place or 0 for tree in trees), default=0)
    for tree in trees:
        if tree.place is not None:
            tree.place -= first
    return estimator, range(first, first + len(trees))


def _estimators(root: object) -> Iterator[tuple[str, Estimator]]:
    """Each estimator that is `root` or stands in its containers and searches, with its key."""
    waiting, seen = [((), root)], set()

    def wait(place: tuple, value: object) -> None:
        if (
            isinstance(value, _MAY_HOLD) and id(value) not in seen
        ):  # each once, however often referenced
            seen.add(id(value))
            waiting.append((place, value))

    while waiting:
        place, value = waiting.pop()
        if isinstance(value, Estimator) or name_of(value) == "Pipeline":
            yield _joined(place), value
        elif found := as_forest(value):
            yield _joined(place), found
        elif isinstance(value, Object) and value.name.name in _SEARCHES:
            if type(value.state) is not dict or "best_estimator_" not in value.state:
                raise ConversionError(f"the {value.name.name} has no best_estimator_: use refit")
            wait(place, value.state["best_estimator_"])
        elif name_of(value) in _CHAINS:
            raise ConversionError(
                f"{name_of(value)} feeds each prediction to the next estimator: save each of its "
                "estimators_ alone, and feed them so"
            )
        elif name_of(value) in _SEVERAL and type(value.state) is dict:
            for index, part in _members(value.state):
                wait(((place, "estimators_"), index), part)
        elif isinstance(value, Object) and value.name.name in _DICTS:
            items = value.items
            for index in reversed(range(0, len(items) - 1, 2)):
                wait((place, text_of(items[index], index // 2)), items[index + 1])
        elif type(value) is dict:
            for key, part in reversed(value.items()):
                wait((place, key), part)
        elif type(value) in (list, tuple):
            for index in reversed(range(len(value))):
                wait((place, str(index)), value[index])


def _members(state: dict) -> list[tuple[str, object]]:
    """The estimators of a wrapper, the last first, each with its place as a text."""
    members = state.get("estimators_")
    if type(members) is not list:
        raise ConversionError("the estimator has no estimators_: it is not fitted")
    return [(str(index), members[index]) for index in reversed(range(len(members)))]


def _joined(place: tuple) -> str:
    keys = []
    while place and len(keys) < 20:
        place, key = place
        keys.append(key)
    return ".".join(reversed(keys))


def _trees(estimator: Estimator) -> Iterator[FittedTree | FittedPredictor]:
    """The trees that an estimator is made of, each once."""
    waiting, seen = [last_of(estimator)], set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, FittedTree | FittedPredictor):
            yield value
        elif isinstance(value, Estimator) and type(value.state) is dict:
            waiting += [value.state[name] for name in _TREES if name in value.state]
        elif isinstance(value, Array) and value.is_of_objects():
            waiting += value.value.ravel().tolist()
        elif type(value) is list:
            waiting += value


def _list(found: list[tuple[str, object]]) -> str:
    """The keys, those with nothing to see in quotation marks."""
    keys = sorted(key if key.strip() else repr(key) for key, _ in found)
    return ", ".join(keys[:9]) or "it has none"
