"""Reads a pickled forest as data: nothing in it is ever imported or called.

A pickle is a program. This reader follows it with Python's own pure-Python unpickler, but every
name it may look up is in a list, where it stands for inert data; every other name, and every
instruction a forest does not need, is refused before anything runs. Each tree is handed on as soon
as it is complete and then emptied, so memory holds one tree whatever the size of the file.
"""

import pickle
import pickletools
from collections.abc import Callable
from math import prod
from typing import BinaryIO

from onnx101.errors import ConversionError
from onnx101.inert import (
    Array,
    Encoded,
    Estimator,
    FittedPredictor,
    FittedTree,
    Inert,
    Record,
    Text,
)
from onnx101.names import ALLOWED, refusal
from onnx101.trees import Tree

# What a file may make us hold: instructions of up to 100 bytes, and bytes beside and in a tree.
MAX_INSTRUCTIONS, MAX_HELD, MAX_TREE = 3_000_000, 2**27, 2**31
# A value above this size can be emptied.
_LARGE = 1_000
_MAX_LINE, _MAX_FRAME = 1_000, 2**24
# What is asked for before the file has shown that there is more.
_PIECE = 2**24

_INSTRUCTIONS = {
    *("PROTO", "FRAME", "STOP", "MARK", "POP", "DUP", "GLOBAL", "STACK_GLOBAL"),
    *("MEMOIZE", "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET"),
    *("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "APPEND", "APPENDS"),
    *("EMPTY_DICT", "SETITEM", "SETITEMS", "REDUCE", "NEWOBJ", "BUILD"),
}
_OPCODES = {ord(opcode.code): opcode.name for opcode in pickletools.opcodes}


class ForestUnpickler(pickle._Unpickler):
    """Follows one pickle or joblib file and calls `emit` with each tree, in the file's order.

    bounded: whether what the file may make us hold has a limit; only our own pickles need none.
    """

    def __init__(self, file: BinaryIO, emit: Callable[[Tree], None], bounded: bool = True):
        super().__init__(_Bounded(file))
        self._file, self._emit, self.bounded = file, emit, bounded
        self._allowed = dict(ALLOWED)
        for name, stub in ALLOWED.items():
            if issubclass(stub, Encoded | FittedTree | FittedPredictor):
                self._allowed[name] = type(
                    stub.__name__, (stub,), {"__slots__": (), "reader": self}
                )
        self.dispatch = _Dispatch(self)
        self.trees = self.instructions = self._held = 0
        self._buffers_held: list[bytearray] = []
        self._tree_is_open = False
        self.newest = ""  # the estimator that the next tree belongs to

    # region allow
    def find_class(self, module: str, name: str) -> type[Inert]:
        """The inert stand-in of a name; any other name ends the reading."""
        if (module, name) not in self._allowed:
            raise ConversionError(refusal(module, name, self.newest))
        return self._allowed[module, name]

    # endregion allow

    def load(self):
        """Read to the end and return what stands for the pickled object."""
        try:
            return super().load()
        except (ConversionError, OSError):
            raise
        except EOFError:
            raise ConversionError("the file ends too early: it was cut off") from None
        except MemoryError:
            raise ConversionError("the file asks for more memory than there is") from None
        except Exception:
            raise ConversionError("not a pickled forest, or a damaged one") from None

    # What the stand-ins call.

    def hold(self, content: bytearray) -> bytearray:
        """Count `content` until it is emptied."""
        self._buffers_held = [buffer for buffer in self._buffers_held if buffer]
        self._buffers_held.append(content)
        self._spend(0)
        return content

    def open_tree(self) -> None:
        """A tree begins: what is held may grow by it."""
        self._tree_is_open = True

    def hand_on(self, tree: Tree) -> int:
        """Emit a complete tree and return its place in the file."""
        self._emit(tree)
        self.trees += 1
        return self.trees - 1

    def close_tree(self) -> None:
        """The tree is emptied."""
        self._tree_is_open = False

    def _spend(self, size: int) -> None:
        self._held += size
        most = MAX_HELD + (MAX_TREE if self._tree_is_open else 0)
        if self.bounded and self._held + sum(map(len, self._buffers_held)) > most:
            raise ConversionError("the file holds more than any forest needs")

    # Instructions that differ from the plain unpickler's.

    def load_reduce(self):
        self._check_name(self.stack[-2])
        super().load_reduce()

    def load_newobj(self):
        args, made = self.stack.pop(), self._check_name(self.stack.pop())
        if issubclass(made, Estimator):
            self.newest = made.__name__
        self.append(made(*args))

    def _check_name(self, value) -> type[Inert]:
        if not (isinstance(value, type) and issubclass(value, Inert)):
            raise ConversionError("the pickle calls what is not a name: nothing was run")
        return value

    def load_build(self):
        if not isinstance(self.stack[-2], Inert):
            raise ConversionError("the pickle changes what is not an object: nothing was run")
        super().load_build()
        if isinstance(self.stack[-1], Record):
            self.stack[-1] = self._read_array(self.stack[-1].state)

    def load_setitem(self):
        value, key = self.stack.pop(), self.stack.pop()
        self._set_items([key, value])

    def load_setitems(self):
        self._set_items(self.pop_mark())

    def _set_items(self, items):
        target = self.stack[-1]
        if type(target) is not dict or not all(
            isinstance(key, str | int | float) for key in items[::2]
        ):
            raise ConversionError("the pickle has a dict that no forest needs: nothing was run")
        target.update(zip(items[::2], items[1::2], strict=True))

    def load_binbytes(self):
        self.append(self._payload(int.from_bytes(self.read(4), "little")))

    def load_binbytes8(self):
        self.append(self._payload(int.from_bytes(self.read(8), "little")))

    load_bytearray8 = load_binbytes8

    def load_short_binbytes(self):
        self.append(self._payload(self.read(1)[0]))

    def load_binunicode(self):
        self.append(self._text(int.from_bytes(self.read(4), "little")))

    def load_binunicode8(self):
        self.append(self._text(int.from_bytes(self.read(8), "little")))

    def load_short_binunicode(self):
        self.append(self._text(self.read(1)[0]))

    def load_long1(self):
        self.append(pickle.decode_long(self._payload(self.read(1)[0])))

    def load_frame(self):
        size = int.from_bytes(self.read(8), "little")
        if size > _MAX_FRAME:
            raise ConversionError("the pickle has a frame of a size that no pickler writes")
        self._unframer.load_frame(size)

    def _text(self, size: int) -> str | Text:
        content = self._payload(size)
        return (
            content.decode(errors="surrogatepass") if isinstance(content, bytes) else Text(content)
        )

    def _payload(self, size: int) -> bytes | bytearray:
        self._spend(size)  # before memory is asked for: a size is a claim, not a fact
        if size <= _LARGE:
            return self.read(size)
        self._held -= size
        content = self.hold(bytearray(min(size, _PIECE)))
        frame = self._unframer.current_frame
        read = frame.readinto(content) if frame else 0
        if read == 0:
            self._unframer.current_frame = None
            read = self._file.readinto(content)
        while read == len(content) < size:  # no more than doubles what the file did hold
            content.extend(bytes(min(read, size - read)))
            with memoryview(content)[read:] as rest:
                read += self._file.readinto(rest)
        if read < size:
            raise EOFError
        return content

    def _read_array(self, state) -> Array:
        """The array that joblib wrote behind its record."""
        frame = self._unframer.current_frame
        if frame and frame.read(1):
            raise ConversionError("an array stands inside a frame: a damaged file")
        dtype, shape = state["dtype"], state["shape"]
        if dtype.dtype.hasobject:
            return self._read_nested()
        if state.get("numpy_array_alignment_bytes") is not None:  # since joblib 1.2
            self.read(self.read(1)[0])
        if any(type(size) is not int or size < 0 for size in shape):
            raise ConversionError("an array's shape is no shape: a damaged file")
        array = Array()
        array.fill(self._payload(prod(shape) * dtype.dtype.itemsize), dtype, shape, state["order"])
        return array

    def _read_nested(self) -> Array:
        """The objects of an array, a pickle of their own inside the file."""
        inner = ForestUnpickler(self._file, self._emit, self.bounded)
        inner.trees, inner.instructions, inner._held = self.trees, self.instructions, self._held
        inner._buffers_held = self._buffers_held
        array = inner.load()
        self.trees, self.instructions, self._held = inner.trees, inner.instructions, inner._held
        self._buffers_held = inner._buffers_held
        return array


class _Dispatch(dict):
    """The instructions a forest may use, counted."""

    def __init__(self, reader: ForestUnpickler):
        super().__init__()
        self._reader = reader
        for code, method in pickle._Unpickler.dispatch.items():
            if _OPCODES[code] in _INSTRUCTIONS:
                self[code] = getattr(ForestUnpickler, method.__name__)

    def __getitem__(self, code):
        self._reader.instructions += 1
        if self._reader.bounded and self._reader.instructions > MAX_INSTRUCTIONS:
            raise ConversionError(
                f"the pickle has more than {MAX_INSTRUCTIONS:,} instructions, enough for 8,000 "
                "trees: load it and use onnx101.to_onnx"
            )
        return super().__getitem__(code)

    def __missing__(self, code):
        if code not in _OPCODES:
            raise ConversionError("not a pickle: give a file that pickle or joblib wrote")
        raise ConversionError(
            f"the pickle has the instruction {_OPCODES[code]}, as no forest needs: nothing was run"
        )


class _Bounded:
    """Small reads of a file, complete or not at all."""

    def __init__(self, file: BinaryIO):
        self._file = file

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def readline(self) -> bytes:
        return self._file.readline(_MAX_LINE)
