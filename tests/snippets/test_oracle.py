"""The committed oracle against the forest that the command grows."""

import numpy as np
import onnx
import onnxruntime as ort
import oracle
from support import MODELS

from onnx101.opset import IR_VERSION, ML_OPSET, OPSET

MODEL = MODELS / "oracle.onnx"
LARGEST = 300_000  # bytes; no larger file goes into the repository


def test_the_committed_model_is_what_the_command_makes(forest, split):
    made, committed = onnx.load_from_string(oracle.convert(forest)), onnx.load(MODEL)
    hint = "renew it with: python live/models.py oracle"
    for model in (made, committed):
        onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in made.graph.node] == [
        node.op_type for node in committed.graph.node
    ], hint
    sizes, answers = [], []
    for model in (made, committed):
        attributes = (a for node in model.graph.node for a in node.attribute)
        sizes.append([(a.name, len(a.ints), list(a.t.dims)) for a in attributes])
        session = ort.InferenceSession(model.SerializeToString())
        answers.append(session.run(None, {"X": split[1]})[0])
    assert sizes[0] == sizes[1], hint
    np.testing.assert_array_equal(*answers, err_msg=hint)


def test_fits_the_browser_and_declares_the_pinned_versions():
    assert MODEL.stat().st_size <= LARGEST
    model = onnx.load(MODEL)
    declared = {entry.domain: entry.version for entry in model.opset_import}
    assert (model.ir_version, declared) == (IR_VERSION, {"": OPSET, "ai.onnx.ml": ML_OPSET})
    assert [value.name for value in model.graph.input] == ["X"]
