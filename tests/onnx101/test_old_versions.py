"""Models of scikit-learn 0.20 to 1.1, which today's cannot load, predict as they did there."""

from pathlib import Path

import numpy as np
import pytest
from exact import run

import onnx101

FILES = sorted((Path(__file__).parent / "pickles" / "old").glob("*.npz"))
# These end in exponentials and powers, which each library rounds differently.
CLOSE = ("boosting_", "histogram_", "isolation", "ada_")
REFUSED = {
    "0.20.4": {"isolation": "paths", "isolation_columns": "paths", "ada_word": "probabilities"}
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_predicts_as_its_own_version(path, tmp_path, subtests):
    source, target = tmp_path / "a.pkl", tmp_path / "a.onnx"
    refused = REFUSED.get(path.stem, {})
    with np.load(path) as stored:
        forms = [key for key in stored.files if key.split("/")[1].startswith(("prot", "joblib"))]
        assert len(forms) == (28 if path.stem == "0.20.4" else 31)
        for key in forms:
            with subtests.test(key):
                name = key.split("/")[0]
                source.write_bytes(stored[key].tobytes())
                if name in refused:
                    with pytest.raises(onnx101.ConversionError, match=refused[name]):
                        onnx101.convert(source, target)
                    continue
                onnx101.convert(source, target)
                kinds = ("predict", "proba/0", "scores", "samples")
                expected = [stored[f"{name}/{k}"] for k in kinds if f"{name}/{k}" in stored]
                for found, wanted in zip(
                    run(str(target), stored[f"{name}/rows"]), expected, strict=True
                ):
                    found = found.reshape(wanted.shape)
                    if found.dtype == np.float64 and name.startswith(CLOSE):
                        np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-15)
                    else:
                        assert (found == wanted).all()


def test_there_are_files():
    assert [path.stem for path in FILES] == ["0.20.4", "0.22.2", "0.24.2", "1.0.2", "1.1.3"]
