"""An untrusted model is run within limits, and refused in one line."""

import os
import pickle
import subprocess
import sys

import numpy as np
import onnx
import pytest
from hostile import code
from onnx import TensorProto, helper
from sklearn.ensemble import RandomForestRegressor

import onnx101
from onnx101 import apart, runtime

rng = np.random.default_rng(4)
X = rng.normal(size=(100, 3)).astype(np.float32)
FOREST = RandomForestRegressor(2, random_state=0).fit(X, X[:, 0] * X[:, 1])


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(FOREST))
    return path


def value(name, kind=TensorProto.FLOAT, shape=("N", 3)):
    return helper.make_tensor_value_info(name, kind, shape)


VARIABLE = value("variable", shape=("N", 1))
ADD = helper.make_node("ReduceSum", ["X", "one"], ["variable"], keepdims=1)


def graph(*nodes, inputs=None, outputs=(VARIABLE,), **constants) -> bytes:
    """A model of these nodes; `one` and `zero` are constants."""
    constants = {"one": np.array([1]), "zero": np.array([0.0], np.float32)} | constants
    tensors = [onnx.numpy_helper.from_array(array, name) for name, array in constants.items()]
    inputs = [value("X")] if inputs is None else inputs
    made = helper.make_graph(list(nodes), "g", inputs, list(outputs), tensors)
    versions = [helper.make_opsetid("", 21), helper.make_opsetid("nobody", 1)]
    return helper.make_model(made, ir_version=10, opset_imports=versions).SerializeToString()


def gigabytes() -> bytes:
    """Asks for 8 GB when it is run."""
    return graph(
        helper.make_node("ConstantOfShape", ["many"], ["zeros"]),
        helper.make_node("ReduceMax", ["zeros"], ["most"], keepdims=0),
        helper.make_node("ReduceSum", ["X", "one"], ["sum"], keepdims=1),
        helper.make_node("Add", ["sum", "most"], ["variable"]),
        many=np.array([2_000_000_000]),
    )


def endless() -> bytes:
    """Loops for as long as it can."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["sum_so_far", "zero"], ["sum_now"]),
        ],
        "body",
        [
            value("turn", TensorProto.INT64, []),
            value("go", TensorProto.BOOL, []),
            value("sum_so_far"),
        ],
        [value("go_on", TensorProto.BOOL, []), value("sum_now")],
    )
    return graph(
        helper.make_node("ReduceSum", ["X", "one"], ["sum"], keepdims=1),
        helper.make_node("Loop", ["turns", "yes", "sum"], ["variable"], body=body),
        turns=np.array(2**62),
        yes=np.array(True),
    )


def outside() -> bytes:
    """Keeps its constant in somebody else's file."""
    model = onnx.ModelProto.FromString(
        graph(helper.make_node("Add", ["X", "far"], ["variable"]), far=np.zeros(3, np.float32))
    )
    far = next(part for part in model.graph.initializer if part.name == "far")
    far.ClearField("raw_data")
    far.data_location = TensorProto.EXTERNAL
    far.external_data.add(key="location", value="../../../../../../dev/zero")
    return model.SerializeToString()


