"""The operator against the flights' distances, and the runtimes that do not know it."""

import custom_op
import flights
import numpy as np
import pytest
from onnx.parser import parse_model
from onnx.reference import ReferenceEvaluator

MODEL = parse_model(custom_op.MODEL)


def test_the_evaluator_that_was_taught_it_answers():
    X = flights.load()[0][:500]
    evaluator = ReferenceEvaluator(MODEL, new_ops=[custom_op.GreatCircle])
    (km,) = evaluator.run(None, {"origin": X[:, :2], "to": X[:, 2:4]})
    np.testing.assert_allclose(km, X[:, 5], rtol=1e-5)


def test_the_others_refuse():
    with pytest.raises(Exception, match="GreatCircle"):
        ReferenceEvaluator(MODEL).run(None, {"origin": np.zeros((1, 2)), "to": np.zeros((1, 2))})
    assert custom_op.refusal(MODEL) == "flights:GreatCircle(-1) is not a registered function/op"
