"""Forests of any shape predict in ONNX what they predict in scikit-learn, to the last bit."""

import pickle

import numpy as np
from exact import answers, assert_same_bits, evaluated, fit, rows, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import ensemble

import onnx101


def small(draw, count: int, most: int) -> np.ndarray:
    numbers = st.lists(st.integers(0, most), min_size=count, max_size=count)
    return np.array(draw(numbers), dtype=np.float64)


@st.composite
def forests(draw):
    """Forests of any shape over few values, so that leaves and thresholds recur."""
    n, columns = draw(st.integers(2, 25)), draw(st.integers(1, 3))
    data = small(draw, n * columns, draw(st.sampled_from([1, 3, 40]))).reshape(n, columns)
    data = (data * draw(st.sampled_from([1, 1 / 3, -1e30, 1e-40]))).astype(np.float32)
    outputs = draw(st.integers(1, 3))
    target = small(draw, n * outputs, draw(st.sampled_from([1, 2, 9]))).reshape(n, outputs)
    kind = draw(
        st.sampled_from(
            [
                ensemble.RandomForestRegressor,
                ensemble.RandomForestClassifier,
                ensemble.ExtraTreesRegressor,
                ensemble.ExtraTreesClassifier,
            ]
        )
    )
    if kind in (ensemble.RandomForestRegressor, ensemble.ExtraTreesRegressor):
        target = target * draw(st.sampled_from([1, 0.1, 1e300, -1e-320]))
        if draw(st.booleans()):
            data = np.where(small(draw, data.size, 5).reshape(data.shape) == 0, np.nan, data)
    estimator = kind(
        n_estimators=draw(st.integers(1, 4)),
        max_depth=draw(st.sampled_from([None, 1, 3])),
        max_leaf_nodes=draw(st.sampled_from([None, 2, 7])),
        bootstrap=draw(st.booleans()),
        random_state=draw(st.integers(0, 9)),
    )
    weights = small(draw, n, 3) + 0.25 if draw(st.booleans()) else None
    return estimator, data, target if outputs > 1 else target[:, 0], weights


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(forests())
def test_forests_of_any_shape(case):
    estimator, data, target, weights = case
    fit(estimator, data, target, sample_weight=weights)
    at = rows(np.nan_to_num(np.vstack([data, data + 1]).astype(np.float32)), 60)
    expected = answers(estimator, at)
    assert_same_bits(run(onnx101.to_onnx(estimator), at), expected)
    assert_same_bits(evaluated(pickle.dumps(estimator), at), expected)
