"""The same forest gives the same model, whatever its file format, in little memory."""

import copy
import io
import pickle
import threading

import numpy as np
import onnx
import pytest
from exact import answers, assert_same_bits, fit, rows, run, without_source
from hypothesis import given
from hypothesis import strategies as st
from sklearn import ensemble, linear_model, pipeline, preprocessing, tree
from sklearn.ensemble import RandomForestRegressor

import onnx101
from onnx101 import held, operators, tables, trees, wire, writer
from onnx101.ensemble import Ensemble
from onnx101.records import from_records

rng = np.random.default_rng(2)
X = rng.normal(size=(200, 3)).astype(np.float32)
y = X[:, 0] * X[:, 1]


@pytest.fixture(scope="module")
def forest():
    return RandomForestRegressor(4, random_state=0).fit(X, y)


@pytest.fixture
def source(forest, tmp_path):
    path = tmp_path / "forest.pkl"
    path.write_bytes(pickle.dumps(forest))
    return path


def test_reports_what_it_did(forest, source, tmp_path):
    report = onnx101.convert(str(source), str(tmp_path / "a.onnx"))
    nodes = sum(estimator.tree_.node_count for estimator in forest.estimators_)
    size = (tmp_path / "a.onnx").stat().st_size
    assert (report.trees, report.nodes, report.bytes) == (4, nodes, size)
    assert report.estimator == "RandomForestRegressor"
    assert report.seconds > 0


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_gives_the_same_model(protocol, forest, source, tmp_path):
    onnx101.convert(source, tmp_path / "expected.onnx")
    source.write_bytes(pickle.dumps(forest, protocol=protocol))
    onnx101.convert(source, tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == without_source(tmp_path / "expected.onnx")


def test_an_estimator_in_memory_gives_the_same_model(forest, source, tmp_path):
    onnx101.convert(source, tmp_path / "a.onnx")
    assert onnx101.to_onnx(forest) == without_source(tmp_path / "a.onnx")


def test_the_file_is_smaller_than_a_saved_proto_and_opens_as_one(forest, source, tmp_path):
    packed, canonical = tmp_path / "packed.onnx", tmp_path / "canonical.onnx"
    onnx101.convert(source, packed)
    report = onnx101.convert(source, canonical, canonical=True)
    onnx.checker.check_model(packed, full_check=True)
    assert onnx.load(packed) == onnx.load(canonical)
    assert canonical.read_bytes() == onnx.load(packed).SerializeToString()
    assert report.bytes == canonical.stat().st_size > 1.2 * packed.stat().st_size
    at = rows(X, 100)
    for path in (packed, canonical):
        assert_same_bits(run(str(path), at), answers(forest, at))


def test_the_model_says_the_versions_of_the_project(forest):
    model = onnx101.to_onnx(forest)
    versions = {part.domain: part.version for part in model.opset_import}
    assert (model.ir_version, versions) == (10, {"": 21, "ai.onnx.ml": 5})


def test_memory_holds_one_tree(tmp_path, command):
    """100 MB of trees pass through a process that starts at 45 MB; 64 MB more make no difference.

    The thread that hashes the file may lag 8 MB behind the reading, and the allocator as much.
    """
    data = rng.normal(size=(20_000, 3)).astype(np.float32)
    forest = RandomForestRegressor(1, random_state=0).fit(data, rng.integers(0, 90, 20_000))
    member = forest.estimators_[0]
    source, target = tmp_path / "forest.pkl", tmp_path / "forest.onnx"
    peaks = []
    for count in (24, 66):
        forest.estimators_ = [copy.deepcopy(member) for _ in range(count)]
        source.write_bytes(pickle.dumps(forest))
        peaks.append(command("convert", source, target).peak)
    assert source.stat().st_size > 100e6
    assert peaks[1] < peaks[0] + 20e6 < 100e6


def test_the_source_is_not_replaced_by_its_model(source):
    with pytest.raises(onnx101.ConversionError, match="would replace"):
        onnx101.convert(source, source)


def test_an_unknown_dtype(source, tmp_path):
    with pytest.raises(onnx101.ConversionError, match="double or float"):
        onnx101.convert(source, tmp_path / "a.onnx", dtype="half")


def test_values_beyond_float32():
    forest = RandomForestRegressor(2, random_state=0).fit(X, y)
    for member in forest.estimators_:
        member.tree_.value[:] *= 1e300
    at = rows(X, 50)
    assert_same_bits(run(onnx101.to_onnx(forest), at), answers(forest, at))
    with pytest.raises(onnx101.ConversionError, match="beyond float32"):
        onnx101.to_onnx(forest, "float")


@pytest.mark.parametrize("canonical", [False, True])
def test_a_model_that_protobuf_cannot_read_is_not_written(canonical, source, tmp_path, monkeypatch):
    onnx101.convert(source, tmp_path / "a.onnx")
    most = (tmp_path / "a.onnx").stat().st_size - (not canonical)
    for module in (writer, onnx101.convert.__globals__):
        if isinstance(module, dict):
            monkeypatch.setitem(module, "MAX_BYTES", most)
        else:
            monkeypatch.setattr(module, "MAX_BYTES", most)
    with pytest.raises(onnx101.ConversionError, match="2 GiB"):
        onnx101.convert(source, tmp_path / "b.onnx", canonical=canonical)
    assert not (tmp_path / "b.onnx").exists()


def nodes(size: int) -> np.ndarray:
    """Node records for that many leaves."""
    layout = tree.DecisionTreeRegressor().fit(X, y).tree_.__getstate__()["nodes"].dtype
    records = np.zeros(size, dtype=layout)
    records["left_child"] = records["right_child"] = -1
    return records


def grown(records: np.ndarray) -> trees.Tree:
    """The tree of these nodes over one column; each leaf's value is its position."""
    return from_records(records, np.arange(float(len(records))).reshape(-1, 1, 1), 1)


def predicted(one: trees.Tree, *column: float) -> list[float]:
    out = io.BytesIO()
    model = writer.ModelWriter(out, held.Kinds(np.dtype(np.float64)))
    model.add(one)
    model.finish(Ensemble("DecisionTreeRegressor", 1), {})
    return run(out.getvalue(), np.array(column, np.float32)[:, None])[0].ravel().tolist()


def chain(depth: int) -> trees.Tree:
    """A tree that is one long path: leaf 2 k + 1 is reached where k - 1 < x <= k."""
    records, branch = nodes(2 * depth + 1), np.arange(depth)
    records["left_child"][::2][:-1] = 2 * branch + 1
    records["right_child"][::2][:-1] = 2 * branch + 2
    records["threshold"][::2][:-1] = branch
    return grown(records)


def test_the_deepest_tree_loads_in_a_small_thread():
    found, before = [], threading.stack_size(512 * 1024)
    tree = chain(trees.MAX_DEPTH)
    thread = threading.Thread(target=lambda: found.extend(predicted(tree, -1, 1.5, 1e9)))
    thread.start()
    thread.join()
    threading.stack_size(before)
    assert found == [1, 5, 2 * trees.MAX_DEPTH]


def test_a_deeper_tree_is_refused():
    with pytest.raises(onnx101.ConversionError, match="deeper than 500"):
        chain(trees.MAX_DEPTH + 1)


def test_a_cycle_beside_the_tree():
    records = nodes(5)
    records["left_child"][[0, 3]] = 1, 3
    records["right_child"][[0, 3]] = 2, 4
    with pytest.raises(onnx101.ConversionError, match="do not form a tree"):
        grown(records)


@pytest.mark.parametrize("threshold", [np.inf, -np.inf, 0.0, -0.0, 1.5, 1e300, -1e300, 1e-50])
@pytest.mark.parametrize("nan_left", [0, 1])
def test_any_threshold_and_any_way_of_nan(threshold, nan_left):
    records = nodes(3)
    records[0]["left_child"], records[0]["right_child"] = 1, 2
    records[0]["threshold"], records[0]["missing_go_to_left"] = threshold, nan_left
    column = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1.5, 3e38, -3e38, 1e-45, -1e-45]
    ways = [nan_left if np.isnan(x) else float(np.float32(x)) <= threshold for x in column]
    assert predicted(grown(records), *column) == [1 if left else 2 for left in ways]


