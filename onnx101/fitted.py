"""Reads the attributes of unpickled estimators and transformers, each checked before use."""

import numpy as np

from onnx101.arrays import Array
from onnx101.errors import ConversionError
from onnx101.inert import Estimator, Object

# More columns than any table that anybody trained on.
MAX_COLUMNS = 2**20


def name_of(made) -> str:
    """The name of the class of what a pickle held; empty where it is not an object."""
    if isinstance(made, Object):
        return made.name.name
    return type(made).__name__ if isinstance(made, Estimator) else ""


def get(made, name: str, kind, default=...):
    """An attribute of that type, or `default`, if one is given, where it is absent or None.

    True and False are accepted only where bool is asked for, not as numbers.
    """
    state = made.state if isinstance(made, Object | Estimator) else None
    value = state.get(name) if type(state) is dict else None
    if value is None and default is not ... and type(state) is dict:
        return default
    if value is None:
        raise ConversionError(f"{name_of(made) or 'a step'} has no {name}: it is not fitted")
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConversionError(f"the {name} of {name_of(made)} makes no sense: a damaged file")
    return value


def elements(value) -> np.ndarray:
    """The elements of an Array."""
    if not isinstance(value, Array) or value.value is None:
        raise ConversionError("an attribute of the estimator is no array: a damaged file")
    return value.value


def finite(value, *types: str) -> np.ndarray:
    """The elements of an Array of one of these types, all finite, in one row, as float64."""
    found = elements(value)
    if found.dtype.str[1:] not in types:
        raise ConversionError("an attribute of the estimator is of another type: a damaged file")
    if not np.isfinite(found).all():
        raise ConversionError("an attribute of the estimator is not finite: a damaged file")
    return found.astype(np.float64).ravel()


def array(made, name: str) -> np.ndarray:
    """An attribute that is an array of one dimension, of at most MAX_COLUMNS elements."""
    value = get(made, name, Array).value
    if value is None or value.ndim != 1 or value.size > MAX_COLUMNS:
        raise ConversionError(f"the {name} of {name_of(made)} makes no sense: a damaged file")
    return value


def numbers(made, name: str) -> np.ndarray:
    """An attribute with a number for each column: float64 [columns]."""
    value = array(made, name)
    if value.dtype.kind not in "biuf":
        raise ConversionError(f"the {name} of {name_of(made)} makes no sense: a damaged file")
    return value.astype(np.float64)


def names(made) -> list[str] | None:
    """The columns that it was trained on, by name; None where these had no names."""
    for attribute in (
        "feature_names_in_",
        "_feature_names_in",
    ):  # the second: before 1.0
        if get(made, attribute, Array, None) is not None:
            found = array(made, attribute).tolist()
            if not all(isinstance(each, str) for each in found):
                return None
            if len(set(found)) < len(found) or not all(found):
                raise ConversionError("two columns have one name: rename them and train again")
            return found
    return None
