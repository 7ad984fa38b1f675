"""Summarises what a pickle held, forest or not."""

from collections import Counter

from onnx101.arrays import Array
from onnx101.inert import Estimator, FittedPredictor, FittedTree, Name, Object
from onnx101.provenance import path_of

_CONTAINERS = (dict, list, tuple)
# How many entries are listed.
_KEYS, _NAMES = 9, 100


def what(root: object) -> str:
    """Describe the object in one line."""
    if isinstance(root, Estimator | Object):
        return path_of(root)
    if type(root) is dict:
        return f"dict of {len(root):,}: {', '.join([*root][:_KEYS])}"
    if isinstance(root, list | tuple):
        return f"{type(root).__name__.lower()} of {len(root):,}"
    return _name_of(root) or type(root).__name__


def counted(root: object) -> dict[str, int]:
    """Count the objects of each class and the functions named, most frequent first."""
    found, waiting, seen = Counter(), [root], set()
    while waiting:
        value = waiting.pop()
        name = _name_of(value)
        if not (name or isinstance(value, _CONTAINERS)) or id(value) in seen:
            continue
        seen.add(id(value))
        if name:
            found[name] += 1
        waiting += _parts(value)
    return dict(found.most_common(_NAMES))


def _name_of(value: object) -> str:
    if isinstance(value, Estimator | Object):
        return path_of(value)
    if isinstance(value, Name):
        return f"{value.module}.{value.name}"
    known = {Array: "numpy.ndarray", FittedTree: "sklearn.tree._tree.Tree"}
    known[FittedPredictor] = "TreePredictor of HistGradientBoosting"
    return known.get(type(value), "")


def _parts(value: object) -> list:
    """What it contains."""
    if type(value) is dict:
        return [*value.values()]
    if isinstance(value, list | tuple):
        return [*value]
    if isinstance(value, Array) and value.is_of_objects():
        return value.value.ravel().tolist()
    if isinstance(value, Object):
        return [value.args, value.state, value.items]
    return [value.state] if isinstance(value, Estimator) else []
