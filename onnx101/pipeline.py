"""Reads the transformers of an unpickled Pipeline, without scikit-learn.

What a transformer does at prediction is in a few fitted attributes, which `KNOWN` knows by name.
A transformer, or an option of one, that is not there is refused.
"""

import re

from onnx101.arrays import Array
from onnx101.ensemble import LEAVES
from onnx101.errors import ConversionError
from onnx101.fitted import MAX_COLUMNS, get, name_of, names
from onnx101.head import FEATURES, Chain, Columns, Head, Input
from onnx101.inert import Object
from onnx101.known import KNOWN
from onnx101.transformers import OneHot, Ordinal

# Nested pipelines; and transformers in total, however often a file references one.
_MAX_DEPTH, _MAX_STEPS = 8, 1_000
# Samplers of imbalanced-learn: they act in training only.
_SAMPLERS = ("imblearn.over_sampling.", "imblearn.under_sampling.", "imblearn.combine.")
# Names of other tensors in the model: outputs, tables, and what is written with each tree. The rest
# have a "/" in them where there is a head.
_TAKEN = re.compile(
    rf"{FEATURES}|variable|label|probabilities|scores|score_samples|{LEAVES}|columns|flat|one_hot|"
    r"leaf_\d+|values_\d+(_places)?|(columns|part)_[a-z_]+_\d+"
)


def split(pipeline: Object) -> tuple[Head | None, object]:
    """What comes before the estimator of a Pipeline, None for nothing; and the estimator.

    Raises ConversionError, with what to do, where a transformer is not known.
    """
    reading, before, estimator = _Reading(), [], pipeline
    for _ in range(_MAX_DEPTH):
        if name_of(estimator) != "Pipeline":
            break
        *steps, estimator = _steps(estimator)
        before += steps
    chain = reading.chain(before)
    return (reading.head(chain) if chain.steps else None), estimator


def last_of(estimator: object) -> object:
    """The estimator at the end of a Pipeline; what was given, if it is not one."""
    for _ in range(_MAX_DEPTH):
        if name_of(estimator) != "Pipeline":
            break
        *_, estimator = _steps(estimator)
    return estimator


def _steps(pipeline) -> list:
    steps = get(pipeline, "steps", list)
    if not steps or any(type(step) is not tuple or len(step) != 2 for step in steps):
        raise ConversionError("the steps of the pipeline make no sense: a damaged file")
    return [step for _, step in steps]


class _Reading:
    """Walks a pipeline, within limits."""

    def __init__(self):
        self._steps = self._widths = 0
        self._first = None  # the first ColumnTransformer or transformer

    def chain(self, steps: list, depth: int = 0) -> Chain:
        if depth > _MAX_DEPTH:
            raise ConversionError(f"pipelines stand more than {_MAX_DEPTH} deep in each other")
        chain, text = [], None
        for each in steps:
            step = self._step(each, depth)
            for part in step.steps if isinstance(step, Chain) else [step]:
                mixed = isinstance(part, OneHot | Ordinal) and part.is_mixed
                if text is not None and (part.reads_text != text or mixed):
                    raise ConversionError(
                        "a transformer in the pipeline reads text where the one before it gives "
                        "numbers, or the reverse: a damaged file"
                    )
                chain.append(part)
                text = part.gives_text
        return Chain(chain)

    def _step(self, made, depth: int):
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise ConversionError(f"the pipeline has more than {_MAX_STEPS:,} steps")
        name = name_of(made)
        if made is None or (isinstance(made, str) and made == "passthrough"):
            return Chain([])
        if isinstance(made, Object) and made.name.module.startswith(_SAMPLERS):
            return Chain([])
        if name == "Pipeline":
            return self.chain(_steps(made), depth + 1)
        if name != "ColumnTransformer" and name not in KNOWN:
            shown = ascii(name or type(made).__name__)[1:-1][:60]
            raise ConversionError(
                f"{shown} in a pipeline is not supported: load the pipeline and use skl2onnx, or "
                "apply it to the data before the model"
            )
        first = self._first is None
        if first:
            self._first = made
        if name == "ColumnTransformer":
            return self._columns(made, depth + 1)
        step = KNOWN[name](made)
        self._charge(step.width(0))
        return step

    def _charge(self, columns: int) -> None:
        self._widths += columns
        if self._widths > MAX_COLUMNS:
            raise ConversionError(f"the steps of the pipeline pass {MAX_COLUMNS:,} columns in all")

    def _columns(self, made, depth: int) -> Columns:
        if get(made, "transformer_weights", object, None) is not None:
            raise ConversionError("ColumnTransformer(transformer_weights=…) is not supported")
        places, parts = _Places(made), []
        for each in get(made, "transformers_", list):
            if type(each) is not tuple or len(each) != 3:
                raise ConversionError("the ColumnTransformer's parts make no sense: a damaged file")
            _, step, columns = each
            if isinstance(step, str) and step == "drop":
                continue
            if some := places.of(columns):
                self._charge(len(some))
                parts += parts_of(some, self.chain([step], depth))
        if not parts:
            raise ConversionError("the ColumnTransformer gives no columns: a damaged file")
        if any(chain.gives_text for _, chain in parts):
            raise ConversionError("text reaches the trees: encode it, by OneHotEncoder or so")
        return Columns(parts)

    def head(self, chain: Chain) -> Head:
        """The Head of a chain that has steps; its inputs are what the first was fitted on."""
        first, *rest = chain.steps
        if not isinstance(first, Columns):
            first = Columns(parts_of([*range(first.columns)], Chain([first])))
        called, count = names(self._first), get(self._first, "n_features_in_", int, None)
        if called is None and name_of(self._first) == "ColumnTransformer":
            called = _Places(self._first).called
        if called is None:
            return over_matrix(first, Chain(rest), count)
        return over_frame(first, Chain(rest), called)


