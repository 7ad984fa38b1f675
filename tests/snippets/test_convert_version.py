"""The converted model against NumPy, and the conversions that are refused."""

import convert_version
import onnx
import pytest
from onnx.parser import parse_model
from onnxruntime import InferenceSession


@pytest.mark.parametrize("opset", [13, 21, 25])
def test_the_answer_stays(opset):
    model = convert_version.converted(convert_version.OLD, opset)
    assert [entry.version for entry in model.opset_import] == [opset]
    onnx.checker.check_model(model, full_check=True)
    session = InferenceSession(model.SerializeToString())
    (Y,) = session.run(None, {"X": convert_version.X})
    assert Y.tolist() == convert_version.X.sum(axis=1).tolist()
    assert convert_version.answer(parse_model(convert_version.OLD)) == Y.tolist()


def test_the_way_back_is_closed():
    """When this fails, the converter can also downgrade: fix the slide."""
    assert "No Adapter" in convert_version.converted(convert_version.NEW, 12)


def test_other_domains_stay_where_they_are():
    model = convert_version.converted(convert_version.TREE, onnx.defs.onnx_opset_version())
    assert [(entry.domain, entry.version) for entry in model.opset_import][1:] == [
        ("ai.onnx.ml", 1)
    ]
    assert [node.op_type for node in model.graph.node] == ["TreeEnsembleRegressor"]
