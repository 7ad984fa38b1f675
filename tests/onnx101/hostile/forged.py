"""Forests whose trees lie: no real tree can be what each file claims."""

import pickle

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler
from sklearn.tree._tree import Tree

from hostile import Call, forest, with_joblib

INT64 = np.iinfo(np.int64)


def cases() -> dict[str, bytes]:
    """Return every file by name."""
    found = {}
    for name, change in NODES.items():
        found[f"node: {name}"] = pickle.dumps(with_nodes(change))
        found[f"node, joblib: {name}"] = with_joblib(with_nodes(change))
    for name, nodes in LAYOUTS.items():
        found[f"layout: {name}"] = pickle.dumps(with_state(nodes=nodes))
    for name, (key, value) in STATE.items():
        found[f"state: {name}"] = pickle.dumps(with_state(**{key: value}))
    for name, arguments in ARGUMENTS.items():
        found[f"arguments: {name}"] = pickle.dumps(with_state(arguments))
    for name, change in FOREST.items():
        model = forest()
        change(model)
        found[f"forest: {name}"] = pickle.dumps(model)
    for name, value in OTHERS.items():
        found[f"not a forest: {name}"] = value if isinstance(value, bytes) else pickle.dumps(value)
    return found


def with_state(arguments: tuple | None = None, **replaced):
    """Replace parts of the first tree's state; a function is given the original part."""
    model = forest()
    _, given, state = model.estimators_[0].tree_.__reduce__()
    for key, value in replaced.items():
        state[key] = value(state[key]) if callable(value) else value
    model.estimators_[0].tree_ = Call(Tree, arguments or given, state)
    return model


def with_nodes(change):
    def changed(nodes):
        nodes = nodes.copy()
        change(nodes)
        return nodes

    return with_state(nodes=changed)


def put(field: str, value, index: int = 0):
    def change(nodes):
        nodes[field][index] = value

    return change


def share_children(nodes):
    """Each node's two branches meet in the next: 2^n paths through n nodes."""
    inner = np.arange(len(nodes) - 1)
    nodes["left_child"][:-1] = nodes["right_child"][:-1] = inner + 1
    nodes["feature"][:-1] = 0


def two_parents(nodes):
    nodes["right_child"][1] = nodes["right_child"][0]


def orphan(nodes):
    nodes["left_child"][0] = nodes["right_child"][0] = len(nodes) - 1


def cycle_beside(nodes):
    """A branch becomes its own child and its leaf takes its place: each still has one parent."""
    left, right = nodes["left_child"], nodes["right_child"]
    branch = next(i for i in range(1, len(nodes)) if left[i] > 0 and left[left[i]] == -1)
    for children in (left, right):
        children[children == branch] = left[branch]
    left[branch] = branch


def count_from_the_end(nodes):
    inner = nodes["left_child"] > 0
    nodes["left_child"][inner] -= len(nodes)


# Node 0 is the root, node 1 its left child; both are interior.
NODES = {
    "left child is the root": put("left_child", 0, 1),
    "right child is itself": put("right_child", 1, 1),
    "root is its own child": put("left_child", 0),
    "children shared all the way": share_children,
    "two parents": two_parents,
    "unreachable nodes": orphan,
    "a cycle beside the tree": cycle_beside,
    "children counted from the end": count_from_the_end,
    "left child out of range": put("left_child", 10**6),
    "right child out of range by one": lambda nodes: put("right_child", len(nodes))(nodes),
    "child of int64's end": put("left_child", INT64.max),
    "negative child": put("left_child", -3),
    "child of int64's start": put("right_child", INT64.min),
    "one branch only": put("left_child", -1),
    "other branch only": put("right_child", -1),
    "feature out of range": put("feature", 2),
    "feature far out of range": put("feature", 2**40),
    "negative feature": put("feature", -1),
    "leaf's feature at a split": put("feature", -2),
    "threshold NaN": put("threshold", np.nan),
}


def record(change):
    """Rebuild the nodes from their columns, a dict that `change` takes and returns."""

    def changed(nodes):
        columns = change({name: nodes[name] for name in nodes.dtype.names})
        layout = np.dtype([(name, column.dtype) for name, column in columns.items()], align=True)
        out = np.zeros(len(nodes), layout)
        for name, column in columns.items():
            out[name] = column
        return out

    return changed


def retyped(field: str, kind: str):
    return record(lambda columns: columns | {field: columns[field].astype(int).astype(kind)})


def renamed(columns):
    return {name.replace("threshold", "limit"): column for name, column in columns.items()}


def one_more(columns):
    return columns | {"is_categorical": columns["missing_go_to_left"]}


def one_less(columns):
    return {name: column for name, column in columns.items() if name != "right_child"}


def overlapping(nodes):
    offsets = [nodes.dtype.fields[name][1] for name in nodes.dtype.names]
    offsets[1] = offsets[0]
    formats = [nodes.dtype[name] for name in nodes.dtype.names]
    layout = {"names": nodes.dtype.names, "formats": formats, "offsets": offsets, "itemsize": 64}
    return nodes.view(np.dtype(layout))


