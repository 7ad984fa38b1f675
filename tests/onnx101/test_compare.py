"""Which differences count."""

import numpy as np
import pytest

from onnx101.compare import Tally
from onnx101.ensemble import Ensemble, Link

NAN, INF = float("nan"), float("inf")
REGRESSOR = Ensemble("RandomForestRegressor", 1)
WORDS = [np.array(["early", "late"], dtype=object)]
FOREST = Ensemble("RandomForestClassifier", 1, link=Link.PROBABILITY, classes=WORDS)
BOOSTING = Ensemble("GradientBoostingClassifier", 1, link=Link.LOGIT, classes=WORDS)


def numbers(*column: float, dtype=np.float64) -> list[np.ndarray]:
    return [np.array(column, dtype=dtype).reshape(-1, 1)]


def compared(ensemble, expected, given):
    tally = Tally(ensemble, exact=given[-1].dtype == np.float64)
    tally.add(expected, given)
    return tally.comparison()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ([1, 2], [NAN, NAN]),
        ([NAN, 1], [NAN, NAN]),
        ([NAN, 1], [NAN, 1001]),
        ([NAN, 2], [1, 2]),
        ([INF, 2], [1e30, 2]),
        ([1, 2], [1, INF]),
        ([INF, 2], [-INF, 2]),
        ([INF, INF], [NAN, INF]),
        ([INF, 2], [INF, 3]),  # an infinite prediction allows no tolerance
        ([1e9, 2], [1e9 + 2e4, 2]),
    ],
)
def test_what_differs_fails(expected, given, dtype):
    for ensemble in (REGRESSOR, Ensemble("HistGradientBoostingRegressor", 1, link=Link.EXP)):
        found = compared(ensemble, numbers(*expected), numbers(*given, dtype=dtype))
        assert not found.passed
        assert found.equal < 1
        assert found.absolute > found.allowed


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("column", [[INF, -INF, 1], [NAN, 2], [INF, INF], [0, 0]])
def test_what_is_equal_passes(column, dtype):
    found = compared(REGRESSOR, numbers(*column), numbers(*column, dtype=dtype))
    assert (found.passed, found.equal, found.absolute, found.relative) == (True, 1, 0, 0)


def test_the_sign_of_zero_is_a_bit_and_no_difference():
    found = compared(REGRESSOR, numbers(0.0, 1), numbers(-0.0, 1))
    assert (found.passed, found.equal, found.absolute) == (True, 0.5, 0)


def test_float_allows_a_rounding_and_no_more():
    third = numbers(1 / 3, 1)
    assert compared(REGRESSOR, third, numbers(1 / 3, 1, dtype=np.float32)).passed
    assert not compared(REGRESSOR, third, numbers(1 / 3 + 1e-5, 1, dtype=np.float32)).passed


def labelled(labels: str, *probabilities: float, dtype=np.float64) -> list[np.ndarray]:
    first = np.array(probabilities, dtype=dtype)
    words = np.array(labels.split(), dtype=object)
    return [words, np.stack([first, 1 - first], axis=1)]


@pytest.mark.parametrize("ensemble", [FOREST, BOOSTING])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_label_counts(ensemble, dtype):
    expected = labelled("early late", 0.75, 0.25)
    assert compared(ensemble, expected, labelled("early late", 0.75, 0.25, dtype=dtype)).passed
    for wrong in ("late early", "early early", "early late?"):
        found = compared(ensemble, expected, labelled(wrong, 0.75, 0.25, dtype=dtype))
        assert (found.passed, found.absolute) == (False, 0)
        assert found.labels == (0 if wrong == "late early" else 0.5)
        assert found.equal == found.labels


def test_a_tie_may_go_either_way_only_where_probabilities_are_rounded():
    expected, given = labelled("early late", 0.5, 0.25), labelled("late late", 0.5, 0.25)
    assert compared(BOOSTING, expected, given).passed
    assert not compared(FOREST, expected, given).passed  # every bit counts, so every label does
    nearly = labelled("early late", 0.5 + 1e-8, 0.25)
    assert not compared(BOOSTING, nearly, given).passed
    rounded = labelled("late late", 0.5 + 1e-8, 0.25, dtype=np.float32)
    assert compared(FOREST, nearly, rounded).passed


def test_labels_of_several_outputs_are_compared_each():
    classes = [np.array([1, 2, 3]), np.array([0, 7])]
    several = Ensemble("RandomForestClassifier", 1, 6, link=Link.PROBABILITY, classes=classes)
    probabilities = np.array([[[0.5, 0.25, 0.25]], [[0.25, 0.75, 0]]])  # [outputs, rows, most]
    expected = [np.array([[1, 7]]), probabilities]
    assert compared(several, expected, [np.array([[1, 7]]), probabilities]).passed
    for wrong in ([1, 0], [2, 7], [7, 1]):
        for numbers in (probabilities, probabilities.astype(np.float32)):
            found = compared(several, expected, [np.array([wrong]), numbers])
            assert (found.passed, found.labels) == (False, 0)
