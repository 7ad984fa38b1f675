"""Reads a pickled forest as data: nothing in it is ever imported or called.

The machine's names become inert values (see `inert` and `arrays`). A tree is handed on as soon as
it is complete and then emptied, so memory holds one tree whatever the size of the file.
"""

from typing import BinaryIO

from onnx101.arrays import Array, Record
from onnx101.budget import Budget
from onnx101.errors import ConversionError
from onnx101.foreign import WRITERS
from onnx101.inert import HEADS, Emit, Inert, Name, Object, Reader
from onnx101.machine import Machine
from onnx101.names import NEEDED, is_harmful
from onnx101.tape import Tape

_MAX_ARGUMENTS = 8


class ForestUnpickler(Reader, Machine):
    """Follows one pickle or joblib file and calls `emit` with each tree, in the file's order.

    file: may say by `shown()` how much of it was read; else its position does. bounded: whether
    what the file may cost has a limit; only our own pickles need none.
    """

    def __init__(self, file: BinaryIO, emit: Emit = id, bounded: bool = True):
        Reader.__init__(self, emit)
        budget = Budget(getattr(file, "shown", file.tell), bounded)
        Machine.__init__(self, Tape(file), budget)
        self._in_array = False
        self._code = ""  # the package that pickled code

    def load(self):
        """Read to the end and return the stand-in for the pickled object."""
        try:
            self._tape.expect_pickle()
            return self._run()
        except (ConversionError, OSError):
            raise
        except EOFError:
            raise ConversionError("the file ends too early: it was cut off") from None
        except MemoryError:
            raise ConversionError("the file asks for more memory than there is") from None
        except Exception:
            raise ConversionError(
                f"the file is {WRITERS[self._code]}"
                if self._code
                else "the pickle makes no sense: a damaged file"
            ) from None

    # Names and calls.

    def _global(self):
        module = self._tape.line().decode()
        self._name(module, self._tape.line().decode())

    def _stack_global(self):
        name, module = self._stack.pop(), self._stack.pop()
        self._name(module, name)

    def _name(self, module: str, name: str) -> None:
        if type(module) is not str or type(name) is not str:
            raise ConversionError("the pickle has a name that is no text: a damaged file")
        if is_harmful(module, name):
            raise ConversionError(
                f"the pickle asks for {ascii(f'{module}.{name}')[1:-1][:100]}, which no model "
                "needs and an attack may: nothing was run; find out who made the file"
            )
        package = module.partition(".")[0]
        if package in WRITERS:
            self._code = package
        self._push(Name(module, name), 200 + 4 * (len(module) + len(name)))

    def _reduce(self):
        args = self._stack.pop()
        self._call(self._stack.pop(), args)

    _newobj = _reduce

    def _newobj_ex(self):
        self._stack.pop()
        self._reduce()

    def _call(self, name, args) -> None:
        if type(name) is not Name or type(args) is not tuple:
            by = f"is {WRITERS[self._code]}" if self._code else "calls what is not a name"
            raise ConversionError(f"the pickle {by}: nothing was run")
        self.budget.spend(4)
        make = NEEDED.get((name.module, name.name))
        if make is None:
            self.has_head |= name.name in HEADS
            self._push(Object(name, args), 300)
            return
        if len(args) > _MAX_ARGUMENTS:
            raise ConversionError(f"{name.name} is called with too much: a damaged file")
        self._push(make(self, *args), 150)

    def _build(self):
        state, made = self._stack.pop(), self._stack[-1]
        if not isinstance(made, Inert) or made.is_built:
            raise ConversionError("the pickle changes what is complete: a damaged file")
        self.budget.spend(4)
        made.is_built = True
        made.build(self, state)
        if isinstance(made, Record):
            self._stack[-1] = self._read_array(made)

    # What joblib writes between the instructions.

    def _read_array(self, record: Record) -> Array:
        """The array that joblib wrote behind its record."""
        if self._in_array:
            raise ConversionError("an array's record stands inside another's: a damaged file")
        self._tape.expect_end_of_frame()
        if record.dtype.dtype == object:
            return self._read_objects(record)
        if record.alignment is not None:
            padding = self._size(1)
            if not 1 <= padding <= record.alignment:
                raise ConversionError("an array's record is padded too far: a damaged file")
            self._tape.take(padding)
        array = Array(self)
        array.is_built = True
        array.fill(self._buffer(record.bytes), record.dtype, record.shape, record.order)
        return array

    def _read_objects(self, record: Record) -> Array:
        """The objects of an array, a pickle of their own inside the file."""
        outer = self._stack, self._below, self._memo
        self._stack, self._below, self._memo = [], [], []
        self._in_array = True
        array = self._run()
        self._stack, self._below, self._memo = outer
        self._in_array = False
        if not isinstance(array, Array) or not array.is_objects(record.shape):
            raise ConversionError("an array is of another shape than its record: a damaged file")
        return array
