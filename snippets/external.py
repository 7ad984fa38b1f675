"""Large tensors may live in a file beside the model; a path out of its folder is refused."""

import shutil
import tempfile
from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto
from onnxruntime import InferenceSession
from support.looking_up import table
from support.readers import refusal

WEIGHTS = "weights.bin"  # beside the model, and named in it
READERS = {
    "onnx.load": onnx.load,
    "onnx.checker": onnx.checker.check_model,
    "onnxruntime": InferenceSession,
}


def save(model: ModelProto, path: Path) -> None:
    onnx.save(model, path, save_as_external_data=True, location=WEIGHTS, size_threshold=1000)


# region point
def point(tensor: TensorProto, location: str) -> None:
    """Let a tensor name another file for its values."""
    (entry,) = (e for e in tensor.external_data if e.key == "location")
    entry.value = location


# endregion point


def answer(reader: str, path: Path) -> str:
    error = refusal(READERS[reader], path)
    return f"refuses: {type(error).__name__}" if error else "opens"


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
        shutil.copy(folder / WEIGHTS, folder.parent)
        model = onnx.load(path, load_external_data=False)
        point(model.graph.initializer[0], f"../{WEIGHTS}")
        path.write_bytes(model.SerializeToString())
        print(f"\nwith ../{WEIGHTS}")
        print(*(f"  {reader:<14}{answer(reader, path)}" for reader in READERS), sep="\n")


if __name__ == "__main__":
    main()
