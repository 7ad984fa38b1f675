"""Inert stand-ins for a pickle's objects: data only.

The reader looks up no name. A call of a name that a forest needs gives one of the classes below or
in `arrays`; a call of any other gives an `Object`, which keeps what it was called with. So the
pickled thing becomes a tree of plain values (None, bool, int, float, str, bytes, tuple, list, and
dict whose keys are text), `Array`, `Estimator` with its attributes in `state`, and `Object`. The
trees of a forest have gone by then: each was handed on when it was complete, in the file's order,
and `FittedTree.place` or `FittedPredictor.place` says which it was.

Values may be shared, or contain themselves: follow them without recursion, and each only once.
"""

from collections.abc import Callable
from dataclasses import replace
from sys import getsizeof

from onnx101.budget import TREE_STEPS, TREE_WEIGHT, Budget
from onnx101.errors import ConversionError
from onnx101.leaves import Worth, paths, weighed, with_places, with_probabilities, with_votes
from onnx101.records import from_predictor, from_records
from onnx101.trees import Tree

Emit = Callable[[Tree], object]
# What may stand before trees: around them, or inside HistGradientBoosting with categories.
HEADS = ("Pipeline", "ColumnTransformer")


class Reader:
    """Reads a file and calls `emit` with each of its trees, in the file's order."""

    budget: Budget
    kind = "pickle"

    def __init__(self, emit: Emit):
        self.emit, self.trees = emit, 0
        self.newest = ""  # the estimator that the next tree belongs to
        self.worth: Worth | None = None  # of its leaves, if the estimator around it says so
        self.has_head = False  # whether something may stand before it

    def load(self):
        """Read to the end and return the stand-in for the object in the file."""
        raise NotImplementedError

    def hand_on(self, tree: Tree) -> int:
        """Emit a complete tree and return its place in the file."""
        self.budget.spend(TREE_STEPS)
        self.budget.hold(TREE_WEIGHT)
        self.emit(tree)
        self.trees += 1
        return self.trees - 1

    def close(self, state: dict) -> None:
        """A tree is done: give its memory back."""
        size = getsizeof(state)
        state.clear()
        self.budget.hold(getsizeof(state) - size)
        self.budget.tree_is_open = False


class Inert:
    """The stand-in for a name, or for a call of one; its `state` comes later, once."""

    __slots__ = ("is_built",)

    def __init__(self):
        self.is_built = False

    def build(self, reader: Reader, state) -> None:
        raise ConversionError("the pickle changes what has no state: a damaged file")


class Name(Inert):
    """The name of a class or function: never looked up."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str):
        super().__init__()
        self.module, self.name = module, name


class Object(Inert):
    """The stand-in for the result of a call; `items` are what would be put into it."""

    __slots__ = ("args", "items", "name", "state")

    def __init__(self, name: Name, args: tuple):
        super().__init__()
        self.name, self.args, self.state, self.items = name, args, None, []

    def build(self, reader, state):
        self.state = state


class Estimator(Inert):
    """A scikit-learn estimator, a subclass for each: `state` has its attributes by name.

    path: module and name of its class. is_tree: whether it is a tree and not made of trees. worth:
    what it makes of their leaves.
    """

    __slots__ = ("state",)
    path = ""
    is_tree = False
    worth: Worth | None = None

    def __init__(self, reader: Reader):
        super().__init__()
        self.state = None
        reader.newest = type(self).__name__
        if not self.is_tree:
            reader.worth = self.worth

    def build(self, reader, state):
        self.state = state


class Skipped(Inert):
    """Bytes or text that no forest needs: skipped."""

    __slots__ = ()


class Set(list):
    """The items of a set, in the file's order."""

    __slots__ = ()


class Text(Inert):
    """A long text, as its UTF-8 bytes."""

    __slots__ = ("content",)

    def __init__(self, content: memoryview):
        super().__init__()
        self.content = content


class FittedTree(Inert):
    """Stands for `sklearn.tree._tree.Tree`.

    features: columns of X. widths: classes of each output, 1 for a number. place: in the file.
    worth: what its leaves are worth; were_counts: and whether they held counts instead.
    largest: the largest number in a leaf, whatever its sign. paths: of an isolation tree, what its
    paths weigh; of an embedding's, what the places of its leaves do.
    """

    __slots__ = ("features", "largest", "paths", "place", "were_counts", "widths", "worth")

    def __init__(self, reader: Reader, features, widths, outputs):
        super().__init__()
        counts = widths.value
        if counts.dtype.kind != "i" or counts.shape != (outputs,) or counts.min(initial=1) < 1:
            raise ConversionError("a tree's numbers of classes are no numbers: a damaged file")
        reader.budget.spend(counts.size)
        reader.budget.hold(40 * counts.size)
        self.features, self.widths, self.place = features, tuple(counts.tolist()), None
        classifies = reader.newest.endswith("Classifier")
        self.worth = reader.worth or (Worth.PROBABILITY if classifies else Worth.NUMBER)
        self.were_counts = False
        reader.budget.tree_is_open = True

    def build(self, reader, state):
        """Hand the tree on as soon as it is complete, and release it."""
        nodes, values = state["nodes"], state["values"]
        self.check(state["node_count"], nodes.value, values.value)
        tree = self._valued(nodes.value, values.value)
        self.place = reader.hand_on(tree)
        nodes.empty()
        values.empty()
        reader.close(state)

    def _valued(self, nodes, values) -> Tree:
        """The tree, with the values in its leaves."""
        tree = from_records(nodes, values, self.features)
        if self.worth is Worth.PROBABILITY:
            weights = nodes["weighted_n_node_samples"][tree.places]
            tree, self.were_counts = with_probabilities(tree, self.widths, weights)
        elif self.worth is Worth.VOTE:
            tree = with_votes(tree)
        elif self.worth is Worth.PATH:
            lengths = paths(nodes)
            tree, self.paths = replace(tree, values=lengths[tree.places][:, None]), weighed(lengths)
        elif self.worth is Worth.PLACE:
            tree, self.paths = with_places(tree), weighed(tree.places)
        self.largest = largest(tree)
        return tree

    def check(self, count, nodes, values) -> None:
        """Raise ConversionError where the parts of a tree's state do not fit together."""
        shape = (len(nodes), len(self.widths), max(self.widths))
        if count != len(nodes) or values.shape != shape or values.dtype.str[1:] != "f8":
            raise ConversionError("a tree's values do not fit its nodes: a damaged file")


class FittedPredictor(Inert):
    """Stands for the TreePredictor of HistGradientBoosting; with `features` columns, or more.

    by_category: the columns that it splits by category.
    """

    __slots__ = ("by_category", "features", "largest", "place")

    def __init__(self, reader: Reader):
        super().__init__()
        self.place = None
        reader.budget.tree_is_open = True

    def build(self, reader, state):
        nodes = state["nodes"]
        sets = state.get("raw_left_cat_bitsets")
        tree = from_predictor(nodes.value, getattr(sets, "value", None))
        self.features, self.largest = tree.features, largest(tree)
        self.by_category = {int(tree.feature[branch]) for branch in tree.members}
        self.place = reader.hand_on(tree)
        nodes.empty()
        reader.close(state)


def largest(tree: Tree) -> float:
    """The largest absolute value in a leaf."""
    return float(max(tree.values.max(), -tree.values.min()))
