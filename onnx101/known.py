"""The supported transformers, each read from the fitted attributes of any scikit-learn version."""

import numpy as np

from onnx101.arrays import Array
from onnx101.errors import ConversionError
from onnx101.fitted import array, get, name_of, numbers
from onnx101.head import Chain
from onnx101.inert import Name
from onnx101.transformers import MISSING_TEXT, Impute, OneHot, Ordinal, Scale


def _scale(made, *steps: tuple[str, str, str | None]) -> Scale | Chain:
    """A scaler; each step is an operator, the attribute with its numbers, and the switch for it."""
    found = [
        (op, numbers(made, attribute))
        for op, attribute, switch in steps
        if switch is None or get(made, switch, bool)
    ]
    limits = None
    if get(made, "clip", bool, False):
        limits = (-1.0, 1.0)
        if name_of(made) == "MinMaxScaler":
            least, most = get(made, "feature_range", tuple | list)
            limits = (float(least), float(most))
    if any(numbers.shape != found[0][1].shape for _, numbers in found):
        raise ConversionError(f"the columns of {name_of(made)} differ in number: a damaged file")
    return Scale(found, limits) if found else Chain([])


def _simple_imputer(made) -> Impute:
    fill = array(made, "statistics_")
    missing = made.state.get("missing_values")
    if isinstance(missing, str) and missing == "NaN":  # its form before 0.20
        missing = float("nan")
    text = fill.dtype.kind == "U" or any(isinstance(each, str) for each in fill)
    if text:
        if (isinstance(missing, float) and missing != missing) or missing is None:
            missing = MISSING_TEXT
        if not isinstance(missing, str) or not all(isinstance(each, str) for each in fill):
            raise ConversionError("SimpleImputer over columns of text and of numbers: split them")
        _check_text(fill)
        kept, fill = [*range(fill.size)], fill.astype(object)
    else:
        if not isinstance(missing, int | float):
            raise ConversionError("SimpleImputer with missing_values that is no number: use np.nan")
        missing, fill = float(missing), _as_numbers(made, fill)
        kept = np.flatnonzero(~np.isnan(fill)).tolist()
    indicated = []
    if get(made, "add_indicator", bool, False):
        indicated = _integers(made.state.get("indicator_"), "features_", fill.size)
    if not kept or (text and indicated):
        raise ConversionError("SimpleImputer in a form that is not supported: impute beforehand")
    return Impute(fill, missing, kept, indicated)


def _one_hot(made) -> OneHot:
    categories = _categories(made)
    dropped = [None] * len(categories)
    value = get(made, "drop_idx_", Array, None)
    if value is not None:
        found = array(made, "drop_idx_").tolist()
        if len(found) != len(categories):
            raise ConversionError("the drop_idx_ of OneHotEncoder makes no sense: a damaged file")
        for place, (drop, each) in enumerate(zip(found, categories, strict=True)):
            if drop is not None:
                if not isinstance(drop, int) or not 0 <= drop < len(each):
                    raise ConversionError("OneHotEncoder drops no category: a damaged file")
                dropped[place] = drop
    return OneHot(categories, dropped)


def _ordinal(made) -> Ordinal:
    categories = _categories(made)
    missing = get(made, "encoded_missing_value", int | float, float("nan"))
    unknown = float("nan")  # scikit-learn raises an error, unless told otherwise
    if get(made, "handle_unknown", str, "error") == "use_encoded_value":
        unknown = get(made, "unknown_value", int | float)
    found = []
    for each, given in zip(categories, made.state["categories_"], strict=True):
        code = np.arange(len(each), dtype=np.float64)
        if "_missing_indices" in made.state or each.dtype != object:
            code[_lacking(given.value.tolist())] = missing
        found.append(code)
    return Ordinal(categories, found, float(unknown))


def _categories(made) -> list[np.ndarray]:
    """The categories of each column: float64, or text where any column has text."""
    if get(made, "_infrequent_enabled", bool, False):
        raise ConversionError(f"{name_of(made)} with rare categories together is not supported")
    found = []
    for value in get(made, "categories_", list):
        each = value.value if isinstance(value, Array) else None
        if each is None or each.ndim != 1 or not each.size:
            raise ConversionError(f"{name_of(made)} has no categories: a damaged file")
        found.append(_as_categories(made, each))
    if not found:
        raise ConversionError(f"{name_of(made)} has no categories: a damaged file")
    return found


def _as_categories(made, each: np.ndarray) -> np.ndarray:
    values = each.tolist()
    if not any(isinstance(value, str) for value in values):
        found = _as_numbers(made, each)
    else:
        lacking = _lacking(values)
        if any(lacking) and MISSING_TEXT in values:
            raise ConversionError(
                f"{name_of(made)} knows empty and missing text, which ONNX cannot tell apart: "
                "replace one before training"
            )
        values = [MISSING_TEXT if no else value for no, value in zip(lacking, values, strict=True)]
        if not all(isinstance(value, str) for value in values):
            raise ConversionError(f"{name_of(made)} has categories of text and of numbers")
        found = np.array(values, dtype=object)
        _check_text(found)
    if len(set(found.tolist())) < len(found):
        raise ConversionError(f"{name_of(made)} has one category twice: a damaged file")
    return found


def _lacking(values: list) -> list[bool]:
    """Which are missing: None or NaN, but not empty text."""
    return [value is None or value != value for value in values]


def _as_numbers(made, values: np.ndarray) -> np.ndarray:
    """The numbers as float64, if that is exact."""
    plain = values.tolist()
    if all(isinstance(value, int | float) for value in plain):
        found = np.array([float(value) for value in plain], dtype=np.float64)
        if all(value == got or value != value for value, got in zip(plain, found, strict=True)):
            return found
    raise ConversionError(f"{name_of(made)} has values that are no doubles: not supported")


def _check_text(values: np.ndarray) -> None:
    """Raise UnicodeEncodeError for text that UTF-8 cannot hold, as a pickle may."""
    "".join(values.tolist()).encode()


def _integers(made, attribute: str, below: int) -> list[int]:
    found = array(made, attribute)
    if found.dtype.kind not in "iu" or (found.size and not 0 <= found.min() <= found.max() < below):
        raise ConversionError(f"the {attribute} of {name_of(made)} makes no sense: a damaged file")
    return found.tolist()


def _function(made) -> Chain:
    if made.state.get("func") is not None:
        given = made.state["func"]
        name = f" {given.name}" if isinstance(given, Name) else ""
        raise ConversionError(f"FunctionTransformer with the function{name}: apply it beforehand")
    return Chain([])


KNOWN = {
    "StandardScaler": lambda made: _scale(
        made, ("Sub", "mean_", "with_mean"), ("Div", "scale_", "with_std")
    ),
    "MinMaxScaler": lambda made: _scale(made, ("Mul", "scale_", None), ("Add", "min_", None)),
    "MaxAbsScaler": lambda made: _scale(made, ("Div", "scale_", None)),
    "RobustScaler": lambda made: _scale(
        made, ("Sub", "center_", "with_centering"), ("Div", "scale_", "with_scaling")
    ),
    "SimpleImputer": _simple_imputer,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _ordinal,
    "FunctionTransformer": _function,
}
