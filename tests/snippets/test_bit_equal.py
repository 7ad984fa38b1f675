"""What bit_equal.py finds, against answers compared here in a different way."""

import struct
from importlib.metadata import version

import bit_equal
import numpy as np
import onnxruntime as ort
import pytest
import train


@pytest.fixture(scope="module")
def kinds(forest, split):
    return {kind: rows[::50] for kind, rows in bit_equal.hardest(forest, split[0]).items()}


@pytest.fixture(scope="module")
def models(forest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    train.save(forest, folder / "forest.pkl")
    for way, write in bit_equal.WAYS.items():
        write(folder / "forest.pkl", folder / f"{way}.onnx")
    return folder


@pytest.mark.parametrize("way", bit_equal.WAYS)
def test_counts_the_answers_whose_bytes_are_equal(way, models, forest, kinds):
    code = "<d" if "double" in way else "<f"
    for rows in kinds.values():
        expected = forest.predict(rows)
        session = ort.InferenceSession(models / f"{way}.onnx")
        given = session.run(None, {"X": rows})[0].ravel()
        minutes, same = bit_equal.compare(models / f"{way}.onnx", rows, expected)
        assert minutes.tolist() == given.tolist()
        assert same.tolist() == [
            struct.pack(code, a) == struct.pack(code, b)
            for a, b in zip(given.tolist(), expected.tolist(), strict=True)
        ]


def test_only_double_is_equal_everywhere_and_float_is_near(models, forest, kinds):
    for rows in kinds.values():
        expected = forest.predict(rows)
        for way, furthest in {"onnx101, float": 1e-4, "onnx101, double": 0}.items():
            minutes, same = bit_equal.compare(models / f"{way}.onnx", rows, expected)
            assert np.abs(minutes - expected).max() <= furthest
            assert same.all() == (furthest == 0)


def test_skl2onnx_drops_nan(models, forest, kinds):
    """When this fails, a newer skl2onnx routes NaN correctly: take the sentence off the slides."""
    (way,) = (way for way in bit_equal.WAYS if way.startswith("skl2onnx"))
    assert way.endswith(version("skl2onnx"))
    off = {}
    for kind, rows in kinds.items():
        expected = forest.predict(rows)
        minutes, _ = bit_equal.compare(models / f"{way}.onnx", rows, expected)
        off[kind] = np.mean(np.abs(minutes - expected) > 0.001)
    assert off.pop("NaN in it") > 0.3
    assert set(off.values()) == {0}  # its thresholds are right


def test_the_hard_flights_are_what_they_are_called(forest, kinds):
    on, above, unknown = kinds.values()
    thresholds = np.concatenate([tree.tree_.threshold for tree in forest.estimators_])
    assert np.isin(on, np.float32(thresholds)).any(axis=1).all()
    assert (above > on).all()
    assert np.isnan(unknown[:, 2]).all()
    assert not np.isnan(np.delete(unknown, 2, axis=1)).any()
