"""The notes as the onnx package reads them, and the answers that do not change."""

import linear_regression
import metadata
import numpy as np
import onnx
import pytest
from onnxruntime import InferenceSession


@pytest.fixture(scope="module")
def fitted():
    return linear_regression.fit()


def test_the_notes_are_in_the_file_and_change_no_answer(fitted):
    line, X = fitted
    model = linear_regression.to_onnx(line)
    (before,) = InferenceSession(model.SerializeToString()).run(None, {"X": X[:100]})
    metadata.annotate(model, metadata.NOTES)
    serialised = model.SerializeToString()
    read = onnx.load_from_string(serialised)
    assert {entry.key: entry.value for entry in read.metadata_props} == metadata.NOTES
    facts = {"producer": "linear_regression.py", "version": "1"}
    assert metadata.read(serialised) == facts | metadata.NOTES
    np.testing.assert_array_equal(InferenceSession(serialised).run(None, {"X": X[:100]})[0], before)


def test_noting_twice_replaces(fitted):
    model = linear_regression.to_onnx(fitted[0])
    for author in ("somebody", "somebody else"):
        metadata.annotate(model, {"model_author": author})
    assert [(entry.key, entry.value) for entry in model.metadata_props] == [
        ("model_author", "somebody else")
    ]
