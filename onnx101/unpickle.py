"""Reads a pickled forest as data: nothing in it is ever imported or called.

A pickle is a program. This reader follows it with Python's own pure-Python unpickler, but every
name it may look up is in a list here and stands for inert data; every other name, and every
instruction a forest does not need, is refused before anything runs. Each tree is handed on as soon
as it is complete and then forgotten, so memory holds one tree whatever the size of the file.
"""

import codecs
import pickle
import pickletools
import re
from collections.abc import Callable
from typing import BinaryIO

import numpy as np

from onnx101.errors import ConversionError
from onnx101.trees import Tree, from_records

# What a file may make us hold besides finished trees, in bytes; an instruction counts as 100.
BUDGET = 2**30
_INSTRUCTION = 100
# A buffer above this size is forgotten with its tree.
_LARGE = 1_000

_INSTRUCTIONS = frozenset(
    """PROTO FRAME STOP MARK POP DUP MEMOIZE BINPUT LONG_BINPUT BINGET LONG_BINGET
    NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT
    BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8
    EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS
    GLOBAL STACK_GLOBAL REDUCE NEWOBJ BUILD""".split()
)
_NAMES = {ord(opcode.code): opcode.name for opcode in pickletools.opcodes}


class Inert:
    """Stands for an object of the pickle: keeps what it was made from and does nothing."""

    def __init__(self, *args):
        self.args = args
        self.state = {}

    def __setstate__(self, state):
        self.state = state


class Estimator(Inert):
    """A fitted estimator: `state` holds its attributes by name."""


class Dtype(Inert):
    """A numpy dtype of numbers, strings, or records of numbers."""

    def __init__(self, code, align=False, copy=True):
        if not (isinstance(code, str) and re.fullmatch(r"[biufSUVO]\d{1,9}", code)):
            raise ConversionError("the pickle holds an array of an unknown type")
        self.dtype = np.dtype("O" if code[0] == "O" else code)

    def __setstate__(self, state):
        _, order, _, names, fields, itemsize = state[:6]
        if names:
            formats, offsets = zip(*(fields[name][:2] for name in names), strict=True)
            self.dtype = np.dtype(
                {
                    "names": names,
                    "formats": [part.dtype for part in formats],
                    "offsets": offsets,
                    "itemsize": itemsize,
                }
            )
        elif order in "<>":
            self.dtype = self.dtype.newbyteorder(order)


class Array(Inert):
    """A numpy array; `value` is None until its state is known."""

    value: np.ndarray | None = None

    def __setstate__(self, state):
        _, shape, dtype, fortran, content = state
        self.value = array(content, dtype, shape, "F" if fortran else "C")


class Wrapped(Array):
    """`numpy._core.numeric._frombuffer`, which protocol 5 uses."""

    def __init__(self, content, dtype, shape, order):
        self.value = array(content, dtype, shape, order)


class Scalar(Inert):
    """`numpy._core.multiarray.scalar`."""

    def __new__(cls, dtype, content):
        return array(content, dtype, (), "C").item()


class Encoded(Inert):
    """`_codecs.encode`: how protocol 2 writes bytes."""

    def __new__(cls, text, encoding):
        if encoding != "latin1":
            raise ConversionError(f"the pickle holds text as {encoding!r}: not a forest")
        return codecs.latin_1_encode(text)[0]


def array(content, dtype, shape, order) -> np.ndarray:
    """The array of this shape over `content`, bytes or (for objects) a list."""
    if dtype.dtype.hasobject:
        value = np.empty(len(content), dtype=object)
        for i, item in enumerate(content):
            value[i] = item
    else:
        value = np.frombuffer(content, dtype=dtype.dtype)
    return value.reshape(shape, order=order)


class Class(Inert):
    """A class that is only named, such as `numpy.ndarray`."""


_FORESTS = ("RandomForest", "ExtraTrees")
_ESTIMATORS = {
    ("sklearn.ensemble._forest", name + kind): type(name + kind, (Estimator,), {})
    for name in _FORESTS
    for kind in ("Regressor", "Classifier")
} | {
    ("sklearn.tree._classes", name + kind): type(name + kind, (Estimator,), {})
    for name in ("DecisionTree", "ExtraTree")
    for kind in ("Regressor", "Classifier")
}
_NUMPY = {
    ("_codecs", "encode"): Encoded,
    ("numpy", "ndarray"): Class,
    ("numpy", "dtype"): Dtype,
} | {
    (f"numpy.{core}.{module}", name): stub
    for core in ("core", "_core")
    for module, name, stub in [
        ("multiarray", "_reconstruct", Array),
        ("multiarray", "scalar", Scalar),
        ("numeric", "_frombuffer", Wrapped),
    ]
}
_IGNORED = {
    ("numpy.random._pickle", "__randomstate_ctor"): Class,
    ("numpy.random._pickle", "__bit_generator_ctor"): Class,
    ("numpy.random._mt19937", "MT19937"): Class,
}


