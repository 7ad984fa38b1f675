"""The clock against a known wait, the answers against each other, and the recorded measurement."""

import json
import re
import time

import numpy as np
import runtimes
from support import ROOT

RECORDED = json.loads((ROOT / "snippets/outputs/runtimes.json").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def times_faster(measured, batch, slow="skl", fast="ort"):
    """The median of `slow` divided by that of `fast`, at this many rows."""
    medians = {(row["runtime"], row["batch"]): row["median_us"] for row in measured["rows"]}
    return medians[slow, batch] / medians[fast, batch]


def test_the_clock_measures_a_known_wait():
    waits = []

    def wait(X):
        waits.append(X)
        time.sleep(X)

    began = time.perf_counter()
    spread = runtimes.spread(wait, 0.02)
    whole = (time.perf_counter() - began) * 1e6
    assert 20_000 <= spread["low_us"] <= spread["median_us"] <= spread["high_us"]
    # more than half of the waits took that long or longer, however busy the machine is
    assert spread["low_us"] * (len(waits) - 1) / 2 < whole


def test_the_three_runtimes_answer_alike(forest, split, walk):
    rows = split[1][:200]
    leaves = [tree.tree_.value[walk(tree, rows), 0, 0] for tree in forest.estimators_]
    for predict in runtimes.runtimes(forest).values():
        answers = predict(rows)
        np.testing.assert_allclose(answers, np.mean(leaves, axis=0), atol=runtimes.TOLERANCE)


def test_the_recorded_measurement_is_whole(forest):
    assert set(RECORDED) == {"date", "machine", "versions", "threads", "trees", "nodes", "rows"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", RECORDED["date"])
    assert set(RECORDED["machine"]) == {"system", "architecture", "cpu", "cores"}
    cells = [(row["runtime"], row["batch"]) for row in RECORDED["rows"]]
    names = ("skl", "pyrt", "ort")
    assert cells == [(name, batch) for batch in runtimes.BATCHES for name in names]
    for row in RECORDED["rows"]:
        assert 0 < row["low_us"] <= row["median_us"] <= row["high_us"]
    assert RECORDED["trees"] == len(forest.estimators_)
    assert RECORDED["nodes"] == sum(tree.tree_.node_count for tree in forest.estimators_)


def test_the_recorded_versions_are_those_of_the_lock_file():
    # A package may have one pin per range of Python versions.
    pins = set(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.MULTILINE))
    assert set(RECORDED["versions"].items()) - pins == {("python", RECORDED["versions"]["python"])}


def test_the_finding():
    """One row is tens of times faster; at ten thousand rows the lead is nearly gone."""
    lead = [times_faster(RECORDED, batch) for batch in runtimes.BATCHES]
    assert lead[0] > 50
    assert lead[0] > lead[1] > lead[2] > lead[3]
    assert max(lead[3:]) < 5
    # The reference defines what is right; it is not there to be fast.
    assert all(times_faster(RECORDED, batch, "pyrt") > 100 for batch in runtimes.BATCHES)


def test_a_place_that_cannot_be_written_is_named(forest, tmp_path, refused, monkeypatch):
    monkeypatch.setattr(runtimes.oracle, "grow", lambda: forest)
    monkeypatch.setattr(runtimes, "spread", lambda *_: {})
    assert str(tmp_path) in refused(runtimes.main, "--out", tmp_path)
    assert not list(tmp_path.iterdir())
