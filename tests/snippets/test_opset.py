"""The versions against onnx's registry of operators and the runtime's own messages."""

import re
from importlib.metadata import version

import onnx
import opset
import pytest
from onnxruntime import InferenceSession
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from onnx101.opset import IR_VERSION, ML_OPSET, OPSET


def refusal(**versions):
    """The runtime's message when it is asked for a version it does not know."""
    with pytest.raises(Fail) as raised:
        InferenceSession(opset.declare(**versions).SerializeToString())
    return str(raised.value)


def test_the_seed_line_prints_what_is_installed(capsys):
    opset.package()
    known = max(schema.since_version for schema in schemas(""))
    assert capsys.readouterr().out == f"{version('onnx')}  opset = {known}\n"


def schemas(domain):
    return [each for each in onnx.defs.get_all_schemas_with_history() if each.domain == domain]


def test_a_model_declares_the_pinned_versions():
    model = opset.declare()
    onnx.checker.check_model(model)
    assert model.ir_version == IR_VERSION == 10
    declared = {each.domain: each.version for each in model.opset_import}
    assert declared == {"": OPSET, "ai.onnx.ml": ML_OPSET} == {"": 21, "ai.onnx.ml": 5}


def test_the_pinned_versions_are_the_oldest_that_have_tree_ensemble():
    trees = [each.since_version for each in schemas("ai.onnx.ml") if each.name == "TreeEnsemble"]
    assert min(trees) == ML_OPSET
    released = [(ir, ai) for _, ir, ai, ml, *_ in onnx.helper.VERSION_TABLE if ml == ML_OPSET]
    assert min(released) == (IR_VERSION, OPSET)


def test_the_newest_found_by_trying_is_the_newest_that_the_runtime_names():
    ir = opset.newest("ir", IR_VERSION)
    (said,) = re.findall(r"max supported IR version: (\d+)", refusal(ir=ir + 1))
    assert ir == int(said)
    for name, domain, pinned in (("opset", "ai.onnx", OPSET), ("ml", "ai.onnx.ml", ML_OPSET)):
        found = opset.newest(name, pinned)
        words = rf"support for domain {domain} is till opset (\d+)"
        (said,) = re.findall(words, refusal(**{name: found + 1}))
        assert found == int(said)


def test_loads_tells_a_refusal_from_an_answer():
    assert opset.loads(opset.declare())
    assert not opset.loads(opset.declare(ir=IR_VERSION + 1000))


def test_the_default_is_what_onnx_writes(capsys):
    opset.main([])
    row = re.search(r"by default +(\d+) +(\d+)", capsys.readouterr().out)
    assert (int(row[1]), int(row[2])) == (onnx.IR_VERSION, onnx.defs.onnx_opset_version())
