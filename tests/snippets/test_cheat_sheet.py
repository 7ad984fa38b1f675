"""Each piece of the sheet against another way to do the same thing."""

import cheat_sheet
import linear_regression
import numpy as np
import onnx
import pytest


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    estimator, X = linear_regression.fit()
    path = tmp_path_factory.mktemp("sheet") / "line.onnx"
    cheat_sheet.convert(estimator, X, path)
    return estimator, X, path


def test_the_model_answers_as_the_formula(line):
    estimator, X, path = line
    answers = cheat_sheet.run(path, X)
    expected = X.astype(float) @ estimator.coef_ + estimator.intercept_
    np.testing.assert_allclose(answers, expected, atol=0.001)
    off = answers.copy()
    off[7] += 2
    assert cheat_sheet.compare(estimator, X, off) == pytest.approx(2, abs=0.001)


def test_looks_into_the_file(line):
    opsets, operators = cheat_sheet.look(line[2])
    model = onnx.load(line[2])
    assert operators == ["LinearRegressor"]
    assert opsets == {"ai.onnx": cheat_sheet.OPSET, "ai.onnx.ml": 1}
    assert model.ir_version == cheat_sheet.IR_VERSION
