"""The line against NumPy's least squares, the committed model against what the command makes."""

import linear_regression
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from onnx101.opset import IR_VERSION, OPSET

COMMITTED = linear_regression.MODELS / "linear_regression.onnx"


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


def test_each_evaluator_says_what_numpy_says(fitted):
    line, model, X = fitted
    by_hand = X.astype(float) @ line.coef_ + line.intercept_
    answers = linear_regression.evaluate(line, model, X)
    assert list(answers) == ["scikit-learn", "onnx.reference", "onnxruntime"]
    for minutes in answers.values():
        np.testing.assert_allclose(minutes, by_hand, rtol=0, atol=linear_regression.TOLERANCE)


def test_a_model_that_disagrees_is_not_printed_as_equal(fitted, monkeypatch):
    line, model, X = fitted
    wrong = onnx.ModelProto()
    wrong.CopyFrom(model)
    bias = initializers(model)["bias"] + np.float32(0.01)
    wrong.graph.initializer[1].CopyFrom(numpy_helper.from_array(bias, "bias"))
    monkeypatch.setattr(linear_regression, "fit", lambda: (line, X))
    monkeypatch.setattr(linear_regression, "to_onnx", lambda line: wrong)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        linear_regression.main([])


def test_the_committed_model_is_what_the_command_writes(fitted, monkeypatch, tmp_path):
    line, model, X = fitted
    monkeypatch.setattr(linear_regression, "MODELS", tmp_path)
    monkeypatch.setattr(linear_regression, "fit", lambda: (line, X))
    linear_regression.main(["--write"])
    written = tmp_path / "linear_regression.onnx"
    first = written.read_bytes()
    linear_regression.main(["--write"])
    assert written.read_bytes() == first
    assert list(tmp_path.iterdir()) == [written]

    committed = onnx.load(COMMITTED)
    assert without_values(committed) == without_values(onnx.load(written))
    # Another processor may fit another last bit.
    for name, values in initializers(committed).items():
        np.testing.assert_allclose(values, initializers(model)[name], rtol=1e-6)
    answers = linear_regression.evaluate(line, committed, X)
    np.testing.assert_allclose(
        answers["onnxruntime"], answers["scikit-learn"], rtol=0, atol=linear_regression.TOLERANCE
    )
    assert COMMITTED.stat().st_size < 300_000
