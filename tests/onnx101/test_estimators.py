"""Every estimator predicts in ONNX what it predicts in scikit-learn, to the last bit."""

import copy
import pickle

import numpy as np
import onnx
import pytest
from cases import (
    CLOSE,
    EXACT,
    THREADED,
    THREE,
    WORDS,
    expected_of,
    fitted,
    hard_rows,
    model_of,
    rng,
    session_of,
    y,
)
from exact import answers, ask, assert_same_bits, evaluated, run, start
from sklearn import ensemble

import onnx101
from onnx101 import writer


@pytest.mark.parametrize("name", EXACT)
def test_every_bit_is_equal(name, form):
    session = session_of(name, form)
    for number in (500, 3):  # few rows may take a different path
        found = ask(session, hard_rows(name, number))
        assert_same_bits(found, expected_of(name, number))


@pytest.mark.parametrize("name", EXACT | CLOSE)
def test_the_evaluator_of_verify_has_every_bit_of_scikit_learn(name):
    data = hard_rows(name, 500)
    found = evaluated(pickle.dumps(fitted(name)), data)
    assert_same_bits(found, expected_of(name, 500))
    doubles = hard_rows(name, 500, np.float64)  # HistGradientBoosting can tell the difference
    assert_same_bits(evaluated(pickle.dumps(fitted(name)), doubles), answers(fitted(name), doubles))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_bit_is_equal_on_any_number_of_threads(threads):
    for name in ("forest", "classes", "histogram", "boosting", *THREADED):
        session = start(model_of(name), threads)
        for number in (1, 50, 51, 300):
            found = ask(session, hard_rows(name, number))
            assert_same_bits(found, expected_of(name, number))


@pytest.mark.parametrize("name", CLOSE)
def test_exponentials_differ_by_rounding_alone(name, form):
    session = session_of(name, form)
    for number in (500, 3):
        *labels, numbers = ask(session, hard_rows(name, number))
        *expected_labels, expected = expected_of(name, number)
        assert numbers.dtype == np.float64
        np.testing.assert_allclose(numbers, expected, rtol=1e-13)
        assert all(map(np.array_equal, labels, expected_labels))


@pytest.mark.parametrize("name", EXACT | CLOSE)
def test_float_rounds_to_float32(name, form):
    *labels, numbers = ask(session_of(name, form, "float"), hard_rows(name, 500))
    *expected_labels, expected = expected_of(name, 500)
    assert numbers.dtype == np.float32
    # a leaf and the sum are each rounded by at most 2**-24, and boosting adds up its leaves
    np.testing.assert_allclose(numbers, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())
    assert np.array_equal(labels[:1], expected_labels[:1])


@pytest.mark.parametrize("dtype", ["double", "float"])
@pytest.mark.parametrize("name", EXACT | CLOSE)
def test_no_rows_give_no_answers(name, dtype, form):
    session = session_of(name, form, dtype)
    one, none = (ask(session, hard_rows(name, number)) for number in (1, 0))
    for some, empty in zip(one, none, strict=True):
        assert empty.dtype == some.dtype
        rows = 1 if len(one) > 1 and some is one[1] and some.ndim == 3 else 0
        assert empty.shape == (*some.shape[:rows], 0, *some.shape[rows + 1 :])


@pytest.mark.parametrize("name", EXACT | CLOSE)
def test_the_model_is_valid_onnx_with_the_names_of_skl2onnx(name):
    model = model_of(name)
    onnx.checker.check_model(model, full_check=True)
    classifies = hasattr(fitted(name), "predict_proba")
    outputs = ["label", "probabilities"] if classifies else ["variable"]
    if name.startswith("isolation"):
        outputs = ["label", "scores", "score_samples"]
    assert [value.name for value in model.graph.output] == outputs
    assert [value.name for value in model.graph.input] == ["X"]
    found = ask(session_of(name), hard_rows(name, 3))
    for value, array in zip(model.graph.output, found, strict=True):
        sizes = [dim.dim_value or 3 for dim in value.type.tensor_type.shape.dim]
        assert sizes == [*array.shape], value.name


def test_a_model_has_nothing_that_is_not_used(form):
    """Or onnxruntime warns of it, each time that it loads the model."""
    for name in ("forest of one tree", "isolation", "votes", "histogram", *THREADED):
        for model in map(model_of, [name] * 2, [form] * 2, ["double", "float"]):
            read = names_read(model.graph)
            assert {array.name for array in model.graph.initializer} <= read, name


def names_read(graph: onnx.GraphProto) -> set[str]:
    """What the nodes read, also in graphs within the graph, and what comes out."""
    read = {value.name for value in graph.output}
    for node in graph.node:
        read.update(node.input)
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                read |= names_read(attribute.g)
    return read


def test_the_children_of_a_root_do_not_share_a_number(form):
    """Or onnxruntime 1.21 takes the root for a leaf."""
    name = "forest of three leaves"
    roots = 0
    for found in tree_ensembles(onnx101.to_onnx(fitted(name)).graph):
        for root in found["tree_roots"]:
            roots += found["nodes_trueleafs"][root] != found["nodes_falseleafs"][root]
            assert found["nodes_truenodeids"][root] != found["nodes_falsenodeids"][root]
    assert roots > 5


