"""Large tensors may live in a file beside the model; a path out of its folder is refused."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto
from onnx.helper import make_model, make_opsetid
from onnx.numpy_helper import from_array
from onnx.parser import parse_graph
from onnxruntime import InferenceSession

from onnx101.opset import IR_VERSION, OPSET

READERS = {
    "onnx.load": onnx.load,
    "onnx.checker": onnx.checker.check_model,
    "onnxruntime": InferenceSession,
}


def table() -> ModelProto:
    """A model that looks a route up in a table of 1,000."""
    graph = parse_graph("look (int64[N] i) => (float[N] y) { y = Gather (table, i) }")
    graph.initializer.append(from_array(np.arange(1000, dtype=np.float32), "table"))
    opsets = [make_opsetid("", OPSET)]
    return make_model(graph, ir_version=IR_VERSION, opset_imports=opsets)


def save(model: ModelProto, path: Path) -> None:
    onnx.save(
        model,
        path,
        save_as_external_data=True,
        location="weights.bin",  # beside the model, and named in it
        size_threshold=1000,
    )


# region point
def point(tensor: TensorProto, location: str) -> None:
    """Let a tensor name another file for its values."""
    (entry,) = (e for e in tensor.external_data if e.key == "location")
    entry.value = location


# endregion point


def answer(reader: str, path: Path) -> str:
    try:
        READERS[reader](path)
    except Exception as error:  # each reader has classes of its own
        return f"refuses: {type(error).__name__}"
    return "opens"


def main(argv: list[str] | None = None) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "models")
        folder.mkdir()
        path = folder / "model.onnx"
        save(table(), path)
        for file in sorted(folder.iterdir()):
            print(f"{file.name:<14}{file.stat().st_size:>6,} bytes")
        print(*(f"  {reader:<14}{answer(reader, path)}" for reader in READERS), sep="\n")

        # The very same values, one folder up.
        shutil.copy(folder / "weights.bin", folder.parent)
        model = onnx.load(path, load_external_data=False)
        point(model.graph.initializer[0], "../weights.bin")
        path.write_bytes(model.SerializeToString())
        print("\nwith ../weights.bin")
        print(*(f"  {reader:<14}{answer(reader, path)}" for reader in READERS), sep="\n")


if __name__ == "__main__":
    main()
