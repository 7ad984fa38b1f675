"""Operators have attributes and belong to domains; a function builds a new one from others."""

import numpy as np
from onnx import ModelProto, checker, inliner
from onnx.parser import parse_model
from onnx.reference import ReferenceEvaluator
from onnxruntime import InferenceSession

KM = np.float32([4152])  # from JFK to SFO

# region model
MODEL = """
<ir_version: 10, opset_import: ["": 21, "flights": 1]>
flight_time (float[N] km) => (float[N] minutes) {
    minutes = flights.Cruise <speed = 13.0> (km)
}
<domain: "flights", opset_import: ["": 21]>
Cruise <speed> (km) => (minutes) {
    per_minute = Constant <value_float: float = @speed> ()
    airborne = Div (km, per_minute)
    ground = Constant <value_float = 19.0> ()
    minutes = Add (airborne, ground)
}
"""
# endregion model


def inlined(model: ModelProto) -> ModelProto:
    """The same graph in the standard's own operators."""
    return inliner.inline_local_functions(model)


def operators(model: ModelProto) -> str:
    return ", ".join(f"{node.domain}.{node.op_type}".strip(".") for node in model.graph.node)


def main(argv: list[str] | None = None) -> None:
    model = parse_model(MODEL)
    checker.check_model(model, full_check=True)
    print(f"{operators(model)}, inlined: {operators(inlined(model))}")
    (reference,) = ReferenceEvaluator(model).run(None, {"km": KM})
    (runtime,) = InferenceSession(model.SerializeToString()).run(None, {"km": KM})
    answers = f"{reference[0]:.1f} minutes in onnx.reference, {runtime[0]:.1f} in onnxruntime"
    print(f"{KM[0]:,.0f} km: {answers}")


if __name__ == "__main__":
    main()
