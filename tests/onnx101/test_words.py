"""HistGradientBoosting takes categories as text, and those that a Pipeline encodes."""

import numpy as np
import onnxruntime
import pytest
from sklearn import ensemble
from sklearn.pipeline import make_pipeline
from test_pipeline import FRAME, columns, convert, fed, ordinal, strange, unknown, y

import onnx101

WORDS = FRAME.astype({"b": "category", "c": "category", "d": "category", "f": "category"})


@pytest.mark.parametrize("streamed", [False, True])
def test_categories_in_words_are_inputs_of_text(streamed, tmp_path, monkeypatch):
    if streamed:
        monkeypatch.setattr("onnx101.writer._SMALL_NODES", 5)
    model = ensemble.HistGradientBoostingRegressor(
        max_iter=9, min_samples_leaf=5, categorical_features="from_dtype"
    ).fit(WORDS, y + 3 * (FRAME.c == "x") + 2 * FRAME.f.isna())
    source, target = convert(model, tmp_path)
    rows = strange(WORDS)
    for name, other in (("c", "never"), ("b", 77)):
        rows[name] = rows[name].cat.add_categories(other)
        rows.loc[1::4, name] = other
    session = onnxruntime.InferenceSession(target)
    assert [each.type for each in session.get_inputs()] == [
        f"tensor({'string' if name in 'cdf' else 'double'})" for name in WORDS
    ]
    for some in (rows, rows[:1]):
        assert (session.run(None, fed(session, some))[0].ravel() == model.predict(some)).all()
    assert onnx101.verify(source, target, rows=500).equal == 1
    assert model._predictors[0][0].nodes["is_categorical"].any()


@pytest.mark.parametrize("streamed", [False, True])
def test_categories_may_be_encoded_before(streamed, tmp_path, monkeypatch):
    if streamed:
        monkeypatch.setattr("onnx101.writer._SMALL_NODES", 5)
    encoder = ordinal(**unknown, unknown_value=np.nan, encoded_missing_value=np.nan)
    model = make_pipeline(
        columns(("passthrough", ["a", "e"]), (encoder, ["c", "f"])),
        ensemble.HistGradientBoostingRegressor(max_iter=9, categorical_features=[2, 3]),
    ).fit(FRAME, y + 3 * (FRAME.c == "x"))
    source, target = convert(model, tmp_path)
    rows = strange(FRAME)
    rows.loc[1::4, "c"] = "never"
    session = onnxruntime.InferenceSession(target)
    assert (session.run(None, fed(session, rows))[0].ravel() == model.predict(rows)).all()
    assert onnx101.verify(source, target, rows=500).equal == 1
    assert model[-1]._predictors[0][0].nodes["is_categorical"].any()


@pytest.mark.parametrize(
    "change",
    [
        lambda encoder: setattr(encoder, "unknown_value", -1.0),
        lambda encoder: setattr(encoder, "encoded_missing_value", 0),
        lambda encoder: encoder.categories_.pop(),
        lambda encoder: encoder.categories_.__setitem__(0, np.array(["x", "x"], object)),
        lambda encoder: encoder.categories_.__setitem__(0, np.array(["x", 1.5], object)),
    ],
)
def test_categories_that_make_no_sense_are_refused(change, tmp_path):
    model = ensemble.HistGradientBoostingRegressor(max_iter=2, min_samples_leaf=5).fit(WORDS, y)
    change(model._preprocessor.named_transformers_["encoder"])
    with pytest.raises(onnx101.ConversionError):
        convert(model, tmp_path)
