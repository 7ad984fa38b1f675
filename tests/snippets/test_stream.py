"""The streamed trees against scikit-learn's own, and how many are in memory at once."""

import gc
import pickle

import numpy as np
import pytest
import stream


@pytest.fixture(scope="module")
def path(tmp_path_factory, forest):
    path = tmp_path_factory.mktemp("stream") / "forest.pkl"
    path.write_bytes(pickle.dumps(forest))
    return path


def test_each_tree_is_handed_on_in_order_and_whole(path, forest):
    trees = []
    stream.stream(path, trees.append)
    assert len(trees) == len(forest.estimators_)
    for tree, fitted in zip(trees, forest.estimators_, strict=True):
        leaf = fitted.tree_.children_left == -1
        np.testing.assert_array_equal(tree.threshold, fitted.tree_.threshold[~leaf])
        np.testing.assert_array_equal(tree.values.ravel(), fitted.tree_.value[leaf].ravel())


def test_one_tree_lives_at_a_time_without_the_garbage_collector(path, forest):
    gc.disable()
    try:
        assert stream.held_at_once(path) == (len(forest.estimators_), 1)
    finally:
        gc.enable()


def test_a_tree_that_is_kept_is_counted(path, forest, monkeypatch):
    kept, read = [], stream.read

    def keep(reader, emit):
        return read(reader, lambda tree: (kept.append(tree), emit(tree)))

    monkeypatch.setattr(stream, "read", keep)
    assert stream.held_at_once(path) == (len(forest.estimators_),) * 2
