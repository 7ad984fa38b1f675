"""info says what a file holds; models are only skimmed."""

import fractions
import gzip
import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import onnx
import pytest
import skl2onnx
from sklearn import ensemble, linear_model, preprocessing

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
    (tmp_path / "a.onnx.gz").write_bytes(gzip.compress(target.read_bytes()))
    assert onnx101.info(tmp_path / "a.onnx.gz") == found


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


@pytest.mark.parametrize(
    "estimator",
    [
        ensemble.RandomForestRegressor(30),
        ensemble.ExtraTreesClassifier(7, max_depth=3),
        ensemble.GradientBoostingClassifier(n_estimators=3),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_of_trees_that_skl2onnx_wrote(estimator, tmp_path):
    estimator.fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))
    onnx.save(skl2onnx.to_onnx(estimator, X[:1]), tmp_path / "a.onnx")
    found = onnx101.info(tmp_path / "a.onnx")
    trees = [member.tree_ for member in np.ravel(estimator.estimators_)]
    assert (found.trees, found.nodes) == (len(trees), sum(tree.node_count for tree in trees))
    assert (found.estimator, found.features) == (None, 3)


@pytest.mark.parametrize("packed", [True, False])
def test_of_trees_in_the_newest_operator(packed, source, tmp_path):
    onnx101.convert(source, tmp_path / "a.onnx", canonical=not packed)
    content = (tmp_path / "a.onnx").read_bytes()
    assert content.count(b"\x05nodes") == 1
    (tmp_path / "a.onnx").write_bytes(content.replace(b"\x05nodes", b"\x05notes"))
    found = onnx101.info(tmp_path / "a.onnx")  # which can no longer trust the metadata
    assert (found.trees, found.nodes) == (5, NODES)


def test_of_more_trees_than_anybody_counts(tmp_path):
    ids = np.arange(2**20 + 1)
    node = onnx.helper.make_node("TreeEnsembleRegressor", ["X"], ["Y"], domain="ai.onnx.ml")
    for name in ("nodes_treeids", "nodes_featureids"):
        node.attribute.append(onnx.helper.make_attribute(name, ids))
    graph = onnx.helper.make_graph([node], "many", [], [])
    onnx.save(onnx.helper.make_model(graph, ir_version=10), tmp_path / "a.onnx")
    found = onnx101.info(tmp_path / "a.onnx")
    assert (found.trees, found.nodes) == (None, ids.size)


HELD = {
    "another estimator": (linear_model.Ridge().fit(X, X[:, 0]), "Ridge", "skl2onnx"),
    "a dict": ({"b": 1, "a": X, "c": np.mean}, "dict of 3: b, a, c", "no estimator"),
    "two forests": ([FOREST, FOREST.estimators_[0]], "list of 2", "--key"),
    "a number": (7, "int", "no estimator"),
    "a function": (np.mean, "numpy.mean", "no estimator"),
    "what another package made": (fractions.Fraction(1, 2), "fractions.Fraction", "Fraction"),
}


@pytest.mark.parametrize("kind", HELD)
def test_of_a_pickle_without_a_forest(kind, tmp_path, command):
    held, shown, why = HELD[kind]
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(held))
    found = onnx101.info(tmp_path / "a.pkl")
    assert (found.kind, found.estimator, found.trees) == ("pickle", None, None)
    assert found.holds.endswith(shown)
    assert why in found.refused
    outcome = command("info", tmp_path / "a.pkl")
    assert outcome.status == 0
    assert shown in outcome.stdout
    assert why in outcome.stdout


def test_counts_the_objects_of_a_pickle(tmp_path):
    held = {"model": FOREST, "scaler": preprocessing.StandardScaler().fit(X), "why": np.mean}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(held))
    objects = onnx101.info(tmp_path / "a.pkl").objects
    assert objects["sklearn.tree._tree.Tree"] == 5
    assert objects["sklearn.tree._classes.DecisionTreeClassifier"] == 6  # and their template
    assert objects["sklearn.preprocessing._data.StandardScaler"] == objects["numpy.mean"] == 1


def test_of_many_objects_in_little_memory(tmp_path, command):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps([[n] for n in range(300_000)]))
    outcome = command("info", tmp_path / "a.pkl")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.peak < 256e6


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
    for pipe in (tmp_path / "pipe", (tmp_path / "pipe").as_uri()):
        outcome = command("info", pipe)
        outcome.assert_refused()
        assert "no file" in outcome.stderr


def test_of_a_model_that_was_cut_off(source, tmp_path):
    onnx101.convert(source, tmp_path / "a.onnx")
    content = (tmp_path / "a.onnx").read_bytes()
    (tmp_path / "a.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(onnx101.ConversionError, match="neither"):
        onnx101.info(tmp_path / "a.onnx")
