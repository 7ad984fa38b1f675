"""If and Loop against Python's own, in two evaluators."""

import control
import numpy as np
import pytest
from onnx.parser import parse_model
from onnx.reference import ReferenceEvaluator


def reference(graph):
    return ReferenceEvaluator(parse_model(control.HEAD + graph))


@pytest.mark.parametrize("km", [1, 1500, 1501, 3000, 3001, 8007, 29_999])
def test_answers_as_python(km):
    given = {"km": np.array(km, np.float32)}
    left, legs = km, []
    while not legs or left > 0:
        left -= 3000
        legs.append(len(legs))
    for choose in (control.session(control.CHOOSE), reference(control.CHOOSE)):
        assert choose.run(None, given)[0] == pytest.approx(km / (13 if km > 1500 else 8))
    for stops in (control.session(control.STOPS), reference(control.STOPS)):
        after, flown = stops.run(None, given)
        assert after == left
        assert flown.ravel().tolist() == legs  # the reference evaluator keeps a dimension of 1


def test_the_loop_ends_after_as_many_rounds_as_it_may():
    _, legs = control.session(control.STOPS).run(None, {"km": np.array(1e6, np.float32)})
    assert len(legs) == 10
