"""info tells what a file holds, from a model by skimming it."""

import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import onnx
import pytest
from sklearn import ensemble

import onnx101

rng = np.random.default_rng(4)
X = rng.normal(size=(300, 3)).astype(np.float32)
FOREST = ensemble.RandomForestClassifier(5, random_state=0).fit(X, X[:, 0] > 0)
NODES = sum(member.tree_.node_count for member in FOREST.estimators_)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(FOREST))
    return path


@pytest.mark.parametrize("dtype", ["double", "float"])
@pytest.mark.parametrize("canonical", [False, True])
def test_of_a_model(source, dtype, canonical, tmp_path):
    target = tmp_path / "a.onnx"
    onnx101.convert(source, target, dtype, canonical=canonical)
    found = onnx101.info(target)
    assert (found.kind, found.estimator, found.trees) == ("model", "RandomForestClassifier", 5)
    assert (found.nodes, found.features, found.dtype) == (NODES, 3, dtype)
    assert found.versions == {"IR": 10, "ai.onnx": 21, "ai.onnx.ml": 5}
    assert found.bytes == sum(found.parts.values()) == target.stat().st_size
    splits = sum(len(member.tree_.feature) // 2 for member in FOREST.estimators_)
    assert 4 * splits < found.parts["nodes_splits"] < 4 * splits + 5 * 40


@pytest.mark.parametrize("dump", [pickle.dump, joblib.dump], ids=["pickle", "joblib"])
def test_of_a_pickle(dump, tmp_path):
    path = tmp_path / "a.pkl"
    with open(path, "wb") as file:
        dump(FOREST, file)
    found = onnx101.info(path)
    assert (found.kind, found.estimator, found.trees) == ("pickle", "RandomForestClassifier", 5)
    assert (found.nodes, found.features, found.bytes) == (NODES, 3, path.stat().st_size)


def test_of_a_compressed_file(tmp_path):
    joblib.dump(FOREST, tmp_path / "a.xz", compress=("xz", 1))
    found = onnx101.info(tmp_path / "a.xz")
    assert (found.nodes, found.bytes) == (NODES, (tmp_path / "a.xz").stat().st_size)


def test_of_another_model(tmp_path):
    node = onnx.helper.make_node("Identity", ["X"], ["Y"])
    values = [onnx.helper.make_tensor_value_info(name, 11, [None, 2]) for name in "XY"]
    graph = onnx.helper.make_graph([node], "other", values[:1], values[1:])
    onnx.save(onnx.helper.make_model(graph, ir_version=10), tmp_path / "a.onnx")
    found = onnx101.info(tmp_path / "a.onnx")
    assert (found.estimator, found.trees, found.nodes) == (None, None, None)
    assert (found.features, found.dtype) == (2, "double")


@pytest.mark.parametrize(
    "content", [b"", b"\x08", b"words and words", b"\x08\x0a\x3a\xff\x7f", b"\0"]
)
def test_of_anything_else(content, tmp_path):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(onnx101.ConversionError, match=r"neither a pickled|no pickle|empty"):
        onnx101.info(tmp_path / "a")


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(value: int) -> bytes:
    return (
        bytes([value & 0x7F]) if value < 0x80 else bytes([value & 0x7F | 0x80]) + varint(value >> 7)
    )


def node(*attributes: bytes) -> bytes:
    tree = b"".join(field(5, attribute) for attribute in attributes)
    return field(7, field(1, tree + field(4, b"TreeEnsemble")))


BEGIN = b"\x08\x0a"  # IR version 10
MALFORMED = {
    "an opset that is no message": field(8, b"\xff\xff"),
    "an input that is no message": field(7, field(11, b"\xff\xff")),
    "an input without a shape": field(7, field(11, b"")),
    "an output that is no message": field(7, field(12, b"\x0f")),
    "a fact that is no message": field(14, b"\xff"),
    "an empty attribute": node(b""),
    "an attribute without a name": node(b"\x10\x01"),
    "a name beyond UTF-8": node(field(1, b"\xff\xfe")),
    "a name beyond ASCII": node(field(1, "größe".encode())),
    "a name that speaks to the terminal": node(field(1, b"\x1b]0;owned\x07\x1b[2J")),
    "an opset that speaks to the terminal": field(8, field(1, b"\x1b[2J") + b"\x10\x05"),
    "an estimator that speaks to the terminal": field(
        14, field(1, b"estimator") + field(2, b"\x1b]0;owned\x07")
    ),
    "an estimator of many lines": field(
        14, field(1, b"estimator") + field(2, b"a\nb\r\xe2\x80\xae")
    ),
    "a name of 3 MB": node(field(1, b"x" * 3_000_000)),
    "an opset of 3 MB": field(8, field(1, b"x" * 3_000_000)),
    "many opsets": b"".join(field(8, field(1, b"%d" % n) + b"\x10\x05") for n in range(9_999)),
    "many names": node(*(field(1, b"%d" % n) for n in range(9_999))),
    "an input of 9 million dimensions": field(
        7, field(11, field(2, field(1, field(2, b"\x0a\x00" * 4_000_000))))
    ),
    "a number of nodes beyond all": field(14, field(1, b"nodes") + field(2, b"9" * 9_000)),
    "a number of nodes that is no number": field(14, field(1, b"nodes") + field(2, "²".encode())),
    "a group": b"\x0b\x0c",
    "a field that ends outside": b"\x3a\xff\xff\xff\xff\x0f",
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_model_is_told_or_refused_in_clean_lines(kind, tmp_path, command):
    (tmp_path / "a.onnx").write_bytes(BEGIN + MALFORMED[kind])
    outcome = command("info", tmp_path / "a.onnx")
    if outcome.status:
        outcome.assert_refused()
    lines = outcome.stdout.splitlines()
    assert all(line.isprintable() and len(line) < 450 for line in lines), lines
    assert len(lines) < 120
    assert outcome.peak < 256e6
    assert outcome.seconds < 5


def test_on_a_terminal_that_knows_only_ascii(tmp_path):
    (tmp_path / "a.onnx").write_bytes(BEGIN + MALFORMED["a name beyond ASCII"])
    run = [sys.executable, "-m", "onnx101", "info", str(tmp_path / "a.onnx")]
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(run, capture_output=True, env=ascii_only, check=True)
    assert rb"gr\xf6\xdfe" in done.stdout


def test_a_pipe_is_refused_before_it_is_opened(tmp_path, command):
    os.mkfifo(tmp_path / "pipe")
    outcome = command("info", tmp_path / "pipe")
    outcome.assert_refused()
    assert "no file" in outcome.stderr


def test_of_a_model_that_was_cut_off(source, tmp_path):
    onnx101.convert(source, tmp_path / "a.onnx")
    content = (tmp_path / "a.onnx").read_bytes()
    (tmp_path / "a.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(onnx101.ConversionError, match="neither"):
        onnx101.info(tmp_path / "a.onnx")
