"""What bit_equal.py finds, against answers compared here without the library's own verify."""

import bit_equal
import numpy as np
import onnxruntime as ort
import pytest
import train
from float32 import standing


@pytest.fixture(scope="module")
def models(forest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    train.save(forest, folder / "forest.pkl")
    for way, write in bit_equal.WAYS.items():
        write(folder / "forest.pkl", folder / f"{way}.onnx")
    return folder


@pytest.mark.parametrize(
    ("way", "share", "minutes"),
    [("skl2onnx", 0.9999, np.inf), ("onnx101, float", 0.9999, 1e-4), ("onnx101, double", 1, 0)],
)
def test_the_ways_differ_as_the_recording_says(models, forest, split, way, share, minutes):
    rows = standing(forest, split[0])[::7]
    rows[::5, 3] = np.nan
    expected = forest.predict(rows)
    session = ort.InferenceSession(models / f"{way}.onnx")
    given = session.run(None, {"X": rows})[0].ravel().astype(np.float64)
    assert np.abs(given - expected).max() <= minutes
    equal = np.mean(given.view(np.int64) == expected.view(np.int64))
    assert equal == 1 if share == 1 else equal < share


def test_a_leaf_that_moves_is_found(models, forest, split, tmp_path):
    shaken = train.train(*(part[:20_000] for part in (split[0], split[2])), trees=4, leaves=50)
    train.save(shaken, tmp_path / "other.pkl")
    found = bit_equal.verify(tmp_path / "other.pkl", models / "onnx101, double.onnx", rows=1_000)
    assert not found.passed
    assert found.equal < 0.5


def test_two_digits_without_an_exponent():
    assert [bit_equal.digits(number) for number in (247.3, 2.96e-5)] == ["250", "0.00003"]
