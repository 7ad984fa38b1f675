"""Reads a `.skops` file as data: a zip with the objects in `schema.json`, and arrays.

The objects become what a pickle's become (see `inert`), and trees are handed on in the same way,
one in memory at a time. Nothing of skops is imported, and no class that the file names.
"""

import io
import json
import zipfile
from typing import BinaryIO

import numpy as np

from onnx101.arrays import Array, size_of
from onnx101.budget import Budget
from onnx101.errors import ConversionError
from onnx101.inert import (
    HEADS,
    Emit,
    Estimator,
    FittedPredictor,
    FittedTree,
    Name,
    Object,
    Reader,
)
from onnx101.names import NEEDED

SCHEMA = "schema.json"
# The list of files in the zip, and the schema: a tree takes 500 bytes of one, 16 kB of the other.
_MAX_LIST, _MAX_SCHEMA = 2**22, 2**25
# The memory of an item of the schema, once parsed.
_ITEM = 72
_MAX_DEPTH = 60
# Limits of a file in the zip: this many bytes, plus a multiple of its compressed size.
_FREE, _EXPANSION = 2**20, 50
_HEADER = 10_000  # the longest array header that NumPy reads
_PIECE = 2**20


class SkopsReader(Reader):
    """Follows one .skops file and calls `emit` with each tree, in the file's order.

    file: can be sought. bounded: as in ForestUnpickler.
    """

    kind = ".skops file"

    def __init__(self, file: BinaryIO, emit: Emit = id, bounded: bool = True):
        super().__init__(emit)
        self._file, self._read = file, 0
        self.budget = Budget(lambda: self._read, bounded)
        self._made: dict[str, object] = {}

    def load(self):
        """Read to the end and return the stand-in for the object."""
        try:
            size = self._file.seek(0, io.SEEK_END)
            with zipfile.ZipFile(Listed(self._file)) as self._zip:
                if any(info.flag_bits & 1 for info in self._zip.infolist()):
                    raise ConversionError("the zip is encrypted: save the model without a password")
                self._left = size
                return self._value(self._schema(), 0)
        except (ConversionError, OSError):
            raise
        except MemoryError:
            raise ConversionError("the file asks for more memory than there is") from None
        except Exception:
            raise ConversionError("the .skops file makes no sense: a damaged file") from None

    # The zip.

    def _content(self, name: str) -> bytearray:
        """A file in the zip."""
        info = self._zip.getinfo(name)
        self._left -= info.compress_size
        if self._left < 0:
            raise ConversionError("files in the zip share their bytes: a damaged file")
        if info.file_size > _FREE + _EXPANSION * info.compress_size:
            raise ConversionError(f"the zip expands more than {_EXPANSION} times: unpack it first")
        content = bytearray()
        with self._zip.open(info) as file:
            while piece := file.read(_PIECE):
                content += piece
                self._read += len(piece)
        return content

    # The schema.

    def _schema(self):
        if self._zip.getinfo(SCHEMA).file_size > _MAX_SCHEMA:
            raise ConversionError(
                f"the schema of the .skops file passes {_MAX_SCHEMA >> 20} MB, enough for 2,000 "
                "trees: load it and use onnx101.to_onnx"
            )
        schema = self._content(SCHEMA)
        self.budget.spend(len(schema) >> 4)
        self.budget.hold(len(schema) + _ITEM * schema.count(b","))  # before there is any
        return json.loads(schema, object_hook=self._node)

    def _node(self, node: dict):
        """A compact form of each object of the schema, made while parsing."""
        match node.get("__loader__"):
            case "JsonNode":
                return json.loads(node["content"])
            case "TypeNode":
                return Name(node["__module__"], node["__class__"])
        return node

    def _value(self, node, depth: int):
        """The value of a node."""
        if depth > _MAX_DEPTH:
            raise ConversionError(f"the file's objects stand more than {_MAX_DEPTH} deep")
        self.budget.spend(8)
        if not isinstance(node, dict):
            return node
        key = repr(node["__id__"])  # as text: numbers can be crafted to collide
        if key not in self._made:  # of two with the same id, skops takes the first, too
            self._made[key] = self._new(node, depth + 1)
        return self._made[key]

    def _new(self, node: dict, depth: int):
        content = node.get("content")
        match node["__loader__"]:
            case "DictNode":
                return self._dict(node, depth)
            case "ListNode":
                return [self._value(each, depth) for each in content]
            case "TupleNode":
                return tuple(self._value(each, depth) for each in content)
            case "NdArrayNode":
                return self._array(node, depth)
            case "ObjectNode" | "TreeNode":
                return self._object(node, depth)
            case "SliceNode":
                parts = tuple(self._value(content[key], depth) for key in ("start", "stop", "step"))
                return Object(Name("builtins", "slice"), parts)
        return Object(Name(node["__module__"], node["__class__"]), ())

    def _dict(self, node: dict, depth: int) -> dict:
        return {key: self._value(each, depth) for key, each in node["content"].items()}

    def _object(self, node: dict, depth: int):
        name = Name(node["__module__"], node["__class__"])
        make = NEEDED.get((name.module, name.name))
        args = node.get("__reduce__", {}).get("args")
        args = self._value(args, depth) if args is not None else ()
        if isinstance(make, type) and issubclass(make, Estimator | FittedTree | FittedPredictor):
            made = make(self, *args)
        else:
            made = Object(name, args)
            self.has_head |= name.name in HEADS
        made.is_built = True
        if node.get("content") is not None:
            made.build(self, self._value(node["content"], depth))
        return made

    def _array(self, node: dict, depth: int):
        """An array or a NumPy scalar."""
        if node["type"] == "json":
            shape = self._value(node["shape"], depth)
            items = _flat([self._value(each, depth) for each in node["content"]], len(shape))
            return Array.of(self, items, np.dtype(object), shape, "C")
        size = self._zip.getinfo(node["file"]).file_size
        if not self.budget.has_room(size):
            return Array(self)
        self.budget.hold_buffer(size)
        content = self._content(node["file"])
        header = io.BytesIO(content[:_HEADER])
        version = np.lib.format.read_magic(header)
        read = {(1, 0): np.lib.format.read_array_header_1_0}
        read[2, 0] = np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read[version](header)
        if dtype.hasobject or size_of(shape) * dtype.itemsize != len(content) - header.tell():
            raise ConversionError("an array is of another size than it says: a damaged file")
        del content[: header.tell()]
        self.budget.buffers -= header.tell()
        array = Array.of(self, content, dtype, shape, "F" if fortran else "C")
        return array if node["__class__"] == "ndarray" else array.value.item()


def _flat(items: list, dimensions: int) -> list:
    for _ in range(dimensions - 1):
        items = [item for each in items for item in each]
    return items


class Listed:
    """A file whose list of contents, the largest piece that zipfile reads at once, is bounded."""

    def __init__(self, file: BinaryIO):
        self.seek, self.tell, self._file = file.seek, file.tell, file
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(_MAX_LIST if size < 0 else min(size, _MAX_LIST))
        if len(data) == _MAX_LIST:
            raise ConversionError("the zip lists more files than any model has")
        return data
