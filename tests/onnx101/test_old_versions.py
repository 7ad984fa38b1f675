"""Forests of scikit-learn 0.20 and 0.22, which none of today loads, predict as it did itself."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import onnx101

FILES = sorted((Path(__file__).parent / "pickles" / "old").glob("*.npz"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_predicts_as_its_own_version(path, tmp_path, subtests):
    source, target = tmp_path / "a.pkl", tmp_path / "a.onnx"
    with np.load(path) as stored:
        forms = [key for key in stored.files if key.split("/")[1].startswith(("prot", "joblib"))]
        assert len(forms) == 24
        for key in forms:
            with subtests.test(key):
                name = key.split("/")[0]
                source.write_bytes(stored[key].tobytes())
                onnx101.convert(source, target)
                found = onnxruntime.InferenceSession(target).run(
                    None, {"X": stored[f"{name}/rows"]}
                )
                expected = stored[f"{name}/predict"]
                assert np.array_equal(found[0], expected.reshape(found[0].shape))
                if len(found) > 1:
                    assert np.array_equal(found[1], stored[f"{name}/proba/0"])


def test_there_are_files():
    assert [path.stem for path in FILES] == ["0.20.4", "0.22.2"]
