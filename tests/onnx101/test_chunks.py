"""Many rows are computed in chunks, and equal scikit-learn bit for bit."""

import numpy as np
import pytest
from exact import answers, ask, assert_same_bits, fit, start
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor

import onnx101
from onnx101 import chunks, direct, forms

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 5)).astype(np.float32)
y = X[:, 0].astype(float) * 3 + np.sin(4.0 * X[:, 1].astype(float))
WIDE = np.repeat(X, 20, axis=1)
MODELS = {
    "numbers": (RandomForestRegressor(12, random_state=0), X, y),
    "wide": (ExtraTreesRegressor(12, random_state=0), WIDE, y),
    "outputs": (RandomForestRegressor(12, random_state=0), X, np.c_[y, -y, y]),
    "classes": (RandomForestClassifier(90, max_depth=4), X, np.digitize(y, [-1, 0, 1])),
}


@pytest.mark.parametrize("target", [None, "onnxruntime==1.15"])
@pytest.mark.parametrize("name", MODELS)
def test_the_last_chunk_may_be_shorter(name, target, monkeypatch):
    """Chunks are made small, so that a few rows fill many of them."""
    monkeypatch.setattr(chunks, "_MOST", 100)
    model, data, goal = MODELS[name]
    fit(model, data, goal)
    proto = onnx101.to_onnx(model, target=target)
    sessions = [start(proto, threads) for threads in (1, 2)]
    for rows in (51, 101, 256, 257, 300, 301, 399):
        some = np.resize(data, (rows, data.shape[1]))
        expected = answers(model, some)
        for session in sessions:
            assert_same_bits(ask(session, some), expected)


@pytest.mark.parametrize(
    ("numbers", "columns", "rows"), [(1, 5, 4096), (32, 5, 2048), (500, 5, 256), (1, 20_000, 256)]
)
def test_a_chunk_stays_in_the_cache(numbers, columns, rows):
    assert chunks.rows_at_a_time(numbers, columns) == rows


@pytest.mark.parametrize("name", MODELS)
def test_trees_that_run_one_by_one_do_so_in_a_loop(name):
    """Otherwise the outputs of every tree would be held for all rows."""
    model, data, goal = MODELS[name]
    proto = onnx101.to_onnx(fit(model, data, goal))
    loops = [node for node in nodes(proto.graph) if node.op_type == "Loop"]
    counted = [count_of_trees(loop.attribute[0].g) for loop in loops]
    assert max(counted) == len(model.estimators_)
    assert count_of_trees(proto.graph) - max(counted) < max(counted)


def test_columns_too_many_for_the_cache_are_not_copied(monkeypatch):
    """The trees' outputs, all at once, are smaller than X."""
    monkeypatch.setattr(forms, "_WIDE", 100)
    model, data, goal = MODELS["wide"]
    proto = onnx101.to_onnx(fit(model, data, goal))
    assert not {node.op_type for node in nodes(proto.graph)} & {"Loop", "Slice"}
    sessions = [start(proto, threads) for threads in (1, 2)]
    for rows in (0, 1, 51, 300):
        some = np.resize(data, (rows, data.shape[1]))
        expected = answers(model, some) if rows else [np.zeros((0, 1))]
        for session in sessions:
            assert_same_bits(ask(session, some), expected)


@pytest.mark.parametrize("name", ["wide", "classes"])
def test_large_forests_have_one_operator_for_fewer_rows(name, monkeypatch):
    model, data, goal = MODELS[name]
    fit(model, data, goal)
    before = onnx101.to_onnx(model)
    monkeypatch.setattr(forms, "_MANY_NODES", 0)
    monkeypatch.setattr(direct, "_COPIED_NODES", 0)
    proto = onnx101.to_onnx(model)
    assert proto.SerializeToString() != before.SerializeToString()
    sessions = [start(proto, threads) for threads in (1, 2)]
    for rows in (1, 10, 11, 120):
        expected = answers(model, data[:rows])
        for session in sessions:
            assert_same_bits(ask(session, data[:rows]), expected)


def test_large_forests_in_float_are_rounded_at_the_end(monkeypatch):
    """Their sums are doubles, in the order of the trees."""
    model, data, goal = MODELS["numbers"]
    monkeypatch.setattr(forms, "_FEW_NODES", 0)
    monkeypatch.setattr(direct, "NODES_AN_OPERATOR", 0)
    proto = onnx101.to_onnx(fit(model, data, goal), "float")
    assert "If" in [node.op_type for node in proto.graph.node]
    for rows in (1, 50, 51, 120):
        (expected,), (found,) = answers(model, data[:rows]), ask(start(proto, 2), data[:rows])
        assert found.dtype == np.float32
        assert np.array_equal(found, expected.astype(np.float32))


def count_of_trees(graph):
    return sum(node.op_type == "TreeEnsemble" for node in nodes(graph))


def nodes(graph):
    """All nodes of the graph, and of the graphs inside it."""
    for node in graph.node:
        yield node
        for part in node.attribute:
            if part.HasField("g"):
                yield from nodes(part.g)
