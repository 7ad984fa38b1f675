"""The version converter brings old models up to date, but neither back nor to other domains."""

import numpy as np
import onnx
from onnx import ModelProto
from onnx.parser import parse_model
from onnx.reference import ReferenceEvaluator
from onnx.version_converter import convert_version

from onnx101.opset import OPSET

X = np.arange(6, dtype=np.float32).reshape(2, 3)

OLD = """
<ir_version: 7, opset_import: ["": 12]>
total (float[N, 3] X) => (float[N] Y) {
    Y = ReduceSum <axes = [1], keepdims = 0> (X)
}"""

NEW = f"""
<ir_version: 10, opset_import: ["": {OPSET}]>
twice (float[N, 3] X) => (float[N, 3] Y) {{ Y = Add (X, X) }}"""

TREE = f"""
<ir_version: 10, opset_import: ["": {OPSET}, "ai.onnx.ml": 1]>
tree (float[N, 3] X) => (float[N, 1] Y) {{
    Y = ai.onnx.ml.TreeEnsembleRegressor <n_targets = 1> (X)
}}"""


# region convert
def converted(text: str, opset: int) -> ModelProto | str:
    """The model in another opset, or why there is none."""
    try:
        return convert_version(parse_model(text), opset)
    except RuntimeError as error:
        return str(error).rpartition("failed: ")[2]


# endregion convert


def answer(model: ModelProto) -> list[float]:
    (Y,) = ReferenceEvaluator(model).run(None, {"X": X})
    return Y.tolist()


def main(argv: list[str] | None = None) -> None:
    old, up = parse_model(OLD), converted(OLD, OPSET)
    both = (", ".join(node.op_type for node in model.graph.node) for model in (old, up))
    print(f"12 to {OPSET}  {' becomes '.join(both)}")
    print(f"          {answer(old)}, then {answer(up)}")
    print(f"{OPSET} to 12  {converted(NEW, 12)}")
    newest = onnx.defs.onnx_opset_version()
    versions = {entry.domain: entry.version for entry in converted(TREE, newest).opset_import}
    print(f"{OPSET} to {newest}  ai.onnx.ml stays at {versions['ai.onnx.ml']}")


if __name__ == "__main__":
    main()
