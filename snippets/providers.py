"""Execution providers: one line asks for another processor, where there is one."""

import numpy as np
import onnxruntime as ort
from support import MODELS

FLIGHT = np.float32([[4152, 18.5]])  # kilometres and hour, JFK to SFO

WISH = [
    "TensorrtExecutionProvider",
    "CUDAExecutionProvider",
    "CPUExecutionProvider",
]


# region session
def open_session(model) -> ort.InferenceSession:
    here = ort.get_available_providers()
    wished = [name for name in WISH if name in here]
    return ort.InferenceSession(model, providers=wished)


# endregion session


def main(argv: list[str] | None = None) -> None:
    session = open_session(MODELS / "linear_regression.onnx")
    (minutes,) = session.run(None, {"X": FLIGHT})
    print(f"wished for  {', '.join(name.removesuffix('ExecutionProvider') for name in WISH)}")
    used = ", ".join(name.removesuffix("ExecutionProvider") for name in session.get_providers())
    print(f"used here   {used}")
    print(f"minutes     {minutes.item():.1f}")


if __name__ == "__main__":
    main()
