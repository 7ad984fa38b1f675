"""Three evaluators against the formula in NumPy."""

import evaluators
import linear_regression
import numpy as np
import onnx
import pytest
from onnx import numpy_helper


@pytest.fixture(scope="module")
def fitted():
    line, X = linear_regression.fit()
    return line, linear_regression.to_onnx(line), X


def test_each_evaluator_says_what_numpy_says(fitted):
    line, model, X = fitted
    by_hand = X.astype(float) @ line.coef_ + line.intercept_
    answers = evaluators.evaluate(line, model, X)
    assert list(answers) == ["scikit-learn", "onnx.reference", "onnxruntime"]
    for minutes in answers.values():
        np.testing.assert_allclose(minutes, by_hand, rtol=0, atol=evaluators.TOLERANCE)


def test_a_model_that_disagrees_is_not_printed_as_equal(fitted, monkeypatch):
    line, model, X = fitted
    wrong = onnx.ModelProto()
    wrong.CopyFrom(model)
    bias = numpy_helper.to_array(model.graph.initializer[1]) + np.float32(0.01)
    wrong.graph.initializer[1].CopyFrom(numpy_helper.from_array(bias, "bias"))
    monkeypatch.setattr(evaluators, "fit", lambda: (line, X))
    monkeypatch.setattr(evaluators, "to_onnx", lambda line: wrong)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        evaluators.main([])
