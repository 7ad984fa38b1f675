"""The reader imports nothing, stays within its limits, and names what it refuses."""

import io
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

import onnx101
from onnx101 import budget, tape
from onnx101.arrays import Array
from onnx101.inert import Inert, Name, Object
from onnx101.names import NEEDED
from onnx101.unpickle import ForestUnpickler

rng = np.random.default_rng(1)
X = rng.normal(size=(300, 2)).astype(np.float32)
FOREST = pickle.dumps(RandomForestRegressor(3, random_state=0).fit(X, X[:, 0]), protocol=4)


def load(content: bytes):
    return ForestUnpickler(io.BytesIO(content), lambda tree: None).load()


def test_neither_scikit_learn_nor_joblib_is_imported(tmp_path):
    (tmp_path / "a.pkl").write_bytes(FOREST)
    code = "\n".join(
        [
            "import sys, onnx101",
            f"onnx101.convert({str(tmp_path / 'a.pkl')!r}, {str(tmp_path / 'a.onnx')!r})",
            "names = {name.partition('.')[0] for name in sys.modules}",
            "print(sorted(names & {'sklearn', 'joblib', 'scipy', 'onnxruntime', 'skl2onnx'}))",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_a_name_stands_for_is_no_object_of_numpy_or_scikit_learn():
    for maker in NEEDED.values():
        assert maker.__module__.startswith("onnx101."), maker


def test_every_value_is_inert_or_plain():
    """Whatever any instruction leaves behind, throughout a real file."""
    reader = ForestUnpickler(io.BytesIO(FOREST), lambda tree: None)
    plain = {type(None), bool, int, float, str, bytes, memoryview, tuple, list, dict}
    load(FOREST)
    reader.load()
    assert reader._memo
    assert all(type(value) in plain or isinstance(value, Inert) for value in reader._memo)


@pytest.mark.parametrize("value", [1, "text", [], {}, (), Name("numpy", "ndarray")])
def test_only_an_object_takes_a_state(value):
    reader = ForestUnpickler(io.BytesIO(b""), lambda tree: None)
    reader._stack = [value, {"place": 1}]
    with pytest.raises(onnx101.ConversionError, match="damaged"):
        reader._build()


def test_an_object_takes_one_state():
    reader = ForestUnpickler(io.BytesIO(b""), lambda tree: None)
    reader._stack = [Object(Name("a", "B"), ()), {}]
    reader._build()
    reader._stack.append({})
    with pytest.raises(onnx101.ConversionError, match="complete"):
        reader._build()


def test_trees_are_emptied_as_they_pass():
    held = []
    reader = ForestUnpickler(io.BytesIO(FOREST), lambda tree: held.append(reader.budget.buffers))
    reader.load()
    sizes = [member.tree_.node_count * 72 for member in pickle.loads(FOREST).estimators_]
    assert held == sizes
    assert reader.budget.buffers == 0


def test_released_bytes_are_gone_while_their_memory_holds_the_next():
    counts, size = budget.Budget(lambda: 0), 2**18
    first = tape.Tape(io.BytesIO(b"a" * size)).buffer(size, counts.spare(size))
    memory = first.obj
    counts.release(first)
    second = tape.Tape(io.BytesIO(b"b" * size)).buffer(size - 9, counts.spare(size - 9))
    assert second.obj is memory
    assert second == b"b" * (size - 9)
    with pytest.raises(ValueError, match="released"):
        bytes(first)
    assert counts.spare(size) is not memory


@pytest.mark.parametrize(
    ("module", "limit", "value", "message"),
    [
        (budget, "FREE_STEPS", -1_000_000, "more work"),
        (budget, "MAX_OBJECTS", 500, "to_onnx"),
        (budget, "MAX_TREE", -(2**25) + 9_000, "2 GiB"),
        (tape, "_MAX_FRAME", 10, "no pickler writes"),
    ],
)
def test_limits(module, limit, value, message, monkeypatch):
    load(FOREST)
    monkeypatch.setattr(module, limit, value)
    with pytest.raises(onnx101.ConversionError, match=message):
        load(FOREST)
    if module is budget:
        onnx101.to_onnx(pickle.loads(FOREST))  # no limit for objects already in memory


def test_an_array_that_no_forest_needs_is_stepped_over(monkeypatch):
    monkeypatch.setattr(budget, "MAX_BUFFERS", 10_000)
    estimator = pickle.loads(FOREST)
    estimator.kept = [np.zeros(5_000), "a" * 50_000]
    for protocol in (2, 4, 5):
        load(pickle.dumps(estimator, protocol))


def test_whoever_asks_for_elements_pays():
    reader = ForestUnpickler(io.BytesIO(pickle.dumps(np.zeros(10**6))), lambda tree: None)
    array = reader.load()
    assert isinstance(array, Array)
    before = reader.budget.steps
    assert array.value.size == 10**6
    assert reader.budget.steps - before > 10**6 * 8 / 256


def test_protocols_before_2_are_refused():
    estimator = pickle.loads(FOREST)
    for protocol in (0, 1):
        with pytest.raises(onnx101.ConversionError, match="protocol=5"):
            load(pickle.dumps(estimator, protocol=protocol))


def test_what_cannot_be_pickled_is_refused():
    estimator = pickle.loads(FOREST)
    estimator.note = lambda: None
    with pytest.raises(onnx101.ConversionError, match="cannot be pickled"):
        onnx101.to_onnx(estimator)


def test_counts_become_probabilities_as_scikit_learn_1_3_divides_them():
    from onnx101.leaves import with_probabilities
    from onnx101.trees import Tree

    none = np.zeros(0, dtype=np.int32)
    counts = np.array([[3.0, 0.0, 4.0, 6.0, 1.0, 0.0], [0.1, 0.2, 0.4, 0.6, 0.1, 0.0], [0.0] * 6])
    leaves = Tree(none, none, none, none, none, counts)
    tree, were_counts = with_probabilities(leaves, (3, 2), np.array([7, 0.7, 0]))
    assert were_counts
    first, second = counts.reshape(3, 2, 3).transpose(1, 0, 2)[:, :2]
    assert np.array_equal(tree.values[:2, :3], first / first.sum(axis=1, keepdims=True))
    assert np.array_equal(tree.values[:2, 3:], second / second.sum(axis=1, keepdims=True))
    assert not tree.values[2].any()  # no rows, no probabilities
    for weights in ([7, 0.8, 0], [1, 1, 1]):
        with pytest.raises(onnx101.ConversionError, match="neither"):
            with_probabilities(leaves, (3, 2), np.array(weights))
