"""The pickle machine, with a stack and a memo, over plain values only.

Each instruction costs a step and each value that it leaves is weighed (see `budget`), so that time
and memory follow what was read. None looks at more than its own operands, and none is recursive.
"""

import pickletools
import struct
from collections.abc import Callable
from sys import getsizeof

from onnx101.budget import MAX_STACK, Budget
from onnx101.errors import ConversionError
from onnx101.inert import Object, Set, Skipped, Text
from onnx101.tape import Tape

# Values larger than this are buffers, which can be released.
_LONG_TEXT, _LONG_BYTES = 1_000, 64
_STOP = ord(".")
_OPCODES = {ord(opcode.code): opcode.name for opcode in pickletools.opcodes}


class Machine:
    """Runs the instructions that make plain values and containers; a subclass adds the rest.

    The method of an instruction has its name, as pickletools knows it, in lower case.
    """

    def __init__(self, tape: Tape, budget: Budget):
        self._tape, self.budget = tape, budget
        self._stack, self._below, self._memo = [], [], []
        self._run_by_code = [self._refusing(code) for code in range(256)]
        for code, name in _OPCODES.items():
            if method := getattr(self, f"_{name.lower()}", None):
                self._run_by_code[code] = method

    def _run(self):
        """Run to the end of one pickle and return what it leaves."""
        take, budget, run = self._tape.take, self.budget, self._run_by_code
        while (code := take(1)[0]) != _STOP:
            budget.steps += 1
            if budget.steps > budget.allowed:
                budget.look()
                self._check_stack()
            run[code]()
        self._tape.expect_end_of_frame()
        return self._stack.pop()

    def _check_stack(self) -> None:
        waiting = len(self._stack) + sum(16 + len(stack) for stack in self._below)
        if waiting > MAX_STACK and self.budget.bounded:
            raise ConversionError("the pickle keeps more waiting than any pickler does")

    def _refusing(self, code: int) -> Callable:
        def refuse():
            if code not in _OPCODES:
                raise ConversionError("the pickle has what is no instruction: a damaged file")
            raise ConversionError(
                f"the pickle has the instruction {_OPCODES[code]}, as no forest needs: "
                "nothing was run"
            )

        return refuse

    def _push(self, value, weight: int) -> None:
        self.budget.hold(weight)
        self._stack.append(value)

    # The file and the stack.

    def _proto(self):
        self._tape.take(1)

    def _frame(self):
        self._tape.enter(self._size(8))

    def _size(self, width: int) -> int:
        return int.from_bytes(self._tape.take(width), "little")

    def _mark(self):
        self._below.append(self._stack)
        self._stack = []

    def _popped(self) -> list:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _pop(self):
        if self._stack:
            self._stack.pop()
        else:
            self._popped()

    def _pop_mark(self):
        self._popped()

    def _dup(self):
        self._stack.append(self._stack[-1])

    # The memo, which picklers number one by one.

    def _memoize(self):
        self._put(len(self._memo))

    def _binput(self):
        self._put(self._size(1))

    def _long_binput(self):
        self._put(self._size(4))

    def _put(self, place: int) -> None:
        if place < len(self._memo):
            self._memo[place] = self._stack[-1]
            return
        if place > len(self._memo) + 1:  # Python 2 begins at 1
            raise ConversionError("the pickle numbers its memo as no pickler does")
        self.budget.hold(16 * (place + 1 - len(self._memo)))
        self._memo.extend([None] * (place - len(self._memo)))
        self._memo.append(self._stack[-1])

    def _binget(self):
        self._stack.append(self._memo[self._size(1)])

    def _long_binget(self):
        self._stack.append(self._memo[self._size(4)])

    # Plain values.

    def _none(self):
        self._stack.append(None)

    def _newtrue(self):
        self._stack.append(True)

    def _newfalse(self):
        self._stack.append(False)

    def _binint(self):
        self._push(int.from_bytes(self._tape.take(4), "little", signed=True), 32)

    def _binint1(self):
        self._stack.append(self._size(1))

    def _binint2(self):
        self._push(self._size(2), 32)

    def _long1(self):
        size = self._size(1)
        self._push(int.from_bytes(self._tape.take(size), "little", signed=True), 32 + 2 * size)

    def _binfloat(self):
        self._push(struct.unpack(">d", self._tape.take(8))[0], 32)

    def _binunicode(self):
        self._text(self._size(4))

    def _short_binunicode(self):
        self._text(self._size(1))

    def _binunicode8(self):
        self._text(self._size(8))

    def _text(self, size: int) -> None:
        if size > _LONG_TEXT:
            content = self._buffer(size)
            self._push(content if isinstance(content, Skipped) else Text(content), 64)
            return
        text = self._tape.take(size).decode(errors="surrogatepass")
        self._push(text, getsizeof(text))

    def _binbytes(self):
        self._bytes(self._size(4))

    def _short_binbytes(self):
        self._bytes(self._size(1))

    def _binbytes8(self):
        self._bytes(self._size(8))

    _bytearray8 = _binbytes8

    def _bytes(self, size: int) -> None:
        if size > _LONG_BYTES:
            self._push(self._buffer(size), 64)
        else:
            self._push(self._tape.take(size), 40 + size)

    def _buffer(self, size: int) -> memoryview | Skipped:
        if not self.budget.has_room(size):
            self._tape.skip(size)
            return Skipped()
        self.budget.hold_buffer(size)
        return self._tape.buffer(size, self.budget.spare(size))

    # Containers.

    def _empty_tuple(self):
        self._stack.append(())

    def _tuple(self):
        items = self._popped()
        self._push(tuple(items), 56 + 8 * len(items))

    def _tuple1(self):
        self._last(1)

    def _tuple2(self):
        self._last(2)

    def _tuple3(self):
        self._last(3)

    def _last(self, count: int) -> None:
        items = tuple(self._stack[-count:])
        if len(items) < count:
            raise IndexError
        self._stack[-count:] = [items]
        self.budget.hold(56 + 8 * count)

    def _empty_list(self):
        self._push([], 96)

    def _append(self):
        value = self._stack.pop()
        self._extend([value])

    def _appends(self):
        self._extend(self._popped())

    def _extend(self, items: list) -> None:
        target = self._stack[-1]
        self.budget.hold(16 * len(items))
        (target.items if isinstance(target, Object) else target).extend(items)

    def _empty_set(self):
        self._push(Set(), 96)

    _additems = _appends

    def _frozenset(self):
        items = self._popped()
        self._push(Set(items), 96 + 8 * len(items))

    def _empty_dict(self):
        self._push({}, 64)

    def _setitem(self):
        value, key = self._stack.pop(), self._stack.pop()
        self._set([key, value])

    def _setitems(self):
        self._set(self._popped())

    def _set(self, items: list) -> None:
        target = self._stack[-1]
        if isinstance(target, Object):
            self._extend(items)
            return
        if type(target) is not dict:
            raise ConversionError("the pickle puts items where there is no dict: a damaged file")
        size = getsizeof(target)
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) is not str:  # text only: other keys can be crafted to collide
                self.budget.hold(80)
                key = text_of(key, len(target))
            if key in target:
                raise ConversionError(f"a dict has two keys that read {key[:50]!r}: rename one")
            target[key] = value
        self.budget.hold(getsizeof(target) - size)


def text_of(key: object, place: int) -> str:
    """The text that a key of a dict becomes: a number is written, others say their place."""
    if type(key) is str:
        return key
    is_plain = type(key) is float or (isinstance(key, int) and abs(key) < 2**64)
    return repr(key) if is_plain else f"item{place}"
