"""A small network in the operators of ai.onnx alone, for the runtime to rewrite."""

import numpy as np
import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from onnx101.opset import IR_VERSION, OPSET


def fit(X: np.ndarray, y: np.ndarray) -> Pipeline:
    """Scale the seven numbers, then two layers of sixteen neurons."""
    network = MLPRegressor(
        hidden_layer_sizes=(16, 16),
        tol=100,
        n_iter_no_change=1,  # a few epochs are enough
        random_state=0,
    )
    return make_pipeline(StandardScaler(), network).fit(X, y)


def convert(pipeline: Pipeline) -> onnx.ModelProto:
    """The pipeline without Scaler, of ai.onnx.ml, whose shape the optimiser cannot infer."""
    X = FloatTensorType([None, pipeline.n_features_in_])
    model = to_onnx(pipeline, initial_types=[("X", X)], target_opset=OPSET, black_op={"Scaler"})
    model.ir_version = IR_VERSION
    return model
