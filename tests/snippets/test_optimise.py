"""Both graphs against NumPy, and the committed ones against what the command makes."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import optimise
import pytest
from onnx import numpy_helper
from support import MODELS, ROOT


@pytest.fixture(scope="module")
def pipeline(split):
    return optimise.fit(split[0], split[2])


@pytest.fixture(scope="module")
def before(pipeline):
    return optimise.convert(pipeline)


@pytest.fixture(scope="module")
def after(before, tmp_path_factory):
    return optimise.optimise(before, tmp_path_factory.mktemp("optimise") / "after.onnx")


def by_hand(pipeline, X):
    scaler, network = (step for _, step in pipeline.steps)
    layer = (X - scaler.mean_) / scaler.scale_
    for weights, bias in zip(network.coefs_, network.intercepts_, strict=True):
        layer = layer @ weights.astype(float) + bias
        last, layer = layer, np.maximum(layer, 0)
    return last.ravel()


def test_both_graphs_compute_the_network(pipeline, before, after, split):
    expected = by_hand(pipeline, split[1].astype(float))
    for model in (before, after):
        answers = optimise.answers(model, split[1])
        np.testing.assert_allclose(answers, expected, rtol=0, atol=optimise.TOLERANCE)


def test_the_runtime_itself_runs_the_smaller_graph(before, tmp_path):
    """Without optimisation, the runtime runs every node as written; the profile shows which ran."""
    levels, ran = ort.GraphOptimizationLevel, []
    for level in (levels.ORT_DISABLE_ALL, levels.ORT_ENABLE_EXTENDED):
        options = ort.SessionOptions()
        options.graph_optimization_level = level
        options.enable_profiling = True
        options.profile_file_prefix = str(tmp_path / level.name)
        session = ort.InferenceSession(before.SerializeToString(), options)
        session.run(None, {"X": np.ones((1, 7), np.float32)})
        events = json.loads(Path(session.end_profiling()).read_text("utf-8"))
        ran.append(Counter(e["args"]["op_name"] for e in events if "op_name" in e.get("args", {})))
    assert ran == counts()


def counts():
    """The two columns of the recording."""
    recorded = (ROOT / "snippets" / "outputs" / "optimise.txt").read_text("utf-8")
    rows = [line.split() for line in recorded.splitlines()[1:-2]]
    return [Counter({row[0]: int(row[column]) for row in rows}) for column in (1, 2)]


def test_the_committed_graphs_are_what_the_command_makes(before, after, split):
    hint = "renew them with: python live/models.py optimise"
    for name, made in (("optimise_before.onnx", before), ("optimise_after.onnx", after)):
        committed = onnx.load(MODELS / name)
        for field in ("node", "input", "output"):
            assert list(getattr(made.graph, field)) == list(getattr(committed.graph, field)), hint
        assert made.opset_import == committed.opset_import, hint
        for ours, theirs in zip(made.graph.initializer, committed.graph.initializer, strict=True):
            assert ours.name == theirs.name
            # Processors add in different orders, and training amplifies the difference.
            np.testing.assert_allclose(
                *(numpy_helper.to_array(tensor) for tensor in (ours, theirs)),
                rtol=0.01,
                atol=0.01,
                err_msg=hint,
            )
