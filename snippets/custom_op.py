"""A custom operator: any file may name it, but each runtime must be taught it."""

import flights
import numpy as np
from onnx.checker import check_model
from onnx.parser import parse_model
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from onnxruntime import InferenceSession

MODEL = """
<ir_version: 10, opset_import: ["": 21, "flights": 1]>
how_far (float[N, 2] origin, float[N, 2] to) => (float[N] km) {
    km = flights.GreatCircle (origin, to)
}"""


# region operator
class GreatCircle(OpRun):
    """Kilometres between degrees, as the reference evaluator runs it."""

    op_domain = "flights"

    def _run(self, origin, to):
        hour = day = np.zeros(len(origin))
        X = flights.features(origin, to, hour, day)
        return (X[:, flights.FEATURES.index("great-circle km")],)


# endregion operator


def refusal(model) -> str:
    try:
        InferenceSession(model.SerializeToString())
    except Exception as error:  # the runtime's errors share no other class
        return str(error).rpartition("Fatal error: ")[2]
    return "none"


def main(argv: list[str] | None = None) -> None:
    model = parse_model(MODEL)
    check_model(model)
    print("onnx.checker    accepts it: the domain is not its own")
    places = flights.airports()
    asked = {
        name: places.loc[[code]].to_numpy(np.float32)
        for name, code in {"origin": "JFK", "to": "SFO"}.items()
    }
    (km,) = ReferenceEvaluator(model, new_ops=[GreatCircle]).run(None, asked)
    print(f"onnx.reference  {km[0]:,.0f} km, once it knows the class")
    print(f"onnxruntime     {refusal(model)}")


if __name__ == "__main__":
    main()
