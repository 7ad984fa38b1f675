"""NumPy's part of a pickle: dtypes, arrays and scalars, checked for consistency."""

import codecs
import re

import numpy as np

from onnx101.budget import Budget
from onnx101.errors import ConversionError
from onnx101.inert import Inert, Name, Object, Reader, Skipped, Text

_KIND = re.compile(r"([biufcSUVOMm])(\d{1,9})")
# NumPy's limits on dimensions and fields, and more elements than any file has.
_MAX_RANK, _MAX_FIELDS, _MAX_SIZE = 32, 100, 2**40
_PIECE = 2**20
# The overhead of a NumPy array, in bytes.
_WEIGHT = 200


class Dtype(Inert):
    """A numpy dtype.

    dtype: numbers, text, objects, or records of numbers; None for what no forest needs.
    size: of an element in bytes.
    """

    __slots__ = ("dtype", "size")

    def __init__(self, reader: Reader, kind, align, copy):
        super().__init__()
        reader.budget.hold(200)
        found = _KIND.fullmatch(kind) if isinstance(kind, str) else None
        if not found:
            raise ConversionError("an array is of a kind that numpy does not have: a damaged file")
        self.size = int(found[2]) * (4 if found[1] == "U" else 1)
        self.dtype = None
        if found[1] in "biufSUO":
            self.dtype = np.dtype(object if found[1] == "O" else kind)

    def build(self, reader, state):
        _, order, base, names, fields, size, align = state[:7]
        if size not in (-1, self.size) or align not in (-1, 1, 2, 4, 8, 16):
            raise ConversionError("an array's kind is of two sizes: a damaged file")
        if names is not None:
            self._of_fields(reader, names, fields)
        elif self.dtype is not None and base is None:
            self.dtype = self.dtype.newbyteorder(order)
        else:
            self.dtype = None

    def _of_fields(self, reader, names, fields):
        few = type(names) is tuple and len(names) <= _MAX_FIELDS
        if self.dtype is not None or not few or any(type(name) is not str for name in names):
            raise ConversionError("an array's fields fit no record: a damaged file")
        reader.budget.spend(20 * len(names))
        reader.budget.hold(500 * len(names))
        formats = [fields[name][0].dtype for name in names]
        offsets = [fields[name][1] for name in names]
        if any(part is None or part.kind not in "biuf" for part in formats):
            return  # not a record of a tree: its array is data
        ends = [at + part.itemsize for at, part in zip(offsets, formats, strict=True)]
        starts = [*offsets, self.size]
        if any(start < end for start, end in zip(starts, [0, *ends], strict=True)):
            raise ConversionError("an array's fields overlap: a damaged file")
        layout = {"names": names, "formats": formats, "offsets": offsets, "itemsize": self.size}
        self.dtype = np.dtype(layout)


class Array(Inert):
    """A NumPy array; unknown until its state arrives, after `empty`, or if no forest needs it."""

    __slots__ = ("_budget", "_content", "_value")

    def __init__(self, reader: Reader, *args):
        super().__init__()
        self._budget, self._content, self._value = reader.budget, None, None

    def build(self, reader, state):
        _, shape, dtype, fortran, content = state
        self.fill(content, dtype, shape, "F" if fortran else "C")

    @property
    def value(self) -> np.ndarray | None:
        """The elements, or None if unknown; reading them is charged to the budget."""
        if self._value is not None:
            size, numbers = self._value.nbytes, self._value.dtype.kind in "biufV"
            self._budget.spend(1 + (size >> 8 if numbers else 4 * self._value.size + (size >> 4)))
        return self._value

    def fill(self, content, dtype: Dtype, shape: tuple, order: str) -> None:
        """Set the elements: bytes in that order, or a list of objects."""
        size = size_of(shape)
        if isinstance(content, Skipped):
            return
        if isinstance(content, str | Text):  # how Python 2 names bytes
            content = in_latin1(self._budget, content)
        if type(content) is list:
            fits = dtype.dtype == object and len(content) == size
        else:
            fits = dtype.dtype != object and len(content) == size * dtype.size
        if not fits:
            raise ConversionError("an array is of another size than it says: a damaged file")
        if dtype.dtype is None:
            if isinstance(content, memoryview | bytearray):
                self._budget.release(content)
            return
        if dtype.dtype == object:
            self._pay_for(content)
            value = np.fromiter(content, dtype=object, count=size)
        else:
            value = np.frombuffer(content, dtype=dtype.dtype)
            if dtype.dtype.kind in "SU":
                self._budget.hold(64 * size)  # Python strings
        self._budget.hold(_WEIGHT)
        self._content, self._value = content, value.reshape(shape, order=order)

    def _pay_for(self, items: list) -> None:
        """Pay for each item each time it is named: a model names them all, too."""
        self._budget.spend(2 * len(items))
        size = sum(len(item) for item in items if isinstance(item, str))
        self._budget.spend(size >> 6)
        self._budget.hold(8 * len(items) + 4 * size)

    def is_of_objects(self) -> bool:
        """Whether the elements are objects."""
        return self._value is not None and self._value.dtype == object

    @classmethod
    def of(cls, reader: Reader, content, dtype: np.dtype, shape: tuple, order: str) -> "Array":
        """The array in `content`, bytes or a list of objects, of exactly its size."""
        known, array = Dtype.__new__(Dtype), cls(reader)
        known.dtype, known.size, array.is_built = dtype, dtype.itemsize, True
        array.fill(content, known, shape, order)
        return array

    def is_objects(self, shape: tuple) -> bool:
        """Whether the elements are objects in that shape."""
        value = self._value
        return value is not None and value.dtype == object and value.shape == shape

    def empty(self) -> None:
        """Release the bytes, even if something else refers to them."""
        if self._value is not None:
            self._budget.hold(-_WEIGHT)
        self._value, content, self._content = None, self._content, None
        if isinstance(content, memoryview | bytearray):
            self._budget.release(content)


