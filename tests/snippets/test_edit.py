"""The edited graph against the one it was made from."""

import edit
import numpy as np
import onnx
import onnx_ir as ir
from onnxruntime import InferenceSession

PATH = edit.MODELS / "linear_regression.onnx"


def test_hours_are_minutes_by_sixty():
    edited = ir.to_proto(edit.in_hours(ir.load(PATH)))
    onnx.checker.check_model(edited, full_check=True)
    X = np.random.default_rng(0).uniform(0, 5000, (100, 2)).astype(np.float32)
    (minutes,) = InferenceSession(PATH).run(None, {"X": X})
    (hours,) = InferenceSession(edited.SerializeToString()).run(["hours"], {"X": X})
    np.testing.assert_allclose(hours, minutes / 60, rtol=1e-6)


def test_the_file_it_was_read_from_stays():
    before = PATH.read_bytes()
    edit.in_hours(ir.load(PATH))
    assert PATH.read_bytes() == before
