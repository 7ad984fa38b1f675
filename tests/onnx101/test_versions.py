"""Forests written by scikit-learn 1.2 to 1.9 predict as those versions did themselves."""

from pathlib import Path

import numpy as np
import pytest
from exact import evaluated, run

import onnx101

PICKLES = sorted((Path(__file__).parent / "pickles").glob("*.npz"))
# Boosting ends in an exponential, which each library rounds differently.
BOOSTING = ("boosting", "histogram")
ROUNDING = 1e-14


def files():
    """Every stored file, as archive, model and format."""
    for path in PICKLES:
        with np.load(path) as arrays:
            for key in arrays.files:
                model, _, form = key.partition("/")
                if form.startswith(("protocol", "joblib")):
                    yield pytest.param(path, model, form, id=f"{path.stem}-{model}-{form}")


@pytest.mark.parametrize(("path", "model", "form"), [*files()])
def test_predicts_as_its_own_version(path, model, form, tmp_path):
    source, target = tmp_path / "forest.pkl", tmp_path / "forest.onnx"
    with np.load(path) as arrays:
        stored = {key: arrays[key] for key in arrays.files if key.startswith(f"{model}/")}
    source.write_bytes(stored[f"{model}/{form}"].tobytes())
    onnx101.convert(source, target)
    rows = stored[f"{model}/rows"]
    check(run(str(target), rows), stored, model)
    check(evaluated(source.read_bytes(), rows), stored, model)


def check(found: list[np.ndarray], stored: dict, model: str) -> None:
    predicted, *probabilities = found
    expected = stored[f"{model}/predict"]
    exact = not model.startswith(BOOSTING)
    if probabilities:
        assert np.array_equal(predicted, expected.astype(predicted.dtype))
        assert_same(probabilities[0], probabilities_of(stored, model), exact)
    else:
        assert_same(predicted, expected.reshape(predicted.shape), exact)


def probabilities_of(stored: dict, model: str) -> np.ndarray:
    """What predict_proba gave, [N, classes]; [outputs, N, most classes] where there are more."""
    parts = [value for key, value in stored.items() if key.startswith(f"{model}/proba/")]
    if len(parts) == 1:
        return parts[0]
    most = max(part.shape[1] for part in parts)
    return np.stack([np.pad(part, [(0, 0), (0, most - part.shape[1])]) for part in parts])


def assert_same(found: np.ndarray, expected: np.ndarray, exact: bool) -> None:
    assert found.dtype == expected.dtype == np.float64
    if exact:
        assert np.array_equal(found.view(np.int64), expected.view(np.int64))
    else:
        np.testing.assert_allclose(found, expected, rtol=ROUNDING)


def test_every_version_and_format_is_there():
    found = [case.values for case in files()]
    versions = {path.stem.rpartition(".")[0] for path, _, _ in found}
    assert versions == {f"1.{minor}" for minor in range(2, 10)} | {"imblearn-0.14"}
    assert len({form for _, model, form in found if model == "forest"}) == 11
