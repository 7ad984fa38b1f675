"""Rounded thresholds against arithmetic, a walk down the trees, and onnxruntime."""

import re

import float32
import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis.strategies import floats
from load import convert
from support import ROOT

RECORDING = ROOT / "snippets" / "outputs" / "float32.txt"


@pytest.fixture(scope="module")
def standing(forest, split):
    return float32.standing(forest, split[0])


def strayed(forest, rows, walk, rounding):
    """Which rows reach a different leaf in some tree, by a walk in NumPy."""
    return np.any(
        [
            walk(tree, rows, rounding(tree.tree_.threshold)) != walk(tree, rows)
            for tree in forest.estimators_
        ],
        axis=0,
    )


@settings(deadline=None)
@given(floats(width=32, allow_nan=False), floats(-1, 1))
def test_rounded_down_a_threshold_sends_every_float32_the_same_way(near, part):
    near = np.float32(near)
    with np.errstate(over="ignore", invalid="ignore"):  # beyond the last float32 is infinity
        below, above = np.nextafter(near, np.float32([-np.inf, np.inf]))
        threshold = np.float64(near) + abs(part) * (np.float64(above) - np.float64(near))
        if not abs(threshold) < np.finfo(np.float32).max:
            return
        down = float32.down(np.array([threshold]))
    assert down.dtype == np.float32
    for x in (below, near, above):
        assert (x <= down[0]) == (np.float64(x) <= threshold)


def test_the_counts_are_those_of_a_walk(forest, split, standing, walk):
    recorded = RECORDING.read_text("utf-8")
    strayed_by, _ = recorded.split("minutes")
    counts = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) by", strayed_by)]
    expected = [
        strayed(forest, rows, walk, rounding).sum()
        for rows in (split[1], standing)
        for rounding in (float32.nearest, float32.down)
    ]
    assert counts == expected
    assert counts[2] > counts[3] == 0
    questions = sum((tree.tree_.feature >= 0).sum() for tree in forest.estimators_)
    assert f"{questions:,} flights moved onto a threshold" in recorded


def test_the_rows_that_stray_are_those_that_onnxruntime_answers_otherwise(forest, standing, walk):
    model = convert(forest)
    (values,) = (a for a in model.graph.node[0].attribute if a.name == "nodes_values")
    minutes = {}
    for rounding in (float32.down, float32.nearest):
        thresholds = np.concatenate(
            [np.where(t.tree_.feature < 0, 0, t.tree_.threshold) for t in forest.estimators_]
        )
        values.floats[:] = rounding(thresholds)
        session = ort.InferenceSession(model.SerializeToString())
        minutes[rounding] = session.run(None, {"X": standing})[0].ravel()
    expected = forest.predict(standing)
    np.testing.assert_allclose(minutes[float32.down], expected, rtol=0, atol=0.001)
    moved = np.abs(minutes[float32.nearest] - expected) > 0.001
    stray = strayed(forest, standing, walk, float32.nearest)
    assert not (moved & ~stray).any()
    # A row may reach another leaf with the same value.
    assert moved.sum() > 0.9 * stray.sum()
    furthest = np.abs(minutes[float32.nearest] - expected).max()
    assert f"minutes off at most: {furthest:.0f} by nearest" in RECORDING.read_text("utf-8")