class Buffer(Array):
    """`numpy._core.numeric._frombuffer`, which protocol 5 uses."""

    __slots__ = ()

    def __init__(self, reader: Reader, content, dtype, shape, order):
        super().__init__(reader)
        self.fill(content, dtype, shape, order)
        self.is_built = True


class Record(Inert):
    """`joblib.numpy_pickle.NumpyArrayWrapper`: announces an array whose bytes follow it."""

    __slots__ = ("alignment", "dtype", "order", "shape", "subclass")

    def __init__(self, reader: Reader):
        super().__init__()
        reader.budget.hold(100)

    def build(self, reader, state):
        if type(state["dtype"]) is not Dtype or state["order"] not in ("C", "F"):
            raise ConversionError("an array's record makes no sense: a damaged file")
        self.dtype, self.order, self.shape = state["dtype"], state["order"], state["shape"]
        self.subclass = state["subclass"]
        self.alignment = state.get("numpy_array_alignment_bytes")  # since joblib 1.2
        if self.alignment not in (None, 16):
            raise ConversionError("an array's record makes no sense: a damaged file")

    @property
    def bytes(self) -> int:
        """How many bytes follow, unless the elements are objects."""
        return size_of(self.shape) * self.dtype.size


def dill_array(reader: Reader, make, args: tuple, state: tuple, attributes=None) -> Array:
    """An array as dill writes it: made and filled by one call."""
    if type(make) is not Name or make.name != "_reconstruct":
        raise ConversionError("an array is made by something else than numpy: a damaged file")
    made = array(reader, *args)
    made.is_built = True
    made.build(reader, state)
    return made


def array(reader: Reader, subclass, shape, code) -> Array | Object:
    """`numpy._core.multiarray._reconstruct`: an array, or an object of another class."""
    if (subclass.module, subclass.name) == ("numpy", "ndarray"):
        return Array(reader)
    return Object(subclass, (shape, code))


def scalar(reader: Reader, dtype: Dtype, content):
    """`numpy._core.multiarray.scalar`: a plain number or text."""
    if dtype.dtype is None or dtype.dtype.kind not in "biufSU":
        return Object(Name("numpy", "generic"), ())
    reader.budget.spend(4)
    one = Array(reader)
    one.fill(content, dtype, (), "C")
    return one.value.item()


def encoded(reader: Reader, text, encoding) -> bytes | bytearray | Skipped:
    """`_codecs.encode`, which is how protocol 2 writes bytes."""
    if encoding != "latin1":
        raise ConversionError("a text is recoded as no pickler does: nothing was run")
    return text if isinstance(text, Skipped) else in_latin1(reader.budget, text)


def no_bytes(reader: Reader, *args) -> bytes | Object:
    """A call of `bytes`, which is how protocol 2 writes empty bytes."""
    return Object(Name("builtins", "bytes"), args) if args else b""


def in_latin1(budget: Budget, text: str | Text) -> bytes | bytearray:
    """The bytes that a string encodes, in pieces if it is long; a long one is emptied."""
    if isinstance(text, str):
        budget.spend(len(text) >> 6)
        budget.hold(40 + len(text))
        return text.encode("latin1")
    budget.spend(len(text.content) >> 8)
    decoder, out = codecs.getincrementaldecoder("utf-8")(), bytearray()
    with memoryview(text.content) as content:
        for start in range(0, len(content), _PIECE):
            out += decoder.decode(content[start : start + _PIECE]).encode("latin1")
    decoder.decode(b"", final=True)
    budget.release(text.content)
    budget.hold_buffer(len(out))
    return out


def size_of(shape: tuple) -> int:
    """The number of elements in an array of that shape.

    Raises ConversionError if it is not a shape, or larger than any file.
    """
    size = 1
    if type(shape) is not tuple or len(shape) > _MAX_RANK:
        raise ConversionError("an array's shape is no shape: a damaged file")
    for length in shape:
        if type(length) is not int or not 0 <= length <= _MAX_SIZE or size > _MAX_SIZE:
            raise ConversionError("an array's shape is no shape: a damaged file")
        size *= length
    return size