MODELS = {
    "no model": (lambda: b"no model", "cannot load"),
    "nothing": (lambda: b"", "cannot load"),
    "8 gigabytes": (gigabytes, "cannot run .*alloc"),
    "a loop without end": (endless, "more than 1 seconds"),
    "a file outside": (outside, "cannot load"),
    "an operator of nobody": (
        lambda: graph(helper.make_node("Run", ["X"], ["variable"], domain="nobody")),
        "cannot load",
    ),
    "a sequence": (
        lambda: graph(
            helper.make_node("SequenceConstruct", ["X"], ["variable"]),
            outputs=[helper.make_tensor_sequence_value_info("variable", 1, None)],
        ),
        r"other outputs .* seq\(tensor\(float\)\)",
    ),
    "another name": (
        lambda: graph(
            helper.make_node("ReduceSum", ["X", "one"], ["sum"]), outputs=[value("sum", 1)]
        ),
        "other outputs .* sum",
    ),
    "another input": (
        lambda: graph(helper.make_node("Abs", ["Y"], ["variable"]), inputs=[value("Y")]),
        "other inputs .* Y",
    ),
    "an input of integers": (
        lambda: graph(helper.make_node("Cast", ["X"], ["variable"], to=1), inputs=[value("X", 7)]),
        r"other inputs .* X tensor\(int64\)",
    ),
    "two inputs": (
        lambda: graph(
            helper.make_node("Add", ["X", "Y"], ["variable"]), inputs=[value("X"), value("Y")]
        ),
        "other inputs .* Y",
    ),
    "no input": (
        lambda: graph(helper.make_node("Identity", ["zero"], ["variable"]), inputs=[]),
        "other inputs",
    ),
    "text": (
        lambda: graph(
            helper.make_node("Cast", ["X"], ["variable"], to=8), outputs=[value("variable", 8)]
        ),
        r"other outputs .* tensor\(string\)",
    ),
    "another shape": (
        lambda: graph(helper.make_node("Abs", ["X"], ["variable"])),
        "other outputs|cannot run",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_no_such_model_is_refused(name, source, tmp_path, monkeypatch):
    build, message = MODELS[name]
    target = tmp_path / "a.onnx"
    target.write_bytes(build())
    monkeypatch.setattr(runtime, "_PATIENCE", 100)  # however busy the machine is
    if build is endless:
        monkeypatch.setattr(runtime, "_SECONDS", 1)
    with pytest.raises(onnx101.ConversionError, match=message) as refused:
        onnx101.verify(source, target, rows=50)
    assert "\n" not in str(refused.value)


def test_a_model_that_waits_is_ended(source, tmp_path, monkeypatch):
    """Like one that reads its data from a pipe; here the process itself sleeps."""
    monkeypatch.setattr(apart, "_START", "import time; time.sleep(600)")
    monkeypatch.setattr(runtime, "_SECONDS", 0.2)
    (tmp_path / "a.onnx").write_bytes(graph(ADD))
    with pytest.raises(onnx101.ConversionError, match="more than"):
        onnx101.verify(source, tmp_path / "a.onnx", rows=50)


def test_a_model_that_ends_its_process_is_refused(source, tmp_path, monkeypatch):
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(apart, "_START", crash)
    (tmp_path / "a.onnx").write_bytes(graph(ADD))
    with pytest.raises(onnx101.ConversionError, match="status -11"):
        onnx101.verify(source, tmp_path / "a.onnx", rows=50)


def test_a_wrong_model_differs(source, tmp_path):
    """NaN everywhere, or NaN for NaN inputs and otherwise wrong: NaN hides neither."""
    target = tmp_path / "a.onnx"
    nan = np.array([np.nan], np.float32)
    target.write_bytes(
        graph(
            helper.make_node("ReduceSum", ["X", "one"], ["sum"], keepdims=1),
            helper.make_node("Mul", ["sum", "nan"], ["variable"]),
            nan=nan,
        )
    )
    assert onnx101.verify(source, target, rows=50).equal == 0
    target.write_bytes(graph(ADD))  # a sum is NaN if any term is
    found = onnx101.verify(source, target, rows=500)
    assert (found.passed, found.absolute) == (False, np.inf)


def test_what_is_no_file_is_refused(source, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path, tmp_path / "pipe", "/dev/zero", tmp_path / "a\0b"):
        with pytest.raises(onnx101.ConversionError):
            onnx101.verify(source, target)


def test_a_pipe_cannot_be_read_twice(source, tmp_path):
    onnx101.convert(source, tmp_path / "a.onnx")
    os.mkfifo(tmp_path / "pipe")
    for pipe in (tmp_path / "pipe", (tmp_path / "pipe").as_uri()):  # which nobody writes to
        with pytest.raises(onnx101.ConversionError, match="no file"):
            onnx101.verify(pipe, tmp_path / "a.onnx")


@pytest.fixture
def between(monkeypatch):
    """`between(action)` acts after the first reading of the source, before the second."""
    from onnx101 import _verify

    check = _verify._check_interface

    def start(action):
        monkeypatch.setattr(
            _verify, "_check_interface", lambda *arguments: (action(), check(*arguments))
        )

    return start


def other() -> bytes:
    return pickle.dumps(RandomForestRegressor(2, random_state=1).fit(X, X[:, 0] * X[:, 1]))


def test_a_file_exchanged_between_the_readings_is_not_read(source, tmp_path, between):
    onnx101.convert(source, tmp_path / "a.onnx")
    exchanged = tmp_path / "b.pkl"
    exchanged.write_bytes(other())
    between(lambda: exchanged.replace(source))
    assert onnx101.verify(source, tmp_path / "a.onnx", rows=50).equal == 1


def test_a_file_changed_between_the_readings_is_refused(source, tmp_path, between):
    onnx101.convert(source, tmp_path / "a.onnx")
    between(lambda: source.write_bytes(other()))
    with pytest.raises(onnx101.ConversionError, match="changed while it was read"):
        onnx101.verify(source, tmp_path / "a.onnx", rows=50)


def test_a_larger_file_is_read_twice_from_its_beginning(tmp_path):
    data = rng.normal(size=(3000, 3)).astype(np.float32)
    forest = RandomForestRegressor(6, random_state=0).fit(data, data[:, 0] * data[:, 1])
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(forest))
    assert (tmp_path / "a.pkl").stat().st_size > 2**20  # larger than a buffer
    onnx101.convert(tmp_path / "a.pkl", tmp_path / "a.onnx")
    assert onnx101.verify(tmp_path / "a.pkl", tmp_path / "a.onnx").equal == 1


def test_neither_scikit_learn_nor_joblib_is_imported(source, tmp_path):
    onnx101.convert(source, tmp_path / "a.onnx")
    program = (
        "import sys; sys.modules |= {'sklearn': None, 'joblib': None, 'scipy': None}\n"
        "import onnx101; print(onnx101.verify(*sys.argv[1:], rows=50).equal)"
    )
    run = [sys.executable, "-c", program, source, tmp_path / "a.onnx"]
    assert subprocess.run(run, capture_output=True, check=True).stdout == b"1.0\n"


def test_code_never_runs(command, source, tmp_path, subtests):
    onnx101.convert(source, tmp_path / "a.onnx")
    canary = tmp_path / "ran"
    for name, build in list(code.cases().items())[::6]:
        with subtests.test(name):
            source.write_bytes(build(str(canary)))
            command("verify", source, tmp_path / "a.onnx").assert_refused()
            assert not canary.exists()


@pytest.mark.parametrize(
    "arguments",
    [["--seed", "-1"], ["--rows", "10000000000000"], ["--rows", "0"], ["--rows", "1e3"]],
)
def test_wrong_numbers_are_refused(arguments, command, source, tmp_path):
    onnx101.convert(source, tmp_path / "a.onnx")
    outcome = command("verify", source, tmp_path / "a.onnx", *arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert "Traceback" not in outcome.stderr
    with pytest.raises(onnx101.ConversionError):
        onnx101.verify(source, tmp_path / "a.onnx", rows=10**13)
    with pytest.raises(onnx101.ConversionError):
        onnx101.verify(source, tmp_path / "a.onnx", seed=-1)