LAYOUTS = {
    "a renamed field": record(renamed),
    "a field of a newer version": record(one_more),
    "a field missing": record(one_less),
    "fields that overlap": overlapping,
    "children of 32 bits": retyped("left_child", "i4"),
    "thresholds of 32 bits": retyped("threshold", "f4"),
    "thresholds that are objects": retyped("threshold", "O"),
    "children that are text": retyped("left_child", "S8"),
    "thresholds that are dates": retyped("threshold", "M8[s]"),
    "bytes without fields": lambda nodes: nodes.view(np.void(64).dtype),
    "no nodes": lambda nodes: nodes[:0],
    "two dimensions": lambda nodes: nodes.reshape(1, -1),
    "a list": lambda nodes: nodes.tolist(),
    "text": "nodes",
    "nothing": None,
}
STATE = {
    "more nodes than there are": ("node_count", lambda count: count + 1),
    "fewer nodes than there are": ("node_count", lambda count: count - 1),
    "a huge number of nodes": ("node_count", 2**62),
    "a negative number of nodes": ("node_count", -1),
    "a number of nodes that is text": ("node_count", "15"),
    "a number of nodes that is true": ("node_count", True),
    "too few values": ("values", lambda values: values[:-1]),
    "too many values": ("values", lambda values: np.concatenate([values, values])),
    "values of two outputs": ("values", lambda values: np.concatenate([values, values], 1)),
    "values of two classes": ("values", lambda values: np.concatenate([values, values], 2)),
    "values without dimensions": ("values", np.float64(3)),
    "values in one dimension": ("values", lambda values: values.ravel()),
    "values of 32 bits": ("values", lambda values: values.astype(np.float32)),
    "values that are objects": ("values", lambda values: values.astype(object)),
    "values that are complex": ("values", lambda values: values.astype(complex)),
    "values that are text": ("values", lambda values: values.astype("U")),
    "values NaN": ("values", lambda values: values * np.nan),
    "values as a list": ("values", lambda values: values.tolist()),
    "nodes and values exchanged": ("nodes", lambda nodes: np.zeros((len(nodes), 1, 1))),
}
ONE = np.array([1])
ARGUMENTS = {
    "no features": (0, ONE, 1),
    "more features than the forest": (3, ONE, 1),
    "a negative number of features": (-2, ONE, 1),
    "a huge number of features": (2**62, ONE, 1),
    "features as text": ("2", ONE, 1),
    "two outputs": (2, np.array([1, 1]), 2),
    "two outputs but one number of classes": (2, ONE, 2),
    "a huge number of outputs": (2, ONE, 2**40),
    "no outputs": (2, np.array([], dtype=int), 0),
    "two classes": (2, np.array([2]), 1),
    "a huge number of classes": (2, np.array([2**40]), 1),
    "a negative number of classes": (2, np.array([-1]), 1),
    "classes as text": (2, "1", 1),
    "too few": (2, ONE),
    "too many": (2, ONE, 1, 1),
}


def attribute(name: str, value):
    return lambda model: setattr(model, name, value)


def tree_attribute(name: str, value):
    return lambda model: setattr(model.estimators_[0], name, value)


def first(value):
    def change(model):
        model.estimators_[0] = value(model) if callable(value) else value

    return change


FOREST = {
    "no trees": attribute("estimators_", []),
    "trees as text": attribute("estimators_", "trees"),
    "trees as a number": attribute("estimators_", 2),
    "never fitted": lambda model: model.__dict__.pop("estimators_"),
    "holds itself": first(lambda model: model),
    "holds its own list": first(lambda model: model.estimators_),
    "holds a number": first(1),
    "holds text": first("tree"),
    "holds a linear model": first(LinearRegression()),
    "a tree never fitted": lambda model: model.estimators_[0].__dict__.pop("tree_"),
    "a tree's tree is text": tree_attribute("tree_", "tree"),
    "a tree's tree is its own estimator": lambda model: setattr(
        model.estimators_[0], "tree_", model.estimators_[0]
    ),
    "no features": attribute("n_features_in_", 0),
    "features as text": attribute("n_features_in_", "2"),
    "more features than its trees": attribute("n_features_in_", 3),
    "fewer features than its trees": attribute("n_features_in_", 1),
    "a huge number of features": attribute("n_features_in_", 2**62),
    "two outputs": attribute("n_outputs_", 2),
    "a huge number of outputs": attribute("n_outputs_", 2**62),
    "outputs as text": attribute("n_outputs_", "1"),
}
OTHERS = {
    "nothing": b"",
    "one byte": b"\x80",
    "a protocol alone": b"\x80\x04",
    "a protocol of the future": b"\x80\x09N.",
    "protocol 255": b"\x80\xffN.",
    "stop alone": b"\x80\x04.",
    "words": b"The quick brown fox jumps over the lazy dog\n" * 20,
    "a web page": b"<!doctype html><title>404</title>" + b" " * 999,
    "a zip": b"PK\x03\x04" + bytes(200),
    "an onnx model": b"\x08\x0a\x12\x07onnx101" + bytes(200),
    "an array file": b"\x93NUMPY\x01\x00v\x00" + bytes(200),
    "zeros": bytes(10_000),
    "none": None,
    "a number": 1,
    "a list of two forests": [forest(), forest()],
    "a list that holds itself": b"\x80\x04]\x94h\x00a.",
    "another estimator": StandardScaler().fit([[0.0], [1.0]]),
    "an estimator class": type(forest()),
    "an array": np.zeros(9),
    "a tree without its estimator": forest().estimators_[0].tree_,
}