@given(
    st.lists(st.lists(st.sampled_from([0.0, -0.0, 1.5, 2.5]), min_size=2, max_size=2), min_size=1)
)
@pytest.mark.parametrize("width", [1, 2])
def test_equal_leaves_share_a_row(width, rows):
    rows = np.array(rows)[:, :width]
    different, code = tables.distinct(rows)
    bits = rows.view(np.uint64)
    assert np.array_equal(different[code].view(np.uint64), bits)
    assert len(different) == len({tuple(row) for row in bits.tolist()})
    counts = np.bincount(code)
    assert (np.diff(counts) <= 0).all()  # the most frequent come first, so their numbers are short


@pytest.mark.parametrize("different", [1, 3, 400, 10_000])
def test_numbers_what_repeats_as_numpy_does(different):
    """400 of 10,000: a few have their place in the table taken by another."""
    keys = rng.integers(0, 2**63, different).astype(np.uint64).repeat(10_000 // different)
    rng.shuffle(keys)
    _, code, count = np.unique(keys, return_inverse=True, return_counts=True)
    for mine, its in zip(tables._numbered(keys), (code, count), strict=True):
        assert np.array_equal(mine, its)


@given(st.lists(st.one_of(st.integers(0, 300), st.integers(0, 2**28 - 1))))
def test_integers_are_packed_as_protobuf_reads_them(values):
    attribute = wire.ints("name", np.array(values, dtype=np.int64))
    (parsed,) = onnx.NodeProto.FromString(attribute).attribute
    assert onnx.helper.get_attribute_value(parsed) == values


@given(st.floats(width=64, allow_nan=False), st.floats(width=32, allow_nan=False))
def test_a_threshold_rounded_down_sends_float32_the_same_way(threshold, x):
    (rounded,) = operators.round_down(np.array([threshold]), np.dtype(np.float32))
    with np.errstate(all="ignore"):
        near = np.float32(threshold)
        above = np.nextafter(near, np.float32(np.inf))
    for value in (np.float32(x), near, above):
        assert (value <= rounded) == (float(value) <= threshold)


UNSUPPORTED = {
    "LinearRegression": (linear_model.LinearRegression(), y),
    "Normalizer": (
        pipeline.make_pipeline(preprocessing.Normalizer(), RandomForestRegressor(2)),
        y,
    ),
    "init": (ensemble.GradientBoostingRegressor(init=tree.DecisionTreeRegressor()), y),
    "not fitted": (RandomForestRegressor(), None),
    "members are not": (
        ensemble.BaggingRegressor(RandomForestRegressor(2), n_estimators=2),
        y,
    ),
}


@pytest.mark.parametrize("word", UNSUPPORTED)
def test_what_is_not_supported_is_refused_by_name(word):
    estimator, target = UNSUPPORTED[word]
    data = np.c_[X[:, :2], rng.integers(0, 4, len(X))]
    if word != "not fitted":
        fit(estimator, data, target)
    with pytest.raises(onnx101.ConversionError, match=word) as refusal:
        onnx101.to_onnx(estimator)
    assert len(str(refusal.value)) < 250
