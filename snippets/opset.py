"""The opset says which dictionary a model speaks, and a runtime knows only some of them."""

import onnx
import onnxruntime
from onnx import ModelProto
from onnx.helper import make_model, make_opsetid
from onnx.parser import parse_graph
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from onnx101.opset import IR_VERSION, ML_OPSET, OPSET

GRAPH = parse_graph("same (float[N] X) => (float[N] Y) { Y = Identity (X) }")


def package() -> None:
    """Print the version of the onnx package and its newest opset."""
    # region print
    print(onnx.__version__, " opset =", onnx.defs.onnx_opset_version())
    # endregion print


# region declare
def declare(ir=IR_VERSION, opset=OPSET, ml=ML_OPSET) -> ModelProto:
    opsets = [make_opsetid("", opset), make_opsetid("ai.onnx.ml", ml)]
    return make_model(GRAPH, ir_version=ir, opset_imports=opsets)


# endregion declare


def loads(model: ModelProto) -> bool:
    try:
        onnxruntime.InferenceSession(model.SerializeToString())
    except Fail:  # as in "Unsupported model IR version: 15"
        return False
    return True


def newest(name: str, known: int) -> int:
    return next(v for v in range(known, 100) if not loads(declare(**{name: v + 1})))


def main(argv: list[str] | None = None) -> None:
    package()
    default = make_model(GRAPH)
    ours = {"ir": IR_VERSION, "opset": OPSET, "ml": ML_OPSET}
    rows = {
        "\n" + 26 * " ": ("IR", "opset", "ai.onnx.ml"),
        "onnx writes by default": (default.ir_version, default.opset_import[0].version, "–"),
        f"onnxruntime {onnxruntime.__version__} reads": map(newest, ours, ours.values()),
        "this talk declares": ours.values(),
    }
    for what, (ir, opset, ml) in rows.items():
        print(f"{what:<26}{ir:>4}{opset:>8}{ml:>13}")
    print(f"\nloads by default: {'yes' if loads(default) else 'no'}")
    print(f"loads as declared: {'yes' if loads(declare()) else 'no'}")


if __name__ == "__main__":
    main()
