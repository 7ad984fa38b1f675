"""Builds a model of 2 GiB out of a few bytes of disk, and asks the readers of ONNX to open it."""

import tempfile
from pathlib import Path

import onnx
from onnx.parser import parse_model
from onnxruntime import InferenceSession
from support import writing
from support.readers import said

from onnx101.wire import header

WALL = 2**31  # bytes
MODEL = parse_model(
    '<ir_version: 10, opset_import: ["": 21]>same (float[N] X) => (float[N] Y) { Y = Identity (X) }'
).SerializeToString()


# region hole
DOC_STRING = 6  # its field number in onnx.proto


def with_hole(path: Path, size: int) -> None:
    """A model whose last field is `size` bytes that nobody wrote."""
    with path.open("wb") as file:
        file.write(MODEL + header(DOC_STRING, size))
        file.truncate(file.tell() + size)


# endregion hole


READERS = {
    "onnxruntime, path": InferenceSession,
    "onnxruntime, bytes": lambda path: InferenceSession(path.read_bytes()),
    "onnx.load": onnx.load,
    "onnx.checker": onnx.checker.check_model,
}


def main(argv: list[str] | None = None) -> None:
    # The others need minutes and gigabytes to say no: benchmarks/readers.py asks them.
    quick = {1024: list(READERS), WALL: ["onnxruntime, path"]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        for size, readers in quick.items():
            with writing(path, "set TMPDIR to a disk with room"):
                with_hole(path, size)
            print(f"a model of {path.stat().st_size:,} bytes, a hole of {size:,} among them")
            for reader in readers:
                print(f"  {reader:<20}{said(READERS[reader], path)}")


if __name__ == "__main__":
    main()
