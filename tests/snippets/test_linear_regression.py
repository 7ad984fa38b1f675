"""The line against NumPy's least squares; the committed model against what the command makes."""

import linear_regression
import models
import numpy as np
import onnx
import pytest
from evaluators import evaluate
from onnx import numpy_helper
from support import MODELS

from onnx101.opset import IR_VERSION, OPSET

COMMITTED = MODELS / "linear_regression.onnx"


@pytest.fixture(scope="module")
def fitted():
    line, X = linear_regression.fit()
    return line, linear_regression.to_onnx(line), X


def initializers(model):
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def without_values(model):
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for initializer in copy.graph.initializer:
        initializer.ClearField("raw_data")
    return copy


def test_the_line_is_the_one_of_least_squares(fitted):
    line, _, _ = fitted
    X, _, y, _ = linear_regression.flights.split()
    km, hour = X[:, 5].astype(float), X[:, 4].astype(float)
    columns = np.column_stack([km, hour, np.ones(len(X))])
    slope_km, slope_hour, bias = np.linalg.lstsq(columns, y.astype(float), rcond=None)[0]
    np.testing.assert_allclose(line.coef_, [slope_km, slope_hour], rtol=1e-6)
    np.testing.assert_allclose(line.intercept_, bias, rtol=1e-6)


def test_the_graph_is_a_product_and_a_sum_at_the_pinned_versions(fitted):
    _, model, _ = fitted
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["MatMul", "Add"]
    assert [each.name for each in model.graph.input] == ["X"]
    assert set(initializers(model)) == {"coefficients", "bias"}
    assert model.ir_version == IR_VERSION
    assert [(each.domain, each.version) for each in model.opset_import] == [("", OPSET)]


def test_the_committed_model_is_what_the_command_writes(fitted, monkeypatch, tmp_path):
    line, model, X = fitted
    monkeypatch.setattr(models, "MODELS", tmp_path)
    monkeypatch.setattr(linear_regression, "fit", lambda: (line, X))
    models.main(["linear_regression"])
    written = tmp_path / "linear_regression.onnx"
    first = written.read_bytes()
    models.main(["linear_regression"])
    assert written.read_bytes() == first
    assert list(tmp_path.iterdir()) == [written]

    committed = onnx.load(COMMITTED)
    assert without_values(committed) == without_values(onnx.load(written))
    # The last bits may differ on another processor.
    for name, values in initializers(committed).items():
        np.testing.assert_allclose(values, initializers(model)[name], rtol=1e-6)
    answers = evaluate(line, committed, X)
    np.testing.assert_allclose(
        answers["onnxruntime"], answers["scikit-learn"], rtol=0, atol=linear_regression.TOLERANCE
    )
    assert COMMITTED.stat().st_size < 300_000
