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
stops (float km) => (float left, int64[N] legs) {
    most = Constant <value_int = 10> ()
    yes = Constant <value = bool {1}> ()
    left, legs = Loop (most, yes, km) <
        body = leg (int64 i, bool go, float before)
            => (bool again, float after, int64 n) {
            range = Constant <value_float = 3000.0> ()
            after = Sub (before, range)
            nothing = Constant <value_float = 0.0> ()
            again = Greater (after, nothing)
            n = Identity (i)
        }
    >
}"""
# endregion loop


def session(graph: str) -> InferenceSession:
    model = parser.parse_model(HEAD + graph)
    checker.check_model(model, full_check=True)
    return InferenceSession(model.SerializeToString())


def main(argv: list[str] | None = None) -> None:
    choose, stops = session(CHOOSE), session(STOPS)
    print(f"{'JFK to':<8}{'km':>6}{'minutes':>9}{'legs':>6}")
    for place, km in {"BOS": 301, "SFO": 4152, "HNL": 8007}.items():
        (minutes,) = choose.run(None, {"km": np.array(km, np.float32)})
        _, legs = stops.run(None, {"km": np.array(km, np.float32)})
        print(f"{place:<8}{km:>6}{minutes:>9.1f}{len(legs):>6}")


if __name__ == "__main__":
    main()
