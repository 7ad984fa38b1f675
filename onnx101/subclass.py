"""Recognises user-defined subclasses that add nothing to a scikit-learn forest."""

from onnx101.inert import Estimator, Object
from onnx101.names import NEEDED

# Attributes of every fitted forest.
_MARKS = {"estimators_", "bootstrap", "min_samples_leaf", "n_features_in_"}
# All attributes of RandomForest and ExtraTrees in any version: a subclass with more may do more.
_FOREST = _MARKS | {
    *("estimator", "base_estimator", "n_estimators", "estimator_params", "oob_score", "n_jobs"),
    *("random_state", "verbose", "warm_start", "class_weight", "max_samples", "criterion"),
    *("max_depth", "min_samples_split", "min_weight_fraction_leaf", "max_features", "ccp_alpha"),
    *("max_leaf_nodes", "min_impurity_decrease", "min_impurity_split", "monotonic_cst"),
    *("feature_names_in_", "n_features_", "_n_samples", "_n_samples_bootstrap", "n_outputs_"),
    *("classes_", "n_classes_", "estimator_", "base_estimator_", "_estimator", "oob_score_"),
    *("oob_prediction_", "oob_decision_function_", "_sample_weight", "_sklearn_version"),
}


def as_forest(value: object) -> Estimator | None:
    """A RandomForest with the state of an object of an unknown class, if it has that, and no more.

    ExtraTrees predict in the same way.
    """
    if not isinstance(value, Object) or type(value.state) is not dict:
        return None
    if not _MARKS <= value.state.keys() <= _FOREST:
        return None
    kind = "Classifier" if "classes_" in value.state else "Regressor"
    known = NEEDED["sklearn.ensemble._forest", f"RandomForest{kind}"]
    path = {"__slots__": (), "path": f"{value.name.module}.{value.name.name}"}
    made = type(known.__name__, (known,), path)
    found = made.__new__(made)
    found.state, found.is_built = value.state, True
    return found
