"""The streamed Pipeline against scikit-learn's own, on rows that are easy to get wrong."""

import pickle

import numpy as np
import pandas as pd
import pipeline


def test_every_bit_and_every_leaf_is_scikit_learns(tmp_path):
    flights = pipeline.some_flights().head(300)
    model = pipeline.grow(flights)
    asked = pd.concat([flights] * 2, ignore_index=True)
    asked.loc[::7, "dest"] = "XXX"  # a word not seen in training
    asked.loc[::5, "month"] = 6.5  # at a threshold
    asked.loc[::11, "sched_dep_time"] = np.nan
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    minutes, leaves = pipeline.convert(tmp_path / "model.pkl", tmp_path / "model.onnx", asked)
    columns, forest = model
    assert minutes.dtype == np.float64
    np.testing.assert_array_equal(minutes.ravel(), model.predict(asked))
    np.testing.assert_array_equal(leaves, forest.apply(columns.transform(asked)))
