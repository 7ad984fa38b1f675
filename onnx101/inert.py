"""What the names in a pickled forest stand for here: data that does nothing.

None of these is a numpy or scikit-learn object, as a pickle may do to an object whatever it likes.
"""

import re
from math import prod
from typing import Protocol

import numpy as np

from onnx101.errors import ConversionError
from onnx101.records import from_predictor, from_records
from onnx101.trees import Tree, with_probabilities


class Inert:
    """Keeps what an object was made from."""

    __slots__ = ("args", "state")

    def __init__(self, *args):
        self.args, self.state = args, None

    def __setstate__(self, state):
        self.state = state


class Estimator(Inert):
    """A scikit-learn estimator: `state` has its attributes by name."""

    __slots__ = ()


class Dtype(Inert):
    """A numpy dtype: numbers, text, objects, or records of numbers."""

    __slots__ = ("dtype",)

    def __init__(self, kind, align, copy):
        if not (isinstance(kind, str) and re.fullmatch(r"[bifuSUVO]\d{1,5}", kind)):
            raise ConversionError("an array is of a kind that no forest needs: nothing was run")
        self.dtype = np.dtype(object if kind[0] == "O" else kind)

    def __setstate__(self, state):
        _, order, _, names, fields, size = state[:6]
        if names is None:
            self.dtype = self.dtype.newbyteorder(order)
            return
        formats = [fields[name][0].dtype for name in names]
        offsets = [fields[name][1] for name in names]
        ends = [at + part.itemsize for at, part in zip(offsets, formats, strict=True)]
        if any(start < end for start, end in zip([*offsets, size], [0, *ends], strict=True)):
            raise ConversionError("an array's fields overlap: a damaged file")
        if any(part.kind not in "biuf" for part in formats):
            raise ConversionError("an array's fields are no numbers: nothing was run")
        layout = {"names": names, "formats": formats, "offsets": offsets, "itemsize": size}
        self.dtype = np.dtype(layout)


class Array(Inert):
    """A numpy array: `value` is None until its state is known and after `empty`."""

    __slots__ = ("_content", "value")

    def __init__(self, *args):
        self._content = self.value = None

    def __setstate__(self, state):
        _, shape, dtype, fortran, content = state
        self.fill(content, dtype, shape, "F" if fortran else "C")

    def fill(self, content, dtype: Dtype, shape: tuple, order: str) -> None:
        """Take the elements: bytes in that order, or a list of objects."""
        if not dtype.dtype.hasobject:
            value = np.frombuffer(content, dtype=dtype.dtype)
        elif type(content) is list:
            value = np.fromiter(content, dtype=object, count=len(content))
        else:
            raise ConversionError("an array holds pointers: nothing was run")
        if any(type(size) is not int or size < 0 for size in shape) or prod(shape) != value.size:
            raise ConversionError("an array is of another size than it says: a damaged file")
        self._content, self.value = content, value.reshape(shape, order=order)

    def empty(self) -> None:
        """Let the bytes go, whoever else refers to them."""
        self.value, content, self._content = None, self._content, None
        if isinstance(content, bytearray):
            content.clear()


class Buffer(Array):
    """`numpy._core.numeric._frombuffer`, which protocol 5 uses."""

    __slots__ = ()

    def __init__(self, content, dtype, shape, order):
        super().__init__()
        self.fill(content, dtype, shape, order)


class Scalar(Inert):
    """`numpy._core.multiarray.scalar`: becomes a plain number or text."""

    __slots__ = ()

    def __new__(cls, dtype, content):
        array = Array()
        array.fill(content, dtype, (), "C")
        return array.value.item()


class Record(Inert):
    """`joblib.numpy_pickle.NumpyArrayWrapper`: announces an array whose bytes follow it."""

    __slots__ = ()


class Text(Inert):
    """A long text, as its UTF-8 bytes."""

    __slots__ = ("content",)

    def __init__(self, content: bytearray):
        self.content = content


class Reader(Protocol):
    """What the classes below need of the unpickler that makes them."""

    newest: str

    def hold(self, content: bytearray) -> bytearray: ...
    def open_tree(self) -> None: ...
    def hand_on(self, tree: Tree) -> int: ...
    def close_tree(self) -> None: ...


class Encoded(Inert):
    """`_codecs.encode`, which is how protocol 2 writes bytes."""

    __slots__ = ()
    reader: Reader

    def __new__(cls, text, encoding):
        if encoding != "latin1":
            raise ConversionError("a text is recoded as no forest needs: nothing was run")
        if not isinstance(text, Text):
            return text.encode("latin1")
        content = bytearray(text.content.decode().encode("latin1"))
        text.content.clear()
        return cls.reader.hold(content)


class FittedTree(Inert):
    """Stands for `sklearn.tree._tree.Tree`.

    features: columns of X. widths: classes of each output, 1 for a number. place: in the file.
    """

    __slots__ = ("_classifies", "features", "place", "widths")
    reader: Reader

    def __init__(self, features, widths, outputs):
        counts = widths.value
        if counts.dtype.kind != "i" or counts.shape != (outputs,) or counts.min(initial=1) < 1:
            raise ConversionError("a tree's numbers of classes are no numbers: a damaged file")
        self.features, self.widths, self.place = features, tuple(counts.tolist()), None
        self._classifies = self.reader.newest.endswith("Classifier")
        self.reader.open_tree()

    # region stream
    def __setstate__(self, state):
        """Hand the tree on as soon as it is complete, and let it go."""
        nodes, values = state["nodes"], state["values"]
        self.check(state["node_count"], nodes.value, values.value)
        tree = from_records(nodes.value, values.value, self.features)
        if self._classifies:
            tree = with_probabilities(tree, self.widths)
        self.place = self.reader.hand_on(tree)
        nodes.empty()
        values.empty()
        self.reader.close_tree()

    # endregion stream

    def check(self, count, nodes, values) -> None:
        """Raise ConversionError where the parts of a tree's state do not fit together."""
        shape = (len(nodes), len(self.widths), max(self.widths))
        if count != len(nodes) or values.shape != shape or values.dtype.str[1:] != "f8":
            raise ConversionError("a tree's values do not fit its nodes: a damaged file")


class FittedPredictor(Inert):
    """Stands for the TreePredictor of HistGradientBoosting; with `features` columns, or more."""

    __slots__ = ("features", "place")
    reader: Reader

    def __init__(self):
        self.place = None
        self.reader.open_tree()

    def __setstate__(self, state):
        nodes = state["nodes"]
        tree = from_predictor(nodes.value)
        self.features = tree.features
        self.place = self.reader.hand_on(tree)
        nodes.empty()
        self.reader.close_tree()
