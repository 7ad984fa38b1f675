"""Every name that a pickled forest may use, and what stands for it."""

from onnx101.inert import (
    Array,
    Buffer,
    Dtype,
    Encoded,
    Estimator,
    FittedPredictor,
    FittedTree,
    Inert,
    Record,
    Scalar,
)


def _each(base: type[Inert], module: str, *names: str) -> dict[tuple[str, str], type[Inert]]:
    return {(module, name): type(name, (base,), {"__slots__": ()}) for name in names}


def _kinds(module: str, *names: str) -> dict[tuple[str, str], type[Inert]]:
    kinds = [name + kind for name in names for kind in ("Regressor", "Classifier")]
    return _each(Estimator, module, *kinds)


_HISTOGRAM = "sklearn.ensemble._hist_gradient_boosting"
_LOSSES = (
    *("HalfSquaredError", "AbsoluteError", "PinballLoss", "HuberLoss", "HalfPoissonLoss"),
    *("HalfGammaLoss", "HalfBinomialLoss", "HalfMultinomialLoss", "ExponentialLoss"),
)
_COMPILED = [prefix + name for name in _LOSSES for prefix in ("Cy", "__pyx_unpickle_Cy")]
_LINKS = ("IdentityLink", "LogLink", "LogitLink", "HalfLogitLink", "MultinomialLogit", "Interval")
_OLD_LOSSES = (  # before scikit-learn 1.4
    *("LeastSquaresError", "LeastAbsoluteError", "HuberLossFunction", "QuantileLossFunction"),
    *("BinomialDeviance", "MultinomialDeviance", "ExponentialLoss"),
)
ALLOWED = {
    **_kinds("sklearn.ensemble._forest", "RandomForest", "ExtraTrees"),
    **_kinds("sklearn.ensemble._bagging", "Bagging"),
    **_kinds("sklearn.ensemble._gb", "GradientBoosting"),
    **_kinds(f"{_HISTOGRAM}.gradient_boosting", "HistGradientBoosting"),
    **_kinds("sklearn.tree._classes", "DecisionTree", "ExtraTree"),
    **_kinds("sklearn.dummy", "Dummy"),
    ("sklearn.tree._tree", "Tree"): FittedTree,
    (f"{_HISTOGRAM}.predictor", "TreePredictor"): FittedPredictor,
    ("numpy", "dtype"): Dtype,
    **_each(Inert, "numpy", "ndarray"),
    ("_codecs", "encode"): Encoded,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): Record,
    # What follows has no part in a prediction.
    **_each(Inert, f"{_HISTOGRAM}.binning", "_BinMapper"),
    **_each(Inert, "sklearn.preprocessing._label", "LabelEncoder"),
    **_each(Inert, "sklearn._loss.loss", *_LOSSES),
    **_each(Inert, "sklearn._loss._loss", *_COMPILED),
    **_each(Inert, "_loss", *_COMPILED),  # so named by scikit-learn 1.5 to 1.8
    **_each(Inert, "sklearn._loss.link", *_LINKS),
    **_each(Inert, "sklearn.ensemble._gb_losses", *_OLD_LOSSES),
    **_each(Inert, "numpy.random._pickle", "__randomstate_ctor", "__generator_ctor"),
    **_each(Inert, "numpy.random._pickle", "__bit_generator_ctor"),
    **_each(Inert, "numpy.random._mt19937", "MT19937"),
    **_each(Inert, "numpy.random._pcg64", "PCG64"),
    **_each(Inert, "numpy.random.bit_generator", "SeedSequence", "__pyx_unpickle_SeedSequence"),
}
for _core in ("numpy.core", "numpy._core"):  # before and since numpy 2
    ALLOWED[f"{_core}.multiarray", "_reconstruct"] = Array
    ALLOWED[f"{_core}.multiarray", "scalar"] = Scalar
    ALLOWED[f"{_core}.numeric", "_frombuffer"] = Buffer


def refusal(module: str, name: str, inside: str) -> str:
    """Why a name that is not in the list ends the reading; `inside` the estimator read last."""
    full = ascii(f"{module}.{name}")[1:-1][:100]
    if not module.startswith("sklearn."):
        return f"the pickle asks for {full}, which no forest needs: nothing was run"
    if inside.startswith("HistGradientBoosting") and name == "ColumnTransformer":
        return f"{inside} with categorical_features is not supported: use OrdinalEncoder before it"
    where = f" in a {inside}" if inside else ""
    return f"{full}{where} is not supported: convert it with skl2onnx, see onnx101.register"