class ForestUnpickler(pickle._Unpickler):
    """Follows one pickle. Calls `emit` with each tree, in the order of the file.

    `root` is the name of the outermost estimator, known as soon as the file names it.
    """

    def __init__(self, file: BinaryIO, emit: Callable[[Tree], None]):
        super().__init__(_Metered(file, self))
        self.dispatch = _Dispatch(self)
        self.emit = emit
        self.root: str | None = None
        self.held = self.trees = 0
        self._large: list[int] = []
        self._allowed = _ESTIMATORS | _NUMPY | _IGNORED
        self._allowed["sklearn.tree._tree", "Tree"] = type("Tree", (TreeStub,), {"reader": self})

    # region allow
    def find_class(self, module: str, name: str) -> type[Inert]:
        """The inert stand-in for a name; a name that is not in the list ends the reading."""
        try:
            return self._allowed[module, name]
        except KeyError:
            raise ConversionError(
                f"the pickle asks for {module}.{name}, which no forest needs: nothing was run"
            ) from None

    # endregion allow

    def spend(self, size: int) -> None:
        self.held += size
        if self.held > BUDGET:
            raise ConversionError("the pickle asks for more memory than any forest needs")

    def begin_tree(self) -> None:
        self._large.clear()
        self._before = self.held

    def forget_tree(self) -> None:
        """Let the buffers of the tree that is complete go: the memo would keep them to the end."""
        for index in self._large:
            self.memo[index] = None
        self._large.clear()
        self.held = self._before

    def load(self):
        try:
            return super().load()
        except (ConversionError, OSError):
            raise
        except EOFError:
            raise ConversionError("the pickle ends too early: the file is cut off") from None
        except Exception as error:
            raise ConversionError(f"not a pickle of a forest, or a damaged one: {error}") from None

    def load_reduce(self):
        if not _is_stub(self.stack[-2]):
            raise ConversionError("the pickle calls something that is not a name: nothing was run")
        super().load_reduce()

    def load_newobj(self):
        if not _is_stub(self.stack[-2]):
            raise ConversionError("the pickle calls something that is not a name: nothing was run")
        args = self.stack.pop()
        self.stack[-1] = self.stack[-1](*args)

    def load_build(self):
        if not isinstance(self.stack[-2], Inert):
            raise ConversionError("the pickle changes something that is not its own: not a forest")
        super().load_build()

    def load_bytearray8(self):
        self.load_binbytes8()  # bytes will do, and nothing is allocated before it is read

    def load_setitem(self):
        self._put([self.stack.pop(-2), self.stack.pop()])

    def load_setitems(self):
        self._put(self.pop_mark())

    def _put(self, items):
        target = self.stack[-1]
        if type(target) is not dict:
            raise ConversionError("the pickle changes something that is not a dict: not a forest")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str | int | float):
                raise ConversionError("the pickle has a dict with an unusual key: not a forest")
            target[key] = value

    def load_memoize(self):
        super().load_memoize()
        self._note(len(self.memo) - 1)

    def load_binput(self):
        self._store(self.read(1)[0])

    def load_long_binput(self):
        self._store(int.from_bytes(self.read(4), "little"))

    def _store(self, index):
        self.memo[index] = self.stack[-1]
        self._note(index)

    def _note(self, index):
        if _is_large(self.memo[index]):
            self._large.append(index)


def _is_stub(value) -> bool:
    return isinstance(value, type) and issubclass(value, Inert)


def _is_large(value) -> bool:
    if isinstance(value, tuple):
        return any(map(_is_large, value[-5:]))
    return isinstance(value, Array) or (isinstance(value, bytes | str) and len(value) > _LARGE)


class TreeStub(Inert):
    """Stands for `sklearn.tree._tree.Tree`."""

    reader: ForestUnpickler

    def __init__(self, features, classes, outputs):
        self.features = features
        self.reader.begin_tree()

    # region stream
    def __setstate__(self, state):
        """Turn the tree into bytes and let it go."""
        nodes, values = state["nodes"].value, state["values"].value
        self.reader.emit(from_records(nodes, values, self.features))
        self.position = self.reader.trees
        self.reader.trees += 1
        state.clear()
        self.reader.forget_tree()

    # endregion stream


class _Dispatch(dict):
    """The instructions a forest may use; each one counts against the budget."""

    def __init__(self, reader: ForestUnpickler):
        own = type(reader)
        super().__init__()
        for code, method in pickle._Unpickler.dispatch.items():
            if _NAMES[code] in _INSTRUCTIONS:
                self[code] = getattr(own, method.__name__)
        self._reader = reader

    def __getitem__(self, code):
        self._reader.spend(_INSTRUCTION)
        return super().__getitem__(code)

    def __missing__(self, code):
        name = _NAMES.get(code)
        if name is None:
            raise ConversionError("not a pickle: use a file written by pickle or joblib")
        raise ConversionError(
            f"the pickle uses the instruction {name}, which no forest needs: nothing was run"
        )


class _Metered:
    """A file that never reads more than it may: sizes in a pickle are claims, not facts."""

    def __init__(self, file: BinaryIO, reader: ForestUnpickler):
        self._file, self._reader = file, reader

    def read(self, size: int) -> bytes:
        if size > _LARGE:
            self._reader.spend(size)
        data = self._file.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def readline(self) -> bytes:
        return self._file.readline(_LARGE)