def over_matrix(parts: Columns, rest: Chain, count: int | None) -> Head:
    """The Head whose input is X, of that many columns, where a pickle says so."""
    if any(chain.reads_text for _, chain in parts.parts):
        raise ConversionError(
            "the pipeline reads text and was not trained on a DataFrame: its columns have no "
            "names to be inputs; train it on a DataFrame"
        )
    least = 1 + max(column for some, _ in parts.parts for column in some)
    width = least if count is None else count
    if not least <= width <= MAX_COLUMNS:
        raise ConversionError("the pipeline's parts read other columns than it has")
    return Head([Input("X", width, text=False)], parts, rest, is_matrix=True)


def over_frame(parts: Columns, rest: Chain, called: list[str]) -> Head:
    """The Head whose inputs are the columns that are read, by name."""
    kinds: dict[int, bool] = {}
    for some, chain in parts.parts:
        for column in some:
            text = kinds.setdefault(column, bool(chain.reads_text))
            if column >= len(called) or text != bool(chain.reads_text):
                raise ConversionError("a column of the pipeline is read as text and as numbers")
    used = sorted(kinds)
    new = {column: place for place, column in enumerate(used)}
    free = _free([called[column] for column in used])
    inputs = [Input(name, 1, kinds[column]) for name, column in zip(free, used, strict=True)]
    moved = [([new[column] for column in some], chain) for some, chain in parts.parts]
    return Head(inputs, Columns(moved), rest)


def parts_of(some: list[int], chain: Chain) -> list[tuple[list[int], Chain]]:
    """A part of a ColumnTransformer; one for each column where it reads text and numbers."""
    first = chain.steps[0] if chain.steps else None
    if not isinstance(first, OneHot | Ordinal) or not first.is_mixed:
        return [(some, chain)]
    if len(chain.steps) > 1 or len(some) != first.columns:
        raise ConversionError("an encoder over text and numbers must be alone: use one for each")
    return [([column], Chain([one])) for column, one in zip(some, first.each(), strict=True)]


class _Places:
    """Where the columns that a ColumnTransformer names stand among those it was trained on."""

    def __init__(self, made):
        self.called = names(made)
        self._is_guessed = self.called is None
        self._count = get(made, "n_features_in_", int, None)
        if self._count is None and self.called is not None:
            self._count = len(self.called)

    def of(self, columns) -> list[int]:
        """The places of columns given by name, number, slice or mask."""
        found = _plain(columns)
        if isinstance(found, str | int) and not isinstance(found, bool):
            found = [found]
        if isinstance(found, slice):
            return self._sliced(found)
        if type(found) is not list or len(found) > MAX_COLUMNS:
            raise ConversionError("the ColumnTransformer's columns make no sense: a damaged file")
        if found and all(isinstance(each, bool) for each in found):
            return [place for place, each in enumerate(found) if each]
        return [self._place(each) for each in found]

    def _place(self, column) -> int:
        if isinstance(column, str):
            if self.called is None:
                self.called = []
            if column not in self.called and self._is_guessed:  # scikit-learn before 0.24
                self.called.append(column)
            if column in self.called:
                return self.called.index(column)
        elif isinstance(column, int) and not isinstance(column, bool):
            if 0 <= column < MAX_COLUMNS:
                return column
            if self._count is not None and -self._count <= column < 0:
                return column + self._count
        raise ConversionError("the ColumnTransformer has not the columns that it names")

    def _sliced(self, some: slice) -> list[int]:
        if self._count is None or not all(
            each is None or isinstance(each, int | str) for each in (some.start, some.stop)
        ):
            raise ConversionError("a slice of columns that makes no sense: a damaged file")
        start = self._place(some.start) if isinstance(some.start, str) else some.start
        stop = self._place(some.stop) + 1 if isinstance(some.stop, str) else some.stop
        if self._count > MAX_COLUMNS:
            raise ConversionError("the pipeline has too many columns")
        return [*range(self._count)][slice(start, stop, some.step)]


def _plain(columns):
    """Columns as a name, a number, a list of these, or a slice."""
    if isinstance(columns, Array):
        value = columns.value
        return value.tolist() if value is not None and value.ndim == 1 else None
    if isinstance(columns, Object) and columns.name.name == "slice":
        parts = columns.args
        step = parts[2] if len(parts) == 3 else None
        if len(parts) != 3 or not (step is None or (isinstance(step, int) and step)):
            return None
        return slice(*parts)
    return list(columns) if isinstance(columns, tuple) else columns


def _free(names: list[str]) -> list[str]:
    """Names of inputs that no other tensor of the model has."""
    found, given = [], set(names)
    for name in names:
        free = f"{name}_" if _TAKEN.fullmatch(name) or "/" in name else name
        while free != name and free in given:
            free += "_"
        given.add(free)
        found.append(free)
    return found