def tree_ensembles(graph: onnx.GraphProto):
    """The attributes of each TreeEnsemble, also in graphs within the graph."""
    for node in graph.node:
        found = {part.name: onnx.helper.get_attribute_value(part) for part in node.attribute}
        if node.op_type == "TreeEnsemble":
            yield found
        for value in found.values():
            if isinstance(value, onnx.GraphProto):
                yield from tree_ensembles(value)


def test_values_are_spread_over_tables(monkeypatch):
    monkeypatch.setattr(writer, "_SMALL_NODES", 0)
    monkeypatch.setattr(writer, "_TABLE_BYTES", 100)
    for name in ("forest", "classes by weight", "histogram of classes"):
        model, data = onnx101.to_onnx(fitted(name)), hard_rows(name, 100)
        tables = [part for part in model.graph.initializer if part.name.startswith("values_")]
        assert len(tables) > 3
        found, expected = run(model, data), answers(fitted(name), data)
        np.testing.assert_allclose(found[-1], expected[-1], rtol=0 if name in EXACT else 1e-13)


def test_a_larger_forest_is_held_of_an_estimator_in_memory(monkeypatch, tmp_path):
    """From a file, its trees are written one by one as they come."""
    forest, data = fitted("forest"), hard_rows("forest", 100)
    nodes = sum(member.tree_.node_count for member in forest.estimators_)
    source, target = tmp_path / "forest.pkl", tmp_path / "forest.onnx"
    source.write_bytes(pickle.dumps(forest))
    for small, held in ((nodes // 2, True), (nodes // 5, False)):
        monkeypatch.setattr(writer, "_SMALL_NODES", small)
        onnx101.convert(source, target)
        models = onnx101.to_onnx(forest), onnx.load(target)
        streamed = ["leaf_0" in [*node.output] for model in models for node in model.graph.node]
        assert sum(streamed) == 2 - held
        for model in models:
            assert_same_bits(run(model, data), answers(forest, data))


def test_rows_of_a_table_are_as_many_as_float32_can_number(monkeypatch):
    leaves = [member.tree_.n_leaves for member in fitted("forest").estimators_]
    monkeypatch.setattr(writer, "_SMALL_NODES", 0)
    monkeypatch.setattr(writer, "MAX_ROWS", max(leaves))
    model, data = onnx101.to_onnx(fitted("forest")), hard_rows("forest", 100)
    tables = [part for part in model.graph.initializer if part.name.startswith("values_")]
    assert max(table.dims[0] for table in tables) <= max(leaves)
    assert_same_bits(run(model, data), answers(fitted("forest"), data))
    monkeypatch.setattr(writer, "MAX_ROWS", 20)
    with pytest.raises(onnx101.ConversionError, match="different leaves"):
        onnx101.to_onnx(fitted("forest"))


def test_ids_and_seconds_keep_their_last_digit():
    """HistGradientBoosting compares doubles: float32 would send most of these rows elsewhere."""
    seconds = 1_700_000_000 + rng.integers(0, 5_000, (300, 1)).astype(float)
    model = ensemble.HistGradientBoostingRegressor(max_iter=9).fit(seconds, seconds[:, 0] % 97)
    (found,) = run(onnx101.to_onnx(model), seconds)
    assert np.array_equal(found.ravel(), model.predict(seconds))
    (found,) = run(onnx101.to_onnx(model, dtype_in="float"), seconds)  # as run casts them
    assert np.array_equal(found.ravel(), model.predict(seconds.astype(np.float32)))
    assert (found.ravel() != model.predict(seconds)).any()


def test_x_is_not_wider_than_scikit_learn_compares_it():
    with pytest.raises(onnx101.ConversionError, match="X is float"):
        onnx101.to_onnx(fitted("forest"), dtype_in="double")
    with pytest.raises(onnx101.ConversionError, match="half"):
        onnx101.to_onnx(fitted("histogram"), dtype_in="half")


REFUSED = {
    "categories in words": lambda: ensemble.HistGradientBoostingRegressor(
        categorical_features=[0], max_iter=3
    ).fit(np.c_[WORDS, THREE].astype(object), y),
    "before scikit-learn 1.4": lambda: changed("histogram by category", _preprocessor=None),
    "preprocessor of its own": lambda: changed(
        "histogram by category", is_categorical_=np.array([True, True, False, False])
    ),
    "SAMME.R": lambda: changed("votes", algorithm="SAMME.R"),
}


def changed(name: str, **attributes):
    """A copy of a fitted estimator, with other attributes."""
    estimator = copy.copy(fitted(name))
    vars(estimator).update(attributes)
    return estimator


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_equal_is_refused_by_name(message):
    estimator = REFUSED[message]()
    with pytest.raises(onnx101.ConversionError, match=message) as refused:
        onnx101.to_onnx(estimator)
    assert type(estimator).__name__ in str(refused.value)
