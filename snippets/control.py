"""If chooses a graph, Loop repeats one: graphs are attributes, too."""

import numpy as np
from onnx import checker, parser
from onnxruntime import InferenceSession

HEAD = '<ir_version: 10, opset_import: ["": 21]>'

CHOOSE = """
choose (float km) => (float minutes) {
    limit = Constant <value_float = 1500.0> ()
    far = Greater (km, limit)
    minutes = If (far) <
        then_branch = jet () => (jet_minutes) {
            jet_speed = Constant <value_float = 13.0> ()
            jet_minutes = Div (km, jet_speed)
        },
        else_branch = propeller () => (slow_minutes) {
            slow_speed = Constant <value_float = 8.0> ()
            slow_minutes = Div (km, slow_speed)
        }
    >
}"""

# region loop
STOPS = """
stops (float km) => (float left, int64[N] legs)
<int64 most = {10}, bool yes = {1},
 float reach = {3000}, float none = {0}> {
    left, legs = Loop (most, yes, km) <
        body = leg (int64 i, bool go, float before)
            => (bool again, float after, int64 n) {
            after = Sub (before, reach)
            again = Greater (after, none)
            n = Identity (i)
        }>
}"""
# endregion loop


def session(graph: str) -> InferenceSession:
    model = parser.parse_model(HEAD + graph)
    checker.check_model(model, full_check=True)
    return InferenceSession(model.SerializeToString())


def main(argv: list[str] | None = None) -> None:
    choose, stops = session(CHOOSE), session(STOPS)
    for place, km in {"BOS": 301, "SFO": 4152, "HNL": 8007}.items():
        (minutes,) = choose.run(None, {"km": np.array(km, np.float32)})
        _, legs = stops.run(None, {"km": np.array(km, np.float32)})
        print(f"JFK to {place} {km:>5} km: {minutes:>5.1f} minutes, turns of the loop: {len(legs)}")


if __name__ == "__main__":
    main()
