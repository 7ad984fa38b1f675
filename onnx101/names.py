"""The names that a forest's pickle needs, and those that no model should name."""

from collections.abc import Callable

from onnx101.arrays import Buffer, Dtype, Record, array, dill_array, encoded, no_bytes, scalar
from onnx101.families import FAMILIES, PARTS
from onnx101.inert import Estimator, FittedPredictor, FittedTree


def _estimators() -> dict[tuple[str, str], type[Estimator]]:
    found = {}
    for family in (*FAMILIES.values(), *PARTS):
        kind = {"__slots__": (), "is_tree": family.is_tree, "worth": family.worth}
        for module in family.modules:
            path = {"path": f"{module}.{family.name}"}
            found[module, family.name] = type(family.name, (Estimator,), kind | path)
    return found


# region allow
# What a call of a name gives; of any other name, an Object that does nothing.
NEEDED: dict[tuple[str, str], Callable] = {
    **_estimators(),
    ("sklearn.tree._tree", "Tree"): FittedTree,
    ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"): FittedPredictor,
    ("numpy", "dtype"): Dtype,
    ("numpy.core.multiarray", "_reconstruct"): array,  # before numpy 2, and since
    ("numpy._core.multiarray", "_reconstruct"): array,
    ("numpy.core.multiarray", "scalar"): scalar,
    ("numpy._core.multiarray", "scalar"): scalar,
    ("numpy.core.numeric", "_frombuffer"): Buffer,
    ("numpy._core.numeric", "_frombuffer"): Buffer,
    ("_codecs", "encode"): encoded,
    ("__builtin__", "bytes"): no_bytes,
    ("dill._dill", "_create_array"): dill_array,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): Record,
}
# endregion allow

# No pickled model names these: a file that does was made to do harm when loaded.
_HARMFUL = {
    *("os", "posix", "nt", "pty", "sys", "subprocess", "commands", "popen2", "shutil", "socket"),
    *("importlib", "runpy", "ctypes", "webbrowser", "pickle", "marshal", "bdb", "pdb", "timeit"),
    *("cProfile", "profile", "eval", "exec", "execfile", "compile", "open", "breakpoint", "input"),
}


def is_harmful(module: str, name: str) -> bool:
    """Whether no model has a reason to name this; it would be inert anyway."""
    if module in ("builtins", "__builtin__", "io", "_io"):
        return name in _HARMFUL or (name.startswith("__") and name != "__main__")
    outer = module.partition(".")[0]
    return any(part.lstrip("_") in _HARMFUL for part in (outer, *name.split(".")[:-1]))
