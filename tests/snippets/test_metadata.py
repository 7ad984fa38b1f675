"""The notes as the onnx package reads them, and answers that do not change."""

import metadata
import numpy as np
import onnx
from onnxruntime import InferenceSession


def test_the_notes_are_in_the_file_and_change_no_answer():
    X = np.random.default_rng(0).uniform(0, 5000, (100, 2)).astype(np.float32)
    (before,) = InferenceSession(metadata.MODEL).run(None, {"X": X})
    model = onnx.load(metadata.MODEL)
    metadata.annotate(model, metadata.NOTES)
    serialised = model.SerializeToString()
    read = onnx.load_from_string(serialised)
    assert {entry.key: entry.value for entry in read.metadata_props} == metadata.NOTES
    facts = {"producer": "linear_regression.py", "version": "1"}
    assert metadata.read(serialised) == facts | metadata.NOTES
    np.testing.assert_array_equal(InferenceSession(serialised).run(None, {"X": X})[0], before)


def test_noting_twice_replaces():
    model = onnx.load(metadata.MODEL)
    for author in ("somebody", "somebody else"):
        metadata.annotate(model, {"model_author": author})
    assert [(entry.key, entry.value) for entry in model.metadata_props] == [
        ("model_author", "somebody else")
    ]
