"""Nostradamus against a walk down its trees, and the baselines against a loop."""

import pickle
import re
from collections import defaultdict

import flights
import numpy as np
import pytest
import train
from sklearn.ensemble import RandomForestRegressor


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """What a small run printed, and the forest it pickled."""
    path = tmp_path_factory.mktemp("train") / "new" / "forest.pkl"
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr("builtins.print", lambda *words: lines.append(" ".join(words)))
        train.main([str(path), "--trees", "3", "--leaves", "40"])
    return "\n".join(lines), pickle.loads(path.read_bytes()), path


def test_prints_the_errors_that_a_walk_and_a_loop_find(grown, split, walk):
    printed, forest, path = grown
    X, X_test, y, y_test = split
    km = flights.FEATURES.index("great-circle km")
    per_distance = defaultdict(list)
    for distance, minutes in zip(X[:, km].tolist(), y.tolist(), strict=True):
        per_distance[distance].append(minutes)
    means = {distance: np.mean(minutes) for distance, minutes in per_distance.items()}
    # One route was flown only once, and is held out: its distance has no mean.
    mean = np.mean(y, dtype=float)
    by_distance = [means.get(distance, mean) for distance in X_test[:, km].tolist()]
    leaves = [tree.tree_.value[walk(tree, X_test), 0, 0] for tree in forest.estimators_]
    guesses = mean, np.array(by_distance), np.mean(leaves, axis=0)
    errors = [f"{np.abs(guess - y_test).mean():.1f}" for guess in guesses]
    assert re.findall(r"\d+\.\d$", printed, flags=re.MULTILINE)[:3] == errors
    nodes = sum(2 * 40 - 1 for _ in range(3))
    assert f"3 trees, about {round(nodes, -1)} nodes, " in printed
    assert path.stat().st_size < 100_000


def test_the_forest_is_scikit_learns_own(grown, split):
    X, X_test, y, _ = split
    forest = RandomForestRegressor(3, max_leaf_nodes=40, random_state=0, n_jobs=1).fit(X, y)
    np.testing.assert_array_equal(grown[1].predict(X_test), forest.predict(X_test))
    assert grown[1].n_jobs is None
    assert not grown[1].verbose


def test_the_headline_size(split):
    """234 trees like this one, at 72 bytes a node, make the pickle of 4.7 GB."""
    X, _, y, _ = split
    nodes = train.train(X, y, trees=1).estimators_[0].tree_.node_count
    assert 234 * nodes * 72 == pytest.approx(4.7e9, rel=0.02)


@pytest.mark.parametrize(
    ("options", "named"),
    [(["--trees", "0"], "--trees 0"), (["--leaves", "1"], "--leaves 1")],
)
def test_an_impossible_forest_is_refused(options, named, tmp_path, refused):
    assert named in refused(train.main, tmp_path / "forest.pkl", *options)
    assert not list(tmp_path.iterdir())


def test_a_bad_target_is_refused_before_the_work(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(train, "train", None)
    (tmp_path / "file").touch()
    assert str(tmp_path) in refused(train.main, tmp_path)
    assert "file" in refused(train.main, tmp_path / "file" / "forest.pkl")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_leaves_the_old_forest(tmp_path, refused, small_disk):
    path = tmp_path / "forest.pkl"
    path.write_bytes(b"old")
    with small_disk():
        assert str(path) in refused(train.main, path, "--trees", "1", "--leaves", "100")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
