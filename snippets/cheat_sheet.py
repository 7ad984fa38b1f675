"""One page to take home: convert and check, run, compare, look inside."""

import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from linear_regression import TOLERANCE, fit
from skl2onnx import to_onnx

from onnx101.opset import IR_VERSION, OPSET


def convert(estimator, X: np.ndarray, path: str) -> None:
    # region convert
    model = to_onnx(estimator, X[:1], target_opset=OPSET)
    model.ir_version = IR_VERSION  # what your oldest runtime reads
    onnx.save(model, path)
    onnx.checker.check_model(path, full_check=True)
    # endregion convert


def run(path: str, X: np.ndarray) -> np.ndarray:
    # region run
    session = ort.InferenceSession(path)  # load once
    (name,) = (given.name for given in session.get_inputs())
    (answers,) = session.run(None, {name: X})  # X is float32
    # endregion run
    return answers.ravel()


def compare(estimator, X: np.ndarray, answers: np.ndarray) -> float:
    # region compare
    expected = estimator.predict(X)
    difference = np.abs(answers - expected).max()
    # endregion compare
    return difference


def look(path: str) -> tuple[dict, list[str]]:
    # region look
    model = onnx.load(path)
    opsets = {o.domain or "ai.onnx": o.version for o in model.opset_import}
    operators = [node.op_type for node in model.graph.node]
    # endregion look
    return opsets, operators


def main(argv: list[str] | None = None) -> None:
    line, X = fit()
    with tempfile.TemporaryDirectory() as folder:
        convert(line, X, path := f"{folder}/line.onnx")
        (opsets, operators), off = look(path), compare(line, X, run(path, X))
    print(f"operators   {', '.join(operators)}")
    print(f"opsets      {', '.join(f'{name} {version}' for name, version in opsets.items())}")
    print(f"compared    {len(X):,} rows within {TOLERANCE}: {off < TOLERANCE}")


if __name__ == "__main__":
    main()
